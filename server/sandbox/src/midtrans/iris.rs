//! Midtrans payouts ("Iris"), account validation only. In: bank and account. Out: the holder's name.
//!
//! Names are set by `POST /_sim/accounts`; without one the holder is `PEMILIK REKENING` and the last four
//! digits. Ten-digit accounts that start with 8 do not exist, unless a name was set.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{auth, state::Sim};

const BANKS: &[&str] = &[
    "bca", "bni", "bri", "mandiri", "permata", "cimb", "bsi", "danamon", "btn",
];

fn error(status: StatusCode, field: &str, text: &str) -> Response {
    let body = json!({"error_message": "An error occurred when doing account validation", "errors": {field: [text]}});
    (status, Json(body)).into_response()
}

/// Key of the account table; banks in any spelling of case, with or without Xendit's `ID_`.
pub fn account_key(bank: &str, account: &str) -> String {
    format!("{}:{account}", bank.to_ascii_lowercase().trim_start_matches("id_"))
}

/// `GET /account_validation?bank=bca&account=1234567890`.
pub async fn account_validation(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let credentials = &sim.config.credentials;
    if !auth::basic(&headers, &credentials.iris_api_key, "")
        && !auth::basic(&headers, &credentials.midtrans_server_key, "")
    {
        return (StatusCode::UNAUTHORIZED, "HTTP Basic: Access denied.").into_response();
    }
    let bank = query
        .get("bank")
        .map(|bank| bank.to_ascii_lowercase())
        .unwrap_or_default();
    let account = query.get("account").map(String::as_str).unwrap_or_default();
    if !BANKS.contains(&bank.as_str()) {
        return error(StatusCode::BAD_REQUEST, "bank", "Bank is not supported");
    }
    if !(6..=20).contains(&account.len()) || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return error(StatusCode::BAD_REQUEST, "account", "Account must be 6 to 20 digits");
    }
    let registered = sim.store().accounts.get(&account_key(&bank, account)).cloned();
    let unknown = account.len() == 10 && account.starts_with('8');
    let name = match registered {
        Some(name) => name,
        None if unknown => {
            return error(StatusCode::NOT_FOUND, "account", "Account does not exist");
        }
        None => format!("PEMILIK REKENING {}", &account[account.len() - 4..]),
    };
    Json(json!({"account_no": account, "account_name": name, "bank_name": bank})).into_response()
}
