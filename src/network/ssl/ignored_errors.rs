//! The errors of certificates that a program lets pass (private).

use std::cell::{Cell, RefCell};

use super::ssl_error::SslError;

#[derive(Default)]
pub(crate) struct IgnoredErrors {
    listed: RefCell<Vec<SslError>>,
    /// No error matters, for the connection that is being made.
    all: Cell<bool>,
}

impl IgnoredErrors {
    /// A new connection begins, for which a list that was given before holds.
    pub(crate) fn begin(&self) {
        self.all.set(false);
    }

    pub(crate) fn ignore_all(&self) {
        self.all.set(true);
    }

    pub(crate) fn ignore(&self, errors: &[SslError]) {
        self.listed.replace(errors.to_vec());
    }

    /// `QSslSocketPrivate::verifyErrorsHaveBeenIgnored`: where some are expected, no others are ignored.
    pub(crate) fn cover(&self, errors: &[SslError]) -> bool {
        let listed = self.listed.borrow();
        if listed.is_empty() { self.all.get() } else { errors.iter().all(|error| listed.contains(error)) }
    }
}
