//! `/petugas/pengajuan/{id}`: one application on one screen: evidence, gauge, cost, reasons, decision.

use super::{
    column::{Column, List},
    identity::{PhotoChoice, photos},
    income::income_link,
    room::{decider, outrun},
};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, GaugeCard, Hidden, Kind, Legend, Line, Measure, Receipt, Setback,
        TextareaField, Tone, page_title,
        staff::{Evidence, Match, Matches, StaffHead, Trail, TrailEntry},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Refusal, Rupiah,
    documents::Document,
    loans::{DecisionRecord, Loan, LoanStatus, Review},
    text,
    users::{KycStatus, MAX_REASON},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use time::OffsetDateTime;

/// The form of a decision.
const DECIDE: &str = "/_fn/petugas/decide";
/// The form of an identity, which asks for a photo again.
const RETAKE: &str = super::identity::DECIDE;

/// One application.
#[component]
pub fn ReviewPage() -> impl IntoView {
    let visit = visit();
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    Suspend::new(async move {
        let Ok(loan) = id.parse() else {
            return failure(&domain::Error::NotFound);
        };
        let here = format!("/petugas/pengajuan/{id}");
        let load = async {
            let review = visit.backend.loans.review(&visit.actor, loan).await?;
            let documents = visit
                .backend
                .documents
                .list_of(&visit.actor, review.loan.user_id)
                .await?;
            let column = Column::load(&visit, Some(List::Applications), &here).await?;
            // Without a policy in force the case is still read; only its approval waits.
            let policy = visit.backend.loans.policy(&visit.actor).await.ok();
            let second_above = policy.map(|policy| policy.second_officer_above);
            let decided = review.loan.decision.as_ref();
            let decided = decided.and_then(|record| Some((record.decided_by?, record.decided_at)));
            let decided = decider(&visit, decided).await?;
            let same = match review.loan.decision {
                Some(_) => Some(visit.backend.loans.replay_decision(&visit.actor, loan).await?),
                None => None,
            };
            Ok((review, documents, column, second_above, same, decided))
        };
        let (review, documents, column, second_above, same, decided) = match load.await {
            Ok(loaded) => loaded,
            Err(error) => return failure(&error),
        };
        let title = page_title(&review.loan.number, &visit.faults(&[DECIDE, RETAKE]));
        let main = draw(&visit, review, &documents, second_above, same, decided).into_any();
        view! { <Title text=title/>{column.around(main)} }.into_any()
    })
}

fn draw(
    visit: &Visit,
    review: Review,
    documents: &[Document],
    second_above: Option<Rupiah>,
    same: Option<bool>,
    decided: Option<(String, OffsetDateTime)>,
) -> impl IntoView + use<> {
    let Review {
        loan,
        borrower,
        first_officer,
    } = review;
    let photos = photos(documents, visit, "pengajuan");
    let income = income_link(documents, loan.user_id, &format!("/petugas/pengajuan/{}", loan.id));
    let account = borrower
        .bank_account
        .as_ref()
        .map_or_else(|| "belum ada".to_owned(), domain::users::BankAccount::label);
    let verified = borrower.kyc_status == KycStatus::Verified;
    let nik = if verified {
        "terverifikasi"
    } else {
        "menunggu verifikasi"
    };
    let open = loan.status == LoanStatus::Referred;
    let decide = open.then(|| decision(visit, &loan, borrower.kyc_status, first_officer.is_some(), second_above));
    // Somebody was quicker: the form is gone, its fault is not.
    let faults = || {
        let faults = visit.faults(&[DECIDE, RETAKE]);
        outrun(faults, Refusal::AlreadyDecided, "Pengajuan", decided.as_ref())
    };
    let late = (!open).then(|| view! { <Setback faults=faults()/> });
    view! {
        <main class="review" id="content">
            <StaffHead above=format!("{} · masuk {}", loan.number, text::moment(loan.milestones.submitted_at)) title=borrower.full_name.clone()>
                <Badge tone=Tone::Warning>{loan.status.words(0)}</Badge>
            </StaffHead>
            {flash_notice()}
            {late}
            <div class="review__columns">
                <div class="stack-3">
                    <section class="card">
                        <h2 class="text-label">"Identitas"</h2>
                        <Evidence photos=photos/>
                        <Matches>
                            <Match name="NIK" verdict=nik good=verified>{borrower.masked_nik.clone()}</Match>
                            <Match name="Lahir" verdict="dari NIK" good=true>{text::date_long(borrower.birth_date)}</Match>
                            <Match name="Rekening" verdict="dinyatakan" good=borrower.bank_account.is_some()>{account}</Match>
                            <Match name="Tujuan" verdict="dinyatakan" good=true>{loan.purpose.words()}</Match>
                        </Matches>
                        {income}
                    </section>
                    <section class="card stack-2"><h2 class="text-label">"Alasan mesin aturan"</h2>{reasons(loan.decision.as_ref())}{not_asked(loan.decision.as_ref())}{replayed(same)}</section>
                    <section class="card"><h2 class="text-label">"Riwayat pemeriksaan"</h2><Trail entries=trail(&loan, decided.map(|(name, _)| name))/></section>
                </div>
                <div class="stack-3">{gauge(&loan)}{cost(&loan)}{decide}</div>
            </div>
        </main>
    }
}

