//! 9 and 9b, `/ajukan`: choosing amount and months under the takaran. The form posts to `/_fn/quote`; without a
//! script "Hitung ulang" posts to `/_fn/recalculate` and comes back with what was typed, nothing of it in the address.

use super::{
    terms::{ask, gauge_of, standard_product, terms, wanted},
    words::short_amount,
};
use crate::{
    components::{
        AppBar, Button, ChoiceGroup, EmptyState, Faults, Field, Hidden, Main, Petals, RadioCard, ResultTable,
        SelectField, Tone, page_title,
    },
    islands::{Simulator, SimulatorTerms},
    pages::{failure, flash_notice},
    shell::IslandScripts,
    visit::{FormState, Visit, visit},
};
use domain::{
    Error, PageRequest, Rupiah,
    loans::{Loan, Purpose, affordability::Gauge},
    users::{BANKS, KycStatus, Profile},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Amount, tenor, income, purpose, receiving account.
#[component]
pub fn ApplyPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let profile = visit.backend.users.profile(&visit.actor).await?;
    if profile.kyc_status != KycStatus::Verified {
        return Ok(not_verified(profile.kyc_status));
    }
    let loans = visit
        .backend
        .loans
        .list(&visit.actor, PageRequest::default())
        .await?
        .items;
    if let Some(open) = loans.iter().find(|loan| loan.status.is_open_application()) {
        let words = format!(
            "Pengajuan {} sebesar {} belum selesai. Satu pengajuan diproses sampai selesai dulu.",
            open.number,
            open.amount()
        );
        return Ok(closed(
            "Masih ada pengajuan yang berjalan",
            words,
            "Lihat pengajuan",
            format!("/pengajuan/{}", open.id),
        ));
    }
    let product = standard_product(visit).await?;
    let (limit, available) = visit.backend.loans.limit(&visit.actor).await?;
    if available < product.amount.min {
        let words = format!(
            "Sisa limit Anda {available}, dan pinjaman paling sedikit {}. Limit terbuka lagi saat cicilan dibayar.",
            product.amount.min
        );
        return Ok(closed(
            "Limit Anda sedang terpakai",
            words,
            "Lihat pinjaman",
            "/pinjaman".into(),
        ));
    }
    let form = visit.form("/_fn/quote");
    let mut terms = terms(visit, product, "/ajukan", Some(available));
    let asked = |name: &str| form.value_or(name, visit.query(name));
    let tenor = if visit.query("tenor").is_empty() {
        asked("tenor_months")
    } else {
        visit.query("tenor").to_owned()
    };
    let (amount, tenor) = wanted(&form.value("way"), asked("amount"), tenor);
    ask(&mut terms, &amount, &tenor);
    terms.gauge = gauge_of(visit, &profile).await?;
    terms.asks_income =
        !known_income(&profile) || visit.query("ubah") == "penghasilan" || !asked("monthly_income").is_empty();
    if terms.asks_income {
        terms.gauge = terms.gauge.map(|gauge| typed_gauge(&asked, &profile, gauge));
    }
    if form.came_back() {
        terms.faults = faults_of(&form);
    }
    (terms.action, terms.button) = ("/_fn/quote".into(), "Periksa rincian".into());
    let title = page_title("Ajukan pinjaman", &Faults::from(terms.faults.clone()));
    // What may be asked for, in round figures: the head has room for two words.
    let aside = match (short_amount(terms.top()), available == limit) {
        (amount, true) => format!("Limit {amount}"),
        (amount, false) => format!("Sisa {amount}"),
    };
    let further = further_fields(visit, &form, &profile, loans.first(), &terms);
    Ok(view! {
        <Title text=title/>
        <AppBar title="Ajukan pinjaman" aside=aside heading=true/>
        <Simulator terms=terms notice=flash_notice().into_any()>{further}</Simulator>
        <IslandScripts/>
    }
    .into_any())
}

/// Whether the profile has an income that a takaran can be read from.
pub(crate) fn known_income(profile: &Profile) -> bool {
    profile.monthly_income.is_some_and(Rupiah::is_positive)
}

/// What the income fields show: as typed, else as stored. Loans that run here are not in the field, so not in it either.
fn typed_gauge(asked: &impl Fn(&str) -> String, profile: &Profile, gauge: Gauge) -> Gauge {
    let figure =
        |name: &str, stored: Option<Rupiah>| Rupiah::parse(&asked(name)).ok().or(stored).unwrap_or(Rupiah::ZERO);
    Gauge {
        income: figure("monthly_income", profile.monthly_income),
        existing: figure("other_instalments", profile.other_instalments),
        ..gauge
    }
}

fn faults_of(form: &FormState) -> Vec<domain::Fault> {
    match form.error() {
        Some(Error::Validation(faults)) => faults.clone(),
        Some(error) => vec![domain::Fault::new("", error.code(), error.words())],
        None => Vec::new(),
    }
}

