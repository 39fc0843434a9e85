//! Log records of calls on dead handles (private): where the object was deleted, and who called.
//!
//! Only in debug builds, and only while the log is on at `debug` for this module: what it takes to know that, a list of the
//! objects that were deleted last and a look at the stack, is not for programs that run.

use super::object_key::Object;

#[cfg(not(debug_assertions))]
pub(super) use nothing::{deleted, used};
#[cfg(debug_assertions)]
pub(super) use record::{deleted, used};

#[cfg(debug_assertions)]
mod record {
    use std::backtrace::Backtrace;
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::panic::Location;

    use log::Level;

    use super::Object;

    /// The number of deletions that are remembered.
    const REMEMBERED: usize = 1024;

    struct Deletion {
        object: Object,
        class_name: &'static str,
        location: &'static Location<'static>,
    }

    thread_local! {
        static DELETIONS: RefCell<VecDeque<Deletion>> = const { RefCell::new(VecDeque::new()) };
    }

    /// The object is about to be deleted, because of a call there; the first such call counts.
    pub(in crate::core) fn deleted(
        object: Object,
        class_name: impl FnOnce() -> &'static str,
        location: &'static Location<'static>,
    ) {
        if !log::log_enabled!(Level::Debug) {
            return;
        }
        let deletion = Deletion { object, class_name: class_name(), location };
        let _ = DELETIONS.try_with(|deletions| {
            let mut deletions = deletions.borrow_mut();
            if deletions.iter().all(|known| known.object != object) {
                deletions.truncate(REMEMBERED - 1);
                deletions.push_front(deletion);
            }
        });
    }

    /// A method of a dead handle was called.
    #[cold]
    #[inline(never)]
    pub(in crate::core) fn used(object: Object) {
        if !log::log_enabled!(Level::Debug) {
            return;
        }
        let deletion = DELETIONS.try_with(|deletions| {
            let deletions = deletions.borrow();
            let deletion = deletions.iter().find(|deletion| deletion.object == object)?;
            Some(format!("an object of {} that was deleted at {}", deletion.class_name, deletion.location))
        });
        let what = deletion.ok().flatten().unwrap_or_else(|| "an object that is not alive".to_owned());
        let (method, caller) = call();
        log::debug!("{object:?}: a call of {method} reaches {what}; it comes from {caller}");
    }

    /// The method that was called: the outermost of this crate in a row on the stack. And the function that called it, which
    /// belongs neither to this crate nor to the standard library.
    fn call() -> (String, String) {
        const INNER: [&str; 3] = ["core", "alloc", "std"];
        let stack = Backtrace::force_capture().to_string();
        let mut method = "an unknown method";
        let mut lines = stack.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            let Some((_, function)) = line.split_once(": ").filter(|_| !line.starts_with("at ")) else {
                continue;
            };
            let krate = function.trim_start_matches(['<', '&', '*']).split("::").next().unwrap_or_default();
            if krate == "slotwire" {
                method = function;
            } else if !INNER.contains(&krate) && !krate.starts_with("__") {
                let place = lines.peek().filter(|place| place.starts_with("at "));
                let caller = place.map_or_else(|| function.to_owned(), |place| format!("{function} {place}"));
                return (method.to_owned(), caller);
            }
        }
        (method.to_owned(), "an unknown place".to_owned())
    }
}

#[cfg(not(debug_assertions))]
mod nothing {
    use std::panic::Location;

    use super::Object;

    #[inline]
    pub(in crate::core) fn deleted(
        _: Object,
        _: impl FnOnce() -> &'static str,
        _: &'static Location<'static>,
    ) {
    }

    #[inline]
    pub(in crate::core) fn used(_: Object) {}
}
