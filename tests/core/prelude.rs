//! What one `use` brings, and what it leaves as it was.

use std::borrow::Borrow;

use slotwire::prelude::*;

#[test]
fn the_methods_of_std_keep_their_names() {
    let _ = Application::object_count();
    let words: Vec<String> = ["a", "b"].into_iter().map(str::to_owned).collect();
    assert_eq!(words, ["a", "b"]);
    assert_eq!(<[u8]>::to_owned(b"ab"), [b'a', b'b']);
    assert_eq!(i32::to_owned(&7), 7);
    let text: &str = String::from("a").leak();
    assert_eq!(Borrow::<str>::borrow(text), "a");
    assert_eq!(i32::borrow(&7), &7);
}
