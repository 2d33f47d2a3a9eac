//! Parts of the staff pages (`/petugas`): frame and navigation, queue, review, figures, tables, audit.

mod audit;
mod charts;
mod frame;
mod queue;
mod review;

pub use audit::{AuditFilters, FilterField, Hash};
pub use charts::{AgeingBand, AgeingChart, DailyBars, DailyChart, Metric, QueueAge};
pub use frame::{NAVIGATION, NavItem, Place, StaffFrame, StaffHead, StaffMain};
pub use queue::{Filter, Filters, Queue, QueueEntry, QueueRow, Search};
pub use review::{Decision, Evidence, Match, Matches, Photo, Reason, Reasons, Trail, TrailEntry};
