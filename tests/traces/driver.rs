//! What runs the subject: in this thread, or as a process behind a pipe.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rlimit::Resource;
use serde_json::{Value, json};
use slotwire::prelude::*;

use crate::scenario::Scenario;
use crate::subject::Subject;

pub(crate) trait Driver {
    /// Has the subject run a command. The records of it come with [`take_records`](Self::take_records).
    fn command(&mut self, command: &Value);

    /// Lets the subject handle what there is. Returns whether there was anything.
    fn run(&mut self) -> bool;

    fn take_records(&mut self) -> Vec<Value>;

    /// The code with which the subject died, negative if by a signal.
    fn exit_code(&self) -> Option<i32>;

    /// The time as the subject has it.
    fn now(&self) -> Duration;

    /// Nothing is left to do: lets the time pass to when there is something, but no more than that.
    fn pass(&mut self, at_most: Duration);

    /// Waits for what is outside of both ends, as a resolver's answer, without letting time pass.
    fn idle(&mut self);

    /// Waits until what was written to loopback has arrived.
    fn flush_loopback(&mut self);

    /// Lets the subject open no more files, or again as many as before.
    fn set_no_more_files(&mut self, on: bool) -> io::Result<()>;
}

// ---- in this thread

/// This crate, in this thread and with a clock that stands still unless it is told to go on.
pub(crate) struct InThread {
    subject: Subject,
    records: Rc<RefCell<Vec<Value>>>,
    clock: VirtualClock,
    /// What is written to the one can be read from the other after everything that was written before.
    loopback: (TcpStream, TcpStream),
    files_before: Option<(u64, u64)>,
}

impl InThread {
    pub(crate) fn new(scenario: &Scenario) -> io::Result<Self> {
        if scenario.options.no_low_ports {
            drop_right_to_low_ports()?;
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let loopback = (TcpStream::connect(listener.local_addr()?)?, listener.accept()?.0);
        loopback.0.set_nodelay(true)?;
        loopback.1.set_read_timeout(Some(Duration::from_secs(30)))?;
        let clock = VirtualClock::install();
        let records = Rc::new(RefCell::new(Vec::new()));
        let sink = Rc::clone(&records);
        let subject =
            Subject::new(scenario.role.name(), Rc::new(move |record| sink.borrow_mut().push(record)));
        Ok(Self { subject, records, clock, loopback, files_before: None })
    }
}

/// Takes it from this thread, which root has it in.
fn drop_right_to_low_ports() -> io::Result<()> {
    caps::drop(None, caps::CapSet::Effective, caps::Capability::CAP_NET_BIND_SERVICE)
        .map_err(io::Error::other)
}

impl Driver for InThread {
    fn command(&mut self, command: &Value) {
        self.subject.command(command);
    }

    fn run(&mut self) -> bool {
        Application::process_events()
    }

    fn take_records(&mut self) -> Vec<Value> {
        self.records.take()
    }

    fn exit_code(&self) -> Option<i32> {
        None
    }

    fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    fn pass(&mut self, at_most: Duration) {
        let next = Application::next_timeout().unwrap_or(Duration::MAX);
        self.clock.advance(next.min(at_most));
    }

    fn idle(&mut self) {
        thread::sleep(Duration::from_millis(1));
    }

    fn flush_loopback(&mut self) {
        let written = self.loopback.0.write_all(&[0]);
        written.and_then(|()| self.loopback.1.read_exact(&mut [0])).expect("loopback works");
    }

    fn set_no_more_files(&mut self, on: bool) -> io::Result<()> {
        if !on {
            let before = self.files_before.take();
            return before.map_or(Ok(()), |(soft, hard)| Resource::NOFILE.set(soft, hard));
        }
        let (soft, hard) = Resource::NOFILE.get()?;
        self.files_before.get_or_insert((soft, hard));
        let lowest_free = File::open("/dev/null")?.as_raw_fd();
        Resource::NOFILE.set(u64::try_from(lowest_free).map_err(io::Error::other)?, hard)
    }
}

impl Drop for InThread {
    fn drop(&mut self) {
        let _ = self.set_no_more_files(false);
    }
}

// ---- as a process

/// Any program that speaks the subject's protocol.
pub(crate) struct Process {
    child: Child,
    /// Closed to end the process.
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    records: Vec<Value>,
    started: Instant,
    exit_code: Option<i32>,
    files_before: Option<(u64, u64)>,
}

impl Process {
    pub(crate) fn new(command: &str, scenario: &Scenario) -> io::Result<Self> {
        let mut words: Vec<_> = command.split_whitespace().collect();
        if scenario.options.no_low_ports {
            words.splice(0..0, ["setpriv", "--bounding-set=-net_bind_service"]);
        }
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .arg(scenario.role.name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Self {
            input: child.stdin.take(),
            child,
            lines,
            records: Vec::new(),
            started: Instant::now(),
            exit_code: None,
            files_before: None,
        })
    }

    /// Waits for the next record, at most that long.
    fn wait(&mut self, at_most: Duration) -> bool {
        if self.exit_code.is_some() {
            return false;
        }
        match self.lines.recv_timeout(at_most) {
            Ok(line) => {
                let record = serde_json::from_str(&line).unwrap_or_else(|_| json!({"t": "bug", "m": line}));
                self.records.push(record);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait().expect("a child can be waited for");
                self.exit_code = status.code().or_else(|| Some(-status.signal()?));
                true
            }
        }
    }
}

impl Driver for Process {
    fn command(&mut self, command: &Value) {
        if let Some(input) = &mut self.input {
            // One that has died is noticed when its output ends.
            let _ = writeln!(input, "{command}");
        }
    }

    fn run(&mut self) -> bool {
        let mut any = false;
        while self.wait(Duration::ZERO) {
            any = true;
        }
        any
    }

    fn take_records(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.records)
    }

    fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn pass(&mut self, at_most: Duration) {
        // The sockets want to be looked at, too.
        self.wait(at_most.min(Duration::from_millis(1)));
    }

    fn idle(&mut self) {
        self.wait(Duration::from_millis(1));
    }

    fn flush_loopback(&mut self) {}

    fn set_no_more_files(&mut self, on: bool) -> io::Result<()> {
        let process = i32::try_from(self.child.id()).map_err(io::Error::other)?;
        if !on {
            let before = self.files_before.take();
            return before
                .map_or(Ok(()), |limit| rlimit::prlimit(process, Resource::NOFILE, Some(limit), None));
        }
        let mut open = Vec::new();
        for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
            open.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        let lowest_free = (0..).find(|descriptor| !open.contains(descriptor)).unwrap_or_default();
        let (mut soft, mut hard) = (0, 0);
        rlimit::prlimit(process, Resource::NOFILE, None, Some((&mut soft, &mut hard)))?;
        self.files_before.get_or_insert((soft, hard));
        rlimit::prlimit(process, Resource::NOFILE, Some((lowest_free, hard)), None)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input is how it is told to end.
        self.input = None;
        let patience = Instant::now() + Duration::from_secs(3);
        while self.exit_code.is_none() && Instant::now() < patience {
            self.wait(Duration::from_millis(100));
        }
        if self.exit_code.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
