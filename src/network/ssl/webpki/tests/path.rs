//! One path is judged, by all that RFC 5280 §6 asks for. Each chain here was refused where it is good, or let in where it is
//! not, by one of two judges who looked at two paths.

use rcgen::{
    CertificateParams, CidrSubnet, CustomExtension, DistinguishedName, DnType, DnValue, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

use super::authority::{be_ca, expire, host, name, version_1};
use super::*;
use crate::network::ssl::der;

/// A certificate, with what it takes to issue others.
struct Party {
    certificate: SslCertificate,
    params: CertificateParams,
    key: KeyPair,
}

impl Party {
    fn new(issuer: Option<&Self>, describe: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::with_key(key, issuer, describe)
    }

    fn with_key(key: KeyPair, issuer: Option<&Self>, describe: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2028, 1, 1));
        params.use_authority_key_identifier_extension = true;
        describe(&mut params);
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)),
            None => params.self_signed(&key),
        };
        Self { certificate: SslCertificate::from_der(certificate.unwrap().der()).unwrap(), params, key }
    }

    fn root() -> Self {
        Self::new(None, |params| be_ca(params, "Root", None))
    }

    fn issue(&self, describe: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::new(Some(self), describe)
    }

    fn issue_ca(&self, name: &str) -> Self {
        self.issue(|params| be_ca(params, name, None))
    }

    fn issue_leaf(&self) -> Self {
        self.issue(|params| host(params, "host.example"))
    }

    fn constrained(&self, permitted: Vec<GeneralSubtree>, excluded: Vec<GeneralSubtree>) -> Self {
        self.issue(|params| {
            be_ca(params, "Int", None);
            let (permitted_subtrees, excluded_subtrees) = (permitted, excluded);
            params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees });
        })
    }

    fn renamed(&self, value: DnValue) -> Self {
        let mut params = self.params.clone();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, value);
        let key = KeyPair::from_pem(&self.key.serialize_pem()).unwrap();
        Self { certificate: self.certificate.clone(), params, key }
    }
}

fn errors(sent: &[&Party], trusted: &[&Party], purpose: Purpose) -> String {
    let certificates =
        |parties: &[&Party]| parties.iter().map(|party| party.certificate.clone()).collect::<Vec<_>>();
    text(&verifier(certificates(trusted), 0).errors(&certificates(sent), purpose, now()))
}

fn of_server(sent: &[&Party], trusted: &Party) -> String {
    errors(sent, &[trusted], Purpose::Server)
}

fn extension(id: &[u64], is_critical: bool, value: Vec<u8>) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(id, value);
    extension.set_criticality(is_critical);
    extension
}

fn dns(name: &str) -> GeneralSubtree {
    GeneralSubtree::DnsName(name.to_owned())
}

fn mailbox(name: &str) -> GeneralSubtree {
    GeneralSubtree::Rfc822Name(name.to_owned())
}

fn directory(name: &str) -> GeneralSubtree {
    let mut base = DistinguishedName::new();
    base.push(DnType::CommonName, name);
    GeneralSubtree::DirectoryName(base)
}

#[test]
fn an_authority_that_serves_has_no_names_that_its_issuer_may_not_give_out() {
    let root = Party::root();
    let addresses = || GeneralSubtree::IpAddress(CidrSubnet::V4([192, 0, 2, 0], [255, 255, 255, 0]));
    let rows = [
        (vec![dns("test")], vec![]),
        (vec![], vec![dns("example")]),
        (vec![], vec![addresses()]),
        (vec![mailbox("test")], vec![]),
        (vec![directory("other")], vec![]),
        (vec![], vec![directory("host.example")]),
    ];
    for (permitted, excluded) in rows {
        let int = root.constrained(permitted, excluded);
        for is_ca in [false, true] {
            let leaf = int.issue(|params| {
                if is_ca {
                    be_ca(params, "host.example", None);
                }
                host(params, "host.example");
                params.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 1].into()));
                params.subject_alt_names.push(SanType::Rfc822Name("a@host.example".try_into().unwrap()));
            });
            for purpose in [Purpose::Server, Purpose::Client] {
                assert_eq!(errors(&[&leaf, &int], &[&root], purpose), "UnspecifiedError(host.example)");
            }
        }
    }
}

