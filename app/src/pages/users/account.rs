//! Screen 16: the account. One page of short forms; each comes back to its own part.

use super::{choices, money, offers::InstallRows, security};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Fact, Facts, Kind, List, ListRow, Main, Notice, Symbol, Tab, TabBar,
        Tone, TopBar, page_title,
    },
    pages::{failure, flash_notice},
    shell::Module,
    visit::{Visit, visit},
};
use domain::{
    Result,
    auth::{Device, Passkey},
    documents::{Document, DocumentKind},
    notifications::Preferences,
    users::{Consent, KycStatus, Profile},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The forms of this page, for what comes back from any of them.
const ACTIONS: [&str; 9] = [
    "/_fn/set_bank_account",
    "/_fn/upload/income_proof",
    "/_fn/set_channels",
    "/_fn/withdraw_consent",
    "/_fn/choose_theme",
    "/_fn/remove_passkey",
    "/_fn/end_session",
    "/_fn/sign_out",
    "/_fn/sign_out_everywhere",
];

/// Everything the page shows.
struct Account {
    profile: Profile,
    passkeys: Vec<Passkey>,
    devices: Vec<Device>,
    preferences: Preferences,
    consents: Vec<Consent>,
    papers: Vec<Document>,
    unread: u32,
}

/// `/akun`; `bagian` names the part that a message belongs to, `lanjut` where a new bank account leads on to.
#[component]
pub fn AccountPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        match load(&visit).await {
            Ok(account) => page(&visit, account),
            Err(error) => failure(&error),
        }
    })
}

async fn load(visit: &Visit) -> Result<Account> {
    let (backend, actor) = (&visit.backend, &visit.actor);
    Ok(Account {
        profile: backend.users.profile(actor).await?,
        passkeys: backend.auth.list_passkeys(actor).await?,
        devices: backend.auth.list_devices(actor).await?,
        preferences: backend.notifications.preferences(actor).await?,
        consents: backend.users.list_consents(actor).await?,
        papers: backend.documents.list(actor).await?,
        unread: backend.notifications.unread_count(actor).await?,
    })
}

fn page(visit: &Visit, account: Account) -> AnyView {
    let faults = visit.faults(&ACTIONS);
    let proofs = account
        .papers
        .into_iter()
        .filter(|paper| paper.kind == DocumentKind::IncomeProof)
        .collect();
    let on_top = visit.query("bagian").is_empty().then(flash_notice);
    let parts = view! {
        {person(&account.profile)}
        {identity(&account.profile)}
        {security::passkeys(visit, account.passkeys)}
        {security::devices(account.devices)}
        {choices::channels(account.preferences, &account.profile)}
        {money::bank_account(visit, &account.profile, &faults)}
        {money::income_proof(proofs, &faults)}
        {choices::consents(account.consents)}
        {choices::theme(visit.page.theme)}
        {help(&account.profile)}
        {ways_out()}
    };
    view! {
        <Title text=page_title("Akun", &faults)/>
        <TopBar title="Akun"/>
        <Main class="page page--cards stack-3">
            {on_top}
            <ErrorSummary faults=faults/>
            {parts}
        </Main>
        <TabBar current=Tab::Account unread=account.unread/>
        <Module name="passkey.js"/>
        <Module name="theme.js"/>
    }
    .into_any()
}

/// A part of the page with its small heading; `id` for links, and for the message of its own forms.
#[component]
pub(super) fn Part(
    /// Id, and value of `bagian`.
    id: &'static str,
    /// Heading.
    title: &'static str,
    /// The part.
    children: Children,
) -> impl IntoView {
    let notice = (visit().query("bagian") == id).then(flash_notice);
    view! { <section class="stack-2" id=id><h2 class="text-micro text-subtle">{title}</h2>{notice}{children()}</section> }
}

/// The first letters of the first and last name: "SW".
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first
        .into_iter()
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

