//! What one `use` brings, and what it leaves as it was.

use std::borrow::Borrow;

use slotwire::prelude::*;

#[test]
fn the_methods_of_std_keep_their_names() {
    let _ = Application::object_count();
    let words: Vec<String> = ["a", "b"].into_iter().map(str::to_owned).collect();
    assert_eq!(words, ["a", "b"]);
    let bytes: Option<Vec<u8>> = Some(&b"ab"[..]).map(<[u8]>::to_owned);
    assert_eq!(bytes.as_deref(), Some(&b"ab"[..]));
    assert_eq!(Some(&7).map(i32::to_owned), Some(7));
    let text: &str = String::from("a").leak();
    assert_eq!(Borrow::<str>::borrow(text), "a");
    assert_eq!(Some(&7).map(i32::borrow), Some(&7));
}
