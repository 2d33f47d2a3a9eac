//! Forms of paying.
#![expect(
    missing_docs,
    reason = "the macro makes a struct of the arguments; they are the fields of the form"
)]

use super::{Answer, reply};
use domain::{
    Error, Rupiah,
    payments::{Method, Payment, PaymentPurpose, PaymentRequest},
};
use leptos::prelude::*;

/// Starts an attempt to pay and goes on to its code.
#[server(prefix = "/_fn", endpoint = "pay")]
pub async fn pay(
    #[server(default)] loan: String,
    #[server(default)] purpose: String,
    #[server(default)] amount: String,
    #[server(default)] method: String,
    #[server(default)] key: String,
) -> Answer {
    reply(async |visit| {
        let request = request(&loan, &purpose, &amount, &method)?;
        // One page may be sent again with another choice after going back; each choice has its own key.
        let key = format!(
            "{key}-{}-{}-{}",
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
