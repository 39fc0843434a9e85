//! Random programs whose slots, filters, timers, posted calls and destructors do anything, and panic.
//!
//! Nothing is expected of what they do, but of what is there afterwards: nothing, and a thread in which all works. What random
//! programs do to sockets stands in `tests/websocket/reentrancy_matrix.rs`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use slotwire::prelude::*;

use crate::scale::times;
use crate::support::{caught, panic_as_told, settle_through_panics};

const OBJECTS: usize = 4;
const SCRIPTS: usize = 6;
/// Steps of a program; after that it does nothing any more.
const FUEL: usize = 300;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Makes an object anew if that one is dead.
    Make(usize),
    Emit(usize),
    /// Connects a slot that runs a script; how, is told by the number.
    Connect(usize, usize, usize, u8),
    OnDestroyed(usize, usize),
    DisconnectAll(usize),
    DisconnectReceiver(usize, usize),
    Block(usize, bool),
    SetParent(usize, usize),
    ClearParent(usize),
    Delete(usize),
    DeleteLater(usize),
    Post(usize, usize),
    PostEvent(usize),
    SendEvent(usize),
    Filter(usize, usize, usize),
    SingleShot(usize),
    StartTimer(usize, usize),
    ProcessEvents,
    SendPosted(usize),
    NestedLoop,
    Quit,
    Panic,
    /// Runs a script, and goes on if it panics.
    Catch(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let object = 0..OBJECTS;
    let script = 0..SCRIPTS;
    let two = (object.clone(), object.clone());
    let scripted = (object.clone(), script.clone());
    prop_oneof![
        2 => object.clone().prop_map(Step::Make),
        6 => object.clone().prop_map(Step::Emit),
        6 => (two.clone(), script.clone(), 0..6_u8)
            .prop_map(|((sender, receiver), script, kind)| Step::Connect(sender, receiver, script, kind)),
        2 => scripted.clone().prop_map(|(object, script)| Step::OnDestroyed(object, script)),
        1 => object.clone().prop_map(Step::DisconnectAll),
        1 => two.clone().prop_map(|(sender, receiver)| Step::DisconnectReceiver(sender, receiver)),
        1 => (object.clone(), any::<bool>()).prop_map(|(object, block)| Step::Block(object, block)),
        2 => two.prop_map(|(child, parent)| Step::SetParent(child, parent)),
        1 => object.clone().prop_map(Step::ClearParent),
        2 => object.clone().prop_map(Step::Delete),
        2 => object.clone().prop_map(Step::DeleteLater),
        2 => scripted.clone().prop_map(|(object, script)| Step::Post(object, script)),
        1 => object.clone().prop_map(Step::PostEvent),
        1 => object.clone().prop_map(Step::SendEvent),
        2 => (object.clone(), object.clone(), script.clone())
            .prop_map(|(watched, filter, script)| Step::Filter(watched, filter, script)),
        2 => script.clone().prop_map(Step::SingleShot),
        1 => scripted.prop_map(|(object, script)| Step::StartTimer(object, script)),
        2 => Just(Step::ProcessEvents),
        1 => object.prop_map(Step::SendPosted),
        2 => Just(Step::NestedLoop),
        1 => Just(Step::Quit),
        3 => Just(Step::Panic),
        1 => script.prop_map(Step::Catch),
    ]
}

/// An object with a signal, which may panic when it is dropped.
struct Part {
    signal: Emitter<usize>,
    _fragile: Fragile,
}

#[derive(Clone)]
struct Fragile(bool);

impl Drop for Fragile {
    fn drop(&mut self) {
        // Two panics at a time would end the process, as Rust has it.
        if self.0 && !thread::panicking() {
            panic_as_told();
        }
    }
}

struct Program {
    scripts: Vec<Vec<Step>>,
    objects: RefCell<Vec<Handle<Part>>>,
    fuel: Cell<usize>,
    /// All that were ever made.
    made: RefCell<Vec<Handle<Part>>>,
}

impl Program {
    fn make(&self) -> Handle<Part> {
        let is_fragile = self.made.borrow().len().is_multiple_of(3);
        let made = Handle::new(Part { signal: Emitter::new(), _fragile: Fragile(is_fragile) });
        self.made.borrow_mut().push(made);
        made
    }

    fn object(&self, index: usize) -> Handle<Part> {
        self.objects.borrow()[index]
    }

    fn run(self: &Rc<Self>, script: usize) {
        for step in &self.scripts[script] {
            if self.fuel.get() == 0 {
                return;
            }
            self.fuel.set(self.fuel.get() - 1);
            self.take(*step);
        }
    }

