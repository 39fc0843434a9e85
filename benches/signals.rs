//! What does one emission cost?
//!
//! Beside it, in the same turns: the same calls through `Box<dyn Fn>`, which is the least that calling code unknown at
//! compile time takes, and for an emission that nobody receives a branch on a flag in memory.

use std::cell::Cell;
use std::hint::black_box;

use comparison::{Comparison, Options};
use slotwire::{Args, ConnectionType, Emitter, Handle};

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// What every slot does: enough that no call can be left out.
fn slot<A: Args + ?Sized>(args: A::Ref<'_>) {
    black_box(args);
}

struct Button<A: Args + ?Sized> {
    pressed: Emitter<A>,
}

impl<A: Args + ?Sized> Button<A> {
    fn new() -> Handle<Self> {
        Handle::new(Self { pressed: Emitter::new() })
    }
}

fn main() {
    let options = Options::from_args(&[]);
    nobody_connected(&options);
    emission::<()>(&options, "()", ());
    emission::<u32>(&options, "u32", 7);
    emission::<str>(&options, "&str", "seven");
    receivers(&options);
}

/// Is a signal without connections a branch?
fn nobody_connected(options: &Options) {
    let button = Button::<u32>::new();
    let button = button.get().expect("the button is alive");
    let flag = Cell::new(false);
    Comparison::new("emission of u32 that nobody receives")
        .with("branch on a flag", || {
            if black_box(&flag).get() {
                CALLS.set(CALLS.get() + 1);
            }
        })
        .with("emit, nobody connected", || black_box(&button).pressed.emit(black_box(7)))
        .run(options);
}

/// How many indirect calls is an emission worth, with one slot and with ten?
fn emission<A: Args + ?Sized>(options: &Options, name: &str, args: A::Ref<'static>) {
    type Call<A> = Box<dyn for<'a> Fn(<A as Args>::Ref<'a>)>;
    for slots in [1, 10] {
        let direct: Vec<Call<A>> = (0..slots).map(|_| Box::new(slot::<A>) as Call<A>).collect();
        let button = Button::<A>::new();
        for _ in 0..slots {
            button.signal(|b| &b.pressed).connect(slot::<A>);
        }
        let emitter = button.get().expect("the button is alive");
        let direct_name = if slots == 1 { "direct call, Box<dyn Fn>" } else { "loop over Vec<Box<dyn Fn>>" };
        Comparison::new(format!("emission of {name}, slots: {slots}"))
            .with(direct_name, || black_box(&direct).iter().for_each(|call| call(black_box(args))))
            .with("emit", || black_box(&emitter).pressed.emit(black_box(args)))
            .with("handle.with(emit)", || {
                black_box(button).with(|button| button.pressed.emit(black_box(args)));
            })
            .run(options);
        button.delete();
    }
}

/// What does a receiver add to a slot, and the other ways to connect?
fn receivers(options: &Options) {
    struct Label {
        text: Cell<u32>,
    }
    impl Label {
        fn set_text(&self, text: u32) {
            self.text.set(black_box(text));
        }
    }
    let direct: Box<dyn Fn(u32)> = Box::new(slot::<u32>);
    let label = Handle::new(Label { text: Cell::new(0) });
    let emitters: [Handle<Button<u32>>; 5] = std::array::from_fn(|_| Button::new());
    let [closure, receiver, mutable, signal, other] = emitters;
    closure.signal(|b| &b.pressed).connect(slot::<u32>);
    receiver.signal(|b| &b.pressed).connect_to(label, Label::set_text);
    mutable.signal(|b| &b.pressed).connect_mut(slot::<u32>);
    other.signal(|b| &b.pressed).connect(slot::<u32>);
    signal.signal(|b| &b.pressed).connect_signal(other.signal(|b| &b.pressed));
    let [closure, receiver, mutable, signal, _] = emitters.map(|b| b.get().expect("the button is alive"));
    let emit = |button: &Button<u32>| button.pressed.emit(black_box(7));
    Comparison::new("emission of u32, by what it is connected to")
        .with("direct call, Box<dyn Fn>", || black_box(&direct)(black_box(7)))
        .with("connect(closure)", || emit(black_box(&closure)))
        .with("connect_to(receiver, method)", || emit(black_box(&receiver)))
        .with("connect_mut(closure)", || emit(black_box(&mutable)))
        .with("connect_signal(other), other has one", || emit(black_box(&signal)))
        .run(options);

    let button = Button::<u32>::new();
    Comparison::new("a connection, made and ended")
        .with("Box<dyn Fn>, made and dropped", || {
            let captured = black_box(7_u64);
            drop(black_box(Box::new(move |text| slot::<(u64, u32)>((captured, text))) as Box<dyn Fn(u32)>));
        })
        .with("connect, disconnect", || {
            let captured = black_box(7_u64);
            button
                .signal(|b| &b.pressed)
                .connect(move |text| slot::<(u64, u32)>((captured, text)))
                .disconnect();
        })
        .with("connect_to, disconnect", || {
            button.signal(|b| &b.pressed).connect_to(label, Label::set_text).disconnect();
        })
        .with("connect, single shot, emit", || {
            let once = ConnectionType::AUTO.single_shot();
            button.signal(|b| &b.pressed).connect_with(once, slot::<u32>);
            button.with(|b| b.pressed.emit(black_box(7)));
        })
        .run(options);
}
