//! The subject as a program of its own: commands come in on standard input, records go out on standard output.
//!
//! ```text
//! cargo test --test traces -- --subject client|server
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process;
use std::rc::Rc;

use serde_json::Value;
use slotwire::{Application, NotifierType, SocketNotifier};

use super::Subject;

/// Runs until a command, or the end of the input, ends the process.
pub(crate) fn run(role: &str) -> Result<(), Box<dyn Error>> {
    let subject = Subject::new(role, Rc::new(|record| print(&record)));
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let notifier = SocketNotifier::new(&input, NotifierType::Read)?;
    let mut received = Vec::new();
    let mut part = vec![0; 65536];
    notifier.activated().connect_mut(move |_| {
        let count = input.read(&mut part).unwrap_or(0);
        if count == 0 {
            process::exit(0);
        }
        received.extend_from_slice(&part[..count]);
        while let Some(end) = received.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = received.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(command) => subject.command(&command),
                Err(error) => {
                    let _ = writeln!(io::stderr(), "{error} in {}", String::from_utf8_lossy(&line));
                }
            }
            if subject.has_quit() {
                process::exit(0);
            }
        }
    });
    Application::exec();
    Ok(())
}

fn print(record: &Value) {
    let mut output = io::stdout().lock();
    let written = writeln!(output, "{record}").and_then(|()| output.flush());
    if written.is_err() {
        process::exit(1); // Its reader is gone.
    }
}
