//! What happened, in a form that is the same for every run.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use similar::TextDiff;

use crate::run::{Performance, Run};
use crate::scenario::{BytesWritten, Order, Scenario, hex};

/// All that is compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    /// Calls and signals in their order.
    pub(crate) subject: Vec<Value>,
    /// What each peer got.
    pub(crate) peers: Map<String, Value>,
    /// What each object that is left answers at the end.
    #[serde(rename = "final")]
    pub(crate) last_words: Map<String, Value>,
    /// The sum for each object, where the single numbers are not in `subject`.
    #[serde(rename = "bytesWritten", skip_serializing_if = "Option::is_none", default)]
    bytes_written: Option<Map<String, Value>>,
}

/// A trace in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    /// What implementation it is of.
    pub(crate) recorded_from: String,
    /// The fingerprint of the scenario as it was then.
    pub(crate) scenario: String,
    pub(crate) trace: Trace,
}

// ---- files

impl Recording {
    pub(crate) fn new(performance: Performance, scenario: &Scenario) -> Result<Self, String> {
        let Performance { trace, outcome, implementation } = performance;
        outcome?;
        Ok(Self { recorded_from: implementation, scenario: scenario.fingerprint.clone(), trace })
    }

    pub(crate) fn load(path: &Path, scenario: &Scenario) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let recording: Self =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if recording.scenario != scenario.fingerprint {
            return Err(format!(
                "{}: is of {}, but the scenario is {} now: record it again",
                path.display(),
                recording.scenario,
                scenario.fingerprint
            ));
        }
        Ok(recording)
    }

    /// Writes it with a record a line.
    pub(crate) fn save(&self, path: &Path) -> Result<(), String> {
        let value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let mut text = String::new();
        append_block(&mut text, &value, 0);
        text.push('\n');
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

fn append_block(text: &mut String, value: &Value, depth: usize) {
    let (open, close, items): (_, _, Vec<(String, &Value)>) = match value {
        Value::Array(items) if items.first().is_some_and(|item| item.is_array() || item.is_object()) => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        Value::Object(fields) if !fields.is_empty() => {
            ('{', '}', fields.iter().map(|(key, value)| (format!("{}: ", json!(key)), value)).collect())
        }
        other => return text.push_str(&one_line(other)),
    };
    text.push(open);
    for (at, (key, item)) in items.into_iter().enumerate() {
        let _ = write!(text, "{}\n{:depth$} {key}", if at > 0 { "," } else { "" }, "");
        match value {
            Value::Array(_) => text.push_str(&one_line(item)),
            _ => append_block(text, item, depth + 1),
        }
    }
    let _ = write!(text, "\n{:depth$}{close}", "");
}

/// JSON with spaces, as in the scenarios.
fn one_line(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", joined(items.iter().map(one_line).collect())),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("{}: {}", json!(key), one_line(value));
            format!("{{{}}}", joined(fields.iter().map(field).collect()))
        }
        other => other.to_string(),
    }
}

// ---- comparing

impl Trace {
    /// What is otherwise in `actual`, line by line.
    pub(crate) fn diff(&self, actual: &Self, name: &str) -> String {
        let (expected, actual) = (self.lines(), actual.lines());
        let diff = TextDiff::from_lines(&expected, &actual);
        diff.unified_diff().context_radius(4).header(name, "this crate").to_string()
    }

    /// A line for each thing that can differ.
    fn lines(&self) -> String {
        let mut lines = String::new();
        self.subject.iter().for_each(|record| append_lines(&mut lines, "subject", record));
        for (peer, log) in &self.peers {
            log.as_array().into_iter().flatten().for_each(|entry| append_lines(&mut lines, peer, entry));
        }
        for (object, answers) in &self.last_words {
            append_lines(&mut lines, "final", &json!([object, answers]));
        }
        for (object, sum) in self.bytes_written.iter().flatten() {
            append_lines(&mut lines, "bytesWritten", &json!([object, sum]));
        }
        lines
    }
}

/// A record in one line; one that ends with a list of texts or answers in a line for each of these.
fn append_lines(lines: &mut String, of: &str, record: &Value) {
    let (last, first) = record.as_array().and_then(|items| items.split_last()).expect("a record is a list");
    let words: Vec<_> =
        first.iter().map(|word| word.as_str().map_or_else(|| one_line(word), str::to_owned)).collect();
    let begin = format!("{of} {}", words.join(" "));
    let mut line = |rest: String| {
        let line = format!("{begin} {rest}");
        lines.extend(line.chars().take(400).chain(['\n']));
    };
    match &sorted(last) {
        Value::Object(answers) if words.last().is_none_or(|word| word != "frame") => {
            answers.iter().for_each(|(key, value)| line(format!("{key}: {}", one_line(value))));
        }
        Value::Array(items) if items.len() > 3 => items.iter().for_each(|item| line(one_line(item))),
        other => line(one_line(other)),
    }
}

