//! Lists that go on: keyset pages, never offsets.

use serde::{Deserialize, Serialize};

/// What part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// 1 to 100 items.
    pub limit: u16,
    /// The `next` of the page before; the list's own opaque text.
    pub after: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: 20, after: None }
    }
}

impl PageRequest {
    /// The limit as SQL wants it, held between 1 and 100.
    pub fn limit(&self) -> i64 {
        i64::from(self.limit.clamp(1, 100))
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last.
    pub next: Option<String>,
}
