//! Messages: queues, requests with answers, JSON, streams, frames.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::PeerListener;
use crate::support::{
    Connected, accepted_socket, connected_client, echo_server, listening_server, pass, settle, wait_for_end,
    wait_until,
};

#[test]
fn sending_in_any_state_but_connected_says_that_nothing_was_sent() {
    let Connected { client, accepted, .. } = Connected::new();
    let listener = PeerListener::new();
    let (fresh, connecting) = (WebSocket::new(), WebSocket::new());
    connecting.open(listener.url());
    let ended = connected_client(echo_server());
    ended.abort();
    accepted.close();
    for (socket, state) in [
        (fresh, SocketState::Unconnected),
        (connecting, SocketState::Connecting),
        (ended, SocketState::Unconnected),
        (accepted, SocketState::Connected),
    ] {
        let journal = Journal::of(socket);
        assert_eq!(socket.state(), state);
        assert_eq!((socket.send_text_message("text"), socket.send_binary_message([1])), (0, 0));
        socket.ping();
        assert_eq!(journal.take(), [""; 0]);
    }
    let received = SignalSpy::new(client.text_message_received());
    wait_for_end(client);
    assert!(received.is_empty());
}

#[test]
fn messages_wait_in_a_queue_until_there_is_a_connection() {
    let server = listening_server();
    let client = WebSocket::new();
    let queue = Rc::<RefCell<VecDeque<String>>>::default();
    let waiting = queue.clone();
    client.connected().connect(move |()| {
        for message in waiting.take() {
            client.send_text_message(message);
        }
    });
    let send = |message: String| {
        if client.state() == SocketState::Connected {
            client.send_text_message(message);
        } else {
            let mut queue = queue.borrow_mut();
            if queue.len() == 3 {
                queue.pop_front();
            }
            queue.push_back(message);
        }
    };
    (0..5).for_each(|number| send(format!("message {number}")));
    client.open(server.server_url());
    send("while connecting".into());
    let accepted = accepted_socket(server);
    let received = SignalSpy::new(accepted.text_message_received());
    wait_until("connected", || client.is_valid());
    send("at once".into());
    wait_until("all messages", || received.len() == 4);
    assert_eq!(received.take(), ["message 3", "message 4", "while connecting", "at once"]);
}

/// What is to be called with the answer, `None` if there is none in time.
type Callback = Box<dyn FnOnce(Option<&str>)>;

/// Requests with numbers, and who waits for their answers.
#[derive(Clone)]
struct Requests {
    socket: WebSocket,
    next: Rc<Cell<u32>>,
    waiting: Rc<RefCell<HashMap<u32, Callback>>>,
}

impl Requests {
    fn new(socket: WebSocket) -> Self {
        let waiting = Rc::<RefCell<HashMap<u32, Callback>>>::default();
        let answered = waiting.clone();
        socket.text_message_received().connect(move |text| {
            let (id, answer) = text.split_once(' ').unwrap();
            // Taken out first: the callback may ask for something else.
            let callback = answered.borrow_mut().remove(&id.parse().unwrap());
            if let Some(callback) = callback {
                callback(Some(answer));
            }
        });
        Self { socket, next: Rc::default(), waiting }
    }

    fn call(&self, request: &str, answered: impl FnOnce(Option<&str>) + 'static) {
        let id = self.next.replace(self.next.get() + 1);
        self.waiting.borrow_mut().insert(id, Box::new(answered));
        self.socket.send_text_message(format!("{id} {request}"));
        let waiting = self.waiting.clone();
        Timer::single_shot(Duration::from_secs(5), move || {
            let callback = waiting.borrow_mut().remove(&id);
            if let Some(callback) = callback {
                callback(None);
            }
        });
    }
}

#[test]
fn requests_have_numbers_callbacks_and_time_limits() {
    let clock = VirtualClock::install();
    let Connected { client, accepted, .. } = Connected::new();
    let requests = Requests::new(client);
    let log = Rc::<RefCell<Vec<String>>>::default();
    let note = |name: &'static str| {
        let log = log.clone();
        move |answer: Option<&str>| log.borrow_mut().push(format!("{name}: {answer:?}"))
    };
    let (chained, again) = (note("chained"), requests.clone());
    requests.call("first", note("first"));
    requests.call("lost", note("lost"));
    requests.call("last", move |_| again.call("chained", chained));
    let asked = Rc::<RefCell<Vec<String>>>::default();
    let questions = asked.clone();
    accepted.text_message_received().connect(move |text| {
        questions.borrow_mut().push(text.to_owned());
        // The answers come in another order, and one does not come at all.
        if questions.borrow().len() >= 3 {
            for question in questions.take().iter().rev().filter(|question| !question.ends_with("lost")) {
                accepted.send_text_message(question);
            }
        }
    });
    settle();
    assert_eq!(log.take(), ["first: Some(\"first\")"]);
    pass(&clock, Duration::from_secs(6));
    assert_eq!(log.take(), ["lost: None", "chained: None"]);
    assert!(requests.waiting.borrow().is_empty());
    assert_eq!(asked.take(), ["3 chained"]);
}

