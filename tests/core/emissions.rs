//! Signals awaited: which emission counts, what is kept, and how it ends.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, FusedFuture, join, select};
use futures_util::stream::{FusedStream, Stream, StreamExt, select as merge};
use slotwire::{
    Application, ByRef, ConnectionType, Emitter, ErrorKind, Handle, NextEmission, Object, Pair, Timer,
    VirtualClock,
};

use crate::support::{Log, button, click, clicked};

fn run() {
    while Application::process_events() {}
}

/// The output of a future that needs nothing more to happen.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let _clock = VirtualClock::install();
    Application::block_on(Application::timeout(Duration::from_secs(1), future)).unwrap().ok()
}

// ---- next

#[test]
fn the_next_emission_counts_from_the_call_and_not_from_the_first_poll() {
    let button = button();
    click(button, 1);
    let next = clicked(button).next();
    click(button, 2);
    click(button, 3);
    assert_eq!(now(next), Some(Some(2)));
    button.delete();
}

#[test]
fn what_is_emitted_between_two_calls_of_next_is_missed() {
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    button.spawn(async move {
        while let Some(value) = clicked(button).next().await {
            seen.add(value);
        }
    });
    run();
    click(button, 1);
    click(button, 2);
    run();
    click(button, 3);
    run();
    assert_eq!(log.take(), "1 3");
    button.delete();
}

#[test]
fn an_emission_in_which_next_is_called_is_over() {
    let button = button();
    let kept = Rc::new(Cell::new(None::<NextEmission<i32>>));
    let keeper = Rc::clone(&kept);
    let once = ConnectionType::AUTO.single_shot();
    clicked(button).connect_with(once, move |_| keeper.set(Some(clicked(button).next())));
    click(button, 1);
    click(button, 2);
    assert_eq!(now(kept.take().unwrap()), Some(Some(2)));
    button.delete();
}

#[test]
fn next_owns_the_arguments() {
    struct Source {
        line: Emitter<Pair<str, bool>>,
        letters: Emitter<ByRef<Vec<String>>>,
    }
    let source = Handle::new(Source { line: Emitter::new(), letters: Emitter::new() });
    let (line, letters) = (source.signal(|s| &s.line).next(), source.signal(|s| &s.letters).next());
    source.with(|source| {
        source.line.emit((&String::from("text"), true));
        source.letters.emit(&vec![String::from("letter")]);
    });
    source.delete();
    assert_eq!(now(line), Some(Some((String::from("text"), true))));
    assert_eq!(now(letters), Some(Some(vec![String::from("letter")])));
}

#[test]
fn next_is_none_when_the_sender_dies_is_dead_or_all_is_disconnected() {
    let first = button();
    let next = clicked(first).next();
    first.delete();
    assert_eq!(now(next), Some(None));
    assert_eq!(now(clicked(first).next()), Some(None));

    let second = button();
    let next = clicked(second).next();
    assert_eq!(clicked(second).disconnect_all(), 1);
    assert_eq!(now(next), Some(None));
    second.delete();
}

#[test]
fn the_death_of_the_sender_wakes_who_awaits_its_signal() {
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    Application::spawn_local(async move { seen.add(format!("{:?}", clicked(button).next().await)) });
    run();
    button.delete();
    run();
    assert_eq!(log.take(), "None");
}

#[test]
fn destroyed_can_be_awaited() {
    let object = Object::new();
    let destroyed = object.destroyed().next();
    object.delete();
    assert_eq!(now(destroyed), Some(Some(object)));
}

#[test]
fn next_is_a_connection_until_the_emission_or_until_it_is_dropped() {
    let button = button();
    drop(clicked(button).next());
    assert!(!clicked(button).is_connected());
    let next = clicked(button).next();
    assert!(clicked(button).is_connected());
    click(button, 1);
    assert!(!clicked(button).is_connected());
    assert_eq!(now(next), Some(Some(1)));
    button.delete();
}

#[test]
fn a_blocked_signal_is_not_awaited_to_its_end() {
    let button = button();
    let next = clicked(button).next();
    button.block_signals(true);
    click(button, 1);
    button.block_signals(false);
    click(button, 2);
    assert_eq!(now(next), Some(Some(2)));
    button.delete();
}

#[test]
fn next_may_be_taken_in_a_task_and_the_signal_emitted_in_the_same_poll() {
    let button = button();
    let output = now(async move {
        let next = clicked(button).next();
        click(button, 1);
        next.await
    });
    assert_eq!(output, Some(Some(1)));
    button.delete();
}

#[test]
fn an_emission_wakes_the_task_and_does_not_poll_it() {
    let (button, log) = (button(), Log::new());
    let seen = log.clone();
    Application::spawn_local(async move {
        let value = clicked(button).next().await.unwrap();
        seen.add(format!("task{value}"));
    });
    run();
    click(button, 1);
    log.add("emitted");
    run();
    assert_eq!(log.take(), "emitted task1");
    button.delete();
}

#[test]
fn next_that_has_given_its_output_is_terminated() {
    let button = button();
    let mut next = clicked(button).next();
    assert!(!next.is_terminated());
    click(button, 1);
    assert!(!next.is_terminated());
    assert_eq!(now(&mut next), Some(Some(1)));
    assert!(next.is_terminated());
    assert_eq!(now(&mut next), Some(None));
    button.delete();
}

// ---- streams

