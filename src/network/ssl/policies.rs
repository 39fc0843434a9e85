//! Certificate policies: a chain has to be issued under one that is valid throughout, where one of its authorities asks for that
//! (RFC 5280 §6.1). Any policy will do: the users of this crate cannot ask for a certain one.

use super::x509::{Policies, X509};

/// The policies that are valid so far.
enum Valid<'a> {
    All,
    /// A list of policies in their order: there may be many.
    These(Vec<&'a [u8]>),
}

/// Returns whether the chain is good, from the peer's certificate to the trusted one, of which only the key counts.
pub(super) fn allow(path: &[&X509]) -> bool {
    let Some((_, issued)) = path.split_last() else { return false };
    let none = Policies::default();
    let (mut valid, mut explicit, mut any) = (Valid::All, u32::MAX, u32::MAX);
    let mut were_mapped = false;
    for (depth, certificate) in issued.iter().enumerate().rev() {
        let said = certificate.policies.as_deref().unwrap_or(&none);
        let counts = !certificate.is_self_issued();
        let takes_any = any > 0 || (depth > 0 && !counts);
        valid = valid.and(said.issued_under.as_deref().unwrap_or_default(), takes_any);
        // Mappings from one policy to another are not followed, so none is known to be valid.
        if explicit == 0 && (valid.is_none() || were_mapped) {
            return false;
        }
        were_mapped |= said.are_mapped;
        if counts || depth == 0 {
            explicit = explicit.saturating_sub(u32::from(explicit < u32::MAX));
            any = any.saturating_sub(u32::from(any < u32::MAX));
        }
        match said.require_explicit {
            // In the last one only "at once" has a meaning (RFC 5280 §6.1.5 b).
            Some(count) if depth > 0 || count == 0 => explicit = explicit.min(count),
            _ => {}
        }
        any = any.min(said.inhibit_any.unwrap_or(u32::MAX));
    }
    explicit > 0 || !(valid.is_none() || were_mapped)
}

impl<'a> Valid<'a> {
    /// The policies under which the next certificate was issued as well.
    fn and(self, policies: &'a [Vec<u8>], takes_any: bool) -> Self {
        let has_any = takes_any && policies.iter().any(|policy| policy == Policies::ANY);
        let named = || policies.iter().map(Vec::as_slice).filter(|policy| *policy != Policies::ANY);
        match self {
            valid if has_any => valid,
            Self::All => Self::These(named().collect()),
            Self::These(valid) => {
                Self::These(named().filter(|policy| valid.binary_search(policy).is_ok()).collect())
            }
        }
    }

    fn is_none(&self) -> bool {
        matches!(self, Self::These(valid) if valid.is_empty())
    }
}
