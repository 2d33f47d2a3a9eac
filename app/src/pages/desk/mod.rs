//! Staff: signing in, the queue, one identity, one application.

mod column;
mod identity;
mod queue;
mod review;
mod sign_in;

pub use identity::*;
pub use queue::*;
pub use review::*;
pub use sign_in::*;
