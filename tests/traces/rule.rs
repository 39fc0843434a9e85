//! Differences from Qt that run through many scenarios: what each of them makes of a trace of Qt's.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::trace::Trace;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// `aboutToClose` comes once for a connection, and not for one that is over.
    AboutToCloseOnce,
    /// A connection that is lost without a close frame has close code 1006 (RFC 6455 §7.1.5), not 1000.
    AbnormalClosure,
    /// `stateChanged(ClosingState)` comes once for the end of a connection.
    ClosingOnce,
    /// The `Host` of a `CONNECT` has the port (RFC 9112 §3.2.3).
    ConnectHost,
    /// What was not written is not counted when the connection is over.
    NothingLeftToWrite,
    /// A failure of TLS has OpenSSL's reason, but not the number before it.
    ReasonAlone,
}

impl Rule {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "about-to-close-once" => Some(Self::AboutToCloseOnce),
            "abnormal-closure" => Some(Self::AbnormalClosure),
            "closing-once" => Some(Self::ClosingOnce),
            "connect-host" => Some(Self::ConnectHost),
            "nothing-left-to-write" => Some(Self::NothingLeftToWrite),
            "reason-alone" => Some(Self::ReasonAlone),
            _ => None,
        }
    }

    /// Makes of Qt's trace what it would be by this rule. An error if that is the same.
    pub(crate) fn apply(self, trace: &mut Trace) -> Result<(), String> {
        let before = trace.clone();
        match self {
            Self::AboutToCloseOnce => about_to_close_once(trace),
            Self::AbnormalClosure => abnormal_closure(trace),
            Self::ClosingOnce => closing_once(trace),
            Self::ConnectHost => connect_host(trace),
            Self::NothingLeftToWrite => nothing_left_to_write(trace),
            Self::ReasonAlone => reason_alone(trace),
        }
        if *trace == before { Err("is listed with a rule that makes no difference".into()) } else { Ok(()) }
    }
}

/// Whether it is a signal of that name.
fn is_signal(record: &Value, name: &str) -> bool {
    record[0] == "sig" && record[2] == name
}

fn about_to_close_once(trace: &mut Trace) {
    let mut closing = HashSet::new();
    // What is over, and the calls under way with whether they found it so.
    let (mut over, mut calls) = (HashSet::new(), Vec::new());
    let records = std::mem::take(&mut trace.subject);
    for record in records {
        let object = record[1].to_string();
        match record[0].as_str() {
            Some("call") => calls.push((object.clone(), over.contains(&object))),
            Some("ret") => _ = calls.pop(),
            _ => {}
        }
        if is_signal(&record, "stateChanged") {
            match record[3][0].as_str() {
                Some("ConnectingState") => {
                    closing.remove(&object);
                    over.remove(&object)
                }
                Some("UnconnectedState") => over.insert(object.clone()),
                _ => false,
            };
        } else if is_loss(&record) && !closing.contains(&object) {
            over.insert(object.clone());
        }
        let is_of_what_is_over = calls.iter().any(|(called, was_over)| *called == object && *was_over);
        if is_signal(&record, "aboutToClose") && (is_of_what_is_over || !closing.insert(object)) {
            continue;
        }
        trace.push(record);
    }
}

/// Whether a connection has ended without a closing handshake, if there was none before.
fn is_loss(record: &Value) -> bool {
    is_signal(record, "errorOccurred")
        && record[3] == json!(["RemoteHostClosedError"])
        && record[4].as_str().is_some_and(|snapshot| snapshot.starts_with("Connected|"))
}

fn abnormal_closure(trace: &mut Trace) {
    let (mut closing, mut lost) = (HashSet::new(), HashSet::new());
    for record in &mut trace.subject {
        let object = record[1].to_string();
        if is_signal(record, "stateChanged") && record[3] == json!(["ConnectingState"]) {
            closing.remove(&object);
            lost.remove(&object);
        }
        if is_signal(record, "aboutToClose") {
            closing.insert(object.clone());
        }
        if is_loss(record) && !closing.contains(&object) {
            lost.insert(object.clone());
        }
        if !lost.contains(&object) {
            continue;
        }
        match record[0].as_str() {
            Some("sig") => {
                if let Some(snapshot) = record[4].as_str() {
                    record[4] = snapshot.replacen("|1000|", "|1006|", 1).into();
                }
            }
            Some("do" | "ret") => set_close_code(&mut record[3]),
            _ => {}
        }
    }
    for (object, answers) in &mut trace.last_words {
        if lost.contains(&json!(object).to_string()) {
            set_close_code(answers);
        }
    }
}

fn closing_once(trace: &mut Trace) {
    let mut closing = HashSet::new();
    trace.subject.retain(|record| {
        if !is_signal(record, "stateChanged") {
            return true;
        }
        let object = record[1].to_string();
        let is_closing = record[3] == json!(["ClosingState"]);
        if !is_closing {
            closing.remove(&object);
        }
        !is_closing || closing.insert(object)
    });
}

fn connect_host(trace: &mut Trace) {
    for record in trace.peers.values_mut().filter_map(Value::as_array_mut).flatten() {
        let target = record[1][0].as_str().and_then(|line| line.strip_prefix("CONNECT ")?.split(' ').next());
        let Some(host) = target.map(|target| format!("Host: {target}")) else { continue };
        for line in record[1].as_array_mut().into_iter().flatten() {
            if line.as_str().is_some_and(|line| line.starts_with("Host: ")) {
                *line = host.clone().into();
            }
        }
    }
}

fn nothing_left_to_write(trace: &mut Trace) {
    for (_, answers) in &mut trace.last_words {
        forget_output(answers);
    }
    for record in &mut trace.subject {
        if record[2] == "query" {
            forget_output(&mut record[3]);
        }
        // Of a TCP socket: state|isValid|bytesAvailable|bytesToWrite|error
        let is_of_tcp = record[1].as_str().is_some_and(|object| object.starts_with(['t', 'x']));
        if let Some(snapshot) =
            record[4].as_str().filter(|snapshot| is_of_tcp && snapshot.starts_with("Unconnected|"))
        {
            let mut fields: Vec<_> = snapshot.split('|').collect();
            fields[3] = "0";
            record[4] = fields.join("|").into();
        }
    }
}

fn forget_output(answers: &mut Value) {
    if answers["state"] == "UnconnectedState" {
        for count in ["bytes_to_write", "to_write"] {
            if let Some(count) = answers.get_mut(count) {
                *count = 0.into();
            }
        }
    }
}

fn reason_alone(trace: &mut Trace) {
    let queries = trace.subject.iter_mut().filter(|record| record[2] == "query").map(|record| &mut record[3]);
    for answers in queries.chain(trace.last_words.iter_mut().map(|(_, answers)| answers)) {
        if let Some(text) = answers["error_string"].as_str()
            && let Some((before, error)) = text.split_once("error:")
            && let Some((_, reason)) = error.split_once("::")
        {
            answers["error_string"] = format!("{before}{reason}").into();
        }
    }
}

fn set_close_code(answers: &mut Value) {
    if let Some(code) = answers.get_mut("close_code").filter(|code| **code == 1000) {
        *code = 1006.into();
    }
}
