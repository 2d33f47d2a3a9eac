//! `/pinjaman/{id}/jalan-keluar`: the ways out when paying is hard, what each would change and cost, and where a
//! request stands. Without `?pilihan=` the list; with it one way out, its new schedule and the consent.

use super::lent;
use crate::{
    components::{
        AppBar, Button, ChoiceLink, Consent, CsrfField, EmptyState, ErrorSummary, Fact, Facts, Faults, Field, Hidden,
        Kind, Main, Notice, Row, ScheduleTable, Symbol, Tone, page_title,
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, Rupiah,
    calendar::{jakarta_date, parse_date},
    id::LoanId,
    loans::Loan,
    payments::{
        ReliefRequest, ReliefState,
        hardship::{HardshipPreview, HardshipRules},
        servicing::{Hardship, LinePosition, Position},
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The form of a consent.
const TAKE: &str = "/_fn/take_way_out";
/// The form that takes a request back.
const END: &str = "/_fn/end_way_out";

/// Ways out of a loan.
#[component]
pub fn ReliefPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let Some((loan, position)) = lent(visit).await? else {
        return Ok(().into_any());
    };
    let last = visit.backend.payments.last_way_out(&visit.actor, loan.id).await?;
    if let Some(request) = last.as_ref().filter(|request| request.state == ReliefState::Open) {
        return Ok(page(
            &loan,
            "Permintaan Anda sedang ditinjau",
            false,
            waiting(visit, request),
        ));
    }
    let kind = visit.query("pilihan");
    if !kind.is_empty() {
        return one(visit, &loan, &position, kind).await;
    }
    let offers = visit.backend.payments.ways_out(&visit.actor, loan.id).await?;
    let answer = last
        .as_ref()
        .and_then(|request| answered(visit, request))
        .map(|words| words.into_any());
    let content = match offers.is_empty() {
        true => none(&loan).into_any(),
        false => list(loan.id, &offers).into_any(),
    };
    Ok(page(
        &loan,
        "Sedang sulit membayar?",
        false,
        view! { {answer}{content} },
    ))
}

/// The frame of every state of this page; `inner` when it is about one way out.
fn page(loan: &Loan, title: &'static str, inner: bool, content: impl IntoView + 'static) -> AnyView {
    let back = match inner {
        true => format!("/pinjaman/{}/jalan-keluar", loan.id),
        false => format!("/pinjaman/{}", loan.id),
    };
    view! {
        <Title text=page_title(title, &Default::default())/>
        <AppBar title=format!("Pinjaman {}", loan.number) back=back/>
        <Main class="page page--after-bar stack-5">
            {flash_notice()}
            <h1>{title}</h1>
            {content}
        </Main>
    }
    .into_any()
}

/// The icon and the name of a way out, and what it does, by its word in an address.
fn about(word: &str) -> Option<(Symbol, &'static str, &'static str)> {
    Some(match word {
        "geser" => (
            Symbol::Calendar,
            "Geser tanggal",
            "Cicilan berikutnya jatuh tempo lebih lambat, tanpa bunga dan tanpa denda untuk hari yang digeser.",
        ),
        "bagi" => (
            Symbol::Copy,
            "Bagi dua",
            "Separuh cicilan dibayar pada jatuh temponya, separuhnya lagi beberapa hari kemudian.",
        ),
        "bunga" => (
            Symbol::Money,
            "Bayar bunga saja",
            "Cicilan berikutnya cukup bunganya. Pokoknya dan cicilan sesudahnya mundur satu kali.",
        ),
        "perpanjang" => (
            Symbol::Refresh,
            "Perpanjang",
            "Sisa pokok dibagi ke lebih banyak cicilan, jadi tiap cicilan lebih ringan.",
        ),
        _ => return None,
    })
}

/// The word of a way out in an address.
const fn word(option: Hardship) -> &'static str {
    match option {
        Hardship::MoveDate { .. } => "geser",
        Hardship::Split { .. } => "bagi",
        Hardship::InterestOnly => "bunga",
        Hardship::Longer { .. } => "perpanjang",
    }
}

/// The address of one way out with what is chosen in it.
fn address(id: LoanId, option: Hardship) -> String {
    let at = format!("/pinjaman/{id}/jalan-keluar?pilihan={}", word(option));
    match option {
        Hardship::MoveDate { to, .. } => format!("{at}&tanggal={to}"),
        Hardship::Split { second_on, .. } => format!("{at}&tanggal={second_on}"),
        Hardship::InterestOnly => at,
        Hardship::Longer { instalments } => format!("{at}&cicilan={instalments}"),
    }
}

/// The way out that a form or an address names. `instalment` is the next one that is not paid.
pub(crate) fn read(kind: &str, instalment: Option<u32>, date: &str, count: &str) -> Result<Hardship, Error> {
    let instalment =
        || instalment.ok_or_else(|| Error::fault("", "hardship_nothing_owed", "Pinjaman ini sudah lunas."));
    let date =
        || parse_date(date.trim()).map_err(|_| Error::fault("tanggal", "date", "Pilih tanggal, misalnya 2026-12-15."));
    Ok(match kind {
        "geser" => Hardship::MoveDate {
            instalment: instalment()?,
            to: date()?,
        },
        "bagi" => Hardship::Split {
            instalment: instalment()?,
            second_on: date()?,
        },
        "bunga" => Hardship::InterestOnly,
        "perpanjang" => Hardship::Longer {
            instalments: count
                .trim()
                .parse()
                .map_err(|_| Error::fault("cicilan", "number", "Tulis jumlah cicilan, misalnya 6."))?,
        },
        _ => return Err(Error::fault("", "unknown", "Pilih salah satu jalan keluar.")),
    })
}

/// The next instalment that is not paid.
pub(crate) fn next_instalment(position: &Position) -> Option<u32> {
    let unpaid = |line: &&LinePosition| line.principal.open().is_positive() || line.interest.open().is_positive();
    position.lines.iter().find(unpaid).map(|line| line.number)
}

/// Faults of a way out or of a question under the names of the pages' fields.
pub(crate) fn named(error: Error) -> Error {
    let Error::Validation(mut faults) = error else {
        return error;
    };
    for fault in &mut faults {
        fault.field = match fault.field.as_str() {
            "date" => "tanggal".into(),
            "amount" => "jumlah".into(),
            "instalments" => "cicilan".into(),
            "instalment" => String::new(),
            _ => continue,
        };
    }
    Error::Validation(faults)
}

fn none(loan: &Loan) -> impl IntoView + use<> {
    let href = format!("/pinjaman/{}", loan.id);
    view! {
        <EmptyState>
            <p class="text-muted">
                "Saat ini tidak ada jalan keluar yang bisa dipilih sendiri untuk pinjaman ini. Ceritakan keadaan Anda, kami bantu mencari yang lain."
            </p>
            <Button href="/bantuan">"Hubungi kami"</Button>
            <Button kind=Kind::Secondary href=href>"Kembali ke pinjaman"</Button>
        </EmptyState>
    }
}

fn list(id: LoanId, offers: &[HardshipPreview]) -> impl IntoView + use<> {
    let choices = offers
        .iter()
        .filter_map(|offer| about(word(offer.option)).map(|(icon, name, _)| (offer, icon, name)))
        .map(|(offer, icon, name)| {
            view! { <ChoiceLink href=address(id, offer.option) icon=icon title=name detail=in_short(offer)/> }
        })
        .collect_view();
    let rules = HardshipRules::SANGGUP;
    let rule = format!(
        "Jalan keluar tidak dikenai biaya dan tidak pernah menambah pokok utang. Satu kali dalam {} bulan bisa langsung \
         berlaku; lebih dari itu, atau bila sisa pokok di atas {}, dua petugas memeriksanya dulu.",
        rules.months_between, rules.alone_up_to
    );
    view! {
        <p class="text-muted">"Lebih baik bicara sebelum terlambat. Pilih satu untuk melihat jadwal barunya; belum ada yang berubah sampai Anda setuju."</p>
        <section class="stack-3" aria-label="Jalan keluar">{choices}</section>
        <p class="text-small text-muted">{rule}</p>
        <p class="text-small"><a href=format!("/pinjaman/{id}/andai")>"Hitung dulu: bagaimana kalau…?"</a></p>
    }
}

/// The most that an offer allows, and what it costs.
fn in_short(offer: &HardshipPreview) -> String {
    let cost = match offer.extra_cost {
        extra if extra.is_positive() => format!("tambahan bunga {extra}"),
        _ => "tanpa tambahan biaya".to_owned(),
    };
    match offer.option {
        Hardship::MoveDate { to, .. } => format!("Paling lambat {}, {cost}", text::date_long(to)),
        Hardship::Split { second_on, .. } => {
            format!("Separuhnya paling lambat {}, {cost}", text::date_long(second_on))
        }
        Hardship::InterestOnly => match offer.after.bill.as_ref() {
            Some(bill) => format!("Cicilan berikutnya {}, {cost}", bill.total),
            None => cost,
        },
        Hardship::Longer { instalments } => format!("Sampai {instalments} cicilan lagi, {cost}"),
    }
}

/// One way out: what is chosen in it, its new schedule, the consent.
async fn one(visit: &Visit, loan: &Loan, position: &Position, kind: &str) -> Result<AnyView, Error> {
    let (_, name, words) = about(kind).ok_or(Error::NotFound)?;
    let (date, count) = (visit.query("tanggal"), visit.query("cicilan"));
    let asked = match read(kind, next_instalment(position), date, count) {
        Ok(option) => {
            let payments = &visit.backend.payments;
            payments.preview_way_out(&visit.actor, loan.id, option).await
        }
        Err(error) => Err(error),
    };
    let (faults, preview): (Faults, _) = match asked.map_err(named) {
        Ok(preview) => (Faults::default(), Some(preview)),
        Err(Error::Validation(faults)) => (faults.into(), None),
        Err(error) => return Err(error),
    };
    let choose = choose(kind, date, count, &faults);
    let result = preview.map(|preview| outcome(visit, loan, &preview));
    let content = view! {
        <p class="text-muted">{words}</p>
        <ErrorSummary faults=faults/>
        {choose}
        {result}
    };
    Ok(page(loan, name, true, content))
}

/// What can be chosen in a way out; sent as an address, so that nothing happens by it.
fn choose(kind: &str, date: &str, count: &str, faults: &Faults) -> Option<impl IntoView + use<>> {
    let rules = HardshipRules::SANGGUP;
    let field = match kind {
        "geser" | "bagi" => {
            let (label, days) = match kind {
                "geser" => ("Tanggal baru", rules.move_days),
                _ => ("Tanggal separuh kedua", rules.split_days),
            };
            let hint = format!("Paling lama {days} hari, dan sebelum jatuh tempo sesudahnya.");
            view! { <Field label=label name="tanggal" kind="date" value=date hint=hint error=faults.of("tanggal")/> }
                .into_any()
        }
        "perpanjang" => {
            let hint = format!("Paling banyak {} cicilan di atas perjanjian.", rules.longer_by);
            view! { <Field label="Menjadi berapa cicilan lagi?" name="cicilan" inputmode="numeric" value=count hint=hint error=faults.of("cicilan")/> }
                .into_any()
        }
        _ => return None,
    };
    let kind = kind.to_owned();
    Some(view! {
        <form class="stack-3" method="get">
            <Hidden name="pilihan" value=kind/>
            {field}
            <Button kind=Kind::Secondary>"Lihat jadwal baru"</Button>
        </form>
    })
}

/// What is still to be paid, as rows of the schedule.
fn rows(lines: &[LinePosition]) -> Vec<Row> {
    let open = lines.iter().filter(|line| line.open().is_positive());
    open.enumerate()
        .map(|(at, line)| Row {
            due: text::date_short(line.due_on),
            status: String::new(),
            tone: Tone::Plain,
            interest: line.interest.open(),
            total: line.open(),
            next: at == 0,
        })
        .collect()
}

/// The first amount that is still to be paid, with its day.
fn first(lines: &[LinePosition]) -> String {
    let line = lines.iter().find(|line| line.open().is_positive());
    line.map_or_else(String::new, |line| {
        format!("{}, {}", line.open(), text::date_long(line.due_on))
    })
}

/// The new schedule, its cost beside its limit, and the consent to exactly that.
fn outcome(visit: &Visit, loan: &Loan, preview: &HardshipPreview) -> impl IntoView + use<> {
    let lines = &preview.after.lines;
    let (before, after) = (first(&preview.before.lines), first(lines));
    let end = lines
        .last()
        .map_or_else(String::new, |line| text::date_long(line.due_on));
    let total = Rupiah::new(lines.iter().map(|line| line.open().get()).sum());
    let extra = preview.extra_cost.to_string();
    let (daily, rule) = (preview.check.words(), format!("aturan {}", preview.check.cap_id));
    let wait = preview.second_person.then(|| {
        let pause = match preview.paused_through {
            Some(day) => format!(
                "Selama itu denda berhenti, paling lama sampai {}.",
                text::date_long(day)
            ),
            None => "Jatah hari tanpa denda sudah terpakai, jadi denda tetap berjalan selama itu.".to_owned(),
        };
        let words = format!("Pilihan ini diperiksa dua petugas dulu. {pause}");
        view! { <Notice icon=Symbol::Clock>{words}</Notice> }
    });
    let button = if preview.second_person {
        "Kirim permintaan"
    } else {
        "Setuju, ubah jadwal"
    };
    let faults = visit.form(TAKE).faults();
    let option = preview.option;
    let (date, count) = match option {
        Hardship::MoveDate { to: day, .. } | Hardship::Split { second_on: day, .. } => (day.to_string(), String::new()),
        Hardship::InterestOnly => Default::default(),
        Hardship::Longer { instalments } => (String::new(), instalments.to_string()),
    };
    let (id, key, seen) = (loan.id.to_string(), visit.key.clone(), preview.seen());
    let rows = rows(lines);
    view! {
        <section class="stack-3">
            <h2>"Jadwal baru"</h2>
            <Facts>
                <Fact name="Sekarang"><span class="numeric">{before}</span></Fact>
                <Fact name="Menjadi"><span class="numeric">{after}</span></Fact>
                <Fact name="Tambahan bunga"><span class="numeric">{extra}</span><small>"Tanpa biaya lain"</small></Fact>
                <Fact name="Sisa yang dibayar"><span class="numeric">{total.to_string()}</span></Fact>
                <Fact name="Cicilan terakhir">{end}</Fact>
                <Fact name="Biaya pinjaman"><span class="numeric">{daily}</span><small>{rule}</small></Fact>
            </Facts>
            <ScheduleTable rows=rows plan=true/>
        </section>
        {wait}
        <form class="stack-3" method="post" action=TAKE>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="loan" value=id/>
            <Hidden name="pilihan" value=word(option)/>
            <Hidden name="tanggal" value=date/>
            <Hidden name="cicilan" value=count/>
            <Hidden name="seen" value=seen/>
            <Hidden name="key" value=key/>
            <Consent name="accepted" error=faults.of("accepted")>"Saya sudah membaca jadwal baru di atas, dan setuju memakainya menggantikan jadwal sekarang."</Consent>
            <Button>{button}</Button>
        </form>
    }
}

/// A request that waits, and how to take it back.
fn waiting(visit: &Visit, request: &ReliefRequest) -> impl IntoView + use<> {
    let asked = text::date_long(jakarta_date(request.asked_at));
    let pause = pause_words(visit, request);
    let faults = visit.form(END).faults();
    let (id, words) = (request.loan_id.to_string(), request.option.words());
    view! {
        <Facts>
            <Fact name="Yang diminta">{words}</Fact>
            <Fact name="Diminta">{asked}</Fact>
            <Fact name="Denda">{pause}</Fact>
        </Facts>
        <p class="text-muted">"Dua petugas memeriksanya, lalu kami mengabari Anda. Sampai ada jawaban, jadwal yang sekarang tetap berlaku."</p>
        <form class="stack-3" method="post" action=END>
            <ErrorSummary faults=faults/>
            <CsrfField/>
            <Hidden name="loan" value=id/>
            <Button kind=Kind::Secondary>"Tarik permintaan"</Button>
        </form>
    }
}

/// What an open request does to late fees.
pub(crate) fn pause_words(visit: &Visit, request: &ReliefRequest) -> String {
    match request.paused_through {
        Some(day) if day >= visit.today() => format!("Berhenti sampai {}", text::date_long(day)),
        _ => format!(
            "Berjalan, karena {} hari tanpa denda sudah terpakai",
            HardshipRules::SANGGUP.pause_days
        ),
    }
}

/// Days an answer is shown for.
const ANSWER_SHOWN: i64 = 14;

/// The answer to the last request, while it is new.
fn answered(visit: &Visit, request: &ReliefRequest) -> Option<impl IntoView + use<>> {
    let day = jakarta_date(request.answered_at?);
    if (visit.today() - day).whole_days() > ANSWER_SHOWN {
        return None;
    }
    let (tone, icon, words) = match request.state {
        ReliefState::Applied => (
            Tone::Success,
            Symbol::Check,
            format!(
                "{}: disetujui. Jadwal baru berlaku sejak {}.",
                request.option.words(),
                text::date_long(day)
            ),
        ),
        ReliefState::Refused => (
            Tone::Warning,
            Symbol::Alert,
            format!(
                "{}: belum bisa kami setujui. {}",
                request.option.words(),
                request.answer
            ),
        ),
        ReliefState::Open | ReliefState::Withdrawn => return None,
    };
    Some(view! { <Notice icon=icon tone=tone>{words}</Notice> })
}

/// Where a request stands, for the page of its loan.
pub(super) fn standing(visit: &Visit, request: &ReliefRequest) -> AnyView {
    if request.state != ReliefState::Open {
        return answered(visit, request).into_any();
    }
    let href = format!("/pinjaman/{}/jalan-keluar", request.loan_id);
    let words = format!(
        "Permintaan jalan keluar Anda sedang ditinjau: {}. ",
        request.option.words()
    );
    view! { <Notice icon=Symbol::Clock>{words}<a href=href>"Lihat permintaan"</a></Notice> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn an_address_is_read_back_as_the_way_out_it_names() {
        let id = LoanId(uuid::Uuid::from_u128(4));
        for option in [
            Hardship::MoveDate {
                instalment: 3,
                to: date!(2026 - 12 - 15),
            },
            Hardship::Split {
                instalment: 3,
                second_on: date!(2026 - 12 - 20),
            },
            Hardship::InterestOnly,
            Hardship::Longer { instalments: 8 },
        ] {
            let address = address(id, option);
            let part = |name: &str| {
                let start = address.find(&format!("{name}=")).map(|at| at + name.len() + 1);
                let value = start.and_then(|at| address[at..].split('&').next());
                value.unwrap_or_default().to_owned()
            };
            let (kind, date, count) = (part("pilihan"), part("tanggal"), part("cicilan"));
            assert_eq!(read(&kind, Some(3), &date, &count), Ok(option), "{address}");
        }
    }

    #[test]
    fn what_was_typed_wrong_is_told_at_its_field() {
        for (kind, instalment, date, count, field) in [
            ("geser", Some(3), "besok", "", "tanggal"),
            ("bagi", Some(3), "2026-02-30", "", "tanggal"),
            ("perpanjang", Some(3), "", "banyak", "cicilan"),
            ("geser", None, "2026-12-15", "", ""),
            ("hapus", Some(3), "", "", ""),
        ] {
            let Err(Error::Validation(faults)) = read(kind, instalment, date, count) else {
                panic!("{kind} was read");
            };
            assert_eq!(faults[0].field, field, "{kind}");
        }
        let named = named(Error::fault("instalments", "hardship_count", "Kurang."));
        assert_eq!(named, Error::fault("cicilan", "hardship_count", "Kurang."));
    }
}
