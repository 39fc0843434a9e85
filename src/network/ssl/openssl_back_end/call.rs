//! The data of a session for OpenSSL's callbacks. Callbacks are shared between threads (`Send + Sync`), a session belongs to one
//! thread: so for the duration of each call it puts its data where only this thread sees it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use openssl::x509::{X509Ref, X509StoreContextRef};

use super::errors;
use crate::network::ssl::session::{HandshakeObserver, TlsEvent};
use crate::{PreSharedKeyAuthenticator, SslCertificate, SslError};

/// The data of one session.
#[derive(Default)]
pub(super) struct Call {
    /// The events, in order.
    pub(super) events: RefCell<Vec<TlsEvent>>,
    /// The errors that OpenSSL found in the peer's chain.
    pub(super) found: RefCell<Vec<SslError>>,
    /// The certificates that it went through, the peer's first.
    pub(super) path: RefCell<Vec<SslCertificate>>,
    pub(super) observer: RefCell<Option<Rc<dyn HandshakeObserver>>>,
    /// A pre-shared key was given.
    pub(super) has_pre_shared_key: Cell<bool>,
    /// `SslConfiguration::handshake_must_interrupt_on_error`
    interrupts: bool,
    /// `SslConfiguration::pre_shared_key_identity_hint`
    hint: Vec<u8>,
    /// A slot panicked, which must not go through C.
    panic: Cell<Option<Box<dyn Any + Send>>>,
}

thread_local! {
    /// A slot may use another session inside of the call of one.
    static CURRENT: RefCell<Vec<Rc<Call>>> = const { RefCell::new(Vec::new()) };
}

fn current() -> Option<Rc<Call>> {
    CURRENT.try_with(|calls| calls.borrow().last().cloned()).ok().flatten()
}

impl Call {
    pub(super) fn new(interrupts: bool, hint: Vec<u8>) -> Self {
        Self { interrupts, hint, ..Self::default() }
    }

    pub(super) fn tell(&self, event: TlsEvent) {
        self.events.borrow_mut().push(event);
    }

    /// Lets callbacks find it while this runs.
    pub(super) fn during<R>(self: &Rc<Self>, run: impl FnOnce() -> R) -> R {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                let left = CURRENT.try_with(|calls| calls.borrow_mut().pop());
                drop(left);
            }
        }
        let entered = CURRENT.try_with(|calls| calls.borrow_mut().push(self.clone()));
        let leave = entered.is_ok().then_some(Leave);
        let result = run();
        drop(leave);
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        result
    }

    fn ask<R: Default>(&self, ask: impl FnOnce(&dyn HandshakeObserver) -> R) -> R {
        let Some(observer) = self.observer.borrow().clone() else { return R::default() };
        catch_unwind(AssertUnwindSafe(|| ask(&*observer))).unwrap_or_else(|panic| {
            self.panic.set(Some(panic));
            R::default()
        })
    }
}

/// OpenSSL looks at a certificate. Its errors are noted, and it has to go on: whether that matters is decided before
/// anything that accepts the peer leaves. Without a session to note it for, nothing is accepted.
pub(super) fn verify(is_good: bool, context: &mut X509StoreContextRef) -> bool {
    let Some(call) = current() else { return false };
    if is_good {
        // It begins with the last one.
        if context.error_depth() == 0 {
            let path = context.chain().into_iter().flatten().filter_map(read);
            call.path.replace(path.collect());
        }
        return true;
    }
    let kind = errors::kind(context.error().as_raw());
    // Qt takes what was sent at that depth, which may be another one.
    let error = match context.current_cert().and_then(read) {
        Some(certificate) => SslError::with_certificate(kind, certificate),
        None => SslError::new(kind),
    };
    call.found.borrow_mut().push(error.clone());
    !call.interrupts || call.ask(|observer| observer.handshake_interrupted(&error))
}

/// Reads a certificate. Unreadable ones are reported elsewhere.
fn read(certificate: &X509Ref) -> Option<SslCertificate> {
    SslCertificate::from_der(certificate.to_der().ok()?).ok()
}

/// A client is asked for identity and key. Returns the size of the key, 0 for none.
pub(super) fn client_key(hint: Option<&[u8]>, identity: &mut [u8], key: &mut [u8]) -> usize {
    let Some(call) = current() else { return 0 };
    // The identity ends in a zero.
    let max_identity = identity.len().saturating_sub(1);
    let hint = hint.unwrap_or_default().to_vec();
    let authenticator = PreSharedKeyAuthenticator::new(hint, Vec::new(), max_identity, key.len());
    call.ask(|observer| observer.pre_shared_key_required(&authenticator));
    let given = authenticator.identity();
    let size = fill(key, &authenticator.pre_shared_key());
    if size == 0 || given.contains(&0) {
        return 0;
    }
    let end = fill(&mut identity[..max_identity], &given);
    identity[end] = 0;
    call.has_pre_shared_key.set(true);
    size
}

/// A server is asked for the key of the client's identity. Returns its size, 0 for none.
pub(super) fn server_key(identity: Option<&[u8]>, key: &mut [u8]) -> usize {
    let Some(call) = current() else { return 0 };
    let identity = identity.unwrap_or_default().to_vec();
    let authenticator = PreSharedKeyAuthenticator::new(call.hint.clone(), identity, 0, key.len());
    call.ask(|observer| observer.pre_shared_key_required(&authenticator));
    let size = fill(key, &authenticator.pre_shared_key());
    call.has_pre_shared_key.set(size > 0);
    size
}

fn fill(place: &mut [u8], content: &[u8]) -> usize {
    let size = content.len().min(place.len());
    place[..size].copy_from_slice(&content[..size]);
    size
}
