//! A Chromium without a window, driven over the WebSocket of its developer tools, which is one of ours.

use std::cell::{Cell, RefCell};
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Instant;

use serde_json::{Value, json};
use slotwire::prelude::*;

use crate::{PATIENCE, run_until};

/// Its tabs share nothing but its process.
pub(crate) struct Browser {
    process: Child,
    profile: PathBuf,
    dev_tools: Scoped<WebSocket>,
    answers: Rc<RefCell<Vec<Value>>>,
    last_id: Cell<u64>,
}

impl Browser {
    /// Runs the test with a browser, or says that it is left out.
    ///
    /// # Panics
    ///
    /// If there is no browser and `SLOTWIRE_INTEROP` says `required`.
    pub(crate) fn run(test: fn(&Self)) {
        // Nobody vouches for the servers of the examples.
        Self::run_with("--ignore-certificate-errors", test);
    }

    /// As [`run`](Self::run), with a browser that trusts the certificate of these tests and is as strict as ever with others.
    #[cfg(feature = "_tls")]
    pub(crate) fn run_strictly(test: fn(&Self)) {
        let trusted = crate::certificates::public_key_hash();
        Self::run_with(&format!("--ignore-certificate-errors-spki-list={trusted}"), test);
    }

    fn run_with(trust: &str, test: fn(&Self)) {
        match Self::command() {
            Some(command) => test(&Self::start(command, trust)),
            None if env::var_os("SLOTWIRE_INTEROP").is_some_and(|value| value == "required") => {
                panic!("Chromium is not installed; tests/interop/setup.sh installs it");
            }
            None => {}
        }
    }

    /// The first that is there: `SLOTWIRE_BROWSER`, or a Chromium by one of its names.
    fn command() -> Option<Command> {
        static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| {
            let names = ["chromium", "chromium-browser", "google-chrome"].map(String::from);
            let found = env::var("SLOTWIRE_BROWSER").into_iter().chain(names).find(|name| {
                let mut version = Command::new(name);
                version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                version.status().is_ok_and(|status| status.success())
            });
            if found.is_none() {
                // eprintln! would be captured with the output of the test, which passes
                let _ =
                    writeln!(io::stderr(), "left out: a browser (not installed; run tests/interop/setup.sh)");
            }
            found
        });
        program.as_ref().map(Command::new)
    }

    fn start(mut command: Command, trust: &str) -> Self {
        static STARTED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let profile = env::temp_dir().join(format!("slotwire-browser-{}-{number}", process::id()));
        let mut process = command
            // Root, as in a container, has no sandbox; what runs here are our own pages.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--no-default-browser-check", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(trust)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it has told its version before");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ").map(|url| url.trim().to_owned()));
        let dev_tools = WebSocket::new().scoped();
        let answers = Rc::<RefCell<Vec<Value>>>::default();
        dev_tools.text_message_received().connect({
            let answers = answers.clone();
            move |text| {
                let message: Value = serde_json::from_str(text).expect("DevTools speak JSON");
                // What has no number is an event.
                if message.get("id").is_some() {
                    answers.borrow_mut().push(message);
                }
            }
        });
        let browser = Self { process, profile, dev_tools, answers, last_id: Cell::new(0) };
        browser.dev_tools.open(url.expect("it says where its DevTools are"));
        run_until("the browser answers", || browser.dev_tools.is_valid());
        browser
    }

    /// A new tab with that page.
    pub(crate) fn open(&self, url: &str) -> Tab<'_> {
        let target = self.call(None, "Target.createTarget", json!({ "url": url })).expect("a new tab");
        let attached = self.call(
            None,
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let session = attached.expect("a session")["sessionId"].clone();
        Tab { browser: self, session }
    }

    /// Calls a method of the protocol of the developer tools, and waits for its result.
    fn call(&self, session: Option<&Value>, method: &str, parameters: Value) -> Result<Value, String> {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.clone();
        }
        self.dev_tools.send_text_message(message.to_string());
        let mut answer = None;
        run_until(method, || {
            let mut answers = self.answers.borrow_mut();
            answer = answers.iter().position(|answer| answer["id"] == id).map(|index| answers.remove(index));
            answer.is_some()
        });
        let mut answer = answer.expect("it was waited for");
        match answer.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(answer["result"].take()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to, it ends with all its processes, and lets go of its profile.
        if !std::thread::panicking() && self.call(None, "Browser.close", json!({})).is_ok() {
            run_until("the end of the browser", || !matches!(self.process.try_wait(), Ok(None)));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

pub(crate) struct Tab<'b> {
    browser: &'b Browser,
    session: Value,
}

impl Tab<'_> {
    /// The value of a JavaScript expression in the page, and of a promise that it may be.
    #[track_caller]
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until that is so in the page.
    #[track_caller]
    pub(crate) fn wait_until(&self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        // A page that is being loaded has no answer.
        while self.try_evaluate(expression) != Ok(Value::Bool(true)) {
            let shown = || self.try_evaluate("document.body.innerText");
            assert!(Instant::now() < deadline, "waited in vain for {expression}; it shows: {:?}", shown());
        }
    }

    /// Loads the page again, and waits until that has begun.
    pub(crate) fn reload(&self) {
        self.evaluate("window.isOld = true");
        self.browser.call(Some(&self.session), "Page.reload", json!({})).expect("a reload");
        self.wait_until("window.isOld !== true && document.readyState === 'complete'");
    }

    fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.browser.call(Some(&self.session), "Runtime.evaluate", parameters)?;
        match result.get("exceptionDetails") {
            Some(details) => Err(details.to_string()),
            None => Ok(result["result"]["value"].take()),
        }
    }
}
