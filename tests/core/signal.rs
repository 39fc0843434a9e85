//! Emissions: who is called, in what order, with what.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use slotwire::{
    Application, Args, ByRef, ConnectionType, Emitter, Handle, Object, Pair, Signal, Timer, Triple,
    VirtualClock, sender,
};

use crate::support::{Log, LogsDrop, OnDrop, button, click, clicked, logs};

// ---- order and arguments

#[test]
fn slots_are_called_in_the_order_in_which_they_were_connected() {
    let (button, log) = (button(), Log::new());
    for name in ["a", "b", "c", "a"] {
        logs(button, &log, name);
    }
    click(button, 1);
    assert_eq!(log.take(), "a1 b1 c1 a1");
}

#[test]
fn an_emission_without_slots_does_nothing() {
    let button = button();
    click(button, 1);
    assert!(!clicked(button).is_connected());
    assert_eq!(button.with(Emitter::is_connected), Some(false));
}

#[test]
fn is_connected_says_whether_there_is_a_slot() {
    let button = button();
    let connection = clicked(button).connect(|_| ());
    assert!(clicked(button).is_connected());
    assert_eq!(button.with(Emitter::is_connected), Some(true));
    connection.disconnect();
    assert!(!clicked(button).is_connected());
}

#[test]
fn a_signal_knows_its_sender() {
    let button = button();
    assert_eq!(clicked(button).sender(), *button);
    assert!(format!("{:?}", clicked(button)).starts_with("Signal<i32>"));
    assert!(button.with(|emitter| format!("{emitter:?}")).unwrap().contains("0 connections"));
}

/// An object with signals of every kind of arguments.
#[derive(Default)]
struct All {
    none: Emitter<()>,
    number: Emitter<u64>,
    text: Emitter<str>,
    bytes: Emitter<[u8]>,
    by_ref: Emitter<ByRef<String>>,
    pair: Emitter<Pair<str, bool>>,
    triple: Emitter<Triple<u8, str, [u16]>>,
}

#[test]
fn arguments_of_every_kind_arrive_directly_and_queued() {
    for connection_type in [ConnectionType::DIRECT, ConnectionType::QUEUED] {
        let (all, log) = (Handle::new(All::default()), Log::new());
        let connect = || log.clone();
        let log_1 = connect();
        all.signal(|a| &a.none).connect_with(connection_type, move |()| log_1.add("()"));
        let log_2 = connect();
        all.signal(|a| &a.number).connect_with(connection_type, move |number| log_2.add(number));
        let log_3 = connect();
        all.signal(|a| &a.text).connect_with(connection_type, move |text| log_3.add(text));
        let log_4 = connect();
        all.signal(|a| &a.bytes).connect_with(connection_type, move |bytes| log_4.add(bytes.len()));
        let log_5 = connect();
        all.signal(|a| &a.by_ref).connect_with(connection_type, move |text: &String| log_5.add(text));
        let log_6 = connect();
        all.signal(|a| &a.pair).connect_with(connection_type, move |(text, last)| {
            log_6.add(format!("{text}{last}"));
        });
        let log_7 = connect();
        all.signal(|a| &a.triple).connect_with(connection_type, move |(number, text, list)| {
            log_7.add(format!("{number}{text}{list:?}"));
        });
        all.with(|a| {
            a.none.emit(());
            a.number.emit(7);
            a.text.emit("text");
            a.bytes.emit(&[1, 2, 3]);
            a.by_ref.emit(&"ref".to_owned());
            a.pair.emit(("x", true));
            a.triple.emit((1, "y", &[2]));
        });
        Application::process_events();
        assert_eq!(log.take(), "() 7 text 3 ref xtrue 1y[2]", "{connection_type:?}");
    }
}

#[test]
fn a_direct_slot_gets_the_very_argument() {
    let all = Handle::new(All::default());
    let seen = Rc::new(Cell::new(std::ptr::null()));
    let see = Rc::clone(&seen);
    all.signal(|a| &a.text).connect(move |text| see.set(text.as_ptr()));
    let text = String::from("here");
    all.with(|a| a.text.emit(&text));
    assert_eq!(seen.get(), text.as_ptr());
}

