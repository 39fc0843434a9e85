//! The text form of certificates and keys (RFC 7468).

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::Error;

/// One `-----BEGIN …-----` with what belongs to it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// Its label: `CERTIFICATE`, `PRIVATE KEY`.
    pub(super) label: &'a str,
    /// OpenSSL's own, older way to encrypt a key: header fields in front of the data (RFC 1421 §4.6.1.1).
    pub(super) is_encrypted: bool,
    /// The data, `None` if it is not base64, or its end is missing.
    pub(super) der: Option<Vec<u8>>,
}

/// The blocks of a text, in order. What stands between them is explanation.
pub(super) fn blocks(text: &[u8]) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    while let Some(line) = lines.next() {
        let Some(label) = label(line, b"-----BEGIN ") else { continue };
        let (mut data, mut is_encrypted, mut is_complete) = (Vec::new(), false, false);
        for line in lines.by_ref() {
            if self::label(line, b"-----END ").is_some() {
                is_complete = true;
                break;
            } else if line.contains(&b':') {
                is_encrypted |= line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
            } else {
                data.extend_from_slice(line);
            }
        }
        let der = BASE64_STANDARD.decode(data).ok().filter(|_| is_complete && !is_encrypted);
        found.push(Block { label, is_encrypted, der });
    }
    found
}

fn label<'a>(line: &'a [u8], begin: &[u8]) -> Option<&'a str> {
    std::str::from_utf8(line.strip_prefix(begin)?.strip_suffix(b"-----")?).ok()
}

/// The text of one block.
pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let data = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = data.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The content of a file; the error names it.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::system(format!("{}: {error}", path.display()), error))
}
