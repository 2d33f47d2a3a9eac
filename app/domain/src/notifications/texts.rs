//! What people are told, in Indonesian: one text per event for the app, WhatsApp, email and SMS alike.
//!
//! Enters: an event. Leaves: title, body, a local path, and how far the text goes. Pure. The rules of
//! security.md R44 hold by construction: events carry amounts and dates, never a name, a NIK or an address with a
//! token. Plain ASCII, so that an SMS costs one part (160 characters), or two (306) where figures need them. A fact
//! that was stored without its figures is told in general words.

use std::borrow::Cow;

use super::contact::Reminder;
use crate::event::{Event, UnpaidInstalment};
use crate::text;

/// Where a text goes beyond the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the channels the person chose.
    Chosen,
    /// To WhatsApp and email whatever the person chose: the safety of the account is at stake.
    Always,
}

/// Title and body.
type Words = (Cow<'static, str>, Cow<'static, str>);

/// The text of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line, without a full stop.
    pub title: Cow<'static, str>,
    /// A few sentences.
    pub body: Cow<'static, str>,
    /// A local path to go on from.
    pub link: String,
    /// How far it goes.
    pub reach: Reach,
}

impl Text {
    /// The same as one SMS.
    pub fn sms(&self) -> String {
        sms(&self.title, &self.body)
    }
}

/// Title and body as one SMS.
pub fn sms(title: &str, body: &str) -> String {
    format!("Sanggup: {title}. {body}")
}

/// The SMS that carries a one-time code.
pub fn code_sms(code: &str) -> String {
    format!(
        "Sanggup: kode Anda {code}. Berlaku 5 menit. Petugas kami tidak pernah memintanya, jangan beri tahu siapa pun."
    )
}

/// What stands under every email.
pub const EMAIL_FOOTER: &str = "Pesan otomatis dari Sanggup. Buka aplikasi untuk rinciannya; email kami tidak berisi \
                                tautan. Petugas Sanggup tidak pernah meminta kata sandi atau kode OTP Anda.";

/// The text of an event.
pub fn text_of(event: &Event) -> Text {
    let (title, body) = with_figures(event).unwrap_or_else(|| {
        let (title, body) = in_general(event);
        (title.into(), body.into())
    });
    Text {
        title,
        body,
        link: link(event),
        reach: reach(event),
    }
}

/// The words of a fact that carries its figures.
fn with_figures(event: &Event) -> Option<Words> {
    let general = in_general(event);
    let (title, body): Words = match event {
        Event::ApplicationApproved { amount: Some(amount), .. } => (
            general.0.into(),
            format!("{amount} disetujui. Dananya sedang kami siapkan untuk dikirim ke rekening Anda.").into(),
        ),
        Event::LoanDisbursed { amount: Some(amount), account: Some(account), .. } => (
            format!("Dana {amount} sudah dikirim").into(),
            format!("Dana masuk ke rekening Anda yang berakhir {account}. Jadwal cicilan ada di aplikasi.").into(),
        ),
        Event::PayoutFailed { amount: Some(amount), .. } => (
            general.0.into(),
            format!(
                "Kiriman {amount} ke rekening Anda gagal. Belum ada cicilan yang berjalan. Periksa rekening di menu Akun."
            )
            .into(),
        ),
        Event::PayoutReversed { amount: Some(amount), .. } => (
            general.0.into(),
            format!("Bank mengembalikan {amount} kepada kami. Periksa rekening di menu Akun, atau hubungi kami.").into(),
        ),
        Event::PaymentPosted { amount: Some(amount), outstanding: Some(outstanding), .. } => (
            format!("Pembayaran {amount} diterima").into(),
            format!("Sisa utang {outstanding}.").into(),
        ),
        Event::PaymentReversed { amount: Some(amount), .. } => (
            format!("Pembayaran {amount} ditarik bank").into(),
            "Tagihannya berjalan lagi. Rinciannya ada di aplikasi.".into(),
        ),
        Event::RefundAsked { amount: Some(amount), .. } => (
            general.0.into(),
            format!(
                "Anda membayar {amount} lebih dari yang harus dibayar. Dua petugas memeriksanya, lalu kami kirim ke rekening Anda."
            )
            .into(),
        ),
        Event::RefundPaid { amount: Some(amount), .. } => (
            general.0.into(),
            format!("Kelebihan {amount} sudah masuk ke rekening Anda. Rinciannya ada di halaman pinjaman.").into(),
        ),
        Event::RefundFailed { amount: Some(amount), .. } => (
            general.0.into(),
            format!(
                "Bank belum menerima kiriman {amount}; titipan Anda tetap aman di sini. Periksa rekening di menu Akun, lalu minta lagi."
            )
            .into(),
        ),
        Event::InstalmentReminder { reminder, unpaid: Some(unpaid), .. } => {
            let (title, body) = reminding_of(*reminder, unpaid);
            (title.into(), body.into())
        }
        _ => return None,
    };
    Some((title, body))
}

