//! Screen 6: the papers are sent. Says what is missing when one is, and what came of it when staff decided already.

use super::offers::{InstallRows, passkey_button};
use crate::{
    components::{Button, EmptyState, List, ListRow, Main, Middle, Petals, Symbol, Tone, page_title},
    pages::{failure, flash_notice},
    shell::Module,
    visit::{Visit, visit},
};
use domain::{
    Result,
    documents::{Document, DocumentKind, DocumentStatus},
    users::{KycStatus, Profile},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/daftar/selesai`.
#[component]
pub fn RegisteredPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        match load(&visit).await {
            Ok((profile, papers, has_passkey)) => page(&visit, news(&profile, &papers), has_passkey),
            Err(error) => failure(&error),
        }
    })
}

async fn load(visit: &Visit) -> Result<(Profile, Vec<Document>, bool)> {
    let profile = visit.backend.users.profile(&visit.actor).await?;
    let papers = visit.backend.documents.list(&visit.actor).await?;
    let passkeys = visit.backend.auth.list_passkeys(&visit.actor).await?;
    Ok((profile, papers, !passkeys.is_empty()))
}

/// What the page says.
#[derive(Debug, PartialEq, Eq)]
struct News {
    title: &'static str,
    words: String,
    /// Whether the flower is full.
    done: bool,
    /// The main button.
    href: &'static str,
    button: &'static str,
}

/// From the papers rather than the status: the job that changes the status may still be on its way.
fn news(profile: &Profile, papers: &[Document]) -> News {
    let missing = [
        (DocumentKind::Ktp, "/daftar/ktp", "Ambil foto KTP"),
        (DocumentKind::Selfie, "/daftar/selfie", "Ambil selfie"),
    ]
    .into_iter()
    .find(|(kind, ..)| {
        let here = [DocumentStatus::Received, DocumentStatus::Accepted];
        !papers
            .iter()
            .any(|paper| paper.kind == *kind && here.contains(&paper.status))
    });
    let name = profile.first_name();
    match (profile.kyc_status, missing) {
        (KycStatus::Verified, _) => News {
            title: "Akun terverifikasi",
            words: format!("Terima kasih, {name}. KTP dan selfie Anda cocok. Sekarang Anda bisa mengajukan pinjaman."),
            done: true,
            href: "/beranda",
            button: "Ke beranda",
        },
        (KycStatus::Rejected, _) => News {
            title: "Belum bisa diverifikasi",
            words: "Petugas belum bisa mencocokkan KTP dan selfie Anda. Kalau ini keliru, hubungi kami.".into(),
            done: false,
            href: "/bantuan#pengaduan",
            button: "Hubungi kami",
        },
        (_, Some((kind, href, button))) => News {
            title: "Tinggal satu langkah",
            words: format!(
                "{} belum ada atau perlu diulang. Setelah itu petugas bisa memeriksa akun Anda.",
                kind.words()
            ),
            done: false,
            href,
            button,
        },
        (_, None) => News {
            title: "Pendaftaran terkirim",
            words: format!(
                "Terima kasih, {name}. Petugas sedang memeriksa KTP dan selfie Anda. Hasilnya kami kirim lewat WhatsApp dan notifikasi."
            ),
            done: true,
            href: "/beranda",
            button: "Ke beranda",
        },
    }
}

fn page(visit: &Visit, news: News, has_passkey: bool) -> AnyView {
    let flower = if news.done {
        view! { <Petals count=6 paid=6 label="Selesai" middle=Middle::Tick success=true/> }.into_any()
    } else {
        view! { <Petals count=6 paid=4 label="Belum selesai" next=true/> }.into_any()
    };
    let waiting = news.done.then(|| {
        let passkey = if has_passkey {
            view! { <ListRow icon=Symbol::Fingerprint tone=Tone::Success title="Kunci sandi" detail="Sudah dibuat. Lain kali cukup sidik jari."/> }
                .into_any()
        } else {
            let button = passkey_button(visit, "/daftar/selesai", "Buat");
            view! {
                <ListRow icon=Symbol::Fingerprint tone=Tone::Primary title="Kunci sandi" detail="Masuk dengan sidik jari, tanpa mengetik kata sandi">
                    {button}
                </ListRow>
            }
            .into_any()
        };
        view! {
            <section class="stack-3 needs-script">
                <h2>"Sambil menunggu"</h2>
                <div class="card card--list"><List>{passkey}<InstallRows/></List></div>
            </section>
        }
    });
    view! {
        <Title text=page_title(news.title, &Default::default())/>
        <Main class="page stack-6">
            {flash_notice()}
            <EmptyState>
                {flower}
                <h1>{news.title}</h1>
                <p class="text-muted">{news.words}</p>
            </EmptyState>
            {waiting}
            <div class="stack-3">
                <Button href=news.href>{news.button}</Button>
                <p class="text-micro text-subtle text-centre">
                    "Belum ada kabar dalam 1 hari kerja? "<a href="/bantuan#pengaduan">"Hubungi kami"</a>
                </p>
            </div>
        </Main>
        <Module name="passkey.js"/>
    }
    .into_any()
}