/// The keys of `public/js/staff.js`.
fn keys(retake: bool) -> impl IntoView {
    let retake = retake.then(|| view! { <kbd>"F"</kbd>" foto ulang " });
    view! {
        <span class="needs-script">
            <kbd>"S"</kbd>" setujui "{retake}<kbd>"T"</kbd>" tolak "<kbd>"J"</kbd>" berikutnya"
        </span>
    }
}

fn reasons(decision: Option<&DecisionRecord>) -> AnyView {
    let reasons = decision.map(|record| record.engine.reasons.clone()).unwrap_or_default();
    if reasons.is_empty() {
        return view! { <p class="text-small text-muted">"Tidak ada catatan dari mesin aturan."</p> }.into_any();
    }
    let rows = reasons
        .into_iter()
        .map(|reason| {
            let figures =
                reason.figures.iter().map(|figure| format!("{} {}", figure.label, figure.value)).collect::<Vec<_>>().join(" · ");
            view! { <li><b class="text-small">{reason.words}</b><br/><span class="text-micro text-muted numeric">{figures}</span></li> }
        })
        .collect_view();
    view! { <ul class="stack-2" role="list">{rows}</ul> }.into_any()
}

/// What the engine had nobody to ask about: for the officer to find out, never taken as an answer.
fn not_asked(decision: Option<&DecisionRecord>) -> Option<impl IntoView + use<>> {
    let words = decision?.engine.not_asked_in_words()?;
    Some(view! { <p class="text-small text-muted">"Tidak diperiksa, karena belum ada sumbernya: "{words}"."</p> })
}

/// Whether the stored inputs still give the stored decision, byte for byte.
fn replayed(same: Option<bool>) -> Option<impl IntoView> {
    same.map(|same| {
        let (class, words) = if same {
            (
                "text-micro text-muted",
                "Dihitung ulang dari data tersimpan: hasilnya sama persis.",
            )
        } else {
            (
                "text-micro text-danger",
                "Dihitung ulang dari data tersimpan: hasilnya BERBEDA. Laporkan.",
            )
        };
        view! { <p class=class>{words}</p> }
    })
}

fn trail(loan: &Loan, officer: Option<String>) -> Vec<TrailEntry> {
    let entry = |at, what: String, who: &str| TrailEntry {
        when: text::time_of_day(at),
        what,
        who: who.into(),
    };
    let mut entries = vec![entry(
        loan.milestones.submitted_at,
        "Pengajuan diterima".into(),
        "peminjam",
    )];
    if let Some(record) = &loan.decision {
        let who = if record.decided_by.is_some() {
            officer.unwrap_or_else(|| "petugas".to_owned())
        } else {
            format!("kebijakan {}", record.policy_version)
        };
        let what = match record.outcome {
            domain::loans::decision::Outcome::Approve => "Disetujui",
            domain::loans::decision::Outcome::Refer => "Dikirim ke petugas",
            domain::loans::decision::Outcome::Decline => "Belum disetujui",
        };
        entries.push(entry(record.decided_at, what.into(), &who));
    }
    if let Some(at) = loan.milestones.disbursed_at {
        entries.push(entry(at, "Dana sampai".into(), "gateway"));
    }
    entries
}

