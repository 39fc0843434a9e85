use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_core::future::FusedFuture;
use futures_core::stream::{FusedStream, Stream};

use super::args::Args;
use super::connection::{Connection, ConnectionType};
use super::signal::Signal;
use super::spare_memory::is_oversized;

impl<A: Args + ?Sized> Signal<A> {
    /// The next emission, as a future: its arguments, owned, or `None` if the sender dies before.
    ///
    /// **It counts from this call**, and not from the first poll: an emission between them is not missed. So take the future, then do
    /// what causes the emission, and then await it. If this is called inside an emission, that one is over already: the next one
    /// counts, as for a slot that is connected there.
    ///
    /// **Emissions between two calls of `next` are missed**: a task that was woken is polled by the loop, and what is emitted
    /// meanwhile nobody waits for. [`stream`](Self::stream) keeps them.
    ///
    /// Until the emission it is a connection, of the kind that is made by [`connect`](Self::connect) with
    /// [`single_shot`](ConnectionType::single_shot), and ends when it is dropped. It also gives `None` when
    /// [`disconnect_all`](Self::disconnect_all) ends that, or when there is no sender any more.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.new_connection().connect(move |()| {
    /// #     let socket = server.next_pending_connection().unwrap();
    /// #     socket.text_message_received().connect(move |text| { socket.send_text_message(text); });
    /// # });
    /// # let url = server.server_url();
    /// let socket = WebSocket::new();
    /// let answer = Application::block_on(async {
    ///     let connected = socket.connected().next();
    ///     socket.open(url);
    ///     connected.await;
    ///
    ///     let answer = socket.text_message_received().next();
    ///     socket.send_text_message("hello");
    ///     answer.await
    /// })?;
    /// assert_eq!(answer.as_deref(), Some("hello"));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias("qCoro", "QtFuture", "wait"))]
    pub fn next(self) -> NextEmission<A> {
        NextEmission(self.next_with(A::keep))
    }

    /// As [`next`](Self::next), with what `keep` makes of the arguments inside the emission.
    pub(crate) fn next_with<T: 'static>(self, keep: impl Fn(A::Ref<'_>) -> T + 'static) -> Awaiting<T> {
        let awaited = Rc::new(Awaited { state: Cell::new(State::Waiting), waker: Cell::default() });
        let slot = OnEnd(Rc::clone(&awaited));
        let connection = self.add(ConnectionType::AUTO.single_shot(), None, |_| {
            move |args: A::Ref<'_>| {
                let kept = keep(args);
                slot.0.leave_waiting_for(State::Emitted(kept));
            }
        });
        Awaiting { awaited, connection }
    }

    /// All emissions from this call on, as a stream of their arguments, owned: first those that wait, and the end when the sender has
    /// died.
    ///
    /// Nothing limits how many wait for a task that does not come, as with a [queued](ConnectionType::QUEUED) slot: of a
    /// signal whose emissions a peer causes, it takes them in as fast as they come. It is a connection until it is dropped, or
    /// [`disconnect_all`](Self::disconnect_all) ends it, and with that the stream.
    ///
    /// It is a [`Stream`], so what `futures-util` has for streams can be used; for a plain loop,
    /// [`Emissions::next`] is enough.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::{cell::Cell, time::Duration};
    ///
    /// struct Sensor { measured: Emitter<f64> }
    /// let sensor = Handle::new(Sensor { measured: Emitter::new() });
    /// let mut measurements = sensor.signal(|s| &s.measured).stream();
    /// sensor.with(|sensor| {
    ///     for value in [20.5, 21.0, 21.5] {
    ///         sensor.measured.emit(value);
    ///     }
    /// });
    /// sensor.delete();
    /// let mut sum = 0.0;
    /// Application::block_on(async {
    ///     while let Some(value) = measurements.next().await {
    ///         sum += value;
    ///     }
    /// })?;
    /// assert_eq!(sum, 63.0);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias("qCoroSignalListener"))]
    pub fn stream(self) -> Emissions<A> {
        let queue = Rc::new(Queue::default());
        let slot = OnEnd(Rc::clone(&queue));
        let connection = self.add(ConnectionType::AUTO, None, |_| {
            move |args: A::Ref<'_>| {
                let args = A::keep(args);
                slot.0.waiting.borrow_mut().push_back(args);
                slot.0.wake();
            }
        });
        Emissions { queue, connection }
    }
}

/// The next emission of a signal: a future, made by [`Signal::next`], which says which emission counts.
///
/// ```
/// use slotwire::{Application, NextEmission, Timer};
/// use std::time::Duration;
/// let timer = Timer::new();
/// timer.start(Duration::from_millis(1));
/// let tick: NextEmission<()> = timer.timeout().next();
/// assert_eq!(Application::block_on(tick)?, Some(()));
/// # timer.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub struct NextEmission<A: Args + ?Sized>(Awaiting<A::Owned>);

/// A future of something that an emission brings.
pub(crate) struct Awaiting<T> {
    awaited: Rc<Awaited<T>>,
    connection: Connection,
}

struct Awaited<T> {
    state: Cell<State<T>>,
    waker: Cell<Option<Waker>>,
}

#[derive(Default)]
enum State<T> {
    Waiting,
    Emitted(T),
    /// There will be no emission.
    Ended,
    /// The output was taken.
    #[default]
    Taken,
}

impl<T> Awaited<T> {
    /// Sets what has become of it, if it has not become anything yet.
    fn leave_waiting_for(&self, next: State<T>) {
        match self.state.take() {
            State::Waiting => {
                self.state.set(next);
                wake(&self.waker);
            }
            before => self.state.set(before),
        }
    }
}

