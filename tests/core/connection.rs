//! Connections: how they are made, how they end, and what is counted.

use slotwire::Object;

use crate::support::{button, click, clicked};

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
