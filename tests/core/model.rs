//! Random programs of connects, disconnects, emissions, deletions and blocks, also inside slots and inside nested loops,
//! against a model of the rules of emission that is a page long.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;
use slotwire::{Application, Connection, ConnectionType, Handle};

use crate::support::{Button, button, click, clicked};

const SENDERS: usize = 2;
const RECEIVERS: usize = 3;
/// Emissions inside emissions go no deeper.
const DEPTH: usize = 4;
/// Programs that go on longer than that do nothing any more.
const STEPS: usize = 400;

#[derive(Clone, Debug)]
enum Step {
    /// Connects a slot that runs a script.
    Connect {
        sender: usize,
        receiver: Option<usize>,
        kind: Kind,
        script: usize,
    },
    Disconnect {
        connection: usize,
    },
    DisconnectAll {
        sender: usize,
    },
    DisconnectReceiver {
        sender: usize,
        receiver: usize,
    },
    Emit {
        sender: usize,
    },
    DeleteSender {
        sender: usize,
    },
    DeleteReceiver {
        receiver: usize,
    },
    DeleteSenderLater {
        sender: usize,
    },
    Block {
        sender: usize,
        block: bool,
    },
    ProcessEvents,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Direct,
    SingleShot,
    Queued,
}

/// What is run: each slot runs one of the scripts.
#[derive(Clone, Debug)]
struct Program {
    main: Vec<Step>,
    scripts: Vec<Vec<Step>>,
}

fn step() -> impl Strategy<Value = Step> {
    let (sender, receiver) = (0..SENDERS, 0..RECEIVERS);
    let kind = prop_oneof![4 => Just(Kind::Direct), 1 => Just(Kind::SingleShot), 3 => Just(Kind::Queued)];
    prop_oneof![
        6 => (sender.clone(), proptest::option::of(receiver.clone()), kind, 0..4_usize)
            .prop_map(|(sender, receiver, kind, script)| Step::Connect { sender, receiver, kind, script }),
        3 => (0..12_usize).prop_map(|connection| Step::Disconnect { connection }),
        1 => sender.clone().prop_map(|sender| Step::DisconnectAll { sender }),
        1 => (sender.clone(), receiver.clone())
            .prop_map(|(sender, receiver)| Step::DisconnectReceiver { sender, receiver }),
        6 => sender.clone().prop_map(|sender| Step::Emit { sender }),
        1 => sender.clone().prop_map(|sender| Step::DeleteSender { sender }),
        1 => receiver.prop_map(|receiver| Step::DeleteReceiver { receiver }),
        2 => sender.clone().prop_map(|sender| Step::DeleteSenderLater { sender }),
        1 => (sender, any::<bool>()).prop_map(|(sender, block)| Step::Block { sender, block }),
        4 => Just(Step::ProcessEvents),
    ]
}

fn program() -> impl Strategy<Value = Program> {
    (vec(step(), 1..14), vec(vec(step(), 0..4), 4)).prop_map(|(main, scripts)| Program { main, scripts })
}

/// What both sides do in the same way: run steps, count them, and write down which slot ran.
trait World {
    fn perform(&self, step: &Step);
    fn shared(&self) -> &Shared;

    fn is_sender_alive(&self, sender: usize) -> bool;

    fn run(&self, steps: &[Step]) {
        let Shared { trace, steps: count, .. } = self.shared();
        for step in steps {
            if count.replace(count.get() + 1) < STEPS {
                self.perform(step);
                let alive = (0..SENDERS).filter(|sender| self.is_sender_alive(*sender)).count();
                trace.borrow_mut().push(3000 + alive);
            }
        }
    }

    fn run_slot(&self, id: usize, script: usize) {
        let Shared { trace, depth, program, .. } = self.shared();
        trace.borrow_mut().push(id);
        if depth.get() < DEPTH {
            depth.set(depth.get() + 1);
            self.run(&program.scripts[script]);
            depth.set(depth.get() - 1);
        }
    }
}

struct Shared {
    program: Program,
    trace: RefCell<Vec<usize>>,
    depth: Cell<usize>,
    steps: Cell<usize>,
}

impl Shared {
    fn new(program: &Program) -> Self {
        Self { program: program.clone(), trace: RefCell::default(), depth: Cell::new(0), steps: Cell::new(0) }
    }
}

// ---- the library

struct Real {
    shared: Shared,
    senders: [Button; SENDERS],
    receivers: [Handle<()>; RECEIVERS],
    connections: RefCell<Vec<Connection>>,
}

struct RealWorld(Rc<Real>);

impl World for RealWorld {
    fn shared(&self) -> &Shared {
        &self.0.shared
    }

    fn is_sender_alive(&self, sender: usize) -> bool {
        self.0.senders[sender].is_alive()
    }

