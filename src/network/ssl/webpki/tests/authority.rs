//! Certificates of all kinds, good and bad, made when a test begins.

use std::collections::HashMap;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SigningKey, date_time_ymd,
};

use crate::SslCertificate;
use crate::network::ssl::der;

/// Certificates by name.
pub(super) struct Authority(HashMap<&'static str, Made>);

struct Made {
    certificate: SslCertificate,
    params: CertificateParams,
    key: KeyPair,
}

/// The year in which they are valid, but for some.
const YEAR: i32 = 2026;

impl Authority {
    pub(super) fn new() -> Self {
        let mut made = Self(HashMap::new());
        made.roots();
        made.intermediates();
        made.leaves();
        made.self_signed();
        made
    }

    /// Names, separated by blanks.
    pub(super) fn chain(&self, names: &str) -> Vec<SslCertificate> {
        names.split_whitespace().map(|name| self.0[name].certificate.clone()).collect()
    }

    fn roots(&mut self) {
        self.make("root", "", |params| be_ca(params, "Root", None));
        self.make("root2", "", |params| be_ca(params, "Other Root", None));
        // The same name and another key.
        self.make("fakeroot", "", |params| be_ca(params, "Root", None));
    }

    fn intermediates(&mut self) {
        self.make("intok", "root", |params| be_ca(params, "IntOK", None));
        self.make("intwrong", "root", |params| be_ca(params, "IntOK", None));
        self.make("int0", "root", |params| be_ca(params, "Int0", Some(0)));
        self.make("intbelow0", "int0", |params| be_ca(params, "IntBelow0", None));
        self.make("intbelowok", "intok", |params| be_ca(params, "IntBelowOK", None));
        self.make("intexp", "root", |params| {
            be_ca(params, "IntExp", None);
            expire(params);
        });
        self.make("intr2", "root2", |params| be_ca(params, "IntR2", None));
        self.make("intr2exp", "root2", |params| {
            be_ca(params, "IntR2Exp", None);
            expire(params);
        });
        self.make("intnosign", "root", |params| {
            be_ca(params, "IntNoSign", None);
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
        });
        self.make("intnc", "root", |params| {
            be_ca(params, "IntNC", None);
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("example.org".to_owned())],
                excluded_subtrees: Vec::new(),
            });
        });
        self.make("nonca", "root", |params| {
            name(params, "NonCA");
            params.is_ca = IsCa::ExplicitNoCa;
        });
    }

    fn leaves(&mut self) {
        let of = [
            ("good", "root"),
            ("leafint", "intok"),
            ("leafdeep", "intbelowok"),
            ("leafpath", "intbelow0"),
            ("leafnonca", "nonca"),
            ("leafintexp", "intexp"),
            ("leafr2", "root2"),
            ("badsig", "fakeroot"),
            ("leafintr2", "intr2"),
            ("leafintr2exp", "intr2exp"),
            ("leafintnosign", "intnosign"),
            ("leafintnc", "intnc"),
        ];
        for (leaf, issuer) in of {
            self.make(leaf, issuer, |params| host(params, "localhost"));
        }
        self.make("mismatch", "root", |params| host(params, "other.example"));
        self.make("expired", "root", |params| {
            host(params, "localhost");
            expire(params);
        });
        self.make("notyet", "root", |params| {
            host(params, "localhost");
            params.not_before = date_time_ymd(YEAR + 1, 1, 1);
        });
        for (leaf, issuer) in [("leafintexp2", "intexp"), ("leafr2bad", "root2")] {
            self.make(leaf, issuer, |params| {
                host(params, "other.example");
                expire(params);
            });
        }
        self.make("cnonly", "root", |params| name(params, "localhost"));
        self.make("cnandsan", "root", |params| {
            host(params, "other.example");
            name(params, "localhost");
        });
        let dns = [
            ("wild", "*.example.com"),
            ("wildpart", "f*.example.com"),
            ("wildtld", "*.com"),
            ("ipdns", "127.0.0.1"),
            ("upper", "LOCALHOST"),
        ];
        for (leaf, dns) in dns {
            self.make(leaf, "root", |params| {
                host(params, dns);
                name(params, "x");
            });
        }
        self.make("ip4", "root", |params| {
            name(params, "x");
            let addresses = ["127.0.0.1", "::1"].map(|address| SanType::IpAddress(address.parse().unwrap()));
            params.subject_alt_names = addresses.into();
        });
        for (leaf, usage) in [
            ("ekuclient", ExtendedKeyUsagePurpose::ClientAuth),
            ("ekuserver", ExtendedKeyUsagePurpose::ServerAuth),
        ] {
            self.make(leaf, "root", |params| {
                host(params, "localhost");
                params.extended_key_usages = vec![usage.clone()];
            });
        }
        self.make("kucrl", "root", |params| {
            host(params, "localhost");
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
        });
        self.make("unkcrit", "root", |params| {
            host(params, "localhost");
            let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            unknown.set_criticality(true);
            params.custom_extensions = vec![unknown];
        });
        self.make("caleaf", "root", |params| {
            be_ca(params, "localhost", None);
            host(params, "localhost");
        });
        self.make("tampered", "root", |params| host(params, "localhost"));
        let tampered = self.0.get_mut("tampered").unwrap();
        let mut der = tampered.certificate.to_der().to_vec();
        *der.last_mut().unwrap() ^= 1;
        tampered.certificate = SslCertificate::from_der(der).unwrap();
    }

    fn self_signed(&mut self) {
        self.make("selfsigned", "", |params| host(params, "localhost"));
        self.make("selfca", "", |params| {
            be_ca(params, "localhost", None);
            host(params, "localhost");
        });
        self.make("self3", "", |params| {
            host(params, "other.example");
            expire(params);
        });
        self.make("v1", "", |params| name(params, "localhost"));
        let v1 = self.0.get_mut("v1").unwrap();
        v1.certificate = version_1(&v1.certificate, &v1.key);
        assert_eq!(v1.certificate.version(), 1);
    }

    /// Makes a certificate of that issuer; self-signed if there is none.
    fn make(&mut self, name: &'static str, issuer: &str, describe: impl FnOnce(&mut CertificateParams)) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(YEAR, 1, 1);
        params.not_after = date_time_ymd(YEAR + 2, 1, 1);
        params.use_authority_key_identifier_extension = true;
        describe(&mut params);
        let certificate = match self.0.get(issuer) {
            Some(issuer) => {
                params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)).unwrap()
            }
            None => params.self_signed(&key).unwrap(),
        };
        let certificate = SslCertificate::from_der(certificate.der()).unwrap();
        self.0.insert(name, Made { certificate, params, key });
    }
}

