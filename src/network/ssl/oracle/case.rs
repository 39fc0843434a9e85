//! A question to the judges: the chain that was sent, the trusted certificates, and the purpose.

use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::certificate::{Certificate, Recipe, ca, leaf};
use crate::network::ssl::certificate_chain::Purpose;

/// The server, unless a case says another.
pub(super) const HOST: &str = "host.example";

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) purpose: Purpose,
    /// Servers only.
    pub(super) host: Option<String>,
    /// The peer's own first.
    pub(super) sent: Vec<Certificate>,
    pub(super) trusted: Vec<Certificate>,
    /// The year that Qt is asked in does not matter.
    pub(super) is_for_qt: bool,
}

impl Case {
    /// Changes when the case does, and not from run to run.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{:?} {:?} {}", self.purpose, self.host, self.sent.len()));
        for certificate in self.sent.iter().chain(&self.trusted) {
            hash.update(&certificate.to_be_signed);
        }
        hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Cases {
    pub(super) all: Vec<Case>,
    topic: &'static str,
}

impl Cases {
    /// Begins a topic of cases: the prefix of their names.
    pub(super) fn topic(&mut self, topic: &'static str) {
        self.topic = topic;
    }

    /// A server [`HOST`].
    pub(super) fn server<const N: usize, const M: usize>(
        &mut self,
        name: &str,
        sent: [Certificate; N],
        trusted: [Certificate; M],
    ) -> &mut Case {
        self.add(name, Purpose::Server, Some(HOST), sent.into(), trusted.into())
    }

    /// A server that is looked for by that name or address.
    pub(super) fn host<const N: usize>(&mut self, name: &str, host: &str, sent: [Certificate; N]) {
        self.add(name, Purpose::Server, Some(host), sent.into(), vec![root()]);
    }

    pub(super) fn client<const N: usize, const M: usize>(
        &mut self,
        name: &str,
        sent: [Certificate; N],
        trusted: [Certificate; M],
    ) {
        self.add(name, Purpose::Client, None, sent.into(), trusted.into());
    }

    /// A server below an intermediate below the root.
    pub(super) fn below(&mut self, name: &str, leaf: Recipe, intermediate: Recipe) {
        let intermediate = intermediate.by(&root());
        self.server(name, [leaf.by(&intermediate), intermediate], [root()]);
    }

    /// A server just below the root.
    pub(super) fn leaf(&mut self, name: &str, leaf: Recipe) {
        self.server(name, [leaf.by(&root())], [root()]);
    }

    /// A client just below the root.
    pub(super) fn client_leaf(&mut self, name: &str, leaf: Recipe) {
        self.client(name, [leaf.by(&root())], [root()]);
    }

    fn add(
        &mut self,
        name: &str,
        purpose: Purpose,
        host: Option<&str>,
        sent: Vec<Certificate>,
        trusted: Vec<Certificate>,
    ) -> &mut Case {
        let name = format!("{}: {name}", self.topic);
        self.all.push(Case { name, purpose, host: host.map(str::to_owned), sent, trusted, is_for_qt: true });
        self.all.last_mut().expect("the one just added")
    }
}

/// The middle of 2026, when all are judged.
pub(super) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_781_524_800)
}

pub(super) fn root() -> Certificate {
    ca("Root").self_signed()
}

/// An authority below the root.
pub(super) fn int() -> Certificate {
    ca("Int").by(&root())
}

/// A root that is not trusted unless a case says so.
pub(super) fn other_root() -> Certificate {
    ca("Other Root").self_signed()
}

/// A server [`HOST`], or a client.
pub(super) fn good() -> Recipe {
    leaf(HOST)
}
