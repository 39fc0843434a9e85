//! Connections: how they are made, how they end, and what is counted.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

use slotwire::{Application, Connection, ConnectionType, Object};

use crate::support::{Button, Log, button, click, clicked};

fn logs(button: Button, connection_type: ConnectionType, log: &Log, name: &'static str) -> Connection {
    let log = log.clone();
    clicked(button).connect_with(connection_type, move |value| log.add(format!("{name}{value}")))
}

// ---- one connection

#[test]
fn a_connection_ends_once() {
    let (button, log) = (button(), Log::new());
    let connection = logs(button, ConnectionType::AUTO, &log, "");
    assert!(connection.is_connected());
    assert!(connection.disconnect());
    assert!(!connection.is_connected());
    assert!(!connection.disconnect());
    click(button, 1);
    assert_eq!(log.take(), "");
}

#[test]
fn a_stale_connection_never_ends_another() {
    let (button, log) = (button(), Log::new());
    let mut stale = HashSet::new();
    for round in 0..1000 {
        let connection = logs(button, ConnectionType::AUTO, &log, "");
        assert!(stale.iter().all(|old: &Connection| !old.is_connected()), "{round}");
        if round % 100 == 0 {
            assert!(stale.iter().all(|old| !old.disconnect()));
        }
        assert!(connection.is_connected());
        connection.disconnect();
        assert!(stale.insert(connection));
    }
}

#[test]
fn a_scoped_connection_ends_with_its_scope() {
    let (button, log) = (button(), Log::new());
    {
        let guard = logs(button, ConnectionType::AUTO, &log, "").scoped();
        assert!(guard.is_connected());
        click(button, 1);
    }
    click(button, 2);
    assert_eq!(log.take(), "1");
    let guard = logs(button, ConnectionType::AUTO, &log, "").scoped();
    guard.disconnect();
    let other = logs(button, ConnectionType::AUTO, &log, "");
    drop(guard);
    assert!(other.is_connected());
}

#[test]
fn a_connection_prints_its_state() {
    let connection = clicked(button()).connect(|_| ());
    assert!(format!("{connection:?}").contains(", connected"));
    connection.disconnect();
    assert!(format!("{connection:?}").contains("disconnected"));
}

#[test]
fn one_of_many_connections_ends_whichever_it_is() {
    for victim in 0..5 {
        let (button, log) = (button(), Log::new());
        let connections: Vec<_> =
            ["a", "b", "c", "d", "e"].map(|name| logs(button, ConnectionType::AUTO, &log, name)).into();
        assert!(connections[victim].disconnect());
        click(button, 1);
        let called = log.take();
        assert_eq!(called.split(' ').count(), 4);
        assert!(!called.contains(["a1", "b1", "c1", "d1", "e1"][victim]));
    }
}

// ---- many at once

#[test]
fn disconnect_all_of_a_signal_counts_what_it_ended() {
    let (button, log) = (button(), Log::new());
    for name in ["a", "b", "c"] {
        logs(button, ConnectionType::AUTO, &log, name);
    }
    logs(button, ConnectionType::AUTO, &log, "d").disconnect();
    let destroyed = button.destroyed().connect(|_| ());
    assert_eq!(clicked(button).disconnect_all(), 3);
    assert_eq!(clicked(button).disconnect_all(), 0);
    assert!(destroyed.is_connected());
    click(button, 1);
    assert_eq!(log.take(), "");
}

#[test]
fn disconnect_all_of_an_object_ends_those_of_all_its_signals_and_none_it_receives() {
    let (sender, receiver) = (button(), button());
    clicked(sender).connect(|_| ());
    sender.destroyed().connect(|_| ());
    let incoming = clicked(receiver).connect_to(sender, |_, _| ());
    assert_eq!(sender.disconnect_all(), 2);
    assert_eq!(sender.disconnect_all(), 0);
    assert!(incoming.is_connected());
}

#[test]
fn disconnect_receiver_ends_those_to_that_receiver_only() {
    let (sender, here, there) = (button(), Object::new(), Object::new());
    for _ in 0..2 {
        clicked(sender).connect_to(here, |_, _| ());
        sender.destroyed().connect_to(here, |_, _| ());
    }
    let other = clicked(sender).connect_to(there, |_, _| ());
    let none = clicked(sender).connect(|_| ());
    assert_eq!(clicked(sender).disconnect_receiver(here), 2);
    assert_eq!(sender.disconnect_receiver(here), 2);
    assert_eq!(sender.disconnect_receiver(here), 0);
    assert!(other.is_connected() && none.is_connected());
}

#[test]
fn all_can_be_ended_inside_an_emission() {
    let (button, log) = (button(), Log::new());
    let count = Rc::new(Cell::new(0));
    let counted = Rc::clone(&count);
    clicked(button).connect(move |_| counted.set(clicked(button).disconnect_all()));
    logs(button, ConnectionType::AUTO, &log, "never");
    click(button, 1);
    assert_eq!((count.get(), log.take()), (2, String::new()));
    click(button, 2);
    assert!(!clicked(button).is_connected());
}

