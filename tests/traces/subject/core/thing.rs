//! What a script has made, other than objects of its own: timers, loops, descriptors, spies.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::time::Duration;

use serde_json::{Value, json};
use slotwire::{
    Application, EventLoop, FindChildOption, Handle, NotifierType, Object, ObjectHandle, ProcessEventsFlags,
    SignalBlocker, SignalSpy, SocketNotifier, Thread, Timer, TimerType,
};

use super::run::Failed;
use super::{Node, Stage, stage};

#[derive(Clone)]
pub(super) enum Thing {
    App,
    Object(Handle<Node>),
    Plain(Object),
    Timer(Timer),
    Loop(EventLoop),
    Thread(Thread),
    Notifier(SocketNotifier),
    Pipe(std::rc::Rc<(io::PipeReader, RefCell<Option<io::PipeWriter>>)>),
    Spy(std::rc::Rc<SignalSpy<i32>>),
    Blocker(std::rc::Rc<Cell<Option<SignalBlocker>>>),
}

impl Thing {
    pub(super) fn object(&self) -> Option<Object> {
        Some(match self {
            Self::Object(node) => **node,
            Self::Plain(object) => *object,
            Self::Timer(timer) => **timer,
            Self::Loop(event_loop) => **event_loop,
            Self::Thread(thread) => **thread,
            Self::Notifier(notifier) => **notifier,
            Self::App | Self::Pipe(_) | Self::Spy(_) | Self::Blocker(_) => return None,
        })
    }

    /// Does what a slot of Qt's own does.
    pub(super) fn act(&self, member: &str) {
        match (self, member) {
            (Self::App, _) => Application::quit(),
            (Self::Loop(event_loop), "quit") => event_loop.quit(),
            (Self::Thread(thread), "quit") => thread.quit(),
            (Self::Thread(thread), "start") => thread.start().unwrap_or_default(),
            (Self::Timer(timer), "start") => timer.restart(),
            (Self::Timer(timer), "stop") => timer.stop(),
            (thing, "deleteLater") => _ = thing.object().map(Object::delete_later),
            _ => {}
        }
    }
}

