//! What has no signals: addresses, subnets, URLs, header fields, look-ups that block. A command has a list, and returns one.

use serde_json::{Value, json};
use slotwire::{ConversionMode, HostAddress, HostInfo, NetworkRequest};

use super::{list, text};

mod fields;

/// Whether it is a command about values.
pub(super) fn is_known(name: &str) -> bool {
    matches!(
        name,
        "addresses" | "equal" | "is_equal" | "subnets" | "in_subnet" | "urls" | "headers" | "look_up"
    ) || fields::is_known(name)
}

pub(super) fn command(name: &str, command: &Value) -> Value {
    if name == "headers" {
        return headers(command);
    }
    if fields::is_known(name) {
        return fields::command(name, command);
    }
    let answer = |item: &Value| match name {
        "addresses" => address(of(item)),
        "equal" => (of_text(&item[0]) == of_text(&item[1])).into(),
        "is_equal" => is_equal(item),
        "subnets" => subnet(of(item)),
        "in_subnet" => in_subnet(item),
        "urls" => url(of(item)),
        _ => look_up(of(item)),
    };
    list(command, "list").iter().map(answer).collect()
}

fn of(item: &Value) -> &str {
    item.as_str().unwrap_or_default()
}

/// What is no address is the null address, as in Qt.
fn of_text(item: &Value) -> HostAddress {
    match of(item) {
        "any" => HostAddress::Any,
        text => text.parse().unwrap_or_default(),
    }
}

/// In which of the modes.
fn is_equal(item: &Value) -> Value {
    let modes = [
        ("V4Mapped", ConversionMode::V4Mapped),
        ("V4Compat", ConversionMode::V4Compatible),
        ("Unspecified", ConversionMode::Unspecified),
        ("LocalHost", ConversionMode::LocalHost),
        ("Tolerant", ConversionMode::Tolerant),
        ("Strict", ConversionMode::Strict),
    ];
    let (one, other) = (of_text(&item[0]), of_text(&item[1]));
    let words: Vec<_> =
        modes.iter().filter(|(_, mode)| one.is_equal(other, *mode)).map(|(word, _)| *word).collect();
    json!([item[0], item[1], words.join(" ")])
}

/// The address as text, and what it is.
fn address(text: &str) -> Value {
    let address: HostAddress = text.parse().unwrap_or_default();
    let is = [
        ("null", address.is_null()),
        ("loopback", address.is_loopback()),
        ("global", address.is_global()),
        ("link local", address.is_link_local()),
        ("site local", address.is_site_local()),
        ("unique local", address.is_unique_local_unicast()),
        ("private", address.is_private_use()),
        ("multicast", address.is_multicast()),
        ("broadcast", address.is_broadcast()),
    ];
    let words: Vec<_> = is.iter().filter(|(_, is)| *is).map(|(word, _)| *word).collect();
    let scope_id = address.scope_id().map(|scope_id| scope_id.to_string()).unwrap_or_default();
    json!([text, address.to_string(), words.join(" "), scope_id])
}

fn subnet(text: &str) -> Value {
    match HostAddress::parse_subnet(text) {
        Some((address, length)) => json!([text, address.to_string(), length]),
        None => json!([text, "", -1]),
    }
}

fn in_subnet(item: &Value) -> Value {
    let Some((subnet, length)) = HostAddress::parse_subnet(of(&item[1])) else { return false.into() };
    of_text(&item[0]).is_in_subnet(subnet, length).into()
}

/// The URL as it is asked for; nothing if it is not valid.
fn url(text: &str) -> Value {
    let request = NetworkRequest::new(text);
    json!([text, request.url().map(|url| url.as_str()).unwrap_or_default()])
}

fn look_up(name: &str) -> Value {
    let host = HostInfo::from_name(name);
    let mut addresses: Vec<_> = host.addresses().iter().map(HostAddress::to_string).collect();
    addresses.sort();
    json!([host.host_name(), addresses, host.error_string()])
}

/// Sets header fields and asks for them, one after the other.
fn headers(command: &Value) -> Value {
    let mut request = NetworkRequest::default();
    let latin1 = |text: &str| text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect::<Vec<_>>();
    let from_latin1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
    let mut step = |step: &Value| {
        let name = text(step, "name");
        match text(step, "c") {
            "set" => {
                request.set_raw_header(name, latin1(text(step, "value")));
                Value::Null
            }
            "get" => from_latin1(request.raw_header(name).unwrap_or_default()).into(),
            "has" => request.has_raw_header(name).into(),
            _ => {
                request.raw_headers().map(|(name, value)| format!("{name}: {}", from_latin1(value))).collect()
            }
        }
    };
    list(command, "list").iter().map(&mut step).collect()
}
