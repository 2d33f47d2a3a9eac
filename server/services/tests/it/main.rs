//! The services on a real PostgreSQL, with the sandbox in the place of every third party.
mod loans;
mod payments;
mod people;
mod auth;
mod users;
mod documents;
mod notifications;
mod limits;