#[test]
fn two_signals_of_one_object_are_independent() {
    let (all, log) = (Handle::new(All::default()), Log::new());
    let (number, text) = (log.clone(), log.clone());
    all.signal(|a| &a.number).connect(move |value| number.add(value));
    all.signal(|a| &a.text).connect(move |value| text.add(value));
    all.with(|a| a.text.emit("x"));
    assert_eq!(log.take(), "x");
    assert_eq!(all.signal(|a| &a.text).disconnect_all(), 1);
    all.with(|a| a.number.emit(1));
    assert_eq!(log.take(), "1");
}

#[test]
fn time_passes_for_a_slot_that_waits() {
    let _clock = VirtualClock::install();
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    clicked(button).connect(move |_| {
        let tick = Timer::new().scoped();
        let spy = slotwire::SignalSpy::new(tick.timeout());
        tick.start(std::time::Duration::from_secs(5));
        seen.add(spy.wait(std::time::Duration::from_secs(60)));
    });
    click(button, 1);
    assert_eq!(log.take(), "true");
}

// ---- receivers

#[test]
fn connect_to_gives_the_receivers_value() {
    let (button, counter) = (button(), Handle::new(Cell::new(0)));
    clicked(button).connect_to(counter, |counter, value| counter.set(counter.get() + value));
    click(button, 2);
    click(button, 3);
    assert_eq!(counter.with(Cell::get), Some(5));
}

#[test]
fn connect_to_gives_a_class_of_the_crate_its_own_handle() {
    let (button, timer) = (button(), Timer::new());
    clicked(button).connect_to(timer, |timer, _| timer.restart());
    click(button, 1);
    assert!(timer.is_active());
    timer.delete();
}

#[test]
fn connecting_a_dead_sender_or_receiver_connects_nothing() {
    let (dead, alive) = (button(), button());
    dead.delete();
    assert!(!clicked(dead).connect(|_| ()).is_connected());
    assert!(!clicked(dead).connect_to(alive, |_, _| ()).is_connected());
    assert!(!clicked(alive).connect_to(dead, |_, _| ()).is_connected());
    assert!(!clicked(alive).connect_signal(clicked(dead)).is_connected());
    assert!(!clicked(dead).connect_signal(clicked(alive)).is_connected());
    assert!(!clicked(alive).is_connected());
}

#[test]
fn the_slots_of_a_deleted_receiver_are_dropped_at_once() {
    let (button, receiver, log) = (button(), Object::new(), Log::new());
    let kept = LogsDrop(log.clone(), "dropped");
    clicked(button).connect_to(receiver, move |_, _| kept.0.add("called"));
    receiver.delete();
    assert_eq!(log.take(), "dropped");
}

#[test]
fn the_slots_of_a_deleted_sender_are_dropped_at_once() {
    let (button, log) = (button(), Log::new());
    let kept = LogsDrop(log.clone(), "dropped");
    clicked(button).connect(move |_| kept.0.add("called"));
    button.delete();
    assert_eq!(log.take(), "dropped");
}

#[test]
fn a_slot_that_disconnects_and_connects_when_it_is_dropped_may_be_dropped_anywhere() {
    for how in 0..4 {
        let (button, other, receiver) = (button(), button(), Object::new());
        let log = Log::new();
        let neighbour = clicked(button).connect_to(receiver, |_, _| ());
        let dropped = log.clone();
        let on_drop = OnDrop(move || {
            neighbour.disconnect();
            logs(other, &dropped, "new");
            clicked(button).connect(|_| ());
            click(button, 1);
            receiver.delete();
        });
        let connection = clicked(button).connect_to(receiver, move |_, _| {
            let _kept = &on_drop;
        });
        match how {
            0 => drop(connection.disconnect()),
            1 => button.delete(),
            2 => receiver.delete(),
            _ => drop(clicked(button).disconnect_all()),
        }
        assert!(!receiver.is_alive());
        click(other, 2);
        assert_eq!(log.take(), "new2");
    }
}

// ---- recursion

#[test]
fn a_recursive_emission_calls_the_same_slot_again() {
    let (button, log) = (button(), Log::new());
    let inside = log.clone();
    clicked(button).connect(move |depth| {
        inside.add(format!("in{depth}"));
        if depth > 0 {
            click(button, depth - 1);
        }
        inside.add(format!("out{depth}"));
    });
    click(button, 2);
    assert_eq!(log.take(), "in2 in1 in0 out0 out1 out2");
}

