//! How it works, what to do when something is wrong, how to complain, and the terms of use.

use super::back;
use crate::{
    components::{AppBar, LinkList, LinkRow, Main, NumberedSteps, Symbol, page_title},
    visit::visit,
};
use domain::{auth::CONSENT_VERSION, calendar::parse_date, text::date_long};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/bantuan`: help, complaints (`#pengaduan`) and terms (`#syarat`).
#[component]
pub fn HelpPage() -> impl IntoView {
    let visit = visit();
    let account = visit.actor.session().map(|_| {
        view! { <p>"Sebutkan "<a href="/akun#nomor-akun">"nomor akun"</a>" Anda, supaya kami cepat menemukannya."</p> }
    });
    view! {
        <Title text=page_title("Bantuan dan pengaduan", &Default::default())/>
        <AppBar title="Bantuan dan pengaduan" back=back(&visit) heading=true/>
        <Main class="page stack-6">
            {how_it_works()}
            {questions()}
            <section class="stack-3" id="pengaduan">
                <h2>"Pengaduan"</h2>
                <NumberedSteps>
                    <li>"Balas pesan WhatsApp atau email terakhir dari Sanggup, dan tulis keluhan Anda."</li>
                    <li>"Kami jawab paling lama 10 hari kerja. Kalau perlu waktu lebih, kami beri tahu sebelum itu."</li>
                    <li><span>"Belum puas? Hubungi OJK di "<a href="tel:157">"157"</a>", atau LAPS SJK, tanpa biaya."</span></li>
                </NumberedSteps>
                {account}
                <p class="text-small text-muted">"Selama pengaduan tentang penagihan belum dijawab, kami tidak menagih pinjaman itu."</p>
            </section>
            {terms()}
            <LinkList>
                <LinkRow icon=Symbol::Money href="/biaya">"Semua biaya"</LinkRow>
                <LinkRow icon=Symbol::Shield href="/privasi">"Privasi"</LinkRow>
            </LinkList>
            <p class="text-micro text-subtle">"Petugas Sanggup tidak pernah meminta kata sandi atau kode OTP Anda."</p>
        </Main>
    }
}

fn how_it_works() -> impl IntoView {
    view! {
        <section class="stack-3">
            <h2>"Cara kerja"</h2>
            <NumberedSteps>
                <li>"Daftar dengan KTP dan selfie. Petugas memeriksanya."</li>
                <li>"Pilih jumlah dan lama pinjaman. Cicilan, bunga, dan semua biaya langsung terlihat."</li>
                <li>"Periksa rincian, lalu setuju. Bisa dibatalkan tanpa biaya sebelum dana dikirim."</li>
                <li>"Dana dikirim penuh ke rekening Anda. Tidak ada potongan."</li>
                <li>"Bayar tiap bulan lewat QRIS atau virtual account. Lunasi lebih awal kapan saja."</li>
            </NumberedSteps>
        </section>
    }
}

fn questions() -> impl IntoView {
    let entries = [
        (
            "Kode tidak datang",
            "Tunggu satu menit, lalu minta kirim ulang lewat WhatsApp atau SMS di halaman kode.",
        ),
        (
            "Foto tidak diterima",
            "Pakai KTP asli di tempat terang, tanpa lampu kilat. Semua sudut harus terlihat.",
        ),
        (
            "Lupa kata sandi",
            "Pilih “Lupa kata sandi?” di halaman Masuk. Kodenya dikirim ke WhatsApp Anda.",
        ),
        (
            "Ponsel hilang",
            "Masuk dari perangkat lain, buka Akun, lalu pilih “Keluar dari semua perangkat”.",
        ),
        (
            "Sedang sulit membayar",
            "Kabari kami sebelum jatuh tempo lewat jalur pengaduan di bawah. Makin awal, makin banyak jalan keluarnya.",
        ),
        (
            "Sudah bayar tapi belum tercatat",
            "Buka halaman pembayarannya dan pilih “Saya sudah bayar”. Kami cek ke bank.",
        ),
    ];
    let entries = entries
        .map(|(question, answer)| view! { <div class="stack-1"><h3>{question}</h3><p class="text-small text-muted">{answer}</p></div> })
        .into_iter()
        .collect_view();
    view! { <section class="stack"><h2>"Yang sering ditanyakan"</h2>{entries}</section> }
}

fn terms() -> impl IntoView {
    let version = parse_date(CONSENT_VERSION)
        .map(date_long)
        .unwrap_or_else(|_| CONSENT_VERSION.into());
    view! {
        <section class="stack-2" id="syarat">
            <h2>"Syarat dan ketentuan"</h2>
            <p class="text-small">"Akun hanya untuk warga Indonesia berusia 18 tahun ke atas, satu orang satu akun, dengan data yang benar. Jaga kata sandi dan kode Anda; jangan berikan kepada siapa pun."</p>
            <p class="text-small">"Mendaftar tidak mewajibkan Anda meminjam. Setiap pinjaman punya rincian biaya dan perjanjian sendiri, yang baru berlaku setelah Anda setujui. Dana hanya dikirim ke rekening atas nama Anda sendiri."</p>
            <p class="text-small">"Pinjaman wajib dibayar kembali sesuai jadwal. Terlambat dikenai denda seperti di "<a href="/biaya">"Semua biaya"</a>", dan dapat dilaporkan ke SLIK sesuai aturan OJK. Pinjam sesuai kebutuhan dan kemampuan."</p>
            <p class="text-micro text-subtle">{format!("Versi {version}")}</p>
        </section>
    }
}
