//! What does an echo cost, end to end, over loopback?
//!
//! Each server runs in a process of its own, on one thread; the load generator, which uses no library, sends masked frames
//! and checks every byte that comes back. The servers take turns, and the figure to trust is the server's CPU time per
//! message as a multiple of `bare`'s in the same round: wall time is mostly that of the kernel and of who else is running.
//!
//! | server | what |
//! |---|---|
//! | `bare` | mio and no library: whole messages, turned round in the buffer that they were read into; text is validated |
//! | `slotwire` | the public API, as in `examples/echo.rs` |
//! | `tungstenite` | on mio; `write` for each message, `flush` once an event; reads of 16 KiB |
//! | `fastwebsockets` | on tokio's current-thread runtime, after its own example |
//!
//! With `--tls` others take turns, over TLS 1.3 with the cryptography of aws-lc-rs; the first is the reference. Besides echoes
//! it is measured what a handshake costs, whole and resumed ("handshake"), and the memory of a connection that is idle ("idle").
//!
//! | server | what |
//! |---|---|
//! | `tokio-rustls` | tungstenite over tokio-rustls on tokio's current-thread runtime; `feed` for each message, `flush` when no more has come |
//! | `slotwire-wss` | the public API, with `SslMode::Secure` |
//!
//! With `--tasks` the slots of `slotwire`, the reference, take turns with `slotwire-tasks`, which awaits: a task for each connection.
//!
//! In the end it is measured what messages take that are announced and do not come ("announced").
//!
//! `--text` sends ASCII text in place of binary messages. A filter is a part of a cell's title (`"64 B"`).

mod connections;
mod load;
mod servers;
mod stream;

use comparison::{Options, Table, median, significant, size_name};
use load::{Load, Measurement};
use servers::Server;
use std::time::Duration;

const SIZES: [usize; 4] = [64, 1 << 10, 16 << 10, 1 << 20];
const CONNECTIONS: [usize; 2] = [1, 64];
const IN_FLIGHT: [usize; 2] = [1, 16];
/// More than this is not under way at once, as it would lie in the kernel's buffers.
const MAX_BYTES_IN_FLIGHT: usize = 128 << 20;

/// One combination of what is varied.
#[derive(Clone, Copy)]
struct Cell {
    size: usize,
    connections: usize,
    in_flight: usize,
}

impl Cell {
    fn all() -> impl Iterator<Item = Self> {
        SIZES.into_iter().flat_map(|size| {
            CONNECTIONS.into_iter().flat_map(move |connections| {
                IN_FLIGHT.into_iter().map(move |in_flight| {
                    let most = MAX_BYTES_IN_FLIGHT / (size * connections);
                    Self { size, connections, in_flight: in_flight.min(most) }
                })
            })
        })
    }

    fn title(self) -> String {
        format!("{} ×{} d{}", size_name(self.size), self.connections, self.in_flight)
    }
}

fn main() {
    if let Some(name) = servers::asked_to_serve() {
        return servers::serve(&name);
    }
    let options = Options::from_args(&["--text", "--tls", "--tasks"]);
    let names = servers::names(options.has("--tls"), options.has("--tasks"));
    let (rounds, window) = if options.quick { (3, 80) } else { (7, 200) };
    let window = Duration::from_millis(window);
    let mut servers: Vec<Server> = names.iter().map(|name| Server::start(name)).collect();
    let mut summary = Table::new(&format!("server CPU per message ÷ {}", names[0]), &names[1..]);
    for cell in Cell::all().filter(|cell| options.wants(&cell.title())) {
        let measured = measure(&mut servers, cell, &options, rounds, window);
        print(cell, names, &measured);
        let ratios = measured.iter().skip(1).map(|own| ratio(own, &measured[0], Measurement::cpu));
        summary.row(&cell.title(), ratios.map(|ratio| format!("{ratio:.2}")));
    }
    summary.print();
    if options.has("--tls") && options.wants("handshake") {
        connections::handshakes(&mut servers, names, rounds);
    }
    if options.has("--tls") && options.wants("idle") {
        connections::idle(names);
    }
    if options.wants("announced") {
        // `bare` takes the memory that a header asks for.
        let others: Vec<&str> = names.iter().copied().filter(|name| *name != "bare").collect();
        connections::announced(&others, options.has("--tls"));
    }
}

/// The rounds of each server.
fn measure(
    servers: &mut [Server],
    cell: Cell,
    options: &Options,
    rounds: usize,
    window: Duration,
) -> Vec<Vec<Measurement>> {
    let (text, tls) = (options.has("--text"), options.has("--tls"));
    let mut loads: Vec<Load> = servers
        .iter()
        .map(|server| Load::connect(server.address(), cell.connections, cell.in_flight, cell.size, text, tls))
        .collect();
    for (server, load) in servers.iter_mut().zip(&mut loads) {
        load.run(server, window / 4);
    }
    let mut measured = vec![Vec::new(); servers.len()];
    for _ in 0..rounds {
        for ((server, load), measured) in servers.iter_mut().zip(&mut loads).zip(&mut measured) {
            measured.push(load.run(server, window));
        }
    }
    measured
}

fn print(cell: Cell, names: &[&str], measured: &[Vec<Measurement>]) {
    let Cell { size, connections, in_flight } = cell;
    let title = format!(
        "{}: {connections} connections, {in_flight} × {} in flight each; per message",
        cell.title(),
        size_name(size)
    );
    let reference = format!("÷ {}", names[0]);
    let mut table = Table::new(&title, &["CPU ns", &reference, "wall ns", &reference]);
    for (name, own) in names.iter().zip(measured) {
        let mut cells = Vec::new();
        for figure in [Measurement::cpu, Measurement::wall] {
            cells.push(significant(median(own.iter().map(figure))));
            cells.push(format!("{:.2}", ratio(own, &measured[0], figure)));
        }
        table.row(name, cells);
    }
    table.print();
}

/// The median over the rounds of the ratio within a round.
fn ratio(own: &[Measurement], reference: &[Measurement], figure: impl Fn(&Measurement) -> f64) -> f64 {
    median(own.iter().zip(reference).map(|(own, reference)| figure(own) / figure(reference)))
}
