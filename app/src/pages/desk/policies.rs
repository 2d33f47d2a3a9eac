//! `/petugas/kebijakan`: the rule lab: versions, a draft, its shadow beside the live policy, its back-test, its proposal.

use super::room::{fields, role, room};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Field, Hidden, Kind, TextareaField, Tone, page_title,
        staff::{Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    audit::ProposalKind,
    loans::{
        PolicyStatus, PolicyVersion, ShadowTally,
        back_test::{BackTest, Count},
        decision::{Outcome, Policy, Rule},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The rule lab.
#[component]
pub fn PoliciesPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let versions = match visit.backend.loans.list_policies(&visit.actor).await {
            Ok(versions) => versions,
            Err(error) => return failure(&error),
        };
        let makes = ProposalKind::Policy.makers().contains(&role(&visit));
        let title = page_title("Kebijakan", &visit.form("/_fn/petugas/save_policy").faults());
        let form = makes.then(|| draft(&visit, &versions));
        let list = versions
            .iter()
            .map(|known| version(&visit, known, makes))
            .collect_view();
        let main = view! {
            <StaffHead above="Rancangan, bayangan, uji mundur, lalu orang kedua" title="Kebijakan"/>
            {flash_notice()}
            {form}
            {list}
        };
        let page = room(&visit, Place::Policies, main.into_any());
        view! { <Title text=title/>{page} }.into_any()
    })
}

fn version(visit: &Visit, known: &PolicyVersion, makes: bool) -> impl IntoView + use<> {
    let tone = match known.status {
        PolicyStatus::Active => Tone::Success,
        PolicyStatus::Shadow => Tone::Warning,
        PolicyStatus::Draft | PolicyStatus::Retired => Tone::Plain,
    };
    let title = format!("Versi {}", known.policy.version);
    let status = known.status.words();
    let rows = known
        .policy
        .fields()
        .into_iter()
        .map(|(what, value)| (what.to_owned(), value))
        .collect();
    let shadow = (known.status == PolicyStatus::Shadow).then(|| shadow(known.shadow));
    let steps = makes.then(|| steps(visit, known));
    view! {
        <section class="card stack-2">
            <div class="row row--between"><h2>{title.clone()}</h2><Badge tone=tone>{status}</Badge></div>
            <details><summary class="text-small">"Semua ketentuan"</summary>{fields(title, rows)}</details>
            {shadow}
            {known.back_test.as_ref().map(report)}
            {steps}
        </section>
    }
}

fn shadow(tally: ShadowTally) -> impl IntoView {
    let words = format!(
        "Bayangan sejauh ini: {} disetujui, {} ke petugas, {} belum disetujui, {} tidak bisa diputuskan; {} berbeda dari kebijakan yang berlaku.",
        tally.approve, tally.refer, tally.decline, tally.undecided, tally.differs
    );
    view! { <p class="text-small">{words}</p> }
}

