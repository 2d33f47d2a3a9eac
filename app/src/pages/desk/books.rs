//! `/petugas/buku`: the books as a whole: the closed day, what was proven, the trial balance, how late the loans are. A
//! journal by hand is proposed here and decided under Usulan.

use super::room::{Numbers, fields, role, room, section};
use crate::{
    components::{
        Button, CsrfField, ErrorSummary, Field, MoneyField, Notice, SelectField, Symbol, TextareaField, Tone,
        page_title,
        staff::{Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, Rupiah,
    audit::ProposalKind,
    calendar::add_days,
    payments::{
        LoanTrouble, POSTING_DAYS, StateOfBooks, Turnover,
        arrears::{self, Ageing, Exposure},
        ledger::{Account, Side},
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The form of a journal by hand.
const PROPOSE: &str = "/_fn/petugas/propose_posting";

/// The books as a whole.
#[component]
pub fn BooksPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let state = visit.backend.payments.state_of_books(&visit.actor).await?;
    let troubled = state.drifting.iter().chain(&state.set_aside);
    let numbers = Numbers::load(visit, troubled.map(|loan| loan.loan_id)).await?;
    let title = page_title("Buku", &visit.form(PROPOSE).faults());
    let form = ProposalKind::Posting
        .makers()
        .contains(&role(visit))
        .then(|| by_hand(visit));
    let main = view! {
        <StaffHead above="Debit sama dengan kredit, setiap malam dibuktikan" title="Buku"/>
        {flash_notice()}
        {standing(&state, &numbers)}
        {balance(&state.trial_balance)}
        {lateness(&state.ageing)}
        {form}
    };
    let page = room(visit, Place::Books, main.into_any());
    Ok(view! { <Title text=title/>{page} }.into_any())
}

/// Which day is closed, and whether loans and journals agree.
fn standing(state: &StateOfBooks, numbers: &Numbers) -> impl IntoView + use<> {
    let closed = state
        .closed_through
        .map_or_else(|| "Belum ada".to_owned(), text::date_full);
    let proven = state.proven_at.map_or_else(
        || "Belum pernah".to_owned(),
        |at| format!("{}, {} pinjaman dalam 7 hari", text::moment(at), state.proven_loans),
    );
    let rows = vec![
        ("Ditutup sampai".to_owned(), closed),
        ("Terakhir dibuktikan".to_owned(), proven),
        ("Pinjaman yang menyimpang".to_owned(), state.drift.to_string()),
        ("Pinjaman yang tertunda".to_owned(), state.set_aside.len().to_string()),
    ];
    let quiet = state.drift == 0 && state.set_aside.is_empty();
    let words = quiet.then(|| {
        view! {
            <Notice icon=Symbol::Check tone=Tone::Success>"Semua pinjaman sama dengan kejadiannya."</Notice>
        }
    });
    let troubles = (!quiet).then(|| {
        view! {
            {troubled("Menyimpang", &state.drifting, numbers)}
            {troubled("Tertunda pada tutup buku terakhir", &state.set_aside, numbers)}
        }
    });
    view! {
        <section class="card stack-3"><h2>"Tutup buku"</h2>{words}{fields("Tutup buku".to_owned(), rows)}</section>
        {troubles}
    }
}

fn troubled(title: &'static str, loans: &[LoanTrouble], numbers: &Numbers) -> AnyView {
    let row = |loan: &LoanTrouble| {
        let number = numbers.of(loan.loan_id);
        view! {
            <tr>
                <th scope="row" class="numeric">{number}</th>
                <td class="data-table__text">{loan.what.clone()}</td>
                <td>{text::moment(loan.since)}</td>
            </tr>
        }
        .into_any()
    };
    let rows = loans.iter().map(row).collect();
    section(title, &["Pinjaman", "Apa", "Sejak"], rows, "Tidak ada.")
}

/// The trial balance: turnover of each account, its balance on the side on which it grows, and the sums.
fn balance(turnovers: &[Turnover]) -> AnyView {
    let rupiah = |amount: i64| Rupiah::new(amount).to_string();
    let row = |turnover: &Turnover| {
        let account = turnover.account;
        let balance = match account.side() {
            Side::Debit => turnover.debit - turnover.credit,
            Side::Credit => turnover.credit - turnover.debit,
        };
        view! {
            <tr>
                <th scope="row">{format!("{account} {}", account.words())}</th>
                <td>{rupiah(turnover.debit)}</td>
                <td>{rupiah(turnover.credit)}</td>
                <td>{rupiah(balance)}</td>
            </tr>
        }
        .into_any()
    };
    let mut rows: Vec<AnyView> = turnovers.iter().map(row).collect();
    if !rows.is_empty() {
        let debit = turnovers.iter().map(|turnover| turnover.debit).sum();
        let credit = turnovers.iter().map(|turnover| turnover.credit).sum();
        let sums = view! {
            <tr><th scope="row">"Jumlah"</th><td>{rupiah(debit)}</td><td>{rupiah(credit)}</td><td>"–"</td></tr>
        };
        rows.push(sums.into_any());
    }
    section(
        "Neraca saldo sampai hari yang ditutup",
        &["Akun", "Debit", "Kredit", "Saldo"],
        rows,
        "Belum ada hari yang ditutup.",
    )
}

/// The book by days past due, and TWP and TKB of it.
fn lateness(ageing: &[Ageing]) -> AnyView {
    let row = |part: &Ageing| {
        let days = match part.from_days {
            0 => "Lancar".to_owned(),
            from => format!("Mulai {from} hari"),
        };
        view! {
            <tr>
                <th scope="row">{days}</th>
                <td class="data-table__text">{part.quality.words()}</td>
                <td>{part.loans.to_string()}</td>
                <td>{part.outstanding.to_string()}</td>
            </tr>
        }
        .into_any()
    };
    let buckets = section(
        "Umur pinjaman",
        &["Terlambat", "Kualitas", "Pinjaman", "Sisa pokok"],
        ageing.iter().map(row).collect(),
        "Belum ada pinjaman yang berjalan pada hari yang ditutup.",
    );
    // The buckets begin where the published figures do: 1, 31, 61, 91.
    let book: Vec<Exposure> = ageing
        .iter()
        .map(|part| Exposure {
            outstanding: part.outstanding,
            days_past_due: part.from_days,
        })
        .collect();
    let percent = |hundredths: u32| text::percent_of(i128::from(hundredths), 10_000, 2);
    let rates = arrears::PUBLISHED_DAYS
        .into_iter()
        .filter_map(|days| arrears::default_rate(&book, days).ok())
        .map(|rate| {
            view! {
                <tr>
                    <th scope="row">{format!("Lebih dari {} hari", rate.above_days)}</th>
                    <td>{rate.late.to_string()}</td>
                    <td>{percent(rate.twp)}</td>
                    <td>{percent(rate.tkb)}</td>
                </tr>
            }
            .into_any()
        });
    let rates = if ageing.is_empty() { Vec::new() } else { rates.collect() };
    let rates = section(
        "Tingkat wanprestasi dan keberhasilan",
        &["Terlambat", "Sisa pokok", "TWP", "TKB"],
        rates,
        "Dihitung begitu ada pinjaman yang berjalan.",
    );
    view! { {buckets}{rates} }.into_any()
}

/// One debit, one credit, for what no event of ours tells: a settlement on the bank statement, the gateway's fee.
fn by_hand(visit: &Visit) -> impl IntoView + use<> {
    let form = visit.form(PROPOSE);
    let faults = form.faults();
    let today = visit.today();
    let first = add_days(today, -POSTING_DAYS).unwrap_or(today);
    let open = Account::ALL.iter().filter(|account| account.is_open_to_hand());
    let options: Vec<(String, String)> = [(String::new(), "Pilih akun".to_owned())]
        .into_iter()
        .chain(open.map(|account| (account.to_string(), format!("{account} {}", account.words()))))
        .collect();
    view! {
        <section class="card stack-3">
            <h2>"Jurnal manual"</h2>
            <p class="text-muted">
                "Untuk yang hanya tampak di rekening koran: dana yang diteruskan gateway, biayanya, titipan yang dibayarkan. "
                "Akun pinjaman, titipan peminjam dan dana belum dikenali tidak bisa diubah di sini."
            </p>
            <form class="stack-3 decision" method="post" action=PROPOSE>
                <ErrorSummary faults=faults.clone()/>
                <CsrfField/>
                <SelectField label="Debit" name="debit" options=options.clone() value=form.value("debit") error=faults.of("debit")/>
                <SelectField label="Kredit" name="credit" options=options value=form.value("credit") error=faults.of("credit")/>
                <MoneyField label="Jumlah" name="amount" value=form.value("amount") error=faults.of("amount")/>
                <Field label="Tanggal" name="on" kind="date" min=first.to_string() max=today.to_string() value=form.value_or("on", today.to_string()) error=faults.of("on")/>
                <TextareaField label="Alasan" name="reason" value=form.value("reason") error=faults.of("reason") maxlength=500/>
                <div class="decision__buttons"><Button>"Usulkan jurnal"</Button></div>
            </form>
        </section>
    }
}
