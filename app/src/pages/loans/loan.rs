//! 13, `/pinjaman/{id}`: the schedule as it stands, what is owed, what was paid.

use super::{
    lent, relief,
    words::{line_look, moved_at, status_look},
};
use crate::{
    components::{
        AppBar, Badge, Bar, Button, CsrfField, Fact, Facts, Hidden, Kind, Legend, LinkList, LinkRow, List, ListRow,
        Main, Row, ScheduleChart, ScheduleTable, Setback, Symbol, Tone, page_title,
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, Rupiah,
    loans::Loan,
    payments::{
        Payment, PaymentStatus, Refund, RefundState,
        servicing::{LinePosition, LineStatus, Position},
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The form that asks for a credit balance back.
const ASK_REFUND: &str = "/_fn/ask_refund";

/// One loan.
#[component]
pub fn LoanPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let Some((loan, position)) = lent(visit).await? else {
        return Ok(().into_any());
    };
    let payments = visit.backend.payments.list(&visit.actor, loan.id).await?;
    let request = visit.backend.payments.last_way_out(&visit.actor, loan.id).await?;
    let request = request.map(|request| relief::standing(visit, &request));
    let last_refund = visit.backend.payments.last_refund(&visit.actor, loan.id).await?;
    let credit = credit(&loan, &position, last_refund.as_ref());
    let faults = visit.faults(&[ASK_REFUND]);
    let (tone, icon) = status_look(loan.status);
    let pay = position
        .bill
        .is_some()
        .then(|| view! { <Button href=format!("/bayar/{}", loan.id)>"Bayar tagihan"</Button> });
    let status = loan.status.words(position.days_past_due);
    let (chart, table, rounding) = (
        chart(&position.lines),
        table(&position.lines),
        rounding(&position.lines),
    );
    let (balances, paid) = (balances(&position), paid(visit, &loan, &payments));
    let at = format!("/pinjaman/{}", loan.id);
    let calendar = format!("/pengajuan/{}/kalender.ics", loan.id);
    let settled = position.closed.then(|| {
        view! { <Button icon=Symbol::Download href=format!("{at}/surat-lunas.pdf")>"Unduh surat lunas (PDF)"</Button> }
    });
    let (schedule, agreement, summary, derivation, ways_out) = (
        format!("{at}/jadwal.pdf"),
        format!("{at}/perjanjian"),
        format!("{at}/ringkasan.pdf"),
        format!("{at}/hitungan"),
        format!("{at}/jalan-keluar"),
    );
    let hard = position.bill.is_some().then(|| {
        view! {
            <LinkRow icon=Symbol::Help href=ways_out>"Sedang sulit membayar?"</LinkRow>
            <LinkRow icon=Symbol::Search href=format!("{at}/andai")>"Bagaimana kalau…?"</LinkRow>
        }
    });
    Ok(view! {
        <Title text=page_title("Jadwal cicilan", &faults)/>
        <AppBar title=format!("Pinjaman {}", loan.number) back="/pinjaman"/>
        <Main class="page page--after-bar stack-3">
            {flash_notice()}
            <Setback faults=faults/>
            <div class="row row--between">
                <h1>"Jadwal cicilan"</h1>
                <Badge tone=tone icon=icon>{status}</Badge>
            </div>
            {request}
            {chart}
            {table}
            {rounding}
            {balances}
            {credit}
            {pay}
            {settled}
            <Button kind=Kind::Secondary icon=Symbol::Download href=schedule>"Unduh jadwal (PDF)"</Button>
            <LinkList>
                {hard}
                <LinkRow icon=Symbol::Chart href=derivation>"Dari mana angka ini?"</LinkRow>
                <LinkRow icon=Symbol::Document href=agreement>"Perjanjian"</LinkRow>
                <LinkRow icon=Symbol::Download href=summary>"Ringkasan biaya pribadi (PDF)"</LinkRow>
                <LinkRow icon=Symbol::Calendar href=calendar>"Simpan ke kalender"</LinkRow>
            </LinkList>
            {paid}
        </Main>
    }
    .into_any())
}

fn chart(lines: &[LinePosition]) -> impl IntoView + use<> {
    let edge = |line: Option<&LinePosition>| line.map_or(Rupiah::ZERO, |line| line.interest.due);
    let label = format!(
        "Bagian bunga tiap cicilan, dari {} ke {}",
        edge(lines.first()),
        edge(lines.last())
    );
    let bars = lines
        .iter()
        .map(|line| Bar {
            month: text::month_short(line.due_on.month()).into(),
            principal: line.principal.due,
            interest: line.interest.due,
            paid: line.status == LineStatus::Paid,
            next: line.status == LineStatus::Next,
        })
        .collect::<Vec<_>>();
    let entries = vec![
        ("schedule-chart__principal", "Pokok".to_owned()),
        ("schedule-chart__interest", "Bunga".to_owned()),
    ];
    view! {
        <section class="card stack-2">
            <div class="row row--between"><Legend entries=entries/><p class="text-micro text-subtle">"redup = lunas"</p></div>
            <ScheduleChart bars=bars label=label/>
        </section>
    }
}

fn table(lines: &[LinePosition]) -> impl IntoView + use<> {
    let rows = lines
        .iter()
        .map(|line| {
            let (status, tone) = line_look(line.status);
            Row {
                due: text::date_short(line.due_on),
                status: status.into(),
                tone,
                interest: line.interest.due,
                total: line.instalment(),
                next: matches!(line.status, LineStatus::Next | LineStatus::Due | LineStatus::Overdue),
            }
        })
        .collect::<Vec<_>>();
    view! { <ScheduleTable rows=rows/> }
}

/// Why the last instalment is not like the others, and the total of all.
fn rounding(lines: &[LinePosition]) -> impl IntoView + use<> {
    let total = Rupiah::new(lines.iter().map(|line| line.instalment().get()).sum());
    let difference = match lines {
        [first, .., last] => (last.instalment().get() - first.instalment().get()).abs(),
        _ => 0,
    };
    // A larger one comes from paying early, not from rounding.
    let words = (1..=1_000).contains(&difference).then(|| {
        format!(
            "Cicilan terakhir selisih {} karena pembulatan. ",
            Rupiah::new(difference)
        )
    });
    view! { <p class="card card--sunken text-small">{words}"Total semua cicilan "<b class="numeric">{total.to_string()}</b>"."</p> }
}

fn balances(position: &Position) -> impl IntoView + use<> {
    let further = [
        ("Biaya", position.fees),
        ("Denda", position.late_fees),
        ("Titipan Anda", position.credit),
    ]
    .into_iter()
    .filter(|(_, amount)| amount.is_positive())
    .map(|(name, amount)| view! { <Fact name=name><span class="numeric">{amount.to_string()}</span></Fact> })
    .collect_view();
    let payoff = position.payoff.total.is_positive().then(|| {
        let (total, saved) = (position.payoff.total.to_string(), format!("bunga berkurang {}", position.payoff.interest_saved));
        view! { <Fact name="Lunasi hari ini"><span class="numeric">{total}</span><small class="numeric">{saved}</small></Fact> }
    });
    let (principal, interest) = (
        position.outstanding_principal.to_string(),
        position.outstanding_interest.to_string(),
    );
    let owed = position.outstanding().to_string();
    view! {
        <Facts>
            <Fact name="Sisa utang"><span class="numeric">{owed}</span></Fact>
            <Fact name="Sisa pokok"><span class="numeric">{principal}</span></Fact>
            <Fact name="Sisa bunga"><span class="numeric">{interest}</span></Fact>
            {further}
            {payoff}
        </Facts>
    }
}

/// What is held for the borrower, where it is on its way, and the button that asks for it back.
fn credit(loan: &Loan, position: &Position, last: Option<&Refund>) -> Option<AnyView> {
    let standing = last.map(|refund| {
        let words = match refund.state {
            RefundState::Waiting => "Dua petugas memeriksanya, lalu kami kirim ke rekening Anda.".to_owned(),
            RefundState::Sending => "Sedang kami kirim ke rekening Anda.".to_owned(),
            RefundState::Paid => format!("Sudah kami kirim ke {}.", refund.payee_label),
            RefundState::Failed => {
                "Bank belum menerima kiriman kami. Periksa rekening di menu Akun, lalu minta lagi.".to_owned()
            }
            RefundState::Used => "Sudah terpakai untuk cicilan yang jatuh tempo.".to_owned(),
        };
        let (title, state) = (format!("Titipan {}", refund.amount), refund.state.words());
        view! { <div class="row row--between"><b>{title}</b><Badge>{state}</Badge></div><p class="text-small">{words}</p> }
    });
    let asks = position.credit.is_positive() && !last.is_some_and(|refund| refund.state.is_open());
    if standing.is_none() && !asks {
        return None;
    }
    let id = loan.id.to_string();
    let form = asks.then(|| {
        let words = match position.bill {
            Some(_) => "Kalau tidak diminta, titipan dipakai untuk cicilan berikutnya.",
            None => "Kalau tidak diminta, kami kembalikan sendiri setelah 3 hari kerja.",
        };
        let amount = position.credit.to_string();
        view! {
            <form class="stack-3" method="post" action=ASK_REFUND>
                <CsrfField/>
                <Hidden name="loan" value=id/>
                <p class="text-small">"Kami menyimpan "<b class="numeric">{amount}</b>" milik Anda. "{words}</p>
                <Button kind=Kind::Secondary>"Minta dikembalikan ke rekening"</Button>
            </form>
        }
    });
    Some(view! { <section class="card stack-3"><h2>"Titipan Anda"</h2>{standing}{form}</section> }.into_any())
}

/// Payments that arrived, newest first.
fn paid(visit: &Visit, loan: &Loan, payments: &[Payment]) -> impl IntoView + use<> {
    let arrived: Vec<_> = payments
        .iter()
        .filter(|payment| matches!(payment.status, PaymentStatus::Posted | PaymentStatus::Reversed))
        .collect();
    let content = if arrived.is_empty() {
        view! { <p class="text-small text-muted">"Belum ada pembayaran."</p> }.into_any()
    } else {
        let rows = arrived
            .into_iter()
            .map(|payment| {
                let at = payment.paid_at.unwrap_or(payment.created_at);
                let detail = moved_at(at, payment.method.words());
                let (title, tone, icon) = match payment.status {
                    PaymentStatus::Reversed => ("Ditarik kembali oleh bank", Tone::Warning, Symbol::Alert),
                    _ => ("Pembayaran diterima", Tone::Success, Symbol::Check),
                };
                let amount = payment.amount.to_string();
                view! {
                    <ListRow icon=icon tone=tone title=title detail=detail detail_class="text-micro text-subtle numeric">
                        <span class="text-label numeric">{amount}</span>
                    </ListRow>
                }
            })
            .collect_view();
        view! { <List>{rows}</List> }.into_any()
    };
    let from = loan.milestones.disbursed_at.map(|at| {
        let words = format!(
            "{} dikirim {}",
            loan.quote.simulation.disclosure.net_cash,
            super::words::clock(visit.now, at)
        );
        view! { <p class="text-micro text-subtle numeric">{words}</p> }
    });
    view! { <section class="stack-1"><h2 class="text-label text-muted">"Pembayaran"</h2>{content}{from}</section> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{components::testing::html, pages::loans::samples::position};
    use time::macros::date;

    #[test]
    fn the_schedule_of_the_design_kit_after_two_instalments() {
        let position = position(2, date!(2026 - 11 - 24));
        let (lines, balances) = (position.lines.clone(), position.clone());
        let drawn = html(move || view! { {table(&lines)}{rounding(&lines)}{super::balances(&balances)} });
        assert_eq!(drawn.matches(">Lunas<").count(), 2, "{drawn}");
        assert_eq!(
            (drawn.matches(">Berikutnya<").count(), drawn.matches(">Nanti<").count()),
            (1, 3),
            "{drawn}"
        );
        for words in [
            "5 Des 26",
            "51.224",
            "544.649",
            "Cicilan terakhir selisih Rp1 karena pembulatan.",
            "Rp3.267.899",
            "Rp2.178.599",
            "Rp2.048.959",
        ] {
            assert!(drawn.contains(words), "{words}: {drawn}");
        }
    }

    #[test]
    fn three_days_late_the_table_and_the_balance_say_so() {
        let position = position(2, date!(2026 - 12 - 08));
        let lines = position.lines.clone();
        let drawn = html(move || view! { {table(&lines)}{balances(&position)} });
        assert!(
            drawn.contains(">Terlambat<") && drawn.contains("Denda") && drawn.contains("Rp1.480"),
            "{drawn}"
        );
    }
}
