use std::fmt::{self, Write as _};
use std::panic::Location;
use std::rc::Rc;
use std::vec;

use smallvec::SmallVec;

use super::dead_handle;
use super::event::{Event, EventType};
use super::event_dispatcher;
use super::executor;
use super::handle::{Handle, ObjectHandle};
use super::object_data::{Life, ObjectClass};
use super::object_key::Object;
use super::object_table::{self, Node};
use super::sequence::{Sequence, drop_each};
use super::signal::Signal;
use super::{connection, object_tree};

impl Object {
    /// Makes a plain object, as `new QObject`.
    ///
    /// ```
    /// use slotwire::{Object, Timer, WebSocket};
    /// let session = Object::new(); // holds together what ends together
    /// let (socket, heartbeat) = (WebSocket::new(), Timer::new());
    /// socket.set_parent(session);
    /// heartbeat.set_parent(session);
    /// session.delete();
    /// assert!(!socket.is_alive() && !heartbeat.is_alive());
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Handle::new_class(Plain).object()
    }

    /// Returns whether the object exists. It is dead already when [`destroyed`](Self::destroyed) is emitted.
    ///
    /// ```
    /// use slotwire::Object;
    /// let object = Object::new();
    /// assert!(object.is_alive());
    /// object.delete();
    /// assert!(!object.is_alive());
    /// ```
    #[doc(alias = "isNull")]
    pub fn is_alive(self) -> bool {
        object_table::is_alive(self)
    }

    /// The name of the object's class: of one of the program's own, the type's name with its path, as
    /// [`type_name`](std::any::type_name) gives it. Empty for a dead object.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let window = Object::new();
    /// Timer::new().set_parent(window);
    /// let names: Vec<_> = window.children().into_iter().map(Object::class_name).collect();
    /// assert_eq!(names, ["Timer"]);
    /// # window.delete();
    /// ```
    #[doc(alias = "className")]
    pub fn class_name(self) -> &'static str {
        self.living().map_or("", |node| node.class_name())
    }

    /// This object as one of the class `H`; `None` if it is dead or of another class.
    ///
    /// ```
    /// use slotwire::{Handle, Object, Timer};
    /// let object: Object = *Timer::new();
    /// assert!(object.cast::<Timer>().is_some());
    /// assert!(object.cast::<Handle<String>>().is_none());
    /// ```
    #[doc(alias = "qobject_cast")]
    pub fn cast<H: ObjectHandle>(self) -> Option<H> {
        H::from_object(self)
    }

    // ---- the tree

    /// The object that owns this one; `None` from the moment that one is dead.
    ///
    /// ```
    /// use slotwire::Object;
    /// fn root(mut object: Object) -> Object {
    ///     while let Some(parent) = object.parent() {
    ///         object = parent;
    ///     }
    ///     object
    /// }
    /// let (window, page, button) = (Object::new(), Object::new(), Object::new());
    /// page.set_parent(window);
    /// button.set_parent(page);
    /// assert_eq!(root(button), window);
    /// # window.delete();
    /// ```
    pub fn parent(self) -> Option<Self> {
        self.living()?.data().parent().filter(|parent| parent.is_alive())
    }

    /// Makes `parent` the owner: this object is deleted with it. [`ChildRemoved`](crate::EventType::ChildRemoved) is sent to
    /// the old parent, then [`ChildAdded`](crate::EventType::ChildAdded) to the new one.
    ///
    /// A dead parent, and one that is this object or below it, is refused: nothing changes, and a warning is logged.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let window = Object::new();
    /// let timer = Timer::new();
    /// timer.set_parent(window);
    /// assert_eq!(timer.parent(), Some(window));
    /// assert_eq!(window.children(), [*timer]);
    /// window.delete();
    /// assert!(!timer.is_alive());
    /// ```
    #[doc(alias = "setParent")]
    pub fn set_parent(self, parent: impl ObjectHandle) {
        object_tree::set_parent(self, Some(parent.object()));
    }

    /// Takes the object out of the tree: nobody owns it any more. In Qt, `setParent(nullptr)`.
    ///
    /// ```
    /// use slotwire::{Object, WebSocket};
    /// let (login, socket) = (Object::new(), WebSocket::new());
    /// socket.set_parent(login);
    /// socket.clear_parent(); // it outlives the dialog that made it
    /// login.delete();
    /// assert!(socket.is_alive());
    /// # socket.delete();
    /// ```
    #[doc(alias = "setParent")]
    pub fn clear_parent(self) {
        object_tree::set_parent(self, None);
    }

    /// The objects that this one owns, in the order in which they came.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let window = Object::new();
    /// let (first, second) = (Timer::new(), Object::new());
    /// first.set_parent(window);
    /// second.set_parent(window);
    /// assert_eq!(window.children(), [*first, second]);
    /// for child in window.children() {
    ///     child.delete(); // the list is a copy, so it may change meanwhile
    /// }
    /// assert!(window.children().is_empty());
    /// # window.delete();
    /// ```
    pub fn children(self) -> Vec<Self> {
        self.living().map(|node| object_tree::children(&*node).collect()).unwrap_or_default()
    }

    /// The object's name, empty if it has none.
    ///
    /// ```
    /// use slotwire::{Object, Timer, sender};
    /// let heartbeat = Timer::new();
    /// assert_eq!(heartbeat.object_name(), "");
    /// heartbeat.set_object_name("heartbeat");
    /// heartbeat.timeout().connect(|()| {
    ///     println!("from {}", sender().map(Object::object_name).unwrap_or_default());
    /// });
    /// # assert_eq!(heartbeat.object_name(), "heartbeat");
    /// # heartbeat.delete();
    /// ```
    #[doc(alias = "objectName")]
    pub fn object_name(self) -> String {
        self.living()
            .and_then(|node| node.data().rare().map(|rare| rare.name.borrow().clone()))
            .unwrap_or_default()
    }

    /// Names the object, for [`find_child`](Self::find_child) and for what is printed about it.
    ///
    /// ```
    /// use slotwire::Object;
    /// let object = Object::new();
    /// object.set_object_name("log");
    /// assert_eq!(object.object_name(), "log");
    /// # object.delete();
    /// ```
    #[doc(alias = "setObjectName")]
    pub fn set_object_name(self, name: impl Into<String>) {
        let Some(node) = self.living() else { return };
        let (rare, name) = (node.data().rare_mut(), name.into());
        if *rare.name.borrow() != name {
            rare.name.borrow_mut().clone_from(&name);
            rare.name_changed.emit(&name);
        }
    }

    /// Emitted when the object got another name, with that.
    ///
    /// ```
    /// use slotwire::{Object, SignalSpy};
    /// let document = Object::new();
    /// let renamed = SignalSpy::new(document.object_name_changed());
    /// document.set_object_name("letter");
    /// document.set_object_name("letter"); // it has that name already
    /// assert_eq!(renamed.take(), ["letter"]);
    /// # document.delete();
    /// ```
    #[doc(alias = "objectNameChanged")]
    pub fn object_name_changed(self) -> Signal<str> {
        Signal::name_changed(self)
    }

    pub(super) fn has_name(self, name: &str) -> bool {
        object_table::get(self).is_some_and(|node| match node.data().rare() {
            Some(rare) => *rare.name.borrow() == name,
            None => name.is_empty(),
        })
    }

    /// This object and all below it, one a line, indented: class, name and handle. More than 64 levels down, the level is written
    /// instead.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let (window, timer) = (Object::new(), Timer::new());
    /// window.set_object_name("window");
    /// timer.set_object_name("blink");
    /// timer.set_parent(window);
    /// let text = window.dump_object_tree();
    /// assert_eq!(text, format!("Object::window {window:?}\n    Timer::blink {timer:?}\n"));
    /// # window.delete();
    /// ```
    #[doc(alias = "dumpObjectTree")]
    pub fn dump_object_tree(self) -> String {
        let mut text = String::new();
        let mut waiting = vec![(self, 0)];
        while let Some((object, depth)) = waiting.pop() {
            object.write_line(&mut text, depth);
            waiting.extend(object.children().into_iter().rev().map(|child| (child, depth + 1)));
        }
        text
    }

    /// Writes the object's line of a tree. Below 64 levels the depth is written as a number, because the indentation of a
    /// chain would grow with the square of its length.
    fn write_line(self, text: &mut String, depth: usize) {
        const MAX_INDENTED: usize = 64;
        let (indent, name, class_name) = (4 * depth.min(MAX_INDENTED), self.object_name(), self.class_name());
        let _ = match depth {
            0..=MAX_INDENTED => writeln!(text, "{:indent$}{class_name}::{name} {self:?}", ""),
            _ => writeln!(text, "{:indent$}({depth}) {class_name}::{name} {self:?}", ""),
        };
    }

    // ---- the end

    /// Deletes the object, as `delete` in C++. May be called from anywhere, also from a slot of this very object; called a
    /// second time it does nothing.
    ///
    /// It ends in this order:
    ///
    /// 1. the destructor of its class runs: a connected [`WebSocket`](crate::WebSocket) sends a close frame;
    /// 2. it leaves its parent, which gets [`ChildRemoved`](crate::EventType::ChildRemoved) while the object is still alive;
    /// 3. its handles are dead, all connections from and to it end, but for those of `destroyed`, and so do its
    ///    [tasks](Self::spawn);
    /// 4. [`destroyed`](Self::destroyed) is emitted;
    /// 5. its children are deleted in their order, but for those that were given another parent meanwhile;
    /// 6. its value is dropped, once no method of it is running any more.
    ///
    /// A panic in a slot or destructor on the way skips none of these; it goes on to the caller at the end. While another panic
    /// is unwinding already, it ends there.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// let copy = socket;
    /// socket.delete();
    /// copy.send_text_message("nobody is there"); // does nothing
    /// assert!(!copy.is_alive());
    /// ```
    #[doc(alias = "~QObject")]
    #[track_caller]
    pub fn delete(self) {
        let location = Location::caller();
        let mut sequence = Sequence::begin();
        // The objects whose children are being deleted, one below the other: a list, so that the depth of a tree is no
        // matter of the stack.
        let mut ending = SmallVec::<[Ending; 1]>::new();
        ending.extend(self.end(&mut sequence, location));
        while let Some(parent) = ending.last_mut() {
            match parent.children.next() {
                Some(child) if object_tree::is_orphan_of(child, parent.node.object()) => {
                    ending.extend(child.end(&mut sequence, location));
                }
                Some(_) => {}
                None => {
                    let ended = ending.pop();
                    sequence.step(|| ended.map(Ending::finish));
                }
            }
        }
    }

    /// Ends the object, but for its children and its value. What its slots do, and what they fail to do, stops nothing.
    fn end(self, sequence: &mut Sequence, location: &'static Location<'static>) -> Option<Ending> {
        let node = object_table::get(self)?;
        if node.data().life.replace(Life::Deleting) == Life::Deleting {
            return None;
        }
        if let Some(class) = node.data().class {
            sequence.step(|| (class.destroy)(&*node));
        }
        sequence.step(|| object_tree::set_parent(self, None));
        dead_handle::deleted(self, || node.class_name(), location);
        object_table::take(self);
        let children = object_tree::orphan_children(&*node).into_iter();
        // First, while both lists are whole: a connection to itself is in both.
        let signals = connection::lists_of(&*node);
        sequence.step(|| connection::disconnect_receiver(&*node));
        sequence.step(|| executor::stop_tasks_of(&*node));
        let destroyed = node.data().rare().map(|rare| &rare.destroyed);
        for signal in signals {
            if !destroyed.is_some_and(|destroyed| destroyed.is_list(&signal)) {
                sequence.step(|| signal.sever());
            }
        }
        if let Some(destroyed) = destroyed {
            // QObject::destroyed comes even if the object's signals are blocked.
            sequence.step(|| destroyed.emit_unblocked(self));
            sequence.step(|| destroyed.sever());
        }
        Some(Ending { node, children })
    }

    /// Deletes the object from the event loop, once control has returned to the loop from which this was called; a nested
    /// loop that is entered before does not delete it. Called a second time it does nothing.
    ///
    /// If no loop is running, the object is deleted by the next one that runs, or by
    /// [`Application::process_events`](crate::Application::process_events).
    ///
    /// ```
    /// use slotwire::{Application, Timer};
    /// let timer = Timer::new();
    /// timer.timeout().connect(move |()| {
    ///     timer.delete_later();
    ///     assert!(timer.is_alive());
    ///     Application::quit();
    /// });
    /// timer.start(std::time::Duration::ZERO);
    /// Application::exec();
    /// assert!(!timer.is_alive());
    /// ```
    #[doc(alias = "deleteLater")]
    #[track_caller]
    pub fn delete_later(self) {
        let Some(node) = object_table::get(self) else { return };
        if node.data().life.get() == Life::Alive {
            dead_handle::deleted(self, || node.class_name(), Location::caller());
            node.data().life.set(Life::DeletePosted);
            event_dispatcher::post_deferred_delete(self);
        }
    }

    /// Carries out a posted `DeferredDelete`.
    pub(crate) fn deferred_delete(self) {
        if let Some(node) = self.living() {
            if node.data().life.get() == Life::DeletePosted {
                node.data().life.set(Life::Alive);
            }
            // A filter that panics has not stopped it.
            let mut sequence = Sequence::begin();
            let received = sequence.step(|| self.receive(&Event::new(EventType::DeferredDelete)));
            if received.is_none() {
                self.delete();
            }
        }
    }

    /// Emitted when the object is being deleted, after its handles are dead and before its children are deleted. It comes
    /// even if signals are blocked.
    ///
    /// ```
    /// use slotwire::Object;
    /// let object = Object::new();
    /// object.destroyed().connect(move |which| assert!(which == object && !which.is_alive()));
    /// object.delete();
    /// ```
    pub fn destroyed(self) -> Signal<Self> {
        Signal::destroyed(self)
    }

    // ---- signals

    /// Stops (`true`) or lets through (`false`) the object's signals; returns what was set before. What is emitted while
    /// they are blocked is lost, but for [`destroyed`](Self::destroyed), which always comes.
    /// [`SignalBlocker`](crate::SignalBlocker) does it for a scope.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let slider = Handle::new(Emitter::<i32>::new());
    /// let moved = SignalSpy::new(slider.signal(|s| s));
    /// let before = slider.block_signals(true);
    /// slider.with(|s| s.emit(3)); // set by the program, which need not be told
    /// slider.block_signals(before);
    /// assert!(moved.is_empty());
    /// # slider.delete();
    /// ```
    #[doc(alias = "blockSignals")]
    pub fn block_signals(self, block: bool) -> bool {
        let Some(node) = self.living() else { return false };
        for signal in connection::lists_of(&*node) {
            signal.set_blocked(block);
        }
        node.data().signals_blocked.replace(block)
    }

    /// Returns whether the object's signals are blocked.
    ///
    /// ```
    /// use slotwire::{Object, SignalBlocker};
    /// let slider = Object::new();
    /// assert!(!slider.signals_blocked());
    /// let blocker = SignalBlocker::new(slider);
    /// assert!(slider.signals_blocked());
    /// # drop(blocker);
    /// # slider.delete();
    /// ```
    #[doc(alias = "signalsBlocked")]
    pub fn signals_blocked(self) -> bool {
        self.living().is_some_and(|node| node.data().signals_blocked.get())
    }

    /// Ends all connections from this object's signals. Returns how many there were.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// let button = Handle::new(Emitter::<()>::new());
    /// button.signal(|b| b).connect(|()| panic!("disconnected"));
    /// assert_eq!(button.disconnect_all(), 1);
    /// button.with(|b| b.emit(()));
    /// ```
    #[doc(alias = "disconnect")]
    pub fn disconnect_all(self) -> usize {
        self.disconnect_where(&|_| true)
    }

    /// Ends all connections from this object's signals to that receiver. Returns how many there were.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// let button = Handle::new(Emitter::<()>::new());
    /// let label = Handle::new("label");
    /// button.signal(|b| b).connect_to(label, |_, ()| panic!("disconnected"));
    /// assert_eq!(button.disconnect_receiver(label), 1);
    /// button.with(|b| b.emit(()));
    /// ```
    #[doc(alias = "disconnect")]
    pub fn disconnect_receiver(self, receiver: impl ObjectHandle) -> usize {
        let receiver = receiver.object();
        self.disconnect_where(&|context| context == Some(receiver))
    }

    fn disconnect_where(self, condition: &dyn Fn(Option<Self>) -> bool) -> usize {
        let Some(node) = self.living() else { return 0 };
        connection::lists_of(&*node).iter().map(|signal| signal.disconnect_where(condition)).sum()
    }
}

