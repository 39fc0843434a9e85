//! All cases, by what they are about.
//!
//! | file | holds |
//! |---|---|
//! | `signatures` | algorithms, keys, and signatures that are wrong |
//! | `validity` | dates (RFC 5280 §4.1.2.5) |
//! | `issuers` | whether an issuer's name is the subject's of another (§7.1), and key identifiers |
//! | `authorities` | basic constraints, path lengths and key usage (§4.2.1.9, §4.2.1.3) |
//! | `purposes` | extended key usage (§4.2.1.12) and the key usage of leaves |
//! | `name_constraints` | §4.2.1.10 |
//! | `policies` | certificate policies, and constraints on them (§4.2.1.4, §4.2.1.11, §4.2.1.14) |
//! | `paths` | which way leads to a trusted root, if any |
//! | `host_names` | whether a certificate is a host's (RFC 9525) |
//! | `encoding` | certificates that are not encoded as they should, and odd extensions |
//! | `clients` | the certificates of clients |

mod authorities;
mod clients;
mod encoding;
mod host_names;
mod issuers;
mod name_constraints;
mod paths;
mod policies;
mod purposes;
mod signatures;
mod validity;

use super::case::{Case, Cases};

/// Every case, in the order of the records.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Cases::default();
    signatures::add(&mut cases);
    validity::add(&mut cases);
    issuers::add(&mut cases);
    authorities::add(&mut cases);
    purposes::add(&mut cases);
    name_constraints::add(&mut cases);
    policies::add(&mut cases);
    paths::add(&mut cases);
    host_names::add(&mut cases);
    encoding::add(&mut cases);
    clients::add(&mut cases);
    cases.all
}
