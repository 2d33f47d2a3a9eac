//! The profile.

use super::{
    extract::{Caller, Input},
    problem::Problem,
};
use crate::state::AppState;
use axum::{Json, extract::State};
use domain::{
    Error, Fault, Rupiah,
    users::{BankAccountInput, Profile, ProfileChange},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The caller's profile; long numbers masked.
#[derive(Serialize, ToSchema)]
pub struct ProfileAnswer {
    id: String,
    full_name: String,
    nik: String,
    phone: String,
    email: String,
    #[schema(format = "date")]
    birth_date: String,
    address: Option<String>,
    occupation: Option<String>,
    employer: Option<String>,
    monthly_income: Option<i64>,
    bank_account: Option<BankAccountAnswer>,
    /// `incomplete`, `in_review`, `retake`, `verified`, `rejected`.
    kyc_status: &'static str,
    /// The most the caller may owe in principal, rupiah.
    limit: i64,
    /// What of it is free, rupiah.
    limit_available: i64,
}

/// Where money is sent.
#[derive(Serialize, ToSchema)]
pub struct BankAccountAnswer {
    bank: String,
    account_number: String,
    account_holder: String,
}

/// What to change; absent members stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileBody {
    address: Option<String>,
    occupation: Option<String>,
    employer: Option<String>,
    /// Rupiah.
    monthly_income: Option<i64>,
    bank_account: Option<BankAccountBody>,
}

/// An account in the caller's own name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BankAccountBody {
    /// `BCA`, `BNI`, `BRI`, `MANDIRI`, `BSI`, `PERMATA`, `CIMB`, `DANAMON`.
    bank: String,
    /// 8 to 16 digits.
    account_number: String,
}

/// The caller's profile.
#[utoipa::path(get, path = "/api/users/profile", operation_id = "users_profile_get", security(("bearer" = [])),
    responses((status = 200, body = ProfileAnswer), (status = 401, body = Problem), (status = 403, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn profile_get(State(state): State<AppState>, Caller(actor): Caller) -> Result<Json<ProfileAnswer>, Problem> {
    let profile = state.backend.users.profile(&actor).await?;
    let limit = state.backend.loans.limit(&actor).await?;
    Ok(Json(answer(profile, limit)))
}

/// Changes the caller's profile.
#[utoipa::path(patch, path = "/api/users/profile", operation_id = "users_profile_update", request_body = ProfileBody, security(("bearer" = [])),
    responses((status = 200, body = ProfileAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn profile_update(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Input(body): Input<ProfileBody>,
) -> Result<Json<ProfileAnswer>, Problem> {
    let change = ProfileChange {
        address: body.address,
        occupation: body.occupation,
        employer: body.employer,
        monthly_income: body.monthly_income.map(Rupiah::new),
        other_instalments: None,
        bank_account: body.bank_account.map(|account| BankAccountInput {
            bank: account.bank,
            number: account.account_number,
        }),
    };
    let profile = state
        .backend
        .users
        .update_profile(&actor, change)
        .await
        .map_err(named_as_in_the_body)?;
    let limit = state.backend.loans.limit(&actor).await?;
    Ok(Json(answer(profile, limit)))
}

/// The account's members lie one deeper here than in the service.
fn named_as_in_the_body(error: Error) -> Error {
    let Error::Validation(faults) = error else { return error };
    let renamed = faults.into_iter().map(|fault| match fault.field.as_str() {
        "bank" => Fault {
            field: "bank_account.bank".into(),
            ..fault
        },
        "number" => Fault {
            field: "bank_account.account_number".into(),
            ..fault
        },
        _ => fault,
    });
    Error::Validation(renamed.collect())
}

fn answer(profile: Profile, (limit, available): (Rupiah, Rupiah)) -> ProfileAnswer {
    ProfileAnswer {
        id: profile.user_id.to_string(),
        full_name: profile.full_name,
        nik: profile.masked_nik,
        phone: profile.masked_phone,
        email: profile.email,
        birth_date: profile.birth_date.to_string(),
        address: profile.address,
        occupation: profile.occupation,
        employer: profile.employer,
        monthly_income: profile.monthly_income.map(Rupiah::get),
        bank_account: profile.bank_account.map(|account| BankAccountAnswer {
            bank: account.bank,
            account_number: account.masked_number,
            account_holder: account.holder,
        }),
        kyc_status: profile.kyc_status.as_str(),
        limit: limit.get(),
        limit_available: available.get(),
    }
}
