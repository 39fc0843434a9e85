//! Signals that are blocked.

use slotwire::SignalBlocker;

use crate::support::{Log, button, click, logs};

#[test]
fn what_is_emitted_while_signals_are_blocked_is_lost() {
    let (button, log) = (button(), Log::new());
    logs(button, &log, "");
    assert!(!button.block_signals(true));
    assert!(button.signals_blocked());
    click(button, 1);
    assert!(button.block_signals(true));
    assert!(button.block_signals(false));
    click(button, 2);
    assert_eq!(log.take(), "2");
}

#[test]
fn signals_that_are_connected_while_blocked_are_blocked_too() {
    let (button, log) = (button(), Log::new());
    button.block_signals(true);
    logs(button, &log, "");
    click(button, 1);
    button.block_signals(false);
    click(button, 2);
    assert_eq!(log.take(), "2");
}

#[test]
fn destroyed_is_emitted_although_signals_are_blocked() {
    for connect_first in [false, true] {
        let (button, log) = (button(), Log::new());
        let connect = || {
            let seen = log.clone();
            button.destroyed().connect(move |object| seen.add(object == *button && !object.is_alive()));
        };
        if connect_first {
            connect();
        }
        button.block_signals(true);
        if !connect_first {
            connect();
        }
        button.delete();
        assert_eq!(log.take(), "true");
    }
}

#[test]
fn a_blocker_blocks_for_a_scope_and_restores_what_was() {
    let button = button();
    {
        let blocker = SignalBlocker::new(button);
        assert!(button.signals_blocked());
        blocker.unblock();
        assert!(!button.signals_blocked());
        blocker.reblock();
        assert!(button.signals_blocked());
        let _inner = SignalBlocker::new(button);
    }
    assert!(!button.signals_blocked());
    button.block_signals(true);
    drop(SignalBlocker::new(button));
    assert!(button.signals_blocked());
    let blocker = SignalBlocker::new(button);
    button.delete();
    drop(blocker);
}