fn report(report: &BackTest) -> impl IntoView + use<> {
    let cases = |count: Count| format!("{} · {}", count.cases, count.asked);
    let row = |what: &'static str, before: String, after: String| {
        view! { <tr><th scope="row">{what}</th><td>{before}</td><td>{after}</td></tr> }
    };
    let reasons = report
        .reasons
        .iter()
        .filter(|reason| reason.before + reason.after > 0)
        .map(|reason| {
            let what = reason.code.words();
            view! { <tr><th scope="row">{what}</th><td>{reason.before}</td><td>{reason.after}</td></tr> }
        })
        .collect_view();
    let flips = report
        .flips
        .iter()
        .map(|flip| {
            let because: Vec<_> = flip.because.iter().map(|code| code.words()).collect();
            let line = format!(
                "{} ({}): {} → {}. {}",
                flip.number,
                flip.asked,
                outcome(flip.before),
                outcome(flip.after),
                because.join(" ")
            );
            view! { <li class="text-small">{line}</li> }
        })
        .collect_view();
    let (before, after) = (report.before, report.after);
    let title = format!("Uji mundur {} sampai {}", report.from, report.until);
    let summary = format!(
        "{} keputusan berubah, {} jumlah berubah, {} tidak bisa diputuskan.",
        report.flipped, report.amount_changed, report.undecided
    );
    view! {
        <div class="stack-2">
            <h3 class="text-label">{title.clone()}</h3>
            <div class="table-scroll" role="region" aria-label=title tabindex="0">
                <table class="data-table">
                    <thead><tr><th scope="col"></th><th scope="col">"Diputuskan"</th><th scope="col">"Dengan versi ini"</th></tr></thead>
                    <tbody>
                        {row("Disetujui", cases(before.approve), cases(after.approve))}
                        {row("Ke petugas", cases(before.refer), cases(after.refer))}
                        {row("Belum disetujui", cases(before.decline), cases(after.decline))}
                        {row("Jumlah yang bisa disetujui", report.approvable_before.to_string(), report.approvable_after.to_string())}
                        {reasons}
                    </tbody>
                </table>
            </div>
            <p class="text-small">{summary}</p>
            <ul role="list">{flips}</ul>
        </div>
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approve => "disetujui",
        Outcome::Refer => "ke petugas",
        Outcome::Decline => "belum disetujui",
    }
}

/// What may be done with a version now. A form that came back belongs to the version it names.
fn steps(visit: &Visit, known: &PolicyVersion) -> AnyView {
    let version = known.policy.version.to_string();
    let number = version.clone();
    let state = |action: &str| {
        let form = visit.form(action);
        if form.value("version") == version {
            form
        } else {
            Default::default()
        }
    };
    let test = state("/_fn/petugas/back_test");
    let month_ago = visit.today() - time::Duration::days(30);
    let testing = view! {
        <form class="stack-2" method="post" action="/_fn/petugas/back_test">
            <ErrorSummary faults=test.faults()/>
            <CsrfField/>
            <Hidden name="version" value=version.clone()/>
            <Field label="Uji mundur dari" name="from" kind="date" value=test.value_or("from", month_ago.to_string()) error=test.faults().of("from")/>
            <Field label="sampai" name="until" kind="date" value=test.value_or("until", visit.today().to_string()) error=test.faults().of("until")/>
            <Button kind=Kind::Secondary small=true>"Jalankan uji mundur"</Button>
        </form>
    };
    match known.status {
        PolicyStatus::Draft => {
            let form = state("/_fn/petugas/shadow_policy");
            view! {
                <form class="stack-2" method="post" action="/_fn/petugas/shadow_policy">
                    <ErrorSummary faults=form.faults()/>
                    <CsrfField/>
                    <Hidden name="version" value=version/>
                    <Button kind=Kind::Secondary small=true>"Jalankan sebagai bayangan"</Button>
                    <p class="text-micro text-subtle">"Setelah ini isinya tidak bisa diubah lagi."</p>
                </form>
            }
            .into_any()
        }
        PolicyStatus::Shadow => {
            let form = state("/_fn/petugas/propose_policy");
            let ending = state("/_fn/petugas/retire_policy").faults();
            let faults = form.faults();
            view! {
                {testing}
                <form class="stack-2" method="post" action="/_fn/petugas/propose_policy">
                    <ErrorSummary faults=faults.clone()/>
                    <CsrfField/>
                    <Hidden name="version" value=version/>
                    <TextareaField label="Alasan" name="reason" value=form.value("reason") error=faults.of("reason") maxlength=500/>
                    <Button small=true>"Usulkan untuk berlaku"</Button>
                </form>
                <form class="stack-2" method="post" action="/_fn/petugas/retire_policy">
                    <ErrorSummary faults=ending/>
                    <CsrfField/>
                    <Hidden name="version" value=number/>
                    <Button kind=Kind::Secondary small=true>"Akhiri bayangan"</Button>
                </form>
            }
            .into_any()
        }
        PolicyStatus::Active | PolicyStatus::Retired => ().into_any(),
    }
}

