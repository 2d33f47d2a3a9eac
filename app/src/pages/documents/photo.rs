//! What the two photo pages share: where a paper stands, and the form that sends one.

use crate::{
    components::{Button, CsrfField, Icon, Kind, Notice, PhotoWaits, Symbol, Tone, field::Message},
    islands::{Camera, CameraShot},
    visit::Visit,
};
use domain::{
    Result,
    documents::{Document, DocumentKind, DocumentStatus},
    text::moment,
    users::Profile,
};
use leptos::prelude::*;
use time::OffsetDateTime;

/// Where the photo of one kind stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Never sent.
    Wanted,
    /// Must be sent again; why, in words for the borrower.
    Again(String),
    /// Received at this instant (UTC), may still be replaced.
    Received(OffsetDateTime),
    /// Accepted by staff; needs no repeat.
    Accepted,
}

/// The asker's papers and what must be repeated.
pub(super) async fn load(visit: &Visit) -> Result<(Profile, Vec<Document>)> {
    let profile = visit.backend.users.profile(&visit.actor).await?;
    let papers = visit.backend.documents.list(&visit.actor).await?;
    Ok((profile, papers))
}

/// Where `kind` stands, from papers newest first.
pub(super) fn standing(kind: DocumentKind, profile: &Profile, papers: &[Document]) -> Standing {
    let newest = papers
        .iter()
        .find(|paper| paper.kind == kind && paper.status != DocumentStatus::Replaced);
    match newest {
        None => Standing::Wanted,
        Some(paper) => match paper.status {
            DocumentStatus::Received => Standing::Received(paper.received_at),
            DocumentStatus::Accepted => Standing::Accepted,
            DocumentStatus::Retake | DocumentStatus::Replaced => {
                let retake = profile.retake.as_ref().filter(|retake| retake.kind == kind);
                Standing::Again(retake.map_or_else(|| kind.words().to_owned(), |retake| retake.reason.clone()))
            }
        },
    }
}

impl Standing {
    /// Whether the photo is with us.
    pub(super) const fn is_here(&self) -> bool {
        matches!(self, Self::Received(_) | Self::Accepted)
    }

    /// Whether the form is needed; `again` when the person asked to send another.
    pub(super) const fn wants_form(&self, again: bool) -> bool {
        match self {
            Self::Wanted | Self::Again(_) => true,
            Self::Received(_) => again,
            Self::Accepted => false,
        }
    }
}

/// The state of the photo in words; nothing before the first.
#[component]
pub(super) fn StandingNotice(
    /// Where it stands.
    standing: Standing,
    /// "Foto KTP", "Selfie".
    what: &'static str,
) -> impl IntoView {
    match standing {
        Standing::Wanted => ().into_any(),
        Standing::Again(reason) => view! {
            <Notice icon=Symbol::Alert tone=Tone::Warning>{format!("Satu foto perlu diulang: {reason}.")}</Notice>
        }
        .into_any(),
        Standing::Received(at) => view! {
            <Notice icon=Symbol::Check tone=Tone::Success>{format!("{what} sudah kami terima, {}.", moment(at))}</Notice>
        }
        .into_any(),
        Standing::Accepted => view! {
            <Notice icon=Symbol::Check tone=Tone::Success>{format!("{what} sudah diterima petugas dan tidak perlu diulang.")}</Notice>
        }
        .into_any(),
    }
}

/// Camera, gallery, and a plain button after them without a script. The field and its fault are called `file`.
#[component]
pub(super) fn PhotoForm(
    /// KTP or selfie.
    kind: DocumentKind,
    /// What was wrong with the photo before.
    error: Option<String>,
) -> impl IntoView {
    let (shot, capture, take, send) = match kind {
        DocumentKind::Selfie => (CameraShot::Face, "user", "Ambil selfie", "Kirim selfie"),
        DocumentKind::Ktp | DocumentKind::IncomeProof => {
            (CameraShot::Card, "environment", "Ambil foto KTP", "Kirim foto KTP")
        }
    };
    let described = error.is_some().then_some("file-error");
    let invalid = error.is_some().then_some("true");
    view! {
        <form class="stack-3" method="post" action=format!("/_fn/upload/{}", kind.as_str()) enctype="multipart/form-data" data-photo="">
            <CsrfField/>
            {error.map(|words| view! { <Message error=true id="file-error".to_owned() words=words/> })}
            <Camera shot=shot input="photo" gallery="file"/>
            <label class="button button--primary without-script" for="photo">
                <Icon name=Symbol::Camera/>
                {take}
                <input class="visually-hidden" id="photo" name="file" type="file" accept="image/jpeg,image/png,image/webp" capture=capture/>
            </label>
            <label class="button button--secondary" for="file">
                <Icon name=Symbol::Gallery/>
                "Pilih dari galeri"
                <input
                    class="visually-hidden"
                    id="file"
                    name="file"
                    type="file"
                    accept="image/jpeg,image/png,image/webp"
                    aria-describedby=described
                    aria-invalid=invalid
                    data-send-at-once=""
                />
            </label>
            <Button kind=Kind::Tonal class="without-script">{send}</Button>
            <PhotoWaits/>
        </form>
    }
}

