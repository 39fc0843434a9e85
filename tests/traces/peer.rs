//! The other end of the wire: a plain socket that sends what the scenario says and logs what it gets.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use slotwire::websocket::protocol::accept_key;
use socket2::SockRef;

use crate::scenario::{Reading, hex};
use crate::tls::{Event, Tls};

/// The key of RFC 6455's example, which scenarios send; any other one is the subject's.
const EXAMPLE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

pub(crate) struct Peer {
    pub(crate) name: String,
    /// `None`: closed by this side, or never connected.
    stream: Option<TcpStream>,
    tls: Option<Tls>,
    pub(crate) reading: Reading,
    /// Received, and not understood yet.
    input: Vec<u8>,
    /// Not taken by the system yet.
    output: Vec<u8>,
    pub(crate) log: Vec<Value>,
    pub(crate) is_closed_by_subject: bool,
    is_held: bool,
    shows_masks: bool,
    key: Option<String>,
}

impl Peer {
    pub(crate) fn new(name: &str, stream: TcpStream, shows_masks: bool) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: Some(stream), shows_masks, ..Self::unconnected(name) })
    }

    /// A peer whose connection was refused.
    pub(crate) fn refused(name: &str) -> Self {
        let log = vec![json!(["connect failed", "refused"])];
        Self { log, is_closed_by_subject: true, ..Self::unconnected(name) }
    }

    fn unconnected(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            stream: None,
            tls: None,
            reading: Reading::Http,
            input: Vec::new(),
            output: Vec::new(),
            log: Vec::new(),
            is_closed_by_subject: false,
            is_held: false,
            shows_masks: false,
            key: None,
        }
    }

    /// Speaks TLS from here on; bytes that were not understood yet are the beginning of it.
    pub(crate) fn start_tls(&mut self, mut tls: Tls) {
        tls.take_output(&mut self.output);
        self.tls = Some(tls);
        self.flush();
        let received = std::mem::take(&mut self.input);
        self.receive(&received);
    }

    /// Whether the handshake of TLS is over, one way or the other.
    pub(crate) fn is_decided(&self) -> bool {
        self.is_closed_by_subject || self.tls.as_ref().is_none_or(Tls::is_decided)
    }

    // ---- what the scenario has it do

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => {
                tls.send(bytes);
                tls.take_output(&mut self.output);
            }
            None => self.output.extend_from_slice(bytes),
        }
        self.flush();
    }

    /// Whether everything is sent, or will never be.
    pub(crate) fn has_sent(&self) -> bool {
        self.output.is_empty() || self.is_closed_by_subject
    }

    pub(crate) fn read_as(&mut self, reading: Reading) {
        self.reading = reading;
        self.parse();
    }

    /// Stops reading.
    pub(crate) fn hold(&mut self) {
        self.is_held = true;
    }

    pub(crate) fn half_close(&self) -> io::Result<()> {
        self.stream.as_ref().map_or(Ok(()), |stream| stream.shutdown(Shutdown::Write))
    }

    /// Closes the connection.
    pub(crate) fn fin(&mut self) {
        self.stream = None;
    }

    /// Says that nothing more will come, and goes on reading.
    pub(crate) fn close_notify(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.close_notify();
            tls.take_output(&mut self.output);
        }
        self.flush();
    }

    /// Resets the connection.
    pub(crate) fn rst(&mut self) -> io::Result<()> {
        self.stream.take().map_or(Ok(()), |stream| SockRef::from(&stream).set_linger(Some(Duration::ZERO)))
    }

    /// Logs what is left at the end of the scenario.
    pub(crate) fn end(&mut self) {
        if self.stream.is_some() {
            self.log_rest();
            self.log.push(json!(["end", self.connection()]));
        }
    }

    pub(crate) fn probe(&mut self) {
        self.log.push(json!(["probe", self.connection()]));
    }

    fn connection(&self) -> &'static str {
        if self.is_closed_by_subject { "closed" } else { "open" }
    }

    // ---- what it gets

    /// Sends and receives what is possible at once. Returns whether anything was received.
    pub(crate) fn serve(&mut self) -> bool {
        self.flush();
        let mut received = false;
        let mut buffer = [0; 65536];
        while !self.is_held && !self.is_closed_by_subject {
            let Some(stream) = &mut self.stream else { break };
            match stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => self.closed(),
                Ok(count) => self.receive(&buffer[..count]),
            }
            received = true;
        }
        received
    }

    fn receive(&mut self, bytes: &[u8]) {
        let Some(tls) = &mut self.tls else { return self.receive_data(bytes) };
        let events = tls.receive(bytes);
        tls.take_output(&mut self.output);
        self.flush();
        for event in events {
            match event {
                Event::Handshake(outcome) => self.log.push(json!(["tls", outcome])),
                Event::Data(data) => self.receive_data(&data),
            }
        }
    }

    fn receive_data(&mut self, bytes: &[u8]) {
        if self.reading != Reading::Discard {
            self.input.extend_from_slice(bytes);
            self.parse();
        }
    }

    /// How many entries of a kind the log has.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.log.iter().filter(|entry| entry[0] == kind).count()
    }

    pub(crate) fn unread(&self) -> usize {
        self.input.len()
    }

    /// Logs bytes that are no frame.
    pub(crate) fn take_bytes(&mut self, count: usize) {
        let rest = self.input.split_off(count.min(self.input.len()));
        self.log_rest();
        self.input = rest;
    }

    fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        while !self.output.is_empty() {
            match stream.write(&self.output) {
                Ok(count) => drop(self.output.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.output.clear(),
            }
        }
    }

    fn closed(&mut self) {
        self.is_closed_by_subject = true;
        self.log_rest();
        self.log.push(json!(["closed"]));
    }

    fn log_rest(&mut self) {
        if !self.input.is_empty() {
            let rest = std::mem::take(&mut self.input);
            self.log.push(json!(["raw", hex(&rest)]));
        }
    }

    fn parse(&mut self) {
        while match self.reading {
            Reading::Http => self.parse_head(),
            Reading::Frames => self.parse_frame(),
            Reading::Raw | Reading::Discard => false,
        } {}
    }

    fn parse_head(&mut self) -> bool {
        let Some(end) = self.input.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
        let head: String = self.input[..end].iter().map(|&byte| char::from(byte)).collect();
        self.input.drain(..end + 4);
        let lines: Vec<_> = head.split("\r\n").map(|line| self.comparable_line(line)).collect();
        let is_refusal = lines[0].starts_with("HTTP/") && !format!("{} ", lines[0]).contains(" 101 ");
        self.reading = if is_refusal { Reading::Raw } else { Reading::Frames };
        self.log.push(json!(["http", lines]));
        true
    }

    /// A header line without what is random in it, or the time.
    fn comparable_line(&mut self, line: &str) -> String {
        let Some((name, value)) = line.split_once(": ") else { return line.to_owned() };
        if name.eq_ignore_ascii_case("sec-websocket-key") {
            let key = value.trim_start();
            self.key = Some(key.to_owned());
            if is_nonce(key) {
                return format!("{name}: {{16 random bytes in base64}}");
            }
        }
        if name.eq_ignore_ascii_case("date") && is_http_date(value) {
            return format!("{name}: {{now}}");
        }
        line.to_owned()
    }

    fn parse_frame(&mut self) -> bool {
        let Some(frame) = Frame::parse(&self.input) else { return false };
        let mut payload = self.input[frame.payload_at..frame.end].to_vec();
        self.input.drain(..frame.end);
        if let Some(mask) = frame.mask {
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
        }
        let mut entry = json!({
            "op": frame.first & 15,
            "fin": frame.first >> 7,
            "rsv": frame.first >> 4 & 7,
            "masked": frame.mask.is_some(),
            "form": frame.form,
            "payload": hex(&payload),
        });
        if let Some(mask) = frame.mask.filter(|_| self.shows_masks) {
            entry["mask"] = hex(&mask).into();
        }
        self.log.push(json!(["frame", entry]));
        true
    }

    // ---- the handshake

    /// What has to answer the key in the request.
    pub(crate) fn accept(&self) -> String {
        accept_key(self.key.as_deref().unwrap_or_default()).map(char::from).iter().collect()
    }

    /// The key of the request, if it is one that the subject made up.
    pub(crate) fn random_key(&self) -> Option<&str> {
        self.key.as_deref().filter(|key| key.len() > 20 && *key != EXAMPLE_KEY)
    }
}

