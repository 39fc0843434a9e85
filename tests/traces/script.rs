//! Plays a scenario that is a script: it needs no other end, and what happens is a record a line.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::run::Performance;
use crate::scenario::Scenario;
use crate::subject::core;
use crate::trace::Trace;

/// How long a script may take, in real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Plays it on this crate, or on a program that is the subject in its place.
pub(crate) fn play(scenario: &Scenario, subject: Option<&str>) -> Performance {
    let played = match subject {
        Some(command) => play_in_process(scenario, command),
        None => play_in_thread(scenario),
    };
    let (mut records, mut outcome) = match played {
        Ok(records) => (records, Ok(())),
        Err((records, why)) => (records, Err(why)),
    };
    let is_ready = |record: &Value| record[0] == "ready";
    let implementation = match records.first().filter(|record| is_ready(record)) {
        Some(ready) => ready[1].as_str().unwrap_or_default().to_owned(),
        None => format!("slotwire {}", env!("CARGO_PKG_VERSION")),
    };
    records.retain(|record| !is_ready(record));
    if let Some(exit) = records.iter().find(|record| record[0] == "exit") {
        outcome = outcome.and_then(|()| Err(format!("the subject has died: {exit}")));
    }
    if let Some(failed) = records.iter().find(|record| is_failure(record)) {
        outcome = outcome.and_then(|()| Err(format!("a statement has failed: {failed}")));
    }
    let mut trace = Trace::default();
    records.into_iter().for_each(|record| push(&mut trace.subject, record));
    Performance { trace, outcome, implementation }
}

/// Adds what happened next. A statement in which nothing happened becomes one record.
fn push(records: &mut Vec<Value>, mut record: Value) {
    if record[0] == "ret"
        && let Some(call) = records.last_mut()
        && call[0] == "call"
        && call[1] == record[1]
    {
        record[0] = "do".into();
        *call = record;
    } else {
        records.push(record);
    }
}

fn is_failure(record: &Value) -> bool {
    record[0] == "ret" && record[2].as_str().is_some_and(|value| value.starts_with("failed: "))
}

/// What was recorded, and why it does not go on.
type Stuck = (Vec<Value>, String);

/// In a thread that is left to itself if the script hangs.
fn play_in_thread(scenario: &Scenario) -> Result<Vec<Value>, Stuck> {
    let records = Arc::new(Mutex::new(Vec::new()));
    let (sink, script) = (Arc::clone(&records), scenario.script.clone());
    let (tell, hear) = mpsc::channel();
    thread::spawn(move || {
        core::play(script, Arc::new(move |record| sink.lock().push(record)));
        let _ = tell.send(());
    });
    let ended = hear.recv_timeout(PATIENCE);
    let records = std::mem::take(&mut *records.lock());
    ended
        .map_err(|why| why.to_string())
        .map_or_else(|why| Err((records.clone(), why)), |()| Ok(records.clone()))
}

fn play_in_process(scenario: &Scenario, command: &str) -> Result<Vec<Value>, Stuck> {
    let words: Vec<_> = command.split_whitespace().collect();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .arg(scenario.role.name())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| (Vec::new(), error.to_string()))?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let written = input.map(|mut input| writeln!(input, "{}", json!(scenario.script)));
    drop(written);
    let (tell, hear) = mpsc::channel();
    let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
    let lines: Vec<_> = Vec::from_iter([lines.map_while(Result::ok)]);
    thread::spawn(move || lines.into_iter().flatten().try_for_each(|line| tell.send(line)));
    let mut records = Vec::new();
    loop {
        match hear.recv_timeout(PATIENCE) {
            Ok(line) => records.push(serde_json::from_str(&line).unwrap_or_else(|_| json!(["?", line]))),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err((records, "the subject hangs".into()));
            }
        }
    }
    let status = child.wait().map_err(|error| (records.clone(), error.to_string()))?;
    if !status.success() {
        records.push(json!(["exit", status.to_string()]));
    }
    Ok(records)
}

/// The blocks of a script, each a list of statements.
pub(crate) type Script = HashMap<String, Vec<String>>;
