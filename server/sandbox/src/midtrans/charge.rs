//! `POST /v2/charge`. In: the vendor's JSON. Out: a pending transaction, or the validation messages the vendor
//! would give.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use uuid::Uuid;

use super::{Instruction, Transaction, error, transaction};
use crate::{
    faults::Mode,
    qris,
    state::{Sim, now},
};

/// Longest `order_id`.
const ORDER_ID_LENGTH: usize = 50;
/// Per-transaction ceiling of QRIS, rupiah.
const QRIS_CEILING: i64 = 10_000_000;
/// `custom_expiry.order_time`.
const ORDER_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]");

/// Whether this is a Permata charge, for which idempotency keys are not honoured.
pub fn is_permata(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["payment_type"] == "permata" || body["bank_transfer"]["bank"] == "permata"
}

/// Creates a charge.
pub async fn create(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return error(413, "The request cannot be processed due to syntax error", &[]);
    };
    let mut made = match validate(&body, now()) {
        Ok(made) => made,
        Err(messages) => {
            return error(400, "One or more parameters in the payload is invalid.", &messages);
        }
    };
    (made.override_urls, made.append_urls) = (
        urls(&headers, "x-override-notification"),
        urls(&headers, "x-append-notification"),
    );
    {
        let mut store = sim.store();
        if store.transactions.get(&made.order_id).is_some() {
            let message = "The request could not be completed due to a conflict with the current state of the \
                           target resource, please try again";
            return error(406, message, &[]);
        }
        store.transactions.put(made.order_id.clone(), made.clone());
    }
    transaction::announce(&sim, &made);
    let mut answer = made.charge_body(&sim.public);
    let picture_only = sim
        .store()
        .take_fault(&[Mode::PictureOnly], Some("POST"), &["/midtrans/v2/charge"]);
    if let Some(body) = answer.as_object_mut().filter(|_| picture_only.is_some()) {
        body.remove("qr_string");
    }
    Json(answer).into_response()
}

fn urls(headers: &HeaderMap, name: &str) -> Vec<String> {
    let value = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(',')
        .map(|url| url.trim().to_owned())
        .filter(|url| !url.is_empty())
        .take(3)
        .collect()
}

fn validate(body: &Value, now: OffsetDateTime) -> Result<Transaction, Vec<String>> {
    let mut messages = Vec::new();
    let mut note = |message: String| messages.push(message);
    let details = &body["transaction_details"];
    let order_id = details["order_id"].as_str().unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if order_id.is_empty() {
        note("transaction_details.order_id is required".into());
    } else if order_id.len() > ORDER_ID_LENGTH || !order_id.bytes().all(allowed) {
        note("transaction_details.order_id must be 1-50 of A-Z a-z 0-9 - _ . ~".into());
    }
    let amount = details["gross_amount"].as_i64().unwrap_or_default();
    if amount <= 0 {
        note("transaction_details.gross_amount must be an integer greater than 0".into());
    }
    items(&body["item_details"], amount).unwrap_or_else(&mut note);
    let expires = expiry(&body["custom_expiry"], now).unwrap_or_else(|message| {
        note(message);
        now
    });
    let instruction = instruction(body, order_id, amount);
    match instruction {
        Ok(instruction) if messages.is_empty() => Ok(Transaction::new(order_id, amount, instruction, now, expires)),
        Ok(_) => Err(messages),
        Err(message) => {
            messages.push(message);
            Err(messages)
        }
    }
}

fn items(items: &Value, amount: i64) -> Result<(), String> {
    let Some(items) = items.as_array() else {
        return if items.is_null() {
            Ok(())
        } else {
            Err("item_details must be an array".into())
        };
    };
    let mut sum = 0_i64;
    for (at, item) in items.iter().enumerate() {
        let name = item["name"].as_str().unwrap_or_default();
        if name.is_empty() || name.chars().count() > 50 {
            return Err(format!("item_details[{at}].name must have 1-50 characters"));
        }
        let line = match (
            item["price"].as_i64(),
            item["quantity"].as_i64().filter(|count| *count > 0),
        ) {
            (Some(price), Some(quantity)) => price.checked_mul(quantity),
            _ => None,
        };
        sum = line
            .and_then(|line| sum.checked_add(line))
            .ok_or_else(|| format!("item_details[{at}]: price and quantity must be integers"))?;
    }
    if sum == amount {
        Ok(())
    } else {
        Err("transaction_details.gross_amount is not equal to the sum of item_details".into())
    }
}