/// Where a frame's parts are in the bytes.
struct Frame {
    first: u8,
    form: u8,
    mask: Option<[u8; 4]>,
    payload_at: usize,
    end: usize,
}

impl Frame {
    /// `None` if it is not complete.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (&first, second) = (bytes.first()?, bytes.get(1)?);
        let (form, length, mut at) = match second & 0x7F {
            126 => (16, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into(), 4),
            127 => (64, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
            length => (7, length.into(), 2),
        };
        let mut mask = None;
        if second & 0x80 != 0 {
            mask = Some(bytes.get(at..at + 4)?.try_into().ok()?);
            at += 4;
        }
        let end = at.checked_add(length).filter(|&end| end <= bytes.len())?;
        Some(Self { first, form, mask, payload_at: at, end })
    }
}

/// Whether it is 16 bytes in base64.
fn is_nonce(key: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    key.len() == 24
        && key.ends_with("==")
        && key.bytes().take(21).all(is_base64)
        // The 22nd digit has two bits of the last byte.
        && b"AQgw".contains(&key.as_bytes()[21])
}

/// Whether it looks like `Sun, 06 Nov 1994 08:49:37 GMT`.
fn is_http_date(value: &str) -> bool {
    let pattern = b"Aaa, 00 Aaa 0000 00:00:00 GMT";
    value.len() == pattern.len()
        && value.bytes().zip(pattern).enumerate().all(|(at, (byte, like))| match like {
            _ if at >= 26 => byte == *like,
            b'A' => byte.is_ascii_uppercase(),
            b'a' => byte.is_ascii_lowercase(),
            b'0' => byte.is_ascii_digit(),
            _ => byte == *like,
        })
}
