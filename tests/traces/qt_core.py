"""Plays the programs of core-*.json on real Qt (README.md, "Programs") and writes a record a line."""

import json
import os
import sys
import threading
import time

import shiboken6
from PySide6 import QtCore
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QThread, QTimer, SIGNAL, SLOT, Signal, Slot

USER = 1000
# How long a thread has to come to where it waits, in seconds.
HOLD = 0.04
SIGNALS = {"a": "a(int)", "b": "b(int)", "c": "c(int)", "timeout": "timeout()", "destroyed": "destroyed(QObject*)",
           "renamed": "objectNameChanged(QString)", "about": "aboutToQuit()", "started": "started()",
           "finished": "finished()"}
# Slots that Qt has.
OWN_SLOTS = {"quit": "quit()", "stop": "stop()", "start": "start()", "deleteLater": "deleteLater()"}
FLAGS = {"no_notifiers": QEventLoop.ProcessEventsFlag.ExcludeSocketNotifiers,
         "no_input": QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents,
         "wait": QEventLoop.ProcessEventsFlag.WaitForMoreEvents}
TYPES = {"precise": Qt.TimerType.PreciseTimer, "coarse": Qt.TimerType.CoarseTimer,
         "very_coarse": Qt.TimerType.VeryCoarseTimer}
CONNECTIONS = {"auto": Qt.ConnectionType.AutoConnection, "direct": Qt.ConnectionType.DirectConnection,
               "queued": Qt.ConnectionType.QueuedConnection, "blocking": Qt.ConnectionType.BlockingQueuedConnection}


def write(record):
    os.write(1, (json.dumps(record) + "\n").encode())


class Stop(Exception):
    """A filter has stopped its event, or a handler has not recognised it."""


def event_name(event):
    kinds = QEvent.Type
    kind = event.type()
    if kind == kinds.ChildAdded:
        return "child_added"
    if kind == kinds.ChildRemoved:
        return "child_removed"
    if kind == kinds.DeferredDelete:
        return "deferred_delete"
    if kind == kinds.DynamicPropertyChange:
        # PySide keeps notes of its own there.
        return None if bytes(event.propertyName()).startswith(b"_PySide") else "property"
    number = kind.value if hasattr(kind, "value") else int(kind)
    return str(number - USER) if USER <= number < USER + 1000 else None


def event_of(name):
    return QEvent(QEvent.Type.DeferredDelete if name == "deferred_delete" else QEvent.Type(USER + int(name)))


def detail(event, name, subject):
    """What an event is about: the child or the property."""
    if name in ("child_added", "child_removed"):
        return subject.name_of(event.child())
    if name == "property":
        return bytes(event.propertyName()).decode()
    return None


