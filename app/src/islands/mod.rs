//! The interactive parts. Each is a plain form or line that the server draws and that works as it is; its island
//! has that markup as children and only listens and rewrites figures, so the browser half stays small: no view code,
//! no JSON, no router, no server function.
//!
//! - [`Simulator`]`(terms: SimulatorTerms, …)`: amount, tenor, takaran, totals; children are further fields of the form.
//! - [`Camera`]`(shot: CameraShot, input: "id of the file input")`: takes a photo into a form that exists without it.
//! - [`LiveStatus`]`(url, current, words)`: follows a status and reloads the page when it changes.
//!
//! A page with any of them has `shell::IslandScripts` once, and each of them at most once.

mod camera;
mod live_status;
#[cfg(any(feature = "hydrate", test))]
pub(crate) mod luma;
mod simulation;
mod simulator;
mod wire;

#[cfg(feature = "ssr")]
pub use camera::Camera;
pub use camera::{CameraIsland, CameraShot};
#[cfg(feature = "ssr")]
pub use live_status::LiveStatus;
pub use live_status::LiveStatusIsland;
pub use simulation::SimulatorTerms;
pub(crate) use simulation::*;
#[cfg(feature = "ssr")]
pub use simulator::Simulator;
pub use simulator::SimulatorIsland;
#[cfg(feature = "hydrate")]
pub(crate) use wire::decode;