/// Purpose, receiving account, hidden values, and the result of "Hitung ulang".
fn further_fields(
    visit: &Visit,
    form: &FormState,
    profile: &Profile,
    last: Option<&Loan>,
    terms: &SimulatorTerms,
) -> impl IntoView + use<> {
    let faults = form.faults();
    let purpose = match form.value_or("purpose", visit.query("purpose")) {
        chosen if chosen.is_empty() => last.map(|loan| loan.purpose.as_str().to_owned()).unwrap_or_default(),
        chosen => chosen,
    };
    let first_time = last.is_none() || terms.asks_income;
    let account = profile
        .bank_account
        .is_none()
        .then(|| account_part(form, &faults, &profile.full_name));
    let asked_again = !form.value("amount").is_empty() || !visit.query("amount").is_empty();
    let (key, result) = (visit.key.clone(), result_table(asked_again, terms));
    // Not `CsrfField`: what was typed counts when the form comes back, not the figures of the address.
    let page = if visit.query("ubah") == "penghasilan" {
        "/ajukan?ubah=penghasilan"
    } else {
        "/ajukan"
    };
    let csrf = visit.page.csrf.clone();
    view! {
        {purpose_part(first_time, purpose, faults.of("purpose"))}
        {account}
        <Hidden name="key" value=key/>
        <Hidden name="page" value=page/>
        {csrf.map(|token| view! { <Hidden name="csrf" value=token/> })}
        {result}
    }
}

/// Asked in full the first time; afterwards one line with the last answer.
fn purpose_part(first_time: bool, chosen: String, error: Option<String>) -> AnyView {
    if first_time {
        let cards = Purpose::ALL
            .map(|purpose| {
                let value = purpose.as_str();
                view! { <RadioCard name="purpose" value=value title=purpose.words() checked=value == chosen compact=true/> }
            })
            .into_iter()
            .collect_view();
        view! { <ChoiceGroup legend="Untuk apa?" id="purpose" error=error>{cards}</ChoiceGroup> }.into_any()
    } else {
        let options = Purpose::ALL
            .map(|purpose| (purpose.as_str().to_owned(), purpose.words().to_owned()))
            .to_vec();
        view! { <SelectField label="Untuk apa?" name="purpose" options=options value=chosen error=error/> }.into_any()
    }
}

fn account_part(form: &FormState, faults: &Faults, holder: &str) -> impl IntoView + use<> {
    let banks = BANKS.map(|(code, name)| (code.to_owned(), name.to_owned()));
    let options = [(String::new(), "Pilih bank".to_owned())]
        .into_iter()
        .chain(banks)
        .collect::<Vec<_>>();
    let holder = format!("Harus rekening Anda sendiri, atas nama {holder}.");
    view! {
        <section class="stack-3">
            <div><h2>"Rekening penerima"</h2><p class="text-small text-muted">{holder}</p></div>
            <SelectField label="Bank" name="bank" options=options value=form.value("bank") error=faults.of("bank")/>
            <Field
                label="Nomor rekening"
                name="account_number"
                value=form.value("account_number")
                error=faults.of("account_number")
                inputmode="numeric"
                autocomplete="off"
                maxlength=24
                spellcheck="false"
            />
        </section>
    }
}

/// The answer to "Hitung ulang" without a script.
pub(super) fn result_table(asked: bool, terms: &SimulatorTerms) -> Option<impl IntoView + use<>> {
    let figures = terms.figures(terms.amount, terms.tenor).filter(|_| asked)?;
    let cost = Rupiah::new(figures.total.get() - terms.amount.get());
    let mut rows = vec![
        (
            "Cicilan per bulan".to_owned(),
            figures.instalment.to_string(),
            false,
            Tone::Plain,
        ),
        ("Bunga dan biaya".to_owned(), cost.to_string(), false, Tone::Plain),
        (
            "Total Anda bayar".to_owned(),
            figures.total.to_string(),
            true,
            Tone::Plain,
        ),
    ];
    if let Some(gauge) = terms.gauge.filter(|gauge| gauge.income.is_positive()) {
        let tone = if gauge.fits(figures.burden) {
            Tone::Success
        } else {
            Tone::Danger
        };
        rows.push(("Takaran sanggup".to_owned(), gauge.words(figures.burden), true, tone));
    }
    let caption = format!("Hasil untuk {}, {} bulan", terms.amount, terms.tenor);
    Some(view! { <div class="without-script"><ResultTable caption=caption rows=rows/></div> })
}

fn not_verified(status: KycStatus) -> AnyView {
    let (title, words, button, href) = match status {
        KycStatus::InReview => (
            "Akun sedang diperiksa",
            "Biasanya selesai hari ini. Setelah itu Anda bisa mengajukan pinjaman. Sambil menunggu, coba hitung dulu.",
            "Hitung cicilan",
            "/simulasi",
        ),
        KycStatus::Rejected => (
            "Identitas belum bisa diverifikasi",
            "Tanpa itu kami belum bisa meminjamkan. Kalau ini keliru, hubungi kami.",
            "Bantuan dan pengaduan",
            "/bantuan",
        ),
        KycStatus::Incomplete | KycStatus::Retake | KycStatus::Verified => (
            "Lengkapi verifikasi dulu",
            "Kami perlu foto KTP dan selfie Anda sebelum pinjaman bisa diajukan.",
            "Ke beranda",
            "/beranda",
        ),
    };
    closed(title, words.into(), button, href.into())
}

/// Why there is no form, and where to go on.
fn closed(title: &'static str, words: String, button: &'static str, href: String) -> AnyView {
    view! {
        <Title text=page_title(title, &Faults::default())/>
        <AppBar title="Ajukan pinjaman"/>
        <Main class="page page--after-bar">
            <EmptyState>
                <Petals count=6 paid=0 label="Belum bisa mengajukan"/>
                <h1>{title}</h1>
                <p class="text-muted">{words}</p>
                <Button href=href>{button}</Button>
            </EmptyState>
        </Main>
    }
    .into_any()
}