#[test]
fn names_of_all_kinds_that_an_authority_may_give_out_are_good() {
    let root = Party::root();
    let rows = [
        (vec![dns("example"), mailbox("host.example"), directory("HOST.example")], vec![]),
        (vec![mailbox("a@host.example")], vec![mailbox("b@host.example"), directory("other"), dns("test")]),
        (vec![GeneralSubtree::IpAddress(CidrSubnet::V4([192, 0, 2, 0], [255, 255, 255, 0]))], vec![]),
    ];
    for (permitted, excluded) in rows {
        let int = root.constrained(permitted, excluded);
        let leaf = int.issue(|params| {
            host(params, "host.example");
            params.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 1].into()));
            params.subject_alt_names.push(SanType::Rfc822Name("a@host.example".try_into().unwrap()));
        });
        assert_eq!(of_server(&[&leaf, &int], &root), "");
    }
}

#[test]
fn a_common_name_is_constrained_where_it_is_a_hosts() {
    let root = Party::root();
    let int = root.constrained(vec![dns("test")], Vec::new());
    for common_name in ["host.example", "localhost", "*.host.example"] {
        let leaf = int.issue(|params| name(params, common_name));
        assert_eq!(of_server(&[&leaf, &int], &root), format!("UnspecifiedError({common_name})"));
    }
    for common_name in ["host.test", "Some Body", "ex\u{e4}mple.com"] {
        let leaf = int.issue(|params| name(params, common_name));
        assert_eq!(of_server(&[&leaf, &int], &root), "");
    }
    // It is none beside another name.
    let leaf = int.issue(|params| {
        host(params, "host.test");
        name(params, "host.example");
    });
    assert_eq!(of_server(&[&leaf, &int], &root), "");
    assert!(host_name::mismatch(&leaf.certificate, "host.example").is_some());
}

#[test]
fn the_mailbox_in_a_subject_is_constrained() {
    let root = Party::root();
    let email = || DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
    let int = root.constrained(vec![mailbox("host.test")], Vec::new());
    let client = |address: DnValue| {
        int.issue(|params| {
            name(params, "client");
            params.distinguished_name.push(email(), address);
        })
    };
    let ia5 = |address: &str| DnValue::Ia5String(address.try_into().unwrap());
    let of = |client: &Party| errors(&[client, &int], &[&root], Purpose::Client);
    assert_eq!(of(&client(ia5("a@host.test"))), "");
    assert_eq!(of(&client(ia5("a@host.example"))), "UnspecifiedError(client)");
    assert_eq!(of(&client(DnValue::Utf8String("a@host.test".to_owned()))), "UnspecifiedError(client)");
}

#[test]
fn constraints_hold_wherever_on_the_path_they_are() {
    let root = Party::root();
    let constrained = root.constrained(vec![dns("test")], Vec::new());
    let int = constrained.issue_ca("Below");
    let leaf = int.issue_leaf();
    assert_eq!(of_server(&[&leaf, &int, &constrained], &root), "UnspecifiedError(host.example)");
    // Those of a trusted one hold too, and it does not end the path.
    let trusting_both = |other| errors(&[&leaf, &int, &constrained], &[other, &root], Purpose::Server);
    assert_eq!(trusting_both(&constrained), "UnspecifiedError(host.example)");
    // Nor does this one: above it, only trusted ones are looked for.
    assert_eq!(trusting_both(&int), "UnableToGetIssuerCertificate(Below)");
}

#[test]
fn an_excluded_host_stays_so_with_the_dot_of_the_root() {
    let root = Party::root();
    for (excluded, name) in [
        ("host.example", "host.example."),
        ("example", "host.example."),
        ("host.example.", "host.example"),
        ("host.example", "*.example."),
    ] {
        let int = root.constrained(Vec::new(), vec![dns(excluded)]);
        let leaf = int.issue(|params| {
            // An authority that serves: webpki does not look at its names.
            be_ca(params, name, None);
            params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
        });
        assert_eq!(of_server(&[&leaf, &int], &root), format!("UnspecifiedError({name})"), "{excluded}");
    }
}