impl Stage {
    pub(super) fn adopt(&self, name: &str, thing: Thing) {
        if let Some(object) = thing.object() {
            self.names.borrow_mut().insert(object, name.to_owned());
        }
        let mut things = self.things.borrow_mut();
        match things.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = thing,
            None => things.push((name.to_owned(), thing)),
        }
    }

    pub(super) fn name_of(&self, object: Object) -> Option<String> {
        self.names.borrow().get(&object).cloned()
    }

    pub(super) fn thing(&self, name: &str) -> Result<Thing, Failed> {
        let things = self.things.borrow();
        let found = things.iter().find(|(known, _)| known == name);
        found.map(|(_, thing)| thing.clone()).ok_or_else(|| format!("there is no {name}"))
    }

    pub(super) fn thing_or_app(&self, name: &str) -> Result<Thing, Failed> {
        if name == "app" { Ok(Thing::App) } else { self.thing(name) }
    }

    pub(super) fn object(&self, name: &str) -> Result<Object, Failed> {
        self.thing(name)?.object().ok_or_else(|| format!("{name} is no object"))
    }

    pub(super) fn node(&self, name: &str) -> Result<Handle<Node>, Failed> {
        match self.thing(name)? {
            Thing::Object(node) => Ok(node),
            _ => Err(format!("{name} has no signals")),
        }
    }

    pub(super) fn statement_of_things(&self, what: &str, words: &[&str]) -> Result<Value, Failed> {
        match what {
            "new" => {
                self.create(words[0], words.get(1).copied().unwrap_or("object"), words.get(2).copied())?;
            }
            "notifier" => self.create_notifier(words[0], words[1], words.get(2) == Some(&"write"))?,
            "spy" => {
                let spy = SignalSpy::new(self.number_signal(words[1])?);
                self.adopt(words[0], Thing::Spy(spy.into()));
            }
            "blocker" => {
                let blocker = SignalBlocker::new(self.object(words[1])?);
                self.adopt(words[0], Thing::Blocker(std::rc::Rc::new(Cell::new(Some(blocker)))));
            }
            "single_shot" => self.single_shot(number(words[0])?, words[1], words.get(2).copied())?,
            "busy" => match &self.clock {
                Some(clock) => clock.advance(milliseconds(words[0])?),
                None => std::thread::sleep(milliseconds(words[0])?),
            },
            "process" => _ = Application::process_events_with(flags(words)?),
            "process_for" => _ = Application::process_events_for(milliseconds(words[0])?),
            "exec" | "exit" | "quit" | "running?" => return self.statement_of_loop(what, words),
            "drop" => {
                let mut things = self.things.borrow_mut();
                let gone = things.iter().position(|(known, _)| known == words[0]).map(|at| things.remove(at));
                drop(things);
                drop(gone);
            }
            _ => return self.statement_of(&self.thing(words[0])?, what, &words[1..]),
        }
        Ok(Value::Null)
    }

    fn create(&self, name: &str, kind: &str, parent: Option<&str>) -> Result<(), Failed> {
        let thing = match kind {
            "object" => {
                let node = Node::create();
                node.set_event_handler(|node, event| stage().handle_event(node, event));
                Thing::Object(node)
            }
            "plain" => Thing::Plain(Object::new()),
            "timer" => Thing::Timer(Timer::new()),
            "loop" => Thing::Loop(EventLoop::new()),
            "thread" => Thing::Thread(Thread::new()),
            "pipe" => {
                let (reader, writer) = io::pipe().map_err(|error| error.to_string())?;
                set_nonblocking(&reader)
                    .and_then(|()| set_nonblocking(&writer))
                    .map_err(|e| e.to_string())?;
                Thing::Pipe(std::rc::Rc::new((reader, RefCell::new(Some(writer)))))
            }
            _ => return Err(format!("there is no class {kind}")),
        };
        let object = thing.object();
        self.adopt(name, thing);
        if let (Some(object), Some(parent)) = (object, parent) {
            object.set_parent(self.object(parent)?);
        }
        Ok(())
    }

    fn create_notifier(&self, name: &str, pipe: &str, is_write: bool) -> Result<(), Failed> {
        let Thing::Pipe(pipe) = self.thing(pipe)? else { return Err(format!("{pipe} is no pipe")) };
        let notifier = match (&*pipe.1.borrow(), is_write) {
            (Some(writer), true) => SocketNotifier::new(writer, NotifierType::Write),
            _ => SocketNotifier::new(&pipe.0, NotifierType::Read),
        };
        self.adopt(name, Thing::Notifier(notifier.map_err(|error| error.to_string())?));
        Ok(())
    }

    fn single_shot(&self, ms: u64, target: &str, timer_type_named: Option<&str>) -> Result<(), Failed> {
        let (interval, key) = (Duration::from_millis(ms), target.to_owned());
        let (receiver, member) = target.split_once('.').ok_or("no target")?;
        match self.thing_or_app(receiver)? {
            Thing::Object(_) if timer_type_named.is_some() => {
                Timer::single_shot_with(
                    interval,
                    timer_type(timer_type_named.unwrap_or_default()),
                    move || {
                        stage().slot(&key, 0);
                    },
                );
            }
            Thing::Object(node) => Timer::single_shot_to(interval, node, move |_| stage().slot(&key, 0)),
            thing => {
                let member = member.to_owned();
                Timer::single_shot(interval, move || thing.act(&member));
            }
        }
        Ok(())
    }

    fn statement_of_loop(&self, what: &str, words: &[&str]) -> Result<Value, Failed> {
        let code = words.get(1).map_or(Ok(0), |code| code.parse()).map_err(|_| "the code is no number")?;
        Ok(match (self.thing_or_app(words[0])?, what) {
            (Thing::App, "exec") => Application::exec().into(),
            (Thing::App, "exit") => {
                Application::exit(code);
                Value::Null
            }
            (Thing::App, "quit") => {
                Application::quit();
                Value::Null
            }
            (Thing::Loop(event_loop), "exec") => event_loop.exec().into(),
            (Thing::Loop(event_loop), "running?") => event_loop.is_running().into(),
            (Thing::Loop(event_loop), "exit") => {
                event_loop.exit(code);
                Value::Null
            }
            (Thing::Loop(event_loop), _) => {
                event_loop.quit();
                Value::Null
            }
            _ => return Err(format!("{} is no loop", words[0])),
        })
    }

    fn statement_of(&self, thing: &Thing, what: &str, words: &[&str]) -> Result<Value, Failed> {
        match (thing, what) {
            (Thing::Timer(timer), _) => statement_of_timer(*timer, what, words),
            (Thing::Spy(spy), "count?") => Ok(spy.len().into()),
            (Thing::Spy(spy), "spied?") => Ok(spy.emissions().into()),
            (Thing::Spy(spy), "wait") => Ok(spy.wait(milliseconds(words[0])?).into()),
            (Thing::Blocker(blocker), _) => {
                let taken = blocker.take();
                match what {
                    "unblock" => taken.iter().for_each(SignalBlocker::unblock),
                    "reblock" => taken.iter().for_each(SignalBlocker::reblock),
                    "dismiss" => taken.iter().for_each(SignalBlocker::dismiss),
                    _ => return Err(format!("{what} is not known")),
                }
                blocker.set(taken);
                Ok(Value::Null)
            }
            (Thing::Notifier(notifier), "enable") => {
                notifier.set_enabled(words[0] == "1").map_err(|error| error.to_string())?;
                Ok(Value::Null)
            }
            (Thing::Notifier(notifier), "enabled?") => Ok(notifier.is_enabled().into()),
            (Thing::Pipe(pipe), _) => statement_of_pipe(&pipe.0, &mut pipe.1.borrow_mut(), what, words),
            _ => Err(format!("{what} is not known")),
        }
    }
}