/// A reminder with what lending.md 13.2 wants in it: what is owed and since when, how to pay, the ways out, the loan,
/// where to complain. A quiet day may have moved it, so only its own day decides whether the bill falls due today.
fn reminding_of(reminder: Reminder, unpaid: &UnpaidInstalment) -> (String, String) {
    let UnpaidInstalment {
        number,
        amount,
        due_on,
        told_on,
        late_fee_per_day,
    } = unpaid;
    let due = text::day_and_month(*due_on);
    let weekday = text::weekday_name(due_on.weekday());
    let (title, first, loan) = match reminder {
        Reminder::OneAfter => {
            let fee = late_fee_per_day.map_or_else(String::new, |fee| format!("Denda berjalan {fee} per hari. "));
            let title = format!("Tagihan {due} belum kami terima");
            (title, fee, format!("Tagihan {amount} dari pinjaman {number}"))
        }
        _ if told_on == due_on => {
            let title = format!("Hari ini jatuh tempo tagihan {amount}");
            let paid = "Sudah bayar? Abaikan pesan ini. ".to_owned();
            (title, paid, format!("Pinjaman {number}"))
        }
        _ => {
            let title = format!("Tagihan {amount} jatuh tempo {weekday}, {due}");
            let early = "Bayar lebih awal tidak dikenai biaya. ".to_owned();
            (title, early, format!("Pinjaman {number}"))
        }
    };
    let body = format!(
        "{first}Sedang sulit? Pilih jalan keluar di aplikasi. {loan}: cara bayar ada di aplikasi, keluhan di menu Bantuan."
    );
    (title, body)
}