#[test]
fn names_are_compared_with_the_constraints_of_all_authorities_up_to_one_bound() {
    let root = Party::root();
    let excluded = || (0..500).map(|number| dns(&format!("{number}.test"))).collect();
    let upper = root.constrained(Vec::new(), excluded());
    let lower = upper.constrained(Vec::new(), excluded());
    let leaf = |issuer: &Party| {
        issuer.issue(|params| {
            let name = |number| SanType::DnsName(format!("{number}.example").try_into().unwrap());
            params.subject_alt_names = (0..1500).map(name).collect();
        })
    };
    let is_forbidden = |sent: &[&Party]| {
        let sent: Vec<_> = sent.iter().map(|party| party.certificate.clone()).collect();
        let verifier = verifier(vec![root.certificate.clone()], 0);
        let now = certificate_chain::seconds(now());
        let path = CertificatePath::build(&sent[0], &sent[1..], &verifier.trusted, now);
        certificate_chain::judge(path, &verifier, Purpose::Server, now).has(Fault::ForbiddenName)
    };
    assert!(!is_forbidden(&[&leaf(&upper), &upper]));
    assert!(is_forbidden(&[&leaf(&lower), &lower, &upper]));
}

#[test]
fn a_damaged_extension_spoils_a_certificate_be_it_critical_or_not() {
    let root = Party::root();
    let rows: [(&[u64], &[u8]); 16] = [
        (&[2, 5, 29, 15], &[3, 2, 5]),
        (&[2, 5, 29, 15], &[3, 2, 9, 0xa0]),
        (&[2, 5, 29, 15], &[3, 2, 0, 0]),
        (&[2, 5, 29, 15], &[4, 2, 5, 0xa0]),
        (&[2, 5, 29, 19], &[0x30, 3, 1, 1, 1]),
        (&[2, 5, 29, 19], &[0x30, 0, 0]),
        (&[2, 5, 29, 37], &[0x30, 2, 4, 0]),
        (&[2, 5, 29, 30], &[0x30, 1, 0xa0]),
        (&[2, 5, 29, 17], &[0x30, 2, 0x82, 1]),
        (&[2, 5, 29, 17], &[0x30, 2, 0x89, 0]),
        (&[2, 5, 29, 14], &[4, 1]),
        (&[2, 5, 29, 31], &[0x30, 1, 0]),
        (&[2, 5, 29, 32], &[0x30, 0]),
        (&[2, 5, 29, 36], &[0x30, 3, 0x80, 1, 0xff]),
        (&[2, 5, 29, 54], &[2, 1, 0xff]),
        (&[2, 16, 840, 1, 113_730, 1, 1], &[3, 1, 8]),
    ];
    for (id, value) in rows {
        // Identifiers of keys that are critical are refused as such.
        for is_critical in [false, true].into_iter().take(if id == [2, 5, 29, 14] { 1 } else { 2 }) {
            let damaged = || vec![extension(id, is_critical, value.to_vec())];
            let leaf = root.issue(|params| {
                name(params, "host.example");
                params.custom_extensions = damaged();
            });
            // OpenSSL does not look at policies.
            let is_of_policies = matches!(id, [2, 5, 29, 32 | 36 | 54]);
            let no_issuer = "UnableToGetLocalIssuerCertificate(host.example) UnableToVerifyFirstCertificate(host.example)";
            let expected = if is_of_policies { "UnspecifiedError(host.example)" } else { no_issuer };
            assert_eq!(of_server(&[&leaf], &root), expected, "{id:?} {value:?}");
            let int = root.issue(|params| {
                be_ca(params, "Int", None);
                if id == [2, 5, 29, 19] || id == [2, 5, 29, 14] {
                    params.is_ca = IsCa::NoCa;
                }
                params.custom_extensions = damaged();
            });
            let expected = if is_of_policies { "UnspecifiedError(Int)" } else { no_issuer };
            assert_eq!(of_server(&[&int.issue_leaf(), &int], &root), expected, "{id:?} {value:?}");
        }
    }
    let twice = root.issue(|params| {
        host(params, "host.example");
        params.custom_extensions = vec![extension(&[1, 2, 3], false, vec![5, 0]); 2];
    });
    assert_ne!(of_server(&[&twice], &root), "");
}