/// What is written across the photo, and who sees it.
#[component]
pub(super) fn WatermarkNotice(
    /// The business date.
    today: time::Date,
) -> impl IntoView {
    let date = format!(
        "{}\u{a0}{}\u{a0}{}",
        today.day(),
        domain::text::month_short(today.month()),
        today.year()
    );
    view! {
        <Notice icon=Symbol::Shield>
            <b>"Foto Anda diberi tanda air"</b>
            <p class="text-muted">
                {format!("“Hanya untuk verifikasi Sanggup, {date}”. Hanya petugas verifikasi yang bisa melihatnya.")}
            </p>
        </Notice>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;
    use domain::{
        documents::{Quality, Verdict},
        id::{DocumentId, UserId},
        users::{KycStatus, Retake},
    };
    use time::macros::{date, datetime};

    fn profile(retake: Option<Retake>) -> Profile {
        Profile {
            user_id: UserId(uuid::Uuid::from_u128(1)),
            full_name: "Sari Wulandari".into(),
            masked_nik: "3602 •••• •••• 0001".into(),
            masked_phone: "+62 812 •••• 7890".into(),
            email: "sari@contoh.id".into(),
            birth_date: date!(1987 - 11 - 12),
            address: None,
            occupation: None,
            employer: None,
            monthly_income: None,
            other_instalments: None,
            bank_account: None,
            kyc_status: KycStatus::Incomplete,
            retake,
            created_at: datetime!(2026-11-24 03:00 UTC),
        }
    }

    fn paper(kind: DocumentKind, status: DocumentStatus) -> Document {
        Document {
            id: DocumentId(uuid::Uuid::from_u128(2)),
            kind,
            status,
            quality: Quality {
                sharpness: 500,
                glare_ppm: 0,
                brightness: 140,
                short_side: 1_000,
            },
            verdict: Verdict::Good,
            received_at: datetime!(2026-11-24 03:12 UTC),
        }
    }

    #[test]
    fn a_replaced_paper_does_not_hide_the_one_that_counts() {
        let papers = [
            paper(DocumentKind::Ktp, DocumentStatus::Replaced),
            paper(DocumentKind::Selfie, DocumentStatus::Accepted),
            paper(DocumentKind::Ktp, DocumentStatus::Received),
        ];
        let found = standing(DocumentKind::Ktp, &profile(None), &papers);
        assert_eq!(found, Standing::Received(datetime!(2026-11-24 03:12 UTC)));
        assert!(found.is_here() && !found.wants_form(false) && found.wants_form(true));
    }

    #[test]
    fn a_repeat_shows_the_reason_of_its_own_kind_only() {
        let retake = Retake {
            kind: DocumentKind::Ktp,
            reason: "KTP terlalu silau".into(),
        };
        let papers = [
            paper(DocumentKind::Ktp, DocumentStatus::Retake),
            paper(DocumentKind::Selfie, DocumentStatus::Accepted),
        ];
        let person = profile(Some(retake));
        let ktp = standing(DocumentKind::Ktp, &person, &papers);
        assert_eq!(ktp, Standing::Again("KTP terlalu silau".into()));
        assert_eq!(standing(DocumentKind::Selfie, &person, &papers), Standing::Accepted);
        let drawn = html(move || view! { <StandingNotice standing=ktp what="Foto KTP"/> });
        assert!(drawn.contains("Satu foto perlu diulang: KTP terlalu silau."), "{drawn}");
    }

    #[test]
    fn both_inputs_are_called_file_and_the_fault_leads_to_the_one_that_is_always_there() {
        let error = Some("Foto terlalu buram.".to_owned());
        let drawn = html(move || view! { <PhotoForm kind=DocumentKind::Ktp error=error/> });
        assert_eq!(drawn.matches("name=\"file\"").count(), 2, "{drawn}");
        assert!(
            drawn.contains("id=\"file\"") && drawn.contains("id=\"file-error\""),
            "{drawn}"
        );
        assert!(drawn.contains("action=\"/_fn/upload/ktp\""), "{drawn}");
        assert!(drawn.contains("enctype=\"multipart/form-data\""), "{drawn}");
    }

    #[test]
    fn what_the_script_says_of_a_lost_photo_waits_hidden() {
        let drawn = html(|| view! { <PhotoForm kind=DocumentKind::Selfie error=None/> });
        let (before, lost) = drawn.split_once("data-photo-lost").expect("the notice");
        assert!(before.contains("data-photo-state=\"\" hidden"), "{before}");
        let notice = lost.split("</form>").next().expect("its end");
        assert!(
            notice.starts_with("=\"\" hidden") && notice.contains("role=\"alert\""),
            "{notice}"
        );
        for words in [
            "Foto belum terkirim. Jangan tutup halaman ini, kirim lagi saat ada sambungan.",
            "Kirim lagi",
        ] {
            assert!(notice.contains(words), "{words}: {notice}");
        }
    }

    #[test]
    fn the_camera_and_the_form_share_no_id() {
        let drawn = html(|| view! { <PhotoForm kind=DocumentKind::Ktp error=None/> });
        let mut ids: Vec<_> = drawn
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(ids.contains(&"photo") && ids.contains(&"camera"), "{ids:?}");
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "{ids:?}");
    }
}
