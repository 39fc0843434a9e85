//! A chat in a window, for the server of the example `simple_chat`. Linux with X11 (Wayland is a feature of eframe away).
//!
//! ```text
//! cargo run --example simple_chat
//! ```
//!
//! and, in another terminal,
//!
//! ```text
//! cargo run --manifest-path examples/chat_window/Cargo.toml -- Ada ws://localhost:1234
//! ```
//!
//! The conversation is seen above, a line to write in below it, and how the connection is at the bottom. `dark` or `light` as
//! a third argument overrides what the system says. Open a second window, or <http://localhost:1234/> in a browser, to have
//! somebody to talk to; stop the server and start it again to see the connection come back.
//!
//! There is one loop, slotwire's, and the loop of the window is one of its sources: a `SocketNotifier` says when the window has
//! something to do, a `Timer` when it wants to be called without that. Whatever [`ChatClient`] tells of has the window drawn
//! anew. So nothing is asked in turns, no thread is needed, and an idle window does next to nothing.

#[path = "../../chat_client/mod.rs"]
mod chat_client;

use std::cell::RefCell;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chat_client::{ChatClient, Line};
use eframe::egui::{self, Color32, RichText, ScrollArea, TextEdit};
use eframe::{EframePumpStatus, EframeWinitApplication, NativeOptions, UserEvent};
use slotwire::prelude::*;
use winit::event_loop::{ControlFlow, EventLoop as WindowLoop};

const GREEN: Color32 = Color32::from_rgb(47, 168, 79);
const RED: Color32 = Color32::from_rgb(224, 85, 85);
const SEND_WIDTH: f32 = 60.0;

/// What the window shows.
struct ChatView {
    client: Handle<ChatClient>,
    input: String,
}

impl eframe::App for ChatView {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        let Some(client) = self.client.get() else { return };
        egui::Panel::bottom("status").show(ui, |ui| show_status(ui, &client));
        egui::Panel::bottom("input").show(ui, |ui| self.show_input(ui, &client));
        egui::CentralPanel::default().show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
                client.with_lines(|lines| lines.iter().for_each(|line| show_line(ui, line)));
            });
        });
    }
}

impl ChatView {
    fn show_input(&mut self, ui: &mut egui::Ui, client: &ChatClient) {
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let room = ui.available_width() - SEND_WIDTH - ui.spacing().item_spacing.x;
            let hint = "Say something, and press Enter";
            let input = ui.add(TextEdit::singleline(&mut self.input).hint_text(hint).desired_width(room));
            let send = egui::Button::new("Send").min_size(egui::vec2(SEND_WIDTH, 0.0));
            let is_clicked = ui.add_enabled(client.is_connected(), send).clicked();
            let is_entered = input.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if (is_clicked || is_entered) && !self.input.trim().is_empty() && client.say(&self.input) {
                self.input.clear();
            }
            if is_clicked || is_entered || ui.memory(|memory| memory.focused().is_none()) {
                input.request_focus();
            }
        });
        ui.add_space(4.0);
    }
}

fn show_status(ui: &mut egui::Ui, client: &ChatClient) {
    ui.horizontal(|ui| {
        let (place, _) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), egui::Sense::hover());
        let light = if client.is_connected() { GREEN } else { RED };
        ui.painter().circle_filled(place.center(), 5.0, light);
        ui.add(egui::Label::new(client.status()).truncate());
    });
}

fn show_line(ui: &mut egui::Ui, line: &Line) {
    let (text, colour) = match line {
        Line::Notice(text) => {
            ui.label(RichText::new(text).italics());
            return;
        }
        Line::Theirs(text) => (text, ui.visuals().strong_text_color()),
        Line::Mine(text) => (text, GREEN),
    };
    let (name, said) = text.split_once(": ").unwrap_or(("?", text));
    let name = RichText::new(format!("{name}  ")).strong().color(colour);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.label(name);
        ui.label(said);
    });
}

/// The loop of the window, as a source of this one.
struct Window {
    /// Borrowed while the window handles its events, which use the client and never this.
    inner: RefCell<(WindowLoop<UserEvent>, EframeWinitApplication<'static>)>,
    wake: Timer,
}

impl Window {
    fn new(client: Handle<ChatClient>, theme: egui::ThemePreference) -> Result<Handle<Self>, Box<dyn Error>> {
        let window_loop = WindowLoop::<UserEvent>::with_user_event().build()?;
        let viewport = egui::ViewportBuilder::default().with_inner_size([640.0, 360.0]);
        let options = NativeOptions { viewport, ..NativeOptions::default() };
        let create: eframe::AppCreator<'static> = Box::new(move |context| {
            context.egui_ctx.set_theme(theme);
            let egui = context.egui_ctx.clone();
            client.signal(|client| &client.changed).connect(move |()| egui.request_repaint());
            Ok(Box::new(ChatView { client, input: String::new() }))
        });
        let application = eframe::create_native("Chat", options, create, &window_loop);
        let events = SocketNotifier::new(&window_loop, NotifierType::Read)?;
        let wake = Timer::new();
        wake.set_single_shot(true);
        wake.set_timer_type(TimerType::Precise);
        let this = Handle::new(Self { inner: RefCell::new((window_loop, application)), wake });
        wake.set_parent(this);
        events.set_parent(this);
        client.set_parent(this);
        wake.timeout().connect_to(this, |this, ()| this.handle_events());
        events.activated().connect_to(this, |this, _| this.handle_events());
        Ok(this)
    }

    /// Lets the window handle what there is for it, and does not wait.
    fn handle_events(&self) {
        // In a nested loop the window waits for the outer one.
        let Ok(mut inner) = self.inner.try_borrow_mut() else { return };
        let (window_loop, application) = &mut *inner;
        match application.pump_eframe_app(window_loop, Some(Duration::ZERO)) {
            EframePumpStatus::Exit(code) => Application::exit(code),
            EframePumpStatus::Continue(ControlFlow::Wait) => self.wake.stop(),
            EframePumpStatus::Continue(ControlFlow::Poll) => self.wake.start(Duration::ZERO),
            EframePumpStatus::Continue(ControlFlow::WaitUntil(time)) => {
                self.wake.start(time.saturating_duration_since(Instant::now()));
            }
        }
    }
}

fn chat(name: &str, url: &str, theme: egui::ThemePreference) -> Result<i32, Box<dyn Error>> {
    let client = ChatClient::new(chat_client::parse_url(url)?, name);
    let window = Window::new(client, theme)?.scoped();
    client.with(ChatClient::open);
    // The first time opens the window.
    Application::invoke_later({
        let window = *window;
        move || {
            window.with(Window::handle_events);
        }
    });
    let code = Application::exec();
    client.with(ChatClient::close);
    Ok(code)
}

fn main() -> ExitCode {
    use egui::ThemePreference::{Dark, Light, System};
    let arguments = chat_client::arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let code = match arguments[..] {
        [] => chat("guest", "ws://localhost:1234", System),
        [name] if !name.starts_with('-') => chat(name, "ws://localhost:1234", System),
        [name, url] => chat(name, url, System),
        [name, url, "dark"] => chat(name, url, Dark),
        [name, url, "light"] => chat(name, url, Light),
        _ => {
            eprintln!("Usage: slotwire-chat-window [NAME [URL [dark|light]]]");
            return ExitCode::FAILURE;
        }
    };
    match code {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("slotwire-chat-window: {error}");
            ExitCode::FAILURE
        }
    }
}
