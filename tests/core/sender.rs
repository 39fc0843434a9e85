//! Who has emitted the signal whose slot is running.

use std::panic::{AssertUnwindSafe, catch_unwind};

use slotwire::{Application, ConnectionType, Object, sender};

use crate::support::{Log, button, click, clicked};

#[test]
fn sender_is_the_emitting_object_inside_a_slot_only() {
    let (outer, inner, log) = (button(), button(), Log::new());
    let see = move |log: &Log| {
        log.add(match sender() {
            Some(object) if object == *outer => "outer",
            Some(object) if object == *inner => "inner",
            Some(_) => "other",
            None => "none",
        });
    };
    let (in_outer, in_inner) = (log.clone(), log.clone());
    clicked(outer).connect(move |_| {
        see(&in_outer);
        click(inner, 1);
        see(&in_outer);
    });
    clicked(inner).connect(move |_| see(&in_inner));
    see(&log);
    click(outer, 1);
    see(&log);
    assert_eq!(log.take(), "none outer inner outer none");
}

#[test]
fn there_is_no_sender_in_a_call_that_a_nested_loop_makes_inside_a_slot() {
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    clicked(button).connect(move |_| {
        let inside = seen.clone();
        Application::invoke_later(move || inside.add(sender().is_none()));
        Application::process_events();
        seen.add(sender() == Some(*button));
    });
    click(button, 1);
    assert_eq!(log.take(), "true true");
}

#[test]
fn sender_is_restored_after_a_panic() {
    let button = button();
    clicked(button).connect(|_| panic!("as told"));
    assert!(catch_unwind(AssertUnwindSafe(|| click(button, 1))).is_err());
    assert_eq!(sender(), None);
}

#[test]
fn a_queued_slot_has_its_sender_dead_or_alive() {
    for delete in [false, true] {
        let (button, receiver, log) = (button(), Object::new(), Log::new());
        let seen = log.clone();
        clicked(button).connect_to_with(ConnectionType::QUEUED, receiver, move |_, _| {
            seen.add(sender() == Some(*button));
        });
        click(button, 1);
        if delete {
            button.delete();
        }
        Application::process_events();
        assert_eq!(log.take(), "true");
    }
}
