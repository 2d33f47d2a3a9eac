//! Staff: signing in, the queue, one identity, one application; products, caps, policies, ways out, late loans, money,
//! differences with the gateways, the books and what waits for a second person.

mod books;
mod caps;
mod column;
mod identity;
mod income;
mod late;
mod late_forms;
mod money;
mod policies;
mod products;
mod proposals;
mod queue;
mod reconciliation;
mod relief;
mod review;
mod room;
mod sign_in;

pub use books::*;
pub use caps::*;
pub use identity::*;
pub use income::*;
pub use late::*;
pub use money::*;
pub use policies::*;
pub use products::*;
pub use proposals::*;
pub use queue::*;
pub use reconciliation::*;
pub use relief::*;
pub use review::*;
pub use sign_in::*;
