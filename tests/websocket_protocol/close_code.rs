use slotwire::websocket::protocol::CloseCode;

#[test]
fn every_number_survives_the_enum() {
    for number in 0..=u16::MAX {
        assert_eq!(u16::from(CloseCode::from(number)), number);
    }
}

/// `tst_WebSocketProtocol::tst_closeCodes`
///
/// Qt has a row for each of 0 to 4999, and three more.
#[test]
fn validity_on_the_wire_is_that_of_rfc_6455_and_the_registry() {
    for number in 0..=u16::MAX {
        let valid = (1000..=4999).contains(&number)
            && ![1004, 1005, 1006].contains(&number)
            && !(1015..=2999).contains(&number);
        assert_eq!(CloseCode::from(number).is_valid_on_wire(), valid, "{number}");
    }
}

#[test]
fn a_code_prints_the_name_of_its_qt_enumerator() {
    let named = [
        (1000, "CloseCodeNormal"),
        (1001, "CloseCodeGoingAway"),
        (1002, "CloseCodeProtocolError"),
        (1003, "CloseCodeDatatypeNotSupported"),
        (1004, "CloseCodeReserved1004"),
        (1005, "CloseCodeMissingStatusCode"),
        (1006, "CloseCodeAbnormalDisconnection"),
        (1007, "CloseCodeWrongDatatype"),
        (1008, "CloseCodePolicyViolated"),
        (1009, "CloseCodeTooMuchData"),
        (1010, "CloseCodeMissingExtension"),
        (1011, "CloseCodeBadOperation"),
        (1015, "CloseCodeTlsHandshakeFailed"),
        (1012, "1012"),
        (4999, "4999"),
        (0, "0"),
    ];
    for (number, name) in named {
        assert_eq!(CloseCode::from(number).to_string(), name);
        assert_eq!(format!("{:?}", CloseCode::from(number)), name);
    }
}

#[test]
fn codes_are_equal_when_their_numbers_are() {
    assert_eq!(CloseCode::Other(1000), CloseCode::Normal);
    assert_eq!(CloseCode::Other(1000).to_string(), "CloseCodeNormal");
    assert_ne!(CloseCode::Other(1000), CloseCode::GoingAway);
}