#[test]
fn a_receivers_connections_end_with_it_in_whatever_order_others_ended_before() {
    for kept in 0..8_u32 {
        let (sender, receiver) = (button(), Object::new());
        let connections: Vec<_> = (0..3).map(|_| clicked(sender).connect_to(receiver, |_, _| ())).collect();
        for (index, connection) in connections.iter().enumerate() {
            if kept & (1 << index) == 0 {
                connection.disconnect();
            }
        }
        receiver.delete();
        assert!(connections.iter().all(|connection| !connection.is_connected()));
        assert!(!clicked(sender).is_connected());
    }
}

// ---- single shot

#[test]
fn a_single_shot_connection_ends_with_its_first_delivery_before_the_slot_runs() {
    let (button, log) = (button(), Log::new());
    let connection = Rc::new(Cell::new(None::<Connection>));
    let (own, seen) = (Rc::clone(&connection), log.clone());
    let once = ConnectionType::AUTO.single_shot();
    connection.set(Some(clicked(button).connect_with(once, move |value| {
        seen.add(format!("{value}{}", own.get().is_some_and(Connection::is_connected)));
        click(button, value + 1);
    })));
    click(button, 1);
    click(button, 5);
    assert_eq!(log.take(), "1false");
}

#[test]
fn a_single_shot_connection_to_a_receiver_gives_it_once() {
    let (button, counter) = (button(), slotwire::Handle::new(Cell::new(0)));
    let once = ConnectionType::AUTO.single_shot();
    clicked(button).connect_to_with(once, counter, |counter, value| counter.set(counter.get() + value));
    click(button, 1);
    click(button, 1);
    assert_eq!(counter.with(Cell::get), Some(1));
}

#[test]
fn a_queued_single_shot_connection_delivers_one() {
    let (button, log) = (button(), Log::new());
    let connection = logs(button, ConnectionType::QUEUED.single_shot(), &log, "");
    click(button, 1);
    click(button, 2);
    assert!(!connection.is_connected());
    Application::process_events();
    assert_eq!(log.take(), "1");
}

#[test]
fn a_single_shot_connection_is_not_used_up_while_blocked() {
    let (button, log) = (button(), Log::new());
    logs(button, ConnectionType::AUTO.single_shot(), &log, "");
    button.block_signals(true);
    click(button, 1);
    button.block_signals(false);
    click(button, 2);
    assert_eq!(log.take(), "2");
}

// ---- unique

#[test]
fn of_one_key_there_is_one_connection_of_a_signal() {
    let (button, other, log) = (button(), button(), Log::new());
    let unique = ConnectionType::AUTO.unique("key");
    let first = logs(button, unique, &log, "first");
    assert!(!logs(button, unique, &log, "second").is_connected());
    assert!(logs(button, ConnectionType::AUTO.unique(7), &log, "other").is_connected());
    assert!(logs(other, unique, &log, "elsewhere").is_connected());
    click(button, 1);
    assert_eq!(log.take(), "first1 other1");
    first.disconnect();
    assert!(logs(button, unique, &log, "third").is_connected());
}

#[test]
fn a_unique_connection_that_ended_in_the_running_emission_can_be_made_anew() {
    let (button, log) = (button(), Log::new());
    let unique = ConnectionType::AUTO.unique("key").single_shot();
    let seen = log.clone();
    clicked(button).connect_with(unique, move |value| {
        seen.add(value);
        logs(button, unique, &seen, "again");
    });
    click(button, 1);
    click(button, 2);
    assert_eq!(log.take(), "1 again2");
}

#[test]
fn the_default_connection_type_is_auto_which_is_direct() {
    assert_eq!(ConnectionType::default(), ConnectionType::AUTO);
    assert_eq!(ConnectionType::DIRECT, ConnectionType::AUTO);
    assert_ne!(ConnectionType::QUEUED, ConnectionType::AUTO);
}

// ---- the end of a receiver

#[test]
fn deleting_a_receiver_that_is_connected_to_itself_ends_its_other_connections() {
    let sender = button();
    let receiver = button();
    let from_sender = clicked(sender).connect_to(receiver, |_, _| ());
    let from_itself = clicked(receiver).connect_to(receiver, |_, _| ());
    receiver.delete();
    assert!(!from_itself.is_connected());
    assert!(!from_sender.is_connected());
    assert!(!clicked(sender).is_connected());
}

#[test]
fn deleting_a_receiver_that_is_connected_to_itself_leaves_the_connections_of_others() {
    let (sender, receiver, other) = (button(), button(), Object::new());
    clicked(sender).connect_to(receiver, |_, _| ());
    clicked(receiver).connect_to(receiver, |_, _| ());
    let of_others: Vec<_> = (0..8).map(|_| clicked(sender).connect_to(other, |_, _| ())).collect();
    receiver.delete();
    assert!(of_others.iter().all(|connection| connection.is_connected()));
    click(sender, 1);
}
