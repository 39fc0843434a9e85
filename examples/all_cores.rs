//! A server on all cores: one event loop in each thread, all of them listening at the same port.
//!
//! ```text
//! cargo run --example all_cores              ends by itself
//! cargo run --example all_cores -- 1234      until it is interrupted
//! ```
//!
//! The system spreads the connections over the threads, which share nothing; a connection stays in the thread that accepted
//! it. Without a port, a hundred clients ask which thread they have got, and the counts are printed. Linux spreads them;
//! other systems may give all to one.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use slotwire::prelude::*;

const CLIENTS: usize = 100;

/// A thread that serves until it is told to quit.
struct Worker {
    event_loop: EventLoopHandle,
    port: u16,
    thread: JoinHandle<i32>,
}

impl Worker {
    fn start(number: usize, port: u16) -> Result<Self, String> {
        let (tell, told) = mpsc::sync_channel(1);
        let thread = thread::spawn(move || {
            let server = match serve(number, port) {
                Ok(server) => server,
                Err(error) => {
                    drop(tell.send(Err(error.to_string())));
                    return 1;
                }
            };
            drop(tell.send(Ok((EventLoopHandle::current(), server.server_port()))));
            Application::exec()
        });
        let (event_loop, port) = told.recv().map_err(|error| error.to_string())??;
        Ok(Self { event_loop, port, thread })
    }
}

/// The server of one thread: whatever it is asked, it answers with its number.
fn serve(number: usize, port: u16) -> Result<WebSocketServer, Error> {
    let server = WebSocketServer::new("Worker", SslMode::NonSecure);
    server.set_limits(Limits::internet());
    server.set_max_pending_connections(1000);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |_| {
                socket.send_text_message(number.to_string());
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.set_reuse_port(true);
    server.listen(HostAddress::Any, port)?;
    Ok(server)
}

/// Starts as many workers as there are cores. The first one chooses the port if that is 0.
fn start_all(port: u16) -> Result<Vec<Worker>, String> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let first = Worker::start(0, port)?;
    let port = first.port;
    let mut workers = vec![first];
    for number in 1..cores {
        workers.push(Worker::start(number, port)?);
    }
    Ok(workers)
}

/// How many of the clients each worker has got.
fn count(workers: usize, port: u16) -> Vec<usize> {
    let counts = Rc::new(RefCell::new(vec![0; workers]));
    for _ in 0..CLIENTS {
        let (socket, counts) = (WebSocket::new(), counts.clone());
        socket.connected().connect(move |()| {
            socket.send_text_message("Who are you?");
        });
        socket.text_message_received().connect(move |number| {
            if let Ok(number) = number.parse::<usize>() {
                counts.borrow_mut()[number] += 1;
            }
            socket.close();
            if counts.borrow().iter().sum::<usize>() == CLIENTS {
                Application::quit();
            }
        });
        socket.error_occurred().connect(|_| Application::exit(1));
        socket.open(format!("ws://127.0.0.1:{port}"));
    }
    Application::exec();
    counts.take()
}

fn main() -> ExitCode {
    let argument = std::env::args_os().nth(1);
    let port = argument.as_ref().map_or(Some("0"), |text| text.to_str());
    let Some(Ok(port)) = port.map(str::parse) else {
        eprintln!("Usage: all_cores [PORT]");
        return ExitCode::FAILURE;
    };
    let workers = match start_all(port) {
        Ok(workers) => workers,
        Err(problem) => {
            eprintln!("all_cores: cannot listen at port {port}: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let port = workers[0].port;
    println!("{} threads are listening on port {port}", workers.len());
    let mut is_well = true;
    if argument.is_none() {
        let counts = count(workers.len(), port);
        for (number, clients) in counts.iter().enumerate() {
            println!("thread {number} has got {clients} clients");
        }
        is_well = counts.iter().sum::<usize>() == CLIENTS;
        for worker in &workers {
            worker.event_loop.quit();
        }
    }
    for worker in workers {
        is_well &= worker.thread.join().is_ok_and(|code| code == 0);
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
