//! The web server: routes, the layers around them, and how pages, forms, programs and vendors come in.

#![recursion_limit = "256"]

pub mod cookies;
pub mod forms;
pub mod health;
pub mod listen;
pub mod middleware;
pub mod pages;
pub mod papers;
pub mod passkeys;
pub mod rest;
pub mod router;
pub mod state;
pub mod status;
pub mod telemetry;
pub mod uploads;
pub mod webhooks;