    fn perform(&self, step: &Step) {
        let Real { senders, receivers, connections, .. } = &*self.0;
        match *step {
            Step::Connect { sender, receiver, kind, script } => {
                let id = connections.borrow().len();
                let world = Self(Rc::clone(&self.0));
                let connection_type = match kind {
                    Kind::Direct => ConnectionType::DIRECT,
                    Kind::SingleShot => ConnectionType::DIRECT.single_shot(),
                    Kind::Queued => ConnectionType::QUEUED,
                };
                let signal = clicked(senders[sender]);
                let connection = match receiver {
                    Some(receiver) => {
                        signal.connect_to_with(connection_type, receivers[receiver], move |(), _| {
                            world.run_slot(id, script);
                        })
                    }
                    None => signal.connect_with(connection_type, move |_| world.run_slot(id, script)),
                };
                connections.borrow_mut().push(connection);
            }
            Step::Disconnect { connection } => {
                let connection = connections.borrow().get(connection).copied();
                let ended = connection.is_some_and(Connection::disconnect);
                self.shared().trace.borrow_mut().push(1000 + usize::from(ended));
            }
            Step::DisconnectAll { sender } => {
                let ended = clicked(senders[sender]).disconnect_all();
                self.shared().trace.borrow_mut().push(2000 + ended);
            }
            Step::DisconnectReceiver { sender, receiver } => {
                let ended = senders[sender].disconnect_receiver(receivers[receiver]);
                self.shared().trace.borrow_mut().push(2000 + ended);
            }
            Step::Emit { sender } => click(senders[sender], 1),
            Step::DeleteSender { sender } => senders[sender].delete(),
            Step::DeleteReceiver { receiver } => receivers[receiver].delete(),
            Step::DeleteSenderLater { sender } => senders[sender].delete_later(),
            Step::Block { sender, block } => drop(senders[sender].block_signals(block)),
            Step::ProcessEvents => drop(Application::process_events()),
        }
    }
}

// ---- the model

#[derive(Clone, Copy)]
struct Slot {
    sender: usize,
    receiver: Option<usize>,
    kind: Kind,
    script: usize,
    connected: bool,
}

enum Posted {
    Call(Slot, usize),
    DeferredDelete { sender: usize, level: usize },
}

struct Model {
    shared: Shared,
    alive_senders: [Cell<bool>; SENDERS],
    alive_receivers: [Cell<bool>; RECEIVERS],
    blocked: [Cell<bool>; SENDERS],
    delete_posted: [Cell<bool>; SENDERS],
    /// Every connection ever made, in order.
    slots: RefCell<Vec<Slot>>,
    queue: RefCell<Vec<(usize, Posted)>>,
    next_serial: Cell<usize>,
    /// What is posted from there on waits for the next pass; one inside another moves it for both.
    end_of_pass: Cell<usize>,
    /// Deliveries from the loop that are running.
    level: Cell<usize>,
}

impl Model {
    fn disconnect_where(&self, condition: impl Fn(&Slot) -> bool) -> usize {
        let mut slots = self.slots.borrow_mut();
        let ending = slots.iter_mut().filter(|slot| slot.connected && condition(slot));
        ending.map(|slot| slot.connected = false).count()
    }

    fn delete_sender(&self, sender: usize) {
        self.alive_senders[sender].set(false);
        self.disconnect_where(|slot| slot.sender == sender);
    }

    fn serial(&self) -> usize {
        let serial = self.next_serial.get();
        self.next_serial.set(serial + 1);
        serial
    }

    fn post(&self, posted: Posted) {
        self.queue.borrow_mut().push((self.serial(), posted));
    }

    fn emit(&self, sender: usize) {
        if !self.alive_senders[sender].get() || self.blocked[sender].get() {
            return;
        }
        // Slots that are connected from here on are not called by this emission.
        let end = self.slots.borrow().len();
        for id in 0..end {
            let slot = self.slots.borrow()[id];
            if slot.sender != sender || !slot.connected {
                continue;
            }
            match slot.kind {
                Kind::Direct => self.run_slot(id, slot.script),
                Kind::SingleShot => {
                    self.slots.borrow_mut()[id].connected = false;
                    self.run_slot(id, slot.script);
                }
                Kind::Queued => self.post(Posted::Call(slot, id)),
            }
            if !self.alive_senders[sender].get() {
                return;
            }
        }
    }

    /// Whether control is back where a deferred delete was called from, or, outside of any delivery, nearly so.
    fn may_be_delivered(&self, posted: &Posted) -> bool {
        match *posted {
            Posted::Call(..) => true,
            Posted::DeferredDelete { level, .. } => {
                level > self.level.get() || (level == 0 && self.level.get() <= 1)
            }
        }
    }

