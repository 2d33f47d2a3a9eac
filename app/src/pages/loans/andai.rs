//! `/pinjaman/{id}/andai`: "bagaimana kalau…": paying an amount on a day, paying nothing, paying everything. A form
//! sent as an address, so that nothing happens by asking; the answer is the servicing engine's own.

use super::{lent, relief::named};
use crate::{
    components::{
        AppBar, Button, ChoiceGroup, ErrorSummary, Faults, Field, Main, MoneyField, Notice, RadioCard, ResultTable,
        SelectField, Symbol, Tone, page_title,
    },
    pages::failure,
    visit::{Visit, visit},
};
use domain::{
    Error, Rupiah,
    calendar::parse_date,
    error::Fault,
    loans::{Loan, product::PrepayMode},
    payments::{
        servicing::{LineStatus, Position},
        what_if::{WhatIf, WhatIfAnswer, farthest},
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;
use time::Date;

/// What if.
#[component]
pub fn WhatIfPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let Some((loan, position)) = lent(visit).await? else {
        return Ok(().into_any());
    };
    let kind = visit.query("apa");
    let asked = match kind {
        "" => None,
        kind => Some(read(
            kind,
            visit.query("jumlah"),
            visit.query("tanggal"),
            visit.query("cara"),
        )),
    };
    let answer = match asked {
        None => None,
        Some(Err(faults)) => Some(Err(Error::Validation(faults))),
        Some(Ok(question)) => {
            let payments = &visit.backend.payments;
            Some(payments.what_if(&visit.actor, loan.id, question).await.map_err(named))
        }
    };
    let (faults, answer): (Faults, _) = match answer {
        None => (Faults::default(), None),
        Some(Ok(answer)) => (Faults::default(), Some(told(visit, &loan, kind, &answer))),
        Some(Err(Error::Validation(faults))) => (faults.into(), None),
        Some(Err(Error::Refused(refusal))) => (
            vec![Fault::new("", refusal.code(), Error::Refused(refusal).words())].into(),
            None,
        ),
        Some(Err(error)) => return Err(error),
    };
    let form = match form(visit, &position, &faults) {
        Some(form) => form.into_any(),
        None => {
            view! { <p class="text-muted">"Pinjaman ini sudah lunas, jadi tidak ada lagi yang perlu dihitung."</p> }
                .into_any()
        }
    };
    let back = format!("/pinjaman/{}", loan.id);
    Ok(view! {
        <Title text=page_title("Bagaimana kalau…?", &faults)/>
        <AppBar title=format!("Pinjaman {}", loan.number) back=back/>
        <Main class="page page--after-bar stack-5">
            <div>
                <h1>"Bagaimana kalau…?"</h1>
                <p class="text-small text-muted">"Hanya hitungan. Tidak ada yang berubah pada pinjaman Anda."</p>
            </div>
            <ErrorSummary faults=faults/>
            {answer}
            {form}
        </Main>
    }
    .into_any())
}

/// The question as it was typed; every fault under the name of its field.
fn read(kind: &str, amount: &str, date: &str, mode: &str) -> Result<WhatIf, Vec<Fault>> {
    let mut faults = Vec::new();
    let on = parse_date(date.trim())
        .map_err(|_| faults.push(Fault::new("tanggal", "date", "Pilih tanggal, misalnya 2026-12-15.")))
        .unwrap_or(Date::MIN);
    let question = match kind {
        "bayar" => {
            let amount = Rupiah::parse(amount)
                .map_err(|error| faults.push(Fault::new("jumlah", error.code(), error.to_string())))
                .unwrap_or(Rupiah::ZERO);
            let mode = (!mode.is_empty()).then(|| mode.parse::<PrepayMode>()).transpose();
            let mode = mode.unwrap_or_else(|_| {
                faults.push(Fault::new("cara", "choice", "Pilih salah satu cara."));
                None
            });
            WhatIf::Pay { amount, on, mode }
        }
        "lewat" => WhatIf::Skip { until: on },
        "lunas" => WhatIf::PayOff { on },
        _ => {
            faults.insert(0, Fault::new("apa", "required", "Pilih salah satu pertanyaan."));
            WhatIf::PayOff { on }
        }
    };
    if faults.is_empty() { Ok(question) } else { Err(faults) }
}

fn form(visit: &Visit, position: &Position, faults: &Faults) -> Option<impl IntoView + use<>> {
    let bill = position.bill.as_ref()?;
    let typed = |name: &str, other: String| match visit.query(name) {
        "" => other,
        typed => typed.to_owned(),
    };
    let kind = typed("apa", "bayar".into());
    let amount = typed("jumlah", bill.total.without_sign());
    let date = typed("tanggal", visit.today().max(bill.due_on).to_string());
    let default = (String::new(), "Sesuai perjanjian".to_owned());
    let modes = PrepayMode::ALL
        .iter()
        .map(|mode| (mode.as_str().to_owned(), mode.words().to_owned()));
    let modes = std::iter::once(default).chain(modes).collect::<Vec<_>>();
    let (first, last) = (visit.today().to_string(), farthest(visit.today()).to_string());
    let mode = visit.query("cara").to_owned();
    Some(view! {
        <form class="stack-5" method="get">
            <ChoiceGroup legend="Apa yang mau dihitung?" id="apa" error=faults.of("apa")>
                <RadioCard name="apa" value="bayar" title="Bayar sejumlah uang" detail="Tagihan dulu, sisanya lebih awal" checked=kind == "bayar"/>
                <RadioCard name="apa" value="lewat" title="Tidak membayar" detail="Sampai tanggal di bawah" checked=kind == "lewat"/>
                <RadioCard name="apa" value="lunas" title="Lunasi semua" detail="Bunga dihitung sampai hari itu" checked=kind == "lunas"/>
            </ChoiceGroup>
            <Field label="Tanggal" name="tanggal" kind="date" value=date min=first max=last error=faults.of("tanggal")/>
            <MoneyField label="Jumlah" name="jumlah" value=amount hint="Hanya untuk Bayar sejumlah uang".to_owned() error=faults.of("jumlah")/>
            <SelectField label="Kalau lebih dari tagihan" name="cara" options=modes value=mode error=faults.of("cara")/>
            <Button>"Hitung"</Button>
        </form>
    })
}

/// The answer: one sentence, then both loans side by side in a table.
fn told(visit: &Visit, loan: &Loan, kind: &str, answer: &WhatIfAnswer) -> impl IntoView + use<> {
    let (tone, icon, sentence) = sentence(kind, answer);
    let rows = compare(answer);
    let caption = format!("Keadaan pada {}", text::date_long(answer.on));
    let next = match kind {
        "lunas" if answer.on == visit.today() => {
            let href = format!("/bayar/{}?untuk=lunas", loan.id);
            Some(view! { <Button href=href>"Lunasi hari ini"</Button> }.into_any())
        }
        "lewat" => {
            let href = format!("/pinjaman/{}/jalan-keluar", loan.id);
            Some(view! { <Button href=href>"Lihat jalan keluar"</Button> }.into_any())
        }
        _ => None,
    };
    view! {
        <section class="stack-3" id="jawaban">
            <Notice icon=icon tone=tone>{sentence}</Notice>
            <ResultTable caption=caption rows=rows/>
            {next}
        </section>
    }
}

fn sentence(kind: &str, answer: &WhatIfAnswer) -> (Tone, Symbol, String) {
    let (day, cost) = (text::date_long(answer.on), answer.cost.get());
    let difference = match cost {
        0 => "Tidak ada tambahan biaya.".to_owned(),
        1.. => format!("Biayanya bertambah {}.", answer.cost),
        saved => format!("Biayanya berkurang {}.", Rupiah::new(saved.saturating_neg())),
    };
    let sentence = match kind {
        "lewat" if answer.with.days_past_due > 0 => format!(
            "Tidak membayar sampai {day}: terlambat {} hari, denda {}. {difference}",
            answer.with.days_past_due, answer.with.late_fees
        ),
        "lewat" => format!("Tidak membayar sampai {day}: belum terlambat. {difference}"),
        "lunas" => format!("Lunas pada {day} dengan {}. {difference}", answer.paid),
        _ => format!("Membayar {} pada {day}. {difference}", answer.paid),
    };
    match cost {
        1.. => (Tone::Warning, Symbol::Alert, sentence),
        _ => (Tone::Success, Symbol::Check, sentence),
    }
}

/// "Rp544.650, 5 Desember 2026": what is to be paid next.
fn next_words(position: &Position) -> String {
    let open = |status| !matches!(status, LineStatus::Paid);
    let line = position
        .lines
        .iter()
        .find(|line| open(line.status) && line.open().is_positive());
    line.map_or_else(
        || "Lunas".to_owned(),
        |line| format!("{}, {}", line.open(), text::date_short(line.due_on)),
    )
}

/// What differs, without and with; what is the same is told once.
fn compare(answer: &WhatIfAnswer) -> Vec<(String, String, bool, Tone)> {
    let last = |position: &Position| {
        let open = position.lines.iter().rev().find(|line| line.open().is_positive());
        open.map_or_else(|| "Lunas".to_owned(), |line| text::date_long(line.due_on))
    };
    let told = |position: &Position| {
        [
            position.outstanding().to_string(),
            position.outstanding_interest.to_string(),
            position.late_fees.to_string(),
            next_words(position),
            last(position),
        ]
    };
    let names = [
        "Sisa utang",
        "Sisa bunga",
        "Denda",
        "Cicilan berikutnya",
        "Cicilan terakhir",
    ];
    let figures = names.into_iter().zip(told(&answer.without)).zip(told(&answer.with));
    figures
        .flat_map(|((name, without), with)| {
            if without == with {
                return vec![(name.to_owned(), with, false, Tone::Plain)];
            }
            vec![
                (format!("{name}, tanpa itu"), without, false, Tone::Plain),
                (format!("{name}, dengan itu"), with, true, Tone::Plain),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::loans::samples;
    use domain::payments::{hardship::HardshipRules, what_if::what_if};
    use time::macros::date;

    fn ask(kind: &str, amount: &str, day: &str, mode: &str) -> WhatIfAnswer {
        let (contract, events) = samples::history(2);
        let question = read(kind, amount, day, mode).expect("a question");
        what_if(
            &contract,
            &events,
            date!(2026 - 11 - 20),
            question,
            HardshipRules::SANGGUP,
        )
        .expect("an answer")
    }

    #[test]
    fn the_answers_are_those_of_the_vectors() {
        let (_, _, words) = sentence("lunas", &ask("lunas", "", "2026-11-24", ""));
        assert_eq!(
            words,
            "Lunas pada 24 November 2026 dengan Rp2.081.401. Biayanya berkurang Rp97.198."
        );
        let (tone, _, words) = sentence("lewat", &ask("lewat", "", "2026-12-15", ""));
        assert_eq!(
            (tone, words.as_str()),
            (
                Tone::Warning,
                "Tidak membayar sampai 15 Desember 2026: terlambat 10 hari, denda Rp4.934. Biayanya bertambah Rp4.934."
            )
        );
        let answer = ask("bayar", "Rp1.544.650", "2026-12-05", "term");
        let rows = compare(&answer);
        let value = |name: &str| rows.iter().find(|row| row.0 == name).map(|row| row.1.as_str());
        assert_eq!(value("Sisa bunga, dengan itu"), Some("Rp14.507"));
        assert_eq!(value("Denda"), Some("Rp0"));
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let fields = |asked: Result<WhatIf, Vec<Fault>>| -> Vec<String> {
            asked
                .expect_err("faults")
                .into_iter()
                .map(|fault| fault.field)
                .collect()
        };
        assert_eq!(
            fields(read("bayar", "banyak", "besok", "cepat")),
            ["tanggal", "jumlah", "cara"]
        );
        assert_eq!(fields(read("lunas", "", "2026-02-30", "")), ["tanggal"]);
        assert_eq!(fields(read("apa saja", "", "2026-12-05", "")), ["apa"]);
    }
}
