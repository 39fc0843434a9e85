//! What is played: the scenarios of `scenarios/*.json`, as README.md describes them.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::script::Script;

/// What the program does, and what the other end of the wire does, step by step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// What it is about, in a sentence.
    pub(crate) doc: String,
    /// Why it is made as it is, for readers.
    #[serde(default, rename = "note")]
    _note: Option<String>,
    #[serde(default)]
    pub(crate) options: Options,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// In place of steps, if there is no other end.
    #[serde(default)]
    pub(crate) script: Script,
    #[serde(skip)]
    pub(crate) role: Role,
    /// Changes with all that a trace of it depends on.
    #[serde(skip)]
    pub(crate) fingerprint: String,
    /// Whether a peer speaks TLS, or the subject has certificates.
    #[serde(skip)]
    pub(crate) needs_tls: bool,
}

/// Which end of the connection the subject is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    Client,
    Server,
    /// A script: there is no connection.
    Core,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) bytes_written: BytesWritten,
    pub(crate) order: Order,
    /// Whether the masks that the subject chose are in the trace.
    pub(crate) show_mask: bool,
    /// Whether nothing is asked at the end.
    pub(crate) no_final: bool,
    /// Whether the subject has lost the right to listen on ports that are reserved.
    pub(crate) no_low_ports: bool,
}

/// How `bytesWritten`, which comes as often as the system likes, is in the trace.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BytesWritten {
    #[default]
    Sum,
    Order,
    Ignore,
}

/// Which order of calls and signals is in the trace.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    #[default]
    Whole,
    /// That of each object alone: of two descriptors that are ready together, either may be told first.
    ByObject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Step {
    Command(Map<String, Value>),
    Wait { o: String, s: String },
    Settle(u64),
    Sleep(u64),
    Listener { name: String, backlog: i32, fill: usize },
    Greeter(Greeter),
    Accept(Accept),
    Connect(Connect),
    StartTls(StartTls),
    Expect { peer: String, what: String, n: Option<usize>, within: Option<u64> },
    ExpectBytes { peer: String, n: usize },
    ReadAs { peer: String, what: Reading },
    Hold(String),
    Send(Send),
    HalfClose(String),
    Rst(String),
    Fin(String),
    CloseNotify(String),
    Probe(String),
    NoMoreFiles(bool),
    LearnPort { o: String },
}

/// A listener with a thread of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Greeter {
    pub(crate) name: String,
    pub(crate) bytes: Vec<Bytes>,
    /// How many it accepts and greets.
    pub(crate) count: Option<usize>,
    /// Whether it shuts its side down behind the greeting.
    #[serde(default)]
    pub(crate) half_close: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    pub(crate) peer: String,
    pub(crate) listener: Option<String>,
    pub(crate) tls: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    pub(crate) peer: String,
    pub(crate) tls: Option<Value>,
}

/// A connected peer speaks TLS from here on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartTls {
    pub(crate) peer: String,
    pub(crate) tls: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Send {
    pub(crate) peer: String,
    pub(crate) bytes: Vec<Bytes>,
    /// How many bytes go out at a time.
    pub(crate) split: Option<usize>,
    /// How many milliseconds pass between two of these.
    #[serde(default)]
    pub(crate) gap: u64,
    /// Whether the subject may leave bytes unread.
    #[serde(default)]
    pub(crate) no_wait: bool,
}

/// As what a peer takes the bytes it receives.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reading {
    Http,
    Frames,
    Raw,
    Discard,
}

/// A part of what a peer sends.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Bytes {
    Text(String),
    Head(Head),
    Frame(Frame),
    Payload(Payload),
}

/// Lines, and an empty one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    head: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    text: Option<String>,
    hex: Option<String>,
    repeat: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Frame {
    frame: OpCode,
    fin: Option<bool>,
    #[serde(default)]
    rsv: u8,
    mask: Option<String>,
    /// The length in the header, if it is not that of the payload.
    length: Option<u64>,
    /// How many bits the length takes, if not the fewest.
    form: Option<u8>,
    /// The close code.
    code: Option<u16>,
    text: Option<String>,
    hex: Option<String>,
    repeat: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OpCode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
    #[serde(untagged)]
    Other(u8),
}

