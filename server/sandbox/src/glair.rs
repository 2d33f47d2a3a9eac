//! GLAIR Vision. In: multipart pictures and identity fields, Basic auth and `x-api-key`. Out: the vendor's
//! bodies, decided by content so that tests read well.
//!
//! The sandbox does not look at pictures. It reads markers in the file name or anywhere in the file (a JPEG
//! comment): `sim:blur`, `sim:bright`, `sim:copy`, `sim:dark`, `sim:flash`, `sim:rotated`, `sim:notktp` for
//! quality; `sim:spoof`, `sim:nomatch`, `sim:dukcapil_name_false`; and `sim:nik=…;`, `sim:nama=…;` and the other
//! fields of the card for OCR (fields without a marker come back empty with confidence 0). The NIK's last four
//! digits decide the identity check: 0002 other name, 0003 not found, 0004 HTTP 500, 0005 answers after 35 s.
//! The wording of `status` values is ours: clients should read the numbers and booleans.

use std::{collections::HashMap, time::Duration};

use axum::{
    Json, Router,
    extract::{Multipart, Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    auth,
    faults::{self, Vendor},
    state::Sim,
};

const KTP_FIELDS: &[&str] = &[
    "nik",
    "nama",
    "tempatLahir",
    "tanggalLahir",
    "jenisKelamin",
    "golonganDarah",
    "alamat",
    "rtRw",
    "kelurahanDesa",
    "kecamatan",
    "agama",
    "statusPerkawinan",
    "pekerjaan",
    "kewarganegaraan",
    "berlakuHingga",
    "provinsi",
    "kotaKabupaten",
];
/// Answer key and marker of each quality flag.
const QUALITIES: &[(&str, &str)] = &[
    ("is_blurred", "sim:blur"),
    ("is_bright", "sim:bright"),
    ("is_copy", "sim:copy"),
    ("is_dark", "sim:dark"),
    ("is_flash", "sim:flash"),
    ("is_rotated", "sim:rotated"),
];
/// Fields of the identity check the vendor compares besides the three required ones.
const IDENTITY_FIELDS: &[&str] = &[
    "no_kk",
    "mother_maiden_name",
    "place_of_birth",
    "address",
    "gender",
    "marital_status",
    "job_type",
    "province",
    "city",
    "district",
    "subdistrict",
    "rt",
    "rw",
];

/// Every GLAIR route, under `/glair`.
pub fn routes(sim: &Sim) -> Router<Sim> {
    Router::new()
        .route("/glair/ocr/v1/ktp", post(ktp))
        .route("/glair/ocr/v1/ktp/quality", post(ktp_quality))
        .route("/glair/identity/v1/verification", post(verification))
        .route("/glair/identity/v1/face-verification", post(face_verification))
        .route("/glair/face/v1/match", post(face_match))
        .route("/glair/face/v1/passive-liveness", post(passive_liveness))
        .route("/glair/face/v1/active-liveness", post(active_liveness))
        .layer(from_fn_with_state((sim.clone(), Vendor::Glair), faults::inject))
        .layer(from_fn_with_state(sim.clone(), authorise))
}

fn error(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({"status": "FAILED", "reason": reason}))).into_response()
}

