//! The checks of certificates. All errors are recorded for the session, and rustls is told that all is well: whether it
//! matters is decided before anything that accepts the peer leaves. Without a session to record for, nothing is accepted.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, PeerMisbehaved,
    SignatureScheme,
};

use super::call::{self, PeerVerifier};
use crate::network::ssl::certificate_chain::Purpose;
use crate::network::ssl::host_name;
use crate::network::ssl::session::TlsEvent;
use crate::network::ssl::ssl_error::SslErrorKind;
use crate::network::ssl::webpki::ChainVerifier;
use crate::{SslCertificate, SslError};

/// The verifier of one configuration.
pub(super) struct Verifier {
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    /// `None`: no chain is checked (`PeerVerifyMode::None`).
    pub(super) chains: Option<ChainVerifier>,
    /// `SslConfiguration::handshake_must_interrupt_on_error`
    pub(super) interrupts: bool,
    /// `SslConfiguration::missing_certificate_is_fatal`
    pub(super) requires_certificate: bool,
}

impl PeerVerifier for Verifier {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        purpose: Purpose,
    ) -> Result<(), Error> {
        let chain: Vec<SslCertificate> = std::iter::once(end_entity)
            .chain(intermediates)
            .map(SslCertificate::from_der)
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::BadEncoding)?;
        let errors = match &self.chains {
            Some(chains) => chains.errors(&chain, purpose, SystemTime::now()),
            None => Vec::new(),
        };
        if self.interrupts {
            for error in &errors {
                interrupt(error)?;
            }
        }
        call::with_current(|call| {
            let handshake = call.handshake.as_mut()?;
            let mismatch = match purpose {
                Purpose::Server => host_name::mismatch(&chain[0], &handshake.host),
                Purpose::Client => None,
            };
            // The order of the list and that of the single errors differ in Qt.
            handshake.errors = mismatch.iter().chain(&errors).cloned().collect();
            handshake.peer_chain = chain;
            let told = if self.interrupts { Vec::new() } else { errors };
            for error in told.into_iter().chain(mismatch) {
                call.tell(TlsEvent::PeerVerifyError(error));
            }
            Some(())
        })
        .flatten()
        .ok_or_else(no_session)
    }
}

impl Verifier {
    /// The peer's signature over the handshake, by the certificate that was verified. Its key is not looked up by webpki, which
    /// refuses certificates of X.509 v1.
    fn verify_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        candidates: usize,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified =
            call::with_current(|call| call.handshake.as_ref()?.peer_chain.first().cloned()).flatten();
        let certificate =
            verified.filter(|verified| verified.to_der() == certificate.as_ref()).ok_or_else(no_session)?;
        let Some((_, algorithms)) =
            self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme)
        else {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        };
        let own = certificate.x509();
        let is_valid = algorithms.iter().take(candidates).any(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == own.public_key_algorithm
                && algorithm.verify_signature(&own.public_key, message, signed.signature()).is_ok()
        });
        if is_valid {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }
}

/// Asks whether to go on, while the handshake stands still.
fn interrupt(error: &SslError) -> Result<(), Error> {
    let observer = call::with_current(|call| call.handshake.as_ref()?.observer.clone()).flatten();
    // The slot may use other sessions; this one is not at hand meanwhile.
    if observer.is_some_and(|observer| observer.handshake_interrupted(error)) {
        Ok(())
    } else {
        Err(Error::InvalidCertificate(refusal(error.kind())))
    }
}

/// The error that makes rustls send the alert that OpenSSL sends for it (`ssl_x509err2alert`).
fn refusal(kind: SslErrorKind) -> CertificateError {
    match kind {
        SslErrorKind::SelfSignedCertificate
        | SslErrorKind::SelfSignedCertificateInChain
        | SslErrorKind::UnableToGetIssuerCertificate
        | SslErrorKind::UnableToGetLocalIssuerCertificate
        | SslErrorKind::UnableToVerifyFirstCertificate
        | SslErrorKind::InvalidCaCertificate
        | SslErrorKind::PathLengthExceeded => CertificateError::UnknownIssuer,
        SslErrorKind::CertificateExpired => CertificateError::Expired,
        SslErrorKind::CertificateRevoked => CertificateError::Revoked,
        SslErrorKind::CertificateSignatureFailed => CertificateError::BadSignature,
        SslErrorKind::InvalidPurpose => CertificateError::InvalidPurpose,
        SslErrorKind::UnspecifiedError => {
            CertificateError::Other(OtherError(Arc::new(std::io::Error::other(format!("{kind:?}")))))
        }
        _ => CertificateError::BadEncoding,
    }
}

fn no_session() -> Error {
    Error::General("a certificate came where none is looked at".to_owned())
}

/// The methods that rustls's two traits have in common.
macro_rules! signatures {
    () => {
        /// Curve and hash are not tied to each other (RFC 5246 §7.4.1.4.1): all that may be meant are tried.
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.verify_signature(message, certificate, signed, usize::MAX)
        }

        /// A scheme is one curve and one hash, and PKCS #1 v1.5 is for certificates only (RFC 8446 §4.2.3).
        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            if matches!(
                signed.scheme,
                SignatureScheme::RSA_PKCS1_SHA256
                    | SignatureScheme::RSA_PKCS1_SHA384
                    | SignatureScheme::RSA_PKCS1_SHA512
                    | SignatureScheme::RSA_PKCS1_SHA1
            ) {
                return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
            }
            self.verify_signature(message, certificate, signed, 1)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(end_entity, intermediates, Purpose::Server)?;
        Ok(ServerCertVerified::assertion())
    }

    signatures!();
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        self.requires_certificate
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, Purpose::Client)?;
        Ok(ClientCertVerified::assertion())
    }

    signatures!();
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}