fn person(profile: &Profile) -> impl IntoView + use<> {
    let (tone, icon, words) = match profile.kyc_status {
        KycStatus::Verified => (Tone::Success, Symbol::Check, "Terverifikasi"),
        KycStatus::InReview => (Tone::Warning, Symbol::Clock, "Diperiksa"),
        KycStatus::Incomplete => (Tone::Warning, Symbol::Alert, "Belum lengkap"),
        KycStatus::Retake => (Tone::Warning, Symbol::Camera, "Foto diulang"),
        KycStatus::Rejected => (Tone::Danger, Symbol::Alert, "Belum terverifikasi"),
    };
    view! {
        <div class="row">
            <span class="tile tile--primary tile--initials" aria-hidden="true">{initials(&profile.full_name)}</span>
            <div class="fill">
                <h2>{profile.full_name.clone()}</h2>
                <p class="text-small text-muted numeric">{profile.masked_phone.clone()}</p>
            </div>
            <Badge tone=tone icon=icon>{words}</Badge>
        </div>
    }
}

/// What the person must still do for the identity check.
fn identity(profile: &Profile) -> impl IntoView + use<> {
    let todo = match (profile.kyc_status, &profile.retake) {
        (KycStatus::Retake, Some(retake)) => {
            let href = if retake.kind == DocumentKind::Selfie {
                "/daftar/selfie"
            } else {
                "/daftar/ktp"
            };
            Some((
                format!("Satu foto perlu diulang: {}. ", retake.reason),
                href,
                "Ambil ulang",
            ))
        }
        (KycStatus::Incomplete, _) => Some((
            "Kirim foto KTP dan selfie supaya akun bisa dipakai. ".into(),
            "/daftar/ktp",
            "Lanjutkan",
        )),
        (KycStatus::Rejected, _) => Some((
            "Petugas belum bisa mencocokkan KTP dan selfie Anda. ".into(),
            "/bantuan#pengaduan",
            "Hubungi kami",
        )),
        _ => None,
    };
    todo.map(|(words, href, link)| {
        view! { <Notice icon=Symbol::Alert tone=Tone::Warning>{words}<a href=href>{link}</a></Notice> }
    })
}

fn help(profile: &Profile) -> impl IntoView + use<> {
    // The end of the record number: enough to be found by, short enough to read out.
    let id = profile.user_id.0.simple().to_string().to_uppercase();
    let number = format!("{}-{}", &id[24..28], &id[28..]);
    let (nik, email) = (profile.masked_nik.clone(), profile.email.clone());
    view! {
        <Part id="bantuan" title="Data dan bantuan">
            <div class="card card--list">
                <List>
                    <ListRow
                        icon=Symbol::Help
                        title="Bantuan dan pengaduan"
                        detail="Jawaban paling lama 10 hari kerja, lalu OJK 157"
                        detail_class="text-micro text-muted"
                        href="/bantuan"
                    />
                    <ListRow icon=Symbol::Money title="Semua biaya" href="/biaya"/>
                    <ListRow icon=Symbol::Shield title="Privasi" detail="Salinan data, penghapusan akun" detail_class="text-micro text-muted" href="/privasi"/>
                    <InstallRows/>
                </List>
            </div>
            <div class="card" id="nomor-akun">
                <Facts>
                    <Fact name="Nomor akun"><span class="numeric">{number}</span></Fact>
                    <Fact name="NIK"><span class="numeric">{nik}</span></Fact>
                    <Fact name="Email">{email}</Fact>
                </Facts>
            </div>
        </Part>
    }
}

fn ways_out() -> impl IntoView {
    view! {
        <form method="post" action="/_fn/sign_out">
            <CsrfField/>
            <Button kind=Kind::Secondary>"Keluar"</Button>
        </form>
        <form method="post" action="/_fn/sign_out_everywhere">
            <CsrfField/>
            <Button kind=Kind::Danger>"Keluar dari semua perangkat"</Button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Sari Wulandari"), "SW");
        assert_eq!(initials("Sari Dewi Wulandari"), "SW");
        assert_eq!(initials("sukarno"), "S");
        assert_eq!(initials(""), "");
    }
}
