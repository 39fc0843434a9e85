//! How often an attack is repeated.

use std::env;

/// `count`, or a thousand times as much when `SLOTWIRE_ATTACKS=long`.
#[allow(dead_code, reason = "an attack need not be repeated")]
pub(crate) fn times(count: usize) -> usize {
    if env::var_os("SLOTWIRE_ATTACKS").is_some_and(|value| value == "long") { count * 1000 } else { count }
}