fn statement_of_timer(timer: Timer, what: &str, words: &[&str]) -> Result<Value, Failed> {
    match what {
        "start" => match words.first() {
            Some(interval) => timer.start(milliseconds(interval)?),
            None => timer.restart(),
        },
        "stop" => timer.stop(),
        "interval" => timer.set_interval(milliseconds(words[0])?),
        "interval?" => return Ok(json!(timer.interval().as_millis())),
        "single" => timer.set_single_shot(words[0] == "1"),
        "type" => timer.set_timer_type(timer_type(words[0])),
        "active?" => return Ok(timer.is_active().into()),
        "remaining?" => {
            return Ok(match timer.remaining_time() {
                None => "none".into(),
                Some(Duration::ZERO) => "zero".into(),
                Some(_) => "some".into(),
            });
        }
        _ => return Err(format!("{what} is not known")),
    }
    Ok(Value::Null)
}

fn flags(words: &[&str]) -> Result<ProcessEventsFlags, Failed> {
    words.iter().try_fold(ProcessEventsFlags::AllEvents, |flags, word| {
        Ok(flags
            | match *word {
                "no_notifiers" => ProcessEventsFlags::ExcludeSocketNotifiers,
                "no_input" => ProcessEventsFlags::ExcludeUserInputEvents,
                "wait" => ProcessEventsFlags::WaitForMoreEvents,
                _ => return Err(format!("there is no flag {word}")),
            })
    })
}

pub(super) fn timer_type(name: &str) -> TimerType {
    match name {
        "precise" => TimerType::Precise,
        "very_coarse" => TimerType::VeryCoarse,
        _ => TimerType::Coarse,
    }
}

fn statement_of_pipe(
    mut reader: &io::PipeReader,
    writer: &mut Option<io::PipeWriter>,
    what: &str,
    words: &[&str],
) -> Result<Value, Failed> {
    let count = words.first().map(|count| number(count)).transpose()?;
    let mut room = vec![b'x'; 65536];
    match what {
        "write" => {
            let bytes = vec![b'x'; count.unwrap_or(1) as usize];
            let written = writer.as_mut().map_or(0, |writer| writer.write(&bytes).unwrap_or(0));
            return Ok(written.into());
        }
        "read" => {
            room.truncate(count.unwrap_or(100) as usize);
            return Ok(reader.read(&mut room).unwrap_or(0).into());
        }
        "fill" => {
            while writer.as_mut().is_some_and(|writer| writer.write(&room).is_ok_and(|count| count > 0)) {}
        }
        "drain" => while reader.read(&mut room).is_ok_and(|count| count > 0) {},
        "close" => drop(writer.take()),
        _ => return Err(format!("{what} is not known")),
    }
    Ok(Value::Null)
}

fn set_nonblocking(descriptor: &impl std::os::fd::AsFd) -> io::Result<()> {
    socket2::SockRef::from(descriptor).set_nonblocking(true)
}

pub(super) fn number(text: &str) -> Result<u64, Failed> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

pub(super) fn milliseconds(text: &str) -> Result<Duration, Failed> {
    number(text).map(Duration::from_millis)
}

impl Stage {
    pub(super) fn find(&self, top: Object, kind: &str, text: &str, is_direct: bool) -> Value {
        let search = Search::of(text, is_direct);
        let found = match kind {
            "object" => search.first::<Handle<Node>>(top),
            "timer" => search.first::<Timer>(top),
            "loop" => search.first::<EventLoop>(top),
            _ => search.first::<Object>(top),
        };
        found.and_then(|found| self.name_of(found)).into()
    }

    pub(super) fn find_all(&self, top: Object, kind: &str, text: &str, is_direct: bool) -> Value {
        let search = Search::of(text, is_direct);
        let found = match kind {
            "object" => search.all::<Handle<Node>>(top),
            "timer" => search.all::<Timer>(top),
            "loop" => search.all::<EventLoop>(top),
            _ => search.all::<Object>(top),
        };
        found.into_iter().map(|found| self.name_of(found)).collect()
    }
}

/// A search as Python makes it, where no name is the empty one.
struct Search<'t> {
    name: &'t str,
    option: FindChildOption,
}

impl<'t> Search<'t> {
    fn of(text: &'t str, is_direct: bool) -> Self {
        let option = if is_direct {
            FindChildOption::FindDirectChildrenOnly
        } else {
            FindChildOption::FindChildrenRecursively
        };
        Self { name: if text == "*" { "" } else { text }, option }
    }

    fn first<H: ObjectHandle>(&self, top: Object) -> Option<Object> {
        top.find_child_with::<H>(Some(self.name), self.option).map(ObjectHandle::object)
    }

    fn all<H: ObjectHandle>(&self, top: Object) -> Vec<Object> {
        let found = top.find_children_with::<H>(Some(self.name), self.option);
        found.into_iter().map(ObjectHandle::object).collect()
    }
}
