//! What the terminal shows, and what its keys do. It knows no terminal: a test draws it into a buffer.

use ratatui::Frame;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::Paragraph;

use crate::chat_client::{ChatClient, Line};

const PROMPT: &str = "> ";
const NOTICE: Style = Style::new().add_modifier(Modifier::ITALIC.union(Modifier::DIM));

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    None,
    Say(String),
    Quit,
}

/// What is being written, and how far the conversation is scrolled.
#[derive(Default)]
pub(crate) struct View {
    before_cursor: String,
    after_cursor: String,
    /// Rows below the last one that is seen.
    scroll: usize,
    /// Rows of the conversation that are seen at once, and how many it has in this width.
    page: usize,
    rows: usize,
}

impl View {
    pub(crate) fn handle(&mut self, event: &Event) -> Action {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(*key),
            Event::Paste(text) => {
                self.before_cursor.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
                Action::None
            }
            _ => Action::None,
        }
    }

    /// Puts a text that could not be sent where it was.
    pub(crate) fn give_back(&mut self, text: String) {
        self.before_cursor = text;
    }

    fn press(&mut self, key: KeyEvent) -> Action {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Action::Quit,
            KeyCode::Char('c' | 'd') if control => return Action::Quit,
            KeyCode::Char('u') if control => self.before_cursor.clear(),
            KeyCode::Char(_) if control => {}
            KeyCode::Char(character) => self.before_cursor.push(character),
            KeyCode::Backspace => drop(self.before_cursor.pop()),
            KeyCode::Delete => drop(take_first(&mut self.after_cursor)),
            KeyCode::Left => {
                if let Some(character) = self.before_cursor.pop() {
                    self.after_cursor.insert(0, character);
                }
            }
            KeyCode::Right => self.before_cursor.extend(take_first(&mut self.after_cursor)),
            KeyCode::Home => {
                self.after_cursor.insert_str(0, &self.before_cursor);
                self.before_cursor.clear();
            }
            KeyCode::End => self.before_cursor.push_str(&std::mem::take(&mut self.after_cursor)),
            KeyCode::Up => self.scroll += 1,
            KeyCode::Down => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageUp => self.scroll += self.page,
            KeyCode::PageDown => self.scroll = self.scroll.saturating_sub(self.page),
            KeyCode::Enter => return self.enter(),
            _ => {}
        }
        Action::None
    }

    fn enter(&mut self) -> Action {
        let text = std::mem::take(&mut self.before_cursor) + &std::mem::take(&mut self.after_cursor);
        self.scroll = 0;
        if text.trim().is_empty() { Action::None } else { Action::Say(text) }
    }

    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>, client: &ChatClient) {
        let areas = Layout::vertical([Constraint::Min(1), Constraint::Length(1), Constraint::Length(1)]);
        let [conversation, input, status] = areas.areas(frame.area());
        client.with_lines(|lines| self.draw_conversation(frame, conversation, lines.iter()));
        self.draw_input(frame, input);
        draw_status(frame, status, client, self.scroll);
    }

    fn draw_conversation<'l>(
        &mut self,
        frame: &mut Frame<'_>,
        area: Rect,
        lines: impl Iterator<Item = &'l Line>,
    ) {
        let rows: Vec<_> = lines.flat_map(|line| wrap(line, area.width)).collect();
        self.page = usize::from(area.height);
        // Who has scrolled up stays where they are when something comes in below.
        if self.scroll > 0 {
            self.scroll += rows.len().saturating_sub(self.rows);
        }
        self.rows = rows.len();
        self.scroll = self.scroll.min(rows.len().saturating_sub(self.page));
        let end = rows.len() - self.scroll;
        let start = end.saturating_sub(self.page);
        frame.render_widget(Paragraph::new(rows[start..end].to_vec()), area);
    }

    fn draw_input(&self, frame: &mut Frame<'_>, area: Rect) {
        let before = Span::raw(format!("{PROMPT}{}", self.before_cursor));
        let cursor = u16::try_from(before.width()).unwrap_or(u16::MAX);
        // A text that is wider than the screen is seen around its cursor.
        let skipped = cursor.saturating_sub(area.width.saturating_sub(1));
        let row = Row::from(vec![before, Span::raw(self.after_cursor.as_str())]);
        frame.render_widget(Paragraph::new(row).scroll((0, skipped)), area);
        frame.set_cursor_position(Position::new(area.x + cursor - skipped, area.y));
    }
}

/// In colours of the terminal's own, so that it is readable on light and dark.
fn draw_status(frame: &mut Frame<'_>, area: Rect, client: &ChatClient, rows_below: usize) {
    let style = Style::new().add_modifier(Modifier::REVERSED);
    let light = if client.is_connected() { Color::Green } else { Color::Red };
    let text = format!(" {}", client.status());
    let status = Row::from(vec![Span::styled(" ● ", style.fg(light)), Span::raw(text)]);
    let width = usize::from(area.width);
    let (hint, room) = match rows_below {
        0 => (Row::from(" Enter: send  ↑↓: scroll  Esc: quit "), width.saturating_sub(status.width())),
        // In a narrow terminal that matters more than how the connection is.
        below => (Row::from(format!(" {below} more below ")), width),
    };
    frame.render_widget(Paragraph::new(status).style(style), area);
    if hint.width() <= room {
        let width = u16::try_from(hint.width()).unwrap_or(0);
        let at = Rect { x: area.right() - width, width, ..area };
        frame.render_widget(Paragraph::new(hint).style(style), at);
    }
}

/// The rows of one line of the conversation.
fn wrap(line: &Line, width: u16) -> Vec<Row<'static>> {
    let (text, name_style, style) = match line {
        Line::Notice(text) => (text, NOTICE, NOTICE),
        Line::Mine(text) => (text, Style::new().fg(Color::Green).add_modifier(Modifier::BOLD), Style::new()),
        Line::Theirs(text) => (text, Style::new().add_modifier(Modifier::BOLD), Style::new()),
    };
    // A peer may have put anything into its message; what controls the terminal is not for it to say.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rows = textwrap::wrap(&text, usize::from(width.max(1)));
    let mut rows: Vec<_> = rows.into_iter().map(|row| Row::styled(row.into_owned(), style)).collect();
    let name_end = text.find(": ").filter(|_| !matches!(line, Line::Notice(_)));
    if let (Some(end), Some(first)) = (name_end, rows.first_mut()) {
        let whole = first.to_string();
        if let Some((name, rest)) = whole.split_at_checked(end) {
            *first = Row::from(vec![
                Span::styled(name.to_owned(), name_style),
                Span::styled(rest.to_owned(), style),
            ]);
        }
    }
    rows
}

fn take_first(text: &mut String) -> Option<char> {
    (!text.is_empty()).then(|| text.remove(0))
}
