//! Photographing the papers.

mod ktp;
mod photo;
mod selfie;

pub use ktp::*;
pub use selfie::*;
