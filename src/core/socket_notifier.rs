use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;

use mio::Interest;
use mio::unix::SourceFd;

use super::event_dispatcher::{self, Source};
use super::handle::Handle;
use super::object_class::object_class;
use super::object_data::ObjectClass;
use super::object_table::ObjectBox;
use super::poller::{Readiness, SourceKey};
use super::signal::{Emitter, Signal};
use crate::Error;

/// The readiness that a [`SocketNotifier`] watches for.
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use slotwire::{Application, NotifierType, SocketNotifier};
///
/// let (ours, _theirs) = UnixStream::pair()?;
/// let notifier = SocketNotifier::new(&ours, NotifierType::Write)?;
/// notifier.activated().connect(|_| Application::quit()); // there is room for output
/// Application::exec();
/// # notifier.delete();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "Type")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotifierType {
    /// There is data to be read, or the other end is closed.
    Read,
    /// Data can be written.
    Write,
}

/// Emits [`activated`](Self::activated) while a descriptor is ready: a pipe, a terminal, somebody else's socket.
///
/// It is level-triggered, as in Qt: a slot that leaves something unread is called again in the next round of the loop. A
/// regular file cannot be watched, nor anything else that epoll does not take. Unix only.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a notifier dereferences.
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
/// use slotwire::{Application, NotifierType, SocketNotifier};
///
/// let (mut ours, mut theirs) = UnixStream::pair()?;
/// let notifier = SocketNotifier::new(&ours, NotifierType::Read)?;
/// notifier.activated().connect_mut(move |_| {
///     let mut byte = [0];
///     ours.read_exact(&mut byte).unwrap();
///     assert_eq!(&byte, b"!");
///     Application::quit();
/// });
/// theirs.write_all(b"!")?;
/// Application::exec();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "QSocketNotifier")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SocketNotifier(Handle<SocketNotifierPrivate>);

pub(crate) struct SocketNotifierPrivate {
    /// A duplicate, so that the descriptor stays what it is for as long as it is watched.
    descriptor: OwnedFd,
    original: RawFd,
    notifier_type: NotifierType,
    key: Cell<Option<SourceKey>>,
    activated: Emitter<RawFd>,
}

impl ObjectClass for SocketNotifierPrivate {
    const NAME: &'static str = "SocketNotifier";

    fn destroy(object: &ObjectBox<Self>) {
        object.disable();
    }
}

