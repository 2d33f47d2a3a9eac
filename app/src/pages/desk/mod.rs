//! Staff: signing in, the queue, one identity, one application; products, caps, policies and what waits for a second person.

mod caps;
mod column;
mod identity;
mod policies;
mod products;
mod proposals;
mod queue;
mod review;
mod room;
mod sign_in;

pub use caps::*;
pub use identity::*;
pub use policies::*;
pub use products::*;
pub use proposals::*;
pub use queue::*;
pub use review::*;
pub use sign_in::*;
