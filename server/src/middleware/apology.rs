//! Pages for what never became one: a panic, a request that took too long, a database that is away, staff without the
//! role. Enters: the request, and what a layer answered in its place. Leaves: a page with words and the request's
//! number, under the policy of every page. Nothing here asks the database.

use super::identify::kind_of;
use crate::{cookies, forms::page_before, pages::set_policy};
use app::{
    pages::failure,
    shell::{Assets, PageContext, Theme, shell},
    visit::provide_bare,
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Error, auth::SessionKind};
use std::sync::Arc;

/// What is not for people: it answers in JSON, with a file, or with a status alone.
const NO_PAGES: [&str; 8] = [
    "/api/",
    "/webhooks/",
    "/health/",
    "/csp-report",
    "/pkg/",
    "/icons/",
    "/fonts/",
    "/_fn/passkeys/",
];

/// What the pages need of the server.
#[derive(Clone)]
pub struct Apologies {
    assets: Assets,
    public_origin: Arc<str>,
}

impl Apologies {
    /// Pages with these files, of this origin.
    pub fn new(assets: Assets, public_origin: &str) -> Self {
        Self {
            assets,
            public_origin: public_origin.into(),
        }
    }
}

/// The answer of a layer that cannot go on: the words as they are, and the error for [`pages`].
pub fn answer(error: Error) -> Response {
    let status = status_of(&error);
    let mut response = (status, error.words()).into_response();
    response.extensions_mut().insert(error);
    response
}

/// Makes a page of every bare refusal and failure.
pub async fn pages(State(apologies): State<Apologies>, request: Request, next: Next) -> Response {
    if NO_PAGES.iter().any(|start| request.uri().path().starts_with(start)) {
        return next.run(request).await;
    }
    let asked = Asked::read(&request, &apologies.public_origin);
    let mut response = next.run(request).await;
    match bare(&mut response, &asked) {
        Some(error) => page(&apologies, asked, error).await,
        None => response,
    }
}

/// What a page that may be needed takes from its request.
struct Asked {
    /// The page that can be tried again.
    page: Uri,
    trace_id: Option<HeaderValue>,
    theme: Option<Theme>,
}

impl Asked {
    fn read(request: &Request, public_origin: &str) -> Self {
        let headers = request.headers();
        let page = if matches!(*request.method(), Method::GET | Method::HEAD) {
            request.uri().path_and_query().map(ToString::to_string)
        } else {
            page_before(headers, public_origin)
        };
        let home = match kind_of(request.uri().path()) {
            SessionKind::Staff => "/petugas",
            SessionKind::Borrower => "/",
        };
        Self {
            page: page
                .and_then(|page| page.parse().ok())
                .unwrap_or_else(|| Uri::from_static(home)),
            trace_id: headers.get("x-request-id").cloned(),
            theme: cookies::read(headers, cookies::THEME).and_then(Theme::parse),
        }
    }

    fn trace_id(&self) -> &str {
        self.trace_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or("")
    }
}

/// The error behind an answer without a page; none when the answer is already what it should be.
fn bare(response: &mut Response, asked: &Asked) -> Option<Error> {
    if let Some(error) = response.extensions_mut().remove::<Error>() {
        return Some(error);
    }
    let complete = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        _ if complete => None,
        StatusCode::SERVICE_UNAVAILABLE => Some(Error::Busy { retry_after: 10 }),
        status if status.is_server_error() => Some(Error::Internal {
            reference: asked.trace_id().to_owned(),
        }),
        _ => None,
    }
}

