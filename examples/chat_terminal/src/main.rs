//! A chat in the terminal, for the server of the example `simple_chat`. Unix only.
//!
//! ```text
//! cargo run --example simple_chat
//! ```
//!
//! and, in another terminal,
//!
//! ```text
//! cargo run --manifest-path examples/chat_terminal/Cargo.toml -- Ada ws://localhost:1234
//! ```
//!
//! The conversation is seen above, a line to write in below, and how the connection is in the last line. Enter sends, the arrows
//! and the page keys scroll, Esc and Ctrl-C end it. Start a second one, or open <http://localhost:1234/> in a browser, to have
//! somebody to talk to; stop the server and start it again to see the connection come back.
//!
//! There is one thread and one loop, slotwire's. Keys come by a `SocketNotifier` on the terminal, a changed size by another one
//! on a pipe that the signal SIGWINCH is written to, messages and the state of the connection by the signals of
//! [`ChatClient`]. Each of them has the screen drawn anew, once for all that happen in one round of the loop.

#[path = "../../chat_client/mod.rs"]
mod chat_client;
#[cfg(test)]
mod tests;
mod view;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io::{self, IsTerminal, Read};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

use chat_client::ChatClient;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use signal_hook::consts::{SIGTERM, SIGWINCH};
use slotwire::prelude::*;
use view::{Action, View};

struct ChatTerminal {
    this: Handle<Self>,
    client: Handle<ChatClient>,
    terminal: RefCell<DefaultTerminal>,
    view: RefCell<View>,
    is_to_be_drawn: Cell<bool>,
}

impl ChatTerminal {
    fn new(client: Handle<ChatClient>, terminal: DefaultTerminal) -> Handle<Self> {
        let this = Handle::new_cyclic(|this| Self {
            this,
            client,
            terminal: RefCell::new(terminal),
            view: RefCell::default(),
            is_to_be_drawn: Cell::default(),
        });
        client.set_parent(this);
        client.signal(|client| &client.changed).connect_to(this, |this, ()| this.draw_later());
        this.with(Self::draw_later);
        this
    }

    /// Draws when what happens now has happened.
    fn draw_later(&self) {
        if !self.is_to_be_drawn.replace(true) {
            let this = self.this;
            Application::invoke_later(move || {
                this.with(Self::draw);
            });
        }
    }

    fn draw(&self) {
        self.is_to_be_drawn.set(false);
        let drawn = self.client.with(|client| {
            let mut view = self.view.borrow_mut();
            self.terminal.borrow_mut().draw(|frame| view.draw(frame, client)).map(drop)
        });
        // A terminal that is gone.
        if let Some(Err(_)) = drawn {
            Application::exit(1);
        }
    }

    /// Takes all keys that the terminal has.
    fn read_keys(&self) {
        while let Ok(true) = event::poll(Duration::ZERO) {
            let Ok(event) = event::read() else { return Application::exit(1) };
            // Not in the arms: what the client emits draws.
            let action = self.view.borrow_mut().handle(&event);
            match action {
                Action::Quit => self.client.with(ChatClient::close).map_or((), |()| Application::quit()),
                Action::Say(text) => {
                    if !self.client.with(|client| client.say(&text)).unwrap_or(false) {
                        self.view.borrow_mut().give_back(text);
                    }
                }
                Action::None => {}
            }
        }
        self.draw_later();
    }
}

/// Calls the slot from the loop when that signal has come.
fn on_signal(signal: i32, parent: Object, slot: impl Fn() + 'static) -> io::Result<()> {
    let (mut read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, write)?;
    let notifier = SocketNotifier::new(&read, NotifierType::Read).map_err(io::Error::other)?;
    notifier.set_parent(parent);
    notifier.activated().connect_mut(move |_| {
        while matches!(read.read(&mut [0; 16]), Ok(1..)) {}
        slot();
    });
    Ok(())
}

fn run(client: Handle<ChatClient>) -> Result<i32, Box<dyn Error>> {
    let chat = ChatTerminal::new(client, ratatui::try_init()?).scoped();
    // A text of several lines is one event then, and no line of it is sent yet.
    execute!(io::stdout(), EnableBracketedPaste)?;
    let this = *chat;
    let keys = SocketNotifier::new(io::stdin(), NotifierType::Read)?;
    keys.set_parent(this);
    keys.activated().connect_to(this, |this, _| this.read_keys());
    on_signal(SIGWINCH, *this, move || this.with(ChatTerminal::read_keys).unwrap_or(()))?;
    // SIGHUP is left to end the program at once: its terminal is gone, and crossterm would read its end for ever.
    on_signal(SIGTERM, *this, Application::quit)?;
    client.with(ChatClient::open);
    Ok(Application::exec())
}

fn chat(name: &str, url: &str) -> Result<i32, Box<dyn Error>> {
    let url = chat_client::parse_url(url)?;
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err("this is a program for a terminal".into());
    }
    let code = run(ChatClient::new(url, name));
    execute!(io::stdout(), DisableBracketedPaste)?;
    ratatui::try_restore()?;
    code
}

fn main() -> ExitCode {
    let arguments = chat_client::arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let code = match arguments[..] {
        [] => chat("guest", "ws://localhost:1234"),
        [name] if !name.starts_with('-') => chat(name, "ws://localhost:1234"),
        [name, url] => chat(name, url),
        _ => {
            eprintln!("Usage: slotwire-chat-terminal [NAME [URL]]");
            return ExitCode::FAILURE;
        }
    };
    match code {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("slotwire-chat-terminal: {error}");
            ExitCode::FAILURE
        }
    }
}
