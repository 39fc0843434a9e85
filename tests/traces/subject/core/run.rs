//! Lines and blocks of a script.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::Stage;

/// How long a thread has to come to where it waits, so that records come in one order.
pub(super) const HOLD: Duration = Duration::from_millis(10);

/// Whether a block was left by `stop` or `reject`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Ended,
    Stopped,
}

/// Why a statement has no value.
pub(super) type Failed = String;

impl Stage {
    pub(super) fn block(&self, key: &str) -> Flow {
        for line in self.world.script.get(key).into_iter().flatten() {
            if self.line(key, line) == Flow::Stopped {
                return Flow::Stopped;
            }
        }
        Flow::Ended
    }

    fn line(&self, key: &str, line: &str) -> Flow {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let limit = words[0].strip_prefix('x').and_then(|limit| limit.parse::<u32>().ok());
        if let Some(limit) = limit {
            words.remove(0);
            let mut runs = self.world.runs.lock();
            let run = runs.entry((key.to_owned(), line.to_owned())).or_default();
            if *run >= limit {
                return Flow::Ended;
            }
            *run += 1;
        }
        let text = self.mark(&words.join(" "));
        if matches!(words[0], "invoke" | "emit") && self.thread.is_some() {
            // Told before, because what it sets off in another thread is told from there.
            self.tell(json!(["do", text, null]));
            let _ = self.statement(words[0], &words[1..]);
            return Flow::Ended;
        }
        self.tell(json!(["call", text]));
        if matches!(words[..], ["stop" | "reject"]) {
            self.tell(json!(["ret", text, null]));
            return Flow::Stopped;
        }
        let value =
            self.statement(words[0], &words[1..]).unwrap_or_else(|why| format!("failed: {why}").into());
        self.tell(json!(["ret", text, value]));
        Flow::Ended
    }

    /// Runs the block of a slot, handler or filter.
    pub(super) fn called(&self, record: Value, key: &str) -> Flow {
        if self.world.has_threads() {
            thread::sleep(HOLD);
        }
        self.tell(record);
        if !self.world.script.contains_key(key) {
            return Flow::Ended;
        }
        let flow = self.block(key);
        self.tell(json!(["end", self.mark(key)]));
        flow
    }

    fn statement(&self, what: &str, words: &[&str]) -> Result<Value, Failed> {
        if let Some(value) = self.statement_of_threads(what, words) {
            return value;
        }
        if let Some(value) = self.statement_of_objects(what, words) {
            return value;
        }
        match what {
            "log" => Ok(Value::Null),
            "connect" => self.connect(words[0], words[1], &words[2..]),
            "disconnect" => self.disconnect(words[0], words.get(1).copied()),
            _ => self.statement_of_things(what, words),
        }
    }
}
