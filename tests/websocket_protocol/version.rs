use slotwire::websocket::protocol::Version;

/// `tst_WebSocketProtocol::tst_versionFromString`
#[test]
fn a_version_is_recognised_by_its_number() {
    let rows = [
        ("0", Version::V0),
        ("1", Version::Unknown),
        ("2", Version::Unknown),
        ("3", Version::Unknown),
        ("4", Version::V4),
        ("5", Version::V5),
        ("6", Version::V6),
        ("7", Version::V7),
        ("8", Version::V8),
        ("9", Version::Unknown),
        ("10", Version::Unknown),
        ("11", Version::Unknown),
        ("12", Version::Unknown),
        ("13", Version::V13),
        ("14", Version::Unknown),
        ("-1", Version::Unknown),
        ("", Version::Unknown),
        ("thirteen", Version::Unknown),
        ("99999999999999999999", Version::Unknown),
    ];
    for (name, version) in rows {
        assert_eq!(Version::from_name(name), version, "{name:?}");
    }
}

#[test]
fn the_latest_version_is_13() {
    assert_eq!(Version::LATEST.number(), 13);
    assert_eq!(Version::default(), Version::LATEST);
    assert_eq!(Version::Unknown.number(), -1);
}
