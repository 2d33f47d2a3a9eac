//! Staff: signing in, the queue, one identity, one application; products, caps, policies, ways out, money and what waits for a second person.

mod caps;
mod column;
mod identity;
mod money;
mod policies;
mod products;
mod proposals;
mod queue;
mod relief;
mod review;
mod room;
mod sign_in;

pub use caps::*;
pub use identity::*;
pub use money::*;
pub use policies::*;
pub use products::*;
pub use proposals::*;
pub use queue::*;
pub use relief::*;
pub use review::*;
pub use sign_in::*;