const fn in_general(event: &Event) -> (&'static str, &'static str) {
    match event {
        Event::AccountOpened { .. } => (
            "Akun Anda sudah dibuat",
            "Kirim foto KTP dan selfie supaya akun bisa dipakai. Bukan Anda? Hubungi kami.",
        ),
        Event::SignedInOnNewDevice { .. } => (
            "Masuk dari perangkat baru",
            "Akun Anda dimasuki dari perangkat baru. Bukan Anda? Amankan akun.",
        ),
        Event::PasswordChanged { .. } => (
            "Kata sandi diganti",
            "Kata sandi akun Anda baru saja diganti. Bukan Anda? Amankan akun.",
        ),
        Event::PasskeysChanged { .. } => (
            "Kunci sandi berubah",
            "Kunci sandi akun Anda baru saja ditambah atau dihapus. Bukan Anda? Amankan akun.",
        ),
        Event::BankAccountChanged { .. } => (
            "Rekening penerima berubah",
            "Rekening penerima dana Anda baru saja diganti. Bukan Anda? Amankan akun.",
        ),
        Event::IdentityPapersComplete { .. } => (
            "Foto sudah kami terima",
            "Petugas sedang memeriksa KTP dan selfie Anda. Hasilnya kami kabari.",
        ),
        Event::IdentityVerified { .. } => (
            "Akun terverifikasi",
            "KTP dan selfie Anda cocok. Sekarang Anda bisa mengajukan pinjaman.",
        ),
        Event::PhotoRetakeAsked { .. } => (
            "Satu foto perlu diulang",
            "Alasannya dan tombol ambil ulang ada di beranda aplikasi.",
        ),
        Event::IdentityRejected { .. } => (
            "Identitas belum bisa diverifikasi",
            "Petugas belum bisa mencocokkan KTP dan selfie Anda. Kalau ini keliru, hubungi kami lewat Bantuan.",
        ),
        Event::ApplicationSubmitted { .. } => (
            "Pengajuan diterima",
            "Pengajuan Anda sedang diproses. Bisa dibatalkan tanpa biaya sebelum dana dikirim.",
        ),
        Event::ApplicationReferred { .. } => (
            "Petugas meninjau pengajuan",
            "Petugas sedang meninjau pengajuan Anda. Jam kerja 08.00 sampai 20.00 WIB.",
        ),
        Event::ApplicationApproved { .. } => (
            "Pinjaman disetujui",
            "Dana sedang kami siapkan untuk dikirim ke rekening Anda.",
        ),
        Event::ApplicationDeclined { .. } => (
            "Pengajuan belum disetujui",
            "Alasannya dan yang bisa Anda lakukan ada di halaman pengajuan.",
        ),
        Event::ApplicationCancelled { .. } => (
            "Pengajuan dibatalkan",
            "Pengajuan Anda dibatalkan tanpa biaya. Tidak ada dana yang dikirim.",
        ),
        Event::ApplicationExpired { .. } => (
            "Pengajuan kedaluwarsa",
            "Foto yang kami minta tidak datang dalam 14 hari. Pengajuan berakhir tanpa biaya. Anda boleh mengajukan lagi.",
        ),
        Event::LoanDisbursed { .. } => (
            "Dana sudah dikirim",
            "Dana pinjaman sudah masuk ke rekening Anda. Jadwal cicilan ada di aplikasi.",
        ),
        Event::PayoutFailed { .. } => (
            "Dana belum bisa dikirim",
            "Kiriman dana ke rekening Anda gagal. Belum ada cicilan yang berjalan. Periksa rekening di menu Akun.",
        ),
        Event::PayoutReversed { .. } => (
            "Dana kembali ke kami",
            "Bank mengembalikan dana pinjaman Anda kepada kami. Periksa rekening di menu Akun, atau hubungi kami.",
        ),
        Event::PayoutLapsed { .. } => (
            "Pengajuan berakhir",
            "Dana tidak bisa dikirim selama 3 hari, jadi pengajuan Anda berakhir tanpa biaya. Anda boleh mengajukan lagi.",
        ),
        Event::PaymentPosted { .. } => (
            "Pembayaran diterima",
            "Pembayaran Anda sudah kami catat. Sisa utang ada di aplikasi.",
        ),
        Event::PaymentReversed { .. } => (
            "Pembayaran ditarik bank",
            "Bank menarik kembali satu pembayaran Anda, jadi tagihannya berjalan lagi. Rinciannya ada di aplikasi.",
        ),
        Event::LoanPaidOff { .. } => ("Pinjaman lunas", "Tidak ada lagi yang harus dibayar. Terima kasih."),
        Event::RefundAsked { .. } => (
            "Titipan Anda akan dikembalikan",
            "Pembayaran Anda lebih dari yang harus dibayar. Dua petugas memeriksanya, lalu kami kirim ke rekening Anda.",
        ),
        Event::RefundPaid { .. } => (
            "Titipan Anda sudah kembali",
            "Kelebihan pembayaran sudah masuk ke rekening Anda. Rinciannya ada di halaman pinjaman.",
        ),
        Event::RefundFailed { .. } => (
            "Titipan belum bisa dikirim",
            "Bank belum menerima kiriman kami, jadi titipan Anda tetap aman di sini. Periksa rekening di menu Akun, lalu minta lagi.",
        ),
        Event::RefundUsed { .. } => (
            "Titipan terpakai untuk cicilan",
            "Sebelum dikirim, titipan Anda terpakai untuk cicilan yang jatuh tempo. Rinciannya ada di halaman pinjaman.",
        ),
        Event::WayOutAnswered { .. } => (
            "Jawaban atas jalan keluar Anda",
            "Petugas sudah menjawab permintaan jalan keluar Anda. Jawabannya ada di halaman pinjaman.",
        ),
        Event::InstalmentReminder { reminder, .. } => reminding(*reminder),
    }
}