/// The class, a number that no other object has, and the name if there is one, as `qDebug() << object` prints it:
/// `Timer(3.1, "heartbeat")`. A dead object has no class any more: `Object(3.1, dead)`.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, generation) = self.key.parts();
        if !self.is_alive() {
            return write!(f, "Object({index}.{generation}, dead)");
        }
        write!(f, "{}({index}.{generation}", self.class_name())?;
        match self.object_name() {
            name if name.is_empty() => f.write_str(")"),
            name => write!(f, ", {name:?})"),
        }
    }
}

/// The value of an object that has nothing but what every object has.
/// An object that is dead, while its children are being deleted.
struct Ending {
    node: Rc<dyn Node>,
    children: vec::IntoIter<Object>,
}

impl Ending {
    /// Lets go of what the program has put into the object, and of its value.
    fn finish(self) {
        let mut sequence = Sequence::begin();
        if let Some(rare) = self.node.data().rare() {
            sequence.step(|| drop_each(rare.properties.take()));
            sequence.step(|| drop_each(rare.filters.take()));
            sequence.step(|| drop(rare.event_handler.take()));
        }
        sequence.step(|| drop(self));
    }
}

struct Plain;

impl ObjectClass for Plain {
    const NAME: &'static str = "Object";
}

/// All objects of this thread that nobody owns, with what is below each: what `delete` was never called for.
pub(crate) fn dump_objects() -> String {
    let mut roots: Vec<Object> = object_table::all()
        .iter()
        .map(|node| node.object())
        .filter(|object| object.parent().is_none())
        .collect();
    roots.sort_by_key(|root| root.key.generation());
    roots.into_iter().map(Object::dump_object_tree).collect()
}
