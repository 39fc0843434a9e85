//! For so many seconds (3600), from that seed (1).

use std::time::Duration;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse().expect("a whole number"));
    let seconds = numbers.next().unwrap_or(3600);
    slotwire_fuzz::soak(Duration::from_secs(seconds), numbers.next().unwrap_or(1));
}