async fn page(apologies: &Apologies, asked: Asked, error: Error) -> Response {
    let (status, wait) = (status_of(&error), wait_of(&error));
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = asked.page;
    if let Some(id) = asked.trace_id {
        request.headers_mut().insert("x-request-id", id);
    }
    let (given, theme) = (apologies.clone(), asked.theme);
    let context = move || {
        provide_bare(given.assets.clone(), PageContext { csrf: None, theme });
        set_policy(&given.public_origin);
    };
    let content = move || {
        leptos_meta::provide_meta_context();
        failure(&error)
    };
    let render = leptos_axum::render_app_async_with_context(context, move || shell(content.clone()));
    let mut response = render(request).await;
    *response.status_mut() = status;
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

const fn wait_of(error: &Error) -> Option<u32> {
    match error {
        Error::Busy { retry_after } | Error::TooMany { retry_after } => Some(*retry_after),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{listen::Timing, middleware::time_limit, rest};
    use axum::{
        Router,
        body::to_bytes,
        middleware::{from_fn, from_fn_with_state},
        routing::get,
    };
    use std::time::Duration;
    use tower::{ServiceBuilder, ServiceExt as _};
    use tower_http::catch_panic::CatchPanicLayer;

    /// The layers of the real router, over a page with a bug and one that never ends.
    fn router() -> Router {
        // Sets up what rendering needs, as listing the real routes does.
        let _ = leptos_axum::generate_route_list(|| ());
        let impatient = Timing {
            request: Duration::from_millis(50),
            ..Timing::default()
        };
        async fn bug() -> &'static str {
            panic!("a bug")
        }
        let slow = get(async || tokio::time::sleep(Duration::from_secs(60)).await);
        Router::new()
            .route("/beranda", get(bug).post(bug))
            .route("/api/loans", get(bug))
            .route("/petugas", slow)
            .route("/petugas/produk", get(async || answer(Error::Forbidden)))
            .layer(
                ServiceBuilder::new()
                    .layer(from_fn_with_state(
                        Apologies::new(Assets::default(), "https://sanggup.test"),
                        pages,
                    ))
                    .layer(from_fn(rest::uniform))
                    .layer(from_fn_with_state(impatient, time_limit::check))
                    .layer(CatchPanicLayer::new()),
            )
    }

    async fn send(method: Method, path: &str) -> (Response<()>, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-request-id", "nomor-7")
            .header("referer", "https://sanggup.test/ajukan?ubah=penghasilan")
            .header("cookie", "theme=dark");
        let request = request.body(Body::empty()).expect("a request");
        let answer = router().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        (
            Response::from_parts(parts, ()),
            String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// The page in words, when it is one with this status and its policy.
    async fn apology(method: Method, path: &str, status: u16) -> String {
        let (answer, html) = send(method, path).await;
        assert_eq!(answer.status().as_u16(), status, "{html}");
        let header = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or("").to_owned()
        };
        assert!(header("content-type").starts_with("text/html"), "{html}");
        assert!(header("content-security-policy").contains("'nonce-"), "{html}");
        assert_eq!(header("retry-after"), if status == 503 { "10" } else { "" });
        assert!(
            html.starts_with("<!DOCTYPE html>") && html.contains("data-theme=\"dark\""),
            "{html}"
        );
        assert!(!html.contains("a bug"), "{html}");
        html
    }

    #[tokio::test]
    async fn a_panic_is_a_page_with_the_requests_number() {
        let html = apology(Method::GET, "/beranda?dari=sini", 500).await;
        for words in [
            "Ada gangguan di pihak kami. Data Anda aman. Coba lagi sebentar. Kode nomor-7.",
            "href=\"/beranda?dari=sini\"",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        let (answer, body) = send(Method::GET, "/api/loans").await;
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{body}");
        assert!(body.contains("\"trace_id\":\"nomor-7\""), "{body}");
    }

    #[tokio::test]
    async fn what_takes_too_long_is_a_page_of_its_area() {
        let html = apology(Method::GET, "/petugas", 503).await;
        for words in [
            "Sedang ramai. Coba lagi dalam 10 detik.",
            "nomor-7",
            "data-area=\"staff\"",
            "href=\"/petugas\"",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        let html = apology(Method::GET, "/petugas/produk", 403).await;
        for words in ["Anda tidak punya akses ke halaman ini.", "nomor-7", "href=\"/petugas\""] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("Coba lagi"), "that would not help: {html}");
    }

    #[tokio::test]
    async fn a_form_leads_back_to_the_page_it_stood_on() {
        let html = apology(Method::POST, "/beranda", 500).await;
        assert!(html.contains("href=\"/ajukan?ubah=penghasilan\""), "{html}");
    }
}