impl<A: Args + ?Sized> Future for NextEmission<A> {
    type Output = Option<A::Owned>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<A: Args + ?Sized> FusedFuture for NextEmission<A> {
    fn is_terminated(&self) -> bool {
        let state = self.0.awaited.state.take();
        let is_taken = matches!(state, State::Taken);
        self.0.awaited.state.set(state);
        is_taken
    }
}

impl<T> Future for Awaiting<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.awaited.state.take() {
            State::Waiting => {
                self.awaited.state.set(State::Waiting);
                wake_later(&self.awaited.waker, context.waker());
                Poll::Pending
            }
            State::Emitted(args) => Poll::Ready(Some(args)),
            State::Ended | State::Taken => Poll::Ready(None),
        }
    }
}

impl<T> Drop for Awaiting<T> {
    fn drop(&mut self) {
        // Nobody waits any more for the slot to end.
        self.awaited.waker.take();
        self.connection.disconnect();
    }
}

impl<A: Args + ?Sized> fmt::Debug for NextEmission<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextEmission<{}>({:?})", type_name::<A>(), self.0.connection)
    }
}

/// The emissions of a signal: a [`Stream`], made by [`Signal::stream`], which says which of them there are.
///
/// ```
/// use futures_util::StreamExt;
/// use slotwire::{Application, Emissions, Emitter, Handle};
/// let button = Handle::new(Emitter::<u32>::new());
/// let clicks: Emissions<u32> = button.signal(|button| button).stream();
/// button.with(|clicked| (1..=5).for_each(|number| clicked.emit(number)));
/// let odd = clicks.filter(|number| std::future::ready(number % 2 == 1)).take(2);
/// assert_eq!(Application::block_on(odd.collect::<Vec<_>>())?, [1, 3]);
/// # button.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Emissions<A: Args + ?Sized> {
    queue: Rc<Queue<A::Owned>>,
    connection: Connection,
}

struct Queue<T> {
    waiting: RefCell<VecDeque<T>>,
    waker: Cell<Option<Waker>>,
    /// The slot is gone: there will be no more.
    has_ended: Cell<bool>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: RefCell::default(), waker: Cell::default(), has_ended: Cell::new(false) }
    }
}

impl<T> Queue<T> {
    fn wake(&self) {
        wake(&self.waker);
    }

    fn poll_next(&self, waker: &Waker) -> Poll<Option<T>> {
        let next = self.take_first();
        if next.is_some() || self.has_ended.get() {
            return Poll::Ready(next);
        }
        wake_later(&self.waker, waker);
        Poll::Pending
    }

    fn take_first(&self) -> Option<T> {
        let mut waiting = self.waiting.borrow_mut();
        let first = waiting.pop_front();
        if is_oversized(waiting.len(), waiting.capacity()) {
            // Many have waited, once. With room for as many as there are, each is moved no more than once for each that was taken.
            let room = 2 * waiting.len();
            waiting.shrink_to(room);
        }
        first
    }
}

impl<A: Args + ?Sized> Emissions<A> {
    /// The next of them, `None` when there are no more: what a loop needs of a stream.
    ///
    /// Dropping this future loses nothing: an emission is taken when it is returned.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::{rc::Rc, cell::Cell};
    /// let (button, clicks) = (Handle::new(Emitter::<u32>::new()), Rc::new(Cell::new(0)));
    /// let (mut clicked, sum) = (button.signal(|button| button).stream(), clicks.clone());
    /// Application::spawn_local(async move {
    ///     while let Some(count) = clicked.next().await {
    ///         sum.set(sum.get() + count);
    ///     }
    /// });
    /// button.with(|clicked| (1..=3).for_each(|count| clicked.emit(count)));
    /// Application::process_events();
    /// assert_eq!(clicks.get(), 6);
    /// # button.delete();
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "it is called as that of `StreamExt`, which it stands for"
    )]
    pub fn next(&mut self) -> impl Future<Output = Option<A::Owned>> + Unpin + use<'_, A> {
        poll_fn(|context| self.queue.poll_next(context.waker()))
    }
}

impl<A: Args + ?Sized> Stream for Emissions<A> {
    type Item = A::Owned;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<A::Owned>> {
        self.queue.poll_next(context.waker())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let waiting = self.queue.waiting.borrow().len();
        (waiting, self.queue.has_ended.get().then_some(waiting))
    }
}

impl<A: Args + ?Sized> FusedStream for Emissions<A> {
    fn is_terminated(&self) -> bool {
        self.queue.has_ended.get() && self.queue.waiting.borrow().is_empty()
    }
}

impl<A: Args + ?Sized> Drop for Emissions<A> {
    fn drop(&mut self) {
        self.queue.waker.take();
        self.connection.disconnect();
    }
}

impl<A: Args + ?Sized> fmt::Debug for Emissions<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.queue.waiting.borrow().len();
        write!(f, "Emissions<{}>({:?}, {waiting} waiting)", type_name::<A>(), self.connection)
    }
}

/// The part of a slot that says when the slot is gone: with the sender, or by a call.
struct OnEnd<E: End>(Rc<E>);

trait End {
    fn end(&self);
}

impl<T> End for Awaited<T> {
    fn end(&self) {
        self.leave_waiting_for(State::Ended);
    }
}

impl<T> End for Queue<T> {
    fn end(&self) {
        self.has_ended.set(true);
        self.wake();
    }
}

impl<E: End> Drop for OnEnd<E> {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn wake(waker: &Cell<Option<Waker>>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn wake_later(known: &Cell<Option<Waker>>, waker: &Waker) {
    let same = known.take().filter(|known| known.will_wake(waker));
    known.set(Some(same.unwrap_or_else(|| waker.clone())));
}