/// The form of a draft: the draft that is there, else a copy of the version in force.
fn draft(visit: &Visit, versions: &[PolicyVersion]) -> impl IntoView + use<> {
    let open = versions.iter().find(|version| version.status == PolicyStatus::Draft);
    let live = versions.iter().find(|version| version.status == PolicyStatus::Active);
    let base = open
        .or(live)
        .map_or_else(Policy::first, |version| version.policy.clone());
    let version = open.map_or(0, |version| version.policy.version);
    let form = visit.form("/_fn/petugas/save_policy");
    let faults = form.faults();
    let field = |label: &'static str, name: &'static str, value: String, hint: &'static str| {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        view! { <Field label=label name=name value=form.value_or(name, value) hint=hint error=faults.of(name) spellcheck="false"/> }
    };
    let lines = |items: Vec<String>| items.join("\n");
    let shares = lines(
        base.shares
            .iter()
            .map(|share| format!("{} {}", share.valid_from, share.percent))
            .collect(),
    );
    let minimums = lines(
        base.income_minimums
            .iter()
            .map(|least| format!("{} {}", least.valid_from, least.amount.get()))
            .collect(),
    );
    let rules = lines(base.rules.iter().copied().map(Rule::line).collect());
    let limits = base
        .ladder
        .limits
        .iter()
        .map(|limit| limit.get().to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let last = base.valid_until.map(|last| last.to_string()).unwrap_or_default();
    let bureau = if base.bureau_required { "ya" } else { "tidak" };
    let title = if version == 0 {
        "Rancangan baru".to_owned()
    } else {
        format!("Ubah rancangan versi {version}")
    };
    view! {
        <details class="card stack-3" open=form.came_back()>
            <summary><b>{title}</b></summary>
            <form class="stack-3" method="post" action="/_fn/petugas/save_policy">
                <ErrorSummary faults=faults.clone()/>
                <CsrfField/>
                <Hidden name="version" value=version.to_string()/>
                <TextareaField label="Porsi penghasilan" name="shares" value=form.value_or("shares", shares) hint="Satu baris: tanggal mulai dan persen.".to_owned() error=faults.of("shares")/>
                <TextareaField label="Penghasilan minimum" name="minimums" value=form.value_or("minimums", minimums) hint="Satu baris: tanggal mulai dan rupiah.".to_owned() error=faults.of("minimums")/>
                {field("Umur minimum", "age_min", base.age_min.to_string(), "")}
                {field("Platform paling banyak", "platforms", base.max_platforms.to_string(), "Termasuk Sanggup")}
                {field("Plafon konsumtif", "ceiling", base.consumptive_ceiling.get().to_string(), "")}
                {field("Data biro wajib", "bureau", bureau.to_owned(), "ya atau tidak")}
                {field("Tangga limit", "limits", limits, "Rupiah tiap tingkat, dipisah koma")}
                {field("Petugas kedua di atas", "second_officer", base.second_officer_above.get().to_string(), "")}
                {field("Berlaku sampai", "valid_until", last, "Kosong: sampai diganti, misalnya 2027-12-31")}
                {field("Penawaran berlaku, hari", "offer_days", base.counter_offer_days.to_string(), "")}
                {field("Minta peninjauan, hari", "review_days", base.review_days.to_string(), "Paling sedikit 30")}
                <TextareaField label="Aturan" name="rules" value=form.value_or("rules", rules) rows=12
                    hint="Satu baris: kode, lalu decline atau refer; arrears_elsewhere juga mutu kreditnya. Urutannya dipakai.".to_owned() error=faults.of("rules")/>
                <Button kind=Kind::Secondary>"Simpan rancangan"</Button>
            </form>
        </details>
    }
}
