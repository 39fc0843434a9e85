use std::marker::PhantomData;

/// The arguments of a signal: borrowed while it is delivered directly, owned when it has to wait in a queue.
///
/// The parameter of [`Emitter`](crate::Emitter) and [`Signal`](crate::Signal) names the arguments, and a slot gets
/// [`Args::Ref`]:
///
/// | `Signal<…>` | the slot gets |
/// |---|---|
/// | `()` | `()` |
/// | a `Copy` type: `u32`, `SocketState`, `WebSocket`, `(u32, bool)` | the value |
/// | `str`, `[T]` | `&str`, `&[T]` |
/// | [`ByRef<T>`] | `&T` |
/// | [`Pair<A, B>`], [`Triple<A, B, C>`] | the tuple of what each part gives |
///
/// A direct connection copies nothing; only a queued one makes the owned copy, as Qt copies by meta type.
///
/// A type of your own that is not `Copy` can be carried by [`ByRef`], or implement this trait:
///
/// ```
/// use slotwire::{Args, Emitter, Handle};
///
/// struct Reading { sensor: String, value: f64 }
///
/// impl Args for Reading {
///     type Ref<'a> = (&'a str, f64);
///     type Owned = (String, f64);
///     fn keep((sensor, value): Self::Ref<'_>) -> Self::Owned {
///         (sensor.to_owned(), value)
///     }
///     fn lend((sensor, value): &Self::Owned) -> Self::Ref<'_> {
///         (sensor, *value)
///     }
/// }
///
/// struct Station { measured: Emitter<Reading> }
/// let station = Handle::new(Station { measured: Emitter::new() });
/// station.signal(|s| &s.measured).connect(|(sensor, value)| {
///     assert_eq!((sensor, value), ("roof", 21.5));
/// });
/// station.with(|s| s.measured.emit(("roof", 21.5)));
/// ```
pub trait Args: 'static {
    /// The form in which a slot gets them.
    ///
    /// ```
    /// use slotwire::{Args, Pair};
    /// let arguments: <Pair<str, bool> as Args>::Ref<'_> = ("the end", true);
    /// ```
    type Ref<'a>: Copy;

    /// The form in which a queued delivery keeps them.
    ///
    /// ```
    /// use slotwire::{Args, Pair};
    /// let kept: <Pair<str, bool> as Args>::Owned = (String::from("the end"), true);
    /// ```
    type Owned: 'static;

    /// Makes the copy that a queued delivery keeps.
    ///
    /// ```
    /// use slotwire::{Args, Pair};
    /// let kept = <Pair<str, bool> as Args>::keep(("the end", true));
    /// assert_eq!(kept, (String::from("the end"), true));
    /// ```
    fn keep(args: Self::Ref<'_>) -> Self::Owned;

    /// Lends the kept copy to a slot.
    ///
    /// ```
    /// use slotwire::{Args, Pair};
    /// let kept = (String::from("the end"), true);
    /// assert_eq!(<Pair<str, bool> as Args>::lend(&kept), ("the end", true));
    /// ```
    fn lend(owned: &Self::Owned) -> Self::Ref<'_>;
}

impl<T: Copy + 'static> Args for T {
    type Ref<'a> = T;
    type Owned = T;
    fn keep(args: T) -> T {
        args
    }
    fn lend(owned: &T) -> T {
        *owned
    }
}

impl Args for str {
    type Ref<'a> = &'a Self;
    type Owned = String;
    fn keep(args: Self::Ref<'_>) -> Self::Owned {
        args.into()
    }
    fn lend(owned: &Self::Owned) -> Self::Ref<'_> {
        owned
    }
}

impl<T: Clone + 'static> Args for [T] {
    type Ref<'a> = &'a [T];
    type Owned = Vec<T>;
    fn keep(args: &[T]) -> Vec<T> {
        args.to_vec()
    }
    fn lend(owned: &Vec<T>) -> &[T] {
        owned
    }
}

/// The arguments of a signal that passes one value by reference: the slot gets `&T`. See [`Args`].
///
/// ```
/// use slotwire::{ByRef, Emitter, Handle};
///
/// struct Inbox { arrived: Emitter<ByRef<Vec<String>>> }
/// let inbox = Handle::new(Inbox { arrived: Emitter::new() });
/// inbox.signal(|i| &i.arrived).connect(|letters| assert_eq!(letters.len(), 2));
/// inbox.with(|i| i.arrived.emit(&vec!["one".into(), "two".into()]));
/// ```
#[derive(Debug)]
pub struct ByRef<T>(PhantomData<T>);

impl<T: Clone + 'static> Args for ByRef<T> {
    type Ref<'a> = &'a T;
    type Owned = T;
    fn keep(args: &T) -> T {
        args.clone()
    }
    fn lend(owned: &T) -> &T {
        owned
    }
}

/// The arguments of a signal with two: the slot gets the tuple `(A, B)`, each as [`Args`] passes it.
///
/// `Signal<Pair<str, bool>>` is Qt's `textFrameReceived(const QString &, bool)`: its slot gets `(&str, bool)`.
///
/// ```
/// use slotwire::{Emitter, Handle, Pair};
///
/// struct Reader { line: Emitter<Pair<str, bool>> }
/// let reader = Handle::new(Reader { line: Emitter::new() });
/// reader.signal(|r| &r.line).connect(|(text, is_last)| {
///     assert!(text == "the end" && is_last);
/// });
/// reader.with(|r| r.line.emit(("the end", true)));
/// ```
#[derive(Debug)]
pub struct Pair<A: ?Sized, B: ?Sized>(PhantomData<fn(&A, &B)>);

impl<A: Args + ?Sized, B: Args + ?Sized> Args for Pair<A, B> {
    type Ref<'a> = (A::Ref<'a>, B::Ref<'a>);
    type Owned = (A::Owned, B::Owned);
    fn keep((a, b): Self::Ref<'_>) -> Self::Owned {
        (A::keep(a), B::keep(b))
    }
    fn lend((a, b): &Self::Owned) -> Self::Ref<'_> {
        (A::lend(a), B::lend(b))
    }
}

/// The arguments of a signal with three: the slot gets the tuple `(A, B, C)`, each as [`Args`] passes it.
///
/// ```
/// use slotwire::{Emitter, Handle, Triple};
///
/// struct Download { progress: Emitter<Triple<str, u64, u64>> }
/// let download = Handle::new(Download { progress: Emitter::new() });
/// let progress = download.signal(|d| &d.progress);
/// progress.connect(|(file, received, total)| {
///     assert_eq!((file, received, total), ("a.txt", 3, 10));
/// });
/// download.with(|d| d.progress.emit(("a.txt", 3, 10)));
/// ```
#[derive(Debug)]
pub struct Triple<A: ?Sized, B: ?Sized, C: ?Sized>(PhantomData<fn(&A, &B, &C)>);

impl<A: Args + ?Sized, B: Args + ?Sized, C: Args + ?Sized> Args for Triple<A, B, C> {
    type Ref<'a> = (A::Ref<'a>, B::Ref<'a>, C::Ref<'a>);
    type Owned = (A::Owned, B::Owned, C::Owned);
    fn keep((a, b, c): Self::Ref<'_>) -> Self::Owned {
        (A::keep(a), B::keep(b), C::keep(c))
    }
    fn lend((a, b, c): &Self::Owned) -> Self::Ref<'_> {
        (A::lend(a), B::lend(b), C::lend(c))
    }
}
