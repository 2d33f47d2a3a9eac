//! Forms of paying.
#![expect(
    missing_docs,
    clippy::too_many_arguments,
    reason = "the arguments are the fields of the form; the macro makes a struct of them"
)]

use super::{Answer, reply};
use crate::{pages::loans::relief, visit::Visit};
use domain::{
    Error, Rupiah,
    id::LoanId,
    loans::product::PrepayMode,
    payments::{Method, Payment, PaymentPurpose, PaymentRequest, Relief, servicing::Hardship},
};
use leptos::prelude::*;

/// Starts an attempt to pay and goes on to its code.
#[server(prefix = "/_fn", endpoint = "pay")]
pub async fn pay(
    #[server(default)] loan: String,
    #[server(default)] purpose: String,
    #[server(default)] amount: String,
    #[server(default)] method: String,
    #[server(default)] prepay: String,
    #[server(default)] seen_instalment: String,
    #[server(default)] seen_payoff: String,
    #[server(default)] key: String,
) -> Answer {
    reply(async |visit| {
        let mut request = request(&loan, &purpose, &amount, &method)?;
        let seen = match request.purpose {
            PaymentPurpose::Instalment => &seen_instalment,
            PaymentPurpose::Payoff => &seen_payoff,
            PaymentPurpose::Amount => "",
        };
        request.seen = Rupiah::parse(seen).ok();
        if request.purpose == PaymentPurpose::Amount && !prepay.is_empty() {
            let mode = prepay.parse::<PrepayMode>();
            request.prepay = Some(mode.map_err(|_| Error::fault("prepay", "choice", "Pilih salah satu cara."))?);
        }
        // One page may be sent again with another choice after going back; each choice has its own key.
        let key = format!(
            "{key}-{}-{}-{}-{}",
            request.prepay.map_or("", PrepayMode::as_str),
            request.purpose.as_str(),
            request.method.as_str(),
            request.amount.unwrap_or_default().get()
        );
        let payment = visit.backend.payments.create(&visit.actor, request, &key).await?;
        visit.go(attempt_path(&payment));
        Ok(())
    })
    .await
}

/// "I have paid": asks the gateway now.
#[server(prefix = "/_fn", endpoint = "claim")]
pub async fn claim(#[server(default)] payment: String) -> Answer {
    reply(async |visit| {
        let id = payment.parse().map_err(|_| Error::NotFound)?;
        let payment = visit.backend.payments.claim(&visit.actor, id, None).await?;
        visit.go_saying(
            attempt_path(&payment),
            "Terima kasih. Kami sedang mengecek ke bank, dan mengabari Anda begitu uangnya masuk.",
        );
        Ok(())
    })
    .await
}

/// Consents to a way out.
#[server(prefix = "/_fn", endpoint = "take_way_out")]
pub async fn take_way_out(
    #[server(default)] loan: String,
    #[server(default)] pilihan: String,
    #[server(default)] tanggal: String,
    #[server(default)] cicilan: String,
    #[server(default)] seen: String,
    #[server(default)] accepted: String,
    #[server(default)] key: String,
) -> Answer {
    reply(async |visit| {
        let id = loan.parse().map_err(|_| Error::NotFound)?;
        let option = chosen(&visit, id, (&pilihan, &tanggal, &cicilan), &accepted).await?;
        let payments = &visit.backend.payments;
        let taken = payments.take_way_out(&visit.actor, id, option, &seen, &key).await;
        let (path, words) = taken_words(id, taken.map_err(relief::named)?);
        visit.go_saying(path, words);
        Ok(())
    })
    .await
}

/// Takes a request for a way out back.
#[server(prefix = "/_fn", endpoint = "end_way_out")]
pub async fn end_way_out(#[server(default)] loan: String) -> Answer {
    reply(async |visit| {
        let id: LoanId = loan.parse().map_err(|_| Error::NotFound)?;
        visit.backend.payments.end_way_out(&visit.actor, id, "").await?;
        visit.go_saying(
            format!("/pinjaman/{id}/jalan-keluar"),
            "Permintaan ditarik. Jadwal Anda tetap seperti semula.",
        );
        Ok(())
    })
    .await
}

