//! Header fields apart from a request, and cookies.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use slotwire::{HttpHeaders, KnownHeader, NetworkCookie, NetworkRequest};

use super::super::{list, text};
use super::of;

pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "http_headers" | "cookies" | "made_cookies" | "known_headers")
}

pub(super) fn command(name: &str, command: &Value) -> Value {
    let items = list(command, "list").iter();
    match name {
        "http_headers" => {
            let mut headers = HttpHeaders::new();
            items.map(|step| headers_step(&mut headers, step)).collect()
        }
        "cookies" => items.map(|item| cookies(of(item))).collect(),
        "made_cookies" => items.map(|item| cookie_record(&made_cookie(item))).collect(),
        _ => items.map(known_header).collect(),
    }
}

fn headers_step(headers: &mut HttpHeaders, step: &Value) -> Value {
    let (name, value) = (text(step, "name"), to_latin1(text(step, "value")));
    let index = step["index"].as_u64().unwrap_or_default().try_into().unwrap();
    match text(step, "c") {
        "append" => headers.append(name, value).into(),
        "replaceOrAppend" => headers.replace_or_append(name, value).into(),
        "insert" => headers.insert(index, name, value).into(),
        "replace" => headers.replace(index, name, value).into(),
        "value" => from_latin1(headers.value(name).unwrap_or_default()).into(),
        "combinedValue" => from_latin1(&headers.combined_value(name).unwrap_or_default()).into(),
        "values" => headers.values(name).map(from_latin1).collect(),
        "contains" => headers.contains(name).into(),
        "raw" => {
            let mut request = NetworkRequest::default();
            request.set_headers(headers.clone());
            request.raw_headers().map(line).collect()
        }
        "removeAll" => {
            headers.remove_all(name);
            headers.iter().map(line).collect()
        }
        "removeAt" => {
            headers.remove_at(index);
            headers.iter().map(line).collect()
        }
        _ => headers.iter().map(line).collect(),
    }
}

fn line((name, value): (&str, &[u8])) -> String {
    format!("{name}: {}", from_latin1(value))
}

fn cookies(text: &str) -> Value {
    NetworkCookie::parse_cookies(to_latin1(text)).iter().map(cookie_record).collect()
}

fn cookie_record(cookie: &NetworkCookie) -> Value {
    json!({
        "name": from_latin1(cookie.name()), "value": from_latin1(cookie.value()), "domain": cookie.domain(),
        "path": cookie.path(), "expires": cookie.expiration_date().map(seconds),
        "secure": cookie.is_secure(), "httpOnly": cookie.is_http_only(),
        "sameSite": format!("{:?}", cookie.same_site_policy()), "raw": from_latin1(&cookie.to_raw_form()),
    })
}

fn made_cookie(fields: &Value) -> NetworkCookie {
    let mut cookie = NetworkCookie::new(text(fields, "name"), text(fields, "value"));
    cookie.set_domain(text(fields, "domain"));
    cookie.set_path(text(fields, "path"));
    cookie.set_secure(fields["secure"] == true);
    cookie.set_http_only(fields["httpOnly"] == true);
    let end = fields["expires"].as_u64().map(Duration::from_secs);
    cookie.set_expiration_date(end.map(|end| SystemTime::UNIX_EPOCH + end));
    if let Ok(url) = text(fields, "url").parse() {
        cookie.normalize(&url);
    }
    cookie
}

/// The kind of a header field, its text, and its name: the text is set, and the value asked for.
fn known_header(item: &Value) -> Value {
    let (kind, given) = (of(&item[0]), of(&item[1]));
    let mut request = NetworkRequest::default();
    request.set_raw_header(of(&item[2]), to_latin1(given));
    let cookies = |cookies: Option<Vec<NetworkCookie>>| {
        cookies.iter().flatten().map(|cookie| from_latin1(&cookie.to_raw_form())).collect::<Vec<_>>().into()
    };
    let value: Value = match kind {
        "Cookie" => cookies(request.header(KnownHeader::Cookie)),
        "SetCookie" => cookies(request.header(KnownHeader::SetCookie)),
        "LastModified" => request.header(KnownHeader::LastModified).map(seconds).into(),
        "ContentLength" => request.header(KnownHeader::ContentLength).into(),
        "Location" => request.header(KnownHeader::Location).map(String::from).into(),
        "ETag" => request.header(KnownHeader::ETag).into(),
        "IfMatch" => request.header(KnownHeader::IfMatch).into(),
        "IfNoneMatch" => request.header(KnownHeader::IfNoneMatch).into(),
        _ => request.header(KnownHeader::UserAgent).into(),
    };
    json!([kind, given, value])
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn to_latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