/// A reminder: what, since when, where to pay, where to go when it is hard.
const fn reminding(reminder: Reminder) -> (&'static str, &'static str) {
    match reminder {
        Reminder::SevenBefore => (
            "Cicilan jatuh tempo 7 hari lagi",
            "Rincian dan cara bayar ada di aplikasi. Sedang sulit? Kabari kami lewat Bantuan.",
        ),
        Reminder::ThreeBefore => (
            "Cicilan jatuh tempo 3 hari lagi",
            "Rincian dan cara bayar ada di aplikasi. Sedang sulit? Kabari kami lewat Bantuan.",
        ),
        Reminder::OneBefore => (
            "Cicilan jatuh tempo besok",
            "Rincian dan cara bayar ada di aplikasi. Sedang sulit? Kabari kami lewat Bantuan.",
        ),
        Reminder::OnTheDay => (
            "Cicilan perlu dibayar sebelum lewat jatuh tempo",
            "Rincian dan cara bayar ada di aplikasi. Sudah bayar? Abaikan pesan ini.",
        ),
        Reminder::OneAfter => (
            "Cicilan belum kami terima",
            "Sudah lewat jatuh tempo. Bayar di aplikasi. Sedang sulit membayar atau ada keluhan: menu Bantuan.",
        ),
    }
}

fn link(event: &Event) -> String {
    match event {
        Event::AccountOpened { .. } => "/daftar/ktp".into(),
        Event::SignedInOnNewDevice { .. }
        | Event::PasswordChanged { .. }
        | Event::PasskeysChanged { .. }
        | Event::BankAccountChanged { .. } => "/akun".into(),
        Event::IdentityPapersComplete { .. } | Event::PhotoRetakeAsked { .. } => "/beranda".into(),
        Event::IdentityVerified { .. } => "/ajukan".into(),
        Event::IdentityRejected { .. } => "/bantuan".into(),
        Event::ApplicationSubmitted { loan_id, .. }
        | Event::ApplicationReferred { loan_id, .. }
        | Event::ApplicationApproved { loan_id, .. }
        | Event::ApplicationDeclined { loan_id, .. }
        | Event::ApplicationCancelled { loan_id, .. }
        | Event::ApplicationExpired { loan_id, .. }
        | Event::PayoutFailed { loan_id, .. }
        | Event::PayoutReversed { loan_id, .. }
        | Event::PayoutLapsed { loan_id, .. } => format!("/pengajuan/{loan_id}"),
        Event::LoanDisbursed { loan_id, .. }
        | Event::PaymentPosted { loan_id, .. }
        | Event::PaymentReversed { loan_id, .. }
        | Event::LoanPaidOff { loan_id, .. }
        | Event::RefundAsked { loan_id, .. }
        | Event::RefundPaid { loan_id, .. }
        | Event::RefundFailed { loan_id, .. }
        | Event::RefundUsed { loan_id, .. }
        | Event::WayOutAnswered { loan_id, .. }
        | Event::InstalmentReminder { loan_id, .. } => format!("/pinjaman/{loan_id}"),
    }
}

const fn reach(event: &Event) -> Reach {
    match event {
        Event::SignedInOnNewDevice { .. }
        | Event::PasswordChanged { .. }
        | Event::PasskeysChanged { .. }
        | Event::BankAccountChanged { .. } => Reach::Always,
        _ => Reach::Chosen,
    }
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
