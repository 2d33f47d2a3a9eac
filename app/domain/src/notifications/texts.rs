//! What people are told, in Indonesian: one text per event for the app, WhatsApp, email and SMS alike.
//!
//! Enters: an event. Leaves: title, body, a local path, and how far the text goes. Pure. The rules of
//! security.md R44 hold by construction: no name, no NIK, no amount, no address with a token can appear, because
//! nothing of a person is put into a text. Plain ASCII, so that an SMS stays in one part (160 characters).

use super::contact::Reminder;
use crate::event::Event;

/// Where a text goes beyond the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere: it is only in the app.
    App,
    /// To the channels the person chose.
    Chosen,
    /// To WhatsApp and email whatever the person chose: the safety of the account is at stake.
    Always,
}

/// The text of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line, without a full stop.
    pub title: &'static str,
    /// One or two sentences.
    pub body: &'static str,
    /// A local path to go on from.
    pub link: String,
    /// How far it goes.
    pub reach: Reach,
}

impl Text {
    /// The same as one SMS, at most 160 characters.
    pub fn sms(&self) -> String {
        sms(self.title, self.body)
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
    let (title, body) = words(event);
    Text {
        title,
        body,
        link: link(event),
        reach: reach(event),
    }
}

const fn words(event: &Event) -> (&'static str, &'static str) {
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
        // The page that sent the papers says the same; the result follows.
        Event::IdentityPapersComplete { .. } => Reach::App,
        _ => Reach::Chosen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DocumentId, LoanId, PaymentId, UserId};
    use uuid::Uuid;

    fn every_event() -> Vec<Event> {
        let user_id = UserId(Uuid::from_u128(1));
        let loan_id = LoanId(Uuid::from_u128(2));
        let payment_id = PaymentId(Uuid::from_u128(3));
        let mut events = vec![
            Event::AccountOpened { user_id },
            Event::SignedInOnNewDevice { user_id },
            Event::PasswordChanged { user_id },
            Event::PasskeysChanged { user_id },
            Event::BankAccountChanged { user_id },
            Event::IdentityPapersComplete { user_id },
            Event::IdentityVerified { user_id },
            Event::PhotoRetakeAsked {
                user_id,
                document_id: DocumentId(Uuid::from_u128(4)),
            },
            Event::IdentityRejected { user_id },
            Event::ApplicationSubmitted { user_id, loan_id },
            Event::ApplicationReferred { user_id, loan_id },
            Event::ApplicationApproved { user_id, loan_id },
            Event::ApplicationDeclined { user_id, loan_id },
            Event::ApplicationCancelled { user_id, loan_id },
            Event::LoanDisbursed { user_id, loan_id },
            Event::PayoutFailed { user_id, loan_id },
            Event::PayoutReversed { user_id, loan_id },
            Event::PayoutLapsed { user_id, loan_id },
            Event::PaymentPosted {
                user_id,
                loan_id,
                payment_id,
            },
            Event::PaymentReversed {
                user_id,
                loan_id,
                payment_id,
            },
            Event::RefundAsked { user_id, loan_id },
            Event::RefundPaid { user_id, loan_id },
            Event::RefundFailed { user_id, loan_id },
            Event::RefundUsed { user_id, loan_id },
            Event::LoanPaidOff { user_id, loan_id },
            Event::WayOutAnswered { user_id, loan_id },
        ];
        let reminder = |reminder: &Reminder| Event::InstalmentReminder {
            user_id,
            loan_id,
            reminder: *reminder,
        };
        events.extend(Reminder::ALL.iter().map(reminder));
        events
    }

    #[test]
    fn every_text_is_one_plain_sms() {
        for event in every_event() {
            let text = text_of(&event);
            let sms = text.sms();
            assert!(sms.is_ascii(), "{sms}");
            // These count twice in GSM 03.38, or are not in it.
            assert!(
                !sms.contains(['^', '{', '}', '\\', '[', ']', '~', '|', '`', '\n', '\t']),
                "{sms}"
            );
            assert!(sms.len() <= 160, "{} characters: {sms}", sms.len());
            assert!(
                !text.title.ends_with('.') && text.body.ends_with('.') | text.body.ends_with('?'),
                "{sms}"
            );
        }
        assert!(code_sms("123456").is_ascii() && code_sms("123456").len() <= 160);
    }

    #[test]
    fn no_text_names_money_or_shouts() {
        for event in every_event() {
            let text = text_of(&event);
            let sms = text.sms();
            assert!(
                !sms.contains("Rp") && !sms.contains('!') && !sms.contains("http"),
                "{sms}"
            );
            assert!(
                text.link.starts_with('/') && !text.link.contains(['?', '#']),
                "{}",
                text.link
            );
        }
    }

    #[test]
    fn no_two_events_share_a_title() {
        let mut titles: Vec<_> = every_event().iter().map(|event| text_of(event).title).collect();
        titles.sort_unstable();
        let count = titles.len();
        titles.dedup();
        assert_eq!(titles.len(), count);
    }

    #[test]
    fn security_notices_do_not_ask_for_leave() {
        let user_id = UserId(Uuid::from_u128(1));
        for event in [
            Event::SignedInOnNewDevice { user_id },
            Event::PasswordChanged { user_id },
            Event::PasskeysChanged { user_id },
            Event::BankAccountChanged { user_id },
        ] {
            assert_eq!(text_of(&event).reach, Reach::Always);
        }
        assert_eq!(text_of(&Event::IdentityVerified { user_id }).reach, Reach::Chosen);
    }
}
