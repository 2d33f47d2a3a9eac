//! For benches only: serves one file's bytes at every path, as plain axum does. What a page costs when nothing is
//! looked up and nothing is drawn.
//!
//! `same_bytes 127.0.0.1:3296 page.html`

use axum::{Router, response::Html};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("wants an address and a file".into());
    };
    let page: &'static str = std::fs::read_to_string(file)?.leak();
    let app = Router::new().fallback(async move || Html(page));
    axum::serve(TcpListener::bind(address).await?, app).await?;
    Ok(())
}