fn expiry(custom: &Value, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    if custom.is_null() {
        return Ok(now + Duration::DAY);
    }
    let count = custom["expiry_duration"]
        .as_i64()
        .filter(|count| (1..=15_552_000).contains(count));
    let count = count.ok_or("custom_expiry.expiry_duration must be a positive integer")?;
    let life = match custom["unit"].as_str().unwrap_or("minute") {
        "second" => Duration::seconds(count),
        "minute" => Duration::minutes(count),
        "hour" => Duration::hours(count),
        "day" => Duration::days(count),
        _ => return Err("custom_expiry.unit must be second, minute, hour or day".into()),
    };
    if life < Duration::seconds(20) || life > Duration::days(180) {
        return Err("custom_expiry must be between 20 seconds and 180 days".into());
    }
    let start = match &custom["order_time"] {
        Value::Null => now,
        Value::String(text) => OffsetDateTime::parse(text, ORDER_TIME)
            .map_err(|_| "custom_expiry.order_time must be yyyy-MM-dd hh:mm:ss Z".to_owned())?,
        _ => return Err("custom_expiry.order_time must be a string".into()),
    };
    let expires = start.checked_add(life).ok_or("custom_expiry is out of range")?;
    if expires <= now {
        Err("custom_expiry: the transaction would already be expired".into())
    } else {
        Ok(expires)
    }
}

fn instruction(body: &Value, order_id: &str, amount: i64) -> Result<Instruction, String> {
    match body["payment_type"].as_str() {
        Some("bank_transfer") => {
            let bank = body["bank_transfer"]["bank"].as_str().unwrap_or_default();
            virtual_account(bank, body["bank_transfer"]["va_number"].as_str())
        }
        Some("permata") => virtual_account("permata", body["permata"]["va_number"].as_str()),
        Some("echannel") => mandiri(&body["echannel"]),
        Some("qris") if amount > QRIS_CEILING => {
            Err("transaction_details.gross_amount is greater than the maximum of QRIS".into())
        }
        Some("qris") => {
            let acquirer = body["qris"]["acquirer"].as_str().unwrap_or("gopay");
            if !["gopay", "airpay shopee"].contains(&acquirer) {
                return Err("qris.acquirer must be gopay or airpay shopee".into());
            }
            Ok(Instruction::Qris {
                qr_string: qris::payload(amount, order_id),
                acquirer: acquirer.to_owned(),
            })
        }
        Some(_) => Err("payment_type is not supported".into()),
        None => Err("payment_type is required".into()),
    }
}

fn virtual_account(bank: &str, custom: Option<&str>) -> Result<Instruction, String> {
    // Prefix, digits after it, and the lengths a custom number may have.
    let (prefix, digits, lengths): (&str, usize, &[usize]) = match bank {
        "bca" => ("81278", 11, &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
        "bni" => ("98881278", 8, &[8, 12]),
        "bri" => ("81278", 13, &[18]),
        "cimb" => ("8127", 12, &[12]),
        "permata" => ("8500", 12, &[12]),
        _ => return Err("bank_transfer.bank must be bca, bni, bri, cimb or permata".into()),
    };
    let number = match custom {
        None => format!("{prefix}{}", random_digits(digits)),
        Some(own) if lengths.contains(&own.len()) && own.bytes().all(|byte| byte.is_ascii_digit()) => own.to_owned(),
        Some(_) => {
            return Err(format!(
                "va_number has a wrong length or other characters than digits for {bank}"
            ));
        }
    };
    Ok(match bank {
        "permata" => Instruction::Permata { number },
        bank => Instruction::VirtualAccount {
            bank: bank.to_owned(),
            number,
        },
    })
}

fn mandiri(echannel: &Value) -> Result<Instruction, String> {
    for (name, longest) in [("bill_info1", 10), ("bill_info2", 30)] {
        let text = echannel[name].as_str().unwrap_or_default();
        if text.is_empty() || text.chars().count() > longest {
            return Err(format!("echannel.{name} must have 1-{longest} characters"));
        }
    }
    Ok(Instruction::MandiriBill {
        biller_code: "70012".into(),
        bill_key: random_digits(12),
    })
}

fn random_digits(count: usize) -> String {
    let digits = format!("{:039}", Uuid::new_v4().as_u128());
    digits[digits.len() - count..].to_owned()
}
