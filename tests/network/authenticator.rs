//! What an authenticator holds.

use slotwire::Authenticator;

#[test]
fn an_authenticator_is_null_until_something_is_filled_in() {
    assert!(Authenticator::new().is_null());
    let fill_in: [fn(&Authenticator); 4] = [
        |authenticator| authenticator.set_user("user"),
        |authenticator| authenticator.set_password("password"),
        |authenticator| authenticator.set_realm("realm"),
        |authenticator| authenticator.set_option("name", "value"),
    ];
    for fill_in in fill_in {
        let authenticator = Authenticator::new();
        fill_in(&authenticator);
        assert!(!authenticator.is_null());
        assert_ne!(authenticator, Authenticator::default());
        assert_eq!(authenticator.clone(), authenticator);
    }
}

#[test]
fn an_authenticator_keeps_what_is_set() {
    let authenticator = Authenticator::new();
    authenticator.set_user("user");
    authenticator.set_password("password");
    authenticator.set_realm("realm");
    authenticator.set_option("name", "value");
    assert_eq!(authenticator.user(), "user");
    assert_eq!(authenticator.password(), "password");
    assert_eq!(authenticator.realm(), "realm");
    assert_eq!(authenticator.option("name").as_deref(), Some("value"));
    assert_eq!(authenticator.option("other"), None);
    assert_eq!(authenticator.options().into_iter().collect::<Vec<_>>(), [("name".into(), "value".into())]);
}

#[test]
fn a_copy_does_not_change_the_original() {
    let authenticator = Authenticator::new();
    let copy = authenticator.clone();
    copy.set_user("user");
    assert_eq!(authenticator.user(), "");
}

#[test]
fn a_password_is_not_printed() {
    let authenticator = Authenticator::new();
    authenticator.set_user("user");
    authenticator.set_password("secret");
    let printed = format!("{authenticator:?}");
    assert!(printed.contains("user") && !printed.contains("secret"), "{printed}");
}
