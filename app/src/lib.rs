//! What both sides of the wire share: the parts of a page, the document around it, the islands.
//!
//! Natively (feature `ssr`) everything is compiled; for the browser (feature `hydrate`) only the islands and
//! the few drawings they redraw, so that a page without islands ships no wasm and one with them ships little.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "hydrate")]
mod browser;
pub mod components;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod visit;