    /// What runs a script, and takes something along that may panic when it is dropped.
    fn call(self: &Rc<Self>, script: usize) -> impl Fn() + 'static {
        let (program, fragile) = (self.clone(), Fragile(script.is_multiple_of(2)));
        move || {
            let _ = &fragile;
            program.run(script);
        }
    }

    fn connect(self: &Rc<Self>, sender: usize, receiver: usize, script: usize, kind: u8) {
        let (signal, receiver) = (self.object(sender).signal(|part| &part.signal), self.object(receiver));
        let call = self.call(script);
        match kind {
            0 => signal.connect(move |_| call()),
            1 => signal.connect_to(receiver, move |_, _| call()),
            2 => signal.connect_to_with(ConnectionType::QUEUED, receiver, move |_, _| call()),
            3 => signal.connect_with(ConnectionType::AUTO.single_shot(), move |_| call()),
            4 => signal.connect_mut(move |_| call()),
            _ => signal.connect_signal(receiver.signal(|part| &part.signal)),
        };
    }

    fn take(self: &Rc<Self>, step: Step) {
        match step {
            Step::Make(index) => {
                if !self.object(index).is_alive() {
                    let made = self.make();
                    self.objects.borrow_mut()[index] = made;
                }
            }
            Step::Emit(index) => {
                self.object(index).with(|part| part.signal.emit(index));
            }
            // A signal that emits itself, or two that emit each other, go on without an end.
            Step::Connect(sender, receiver, _, 5) if sender >= receiver => {}
            Step::Connect(sender, receiver, script, kind) => self.connect(sender, receiver, script, kind),
            Step::OnDestroyed(index, script) => {
                let call = self.call(script);
                self.object(index).destroyed().connect(move |_| call());
            }
            Step::DisconnectAll(index) => {
                self.object(index).disconnect_all();
            }
            Step::DisconnectReceiver(sender, receiver) => {
                self.object(sender).disconnect_receiver(self.object(receiver));
            }
            Step::Block(index, block) => {
                self.object(index).block_signals(block);
            }
            Step::SetParent(child, parent) => self.object(child).set_parent(self.object(parent)),
            Step::ClearParent(index) => self.object(index).clear_parent(),
            Step::Delete(index) => self.object(index).delete(),
            Step::DeleteLater(index) => self.object(index).delete_later(),
            Step::Post(index, script) => self.object(index).invoke_later(self.call(script)),
            Step::PostEvent(index) => self.object(index).post_event(Event::new(EventType::User(1))),
            Step::SendEvent(index) => {
                self.object(index).send_event(&Event::new(EventType::User(2)));
            }
            Step::Filter(watched, filter, script) => {
                let call = self.call(script);
                self.object(watched).install_event_filter(self.object(filter), move |_, _, _| {
                    call();
                    false
                });
            }
            Step::SingleShot(script) => Timer::single_shot(Duration::ZERO, self.call(script)),
            Step::StartTimer(index, script) => {
                let timer = Timer::new();
                let (call, program) = (self.call(script), self.clone());
                timer.timeout().connect(move |()| {
                    match program.fuel.get() {
                        0 => timer.delete(),
                        fuel => program.fuel.set(fuel - 1),
                    }
                    call();
                });
                timer.set_parent(self.object(index));
                timer.start(Duration::ZERO);
                if timer.parent().is_none() {
                    timer.delete();
                }
            }
            Step::ProcessEvents => {
                Application::process_events();
            }
            Step::SendPosted(index) => Application::send_posted_events(self.object(index)),
            Step::NestedLoop => {
                let wait = EventLoop::new().scoped();
                let event_loop = *wait;
                Application::invoke_later(move || event_loop.quit());
                wait.exec();
            }
            Step::Quit => Application::quit(),
            Step::Panic => panic_as_told(),
            Step::Catch(script) => {
                caught(|| self.run(script));
            }
        }
    }
}

fn play(scripts: Vec<Vec<Step>>) {
    let program = Rc::new(Program {
        scripts,
        objects: RefCell::default(),
        fuel: Cell::new(FUEL),
        made: RefCell::default(),
    });
    let objects: Vec<_> = (0..OBJECTS).map(|_| program.make()).collect();
    program.objects.replace(objects);
    for script in 0..SCRIPTS {
        let first = program.clone();
        Application::invoke_later(move || first.run(script));
        caught(|| program.run(script));
        settle_through_panics();
    }
    program.fuel.set(0);
    settle_through_panics();
    for object in program.made.take() {
        caught(|| object.delete());
    }
    settle_through_panics();
    assert_eq!(Application::dump_objects(), "");
    // The timers of a program are due at once; what a thread gives back of its memory, it does later.
    let waits = Application::next_timeout();
    assert!(waits.is_none_or(|timeout| timeout > Duration::from_secs(1)), "something still waits: {waits:?}");
    assert_eq!(sender(), None);
    drop(program);
    all_works();
}

fn all_works() {
    let button = Handle::new(Emitter::<usize>::new());
    let log = Rc::new(RefCell::new(Vec::new()));
    let (direct, queued) = (log.clone(), log.clone());
    button.signal(|button| button).connect(move |number| direct.borrow_mut().push(number));
    button
        .signal(|button| button)
        .connect_with(ConnectionType::QUEUED, move |number| queued.borrow_mut().push(10 * number));
    button.with(|button| button.emit(1));
    button.delete_later();
    Timer::single_shot(Duration::ZERO, || Application::exit(7));
    assert_eq!(Application::exec(), 7);
    assert_eq!(log.take(), [1, 10]);
    assert!(!button.is_alive());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: times(400) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_thread_is_in_order_after_any_program(
        scripts in vec(vec(step(), 0..12), SCRIPTS),
    ) {
        // In a thread of its own, so that a case that fails leaves nothing to the next.
        let played = thread::spawn(move || play(scripts));
        prop_assert!(played.join().is_ok());
    }
}