fn gauge(loan: &Loan) -> Option<impl IntoView + use<>> {
    let engine = loan.decision.as_ref()?.engine.clone();
    let legend = vec![
        ("gauge__other", format!("Cicilan lain {}", engine.gauge.existing)),
        ("gauge__new", format!("Baru {}", engine.burden)),
    ];
    let source = if engine.gauge.income < loan.monthly_income {
        "menurut bukti"
    } else {
        "dinyatakan peminjam"
    };
    let detail = format!("{} per bulan, {source}", engine.gauge.income);
    let measure = Measure {
        gauge: engine.gauge,
        new: engine.burden,
    };
    Some(view! { <GaugeCard measure=measure detail=detail><Legend entries=legend/></GaugeCard> })
}

fn cost(loan: &Loan) -> impl IntoView + use<> {
    let shown = &loan.quote.simulation.disclosure;
    let fees = shown
        .benefit
        .checked_sub(shown.total_interest)
        .unwrap_or(domain::Rupiah::ZERO);
    let rows = vec![
        Line::new("Pokok, diterima penuh", shown.net_cash),
        Line::new(
            format!("Bunga, {} cicilan", loan.quote.simulation.tenor),
            shown.total_interest,
        ),
        Line::new("Biaya layanan", fees),
    ];
    view! { <Receipt rows=rows total=Line::new("Total dibayar", shown.total_paid)/> }
}

/// Approve, repeat photo, reject. The same fields go to the form of the identity when a photo is wanted again; until it
/// came and is verified, the application can only be rejected.
fn decision(
    visit: &Visit,
    loan: &Loan,
    identity: KycStatus,
    second: bool,
    second_above: Option<Rupiah>,
) -> impl IntoView + use<> {
    let again = visit.form(RETAKE);
    let form = match again.came_back() {
        true => again,
        false => visit.form(DECIDE),
    };
    let faults = form.faults();
    let verified = identity == KycStatus::Verified;
    let photos = verified.then(|| view! { <PhotoChoice chosen=form.value_or("photo", "ktp")/> });
    let retake = verified.then(|| {
        view! { <Button kind=Kind::Secondary name="decision" value="retake" formaction=RETAKE>"Foto ulang"</Button> }
    });
    let waits = (!verified).then(|| {
        view! { <p class="text-small text-muted">"Foto ulang sudah diminta. Pengajuan bisa disetujui setelah identitasnya diverifikasi lagi."</p> }
    });
    let rule = if second {
        "Petugas pertama sudah setuju. Persetujuan petugas kedua menyelesaikannya.".to_owned()
    } else if let Some(amount) = second_above {
        format!("Di atas {amount} perlu persetujuan petugas kedua.")
    } else {
        "Tidak ada kebijakan yang berlaku, jadi belum ada yang bisa diputuskan.".to_owned()
    };
    view! {
        <form class="card stack-3 decision" method="post" action=DECIDE>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="loan" value=loan.id.to_string()/>
            <Hidden name="user" value=loan.user_id.to_string()/>
            {waits}
            <TextareaField label="Catatan keputusan" name="reason" value=form.value("reason") error=faults.of("reason")
                hint="Wajib untuk foto ulang dan penolakan. Peminjam membaca alasan ini.".to_owned() maxlength=MAX_REASON/>
            {photos}
            <div class="decision__buttons">
                <Button name="decision" value="approve">"Setujui"</Button>
                {retake}
                <Button kind=Kind::Danger name="decision" value="decline">"Tolak"</Button>
            </div>
            <p class="text-micro text-subtle">{rule}" "{keys(verified)}</p>
        </form>
    }
}
