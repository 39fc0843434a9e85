//! Other threads of a script: those that run a block, and *workers*, which run a loop for an object.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use serde_json::Value;
use slotwire::{Remote, Thread};

use super::run::{Failed, HOLD};
use super::thing::Thing;
use super::{Node, STAGE, Stage, World, object, stage};

#[derive(Default)]
pub(super) struct Threads {
    /// Objects that other threads reach, by their names.
    remotes: Mutex<HashMap<String, Remote<Node>>>,
    workers: Mutex<HashMap<String, Remote<Node>>>,
    spawned: Mutex<HashMap<String, JoinHandle<()>>>,
    flags: Mutex<HashMap<String, u32>>,
    flag_set: Condvar,
}

thread_local! {
    /// The threads of the workers, in the thread that has started them.
    static THREADS: RefCell<HashMap<String, Thread>> = RefCell::default();
}

fn thread_of(name: &str) -> Option<Thread> {
    THREADS.with(|threads| threads.borrow().get(name).copied())
}

impl Threads {
    /// Lets go of what is left at the end.
    pub(super) fn forget(&self) {
        for (_, worker) in self.workers.lock().drain() {
            worker.event_loop().quit();
        }
        for (_, thread) in THREADS.take() {
            thread.wait(None);
            thread.delete();
        }
    }

    fn remote(&self, name: &str) -> Option<Remote<Node>> {
        self.remotes.lock().get(name).cloned()
    }

    fn worker(&self, name: &str) -> Option<Remote<Node>> {
        self.workers.lock().get(name).cloned()
    }
}

impl Stage {
    /// `None` if it is none of these statements.
    pub(super) fn statement_of_threads(&self, what: &str, words: &[&str]) -> Option<Result<Value, Failed>> {
        let threads = &self.world.threads;
        if let Some(Ok(Thing::Thread(thread))) = words.first().map(|name| self.thing(name))
            && let "start" | "quit" | "exit" | "wait_for" | "working?" | "finished?" = what
        {
            return Some(Ok(ask(thread, what, words.get(1).and_then(|number| number.parse().ok()))));
        }
        let worker = words.first().and_then(|name| threads.worker(name));
        let done = match (what, worker) {
            ("worker", _) => self.start_worker(words[0]),
            ("spawn", _) => self.spawn(words[0]),
            ("join", _) => {
                let thread = threads.spawned.lock().remove(words[0]);
                match thread.map(JoinHandle::join) {
                    None => Err("no thread".into()),
                    Some(ended) => ended.map_err(|_| "panicked".into()),
                }
            }
            ("signal_flag", _) => {
                *threads.flags.lock().entry(words[0].to_owned()).or_default() += 1;
                threads.flag_set.notify_all();
                Ok(())
            }
            ("await_flag", _) => {
                let mut flags = threads.flags.lock();
                while flags.get(words[0]).copied().unwrap_or_default() == 0 {
                    threads.flag_set.wait(&mut flags);
                }
                *flags.get_mut(words[0]).expect("it is there") -= 1;
                Ok(())
            }
            ("invoke" | "invoke_blocking", _) => return Some(self.invoke(what, words)),
            ("quit" | "exit" | "wait_for" | "working?" | "finished?", Some(_)) => {
                let number = words.get(1).and_then(|number| number.parse().ok());
                return thread_of(words[0]).map(|thread| Ok(ask(thread, what, number)));
            }
            ("post", Some(worker)) => {
                let Ok(number) = words[1].parse() else { return Some(Err("no number".into())) };
                worker.invoke(move |_| {
                    let me = stage().thread.clone().and_then(|name| stage().node(&name).ok());
                    let event = slotwire::Event::new(slotwire::EventType::User(number));
                    me.map(|me| me.send_event(&event)).unwrap_or_default();
                });
                Ok(())
            }
            ("emit", Some(worker))
                if self.thread.as_deref() != Some(words[0].split('.').next().unwrap_or("")) =>
            {
                drop(worker);
                Err("emits in another thread".into())
            }
            _ => return None,
        };
        Some(done.map(|()| Value::Null))
    }