#[test]
fn a_slot_that_is_connected_is_not_called_at_any_level_that_is_running() {
    let (button, log) = (button(), Log::new());
    let inside = log.clone();
    clicked(button).connect(move |depth| {
        inside.add(format!("a{depth}"));
        if depth > 0 {
            click(button, depth - 1);
        } else {
            logs(button, &inside, "new");
        }
    });
    click(button, 2);
    assert_eq!(log.take(), "a2 a1 a0");
    click(button, 0);
    assert_eq!(log.take(), "a0 new0");
}

#[test]
fn a_slot_that_is_connected_is_called_by_an_emission_that_begins_afterwards_inside() {
    let (button, log) = (button(), Log::new());
    let inside = log.clone();
    clicked(button).connect(move |depth| {
        if depth == 1 {
            logs(button, &inside, "new");
            click(button, 0);
        }
    });
    click(button, 1);
    assert_eq!(log.take(), "new0");
}

#[test]
fn a_slot_that_is_disconnected_inside_is_called_at_no_level() {
    let (button, log) = (button(), Log::new());
    let victim = Rc::new(Cell::new(None));
    let (seen, kill) = (log.clone(), Rc::clone(&victim));
    clicked(button).connect(move |depth| {
        seen.add(depth);
        if depth > 0 {
            click(button, depth - 1);
        } else if let Some(connection) = kill.take() {
            slotwire::Connection::disconnect(connection);
        }
    });
    victim.set(Some(logs(button, &log, "victim")));
    click(button, 2);
    assert_eq!(log.take(), "2 1 0");
}

#[test]
fn deleting_the_sender_in_a_recursive_emission_ends_all_levels() {
    let (button, log) = (button(), Log::new());
    let inside = log.clone();
    clicked(button).connect(move |depth| {
        inside.add(depth);
        if depth > 0 {
            click(button, depth - 1);
        } else {
            button.delete();
        }
    });
    logs(button, &log, "after");
    click(button, 2);
    assert_eq!(log.take(), "2 1 0");
}

#[test]
fn a_sender_that_is_deleted_in_its_own_method_emits_nothing_more() {
    let (button, log) = (button(), Log::new());
    logs(button, &log, "");
    button.with(|emitter| {
        emitter.emit(1);
        button.delete();
        emitter.emit(2);
    });
    assert_eq!(log.take(), "1");
}

#[test]
fn many_slots_that_disconnect_themselves_are_each_called_once() {
    let (button, log) = (button(), Log::new());
    for _ in 0..100 {
        let connection = Rc::new(Cell::new(None));
        let (own, log) = (Rc::clone(&connection), log.clone());
        connection.set(Some(clicked(button).connect(move |_| {
            log.add("x");
            own.take().map(slotwire::Connection::disconnect);
        })));
    }
    click(button, 1);
    assert_eq!(log.take().split(' ').count(), 100);
    click(button, 1);
    assert_eq!(log.take(), "");
}

#[test]
fn an_emission_may_go_through_many_thousand_slots() {
    let (button, count) = (button(), Rc::new(Cell::new(0)));
    let receivers: Vec<_> = (0..10_000).map(|_| Object::new()).collect();
    for receiver in &receivers {
        let count = Rc::clone(&count);
        clicked(button).connect_to(*receiver, move |_, _| count.set(count.get() + 1));
    }
    click(button, 1);
    assert_eq!(count.take(), 10_000);
    let all = RefCell::new(receivers);
    clicked(button).connect(move |_| all.take().iter().for_each(|receiver| receiver.delete()));
    click(button, 1);
    click(button, 1);
    assert_eq!(count.take(), 10_000);
    assert_eq!(clicked(button).disconnect_all(), 1);
}

// ---- connect_mut

#[test]
fn connect_mut_lets_a_slot_change_what_it_captures() {
    let (button, log) = (button(), Log::new());
    let (mut sum, seen) = (0, log.clone());
    clicked(button).connect_mut(move |value| {
        sum += value;
        seen.add(sum);
    });
    (1..=3).for_each(|value| click(button, value));
    assert_eq!(log.take(), "1 3 6");
}

#[test]
fn an_emission_inside_a_connect_mut_slot_is_delivered_after_it_in_order() {
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    clicked(button).connect_mut(move |value| {
        seen.add(format!("in{value}"));
        if value < 3 {
            click(button, value * 2 + 1);
            click(button, value * 2 + 2);
        }
        seen.add(format!("out{value}"));
    });
    logs(button, &log, "other");
    click(button, 1);
    assert_eq!(log.take(), "in1 other3 other4 out1 in3 out3 in4 out4 other1");
}

