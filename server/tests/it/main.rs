//! The web server as the outside sees it: a real port, a real database, the sandbox in the place of every third
//! party. One file per word, plus what belongs to none: pages, webhooks, the document of the API.

mod auth;
mod bad_money;
mod books;
mod browser;
mod commands;
mod crash;
mod documents;
mod foreign;
mod forms;
mod harness;
mod html;
mod idempotency;
mod late;
mod listen;
mod loans;
mod money;
mod notifications;
mod openapi;
mod pages;
mod passkeys;
mod payments;
mod people;
mod privacy;
mod quotes;
mod reconciliation;
mod relief;
mod rules;
mod tokens;
mod users;
mod webhooks;
