//! The gateway's duties, in one place. From the outside in: trace id, headers, pages for what failed, limits of time
//! and size, panic guard, origin of unsafe requests, who asks, which pages they may open.

pub mod apology;
pub mod guard;
pub mod headers;
pub mod identify;
pub mod origin;
pub mod part;
pub mod time_limit;
