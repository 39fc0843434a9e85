//! Text as servers send it, made up; the same each time.

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ticker,
    Chat,
    LongChat,
    Table,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Ticker, Self::Chat, Self::LongChat, Self::Table];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ticker => "156 B, a ticker",
            Self::Chat => "323 B, a chat",
            Self::LongChat => "944 B, a long chat",
            Self::Table => "14 KB, a table",
        }
    }

    /// As many as are to be told from each other.
    pub fn messages(self) -> Vec<Vec<u8>> {
        let count = if self == Self::Table { 300 } else { 2000 };
        let mut random = Random(88_172_645_463_325_252);
        let message = |_| match self {
            Self::Ticker => ticker(&mut random),
            Self::Chat => chat(&mut random, 20),
            Self::LongChat => chat(&mut random, 120),
            Self::Table => table(&mut random),
        };
        (0..count).map(message).map(String::into_bytes).collect()
    }
}

/// As xorshift64: no randomness, but far enough from order.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.one_of(&WORDS)).collect::<Vec<_>>().join(" ")
    }
}

const WORDS: [&str; 37] = [
    "the",
    "connection",
    "was",
    "closed",
    "because",
    "server",
    "restarted",
    "hello",
    "how",
    "are",
    "you",
    "today",
    "please",
    "check",
    "message",
    "window",
    "signal",
    "slot",
    "thread",
    "value",
    "update",
    "report",
    "user",
    "order",
    "shipped",
    "delayed",
    "again",
    "tomorrow",
    "meeting",
    "at",
    "noon",
    "and",
    "then",
    "we",
    "can",
    "review",
    "design",
];

fn ticker(random: &mut Random) -> String {
    let symbol = random.one_of(&["BTCUSDT", "ETHUSDT", "SOLUSDT", "ADAUSDT", "XRPUSDT"]);
    let time = |random: &mut Random| 1_700_000_000_000 + random.below(100_000_000);
    let id = |random: &mut Random| random.below(1_000_000_000);
    format!(
        r#"{{"e":"aggTrade","E":{},"s":"{symbol}","a":{},"p":"{}.{:02}","q":"0.{:06}","f":{},"l":{},"T":{},"m":{},"M":true}}"#,
        time(random),
        id(random),
        20_000 + random.below(50_000),
        random.below(100),
        random.below(1_000_000),
        id(random),
        id(random),
        time(random),
        random.below(2) == 0,
    )
}

fn chat(random: &mut Random, words: usize) -> String {
    format!(
        r#"{{"type":"message","id":"{:016x}","room":"general","user":{{"id":{},"name":"{}","avatar":"https://cdn.example.com/a/{:016x}.png"}},"timestamp":"2026-11-28T15:{:02}:{:02}.{:03}Z","text":"{}"}}"#,
        random.next(),
        random.below(100_000),
        random.one_of(&["Ada", "Grace", "Linus", "Bjarne"]),
        random.next(),
        random.below(60),
        random.below(60),
        random.below(1000),
        random.words(words),
    )
}

fn table(random: &mut Random) -> String {
    let row = |_| {
        format!(
            r#"{{"id":{},"name":"item-{}","price":{}.{:02},"stock":{},"tags":["{}","{}"]}}"#,
            random.below(1_000_000),
            random.below(10_000),
            random.below(1000),
            random.below(100),
            random.below(500),
            random.words(1),
            random.words(1),
        )
    };
    let rows: Vec<_> = (0..170).map(row).collect();
    format!(r#"{{"rows":[{}]}}"#, rows.join(","))
}