#[test]
fn an_error_is_that_of_the_certificate_on_the_path() {
    let (root, evil_root) = (Party::root(), Party::new(None, |params| be_ca(params, "Evil Root", None)));
    let leaf = evil_root.issue_leaf();
    let in_chain = "SelfSignedCertificateInChain(Evil Root)";
    assert_eq!(of_server(&[&leaf, &root, &evil_root], &Party::root()), in_chain);
    // Nor is what stands there taken for the issuer.
    let (int, evil_int) = (root.issue_ca("Int"), evil_root.issue_ca("Evil Int"));
    let leaf = evil_int.issue_leaf();
    let local = "UnableToGetLocalIssuerCertificate(Evil Int)";
    assert_eq!(of_server(&[&leaf, &int, &evil_int], &root), local);
}

#[test]
fn an_error_that_may_be_ignored_hides_no_other() {
    let root = Party::root();
    let expired = |permitted: GeneralSubtree| {
        root.issue(|params| {
            be_ca(params, "Int", None);
            expire(params);
            params.name_constraints =
                Some(NameConstraints { permitted_subtrees: vec![permitted], excluded_subtrees: Vec::new() });
        })
    };
    let both = "CertificateExpired(Int) UnspecifiedError(host.example)";
    let int = expired(dns("test"));
    assert_eq!(of_server(&[&int.issue_leaf(), &int], &root), both);
    // Only webpki refuses this: a network with holes.
    let int = expired(GeneralSubtree::IpAddress(CidrSubnet::V4([192, 0, 2, 1], [255, 0, 255, 255])));
    let leaf = int.issue(|params| {
        host(params, "host.example");
        params.not_before = date_time_ymd(2025, 1, 1);
        params.subject_alt_names.push(SanType::IpAddress([192, 0, 2, 1].into()));
    });
    assert_eq!(of_server(&[&leaf, &int], &root), both);
    // A root that is not trusted.
    let int = root.constrained(vec![dns("test")], Vec::new());
    let untrusted = "SelfSignedCertificateInChain(Root) UnspecifiedError(host.example)";
    assert_eq!(of_server(&[&int.issue_leaf(), &int, &root], &Party::root()), untrusted);
    // One that is not known.
    let unknown = "UnableToGetLocalIssuerCertificate(Int) UnspecifiedError(host.example)";
    assert_eq!(of_server(&[&int.issue_leaf(), &int], &Party::root()), unknown);
}

#[test]
fn the_length_of_a_path_is_that_of_its_intermediates() {
    let root = Party::new(None, |params| be_ca(params, "Root", Some(1)));
    let int = root.issue(|params| be_ca(params, "Int", Some(0)));
    assert_eq!(of_server(&[&int.issue_leaf(), &int], &root), "");
    // A certificate that renews a key does not count.
    let renewed = int.issue(|params| be_ca(params, "Int", Some(0)));
    assert_eq!(of_server(&[&renewed.issue_leaf(), &renewed, &int], &root), "");
    let below = int.issue_ca("Below");
    let too_long = "PathLengthExceeded(Int) PathLengthExceeded(Root)";
    assert_eq!(of_server(&[&below.issue_leaf(), &below, &int], &root), too_long);
    let mut path = vec![Party::root()];
    for depth in 0..9 {
        path.insert(0, path[0].issue_ca(&format!("Int {depth}")));
    }
    path.insert(0, path[0].issue_leaf());
    assert_eq!(of_server(&path.iter().collect::<Vec<_>>(), &path[10]), "");
}

#[test]
fn names_are_the_same_in_all_kinds_of_strings() {
    let root = Party::root();
    let kinds = [
        DnValue::PrintableString("ROOT".try_into().unwrap()),
        DnValue::Ia5String("  root ".try_into().unwrap()),
        DnValue::TeletexString("Root".try_into().unwrap()),
        DnValue::BmpString("Root".try_into().unwrap()),
        DnValue::UniversalString("Root".try_into().unwrap()),
    ];
    for kind in kinds {
        let int = root.renamed(kind).issue_ca("Int");
        assert_eq!(of_server(&[&int.issue_leaf(), &int], &root), "");
    }
    let other = root.renamed(DnValue::Utf8String("R oot".to_owned())).issue_leaf();
    assert_ne!(of_server(&[&other], &root), "");
}