pub(super) fn name(params: &mut CertificateParams, common_name: &str) {
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, common_name);
}

pub(super) fn host(params: &mut CertificateParams, host: &str) {
    name(params, host);
    params.subject_alt_names = vec![SanType::DnsName(host.try_into().unwrap())];
}

pub(super) fn be_ca(params: &mut CertificateParams, common_name: &str, path_length: Option<u8>) {
    name(params, common_name);
    params.is_ca =
        IsCa::Ca(path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
}

pub(super) fn expire(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(YEAR - 1, 1, 1);
    params.not_after = date_time_ymd(YEAR - 1, 6, 1);
}

/// The same without what version 1 does not have: the number of the version, and extensions.
pub(super) fn version_1(certificate: &SslCertificate, key: &KeyPair) -> SslCertificate {
    let changed = signed_anew(certificate, key, |signed| {
        let (mut content, mut rest) = (Vec::new(), signed);
        while let Some((tag, _, after)) = der::value(rest) {
            let encoded = &rest[..rest.len() - after.len()];
            if tag == der::INTEGER || tag == der::SEQUENCE {
                content.extend_from_slice(encoded);
            }
            rest = after;
        }
        content
    });
    SslCertificate::from_der(changed).unwrap()
}

/// The same with something else in what is signed.
pub(in crate::network::ssl) fn signed_anew(
    certificate: &SslCertificate,
    key: &KeyPair,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let (signed, rest) =
        der::expect(der::only(certificate.to_der(), der::SEQUENCE).unwrap(), der::SEQUENCE).unwrap();
    let (algorithm, _) = der::expect(rest, der::SEQUENCE).unwrap();
    let signed = der::encoded(der::SEQUENCE, &change(signed));
    let mut signature = vec![0];
    signature.extend(key.sign(&signed).unwrap());
    let whole =
        [signed, der::encoded(der::SEQUENCE, algorithm), der::encoded(der::BIT_STRING, &signature)].concat();
    der::encoded(der::SEQUENCE, &whole)
}
