//! The browser at arm's length: what the islands do to the page, with every failure as `None` or left alone, because
//! the page works without them.

pub(crate) mod camera;
mod dom;
pub(crate) mod live_status;
mod net;
pub(crate) mod simulator;