#[test]
fn what_waits_for_a_connect_mut_slot_is_dropped_when_it_is_disconnected() {
    for how in 0..2 {
        let (button, log) = (button(), Log::new());
        let (seen, connection) = (log.clone(), Rc::new(Cell::new(None)));
        let own = Rc::clone(&connection);
        connection.set(Some(clicked(button).connect_mut(move |value| {
            seen.add(value);
            click(button, value + 1);
            match how {
                0 => drop(own.take().map(slotwire::Connection::disconnect)),
                _ => button.delete(),
            }
        })));
        click(button, 1);
        assert_eq!(log.take(), "1");
    }
}

#[test]
fn a_connect_mut_slot_that_panicked_is_called_again() {
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    clicked(button).connect_mut(move |value| {
        assert!(value > 0, "as told");
        seen.add(value);
    });
    assert!(catch_unwind(AssertUnwindSafe(|| click(button, 0))).is_err());
    click(button, 1);
    assert_eq!(log.take(), "1");
}

/// Arguments whose copy emits the signal again.
struct Loud;

thread_local! {
    static LOUD: Cell<Option<Handle<Emitter<Loud>>>> = const { Cell::new(None) };
}

impl Args for Loud {
    type Ref<'a> = u8;
    type Owned = u8;
    fn keep(value: u8) -> u8 {
        if value > 0 {
            LOUD.get().unwrap().with(|emitter| emitter.emit(value - 1));
        }
        value
    }
    fn lend(owned: &u8) -> u8 {
        *owned
    }
}

#[test]
fn copying_arguments_may_emit_the_signal_again() {
    let loud = Handle::new(Emitter::<Loud>::new());
    LOUD.set(Some(loud));
    let (signal, log): (Signal<Loud>, _) = (loud.signal(|l| l), Log::new());
    let seen = log.clone();
    signal.connect_mut(move |value| {
        seen.add(value);
        if value == 2 {
            loud.with(|emitter| emitter.emit(1));
        }
    });
    let spy = slotwire::SignalSpy::new(signal);
    let queued = log.clone();
    signal.connect_with(ConnectionType::QUEUED, move |value| queued.add(format!("q{value}")));
    loud.with(|emitter| emitter.emit(2));
    assert!(spy.len() > 2);
    Application::process_events();
    assert!(log.take().starts_with("2 "));
}

// ---- signal to signal

#[test]
fn a_signal_emits_another_with_its_own_sender() {
    let (first, second, log) = (button(), button(), Log::new());
    clicked(first).connect_signal(clicked(second));
    let seen = log.clone();
    clicked(second).connect(move |value| seen.add(format!("{value}{}", sender() == Some(*second))));
    click(first, 1);
    assert_eq!(log.take(), "1true");
    second.block_signals(true);
    click(first, 2);
    assert_eq!(log.take(), "");
}

#[test]
fn a_signal_to_signal_connection_ends_with_either_object() {
    for delete_sender in [false, true] {
        let (first, second) = (button(), button());
        let connection = clicked(first).connect_signal(clicked(second));
        if delete_sender {
            first.delete();
        } else {
            second.delete();
        }
        assert!(!connection.is_connected());
    }
}

// ---- queued

#[test]
fn queued_slots_run_from_the_loop_in_the_order_of_the_emissions() {
    let (button, log) = (button(), Log::new());
    let queued = log.clone();
    clicked(button).connect_with(ConnectionType::QUEUED, move |value| queued.add(value));
    (1..=3).for_each(|value| click(button, value));
    assert_eq!(log.take(), "");
    Application::process_events();
    assert_eq!(log.take(), "1 2 3");
}

#[test]
fn a_queued_call_of_a_sender_that_died_is_dropped_if_the_sender_is_the_context() {
    let (button, log) = (button(), Log::new());
    let queued = log.clone();
    clicked(button).connect_with(ConnectionType::QUEUED, move |value| queued.add(value));
    click(button, 1);
    button.delete();
    Application::process_events();
    assert_eq!(log.take(), "");
}

#[test]
fn a_queued_call_of_an_ended_connection_is_still_delivered() {
    let (button, log) = (button(), Log::new());
    let queued = log.clone();
    let connection = clicked(button).connect_with(ConnectionType::QUEUED, move |value| queued.add(value));
    click(button, 1);
    connection.disconnect();
    Application::process_events();
    assert_eq!(log.take(), "1");
}
