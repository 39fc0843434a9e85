//! Things timed side by side, so that what is read off is a ratio and not the mood of the machine.
//!
//! All contenders of a [`Comparison`] take turns (A B C A B C …), each turn long enough for the clock. A slow second hits
//! all of them, and the median over the rounds of *contender ÷ reference within a round* is what it leaves untouched. The
//! clock is the thread's CPU time: it stands still while another program has the core.

#![warn(missing_docs)]

use std::time::Duration;

use cpu_time::ThreadTime;

/// What was asked for on the command line.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fewer and shorter rounds.
    pub quick: bool,
    filters: Vec<String>,
    flags: Vec<String>,
}

impl Options {
    /// Reads `[--quick] [FILTER]…`, and the flags that the bench itself knows.
    pub fn from_args(known_flags: &[&str]) -> Self {
        let mut options = Self { quick: false, filters: Vec::new(), flags: Vec::new() };
        for argument in std::env::args().skip(1) {
            match argument.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--quick" => options.quick = true,
                flag if known_flags.contains(&flag) => options.flags.push(argument),
                flag if flag.starts_with('-') => {
                    eprintln!("usage: [--quick] {} [FILTER]…", known_flags.join(" "));
                    std::process::exit(2);
                }
                _ => options.filters.push(argument),
            }
        }
        options
    }

    /// Whether that flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// Whether something with that title is to be measured.
    pub fn wants(&self, title: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| title.contains(filter))
    }
}

/// One question, and those who compete for the answer; the first is the reference.
pub struct Comparison<'a> {
    title: String,
    items: u64,
    bytes: Option<usize>,
    contenders: Vec<Contender<'a>>,
}

struct Contender<'a> {
    name: String,
    /// Does it that many times.
    repeat: Box<dyn FnMut(u64) + 'a>,
}

impl<'a> Comparison<'a> {
    /// A question without contenders.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), items: 1, bytes: None, contenders: Vec::new() }
    }

    /// Says that one call deals with that many items: the table is per item.
    pub fn items(mut self, items: usize) -> Self {
        self.items = items as u64;
        self
    }

    /// Says how many bytes an item has: the table shows the throughput.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Adds a contender. What it is given and what it gives should pass through [`std::hint::black_box`].
    pub fn with(mut self, name: impl Into<String>, mut call: impl FnMut() + 'a) -> Self {
        let repeat = move |count| (0..count).for_each(|_| call());
        self.contenders.push(Contender { name: name.into(), repeat: Box::new(repeat) });
        self
    }

    /// Measures and prints the table.
    pub fn run(mut self, options: &Options) {
        if !options.wants(&self.title) {
            return;
        }
        let (rounds, turn) = if options.quick { (11, 300) } else { (41, 1500) };
        let turn = Duration::from_micros(turn);
        let counts: Vec<u64> =
            self.contenders.iter_mut().map(|contender| contender.calibrate(turn)).collect();
        let mut times = vec![Vec::with_capacity(rounds); self.contenders.len()];
        for _ in 0..rounds {
            for ((contender, &count), times) in self.contenders.iter_mut().zip(&counts).zip(&mut times) {
                let nanoseconds = contender.time(count).as_secs_f64() * 1e9;
                times.push(nanoseconds / (count * self.items) as f64);
            }
        }
        let mut table = Table::new(&self.title, &["ns", "GB/s", "÷ first"]);
        for (contender, own) in self.contenders.iter().zip(&times) {
            let time = median(own.iter().copied());
            let throughput = self.bytes.map_or_else(String::new, |bytes| significant(bytes as f64 / time));
            let ratio = median(own.iter().zip(&times[0]).map(|(own, reference)| own / reference));
            table.row(&contender.name, [significant(time), throughput, format!("{ratio:.2}")]);
        }
        table.print();
    }
}

impl Contender<'_> {
    /// How often it fits into a turn.
    fn calibrate(&mut self, turn: Duration) -> u64 {
        let mut count = 1;
        loop {
            let time = self.time(count);
            if time >= turn / 4 {
                let fits = turn.as_secs_f64() / time.as_secs_f64() * count as f64;
                return (fits as u64).max(1);
            }
            count *= 2;
        }
    }

    fn time(&mut self, count: u64) -> Duration {
        let start = ThreadTime::now();
        (self.repeat)(count);
        start.elapsed()
    }
}

/// Rows of figures under a title.
pub struct Table {
    title: String,
    header: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// A table with those columns behind the names.
    pub fn new(title: &str, header: &[&str]) -> Self {
        let header = header.iter().map(|&name| name.to_owned()).collect();
        Self { title: title.to_owned(), header, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.rows.push((name.to_owned(), cells.into_iter().collect()));
    }

    /// Prints it, without the columns that are empty.
    pub fn print(&self) {
        let used: Vec<usize> = (0..self.header.len())
            .filter(|&column| self.rows.iter().any(|(_, cells)| !cells[column].is_empty()))
            .collect();
        let names = self.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(36);
        let width = |column: usize| {
            let cells = self.rows.iter().map(|(_, cells)| cells[column].chars().count());
            cells.chain([self.header[column].chars().count()]).max().unwrap_or(0) + 2
        };
        println!("\n{}", self.title);
        let line = |name: &str, cells: &[String]| {
            print!("  {name:names$}");
            used.iter().for_each(|&column| print!("{:>1$}", cells[column], width(column)));
            println!();
        };
        line("", &self.header);
        self.rows.iter().for_each(|(name, cells)| line(name, cells));
    }
}

/// The middle value.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => (values[length / 2 - 1] + values[length / 2]) / 2.0,
    }
}

/// Three digits, whatever the size.
pub fn significant(value: f64) -> String {
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$}")
}

/// A size as people write it.
pub fn size_name(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
