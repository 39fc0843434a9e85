//! `QSslCertificate::verify`: the judgement of a chain that no connection has brought.

use super::ssl_certificate::SslCertificate;
use super::ssl_configuration::SslConfiguration;
use super::ssl_error::SslError;
use super::{back_end, host_name};

impl SslCertificate {
    /// Checks a server's certificate chain, its own certificate first, and returns what is wrong: nothing if it is good.
    ///
    /// The trusted certificates are those of
    /// [`SslConfiguration::default_configuration`](super::SslConfiguration::default_configuration). With `None` for the host,
    /// names are not checked. Connections do all this by themselves.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration, SslErrorKind};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// let errors = SslCertificate::verify(&chain, Some("demo.example"));
    /// assert_eq!(errors[0].kind(), SslErrorKind::SelfSignedCertificate);
    ///
    /// // From now on this process trusts it.
    /// let mut configuration = SslConfiguration::default_configuration();
    /// configuration.add_ca_certificates(chain.clone());
    /// SslConfiguration::set_default_configuration(&configuration);
    /// assert!(SslCertificate::verify(&chain, Some("demo.example")).is_empty());
    /// # SslConfiguration::set_default_configuration(&SslConfiguration::new());
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn verify(chain: &[Self], host: Option<&str>) -> Vec<SslError> {
        let mismatch = host.zip(chain.first()).and_then(|(host, leaf)| host_name::mismatch(leaf, host));
        let settings = SslConfiguration::default_configuration();
        mismatch.into_iter().chain(back_end::errors_of_server(chain, settings.settings())).collect()
    }
}
