//! How long do others wait while somebody floods the server?
//!
//! Flooders send messages of one byte without a pause. Beside them, another connection sends a ping every few milliseconds,
//! and the time until its pong is what counts: half, 99 in 100, and all of them come within so many milliseconds. What else
//! the server's thread has to do meanwhile is measured there: how late a timer of 1 ms is, how long a queued call waits, and a
//! call from another thread until it has returned.
//!
//! | server | what |
//! |---|---|
//! | `slotwire`, `slotwire-wss` | the public API |
//! | `tungstenite` | on mio; `read` until there is nothing |
//! | `websockets` | Python's, if `tests/interop/setup.sh` has installed it |
//!
//! Each has a process of its own, on one thread. The slot does nothing, or keeps the thread for 10 µs.

mod load;
mod servers;
#[path = "../echo/stream.rs"]
#[allow(dead_code, reason = "shared with the bench echo")]
mod stream;

use std::time::Duration;

use comparison::{Options, Table};
use load::Waits;
use servers::Server;

/// Flooders, and microseconds that the slot of a message takes.
const CELLS: [(usize, u64); 4] = [(1, 0), (16, 0), (1, 10), (16, 10)];

fn main() {
    if let Some((name, slot)) = servers::asked_to_serve() {
        return servers::serve(&name, slot);
    }
    let options = Options::from_args(&[]);
    let time = Duration::from_secs(if options.quick { 1 } else { 5 });
    for (flooders, slot) in CELLS {
        let slot_text = if slot == 0 { "an empty slot".to_owned() } else { format!("a slot of {slot} µs") };
        let title = format!("{flooders} flooding, {slot_text}; waited, in ms");
        if !options.wants(&title) {
            continue;
        }
        let mut table = Table::new(&title, &["half", "99 %", "all"]);
        for name in servers::NAMES {
            let Some(mut server) = Server::start(name, slot) else { continue };
            let tls = name.ends_with("-wss");
            // What is measured inside of it begins with the flood.
            let (pings, inside) = load::flood(server.address(), tls, flooders, time, || server.report());
            table.row(&format!("{name}: ping"), row(pings));
            for (what, waits) in inside {
                table.row(&format!("{name}: {what}"), row(waits));
            }
        }
        table.print();
    }
}

fn row(mut waits: Waits) -> [String; 3] {
    [0.5, 0.99, 1.0].map(|part| format!("{:.2}", waits.quantile(part).as_secs_f64() * 1e3))
}
