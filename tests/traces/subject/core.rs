//! Plays a script of objects, signals, events, timers, loops and threads, as README.md describes them, and says what
//! happened: the counterpart of `qt_core.py`.

mod connect;
mod object;
mod run;
mod thing;
mod thread;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use slotwire::{Connection, Emitter, Handle, Object, VirtualClock};
use thing::Thing;
use thread::Threads;

use crate::script::Script;

/// Takes the records of all threads, in their order.
pub(crate) type Sink = Arc<dyn Fn(Value) + Send + Sync>;

/// Plays a script in this thread, with a clock that only passes while the script waits.
pub(crate) fn play(script: Script, sink: Sink) {
    let world = Arc::new(World { script, sink, runs: Mutex::default(), threads: Threads::default() });
    let stage = Rc::new(Stage::new(world, None));
    STAGE.set(Some(Rc::clone(&stage)));
    stage.block("main");
    stage.tell(json!(["left", stage.left()]));
    stage.world.threads.forget();
}

/// What the threads of a script share.
struct World {
    script: Script,
    sink: Sink,
    /// How often a line with a limit has run.
    runs: Mutex<HashMap<(String, String), u32>>,
    threads: Threads,
}

impl World {
    fn has_threads(&self) -> bool {
        self.script["main"].iter().any(|line| line.starts_with("spawn ") || line.starts_with("worker "))
    }
}

/// What a thread of a script has.
struct Stage {
    world: Arc<World>,
    /// `None`: it is the first one.
    thread: Option<String>,
    clock: Option<VirtualClock>,
    /// In the order of their creation.
    things: RefCell<Vec<(String, Thing)>>,
    /// Also of those that are deleted.
    names: RefCell<HashMap<Object, String>>,
    connections: RefCell<HashMap<String, Connection>>,
}

thread_local! {
    static STAGE: RefCell<Option<Rc<Stage>>> = const { RefCell::new(None) };
}

/// A script's object.
struct Node {
    a: Emitter<i32>,
    b: Emitter<i32>,
    c: Emitter<i32>,
}

impl Node {
    fn create() -> Handle<Self> {
        Handle::new(Self { a: Emitter::new(), b: Emitter::new(), c: Emitter::new() })
    }
}

/// The stage of this thread.
fn stage() -> Rc<Stage> {
    STAGE.with_borrow(|stage| stage.clone().expect("a script runs in this thread"))
}

impl Stage {
    fn new(world: Arc<World>, thread: Option<String>) -> Self {
        let clock = thread.is_none().then(VirtualClock::install);
        Self {
            world,
            thread,
            clock,
            things: RefCell::default(),
            names: RefCell::default(),
            connections: RefCell::default(),
        }
    }

    fn tell(&self, record: Value) {
        (self.world.sink)(record);
    }

    /// Says in which thread it is, if not in the first.
    fn mark(&self, text: &str) -> String {
        self.thread.as_ref().map_or_else(|| text.to_owned(), |thread| format!("{thread}| {text}"))
    }

    /// The names of the objects that are alive.
    fn left(&self) -> Vec<String> {
        let things = self.things.borrow();
        let objects = things.iter().filter(|(_, thing)| thing.object().is_some_and(Object::is_alive));
        objects.map(|(name, _)| name.clone()).collect()
    }
}
