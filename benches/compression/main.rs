//! What does compression cost, and what does it save?
//!
//! - *compressed ÷ plain*: an encoder for each connection, as others have it, beside the shared ones of this crate, on four kinds
//!   of made-up text.
//! - *compress*, *decompress*: the same in CPU time, for one busy connection and for many in turn. The least that those need is
//!   what a simple program does: one encoder, which is given what the connection has sent as a dictionary each time.
//! - *echo*: servers, each in a process of its own, on one thread. Each message is decompressed, and compressed again. All agree on
//!   windows of 12 bits and context takeover, and use level 6. What counts is the server's CPU time per message; of many
//!   connections, also how much resident memory each has added.
//!
//! | server | what |
//! |---|---|
//! | `slotwire` | the public API |
//! | `yawc`, `sockudo-ws` | on tokio's current-thread runtime |
//! | `websockets`, `ws` | Python's and npm's, if `tests/interop/setup.sh` has installed them |

mod corpus;
mod encoders;
mod load;
mod servers;

use comparison::{Options, Table, median, significant};
use corpus::Kind;
use load::{Load, Measurement, Messages};
use servers::Server;

const LEVEL: u8 = 6;
const WINDOW_BITS: u8 = 12;

/// Connections, and messages in flight in each.
const CELLS: [(usize, usize); 3] = [(1, 8), (4, 8), (1000, 1)];

fn main() {
    if let Some(name) = servers::asked_to_serve() {
        return servers::serve(&name);
    }
    let options = Options::from_args(&[]);
    encoders::sizes(&options);
    encoders::times(&options);
    let mut summary = Table::new("echo: server CPU per message ÷ slotwire", &servers::NAMES[1..]);
    for kind in Kind::ALL {
        let messages = Messages::new(kind.messages());
        for (connections, in_flight) in CELLS {
            let load = if in_flight > 1 { "busy" } else { "in turn" };
            let title = format!("echo {}, connections: {connections} {load}", kind.name());
            if options.wants(&title) {
                echo(&title, kind, &messages, connections, in_flight, &options, &mut summary);
            }
        }
    }
    if options.wants("echo") {
        summary.print();
    }
}

/// The rounds of all servers, in turn.
fn echo(
    title: &str,
    kind: Kind,
    messages: &Messages,
    connections: usize,
    in_flight: usize,
    options: &Options,
    summary: &mut Table,
) {
    let count = if kind == Kind::Table { 1000 } else { 10_000 };
    let (rounds, count) = if options.quick { (3, count / 2) } else { (7, count) };
    let mut servers: Vec<Option<Server>> = servers::NAMES.iter().map(|name| Server::start(name)).collect();
    let idle: Vec<f64> =
        servers.iter().map(|server| server.as_ref().map_or(0.0, Server::resident_memory)).collect();
    let mut loads: Vec<Option<Load<'_>>> = servers
        .iter()
        .map(|server| Some(Load::connect(server.as_ref()?.address(), connections, in_flight, messages)))
        .collect();
    let mut measured: Vec<Vec<Measurement>> = vec![Vec::new(); servers.len()];
    for round in 0..=rounds {
        for ((server, load), measured) in servers.iter_mut().zip(&mut loads).zip(&mut measured) {
            let (Some(server), Some(load)) = (server, load) else { continue };
            // In the first round every connection fills its window.
            let measurement = load.run(server, if round == 0 { count.max(25 * connections) } else { count });
            if round > 0 {
                measured.push(measurement);
            }
        }
    }
    let mut table = Table::new(title, &["CPU µs", "÷ slotwire", "bytes", "KiB/connection"]);
    let ratio = |own: &[Measurement]| {
        let pairs = own.iter().zip(&measured[0]);
        format!("{:.2}", median(pairs.map(|(own, reference)| own.cpu() / reference.cpu())))
    };
    for (index, server) in servers.iter().enumerate() {
        let Some(server) = server else { continue };
        let own = &measured[index];
        let memory = (server.resident_memory() - idle[index]) / connections as f64 / 1024.0;
        table.row(
            servers::NAMES[index],
            [
                significant(median(own.iter().map(Measurement::cpu))),
                ratio(own),
                significant(median(own.iter().map(Measurement::size))),
                if connections < 100 { String::new() } else { significant(memory) },
            ],
        );
    }
    table.print();
    let ratios = measured[1..].iter().map(|own| if own.is_empty() { String::new() } else { ratio(own) });
    summary.row(title, ratios);
}
