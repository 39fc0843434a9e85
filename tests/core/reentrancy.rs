//! What a slot of every kind may do while it runs, cell by cell, and that everything is in order afterwards.
//!
//! Each cell has the same slots, which write a letter when they run: `b`efore, the `a`ctor, another of its `o`wn receiver
//! (event filters have none: there is one of an object), the `v`ictim, and the last, `z`. The actor acts when it runs for
//! the first time. The table says who runs in that emission and in the next one; `(` and `)` are the begin and the end of a
//! nested loop, `n` is a slot that was connected in the emission, `d` an object that was deleted later, `w` a task that
//! another thread has woken. The slots of the kind `task` are tasks of their receivers, which await the signal.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use slotwire::{
    Application, Connection, ConnectionType, Event, EventLoop, EventType, Handle, Object, Task, Timer,
    TimerType, VirtualClock, sender,
};
#[cfg(unix)]
use slotwire::{NotifierType, SocketNotifier};

use crate::support::{Button, Log, button, click, clicked};

macro_rules! matrix {
    // Notifiers exist on Unix only.
    (@cell notifier $test:item) => { #[cfg(unix)] #[test] $test };
    (@cell $kind:ident $test:item) => { #[test] $test };
    ($($row:ident $action:ident { $($kind:ident $first:literal $second:literal)+ })+) => {
        $(mod $row {
            $(
                matrix!(@cell $kind fn $kind() {
                    super::cell(super::Source::$kind, super::Action::$action, $first, $second);
                });
            )+
        })+
    };
}

matrix! {
    nothing Nothing {
        direct   "baovz"      "baovz"
        queued   "baovz"      "baovz"
        timer    "baovz"      "baovz"
        notifier "baovz"      "baovz"
        posted   "baovz"      "baovz"
        filter   "bavz"       "bavz"
        task     "baovz"      "baovz"
    }
    connect Connect {
        direct   "baovz"      "baovzn"
        queued   "baovz"      "baovzn"
        timer    "baovz"      "baovzn"
        notifier "baovz"      "baovzn"
        posted   "baovz"      "baovzn"
        filter   "bavz"       "nbavz"
        task     "baovz"      "baovzn"
    }
    disconnect Disconnect {
        direct   "baoz"       "baoz"
        queued   "baovz"      "baoz"
        timer    "baoz"       "baoz"
        notifier "baoz"       "baoz"
        posted   "baovz"      "baoz"
        filter   "baz"        "baz"
        task     "baoz"       "baoz"
    }
    disconnect_itself DisconnectItself {
        direct   "baovz"      "bovz"
        queued   "baovz"      "bovz"
        timer    "baovz"      "bovz"
        notifier "baovz"      "bovz"
        posted   "baovz"      "bovz"
        filter   "bavz"       "bvz"
        task     "baovz"      "bovz"
    }
    delete_sender DeleteSender {
        direct   "ba"         ""
        queued   "baovz"      ""
        timer    "ba"         ""
        notifier "ba"         ""
        posted   "baovz"      "baovz"
        filter   "ba"         ""
        task     "baovz"      ""
    }
    delete_receiver DeleteReceiver {
        direct   "bavz"       "bvz"
        queued   "bavz"       "bvz"
        timer    "bavz"       "bvz"
        notifier "bavz"       "bvz"
        posted   "bavz"       "bvz"
        filter   "bavz"       "bvz"
        task     "bavz"       "bvz"
    }
    delete_other_receiver DeleteOtherReceiver {
        direct   "baoz"       "baoz"
        queued   "baoz"       "baoz"
        timer    "baoz"       "baoz"
        notifier "baoz"       "baoz"
        posted   "baoz"       "baoz"
        filter   "baz"        "baz"
        task     "baoz"       "baoz"
    }
    delete_later DeleteLater {
        direct   "baovz"      ""
        queued   "baovz"      ""
        timer    "baovz"      ""
        notifier "baovz"      ""
        posted   "baovz"      "baovz"
        filter   "bavz"       ""
        task     "baovz"      ""
    }
    emit_again EmitAgain {
        direct   "babaovzovz" "baovz"
        queued   "baovzbaovz" "baovz"
        timer    "baovz"      "baovz"
        notifier "babaovzovz" "baovz"
        posted   "baovzbaovz" "baovz"
        filter   "babavzvz"   "bavz"
        task     "baoovvzzba" "baovz"
    }
    block Block {
        direct   "baovz"      ""
        queued   "baovz"      ""
        timer    "baovz"      ""
        notifier "baovz"      ""
        posted   "baovz"      "baovz"
        filter   "bavz"       "bavz"
        task     "baovz"      ""
    }
    quit Quit {
        direct   "baovz"      "baovz"
        queued   "baovz"      "baovz"
        timer    "baovz"      "baovz"
        notifier "baovz"      "baovz"
        posted   "baovz"      "baovz"
        filter   "bavz"       "bavz"
        task     "baovz"      "baovz"
    }
    nested_loop NestedLoop {
        direct   "ba()ovz"    "baovz"
        queued   "ba(ovz)"    "baovz"
        timer    "ba()ovz"    "baovz"
        notifier "ba()ovz"    "baovz"
        posted   "ba(ovz)"    "baovz"
        filter   "ba()vz"     "bavz"
        task     "ba(ovz)"    "baovz"
    }
    block_on BlockOn {
        direct   "ba()ovz"    "baovz"
        queued   "ba(ovz)"    "baovz"
        timer    "ba()ovz"    "baovz"
        notifier "ba()ovz"    "baovz"
        posted   "ba(ovz)"    "baovz"
        filter   "ba()vz"     "bavz"
        task     "ba(ovz)"    "baovz"
    }
    wake_from_another_thread WakeFromAnotherThread {
        direct   "baovzw"     "baovz"
        queued   "baovzw"     "baovz"
        timer    "baovzw"     "baovz"
        notifier "baovzw"     "baovz"
        posted   "baovzw"     "baovz"
        filter   "bavzw"      "bavz"
        task     "baovzw"     "baovz"
    }
    delete_later_and_nested_loop DeleteLaterAndNestedLoop {
        direct   "ba()ovzd"   "baovz"
        queued   "ba(ovz)d"   "baovz"
        timer    "ba()ovzd"   "baovz"
        notifier "ba()ovzd"   "baovz"
        posted   "ba(ovz)d"   "baovz"
        filter   "ba()vzd"    "bavz"
        task     "ba(ovz)d"   "baovz"
    }
    delete_sender_in_nested_loop DeleteSenderInNestedLoop {
        direct   "ba()"       ""
        queued   "ba(ovz)"    ""
        timer    "ba()"       ""
        notifier "ba()"       ""
        posted   "ba(ovz)"    "baovz"
        filter   "ba()"       ""
        task     "ba(ovz)"    ""
    }
    panic_caught_outside Panic {
        direct   "ba"         "baovz"
        queued   "baovz"      "baovz"
        timer    "ba"         "baovz"
        notifier "ba"         "baovz"
        posted   "baovz"      "baovz"
        filter   "ba"         "bavz"
        task     "baovz"      "bovz"
    }
    panic_in_nested_loop PanicInNestedLoop {
        direct   "ba("        "baovz"
        queued   "ba(ovz"     "baovz"
        timer    "ba("        "baovz"
        notifier "ba("        "baovz"
        posted   "ba(ovz"     "baovz"
        filter   "ba("        "bavz"
        task     "ba(ovz"     "bovz"
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Nothing,
    Connect,
    Disconnect,
    DisconnectItself,
    DeleteSender,
    DeleteReceiver,
    DeleteOtherReceiver,
    DeleteLater,
    EmitAgain,
    Block,
    Quit,
    NestedLoop,
    BlockOn,
    WakeFromAnotherThread,
    DeleteLaterAndNestedLoop,
    DeleteSenderInNestedLoop,
    Panic,
    PanicInNestedLoop,
}

impl Action {
    /// Whether the emission has to come from inside the application's loop.
    fn runs_in_exec(self) -> bool {
        matches!(self, Self::Quit | Self::DeleteLaterAndNestedLoop)
    }
}

/// Panics with this are part of the test.
struct AsTold;

type Receiver = Handle<()>;
type SlotFn = Rc<dyn Fn()>;

/// Something that calls slots.
#[derive(Clone)]
enum Source {
    Signal(Button, ConnectionType),
    Timer(Timer, Rc<VirtualClock>),
    #[cfg(unix)]
    Notifier(SocketNotifier, Rc<std::os::unix::net::UnixStream>),
    /// Calls that are posted together; the object is a bystander.
    Posted(Object, Rc<RefCell<Vec<(u32, Receiver, SlotFn)>>>, Rc<Cell<u32>>),
    Filter(Object),
    /// Tasks of the receivers, which await the signal.
    Tasks(Button, Rc<RefCell<Vec<Task<()>>>>),
}

/// What connects a source with a slot.
#[derive(Clone, Copy)]
enum Link {
    Connection(Connection),
    Posted(u32),
    Filter(Receiver),
    Task(usize),
}

impl Source {
    fn direct(_: &Rc<VirtualClock>) -> Self {
        Self::Signal(button(), ConnectionType::DIRECT)
    }

    fn queued(_: &Rc<VirtualClock>) -> Self {
        Self::Signal(button(), ConnectionType::QUEUED)
    }

    fn timer(clock: &Rc<VirtualClock>) -> Self {
        let timer = Timer::new();
        timer.set_timer_type(TimerType::Precise);
        timer.start(Duration::from_millis(10));
        Self::Timer(timer, Rc::clone(clock))
    }

    #[cfg(unix)]
    fn notifier(_: &Rc<VirtualClock>) -> Self {
        use std::io::Read;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let notifier = SocketNotifier::new(&ours, NotifierType::Read).unwrap();
        notifier.activated().connect(move |_| (&ours).read_exact(&mut [0]).unwrap());
        Self::Notifier(notifier, Rc::new(theirs))
    }

    fn posted(_: &Rc<VirtualClock>) -> Self {
        Self::Posted(Object::new(), Rc::default(), Rc::default())
    }

    fn filter(_: &Rc<VirtualClock>) -> Self {
        Self::Filter(Object::new())
    }

    fn task(_: &Rc<VirtualClock>) -> Self {
        Self::Tasks(button(), Rc::default())
    }

    fn object(&self) -> Object {
        match self {
            Self::Signal(button, _) | Self::Tasks(button, _) => **button,
            Self::Timer(timer, _) => **timer,
            #[cfg(unix)]
            Self::Notifier(notifier, _) => **notifier,
            Self::Posted(object, ..) | Self::Filter(object) => *object,
        }
    }

    /// What `sender()` is in its slots.
    fn sender(&self) -> Option<Object> {
        let is_signal = !matches!(self, Self::Posted(..) | Self::Filter(_) | Self::Tasks(..));
        is_signal.then(|| self.object())
    }

    fn connect(&self, receiver: Receiver, slot: SlotFn) -> Link {
        match self {
            Self::Signal(button, connection_type) => Link::Connection(clicked(*button).connect_to_with(
                *connection_type,
                receiver,
                move |(), _| slot(),
            )),
            Self::Timer(timer, _) => {
                Link::Connection(timer.timeout().connect_to(receiver, move |(), ()| slot()))
            }
            #[cfg(unix)]
            Self::Notifier(notifier, _) => {
                Link::Connection(notifier.activated().connect_to(receiver, move |(), _| slot()))
            }
            Self::Posted(_, calls, next) => {
                let id = next.replace(next.get() + 1);
                calls.borrow_mut().push((id, receiver, slot));
                Link::Posted(id)
            }
            Self::Filter(watched) => {
                watched.install_event_filter(receiver, move |(), _, event| {
                    if event.event_type() == EventType::User(0) {
                        slot();
                    }
                    false
                });
                Link::Filter(receiver)
            }
            Self::Tasks(button, tasks) => {
                let mut clicks = clicked(*button).stream();
                let task = receiver.spawn(async move {
                    while clicks.next().await.is_some() {
                        slot();
                    }
                });
                tasks.borrow_mut().push(task);
                Link::Task(tasks.borrow().len() - 1)
            }
        }
    }

    fn disconnect(&self, link: Link) {
        match (self, link) {
            (_, Link::Connection(connection)) => assert!(connection.disconnect()),
            (Self::Posted(_, calls, _), Link::Posted(id)) => {
                calls.borrow_mut().retain(|(known, ..)| *known != id);
            }
            (Self::Filter(watched), Link::Filter(receiver)) => watched.remove_event_filter(receiver),
            (Self::Tasks(_, tasks), Link::Task(index)) => assert!(tasks.borrow()[index].cancel()),
            _ => unreachable!("links belong to their source"),
        }
    }

    /// Lets it call its slots: at once, or when the loop runs next.
    fn trigger(&self) {
        match self {
            Self::Signal(button, _) | Self::Tasks(button, _) => click(*button, 1),
            Self::Timer(_, clock) => clock.advance(Duration::from_millis(10)),
            #[cfg(unix)]
            Self::Notifier(_, stream) => {
                use std::io::Write;
                // The other end is closed if the notifier is dead.
                let _ = (&**stream).write_all(b"!");
            }
            Self::Posted(_, calls, _) => {
                for (_, receiver, slot) in calls.borrow().iter() {
                    let slot = Rc::clone(slot);
                    receiver.invoke_later(move || slot());
                }
            }
            Self::Filter(watched) => {
                watched.send_event(&Event::new(EventType::User(0)));
            }
        }
    }

    fn trigger_and_process(&self) {
        self.trigger();
        Application::process_events();
        Application::process_events();
    }
}

/// Runs a loop inside the running slot until what waits has been handled.
fn nested_loop(log: &Log) {
    log.add('(');
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    Timer::single_shot(Duration::ZERO, move || event_loop.exit(5));
    assert_eq!(wait.exec(), 5);
    log.add(')');
}

struct Cast {
    source: Source,
    log: Log,
    action: Action,
    own_receiver: Receiver,
    other_receiver: Receiver,
    last_receiver: Receiver,
    actor: Cell<Option<Link>>,
    victim: Cell<Option<Link>>,
    acted: Cell<bool>,
    /// Of a task that logs `w` when it is woken.
    waker: Cell<Option<Waker>>,
}

impl Cast {
    fn act(&self) {
        let Self { source, log, .. } = self;
        let object = source.object();
        match self.action {
            Action::Nothing => {}
            Action::Connect => {
                let new = log.clone();
                let receiver =
                    if matches!(source, Source::Filter(_)) { Handle::new(()) } else { self.last_receiver };
                if receiver != self.last_receiver {
                    receiver.set_parent(self.last_receiver);
                }
                source.connect(receiver, Rc::new(move || new.add('n')));
            }
            Action::Disconnect => source.disconnect(self.victim.get().unwrap()),
            Action::DisconnectItself => source.disconnect(self.actor.get().unwrap()),
            Action::DeleteSender => object.delete(),
            Action::DeleteReceiver => self.own_receiver.delete(),
            Action::DeleteOtherReceiver => self.other_receiver.delete(),
            Action::DeleteLater => object.delete_later(),
            Action::EmitAgain => source.trigger_and_process(),
            Action::Block => assert!(!object.block_signals(true)),
            Action::Quit => Application::quit(),
            Action::NestedLoop => nested_loop(log),
            Action::BlockOn => {
                log.add('(');
                assert!(Application::block_on(Application::sleep(Duration::ZERO)).is_ok());
                log.add(')');
            }
            Action::WakeFromAnotherThread => {
                let waker = self.waker.take().unwrap();
                thread::spawn(move || waker.wake()).join().unwrap();
            }
            Action::DeleteLaterAndNestedLoop => {
                let (later, deleted) = (Object::new(), log.clone());
                later.destroyed().connect(move |_| deleted.add('d'));
                later.delete_later();
                nested_loop(log);
            }
            Action::DeleteSenderInNestedLoop => {
                Application::invoke_later(move || object.delete());
                nested_loop(log);
            }
            Action::Panic => panic_any(AsTold),
            Action::PanicInNestedLoop => {
                Timer::single_shot(Duration::ZERO, || panic_any(AsTold));
                nested_loop(log);
            }
        }
    }
}

fn cell(make: fn(&Rc<VirtualClock>) -> Source, action: Action, first: &str, second: &str) {
    let before = Application::object_count();
    let clock = Rc::new(VirtualClock::install());
    let (source, log) = (make(&clock), Log::new());
    let receivers = [(); 4].map(Handle::new);
    let cast = Rc::new(Cast {
        source: source.clone(),
        log: log.clone(),
        action,
        own_receiver: receivers[1],
        other_receiver: receivers[2],
        last_receiver: receivers[3],
        actor: Cell::new(None),
        victim: Cell::new(None),
        acted: Cell::new(false),
        waker: Cell::new(None),
    });
    if action == Action::WakeFromAnotherThread {
        spawn_sleeper(&cast);
    }
    connect_all(&cast, receivers);

    if action.runs_in_exec() {
        run_in_exec(&source, action);
    } else if matches!(action, Action::Panic | Action::PanicInNestedLoop) {
        let caught = catch_unwind(AssertUnwindSafe(|| source.trigger_and_process())).unwrap_err();
        assert!(caught.is::<AsTold>());
        Application::process_events();
    } else {
        source.trigger_and_process();
    }
    assert_eq!(joined(&log), first, "in the emission");
    assert_eq!(sender(), None);

    source.trigger_and_process();
    assert_eq!(joined(&log), second, "in the next one");
    assert_eq!(sender(), None);

    // What a blocked notifier did not read would keep virtual time from passing.
    source.object().block_signals(false);
    Application::process_events();
    assert_everything_works();
    if let Source::Posted(_, calls, _) = &source {
        calls.take();
    }
    source.object().delete();
    for receiver in receivers {
        receiver.delete();
    }
    while Application::process_events() {}
    assert_eq!(Application::object_count(), before, "objects are left: {}", Application::dump_objects());
    assert_eq!(Application::task_count(), 0, "tasks are left");
    assert_eq!(Application::next_timeout(), None, "something still waits");
}

fn connect_all(cast: &Rc<Cast>, receivers: [Receiver; 4]) {
    let source = &cast.source;
    let logs = |letter: char| -> SlotFn {
        let cast = Rc::clone(cast);
        Rc::new(move || {
            assert_eq!(sender(), cast.source.sender());
            cast.log.add(letter);
        })
    };
    let acts: SlotFn = {
        let cast = Rc::clone(cast);
        Rc::new(move || {
            cast.log.add('a');
            if !cast.acted.replace(true) {
                cast.act();
                assert_eq!(sender(), cast.source.sender(), "after the action");
            }
        })
    };
    let is_filter = matches!(source, Source::Filter(_));
    let mut slots = vec![
        ('b', receivers[0], logs('b')),
        ('a', receivers[1], acts),
        ('o', receivers[1], logs('o')),
        ('v', receivers[2], logs('v')),
        ('z', receivers[3], logs('z')),
    ];
    if is_filter {
        // One filter an object, and the last is asked first.
        slots.retain(|(letter, ..)| *letter != 'o');
        slots.reverse();
    }
    for (letter, receiver, slot) in slots {
        let link = source.connect(receiver, slot);
        match letter {
            'a' => cast.actor.set(Some(link)),
            'v' => cast.victim.set(Some(link)),
            _ => {}
        }
    }
}

/// Spawns a task that logs `w` when it is polled the second time.
fn spawn_sleeper(cast: &Rc<Cast>) {
    let (cast, mut is_woken) = (Rc::clone(cast), false);
    Application::spawn_local(poll_fn(move |context| {
        if std::mem::replace(&mut is_woken, true) {
            cast.log.add('w');
            return Poll::Ready(());
        }
        cast.waker.set(Some(context.waker().clone()));
        Poll::Pending
    }));
    while Application::process_events() {}
}

fn run_in_exec(source: &Source, action: Action) {
    let trigger = source.clone();
    Application::invoke_later(move || trigger.trigger());
    if action != Action::Quit {
        Timer::single_shot(Duration::from_millis(15), || Application::exit(0));
    }
    let limit = Timer::new().scoped();
    limit.timeout().connect(|()| Application::exit(999));
    limit.start(Duration::from_secs(3600));
    assert_eq!(Application::exec(), 0);
}

fn joined(log: &Log) -> String {
    log.take().replace(' ', "")
}

/// Signals, timers, posted calls, deferred deletes and loops do what they do at the start.
fn assert_everything_works() {
    let log = Log::new();
    let (sender, receiver) = (button(), Handle::new(()));
    let emitted = log.clone();
    clicked(sender).connect_to(receiver, move |(), value| emitted.add(value));
    click(sender, 1);
    assert_eq!(log.take(), "1", "an emission");

    let (called, fired) = (log.clone(), log.clone());
    receiver.invoke_later(move || called.add("call"));
    sender.delete_later();
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    Timer::single_shot(Duration::from_millis(1), move || {
        fired.add("timer");
        let deleted_later = Object::new();
        deleted_later.delete_later();
        Timer::single_shot(Duration::from_millis(1), move || {
            fired.add(if deleted_later.is_alive() { "alive" } else { "deleted" });
            event_loop.exit(8);
        });
    });
    assert_eq!(wait.exec(), 8, "a loop");
    assert_eq!(log.take(), "call timer deleted");
    assert!(!sender.is_alive(), "a deferred delete");
    receiver.delete();
}
