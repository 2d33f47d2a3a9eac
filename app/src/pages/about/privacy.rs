//! What we know about a person, why, who sees it, and what the person may ask for.

use super::back;
use crate::{
    components::{AppBar, Main, page_title},
    visit::visit,
};
use domain::{auth::CONSENT_VERSION, calendar::parse_date, text::date_long};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/privasi`: the privacy notice, in the version that the registration form asks consent for.
#[component]
pub fn PrivacyPage() -> impl IntoView {
    let visit = visit();
    let version = parse_date(CONSENT_VERSION)
        .map(date_long)
        .unwrap_or_else(|_| CONSENT_VERSION.into());
    view! {
        <Title text=page_title("Privasi", &Default::default())/>
        <AppBar title="Privasi" back=back(&visit) heading=true/>
        <Main class="page stack-5">
            <p class="text-muted">"Kami hanya meminta data yang perlu untuk meminjamkan uang dengan bertanggung jawab. Ini ringkasannya."</p>
            <section class="stack-2">
                <h2>"Yang kami simpan"</h2>
                <p>"Nama, NIK, tanggal lahir, nomor WhatsApp, email, foto KTP dan selfie, penghasilan yang Anda tulis, rekening, pinjaman, dan pembayaran."</p>
                <p>"Kami tidak pernah meminta kontak, lokasi, galeri, atau pesan di ponsel Anda. Hanya kamera, dan hanya saat Anda memotret."</p>
            </section>
            <section class="stack-2">
                <h2>"Untuk apa"</h2>
                <p>"Memastikan Anda benar pemilik KTP, menghitung cicilan yang sanggup Anda bayar, mengirim dana, menagih, dan memenuhi aturan OJK. Kabar promosi hanya dikirim kalau Anda setuju, dan menolaknya tidak pernah memengaruhi pinjaman."</p>
            </section>
            <section class="stack-2">
                <h2>"Siapa yang melihat"</h2>
                <p>"Petugas verifikasi, hanya dengan alasan tertulis. Setiap kali foto atau NIK dilihat, hal itu tercatat. Foto diberi tanda air “Hanya untuk verifikasi Sanggup”."</p>
                <p>"Bank dan mitra pembayaran menerima data yang perlu untuk mengirim dana dan menerima cicilan. Penyedia WhatsApp, SMS, dan email menerima nomor atau alamat Anda. Kami tidak menjual data dan tidak menghubungi orang lain tentang utang Anda."</p>
            </section>
            <section class="stack-2">
                <h2>"Bagaimana kami menjaganya"</h2>
                <p>"NIK, nama, nomor, rekening, dan foto disimpan terenkripsi. Di layar, nomor panjang disamarkan. Tidak ada data pribadi yang disimpan di ponsel Anda. Cookie kami hanya untuk menjaga Anda tetap masuk, mengenali perangkat, dan mengingat tampilan."</p>
            </section>
            <section class="stack-2">
                <h2>"Keputusan otomatis"</h2>
                <p>"Pengajuan dinilai dengan aturan yang sama untuk semua orang. Kalau belum disetujui, alasannya selalu kami tulis, dan Anda boleh minta ditinjau petugas satu kali dalam 30 hari, tanpa biaya."</p>
            </section>
            <section class="stack-2">
                <h2>"Hak Anda"</h2>
                <p>"Melihat dan memperbaiki data, meminta salinannya, menarik persetujuan, meminta pembatasan atau penghapusan. Permintaan kami kerjakan paling lama 3\u{a0}×\u{a0}24\u{a0}jam. Selama masih ada utang, data yang diperlukan untuk pinjaman tetap kami simpan, dan sebagian catatan wajib disimpan menurut aturan."</p>
                <p>"Persetujuan promosi bisa ditarik sendiri di Akun. Untuk yang lain, "<a href="/bantuan#pengaduan">"hubungi kami"</a>"."</p>
            </section>
            <p class="text-micro text-subtle">{format!("Versi {version}. Dasar: UU 27/2022 tentang Pelindungan Data Pribadi.")}</p>
        </Main>
    }
}