#[test]
fn json_is_dispatched_by_its_type() {
    use serde_json::{Value, json};
    type Handler = fn(&Value) -> Value;
    let handlers: HashMap<&str, Handler> = HashMap::from([
        ("add", (|body| json!(body["a"].as_i64().unwrap() + body["b"].as_i64().unwrap())) as Handler),
        ("shout", |body| json!(body["text"].as_str().unwrap().to_uppercase())),
    ]);
    let Connected { client, accepted, .. } = Connected::new();
    accepted.text_message_received().connect(move |text| {
        let message: Value = serde_json::from_str(text).unwrap();
        let answer = match handlers.get(message["type"].as_str().unwrap_or_default()) {
            Some(handler) => json!({ "ok": handler(&message) }),
            None => json!({ "error": format!("no handler for {}", message["type"]) }),
        };
        accepted.send_text_message(answer.to_string());
    });
    let answers = SignalSpy::new(client.text_message_received());
    client.send_text_message(json!({ "type": "add", "a": 40, "b": 2 }).to_string());
    client.send_text_message(serde_json::to_string(&json!({ "type": "shout", "text": "größer" })).unwrap());
    client.send_text_message(r#"{"type":"none"}"#);
    // What QJsonDocument::toJson() gives are bytes, and so they may be sent.
    client.send_text_message(String::from_utf8(serde_json::to_vec(&json!({ "type": 1 })).unwrap()).unwrap());
    wait_until("the answers", || answers.len() == 4);
    let expected = [
        r#"{"ok":42}"#,
        r#"{"ok":"GRÖSSER"}"#,
        r#"{"error":"no handler for \"none\""}"#,
        r#"{"error":"no handler for 1"}"#,
    ];
    assert_eq!(answers.take(), expected);
}

#[test]
fn text_may_be_empty_and_hold_a_nul() {
    let client = connected_client(echo_server());
    let received = SignalSpy::new(client.text_message_received());
    // STOMP ends each frame with a NUL.
    for text in ["", "CONNECT\naccept-version:1.2\n\n\0", "\0", "\u{feff}mark"] {
        client.send_text_message(text);
        wait_until("the echo", || !received.is_empty());
        assert_eq!(received.take(), [text]);
    }
}

#[test]
fn a_message_may_come_from_any_kind_of_text_or_bytes() {
    let client = connected_client(echo_server());
    let (texts, bytes) =
        (SignalSpy::new(client.text_message_received()), SignalSpy::new(client.binary_message_received()));
    let owned = String::from("owned");
    for size in [
        client.send_text_message("borrowed"),
        client.send_text_message(&owned),
        client.send_text_message(owned),
        client.send_text_message(std::borrow::Cow::from("cow")),
        client.send_text_message(Box::<str>::from("boxed")),
    ] {
        assert!(size > 0);
    }
    // A binary head in front of a payload.
    let mut framed = 7_u32.to_le_bytes().to_vec();
    framed.extend_from_slice(b"payload");
    client.send_binary_message(&framed);
    client.send_binary_message(framed);
    client.send_binary_message(b"literal");
    client.send_binary_message([1, 2, 3]);
    client.send_binary_message("text as bytes");
    wait_until("the echoes", || texts.len() == 5 && bytes.len() == 5);
    assert_eq!(texts.take(), ["borrowed", "owned", "owned", "cow", "boxed"]);
    assert_eq!(bytes.take()[0], b"\x07\0\0\0payload");
}

#[test]
fn a_stream_is_sent_as_fast_as_it_is_written() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 200;
    let Connected { client, accepted, .. } = Connected::new();
    let left = Rc::new(Cell::new(CHUNKS));
    let most = Rc::new(Cell::new(0));
    let (rest, peak) = (left.clone(), most.clone());
    let send_more = move || {
        while rest.get() > 0 && client.bytes_to_write() < 4 * CHUNK as u64 {
            rest.set(rest.get() - 1);
            client.send_binary_message([0; CHUNK]);
            peak.set(peak.get().max(client.bytes_to_write()));
        }
    };
    let go_on = send_more.clone();
    client.bytes_written().connect(move |_| go_on());
    let received = Rc::new(Cell::new(0));
    let count = received.clone();
    accepted.binary_message_received().connect(move |bytes| count.set(count.get() + bytes.len()));
    send_more();
    wait_until("all of it", || received.get() == CHUNK * CHUNKS);
    assert!(most.get() <= 5 * (CHUNK as u64 + 14), "{} bytes waited", most.get());
}

#[test]
fn the_frames_of_a_message_put_together_are_the_message() {
    let Connected { client, accepted, .. } = Connected::new();
    accepted.set_outgoing_frame_size(7);
    let parts = Rc::<RefCell<Vec<(String, bool)>>>::default();
    let list = parts.clone();
    client.text_frame_received().connect(move |(text, is_last)| {
        list.borrow_mut().push((text.to_owned(), is_last));
    });
    let whole = SignalSpy::new(client.text_message_received());
    let text = "frames end within characters: äöü 日本語";
    accepted.send_text_message(text);
    wait_until("the message", || !whole.is_empty());
    let parts = parts.take();
    assert_eq!(parts.iter().map(|(part, _)| part.as_str()).collect::<String>(), text);
    assert_eq!(parts.len(), text.len().div_ceil(7));
    assert!(parts.iter().rev().map(|(_, is_last)| *is_last).eq((0..parts.len()).map(|at| at == 0)));
}