#[test]
fn hosts_are_read_from_all_kinds_of_strings() {
    let kinds = [
        DnValue::TeletexString("host.example".try_into().unwrap()),
        DnValue::BmpString("host.example".try_into().unwrap()),
        DnValue::UniversalString("host.example".try_into().unwrap()),
    ];
    for kind in kinds {
        let leaf = Party::root().issue(|params| {
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, kind);
        });
        assert_eq!(host_name::mismatch(&leaf.certificate, "host.example"), None);
    }
}

#[test]
fn a_wildcard_stands_before_labels_of_hosts_only() {
    let root = Party::root();
    let fits = |name: &str, host: &str| {
        let leaf = root.issue(|params| {
            params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
        });
        host_name::mismatch(&leaf.certificate, host).is_none()
    };
    assert!(fits("*.b.example", "a.b.example"));
    assert!(fits("a-b*.c.example", "a-bc.c.example"));
    for (name, host) in [
        ("*..example", "a..example"),
        ("*.b..example", "a.b..example"),
        ("*.b.example.", "a.b.example."),
        ("*.b_c.example", "a.b_c.example"),
        ("*.-b.example", "a.-b.example"),
        ("*.b-.example", "a.b-.example"),
        ("a-*.b.example", "a-b.b.example"),
        ("a_*.b.example", "a_b.b.example"),
    ] {
        assert!(!fits(name, host), "{name}");
    }
}

#[test]
fn of_several_issuers_the_one_in_date_is_taken() {
    let root = Party::root();
    let key = || KeyPair::from_pem(&root.key.serialize_pem()).unwrap();
    let expired = Party::with_key(key(), None, |params| {
        be_ca(params, "Root", None);
        expire(params);
    });
    let leaf = root.issue_leaf();
    assert_eq!(errors(&[&leaf], &[&expired, &root], Purpose::Server), "");
    let int = root.issue_ca("Int");
    let leaf = int.issue_leaf();
    let key = KeyPair::from_pem(&int.key.serialize_pem()).unwrap();
    let old = Party::with_key(key, Some(&root), |params| {
        be_ca(params, "Int", None);
        expire(params);
    });
    assert_eq!(of_server(&[&leaf, &old, &int], &root), "");
    assert_eq!(of_server(&[&leaf, &old], &root), "CertificateExpired(Int)");
}

#[test]
fn above_a_trusted_certificate_only_trusted_ones_are_looked_for() {
    let root = Party::root();
    let int = root.issue_ca("Int");
    assert_eq!(of_server(&[&int.issue_leaf(), &int, &root], &int), "UnableToGetIssuerCertificate(Int)");
}

#[test]
fn keys_that_are_for_rsa_pss_only_sign() {
    let chain = SslCertificate::from_pem(include_str!("rsa_pss.pem")).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_830_000_000);
    let errors = verifier(vec![chain[1].clone()], 0).errors(&chain[..1], Purpose::Server, now);
    assert_eq!(text(&errors), "");
}

#[test]
fn a_leaf_of_version_1_is_good_and_an_intermediate_is_not() {
    let root = Party::root();
    let mut leaf = root.issue(|params| name(params, "host.example"));
    leaf.certificate = version_1(&leaf.certificate, &root.key);
    assert_eq!(of_server(&[&leaf], &root), "");
    let mut int = root.issue_ca("Int");
    int.certificate = version_1(&int.certificate, &root.key);
    let refused = "InvalidCaCertificate(Int) InvalidPurpose(Int)";
    assert_eq!(of_server(&[&int.issue(|params| host(params, "host.example")), &int], &root), refused);
}

#[test]
fn a_root_need_not_say_that_it_is_one() {
    let without_constraints = |usages: Vec<KeyUsagePurpose>| {
        Party::new(None, |params| {
            name(params, "Root");
            params.is_ca = IsCa::NoCa;
            params.key_usages = usages;
        })
    };
    let root = without_constraints(vec![KeyUsagePurpose::KeyCertSign]);
    assert_eq!(of_server(&[&root.issue_leaf()], &root), "");
    let no_root = without_constraints(Vec::new());
    let refused = "InvalidCaCertificate(Root) InvalidPurpose(Root)";
    assert_eq!(of_server(&[&no_root.issue_leaf()], &no_root), refused);
    // Anywhere else it has to.
    let root = Party::root();
    let int = root.issue(|params| {
        name(params, "Int");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    });
    assert_eq!(of_server(&[&int.issue_leaf(), &int], &root), "InvalidCaCertificate(Int)");
}