/// Asks for the credit balance of a loan back.
#[server(prefix = "/_fn", endpoint = "ask_refund")]
pub async fn ask_refund(#[server(default)] loan: String) -> Answer {
    reply(async |visit| {
        let id: LoanId = loan.parse().map_err(|_| Error::NotFound)?;
        visit.backend.payments.ask_refund(&visit.actor, id).await?;
        let words = "Permintaan diterima. Dua petugas memeriksanya, lalu titipan kami kirim ke rekening Anda.";
        visit.go_saying(format!("/pinjaman/{id}"), words);
        Ok(())
    })
    .await
}

/// The way out that was consented to; an empty box is told before anything else.
async fn chosen(
    visit: &Visit,
    id: LoanId,
    (kind, date, count): (&str, &str, &str),
    accepted: &str,
) -> Result<Hardship, Error> {
    if accepted.is_empty() {
        let words = "Centang dulu pernyataan di bawah jadwal baru.";
        return Err(Error::fault("accepted", "not_accepted", words));
    }
    let account = visit.backend.payments.account(&visit.actor, id, None).await?;
    let position = account.and_then(|account| account.position).ok_or(Error::NotFound)?;
    relief::read(kind, relief::next_instalment(&position), date, count)
}

/// Where a consent leads, and what is told there.
fn taken_words(id: LoanId, taken: Relief) -> (String, &'static str) {
    match taken {
        Relief::Applied => (
            format!("/pinjaman/{id}"),
            "Jadwal baru sudah berlaku. Terima kasih sudah memberi tahu kami.",
        ),
        Relief::Waiting => (
            format!("/pinjaman/{id}/jalan-keluar"),
            "Permintaan terkirim. Dua petugas memeriksanya, lalu kami mengabari Anda.",
        ),
    }
}

fn attempt_path(payment: &Payment) -> String {
    format!("/bayar/{}?kode={}", payment.loan_id, payment.id)
}

/// What was chosen; an amount counts only where one was asked for.
fn request(loan: &str, purpose: &str, amount: &str, method: &str) -> Result<PaymentRequest, Error> {
    let loan_id = loan.parse().map_err(|_| Error::NotFound)?;
    let purpose =
        PaymentPurpose::parse(purpose).ok_or_else(|| Error::fault("purpose", "required", "Pilih bayar yang mana."))?;
    let method = Method::parse(method).ok_or_else(|| Error::fault("method", "required", "Pilih bayar lewat mana."))?;
    let amount = match purpose {
        PaymentPurpose::Amount => {
            Some(Rupiah::parse(amount).map_err(|error| Error::fault("amount", error.code(), error.to_string()))?)
        }
        PaymentPurpose::Instalment | PaymentPurpose::Payoff => None,
    };
    Ok(PaymentRequest {
        loan_id,
        purpose,
        amount,
        method,
        seen: None,
        prepay: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAN: &str = "01930000-0000-7000-8000-000000000001";

    fn field(result: Result<PaymentRequest, Error>) -> String {
        match result {
            Err(Error::Validation(faults)) => faults[0].field.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_left_over_amount_does_not_change_the_bill() {
        let paid = request(LOAN, "instalment", "5.000", "qris").expect("sound");
        assert_eq!((paid.amount, paid.method), (None, Method::Qris));
        let chosen = request(LOAN, "amount", "Rp250.000", "va_bca").expect("sound");
        assert_eq!(chosen.amount, Some(Rupiah::new(250_000)));
    }

    #[test]
    fn what_was_not_chosen_is_told_by_field() {
        assert_eq!(field(request(LOAN, "", "", "qris")), "purpose");
        assert_eq!(field(request(LOAN, "payoff", "", "alfamart")), "method");
        assert_eq!(field(request(LOAN, "amount", "", "qris")), "amount");
        assert!(matches!(request("3", "payoff", "", "qris"), Err(Error::NotFound)));
    }
}
