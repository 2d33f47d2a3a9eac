//! The services on a real PostgreSQL, with the sandbox in the place of every third party.
mod audit;
mod auth;
mod connections;
mod documents;
mod gateways;
mod jobs;
mod limits;
mod loans;
mod notifications;
mod papers;
mod payments;
mod people;
mod users;