#[test]
fn a_key_for_nothing_that_is_needed_does_not_serve() {
    let root = Party::root();
    let netscape = |bits| vec![extension(&[2, 16, 840, 1, 113_730, 1, 1], true, vec![3, 2, 0, bits])];
    let with = |extensions: Vec<CustomExtension>| {
        root.issue(|params| {
            host(params, "host.example");
            params.custom_extensions = extensions;
        })
    };
    assert_eq!(of_server(&[&with(netscape(0x40))], &root), "");
    assert_eq!(of_server(&[&with(netscape(0x80))], &root), "InvalidPurpose(host.example)");
    assert_eq!(errors(&[&with(netscape(0x80))], &[&root], Purpose::Client), "");
}

#[test]
fn policies_that_allow_a_path_are_good_also_if_they_are_critical() {
    const A: &[u8] = &[0x2a, 3, 1];
    const B: &[u8] = &[0x2a, 3, 2];
    const ANY: &[u8] = &[0x55, 0x1d, 0x20, 0];
    let policies = |ids: &[&[u8]]| {
        let each = |id: &&[u8]| der::encoded(der::SEQUENCE, &der::encoded(der::OBJECT_IDENTIFIER, id));
        extension(
            &[2, 5, 29, 32],
            true,
            der::encoded(der::SEQUENCE, &ids.iter().flat_map(each).collect::<Vec<_>>()),
        )
    };
    let require = |after| extension(&[2, 5, 29, 36], true, vec![0x30, 3, 0x80, 1, after]);
    let inhibit_any = |after| extension(&[2, 5, 29, 54], true, vec![2, 1, after]);
    let map = || {
        let pair =
            [der::encoded(der::OBJECT_IDENTIFIER, A), der::encoded(der::OBJECT_IDENTIFIER, B)].concat();
        let pairs = der::encoded(der::SEQUENCE, &der::encoded(der::SEQUENCE, &pair));
        extension(&[2, 5, 29, 33], false, pairs)
    };
    let rows = [
        // Of the intermediate, of the leaf, and whether it is good.
        (vec![policies(&[A])], vec![policies(&[A])], true),
        (vec![policies(&[A])], vec![policies(&[B])], true),
        (vec![policies(&[A])], vec![], true),
        (vec![policies(&[A]), require(0)], vec![policies(&[A])], true),
        (vec![policies(&[A]), require(0)], vec![policies(&[B, A])], true),
        (vec![policies(&[A]), require(0)], vec![policies(&[B])], false),
        (vec![policies(&[A]), require(0)], vec![], false),
        (vec![policies(&[A]), require(1)], vec![], false),
        (vec![policies(&[A]), require(2)], vec![], true),
        (vec![policies(&[ANY]), require(0)], vec![policies(&[B])], true),
        (vec![policies(&[A]), require(0)], vec![policies(&[ANY])], true),
        (vec![policies(&[A]), require(0), inhibit_any(0)], vec![policies(&[ANY])], false),
        (vec![policies(&[A]), inhibit_any(0)], vec![policies(&[ANY])], true),
        (vec![], vec![require(0)], false),
        (vec![policies(&[A]), map()], vec![policies(&[B])], true),
        (vec![policies(&[A]), map(), require(0)], vec![policies(&[B])], false),
    ];
    let root = Party::root();
    for (row, (of_int, of_leaf, is_good)) in rows.into_iter().enumerate() {
        let int = root.issue(|params| {
            be_ca(params, "Int", None);
            params.custom_extensions = of_int;
        });
        let leaf = int.issue(|params| {
            host(params, "host.example");
            params.custom_extensions = of_leaf;
        });
        let expected = if is_good { "" } else { "UnspecifiedError(host.example)" };
        assert_eq!(of_server(&[&leaf, &int], &root), expected, "row {row}");
    }
}
