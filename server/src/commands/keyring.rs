//! `server keyring`: fresh keys for a machine that has none.

use super::Outcome;
use services::crypto::Vault;
use std::path::Path;

/// Writes the file with mode 0400; does nothing when it exists.
pub fn run(out: &Path) -> Outcome {
    Vault::create(out)?;
    Ok(())
}