/// The order of the fields does not matter.
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

// ---- from a run

impl Trace {
    pub(crate) fn new(run: &Run<'_>, last_words: Map<String, Value>) -> Self {
        let comparable = Comparable::new(run);
        let bytes_written = run.scenario.options.bytes_written;
        let mut sums = Map::new();
        let mut trace = Self::default();
        let mut records: Vec<_> = run.records.iter().collect();
        if run.scenario.options.order == Order::ByObject {
            records.sort_by_key(|record| record["o"].as_str().unwrap_or_default());
        }
        for record in records {
            let (object, name) =
                (&record["o"], if record["t"] == "sig" { &record["s"] } else { &record["c"] });
            match record["t"].as_str() {
                Some("sig") if name == "bytesWritten" && bytes_written != BytesWritten::Order => {
                    let sum = sums.entry(object.as_str().unwrap_or_default()).or_insert(json!(0));
                    *sum = (sum.as_u64().unwrap_or(0) + record["a"][0].as_u64().unwrap_or(0)).into();
                }
                Some("sig") => {
                    let mut arguments = comparable.value(&record["a"]);
                    if name == "pong" && arguments[0].is_u64() {
                        arguments[0] = "{ms}".into();
                    }
                    trace.push(json!(["sig", object, name, arguments, comparable.value(&record["q"])]));
                }
                Some("call") => trace.push(json!(["call", object, name])),
                Some("ret") => trace.push(json!(["ret", object, name, comparable.value(&record["v"])])),
                _ => trace.push(json!(["exit", record["code"]])),
            }
        }
        for peer in &run.peers {
            let log = peer.log.iter().map(|entry| comparable.value(entry)).collect();
            trace.peers.insert(peer.name.clone(), log);
        }
        for (object, answers) in &last_words {
            trace.last_words.insert(object.clone(), comparable.value(answers));
        }
        trace.bytes_written = (bytes_written == BytesWritten::Sum).then_some(sums);
        trace
    }

    /// Adds what happened next. A call in which nothing happened becomes one record.
    pub(crate) fn push(&mut self, record: Value) {
        match self.subject.last_mut() {
            Some(call) if is_return_of(call, &record) => {
                *call = record;
                call[0] = "do".into();
            }
            _ => self.subject.push(record),
        }
    }
}

fn is_return_of(call: &Value, record: &Value) -> bool {
    call[0] == "call" && record[0] == "ret" && call[1] == record[1] && call[2] == record[2]
}

/// Puts names for what is another in each run.
struct Comparable {
    ports: HashMap<u16, String>,
    keys: Vec<(String, &'static str)>,
}

impl Comparable {
    fn new(run: &Run<'_>) -> Self {
        let ports = run.ports.iter().map(|(name, port)| (*port, name.clone())).collect();
        let made_up =
            run.peers.iter().filter_map(|peer| Some((peer.accept(), peer.random_key()?.to_owned())));
        let keys = made_up.flat_map(|(accept, key)| [(accept, "{accept}"), (key, "{key}")]).collect();
        Self { ports, keys }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), self.field(key, value))).collect()
            }
            other => other.clone(),
        }
    }

    fn field(&self, key: &str, value: &Value) -> Value {
        let port = value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|&port| port > 0);
        match port {
            Some(port) if matches!(key, "local_port" | "peer_port" | "server_port") => {
                format!("{{{}}}", self.ports.get(&port).map_or("ephemeral", String::as_str)).into()
            }
            _ => self.value(value),
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = self.without_ports(text);
        for (made_up, name) in &self.keys {
            text = text.replace(made_up, name);
        }
        match text.chars().count() {
            length @ 301.. => format!("{{len {length}, sha256 {}}}", hex(&Sha256::digest(&text)[..8])),
            _ => text,
        }
    }

    /// With a name for each known port after a colon.
    fn without_ports(&self, text: &str) -> String {
        let mut parts = text.split(':');
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(part.len());
            let port = part[..end].parse().ok().filter(|_| (4..=5).contains(&end));
            match port.and_then(|port| self.ports.get(&port)) {
                Some(name) => named.extend([":{", name, "}", &part[end..]]),
                None => named.extend([":", part]),
            }
        }
        named
    }
}
