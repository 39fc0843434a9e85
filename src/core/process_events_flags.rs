use std::ops::BitOr;

/// The kinds of events that a call of [`Application::process_events_with`](crate::Application::process_events_with) leaves
/// alone, and its waiting; combined with `|`.
///
/// ```
/// use slotwire::{Application, ProcessEventsFlags};
/// let flags =
///     ProcessEventsFlags::ExcludeSocketNotifiers | ProcessEventsFlags::ExcludeUserInputEvents;
/// Application::invoke_later(|| println!("a queued call"));
/// assert!(Application::process_events_with(flags));
/// ```
#[doc(alias = "ProcessEventsFlag")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcessEventsFlags(u8);

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl ProcessEventsFlags {
    /// Handles all there is, and does not wait.
    ///
    /// ```
    /// use slotwire::{Application, ProcessEventsFlags};
    /// assert!(!Application::process_events_with(ProcessEventsFlags::AllEvents), "there is nothing");
    /// ```
    pub const AllEvents: Self = Self(0);
    /// Does nothing here, where no events come from a mouse or a keyboard. It is there for code that comes from Qt.
    ///
    /// ```
    /// use slotwire::{Application, ProcessEventsFlags};
    /// Application::invoke_later(|| println!("handled all the same"));
    /// assert!(Application::process_events_with(ProcessEventsFlags::ExcludeUserInputEvents));
    /// ```
    pub const ExcludeUserInputEvents: Self = Self(1);
    /// Leaves sockets, servers and notifiers alone: what they have to tell waits for a call without this flag.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let connection = std::net::TcpStream::connect(("127.0.0.1", server.server_port()))?;
    /// let accepted = SignalSpy::new(server.new_connection());
    /// Application::process_events_with(ProcessEventsFlags::ExcludeSocketNotifiers);
    /// assert!(accepted.is_empty());
    /// assert!(accepted.wait(std::time::Duration::from_secs(5)), "it was only put off");
    /// # drop(connection);
    /// # server.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const ExcludeSocketNotifiers: Self = Self(2);
    /// Waits until there is something to do, if there is nothing.
    ///
    /// ```
    /// use slotwire::{Application, ProcessEventsFlags, SignalSpy, Timer};
    /// let timer = Timer::new();
    /// let spy = SignalSpy::new(timer.timeout());
    /// timer.start(std::time::Duration::from_millis(1));
    /// while spy.is_empty() {
    ///     Application::process_events_with(ProcessEventsFlags::WaitForMoreEvents); // sleeps
    /// }
    /// # timer.delete();
    /// ```
    pub const WaitForMoreEvents: Self = Self(4);

    pub(crate) const fn includes_sockets(self) -> bool {
        self.0 & Self::ExcludeSocketNotifiers.0 == 0
    }

    pub(crate) const fn waits(self) -> bool {
        self.0 & Self::WaitForMoreEvents.0 != 0
    }
}

impl BitOr for ProcessEventsFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
