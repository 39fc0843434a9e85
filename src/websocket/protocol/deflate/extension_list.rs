//! The header field `Sec-WebSocket-Extensions` (RFC 6455 §9.1), read without an allocation.

use crate::http::is_token;

/// The extensions of a list, in their order; of an element that breaks the grammar nothing is known.
pub(super) fn extensions(list: &str) -> impl Iterator<Item = Option<Extension<'_>>> {
    split_outside_quotes(list, b',').filter(|element| !element.is_empty()).map(Extension::parse)
}

/// One extension of a list.
#[derive(Clone, Copy)]
pub(super) struct Extension<'l> {
    pub(super) name: &'l str,
    parameters: &'l str,
}

/// A parameter of an extension; its value is without quotes.
pub(super) struct Parameter<'l> {
    pub(super) name: &'l str,
    pub(super) value: Option<&'l str>,
}

impl<'l> Extension<'l> {
    fn parse(element: &'l str) -> Option<Self> {
        let (name, parameters) = match element.split_once(';') {
            Some((name, parameters)) => (trim(name), parameters),
            None => (element, ""),
        };
        let extension = Self { name, parameters };
        // A semicolon is followed by a parameter.
        let is_complete = !element.contains(';') || !trim(parameters).is_empty();
        (is_token(name.as_bytes()) && is_complete).then_some(extension)
    }

    /// Its parameters, in their order; `None` for one that breaks the grammar.
    pub(super) fn parameters(self) -> impl Iterator<Item = Option<Parameter<'l>>> {
        let all = split_outside_quotes(self.parameters, b';');
        all.take_while(move |_| !self.parameters.is_empty()).map(Parameter::parse)
    }
}

impl<'l> Parameter<'l> {
    fn parse(parameter: &'l str) -> Option<Self> {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (trim(name), Some(unquoted(trim(value))?)),
            None => (parameter, None),
        };
        is_token(name.as_bytes()).then_some(Self { name, value })
    }
}

/// Removes the quotes. A quoted value has to be a token as well (RFC 6455 §9.1), so it contains nothing to be unescaped.
fn unquoted(value: &str) -> Option<&str> {
    let token = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    is_token(token.as_bytes()).then_some(token)
}

/// The parts between separators, trimmed.
fn split_outside_quotes(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut in_quotes = false;
        let end = text.bytes().position(|byte| {
            in_quotes ^= byte == b'"';
            byte == separator && !in_quotes
        });
        rest = end.map(|end| &text[end + 1..]);
        Some(trim(&text[..end.unwrap_or(text.len())]))
    })
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