#[test]
fn a_stream_keeps_every_emission_from_its_call_on_in_order() {
    let button = button();
    click(button, 1);
    let mut clicks = clicked(button).stream();
    for value in 2..=5 {
        click(button, value);
    }
    assert_eq!(clicks.size_hint(), (4, None));
    button.delete();
    assert_eq!(clicks.size_hint(), (4, Some(4)));
    assert_eq!(now(clicks.by_ref().collect::<Vec<_>>()), Some(vec![2, 3, 4, 5]));
    assert!(clicks.is_terminated());
    assert_eq!(now(clicks.next()), Some(None));
}

#[test]
fn a_stream_ends_with_its_sender_after_what_waits() {
    let (button, log) = (button(), Log::new());
    let (mut clicks, seen) = (clicked(button).stream(), log.clone());
    Application::spawn_local(async move {
        while let Some(value) = clicks.next().await {
            seen.add(value);
        }
        seen.add("end");
    });
    run();
    click(button, 1);
    click(button, 2);
    button.delete();
    assert_eq!(log.take(), "");
    run();
    assert_eq!(log.take(), "1 2 end");
}

#[test]
fn what_is_emitted_while_a_stream_is_handled_is_kept() {
    let (button, log) = (button(), Log::new());
    let (mut clicks, seen) = (clicked(button).stream(), log.clone());
    button.spawn(async move {
        while let Some(value) = clicks.next().await {
            seen.add(value);
            if value < 4 {
                click(button, value + 1);
                Application::sleep(Duration::ZERO).await;
                click(button, value + 2);
            }
        }
    });
    click(button, 2);
    run();
    assert_eq!(log.take(), "2 3 4 4 5");
    button.delete();
}

#[test]
fn a_next_of_a_stream_that_is_dropped_takes_nothing() {
    let button = button();
    let mut clicks = clicked(button).stream();
    drop(clicks.next());
    click(button, 1);
    drop(clicks.next());
    assert_eq!(now(clicks.next()), Some(Some(1)));
    button.delete();
}

#[test]
fn a_stream_that_is_dropped_is_disconnected_and_one_that_nobody_polls_costs_its_copies_only() {
    let button = button();
    let clicks = clicked(button).stream();
    for value in 0..1000 {
        click(button, value);
    }
    assert_eq!(clicks.size_hint().0, 1000);
    drop(clicks);
    assert!(!clicked(button).is_connected());
    button.delete();
}

#[test]
fn a_stream_in_a_task_of_an_object_is_disconnected_with_that() {
    let (button, owner) = (button(), Object::new());
    let mut clicks = clicked(button).stream();
    owner.spawn(async move { while clicks.next().await.is_some() {} });
    run();
    owner.delete();
    assert!(!clicked(button).is_connected());
    assert!(!Application::process_events(), "nobody was woken");
    button.delete();
}

// ---- with futures-util

#[test]
fn the_first_of_two_signals_is_selected_and_the_other_goes_on() {
    let (yes, no) = (button(), button());
    let answer = async {
        match select(clicked(yes).next(), clicked(no).next()).await {
            Either::Left((_, other)) => ("yes", other.is_terminated()),
            Either::Right((_, other)) => ("no", other.is_terminated()),
        }
    };
    let answer = pin!(answer);
    Application::invoke_later(move || click(no, 1));
    assert_eq!(now(answer), Some(("no", false)));
    assert!(!clicked(yes).is_connected() && !clicked(no).is_connected());
    yes.delete();
    no.delete();
}

#[test]
fn the_macro_select_takes_signals_and_streams_in_a_loop() {
    let (plus, quit, sum) = (button(), button(), Rc::new(Cell::new(0)));
    let (total, mut values, mut end) = (Rc::clone(&sum), clicked(plus).stream(), clicked(quit).next());
    let task = Application::spawn_local(async move {
        loop {
            futures_util::select_biased! {
                value = StreamExt::select_next_some(&mut values) => total.set(total.get() + value),
                _ = end => break,
            }
        }
    });
    run();
    click(plus, 1);
    click(plus, 2);
    run();
    assert_eq!(sum.get(), 3);
    click(quit, 0);
    run();
    assert!(task.is_finished());
    assert!(!clicked(plus).is_connected());
    plus.delete();
    quit.delete();
}

#[test]
fn streams_are_merged_and_filtered() {
    let (left, right) = (button(), button());
    let both = merge(clicked(left).stream(), clicked(right).stream().map(|value| value * 10));
    for value in 1..=2 {
        click(left, value);
        click(right, value);
    }
    left.delete();
    right.delete();
    let mut values = now(both.collect::<Vec<_>>()).unwrap();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 10, 20]);
}

#[test]
fn signals_are_joined() {
    let (first, second) = (button(), button());
    let both = join(clicked(first).next(), clicked(second).next());
    Application::invoke_later(move || click(second, 2));
    Timer::single_shot(Duration::from_millis(1), move || click(first, 1));
    assert_eq!(now(both), Some((Some(1), Some(2))));
    first.delete();
    second.delete();
}

#[test]
fn a_signal_that_does_not_come_is_given_up_in_time() {
    let clock = VirtualClock::install();
    let button = button();
    let limited = Application::timeout(Duration::from_secs(10), clicked(button).next());
    let error = Application::block_on(limited).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(clock.elapsed().as_secs(), 10);
    assert!(!clicked(button).is_connected());
    button.delete();
}
