//! Paying.

use super::{
    extract::{Caller, Input, Key, id},
    loans::instant,
    problem::Problem,
};
use crate::state::AppState;
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Error, Rupiah,
    payments::{Instruction, Method, Payment, PaymentPurpose, PaymentRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to pay, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentBody {
    loan_id: String,
    /// `instalment`, `payoff` or `amount`.
    purpose: String,
    /// Rupiah; for `amount` only.
    amount: Option<i64>,
    /// `qris`, `va_bca`, `va_bni`, `va_bri`, `va_mandiri`, `va_permata`, `va_cimb`.
    method: String,
}

/// One attempt to pay.
#[derive(Serialize, ToSchema)]
pub struct PaymentAnswer {
    id: String,
    order_id: String,
    loan_id: String,
    amount: i64,
    method: &'static str,
    purpose: &'static str,
    /// `created`, `pending`, `posted`, `expired`, `cancelled`, `failed`, `reversed`, `mismatch`.
    status: &'static str,
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    #[schema(format = "date-time")]
    paid_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    va_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biller_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_string: Option<String>,
}

/// Starts an attempt to pay.
#[utoipa::path(post, path = "/api/payments", operation_id = "payments_create", request_body = PaymentBody, security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters")),
    responses((status = 201, body = PaymentAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Key(key): Key,
    Input(body): Input<PaymentBody>,
) -> Result<(StatusCode, Json<PaymentAnswer>), Problem> {
    let request = PaymentRequest {
        loan_id: id(&body.loan_id)?,
        purpose: PaymentPurpose::parse(&body.purpose)
            .ok_or_else(|| Error::fault("purpose", "unknown", "Pilih instalment, payoff, atau amount."))?,
        amount: body.amount.map(Rupiah::new),
        method: Method::parse(&body.method)
            .ok_or_else(|| Error::fault("method", "unknown", "Cara bayar ini tidak dikenal."))?,
        seen: None,
        prepay: None,
    };
    let payment = state.backend.payments.create(&actor, request, &key).await?;
    Ok((StatusCode::CREATED, Json(answer(payment))))
}

/// One attempt.
#[utoipa::path(get, path = "/api/payments/{id}", operation_id = "payments_get", params(("id" = String, Path)), security(("bearer" = [])),
    responses((status = 200, body = PaymentAnswer), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(payment): Path<String>,
) -> Result<Json<PaymentAnswer>, Problem> {
    Ok(Json(answer(state.backend.payments.get(&actor, id(&payment)?).await?)))
}

/// "I have paid."
#[utoipa::path(post, path = "/api/payments/{id}/claim", operation_id = "payments_claim", security(("bearer" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters")),
    responses((status = 202, body = PaymentAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn claim(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Key(key): Key,
    Path(payment): Path<String>,
) -> Result<(StatusCode, Json<PaymentAnswer>), Problem> {
    let payment = state.backend.payments.claim(&actor, id(&payment)?, Some(&key)).await?;
    Ok((StatusCode::ACCEPTED, Json(answer(payment))))
}

fn answer(payment: Payment) -> PaymentAnswer {
    let (mut va_number, mut biller, mut key, mut qr_string) = (None, None, None, None);
    match payment.instruction {
        None => {}
        Some(Instruction::VirtualAccount { number }) => va_number = Some(number),
        Some(Instruction::MandiriBill { biller_code, bill_key }) => (biller, key) = (Some(biller_code), Some(bill_key)),
        Some(Instruction::Qris { qr_string: text }) => qr_string = Some(text),
    }
    PaymentAnswer {
        id: payment.id.to_string(),
        order_id: payment.order_id,
        loan_id: payment.loan_id.to_string(),
        amount: payment.amount.get(),
        method: payment.method.as_str(),
        purpose: payment.purpose.as_str(),
        status: payment.status.as_str(),
        expires_at: payment.expires_at.map(instant),
        paid_at: payment.paid_at.map(instant),
        va_number,
        biller_code: biller,
        bill_key: key,
        qr_string,
    }
}
