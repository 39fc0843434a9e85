//! Drives this crate by commands, each a line of JSON on standard input, and prints what happens, each a line of JSON: the
//! counterpart of a program that drives real Qt by the same commands, so that one runner can compare the two.
//!
//! ```text
//! cargo run --example qt_trace_subject -- client|server
//! ```

#[cfg(unix)]
#[path = "../tests/traces/subject/mod.rs"]
mod subject;

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::rc::Rc;

    use slotwire::{Application, NotifierType, SocketNotifier};
    use subject::Subject;

    let role = std::env::args().nth(1).unwrap_or_else(|| "client".to_owned());
    let subject = Subject::new(
        &role,
        Rc::new(|record| {
            let mut output = std::io::stdout().lock();
            let written = writeln!(output, "{record}").and_then(|()| output.flush());
            if written.is_err() {
                std::process::exit(1); // Nobody listens any more.
            }
        }),
    );
    let mut input = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let notifier = SocketNotifier::new(&input, NotifierType::Read)?;
    let mut received = Vec::new();
    let mut part = vec![0; 65536];
    notifier.activated().connect_mut(move |_| {
        let count = input.read(&mut part).unwrap_or(0);
        if count == 0 {
            std::process::exit(0);
        }
        received.extend_from_slice(&part[..count]);
        while let Some(end) = received.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = received.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(command) => subject.command(&command),
                Err(error) => {
                    let _ = writeln!(std::io::stderr(), "{error} in {}", String::from_utf8_lossy(&line));
                }
            }
            if subject.has_quit() {
                std::process::exit(0);
            }
        }
    });
    Application::exec();
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    // A pipe cannot be watched there.
}