class Subject:
    def __init__(self, program):
        self.program, self.things, self.connections, self.runs = program, {}, {}, {}
        self.names = {}
        self.main = threading.current_thread()
        self.threads, self.workers, self.flags = {}, {}, {}
        self.has_threads = any(line.split()[0] in ("spawn", "worker") for line in program["main"])
        self.lock = threading.Lock()
        self.local = threading.local()
        self.made = make_class(self, program)

    # -- names

    def adopt(self, name, thing):
        self.things[name] = thing
        if isinstance(thing, QObject):
            self.names[shiboken6.getCppPointer(thing)[0]] = name
        return thing

    def get(self, name):
        return QCoreApplication.instance() if name == "app" else self.things[name]

    def name_of(self, thing):
        if thing is None:
            return None
        if thing is QCoreApplication.instance():
            return "app"
        for name, known in self.things.items():
            if known is thing:
                return name
        if not shiboken6.isValid(thing):
            return None
        return self.names.get(shiboken6.getCppPointer(thing)[0])

    def is_alive(self, name):
        return shiboken6.isValid(self.get(name))

    # -- running

    def mark(self, text):
        """Says in which thread it is, if not in the first."""
        name = getattr(self.local, "name", None)
        if threading.current_thread() is not self.main and name is None:
            current = QThread.currentThread()
            name = next((name for name, thread in self.workers.items() if thread is current), None)
        return text if name is None else "%s| %s" % (name, text)

    def block(self, key):
        for line in self.program.get(key, []):
            self.line(key, line)

    def line(self, key, line):
        words = line.split()
        if words[0][0] == "x" and words[0][1:].isdigit():
            count = int(words.pop(0)[1:])
            run = self.runs.get((key, line), 0)
            if run >= count:
                return
            self.runs[(key, line)] = run + 1
        text = self.mark(" ".join(words))
        if words[0] in ("invoke", "emit") and threading.current_thread() is not self.main:
            # Told before, because what it sets off in another thread is told from there.
            write(["do", text, None])
            self.statement(words[0], words[1:])
            return
        write(["call", text])
        if words in (["stop"], ["reject"]):
            write(["ret", text, None])
            raise Stop
        try:
            value = self.statement(words[0], words[1:])
        except Exception as trouble:  # noqa: BLE001: whatever it is, the reader has to know
            value = "failed: %r" % trouble
        write(["ret", text, value])

    def hold(self):
        """Lets the other threads come to where they wait, so that records come in one order."""
        if self.has_threads:
            time.sleep(HOLD)

    def called(self, record, key):
        """Runs the block of a slot, handler or filter. Whether it was stopped."""
        self.hold()
        write(record)
        if key not in self.program:
            return False
        stopped = False
        try:
            self.block(key)
        except Stop:
            stopped = True
        write(["end", self.mark(key)])
        return stopped

    def slot(self, receiver, name, value, sender):
        key = "%s.%s" % (self.name_of(receiver), name)
        self.called(["slot", self.mark(key), value, self.name_of(sender)], key)

    # -- statements

    def statement(self, what, words):
        return getattr(self, "do_" + what.rstrip("?") + ("_get" if what.endswith("?") else ""))(*words)

    def do_log(self, *words):
        return None

    def do_new(self, name, kind="object", parent=None):
        if kind == "object":
            self.adopt(name, self.made())
        elif kind == "plain":
            self.adopt(name, QObject())
        elif kind == "timer":
            self.adopt(name, QTimer())
        elif kind == "loop":
            self.adopt(name, QEventLoop())
        elif kind == "thread":
            self.adopt(name, QThread())
        elif kind == "pipe":
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            os.set_blocking(writing, False)
            self.things[name] = (reading, writing)
        else:
            raise ValueError(kind)
        if parent:
            # Not before it has its name.
            self.get(name).setParent(self.get(parent))

    def signal(self, text):
        name, signal = text.split(".")
        thing = self.get(name)
        if signal == "activated":
            return thing, "activated(QSocketDescriptor,QSocketNotifier::Type)"
        return thing, SIGNALS[signal]

    def do_connect(self, source, target, *flags):
        sender, signal = self.signal(source)
        receiver, slot = target.split(".")
        receiver = self.get(receiver)
        kind, wanted = Qt.ConnectionType.AutoConnection, 0
        identity = None
        for flag in flags:
            if flag.startswith("#"):
                identity = flag
            elif flag == "single":
                wanted |= Qt.ConnectionType.SingleShotConnection.value
            elif flag == "unique":
                wanted |= Qt.ConnectionType.UniqueConnection.value
            else:
                kind = CONNECTIONS[flag]
        if wanted:
            kind = Qt.ConnectionType(kind.value | wanted)
        if slot in ("a", "b", "c"):
            member = SIGNAL(SIGNALS[slot])
        elif slot in OWN_SLOTS and not isinstance(receiver, self.made) or slot == "deleteLater":
            member = SLOT(OWN_SLOTS[slot])
        else:
            member = SLOT("%s(%s)" % (slot, "int" if signal.endswith("(int)") else ""))
        made = QObject.connect(sender, SIGNAL(signal), receiver, member, kind)
        if identity:
            self.connections[identity] = made
        return bool(made)

    def do_disconnect(self, source, receiver=None):
        if source.startswith("#"):
            return bool(QObject.disconnect(self.connections[source]))
        receiver = self.get(receiver) if receiver else None
        if "." in source:
            sender, signal = self.signal(source)
            return bool(QObject.disconnect(sender, SIGNAL(signal), receiver, None))
        return bool(QObject.disconnect(self.get(source), None, receiver, None))

    def do_emit(self, signal, value="0"):
        name, signal = signal.split(".")
        getattr(self.get(name), signal).emit(int(value))

    def do_block(self, name, on):
        return self.get(name).blockSignals(on == "1")

    def do_blocked_get(self, name):
        return self.get(name).signalsBlocked()

    def do_blocker(self, name, target):
        self.things[name] = QtCore.QSignalBlocker(self.get(target))

    def do_unblock(self, name):
        self.things[name].unblock()

    def do_reblock(self, name):
        self.things[name].reblock()

    def do_dismiss(self, name):
        self.things[name].dismiss()

    def do_drop(self, name):
        thing = self.things.pop(name)
        if isinstance(thing, QtCore.QSignalBlocker):
            thing.__exit__(None, None, None)
        else:
            shiboken6.delete(thing)

    # objects

    def do_parent_get(self, name):
        return self.name_of(self.get(name).parent())

    def do_set_parent(self, name, parent):
        self.get(name).setParent(None if parent == "-" else self.get(parent))

    def do_children_get(self, name):
        return [self.name_of(child) for child in self.get(name).children()]

    def do_name_get(self, name):
        return self.get(name).objectName()

    def do_set_name(self, name, text=""):
        self.get(name).setObjectName(text)

    def search(self, kind, options):
        classes = {"object": self.made, "timer": QTimer, "loop": QEventLoop, "any": QObject}
        flags = Qt.FindChildOption.FindDirectChildrenOnly if "direct" in options else Qt.FindChildOption.FindChildrenRecursively
        return classes[kind], flags

    def do_find(self, name, text, kind="any", *options):
        found, flags = self.search(kind, options)
        return self.name_of(self.get(name).findChild(found, "" if text == "*" else text, flags))

    def do_find_all(self, name, text, kind="any", *options):
        found, flags = self.search(kind, options)
        return [self.name_of(child) for child in self.get(name).findChildren(found, "" if text == "*" else text, flags)]

    def do_set(self, name, prop, value):
        return self.get(name).setProperty(prop, int(value) if value.lstrip("-").isdigit() else value)

    def do_unset(self, name, prop):
        return self.get(name).setProperty(prop, None)

    def do_property_get(self, name, prop):
        return self.get(name).property(prop)

    def do_properties_get(self, name):
        return [bytes(prop).decode() for prop in self.get(name).dynamicPropertyNames()]

    def do_alive_get(self, name):
        return self.is_alive(name)

    def do_delete(self, name):
        shiboken6.delete(self.get(name))

    def do_later(self, name):
        self.get(name).deleteLater()

    # events

    def do_post(self, name, kind, priority="0"):
        event = event_of(kind)
        QCoreApplication.postEvent(self.get(name), event, int(priority))

    def do_send(self, name, kind):
        return QCoreApplication.sendEvent(self.get(name), event_of(kind))

    def do_remove_posted(self, name, kind=None):
        QCoreApplication.removePostedEvents(None if name == "*" else self.get(name), USER + int(kind) if kind else 0)

    def do_send_posted(self, name="*", kind=None):
        number = 0
        if kind:
            number = QEvent.Type.DeferredDelete.value if kind == "deferred_delete" else USER + int(kind)
        QCoreApplication.sendPostedEvents(None if name == "*" else self.get(name), number)

    def do_filter(self, name, guard):
        self.get(name).installEventFilter(self.get(guard))

    def do_unfilter(self, name, guard):
        self.get(name).removeEventFilter(self.get(guard))

    # timers

    def do_start(self, name, ms=None):
        timer = self.get(name)
        timer.start() if ms is None else timer.start(int(ms))

    def do_stop(self, name):
        self.get(name).stop()

    def do_interval(self, name, ms):
        self.get(name).setInterval(int(ms))

    def do_interval_get(self, name):
        return self.get(name).interval()

    def do_single(self, name, on):
        self.get(name).setSingleShot(on == "1")

    def do_type(self, name, kind):
        self.get(name).setTimerType(TYPES[kind])

    def do_active_get(self, name):
        return self.get(name).isActive()

    def do_remaining_get(self, name):
        remaining = self.get(name).remainingTime()
        return "none" if remaining < 0 else "some" if remaining else "zero"

    def do_single_shot(self, ms, target, kind=None):
        receiver, slot = target.split(".")
        receiver = self.get(receiver)
        member = SLOT("%s()" % slot)
        if kind:
            return QTimer.singleShot(int(ms), TYPES[kind], receiver, member)
        return QTimer.singleShot(int(ms), receiver, member)

    def do_busy(self, ms):
        time.sleep(int(ms) / 1000)

    # loops

    def do_exec(self, name):
        return QCoreApplication.exec() if name == "app" else self.get(name).exec()

    def do_exit(self, name, code="0"):
        if name in self.workers:
            return self.workers[name].exit(int(code))
        return QCoreApplication.exit(int(code)) if name == "app" else self.get(name).exit(int(code))

    def do_quit(self, name):
        if name in self.workers:
            return self.workers[name].quit()
        return QCoreApplication.quit() if name == "app" else self.get(name).quit()

    def do_running_get(self, name):
        return self.get(name).isRunning()

    def do_process(self, *flags):
        chosen = QEventLoop.ProcessEventsFlag.AllEvents
        for flag in flags:
            chosen |= FLAGS[flag]
        QCoreApplication.processEvents(chosen)

    def do_process_for(self, ms):
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, int(ms))

    # descriptors

    def do_notifier(self, name, pipe, kind="read"):
        kinds = QtCore.QSocketNotifier.Type
        end = self.things[pipe][0 if kind == "read" else 1]
        self.adopt(name, QtCore.QSocketNotifier(end, kinds.Read if kind == "read" else kinds.Write))

    def do_write(self, pipe, count="1"):
        return os.write(self.things[pipe][1], b"x" * int(count))

    def do_read(self, pipe, count="100"):
        try:
            return len(os.read(self.things[pipe][0], int(count)))
        except BlockingIOError:
            return 0

    def do_fill(self, pipe):
        try:
            while True:
                os.write(self.things[pipe][1], b"x" * 65536)
        except BlockingIOError:
            return None

    def do_drain(self, pipe):
        try:
            while os.read(self.things[pipe][0], 65536):
                pass
        except BlockingIOError:
            return None

    def do_close(self, pipe):
        os.close(self.things[pipe][1])

    def do_enable(self, name, on):
        self.get(name).setEnabled(on == "1")

    def do_enabled_get(self, name):
        return self.get(name).isEnabled()

    # spies

    def do_spy(self, name, signal):
        sender, signal = self.signal(signal)
        from PySide6.QtTest import QSignalSpy
        self.things[name] = QSignalSpy(sender, SIGNAL(signal))

    def do_count_get(self, name):
        return self.things[name].count()

    def do_spied_get(self, name):
        return [self.things[name].at(index)[0] for index in range(self.things[name].count())]

    def do_wait(self, name, ms):
        return self.things[name].wait(int(ms))

    # threads

    def do_invoke(self, target, value="0"):
        name, slot = target.split(".")
        return QtCore.QMetaObject.invokeMethod(self.get(name), slot, Qt.ConnectionType.QueuedConnection,
                                               QtCore.Q_ARG(int, int(value)))

    def do_invoke_blocking(self, target, value="0"):
        name, slot = target.split(".")
        return QtCore.QMetaObject.invokeMethod(self.get(name), slot, Qt.ConnectionType.BlockingQueuedConnection,
                                               QtCore.Q_ARG(int, int(value)))

    def do_spawn(self, name):
        """A thread that runs the block of its name, a moment after this statement has returned."""
        def run():
            self.local.name = name
            time.sleep(2 * HOLD)
            self.block(name)
        self.threads[name] = threading.Thread(target=run)
        self.threads[name].start()

    def do_join(self, name):
        self.threads[name].join()

    def do_signal_flag(self, name):
        self.flag(name).release()

    def do_await_flag(self, name):
        self.flag(name).acquire()

    def flag(self, name):
        with self.lock:
            return self.flags.setdefault(name, threading.Semaphore(0))

    def do_worker(self, name):
        """An object in a thread that runs a loop."""
        thread = QThread()
        worker = self.adopt(name, self.made())
        worker.moveToThread(thread)
        self.workers[name] = thread
        thread.start()

    def do_wait_for(self, name, ms=None):
        thread = self.thread(name)
        return thread.wait(int(ms)) if ms else thread.wait()

    def do_working_get(self, name):
        return self.thread(name).isRunning()

    def do_finished_get(self, name):
        return self.thread(name).isFinished()

    def thread(self, name):
        return self.workers.get(name) or self.get(name)


