//! Notices and channels.

use super::{
    extract::{Caller, Input, id},
    loans::{Ask, PageQuery, ask, instant},
    problem::Problem,
};
use crate::state::AppState;
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Error, Fault,
    notifications::{Preferences, PushSubscription},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A notice.
#[derive(Serialize, ToSchema)]
pub struct NoticeAnswer {
    id: String,
    kind: String,
    title: String,
    body: String,
    /// A path on the site.
    link: String,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    read_at: Option<String>,
}

/// A page of notices, newest first.
#[derive(Serialize, ToSchema)]
pub struct NoticeList {
    items: Vec<NoticeAnswer>,
    next: Option<String>,
}

/// Which channels are wanted.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesBody {
    whatsapp: bool,
    email: bool,
    sms: bool,
    push: bool,
    amounts_in_push: bool,
}

/// A W3C PushSubscription.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PushBody {
    endpoint: String,
    #[serde(default)]
    #[expect(dead_code, reason = "browsers send it, we re-subscribe on our own")]
    expiration_time: Option<i64>,
    keys: PushKeys,
}

/// Its keys, base64url.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushKeys {
    p256dh: String,
    auth: String,
}

/// The caller's notices, newest first.
#[utoipa::path(get, path = "/api/notifications", operation_id = "notifications_list", params(PageQuery), security(("bearer" = [])),
    responses((status = 200, body = NoticeList), (status = 400, body = Problem), (status = 401, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    query: Ask<PageQuery>,
) -> Result<Json<NoticeList>, Problem> {
    let page = state.backend.notifications.list(&actor, ask(query)?.request()?).await?;
    let items = page.items.into_iter().map(|notice| NoticeAnswer {
        id: notice.id.to_string(),
        kind: notice.kind,
        title: notice.title,
        body: notice.body,
        link: notice.link,
        created_at: instant(notice.created_at),
        read_at: notice.read_at.map(instant),
    });
    Ok(Json(NoticeList {
        items: items.collect(),
        next: page.next,
    }))
}

/// Marks one as read.
#[utoipa::path(post, path = "/api/notifications/{id}/read", operation_id = "notifications_read", params(("id" = String, Path)), security(("bearer" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn read(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(notice): Path<String>,
) -> Result<StatusCode, Problem> {
    state.backend.notifications.mark_read(&actor, id(&notice)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's channels.
#[utoipa::path(get, path = "/api/notifications/preferences", operation_id = "notifications_preferences", security(("bearer" = [])),
    responses((status = 200, body = PreferencesBody), (status = 401, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn preferences_get(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<PreferencesBody>, Problem> {
    Ok(Json(answer(state.backend.notifications.preferences(&actor).await?)))
}

/// Sets the caller's channels.
#[utoipa::path(put, path = "/api/notifications/preferences", operation_id = "notifications_preferences_put", request_body = PreferencesBody, security(("bearer" = [])),
    responses((status = 200, body = PreferencesBody), (status = 400, body = Problem), (status = 401, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn preferences_put(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Input(body): Input<PreferencesBody>,
) -> Result<Json<PreferencesBody>, Problem> {
    let wanted = Preferences {
        whatsapp: body.whatsapp,
        email: body.email,
        sms: body.sms,
        push: body.push,
        amounts_in_push: body.amounts_in_push,
    };
    Ok(Json(answer(
        state.backend.notifications.set_preferences(&actor, wanted).await?,
    )))
}

/// Remembers a browser.
#[utoipa::path(post, path = "/api/notifications/push", operation_id = "notifications_push_subscribe", request_body = PushBody, security(("bearer" = [])),
    responses((status = 201), (status = 400, body = Problem), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)))]
pub async fn push_subscribe(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Input(body): Input<PushBody>,
) -> Result<StatusCode, Problem> {
    let subscription = PushSubscription {
        endpoint: body.endpoint,
        p256dh: body.keys.p256dh,
        auth: body.keys.auth,
    };
    state
        .backend
        .notifications
        .subscribe_push(&actor, subscription)
        .await
        .map_err(named_as_in_the_body)?;
    Ok(StatusCode::CREATED)
}

/// The keys lie one deeper here than in the service.
fn named_as_in_the_body(error: Error) -> Error {
    let Error::Validation(faults) = error else { return error };
    let renamed = faults.into_iter().map(|fault| match fault.field.as_str() {
        "p256dh" | "auth" => Fault {
            field: format!("keys.{}", fault.field),
            ..fault
        },
        _ => fault,
    });
    Error::Validation(renamed.collect())
}

fn answer(preferences: Preferences) -> PreferencesBody {
    PreferencesBody {
        whatsapp: preferences.whatsapp,
        email: preferences.email,
        sms: preferences.sms,
        push: preferences.push,
        amounts_in_push: preferences.amounts_in_push,
    }
}
