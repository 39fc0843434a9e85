use std::fmt;

use super::ssl_certificate::SslCertificate;

/// An error of a peer's certificate chain, and the certificate that has it. `Display` writes Qt's text.
///
/// Two errors are equal if their kinds and certificates are.
///
/// ```
/// use slotwire::{SslError, SslErrorKind};
/// let error = SslError::new(SslErrorKind::HostNameMismatch);
/// assert!(error.to_string().starts_with("The host name did not match"));
/// ```
#[doc(alias = "QSslError")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SslError {
    kind: SslErrorKind,
    certificate: Option<SslCertificate>,
}

impl SslError {
    /// An error without a certificate.
    ///
    /// ```
    /// use slotwire::{SslError, SslErrorKind, WebSocket};
    /// // A server that knows its clients by pre-shared keys shows no certificate.
    /// let socket = WebSocket::new();
    /// socket.ignore_ssl_errors_for(&[SslError::new(SslErrorKind::NoPeerCertificate)]);
    /// # socket.delete();
    /// ```
    pub fn new(kind: SslErrorKind) -> Self {
        Self { kind, certificate: None }
    }

    /// An error of that certificate, to be ignored
    /// ([`WebSocket::ignore_ssl_errors_for`](crate::WebSocket::ignore_ssl_errors_for)) or compared with.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslError, SslErrorKind};
    /// # let pem = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// let kind = SslErrorKind::SelfSignedCertificate;
    /// let expected = SslError::with_certificate(kind, certificate.clone());
    /// assert_eq!(SslCertificate::verify(&[certificate], Some("localhost")), [expected]);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn with_certificate(kind: SslErrorKind, certificate: SslCertificate) -> Self {
        Self { kind, certificate: Some(certificate) }
    }

    /// The kind of the error.
    ///
    /// ```
    /// use slotwire::{SslErrorKind, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.ssl_errors().connect(move |errors| {
    ///     let kind = SslErrorKind::CertificateNotYetValid;
    ///     if errors.iter().any(|error| error.kind() == kind) {
    ///         println!("is the clock of this machine right?");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "error")]
    pub fn kind(&self) -> SslErrorKind {
        self.kind
    }

    /// The certificate that it is about: one of the path from the peer's to a trusted one, be it sent or not. `None` if there is
    /// none, as in [`NoPeerCertificate`](SslErrorKind::NoPeerCertificate).
    ///
    /// ```
    /// use slotwire::{SslError, SslErrorKind, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.peer_verify_error().connect(|error| {
    ///     let whose = error.certificate().map(|certificate| certificate.subject_display_name());
    ///     println!("{error}: {}", whose.unwrap_or_default());
    /// });
    /// assert!(SslError::new(SslErrorKind::NoPeerCertificate).certificate().is_none());
    /// # socket.delete();
    /// ```
    pub fn certificate(&self) -> Option<&SslCertificate> {
        self.certificate.as_ref()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// An error of a certificate, under Qt's name.
        ///
        /// Few of them occur. With rustls: `NoPeerCertificate`, `HostNameMismatch`, `SelfSignedCertificate`,
        /// `SelfSignedCertificateInChain`, `UnableToGetIssuerCertificate`, `UnableToGetLocalIssuerCertificate`,
        /// `UnableToVerifyFirstCertificate`, `CertificateNotYetValid`, `CertificateExpired`, `CertificateSignatureFailed`,
        /// `InvalidCaCertificate`, `InvalidPurpose`, `PathLengthExceeded` and `UnspecifiedError`. OpenSSL also reports what it
        /// cannot read. Revocation is not checked, so the errors of OCSP (RFC 6960) do not occur.
        ///
        /// ```
        /// use slotwire::{SslError, SslErrorKind};
        /// let error = SslError::new(SslErrorKind::SelfSignedCertificate);
        /// assert_eq!(error.kind(), SslErrorKind::SelfSignedCertificate);
        /// assert_eq!(error.to_string(), "The certificate is self-signed, and untrusted");
        /// ```
        #[doc(alias = "SslError")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SslErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl SslErrorKind {
            /// Qt's text.
            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// The certificate above one that came from the trusted ones is not among them.
    UnableToGetIssuerCertificate "The issuer certificate could not be found"
    /// A signature could not be decrypted.
    UnableToDecryptCertificateSignature "The certificate signature could not be decrypted"
    /// An issuer's key could not be read.
    UnableToDecodeIssuerPublicKey "The public key in the certificate could not be read"
    /// A signature is wrong, or of a kind that is not accepted.
    CertificateSignatureFailed "The signature of the certificate is invalid"
    /// It is not valid yet.
    CertificateNotYetValid "The certificate is not yet valid"
    /// It is not valid any more.
    CertificateExpired "The certificate has expired"
    /// The beginning of its validity cannot be read.
    InvalidNotBeforeField "The certificate's notBefore field contains an invalid time"
    /// The end of its validity cannot be read.
    InvalidNotAfterField "The certificate's notAfter field contains an invalid time"
    /// It is self-signed, and not among the trusted ones.
    SelfSignedCertificate "The certificate is self-signed, and untrusted"
    /// The chain ends in a root that is not among the trusted ones.
    SelfSignedCertificateInChain "The root certificate of the certificate chain is self-signed, and untrusted"
    /// The issuer of the last certificate was neither sent, nor is it among the trusted ones.
    UnableToGetLocalIssuerCertificate
        "The issuer certificate of a locally looked up certificate could not be found"
    /// The peer sent one certificate only, and its issuer is not known.
    UnableToVerifyFirstCertificate "No certificates could be verified"
    /// It has been revoked.
    CertificateRevoked "Unknown error"
    /// An issuer is not a certificate authority.
    InvalidCaCertificate "One of the CA certificates is invalid"
    /// There are more certificate authorities below an issuer than it may have.
    PathLengthExceeded "The basicConstraints path length parameter has been exceeded"
    /// It is not meant for this use: a client's certificate on a server, for example.
    InvalidPurpose "The supplied certificate is unsuitable for this purpose"
    /// The root is not trusted for this.
    CertificateUntrusted "The root CA certificate is not trusted for this purpose"
    /// The root is marked as not to be used for this.
    CertificateRejected "The root CA certificate is marked to reject the specified purpose"
    /// An issuer has another name.
    SubjectIssuerMismatch "The current candidate issuer certificate was rejected because its subject name did not match the issuer name of the current certificate"
    /// An issuer has another name and serial number than the certificate says.
    AuthorityIssuerSerialNumberMismatch "The current candidate issuer certificate was rejected because its issuer name and serial number was present and did not match the authority key identifier of the current certificate"
    /// A certificate is needed, and the peer sent none.
    NoPeerCertificate "The peer did not present any certificate"
    /// It was made out for another host.
    HostNameMismatch "The host name did not match any of the valid hosts for this certificate"
    /// TLS is not available.
    NoSslSupport ""
    /// It is known to be misused.
    CertificateBlacklisted "The peer certificate is blacklisted"
    /// It is not known whether the certificate has been revoked.
    CertificateStatusUnknown "Unknown error"
    /// The server did not say whether it has been revoked (OCSP, RFC 6960; so are all that follow).
    OcspNoResponseFound "No OCSP status response found"
    /// The responder did not understand the request.
    OcspMalformedRequest "The OCSP status request had invalid syntax"
    /// The response cannot be read.
    OcspMalformedResponse "OCSP response contains an unexpected number of SingleResponse structures"
    /// The responder is broken.
    OcspInternalError "OCSP responder reached an inconsistent internal state"
    /// The responder has no answer now.
    OcspTryLater "OCSP responder was unable to return a status for the requested certificate"
    /// The responder wants signed requests.
    #[doc(alias = "OcspSigRequred")]
    OcspSigRequired "The server requires the client to sign the OCSP request in order to construct a response"
    /// The responder does not answer this client.
    OcspUnauthorized "The client is not authorized to request OCSP status from this server"
    /// The responder is not who it should be.
    OcspResponseCannotBeTrusted "OCSP responder's identity cannot be verified"
    /// The response is about another certificate.
    OcspResponseCertIdUnknown "The identity of a certificate in an OCSP response cannot be established"
    /// The response is too old.
    OcspResponseExpired "The certificate status response has expired"
    /// The responder does not know the certificate.
    OcspStatusUnknown "The certificate's status is unknown"
    /// Something else: an extension that is not understood, an issuer that may not sign, a name or a policy that an issuer may
    /// not give out, a key that cannot be used.
    UnspecifiedError "Unknown error"
}

impl fmt::Display for SslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())
    }
}

/// The name in the certificate is the peer's choice: what does not print is written as escapes.
impl fmt::Debug for SslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &self.certificate {
            Some(certificate) => write!(f, "({})", certificate.subject_display_name().escape_debug()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SslError {}