/// All scenarios, in the order of their files and in them.
pub(crate) fn load(folder: &Path) -> Result<Vec<Scenario>, String> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let mut scenarios = Vec::new();
    for file in files {
        let in_file = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = fs::read_to_string(&file).map_err(|error| in_file(&error))?;
        let role = match file.file_name().and_then(|name| name.to_str()?.split_once('-')) {
            Some(("client", _)) => Role::Client,
            Some(("server", _)) => Role::Server,
            Some(("core", _)) => Role::Core,
            _ => return Err(in_file(&"is neither client-….json nor server-….json nor core-….json")),
        };
        for value in serde_json::from_str::<Vec<Value>>(&text).map_err(|error| in_file(&error))? {
            let fingerprint = fingerprint(role, &value);
            let steps = value["steps"].to_string();
            let names_tls = |steps: &str| {
                ["\"tls\":", "{certs}", "wss:", "ssl_", "new_ssl"].iter().any(|part| steps.contains(part))
            };
            let needs_tls = names_tls(&steps) || asks_for_everything(&value["steps"]);
            let scenario = Scenario::deserialize(&value)
                .map_err(|error| format!("{}: {}: {error}", file.display(), value["name"]))?;
            scenarios.push(Scenario { role, fingerprint, needs_tls, ..scenario });
        }
    }
    Ok(scenarios)
}

/// Whether a query of a WebSocket or its server names nothing: a build without TLS has fewer answers.
fn asks_for_everything(steps: &Value) -> bool {
    let commands = steps.as_array().into_iter().flatten().map(|step| &step["command"]);
    let is_tcp = |command: &&Value| command["o"].as_str().is_some_and(|name| name.starts_with('t'));
    let queries = commands.filter(|command| command["c"] == "query" && !is_tcp(command));
    queries.into_iter().any(|command| command.get("what").is_none())
}

fn fingerprint(role: Role, scenario: &Value) -> String {
    let mut played = json!({"options": {}, "role": role.name(), "steps": scenario["steps"]});
    for part in ["options", "script"] {
        if let Some(value) = scenario.get(part) {
            played[part] = value.clone();
        }
    }
    played.sort_all_objects();
    let hash = Sha256::digest(played.to_string());
    hex(&hash[..8])
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Core => "core",
        }
    }
}

impl Scenario {
    /// Whether a step needs what belongs to the whole process.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::NoMoreFiles(_)))
    }
}

impl Bytes {
    /// The bytes themselves, with `fill` called for texts that may have a port or a key left out.
    pub(crate) fn append_to(&self, bytes: &mut Vec<u8>, fill: impl Fn(&str) -> String) {
        match self {
            Self::Text(text) => bytes.extend_from_slice(fill(text).as_bytes()),
            Self::Head(Head { head }) => {
                for line in head {
                    bytes.extend_from_slice(fill(line).as_bytes());
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"\r\n");
            }
            Self::Frame(frame) => frame.append_to(bytes),
            Self::Payload(payload) => bytes.extend(payload.bytes()),
        }
    }
}

impl Payload {
    fn bytes(&self) -> Vec<u8> {
        payload(self.text.as_deref(), self.hex.as_deref(), self.repeat)
    }
}

fn payload(text: Option<&str>, hex: Option<&str>, repeat: Option<usize>) -> Vec<u8> {
    let once = match (text, hex) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, hex) => unhex(hex.unwrap_or_default()),
    };
    once.repeat(repeat.unwrap_or(1))
}

impl Frame {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        let mut payload = payload(self.text.as_deref(), self.hex.as_deref(), self.repeat);
        if let Some(code) = self.code {
            payload.splice(0..0, code.to_be_bytes());
        }
        let length = self.length.unwrap_or(payload.len() as u64);
        let form = self.form.unwrap_or(match length {
            0..=125 => 7,
            126..=0xFFFF => 16,
            _ => 64,
        });
        let mask_bit = if self.mask.is_some() { 0x80 } else { 0 };
        bytes.push(u8::from(self.fin.unwrap_or(true)) << 7 | self.rsv << 4 | self.frame.number());
        match form {
            7 => bytes.push(mask_bit | length as u8),
            16 => {
                bytes.push(mask_bit | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        if let Some(mask) = &self.mask {
            let mask = unhex(mask);
            bytes.extend_from_slice(&mask);
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
        }
        bytes.append(&mut payload);
    }
}

impl OpCode {
    fn number(&self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
            Self::Other(number) => *number,
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}
