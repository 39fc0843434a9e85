use slotwire::websocket::protocol::OpCode;

/// `tst_WebSocketProtocol::tst_opCodes`
#[test]
fn opcodes_3_to_7_and_11_to_15_are_reserved() {
    for bits in 0..=u8::MAX {
        let reserved = matches!(bits, 3..=7 | 11..);
        assert_eq!(OpCode::from_bits(bits).is_none(), reserved, "{bits}");
    }
}

#[test]
fn an_opcode_knows_its_bits_and_its_kind() {
    for bits in [0, 1, 2, 8, 9, 10] {
        let op_code = OpCode::from_bits(bits).unwrap();
        assert_eq!(op_code.bits(), bits);
        assert_eq!(op_code.is_control(), bits >= 8);
    }
}
