//! Distinguished names (RFC 5280 §4.1.2.4), and the names of hosts, mailboxes and so on (§4.2.1.6).

use super::der;

/// The kinds of strings in names.
pub(super) const UTF8: u8 = 0x0c;
pub(super) const NUMERIC: u8 = 0x12;
pub(super) const PRINTABLE: u8 = 0x13;
pub(super) const T61: u8 = 0x14;
pub(super) const IA5: u8 = 0x16;
pub(super) const VISIBLE: u8 = 0x1a;
pub(super) const UNIVERSAL: u8 = 0x1c;
pub(super) const BMP: u8 = 0x1e;

pub(super) const ORGANIZATION: &str = "2.5.4.10";
pub(super) const UNIT: &str = "2.5.4.11";
pub(super) const COMMON_NAME: &str = "2.5.4.3";
pub(super) const EMAIL: &str = "1.2.840.113549.1.9.1";
pub(super) const DOMAIN_COMPONENT: &str = "0.9.2342.19200300.100.1.25";

/// `CN=text`
pub(super) fn cn(text: &str) -> Vec<u8> {
    rdns([attribute(COMMON_NAME, UTF8, text)])
}

/// `O=organization, CN=text`
pub(super) fn o_cn(organization: &str, text: &str) -> Vec<u8> {
    rdns([attribute(ORGANIZATION, UTF8, organization), attribute(COMMON_NAME, UTF8, text)])
}

/// `O=organization`
pub(super) fn o(organization: &str) -> Vec<u8> {
    rdns([attribute(ORGANIZATION, UTF8, organization)])
}

/// `CN=text` in that kind of string.
pub(super) fn cn_as(kind: u8, text: &str) -> Vec<u8> {
    rdns([attribute(COMMON_NAME, kind, text)])
}

pub(super) fn no_name() -> Vec<u8> {
    der::value(der::SEQUENCE, [])
}

/// A name of several attributes, one after the other.
pub(super) fn rdns(attributes: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    der::sequence(attributes.into_iter().map(|attribute| der::value(der::SET, attribute)))
}

pub(super) fn attribute(kind: &str, string: u8, text: &str) -> Vec<u8> {
    let bytes = match string {
        BMP => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        UNIVERSAL => text.chars().flat_map(|char| u32::from(char).to_be_bytes()).collect(),
        T61 => text.chars().map(|char| u32::from(char) as u8).collect(),
        _ => text.as_bytes().to_vec(),
    };
    raw_attribute(kind, string, &bytes)
}

pub(super) fn raw_attribute(kind: &str, string: u8, bytes: &[u8]) -> Vec<u8> {
    der::sequence([der::oid(kind), der::value(string, bytes)])
}

// ---- `GeneralName`

pub(super) fn email(address: &str) -> Vec<u8> {
    der::value(0x81, address)
}

pub(super) fn dns(host: &str) -> Vec<u8> {
    der::value(0x82, host)
}

pub(super) fn directory(name: &[u8]) -> Vec<u8> {
    der::value(0xa4, name)
}

pub(super) fn uri(address: &str) -> Vec<u8> {
    der::value(0x86, address)
}

/// An address, or in constraints an address and a mask.
pub(super) fn ip(bytes: &[u8]) -> Vec<u8> {
    der::value(0x87, bytes)
}

pub(super) fn registered_id(dotted: &str) -> Vec<u8> {
    let mut id = der::oid(dotted);
    id[0] = 0x88;
    id
}

/// A name of a kind that is nobody's.
pub(super) fn other(kind: &str, text: &str) -> Vec<u8> {
    der::value(0xa0, [der::oid(kind), der::tagged(0, &der::value(UTF8, text))].concat())
}