async fn authorise(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let credentials = &sim.config.credentials;
    let key = request.headers().get("x-api-key").and_then(|value| value.to_str().ok());
    if !auth::basic(request.headers(), &credentials.glair_user, &credentials.glair_pass) {
        return error(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    if key != Some(&credentials.glair_key) {
        return error(StatusCode::FORBIDDEN, "Forbidden");
    }
    next.run(request).await
}

/// The parts of a form: name to file name and bytes.
struct Parts(HashMap<String, (String, Bytes)>);

impl Parts {
    async fn read(mut form: Multipart) -> Result<Self, Box<Response>> {
        let broken = |_| Box::new(error(StatusCode::BAD_REQUEST, "The form is broken"));
        let mut parts = HashMap::new();
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().unwrap_or_default().to_owned();
            parts.insert(name, (file, field.bytes().await.map_err(broken)?));
        }
        Ok(Self(parts))
    }

    fn text(&self, name: &str) -> Option<String> {
        let (_, bytes) = self.0.get(name)?;
        Some(String::from_utf8_lossy(bytes).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A picture: JPEG or PNG by its first bytes.
    fn picture(&self, name: &str) -> Result<(), Box<Response>> {
        match self.0.get(name) {
            Some((_, bytes)) if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) || bytes.starts_with(b"\x89PNG\r\n") => Ok(()),
            Some(_) => Err(Box::new(error(
                StatusCode::BAD_REQUEST,
                &format!("{name} is not a JPEG or PNG picture"),
            ))),
            None => Err(Box::new(error(StatusCode::BAD_REQUEST, &format!("{name} is required")))),
        }
    }

    fn has(&self, marker: &str) -> bool {
        self.0.values().any(|(file, bytes)| {
            file.contains(marker) || bytes.windows(marker.len()).any(|window| window == marker.as_bytes())
        })
    }

    /// The value of `sim:name=value;`, in a file name or in a file.
    fn marked(&self, name: &str) -> Option<String> {
        let marker = format!("sim:{name}=");
        self.0.values().find_map(|(file, bytes)| {
            let found = [file.as_bytes(), bytes].into_iter().find_map(|hay| {
                let at = hay
                    .windows(marker.len())
                    .position(|window| window == marker.as_bytes())?;
                let value = &hay[at + marker.len()..];
                value
                    .iter()
                    .position(|byte| *byte == b';')
                    .map(|end| value[..end].to_vec())
            })?;
            String::from_utf8(found).ok()
        })
    }
}

fn card(parts: &Parts) -> Value {
    let read: Map<String, Value> = KTP_FIELDS
        .iter()
        .map(|name| {
            let value = parts.marked(name);
            let confidence = if value.is_some() { 98 } else { 0 };
            (
                (*name).to_owned(),
                json!({"confidence": confidence, "value": value.unwrap_or_default()}),
            )
        })
        .collect();
    json!({"status": "success", "reason": "file processed", "read": read, "images": {"photo": "", "sign": ""}})
}

/// A handler's answer or refusal.
type Answer = Result<Response, Box<Response>>;

fn answered(answer: Answer) -> Response {
    answer.unwrap_or_else(|refused| *refused)
}

async fn ktp(form: Multipart) -> Response {
    answered(read_card(form, false).await)
}

async fn ktp_quality(form: Multipart) -> Response {
    answered(read_card(form, true).await)
}

async fn read_card(form: Multipart, with_quality: bool) -> Answer {
    let parts = Parts::read(form).await?;
    parts.picture("image")?;
    let mut body = card(&parts);
    if with_quality {
        let mut qualities: Map<String, Value> = QUALITIES
            .iter()
            .map(|(key, marker)| ((*key).to_owned(), json!(parts.has(marker))))
            .collect();
        qualities.insert("is_ktp".into(), json!(!parts.has("sim:notktp")));
        body["qualities"] = Value::Object(qualities);
    }
    Ok(Json(body).into_response())
}

/// Checks the three required fields and lets the NIK decide; gives the compared fields.
async fn compare(parts: &Parts) -> Result<Map<String, Value>, Box<Response>> {
    let required = |name: &str| {
        parts
            .text(name)
            .ok_or_else(|| Box::new(error(StatusCode::BAD_REQUEST, &format!("{name} is required"))))
    };
    let (nik, _, born) = (required("nik")?, required("name")?, required("date_of_birth")?);
    if nik.len() != 16 || !nik.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Box::new(error(StatusCode::BAD_REQUEST, "nik must be 16 digits")));
    }
    let shape: Vec<_> = born.split('-').map(str::len).collect();
    if shape != [2, 2, 4] || !born.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(Box::new(error(
            StatusCode::BAD_REQUEST,
            "date_of_birth must be DD-MM-YYYY",
        )));
    }
    match &nik[12..] {
        "0003" => {
            let body = json!({"verification_status": "NOT_FOUND", "verification_result": "NOT_FOUND",
                              "reason": "Data not found", "result": null});
            return Err(Box::new(Json(body).into_response()));
        }
        "0004" => {
            return Err(Box::new(error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal server error",
            )));
        }
        "0005" => tokio::time::sleep(Duration::from_secs(35)).await,
        _ => {}
    }
    let name_differs = &nik[12..] == "0002" || parts.has("sim:dukcapil_name_false");
    let mut result = Map::from_iter([
        ("nik".to_owned(), json!(true)),
        ("name".to_owned(), json!(!name_differs)),
        ("date_of_birth".to_owned(), json!(true)),
    ]);
    for name in IDENTITY_FIELDS.iter().filter(|name| parts.text(name).is_some()) {
        result.insert((*name).to_owned(), json!(true));
    }
    Ok(result)
}

fn verdict(result: Map<String, Value>, good: bool) -> Response {
    let status = if good { "VERIFIED" } else { "NOT_VERIFIED" };
    let body = json!({"verification_status": status, "verification_result": status,
                      "reason": "Verification success", "result": result});
    Json(body).into_response()
}

async fn verification(form: Multipart) -> Response {
    let work = async {
        let parts = Parts::read(form).await?;
        let result = compare(&parts).await?;
        let good = result.values().all(|value| value == &json!(true));
        Ok(verdict(result, good))
    };
    answered(work.await)
}

async fn face_verification(form: Multipart) -> Response {
    let work = async {
        let parts = Parts::read(form).await?;
        parts.picture("face_image")?;
        let mut result = compare(&parts).await?;
        let alike = !parts.has("sim:nomatch");
        let good = alike && result.values().all(|value| value == &json!(true));
        result.insert("face_image_percentage".into(), json!(if alike { 97.4 } else { 21.3 }));
        Ok(verdict(result, good))
    };
    answered(work.await)
}

async fn face_match(form: Multipart) -> Response {
    let work = async {
        let parts = Parts::read(form).await?;
        parts.picture("stored_image")?;
        parts.picture("captured_image")?;
        let (percentage, status, code) = if parts.has("sim:nomatch") {
            (12.8, "not_match", "1")
        } else {
            (96.2, "match", "0")
        };
        let result = json!({"match_percentage": percentage, "match_status": status, "match_status_code": code});
        Ok(Json(json!({"status": "success", "result": result})).into_response())
    };
    answered(work.await)
}

fn liveness(parts: &Parts) -> Response {
    let (percentage, status) = if parts.has("sim:spoof") {
        (93.7, "spoof")
    } else {
        (2.1, "real")
    };
    Json(json!({"status": "success", "result": {"spoof_percentage": percentage, "status": status}})).into_response()
}

async fn passive_liveness(form: Multipart) -> Response {
    let work = async {
        let parts = Parts::read(form).await?;
        parts.picture("image")?;
        Ok(liveness(&parts))
    };
    answered(work.await)
}

async fn active_liveness(form: Multipart) -> Response {
    let work = async {
        let parts = Parts::read(form).await?;
        parts.picture("image")?;
        if parts.text("gesture-code").is_none() {
            return Err(Box::new(error(StatusCode::BAD_REQUEST, "gesture-code is required")));
        }
        Ok(liveness(&parts))
    };
    answered(work.await)
}
