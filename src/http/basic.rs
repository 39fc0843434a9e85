//! The scheme Basic (RFC 7617).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::challenge::Challenge;
use super::credentials::{Credentials, encode};

/// One challenge for Basic.
pub(crate) struct Basic {
    utf8: bool,
}

impl Basic {
    pub(crate) fn of(challenge: &Challenge) -> Option<Self> {
        challenge.is("Basic").then(|| Self { utf8: challenge.says("charset", "UTF-8") })
    }

    pub(crate) fn answer(&self, Credentials { user, password }: &Credentials) -> Vec<u8> {
        let pair = encode(&format!("{user}:{password}"), self.utf8);
        format!("Basic {}", STANDARD.encode(pair)).into_bytes()
    }
}
