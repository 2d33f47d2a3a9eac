//! What every text keeps to, whatever it says: one or two plain SMS, no name, no threat; and the words of the design.

use super::*;
use crate::{
    Rupiah,
    id::{DocumentId, LoanId, PaymentId, UserId},
};
use time::macros::date;
use uuid::Uuid;

const MUCH: Rupiah = Rupiah::new(2_000_000_000);

/// Every event, without figures and with the longest.
fn every_event(figures: bool) -> Vec<Event> {
    let user_id = UserId(Uuid::from_u128(1));
    let loan_id = LoanId(Uuid::from_u128(2));
    let payment_id = PaymentId(Uuid::from_u128(3));
    let amount = figures.then_some(MUCH);
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
        Event::ApplicationApproved {
            user_id,
            loan_id,
            amount,
        },
        Event::ApplicationDeclined { user_id, loan_id },
        Event::ApplicationCancelled { user_id, loan_id },
        Event::ApplicationExpired { user_id, loan_id },
        Event::LoanDisbursed {
            user_id,
            loan_id,
            amount,
            account: figures.then(|| "4821".to_owned()),
        },
        Event::PayoutFailed {
            user_id,
            loan_id,
            amount,
        },
        Event::PayoutReversed {
            user_id,
            loan_id,
            amount,
        },
        Event::PayoutLapsed { user_id, loan_id },
        Event::PaymentPosted {
            user_id,
            loan_id,
            payment_id,
            amount,
            outstanding: amount,
        },
        Event::PaymentReversed {
            user_id,
            loan_id,
            payment_id,
            amount,
        },
        Event::RefundAsked {
            user_id,
            loan_id,
            amount,
        },
        Event::RefundPaid {
            user_id,
            loan_id,
            amount,
        },
        Event::RefundFailed {
            user_id,
            loan_id,
            amount,
        },
        Event::RefundUsed { user_id, loan_id },
        Event::LoanPaidOff { user_id, loan_id },
        Event::WayOutAnswered { user_id, loan_id },
    ];
    let unpaid = figures.then(|| UnpaidInstalment {
        number: "SGP-4F7K2M".into(),
        amount: MUCH,
        due_on: date!(2026 - 09 - 23),
        told_on: date!(2026 - 09 - 21),
        late_fee_per_day: Some(MUCH),
    });
    let reminder = |reminder: &Reminder| Event::InstalmentReminder {
        user_id,
        loan_id,
        reminder: *reminder,
        unpaid: unpaid.clone(),
    };
    events.extend(Reminder::ALL.iter().map(reminder));
    events
}

#[test]
fn every_text_is_one_plain_sms_or_two_with_figures() {
    for (figures, most) in [(false, 160), (true, 306)] {
        for event in every_event(figures) {
            let text = text_of(&event);
            let sms = text.sms();
            assert!(sms.is_ascii(), "{sms}");
            // These count twice in GSM 03.38, or are not in it.
            assert!(
                !sms.contains(['^', '{', '}', '\\', '[', ']', '~', '|', '`', '\n', '\t']),
                "{sms}"
            );
            assert!(sms.len() <= most, "{} characters: {sms}", sms.len());
            assert!(
                !text.title.ends_with('.') && text.body.ends_with('.') | text.body.ends_with('?'),
                "{sms}"
            );
        }
    }
    assert!(code_sms("123456").is_ascii() && code_sms("123456").len() <= 160);
}

#[test]
fn no_text_shouts_or_leads_out_of_the_app_and_only_figures_are_money() {
    for figures in [false, true] {
        for event in every_event(figures) {
            let text = text_of(&event);
            let sms = text.sms();
            assert!(!sms.contains('!') && !sms.contains("http"), "{sms}");
            let money = sms.matches("Rp").count();
            assert_eq!(money, sms.matches("Rp2.000.000.000").count(), "{sms}");
            assert!(figures || money == 0, "{sms}");
            assert!(
                text.link.starts_with('/') && !text.link.contains(['?', '#']),
                "{}",
                text.link
            );
        }
    }
}

#[test]
fn reminders_and_receipts_say_what_the_design_says() {
    let (user_id, loan_id) = (UserId(Uuid::from_u128(1)), LoanId(Uuid::from_u128(2)));
    let told = |reminder, told_on, late_fee_per_day| {
        let unpaid = UnpaidInstalment {
            number: "SGP-4F7K2".into(),
            amount: Rupiah::new(544_650),
            due_on: date!(2026 - 12 - 05),
            told_on,
            late_fee_per_day,
        };
        text_of(&Event::InstalmentReminder {
            user_id,
            loan_id,
            reminder,
            unpaid: Some(unpaid),
        })
        .sms()
    };
    let due = date!(2026 - 12 - 05);
    let early = "Sanggup: Tagihan Rp544.650 jatuh tempo Sabtu, 5 Desember. Bayar lebih awal tidak dikenai biaya. ";
    // The last one was moved from a quiet day: it does not fall due on the day it is told.
    for (reminder, told_on) in [
        (Reminder::SevenBefore, date!(2026 - 11 - 28)),
        (Reminder::ThreeBefore, date!(2026 - 12 - 02)),
        (Reminder::OneBefore, date!(2026 - 12 - 04)),
        (Reminder::OnTheDay, date!(2026 - 12 - 04)),
    ] {
        let sms = told(reminder, told_on, None);
        assert!(sms.starts_with(early), "{sms}");
        let rest = "Sedang sulit? Pilih jalan keluar di aplikasi. Pinjaman SGP-4F7K2: cara bayar ada di aplikasi, keluhan di menu Bantuan.";
        assert!(sms.ends_with(rest), "{sms}");
    }
    let sms = told(Reminder::OnTheDay, due, None);
    assert!(
        sms.starts_with("Sanggup: Hari ini jatuh tempo tagihan Rp544.650. "),
        "{sms}"
    );
    let after = date!(2026 - 12 - 07);
    let sms = told(Reminder::OneAfter, after, Some(Rupiah::new(493)));
    let words = "Sanggup: Tagihan 5 Desember belum kami terima. Denda berjalan Rp493 per hari. Sedang sulit? Pilih jalan keluar di aplikasi. Tagihan Rp544.650 dari pinjaman SGP-4F7K2: ";
    assert!(sms.starts_with(words), "{sms}");
    let sms = told(Reminder::OneAfter, after, None);
    assert!(
        sms.contains("belum kami terima. Sedang sulit?") && !sms.contains("Denda"),
        "{sms}"
    );

    let posted = Event::PaymentPosted {
        user_id,
        loan_id,
        payment_id: PaymentId(Uuid::from_u128(3)),
        amount: Some(Rupiah::new(544_650)),
        outstanding: Some(Rupiah::new(1_633_949)),
    };
    assert_eq!(
        text_of(&posted).sms(),
        "Sanggup: Pembayaran Rp544.650 diterima. Sisa utang Rp1.633.949."
    );
}

#[test]
fn no_two_events_share_a_title() {
    let mut titles: Vec<_> = every_event(false).iter().map(|event| text_of(event).title).collect();
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
