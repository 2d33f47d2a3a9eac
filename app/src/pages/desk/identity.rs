//! `/petugas/identitas/{user}`: one identity on one screen, and what to make of it.

use super::{
    column::{Column, List},
    income::income_link,
    room::{decider, outrun},
};
use crate::{
    components::{
        Badge, Button, ChoiceGroup, CsrfField, ErrorSummary, Hidden, Kind, RadioCard, Setback, TextareaField, Tone,
        page_title,
        staff::{Evidence, Match, Matches, Photo, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{FormState, Visit, visit},
};
use domain::{
    Refusal,
    documents::{Document, DocumentKind, DocumentStatus},
    text,
    users::{Finding, IdentityCheck, KycStatus, MAX_REASON},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use time::OffsetDateTime;

/// The form of a decision.
pub(super) const DECIDE: &str = "/_fn/petugas/decide_identity";

/// One identity.
#[component]
pub fn IdentityPage() -> impl IntoView {
    let visit = visit();
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    Suspend::new(async move {
        let Ok(user) = id.parse() else {
            return failure(&domain::Error::NotFound);
        };
        let here = format!("/petugas/identitas/{id}");
        let check = match visit.backend.users.identity_check(&visit.actor, user).await {
            Ok(check) => check,
            Err(error) => return failure(&error),
        };
        let column = match Column::load(&visit, Some(List::Identities), &here).await {
            Ok(column) => column,
            Err(error) => return failure(&error),
        };
        let decided = match decider(&visit, check.decided).await {
            Ok(decided) => decided,
            Err(error) => return failure(&error),
        };
        let main = draw(&visit, check, decided.as_ref()).into_any();
        let title = page_title("Identitas", &visit.faults(&[DECIDE]));
        view! { <Title text=title/>{column.around(main)} }.into_any()
    })
}

fn draw(visit: &Visit, check: IdentityCheck, decided: Option<&(String, OffsetDateTime)>) -> impl IntoView + use<> {
    let profile = check.profile;
    let open = profile.kyc_status == KycStatus::InReview;
    let photos = photos(&check.documents, visit, "identitas");
    let here = format!("/petugas/identitas/{}", profile.user_id);
    let income = income_link(&check.documents, profile.user_id, &here);
    let (tone, words) = match profile.kyc_status {
        KycStatus::InReview => (Tone::Warning, "Perlu ditinjau"),
        KycStatus::Verified => (Tone::Success, "Terverifikasi"),
        KycStatus::Retake => (Tone::Warning, "Foto ulang"),
        KycStatus::Rejected => (Tone::Danger, "Ditolak"),
        KycStatus::Incomplete => (Tone::Warning, "Belum lengkap"),
    };
    let decide = open.then(|| decision(&visit.form(DECIDE), &profile.user_id.to_string()));
    // Somebody was quicker: the form is gone, its fault is not.
    let faults = || outrun(visit.faults(&[DECIDE]), Refusal::AlreadyDecided, "Identitas", decided);
    let late = (!open).then(|| view! { <Setback faults=faults()/> });
    view! {
        <main class="review" id="content">
            <StaffHead above=format!("Identitas · daftar {}", text::moment(profile.created_at)) title=profile.full_name.clone()>
                <Badge tone=tone>{words}</Badge>
            </StaffHead>
            {flash_notice()}
            {late}
            <div class="review__columns">
                <div class="stack-3">
                    <section class="card">
                        <h2 class="text-label">"KTP dan selfie"</h2>
                        <Evidence photos=photos/>
                        <Matches>
                            <Match name="NIK" verdict="tersimpan" good=true>{profile.masked_nik.clone()}</Match>
                            <Match name="Lahir" verdict="dari NIK" good=true>{text::date_long(profile.birth_date)}</Match>
                            <Match name="HP" verdict="kode benar" good=true>{profile.masked_phone.clone()}</Match>
                        </Matches>
                        {income}
                    </section>
                    <section class="card stack-2"><h2 class="text-label">"Temuan"</h2>{findings(check.findings)}</section>
                </div>
                <div class="stack-3">{decide}</div>
            </div>
        </main>
    }
}

/// The current card and face, as far as they are there. Each picture is fetched, and written down, on its own.
pub(super) fn photos(documents: &[Document], visit: &Visit, purpose: &str) -> Vec<Photo> {
    [(DocumentKind::Ktp, "Foto KTP"), (DocumentKind::Selfie, "Foto selfie")]
        .into_iter()
        .filter_map(|(kind, alt)| {
            let current = documents
                .iter()
                .find(|paper| paper.kind == kind && paper.status != DocumentStatus::Replaced)?;
            Some(Photo {
                src: format!("/petugas/dokumen/{}?untuk={purpose}", current.id),
                alt: alt.into(),
                watermark: watermark(visit),
            })
        })
        .collect()
}

/// What is written over a paper on screen.
pub(super) fn watermark(visit: &Visit) -> String {
    format!("Hanya untuk verifikasi Sanggup · {}", text::date_short(visit.today()))
}

/// What the rules found, in words; "tidak dinilai" is said, never hidden.
pub(super) fn findings(findings: Vec<Finding>) -> impl IntoView {
    let rows = findings
        .into_iter()
        .map(|finding| {
            let (class, verdict) = match finding.fits {
                Some(true) => ("text-success", "cocok"),
                Some(false) => ("text-danger", "perlu dilihat"),
                None => ("text-subtle", "tidak dinilai"),
            };
            view! { <li class="row row--between"><span class="text-small">{finding.label}": "{finding.words}</span><span class=format!("text-small {class}")>{verdict}</span></li> }
        })
        .collect_view();
    view! { <ul class="stack-2" role="list">{rows}</ul> }
}

/// Which photo is wanted again.
#[component]
pub(super) fn PhotoChoice(
    /// `ktp` or `selfie`.
    #[prop(into)]
    chosen: String,
) -> impl IntoView {
    view! {
        <ChoiceGroup legend="Foto yang diulang">
            <RadioCard name="photo" value="ktp" title="KTP" compact=true checked={chosen == "ktp"}/>
            <RadioCard name="photo" value="selfie" title="Selfie" compact=true checked={chosen == "selfie"}/>
        </ChoiceGroup>
    }
}

fn decision(form: &FormState, user: &str) -> impl IntoView + use<> {
    let faults = form.faults();
    view! {
        <form class="card stack-3 decision" method="post" action=DECIDE>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="user" value=user.to_owned()/>
            <TextareaField label="Catatan keputusan" name="reason" value=form.value("reason") error=faults.of("reason")
                hint="Wajib untuk foto ulang dan penolakan. Peminjam membaca alasan ini.".to_owned() maxlength=MAX_REASON/>
            <PhotoChoice chosen=form.value_or("photo", "ktp")/>
            <div class="decision__buttons">
                <Button name="decision" value="approve">"Setujui"</Button>
                <Button kind=Kind::Secondary name="decision" value="retake">"Foto ulang"</Button>
                <Button kind=Kind::Danger name="decision" value="reject">"Tolak"</Button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn each_decision_has_its_key_and_the_reason_is_as_long_as_the_service_takes() {
        let drawn = html(|| decision(&FormState::default(), "7"));
        let values: Vec<_> = drawn
            .split("name=\"decision\" value=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(values, ["approve", "retake", "reject"]);
        let keys = include_str!("../../../../public/js/staff.js");
        for value in values {
            assert!(keys.contains(&format!("'{value}'")), "no key for {value}: {keys}");
        }
        assert!(drawn.contains(&format!("maxlength=\"{MAX_REASON}\"")), "{drawn}");
    }
}
