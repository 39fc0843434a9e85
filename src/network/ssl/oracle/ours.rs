//! The verdicts of this crate.

use super::case::Case;
use super::verdict::Verdict;
use crate::SslConfiguration;
use crate::network::ssl::SslCertificate;
#[cfg(feature = "_rustls")]
use crate::network::ssl::SslError;

/// One of ours.
pub(super) struct Judge {
    pub(super) name: &'static str,
    /// `None` if this cannot be put to it.
    pub(super) judge: fn(&Case) -> Option<Verdict>,
}

/// The judges that are compiled in.
pub(super) const JUDGES: &[Judge] = &[
    #[cfg(feature = "_rustls")]
    Judge { name: "rustls", judge: rustls },
    #[cfg(feature = "openssl")]
    Judge { name: "openssl", judge: openssl },
];

#[cfg(feature = "_rustls")]
pub(super) fn rustls(case: &Case) -> Option<Verdict> {
    let Some(errors) = errors_with_rustls(case) else { return Some(Verdict(Verdict::UNREADABLE.to_owned())) };
    let kinds: Vec<_> = errors.iter().map(|error| format!("{:?}", error.kind())).collect();
    Some(Verdict(if kinds.is_empty() { Verdict::GOOD.to_owned() } else { kinds.join(" ") }))
}

#[cfg(feature = "_rustls")]
pub(super) fn errors_with_rustls(case: &Case) -> Option<Vec<SslError>> {
    use super::case::now;
    use crate::network::ssl::{host_name, rustls_back_end, webpki};
    let sent = read(case)?;
    let judge = webpki::ChainVerifier::new(trusting(case).settings(), &rustls_back_end::cryptography());
    // The host's name comes first, as in Qt.
    let mismatch = case.host.as_deref().and_then(|host| host_name::mismatch(&sent[0], host));
    Some(mismatch.into_iter().chain(judge.errors(&sent, case.purpose, now())).collect())
}

/// The same with no other certificates than those on the path that is judged here.
#[cfg(feature = "_rustls")]
pub(super) fn along_our_path(case: &Case) -> Case {
    use super::case::now;
    use crate::network::ssl::certificate_path::{CertificatePath, TrustedCertificates};
    let sent = read(case).expect("it was judged");
    let trusted = TrustedCertificates::new(trusting(case).settings());
    let now = now().duration_since(std::time::UNIX_EPOCH).expect("later").as_secs();
    let path = CertificatePath::build(&sent[0], &sent[1..], &trusted, now as i64);
    let known = |der: &[u8]| case.sent.iter().chain(&case.trusted).find(|known| known.der == der).cloned();
    let mut sent: Vec<_> = path.certificates.iter().filter_map(|on_path| known(on_path.to_der())).collect();
    let anchor = if sent.len() > 1 { sent.pop() } else { sent.first().cloned() };
    Case { sent, trusted: anchor.into_iter().collect(), ..case.clone() }
}

/// Judges by a handshake, in memory and today: the peer, OpenSSL too, has to be able to send the chain.
#[cfg(feature = "openssl")]
fn openssl(case: &Case) -> Option<Verdict> {
    use crate::network::ssl::back_end::tests::{Pair, Side};
    use crate::network::ssl::certificate_chain::Purpose;
    use crate::network::ssl::openssl_back_end;
    if !case.is_for_qt {
        return None;
    }
    let sent = read(case)?;
    let mut peer = SslConfiguration::new();
    peer.set_local_certificate_chain(sent);
    peer.set_private_key(crate::SslKey::from_der(case.sent[0].key.private()).ok()?);
    peer.set_peer_verify_mode(crate::PeerVerifyMode::None);
    let mut own = trusting(case);
    own.set_peer_verify_mode(crate::PeerVerifyMode::VerifyPeer);
    let host = case.host.as_deref().unwrap_or_default();
    let (client, server) = match case.purpose {
        Purpose::Server => (
            openssl_back_end::client(own.settings(), host).ok()?,
            openssl_back_end::server(peer.settings()).ok()?,
        ),
        Purpose::Client => {
            own.set_local_certificate(identity().0);
            own.set_private_key(identity().1);
            (
                openssl_back_end::client(peer.settings(), "qt").ok()?,
                openssl_back_end::server(own.settings()).ok()?,
            )
        }
    };
    let mut pair = Pair::of(Side::new(Ok(client)), Side::new(Ok(server)));
    // A client does not mind who the server is: it is judged itself.
    pair.client.ignores = case.purpose == Purpose::Client;
    pair.run();
    let side = if case.purpose == Purpose::Server { &pair.client } else { &pair.server };
    let told = side
        .log
        .borrow()
        .iter()
        .find_map(|told| Some(told.strip_prefix("sslErrors [")?.replace([',', ']'], "")));
    Some(Verdict(match told {
        Some(errors) => errors,
        None if side.is_open() => Verdict::GOOD.to_owned(),
        None => Verdict::UNREADABLE.to_owned(),
    }))
}

/// `None` if one cannot be read: there is no handshake.
fn read(case: &Case) -> Option<Vec<SslCertificate>> {
    case.sent.iter().map(|sent| SslCertificate::from_der(&sent.der).ok()).collect()
}

fn trusting(case: &Case) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates(
        case.trusted.iter().filter_map(|known| SslCertificate::from_der(&known.der).ok()),
    );
    configuration
}

/// A server's, while its clients are judged.
#[cfg(feature = "openssl")]
fn identity() -> (SslCertificate, crate::SslKey) {
    let server = super::certificate::leaf("qt").self_signed();
    let certificate = SslCertificate::from_der(&server.der).expect("a certificate");
    (certificate, crate::SslKey::from_der(server.key.private()).expect("a key"))
}