    fn process_events(&self) {
        self.end_of_pass.set(self.next_serial.get());
        loop {
            let next = {
                let mut queue = self.queue.borrow_mut();
                let is_of_pass = queue.first().is_some_and(|(serial, _)| *serial < self.end_of_pass.get());
                is_of_pass.then(|| queue.remove(0).1)
            };
            match next {
                None => break,
                // A deferred delete that a pass comes by too early waits for the next one, at the end.
                Some(posted) if !self.may_be_delivered(&posted) => self.post(posted),
                Some(Posted::DeferredDelete { sender, .. }) => self.delete_sender(sender),
                Some(Posted::Call(slot, id)) => {
                    let context_lives = match slot.receiver {
                        Some(receiver) => self.alive_receivers[receiver].get(),
                        None => self.alive_senders[slot.sender].get(),
                    };
                    if context_lives {
                        self.level.set(self.level.get() + 1);
                        self.run_slot(id, slot.script);
                        self.level.set(self.level.get() - 1);
                    }
                }
            }
        }
    }
}

impl World for Model {
    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn is_sender_alive(&self, sender: usize) -> bool {
        self.alive_senders[sender].get()
    }

    fn perform(&self, step: &Step) {
        let ended = |base: usize, count: usize| self.shared.trace.borrow_mut().push(base + count);
        match *step {
            Step::Connect { sender, receiver, kind, script } => {
                let lives = receiver.is_none_or(|receiver| self.alive_receivers[receiver].get());
                let connected = self.alive_senders[sender].get() && lives;
                self.slots.borrow_mut().push(Slot { sender, receiver, kind, script, connected });
            }
            Step::Disconnect { connection } => {
                let mut slots = self.slots.borrow_mut();
                let was = slots.get_mut(connection).is_some_and(|slot| std::mem::take(&mut slot.connected));
                ended(1000, usize::from(was));
            }
            Step::DisconnectAll { sender } => {
                ended(2000, self.disconnect_where(|slot| slot.sender == sender));
            }
            Step::DisconnectReceiver { sender, receiver } => {
                let to_it = |slot: &Slot| slot.sender == sender && slot.receiver == Some(receiver);
                ended(2000, self.disconnect_where(to_it));
            }
            Step::Emit { sender } => self.emit(sender),
            Step::DeleteSender { sender } => self.delete_sender(sender),
            Step::DeleteReceiver { receiver } => {
                self.alive_receivers[receiver].set(false);
                self.disconnect_where(|slot| slot.receiver == Some(receiver));
            }
            Step::DeleteSenderLater { sender } => {
                if self.alive_senders[sender].get() && !self.delete_posted[sender].replace(true) {
                    self.post(Posted::DeferredDelete { sender, level: self.level.get() });
                }
            }
            Step::Block { sender, block } => {
                if self.alive_senders[sender].get() {
                    self.blocked[sender].set(block);
                }
            }
            Step::ProcessEvents => self.process_events(),
        }
    }
}

// ---- side by side

fn run_library(program: &Program) -> (Vec<usize>, Vec<bool>) {
    let before = Application::object_count();
    let world = RealWorld(Rc::new(Real {
        shared: Shared::new(program),
        senders: [(); SENDERS].map(|()| button()),
        receivers: [(); RECEIVERS].map(Handle::new),
        connections: RefCell::default(),
    }));
    let real = &*world.0;
    world.run(&program.main);
    while Application::process_events() {}
    let connected = real.connections.borrow().iter().map(|connection| connection.is_connected()).collect();
    let trace = real.shared.trace.take();

    assert_eq!(slotwire::sender(), None);
    real.senders.iter().for_each(|sender| sender.delete());
    assert!(real.connections.borrow().iter().all(|connection| !connection.is_connected()));
    real.receivers.iter().for_each(|receiver| receiver.delete());
    while Application::process_events() {}
    assert_eq!(Application::object_count(), before);
    assert_eq!(Rc::strong_count(&world.0), 1, "a slot was not dropped");
    (trace, connected)
}

fn run_model(program: &Program) -> (Vec<usize>, Vec<bool>) {
    let model = Model {
        shared: Shared::new(program),
        alive_senders: [const { Cell::new(true) }; SENDERS],
        alive_receivers: [const { Cell::new(true) }; RECEIVERS],
        blocked: [const { Cell::new(false) }; SENDERS],
        delete_posted: [const { Cell::new(false) }; SENDERS],
        slots: RefCell::default(),
        queue: RefCell::default(),
        next_serial: Cell::new(0),
        end_of_pass: Cell::new(0),
        level: Cell::new(0),
    };
    model.run(&program.main);
    while !model.queue.borrow().is_empty() {
        model.process_events();
    }
    let connected = model.slots.borrow().iter().map(|slot| slot.connected).collect();
    (model.shared.trace.take(), connected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_program_runs_as_the_rules_of_emission_say(program in program()) {
        // A round then delivers all that it finds, however busy the machine is.
        let _clock = slotwire::VirtualClock::install();
        let (trace, connected) = run_library(&program);
        let (expected_trace, expected_connected) = run_model(&program);
        prop_assert_eq!(trace, expected_trace);
        prop_assert_eq!(connected, expected_connected);
    }
}