    fn start_worker(&self, name: &str) -> Result<(), Failed> {
        let (world, name_of_worker) = (Arc::clone(&self.world), name.to_owned());
        self.publish_all();
        let thread = Thread::new();
        let started = thread.start().and_then(|()| {
            thread.create(move || {
                let node = object::create_in_thread();
                enter(world, &name_of_worker);
                stage().adopt(&name_of_worker, Thing::Object(node));
                node
            })
        });
        let remote = started.map_err(|error| error.to_string())?;
        THREADS.with(|threads| threads.borrow_mut().insert(name.to_owned(), thread));
        self.world.threads.remotes.lock().insert(name.to_owned(), remote.clone());
        self.world.threads.workers.lock().insert(name.to_owned(), remote);
        Ok(())
    }

    fn spawn(&self, name: &str) -> Result<(), Failed> {
        self.publish_all();
        let (world, block) = (Arc::clone(&self.world), name.to_owned());
        let thread = std::thread::spawn(move || {
            std::thread::sleep(2 * HOLD);
            enter(world, &block);
            stage().block(&block);
            STAGE.set(None);
        });
        self.world.threads.spawned.lock().insert(name.to_owned(), thread);
        Ok(())
    }

    /// Lets other threads know this one's objects.
    fn publish_all(&self) {
        let mut remotes = self.world.threads.remotes.lock();
        for (name, thing) in &*self.things.borrow() {
            if let Thing::Object(node) = thing
                && node.is_alive()
            {
                remotes.entry(name.clone()).or_insert_with(|| node.remote());
            }
        }
    }

    fn invoke(&self, what: &str, words: &[&str]) -> Result<Value, Failed> {
        let (name, _) = words[0].split_once('.').ok_or("no slot")?;
        let (key, value) =
            (words[0].to_owned(), words.get(1).and_then(|value| value.parse().ok()).unwrap_or(0));
        if let Ok(Thing::Object(node)) = self.thing(name) {
            node.invoke_later(move || stage().slot(&key, value));
            return Ok(true.into());
        }
        let remote = self.world.threads.remote(name).ok_or("nobody")?;
        if what == "invoke" {
            return Ok(remote.invoke(move |_| stage().slot(&key, value)).into());
        }
        Ok(remote.invoke_blocking(move |_| stage().slot(&key, value)).is_ok().into())
    }

    /// Connects objects of different threads; `None` if they are not.
    pub(super) fn connect_threads(
        &self,
        source: &str,
        receiver: &str,
        member: &str,
        is_blocking: bool,
    ) -> Option<bool> {
        let (sender_name, signal) = source.split_once('.')?;
        let threads = &self.world.threads;
        let key = format!("{receiver}.{member}");
        match (threads.worker(sender_name), threads.worker(receiver)) {
            (None, Some(receiver)) => {
                let signal = self.number_signal(source).ok()?;
                if is_blocking {
                    signal.connect(move |number| {
                        let key = key.clone();
                        let _ = receiver.invoke_blocking(move |_| stage().slot(&key, number));
                    });
                } else {
                    signal.connect_remote(&receiver, move |_, number| stage().slot(&key, number));
                }
                Some(true)
            }
            (Some(sender), None) => {
                let Ok(Thing::Object(node)) = self.thing(receiver) else { return Some(false) };
                let remote = node.remote();
                let slot = move |_: &Node, number: i32| stage().slot(&key, number);
                Some(match signal {
                    "a" => sender.connect_remote(|node| &node.a, &remote, slot),
                    "b" => sender.connect_remote(|node| &node.b, &remote, slot),
                    _ => sender.connect_remote(|node| &node.c, &remote, slot),
                })
            }
            _ => None,
        }
    }
}

/// A statement about a worker's thread, with the code or time that it names.
fn ask(thread: Thread, what: &str, number: Option<i32>) -> Value {
    match what {
        "wait_for" => {
            let time = number.map(|time| Duration::from_millis(time.unsigned_abs().into()));
            return thread.wait(time).into();
        }
        "start" => thread.start().unwrap_or_default(),
        "working?" => return thread.is_running().into(),
        "finished?" => return thread.is_finished().into(),
        _ => thread.exit(number.unwrap_or(0)),
    }
    Value::Null
}

/// Makes this thread one of a script's.
fn enter(world: Arc<World>, name: &str) {
    STAGE.set(Some(Rc::new(Stage::new(world, Some(name.to_owned())))));
}