impl SocketNotifier {
    /// Watches a descriptor, from now on. The descriptor is duplicated, so the caller may close its own.
    ///
    /// # Errors
    /// The descriptor cannot be watched, or the process has no descriptor left.
    ///
    /// ```
    /// use std::io::Write;
    /// use std::os::unix::net::UnixStream;
    /// use slotwire::{Application, NotifierType, SocketNotifier};
    /// let (ours, mut theirs) = UnixStream::pair()?;
    /// let notifier = SocketNotifier::new(&ours, NotifierType::Read)?;
    /// drop(ours); // the notifier has its duplicate
    /// notifier.activated().connect(|_| Application::quit());
    /// theirs.write_all(b"!")?;
    /// Application::exec();
    /// # notifier.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(descriptor: impl AsFd, notifier_type: NotifierType) -> Result<Self, Error> {
        let descriptor = descriptor.as_fd();
        let private = SocketNotifierPrivate {
            descriptor: descriptor.try_clone_to_owned()?,
            original: descriptor.as_raw_fd(),
            notifier_type,
            key: Cell::new(None),
            activated: Emitter::new(),
        };
        let notifier = Self(Handle::new_class(private));
        match notifier.set_enabled(true) {
            Ok(()) => Ok(notifier),
            Err(error) => {
                notifier.delete();
                Err(error)
            }
        }
    }

    /// The number of the descriptor that was given to [`new`](Self::new); `None` if the notifier is dead.
    ///
    /// ```
    /// use std::os::fd::AsRawFd;
    /// use std::os::unix::net::UnixStream;
    /// use slotwire::{NotifierType, SocketNotifier};
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// let notifier = SocketNotifier::new(&ours, NotifierType::Read)?;
    /// assert_eq!(notifier.socket(), Some(ours.as_raw_fd()));
    /// # notifier.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn socket(self) -> Option<RawFd> {
        self.0.with(|notifier| notifier.original)
    }

    /// The readiness that the notifier watches for; `None` if it is dead.
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    /// use slotwire::{NotifierType, SocketNotifier};
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// let notifier = SocketNotifier::new(&ours, NotifierType::Write)?;
    /// assert_eq!(notifier.notifier_type(), Some(NotifierType::Write));
    /// # notifier.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "type")]
    pub fn notifier_type(self) -> Option<NotifierType> {
        self.0.with(|notifier| notifier.notifier_type)
    }

    /// Returns whether the notifier is watching.
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    /// use slotwire::{Application, NotifierType, SocketNotifier};
    /// let (ours, theirs) = UnixStream::pair()?;
    /// let notifier = SocketNotifier::new(&ours, NotifierType::Read)?;
    /// assert!(notifier.is_enabled(), "from the beginning");
    /// notifier.activated().connect(move |_| {
    ///     // The other end is closed, which would be reported in every round.
    ///     let _ = notifier.set_enabled(false);
    ///     Application::quit();
    /// });
    /// drop(theirs);
    /// Application::exec();
    /// assert!(!notifier.is_enabled());
    /// # notifier.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "isEnabled")]
    pub fn is_enabled(self) -> bool {
        self.0.with(|notifier| notifier.key.get().is_some()).unwrap_or(false)
    }

    /// Begins to watch, or stops. A descriptor that is ready when it is enabled activates the notifier.
    ///
    /// # Errors
    /// The descriptor cannot be watched. Stopping never fails, nor does a call of a dead notifier.
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    /// use slotwire::{Application, NotifierType, SignalSpy, SocketNotifier};
    /// let (ours, _theirs) = UnixStream::pair()?;
    /// let notifier = SocketNotifier::new(&ours, NotifierType::Write)?;
    /// let room = SignalSpy::new(notifier.activated());
    /// notifier.set_enabled(false)?; // there is nothing to write
    /// Application::process_events();
    /// assert!(room.is_empty());
    /// notifier.set_enabled(true)?; // now there is
    /// assert!(room.wait(std::time::Duration::from_secs(5)));
    /// # notifier.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "setEnabled")]
    pub fn set_enabled(self, enabled: bool) -> Result<(), Error> {
        let Some(notifier) = self.0.get_box() else { return Ok(()) };
        match (enabled, notifier.value.key.get()) {
            (true, None) if notifier.data.is_being_deleted() => Ok(()),
            (true, None) => Ok(notifier.enable()?),
            (false, Some(_)) => {
                notifier.value.disable();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Emitted, in every round of the loop while the descriptor is ready, with the number that was given to
    /// [`new`](Self::new).
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    /// use slotwire::{Application, NotifierType, SocketNotifier};
    /// let (ours, mut theirs) = UnixStream::pair()?;
    /// let notifier = SocketNotifier::new(&ours, NotifierType::Read)?;
    /// notifier.activated().connect(move |_| match (&ours).read(&mut [0; 64]) {
    ///     Ok(0) => Application::quit(), // closed
    ///     Ok(length) => println!("{length} bytes"),
    ///     Err(error) => eprintln!("{error}"),
    /// });
    /// theirs.write_all(b"hello")?;
    /// drop(theirs);
    /// Application::exec();
    /// # notifier.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn activated(self) -> Signal<RawFd> {
        self.0.signal(|notifier| &notifier.activated)
    }
}

object_class!(
    SocketNotifier,
    SocketNotifierPrivate,
    "SocketNotifier::new(
        std::os::unix::net::UnixDatagram::unbound()?,
        NotifierType::Read,
    )?
    "
);

impl SocketNotifierPrivate {
    fn interest(&self) -> Interest {
        match self.notifier_type {
            NotifierType::Read => Interest::READABLE,
            NotifierType::Write => Interest::WRITABLE,
        }
    }

    fn raw(&self) -> RawFd {
        BorrowedFd::as_raw_fd(&self.descriptor.as_fd())
    }

    fn disable(&self) {
        if let Some(key) = self.key.take() {
            // A descriptor that cannot be removed from the poller was closed by somebody else, and is gone from there.
            let _ = event_dispatcher::with_poller(|poller| poller.deregister(&mut SourceFd(&self.raw())));
            event_dispatcher::remove_source(key);
        }
    }
}

impl ObjectBox<SocketNotifierPrivate> {
    fn enable(self: &Rc<Self>) -> io::Result<()> {
        let notifier = &self.value;
        let key = event_dispatcher::add_source(Rc::clone(self) as Rc<dyn Source>, |poller, key| {
            poller.register(&mut SourceFd(&notifier.raw()), key, notifier.interest())
        })?;
        notifier.key.set(Some(key));
        Ok(())
    }
}

impl Source for ObjectBox<SocketNotifierPrivate> {
    fn ready(self: Rc<Self>, _: Readiness) {
        // For the loops that its slots enter, and for this one.
        self.value.rearm();
        let _rearm = Rearm(&self.value);
        self.value.activated.emit(self.value.original);
    }
}

/// The poller reports an edge. Registered anew when the slots have run, also after a panic, it reports again what is still
/// ready.
struct Rearm<'n>(&'n SocketNotifierPrivate);

impl Drop for Rearm<'_> {
    fn drop(&mut self) {
        self.0.rearm();
    }
}

impl SocketNotifierPrivate {
    fn rearm(&self) {
        let notifier = self;
        let Some(key) = notifier.key.get() else { return };
        let rearm = event_dispatcher::with_poller(|poller| {
            poller.reregister(&mut SourceFd(&notifier.raw()), key, notifier.interest())
        });
        if let Err(error) = rearm {
            log::warn!("descriptor {}: {error}", notifier.original);
            notifier.disable();
        }
    }
}
