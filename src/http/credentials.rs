//! User and password, and the bytes that they are sent in.

use std::fmt;

/// The user and password of one side of a conversation.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Credentials {
    pub(crate) fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.user.is_empty() && self.password.is_empty()
    }
}

/// Shows neither: what is printed ends up in logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// User or password in the bytes that the other side expects: UTF-8 if it says so; else Latin-1, in which old servers
/// read them, unless there is a character that Latin-1 does not have.
pub(crate) fn encode(text: &str, utf8: bool) -> Vec<u8> {
    let latin1 = || text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let latin1 = if utf8 { None } else { latin1() };
    latin1.unwrap_or_else(|| text.as_bytes().to_vec())
}