def make_class(subject, program):
    """A class with a slot for each that the program names."""
    words = [word for key, lines in program.items() for line in [key, *lines] for word in line.split()]
    slots = {word.split(".")[1] for word in words if word.count(".") == 1}
    slots -= {"activated", *SIGNALS, *OWN_SLOTS}

    def event(self, event):
        name = event_name(event)
        if name is None:
            return QObject.event(self, event)
        key = "%s:%s" % (subject.name_of(self), name)
        stopped = subject.called(["event", subject.mark(key), detail(event, name, subject)], key)
        if name.isdigit():
            return not stopped
        if stopped or not shiboken6.isValid(self):
            return True
        return QObject.event(self, event)

    def event_filter(self, watched, event):
        name = event_name(event)
        if name is None:
            return False
        key = "%s?%s" % (subject.name_of(self), name)
        return subject.called(["filter", subject.mark(key), subject.name_of(watched)], key)

    members = {"a": Signal(int), "b": Signal(int), "c": Signal(int), "event": event, "eventFilter": event_filter}
    for slot in slots:
        members[slot] = make_slot(subject, slot)
    return type("Object", (QObject,), members)


def make_slot(subject, name):
    def slot(self, value=0):
        subject.slot(self, name, value, self.sender())
    slot.__name__ = name
    return Slot()(Slot(int)(slot))


def main():
    application = QCoreApplication(sys.argv[:1])
    write(["ready", "Qt %s, PySide6 %s" % (QtCore.qVersion(), sys.modules["PySide6"].__version__)])
    program = json.loads(sys.stdin.readline())
    subject = Subject(program)
    # Kept: its destructor would emit.
    application.subject = subject
    subject.block("main")
    write(["left", [name for name, thing in subject.things.items()
                    if isinstance(thing, QObject) and name not in subject.workers and shiboken6.isValid(thing)]])
    os._exit(0)


if __name__ == "__main__":
    main()
