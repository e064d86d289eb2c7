"""The worker process of one interpreter context. It runs code in sequence in the same namespace.

The worker and the toolbox exchange messages on descriptor 3, a socket: each message is a 4-byte little-endian length
and that many bytes of JSON. Descriptors 1 and 2 belong to the code. Each run has its own pair of pipes, which are
descriptors 1 and 2 during the run, so whatever prints (`print`, `os.system`, a C extension, a subprocess) arrives as
the output of the run that started it. A thread keeps the pipes of the run that started it.

This is how the order between the two pipes, and between pipes and messages, is kept: before the main thread writes to
one pipe, it checks that the other pipe is empty and that all messages were acknowledged. Otherwise it asks the toolbox
to read everything and waits for the acknowledgement.
"""

import ast
import builtins
import fcntl
import io
import json
import os
import select
import signal
import struct
import sys
import termios
import threading
import traceback
import types
import weakref

CHANNEL = 3
INTERRUPT = signal.SIGRTMAX - 2
SOURCE_NAME = "<stdin>"
WORKER_FILE = __file__
STREAM_NAMES = ("<stdout>", "<stderr>")


class Channel:
    """Messages to and from the toolbox. Only the main thread reads; any thread may send."""

    def __init__(self, fd):
        self.fd = fd
        self.buffer = bytearray()
        self.lock = threading.Lock()
        self.poller = select.poll()
        self.poller.register(fd, select.POLLIN)
        self.sequence = 0
        self.acknowledged = 0

    def send(self, message, counted=False):
        """Send one message. The toolbox acknowledges a counted one once it has handled it."""
        interrupts.shield()
        try:
            with self.lock:
                if counted:
                    self.sequence += 1
                    message["seq"] = self.sequence
                body = json.dumps(message, separators=(",", ":")).encode("utf-8", "surrogatepass")
                self._write(struct.pack("<I", len(body)) + body)
                return message.get("seq", 0)
        finally:
            interrupts.unshield()

    def _write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view):]

    def receive(self):
        """The next message. An interrupt can end the wait, but never within a message."""
        while True:
            message = self._take()
            if message is not None:
                return message
            self.poller.poll()
            interrupts.shield()
            try:
                data = os.read(self.fd, 1 << 20)
                if not data:
                    os._exit(0)  # the toolbox has exited, which ends the context
                self.buffer += data
            finally:
                interrupts.unshield()

    def _take(self):
        interrupts.shield()
        try:
            if len(self.buffer) < 4:
                return None
            (length,) = struct.unpack_from("<I", self.buffer)
            if len(self.buffer) < 4 + length:
                return None
            body = bytes(self.buffer[4:4 + length])
            del self.buffer[:4 + length]
        finally:
            interrupts.unshield()
        message = json.loads(body)
        if message["op"] == "ack":
            self.acknowledged = max(self.acknowledged, message["seq"])
        return message

    def settle(self):
        """Wait until the toolbox has acknowledged every counted message."""
        interrupts.shield()
        try:
            while self.acknowledged < self.sequence:
                self.receive()
        finally:
            interrupts.unshield()

    def barrier(self):
        """Let the toolbox read everything that is in the pipes, and wait for it."""
        interrupts.shield()
        try:
            self.send({"op": "sync"}, counted=True)
            self.settle()
        finally:
            interrupts.unshield()


class Interrupts:
    """Raises KeyboardInterrupt in the code, but never while a message is sent or received.

    The toolbox sends a real-time signal instead of SIGINT, which libc drops while `os.system` waits for its child.
    SIGINT keeps Python's handler, which libraries check for. If the code has installed another handler, as event loops
    do, that one is called, as for Ctrl-C.
    """

    def __init__(self):
        self.armed = False
        self.depth = 0
        self.pending = False

    def install(self):
        signal.signal(INTERRUPT, self._on_signal)

    def _on_signal(self, _number, frame):
        if not self.armed:
            return
        if self.depth > 0:
            self.pending = True
            return
        self._raise(frame)

    def _raise(self, frame):
        self.pending = False
        if not forked:
            channel.send({"op": "seen"})
        handler = signal.getsignal(signal.SIGINT)
        if not callable(handler):
            raise KeyboardInterrupt
        handler(signal.SIGINT, frame)

    def shield(self):
        if threading.get_ident() == main_ident:
            self.depth += 1

    def unshield(self):
        if threading.get_ident() == main_ident:
            self.depth -= 1
            if self.depth == 0 and self.pending and self.armed:
                self._raise(sys._getframe(1))


class Run:
    """One run: its id, its pipes and the capabilities of its client."""

    def __init__(self, message):
        self.id = message["id"]
        self.rich = message["rich"]
        self.accepts_input = message["input"]
        occupy_standard_descriptors()
        flags = os.O_WRONLY | os.O_CLOEXEC
        self.pipes = (os.open(message["out"], flags), os.open(message["err"], flags))

    def connect(self):
        for index, pipe in enumerate(self.pipes):
            os.dup2(pipe, index + 1)

    def used_by_threads(self):
        return any(getattr(thread, "_sandglass_run", None) is self for thread in threading.enumerate())

    def close(self):
        for pipe in self.pipes:
            os.close(pipe)


def occupy_standard_descriptors():
    """Open /dev/null as each standard descriptor that the code has closed, so that nothing else gets its number."""
    while True:
        fd = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        if fd > 2:
            os.close(fd)
            return
        os.set_inheritable(fd, True)


class PipeWriter(io.RawIOBase):
    """The raw stream of `sys.stdout` or `sys.stderr`. Writes at once to the pipe of the thread's run."""

    def __init__(self, index):
        super().__init__()
        self.index = index
        self.name = STREAM_NAMES[index]
        self.mode = "wb"

    def writable(self):
        return True

    def fileno(self):
        return self.index + 1

    def isatty(self):
        return False

    def write(self, data):
        view = memoryview(data).cast("B")
        size = len(view)
        if threading.get_ident() == main_ident:
            fd = self.index + 1
            if run is not None and not forked:
                if channel.acknowledged < channel.sequence:
                    channel.settle()
                if has_unread_bytes(run.pipes[1 - self.index]):
                    channel.barrier()
        else:
            owner = getattr(threading.current_thread(), "_sandglass_run", None) or run
            fd = owner.pipes[self.index] if owner is not None and not forked else self.index + 1
        while view:
            try:
                view = view[os.write(fd, view):]
            except BlockingIOError:
                # A child such as Node, which shares the pipe, has made it non-blocking.
                select.select((), (fd,), ())
        return size


def has_unread_bytes(pipe):
    return fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0") != b"\0\0\0\0"


class ClientInput(io.RawIOBase):
    """The raw stream of `sys.stdin`. Each read asks the client; it is end-of-file if the client accepts no prompts."""

    def __init__(self):
        super().__init__()
        self.rest = b""
        self.name = SOURCE_NAME
        self.mode = "rb"

    def readable(self):
        return True

    def fileno(self):
        return 0

    def isatty(self):
        return False

    def readinto(self, buffer):
        if not self.rest:
            text = ask("", False)
            if text is None:
                return 0
            self.rest = (text + "\n").encode("utf-8", "surrogateescape")
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def ask(prompt, password):
    """Ask the client for a line. None is end-of-file, also where the client cannot be asked."""
    if run is None or not run.accepts_input or forked or threading.get_ident() != main_ident:
        return None
    global questions
    questions += 1
    flush()
    channel.send({"op": "input", "question": questions, "prompt": prompt, "password": password})
    while True:
        message = channel.receive()
        if message["op"] == "answer" and message["question"] == questions:
            return message["text"]


def ask_line(prompt=""):
    """Read a line from the client. The prompt, if given, is printed without a newline."""
    prompt = str(prompt)
    if run is None or not run.accepts_input or sys.stdin is not standard_input:
        return plain_input(prompt)
    sys.stdout.write(prompt)
    text = ask(prompt, False)
    if text is None:
        raise EOFError("EOF when reading a line")
    return text


def patch_getpass(module):
    plain = module.getpass

    def getpass(prompt="Password: ", stream=None):
        if run is None or not run.accepts_input:
            return plain(prompt, stream)
        sys.stdout.write(prompt)
        text = ask(prompt, True)
        if text is None:
            raise EOFError("EOF when reading a line")
        return text

    module.getpass = getpass


def load_sibling(name):
    """Load a file from the folder of this one, without adding the folder to `sys.path`."""
    module = types.ModuleType("_sandglass_" + name)
    module.__file__ = os.path.join(os.path.dirname(os.path.abspath(WORKER_FILE)), name + ".py")
    with open(module.__file__, encoding="utf-8") as source:
        exec(compile(source.read(), module.__file__, "exec"), module.__dict__)
    hidden_files.add(module.__file__)
    return module


def prepare_matplotlib(matplotlib):
    global charts
    charts = load_sibling("charts")
    charts.choose_backend(matplotlib)


def patch_pyplot(pyplot):
    charts.install(pyplot, send_chart)


def send_chart(chart):
    if not forked:
        flush()
        channel.send({"op": "chart", "chart": chart}, counted=True)


def display(value):
    """`display()`: send a value, in order with the output."""
    send_value("display", value)


def send_last_value(value):
    """Send the value of a last expression, and all open figures."""
    if value is not None:
        builtins._ = value
        send_value("result", value)
    if charts is not None:
        charts.show_open_figures()


def send_value(kind, value):
    global representations
    if forked:
        return
    if charts is not None and charts.is_figure(value):
        charts.show_figures([value])
        return
    if representations is None:
        representations = load_sibling("representations")
    data = representations.represent(value)
    flush()
    channel.send({"op": kind, "data": data}, counted=True)


def after_fork_in_child():
    """A forked process keeps the pipes but not the channel."""
    global forked
    forked = True
    os.close(CHANNEL)


def start_thread(self, *arguments, **named):
    """`Thread.start` that also remembers the run of the thread."""
    self._sandglass_run = getattr(threading.current_thread(), "_sandglass_run", None) or run
    return plain_start(self, *arguments, **named)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # the code has replaced or closed the stream


def open_streams():
    """Create the standard streams, and recreate those that the code has closed."""
    global standard_input
    for index, name in enumerate(("stdout", "stderr")):
        errors = "surrogateescape" if index == 0 else "backslashreplace"
        if not is_usable(getattr(sys, name, None)):
            raw = PipeWriter(index)
            stream = io.TextIOWrapper(raw, encoding="utf-8", errors=errors, newline="\n", write_through=True)
            setattr(sys, name, stream)
            setattr(sys, "__" + name + "__", stream)
    if not is_usable(standard_input):
        standard_input = io.TextIOWrapper(io.BufferedReader(ClientInput()), encoding="utf-8", errors="surrogateescape")
        sys.stdin = sys.__stdin__ = standard_input


def is_usable(stream):
    """False for a stream that the code has closed or detached from its buffer."""
    if stream is None:
        return False
    try:
        return not getattr(stream, "closed", False)
    except ValueError:
        return False


def remember_source(code, lines):
    """Map code objects to source lines, so that a traceback shows the right line of a function of any run."""
    sources[code] = lines
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            remember_source(constant, lines)


def compile_code(text, wants_value):
    """Compile the code, with `wants_value` the last expression separately. Returns (body, expression or None)."""
    try:
        tree = ast.parse(text, "<string>", "exec")
        last = None
        if wants_value and tree.body and isinstance(tree.body[-1], ast.Expr) and not ends_quietly(text):
            last = ast.Expression(tree.body.pop().value)
        body = compile(tree, SOURCE_NAME, "exec", dont_inherit=True)
        value = compile(last, SOURCE_NAME, "eval", dont_inherit=True) if last is not None else None
    except SyntaxError as error:
        error.filename = "<string>"
        error._sandglass_compiling = True
        raise
    lines = text.splitlines()
    for code in (body, value):
        if code is not None:
            remember_source(code, lines)
    return body, value


def ends_quietly(text):
    """A semicolon after the last expression suppresses its value."""
    return text.rstrip().endswith(";")


def explain(error):
    """The name, text and traceback of an exception, without the frames of this file."""
    name = type(error).__name__
    try:
        value = str(error)
    except Exception:
        value = "<the exception's message is not available>"
    if getattr(error, "_sandglass_compiling", False):
        error.filename = SOURCE_NAME
        error.__traceback__ = None
    try:
        text = "".join(describe(error, set()))
    except Exception as failure:
        text = "%s: %s\n(the traceback is not available: %s)\n" % (name, value, type(failure).__name__)
    return {"name": name, "value": value, "traceback": text}


def describe(error, seen):
    """The lines of a traceback in Python's format: causes and contexts first, with the source lines of the code."""
    seen.add(id(error))
    cause, context = error.__cause__, error.__context__
    if cause is not None and id(cause) not in seen:
        yield from describe(cause, seen)
        yield "\nThe above exception was the direct cause of the following exception:\n\n"
    elif context is not None and not error.__suppress_context__ and id(context) not in seen:
        yield from describe(context, seen)
        yield "\nDuring handling of the above exception, another exception occurred:\n\n"
    frames = own_frames(error.__traceback__)
    if frames:
        yield "Traceback (most recent call last):\n"
        yield from traceback.StackSummary.from_list(frames).format()
    bare = traceback.TracebackException(type(error), error, None, lookup_lines=False)
    bare.__cause__ = bare.__context__ = None
    yield from bare.format(chain=False)


def own_frames(tb):
    frames = []
    for frame, line in traceback.walk_tb(tb):
        code = frame.f_code
        if code.co_filename in hidden_files:
            continue
        source = None
        if code.co_filename == SOURCE_NAME and code in sources:
            lines = sources[code]
            source = lines[line - 1] if 0 < line <= len(lines) else ""
        frames.append(traceback.FrameSummary(code.co_filename, line, code.co_name, lookup_line=source is None, line=source))
    return frames


def execute(message):
    """Run the code and report how it ended."""
    global run
    previous, run = run, Run(message)
    run.connect()
    open_streams()
    if previous is not None:
        earlier_runs.append(previous)
    release_pipes()
    channel.send({"op": "started", "id": run.id})
    restore = set_environment(message["envs"])
    if run.rich:
        builtins.display = display
    elif getattr(builtins, "display", None) is display:
        del builtins.display
    interrupts.install()
    error, status, exit_code = None, "completed", None
    try:
        try:
            interrupts.armed = True
            body, value = compile_code(message["code"], run.rich)
            exec(body, main.__dict__)
            if value is not None:
                send_last_value(eval(value, main.__dict__))
            elif run.rich:
                send_last_value(None)
        finally:
            interrupts.armed = False
    except SystemExit as leaving:
        exit_code = leaving.code
        if isinstance(exit_code, int):
            exit_code = int(exit_code) & 0xFF if abs(exit_code) < 2**63 else 0xFF
        elif exit_code is not None:
            print(exit_code, file=sys.stderr)
            exit_code = 1
    except BaseException as raised:
        interrupts.armed = False
        interrupts.pending = False
        status = "interrupted" if isinstance(raised, KeyboardInterrupt) else "error"
        error = explain(raised)
    flush()
    if forked:
        end_forked_child(error, exit_code)
    restore()
    done = {"op": "done", "id": run.id, "status": status}
    if error is not None:
        done["error"] = error
    if exit_code is not None:
        done["exitCode"] = exit_code
    channel.send(done)


def end_forked_child(error, exit_code):
    """Exit as a script would, in a forked child that has reached the end of the code."""
    if error is not None:
        sys.stderr.write(error["traceback"])
        exit_code = 1
    flush()
    os._exit(exit_code or 0)


def set_environment(envs):
    """Set environment variables for one run. Returns a function that restores the earlier values."""
    before = {name: os.environ.get(name) for name in envs}
    os.environ.update(envs)

    def restore():
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    return restore


def release_pipes():
    """Close the pipes of earlier runs that no thread writes to any more."""
    for earlier in list(earlier_runs):
        if not earlier.used_by_threads():
            earlier_runs.remove(earlier)
            earlier.close()


def make_main():
    """The namespace of the code: a module named `__main__`, as in a script."""
    module = types.ModuleType("__main__")
    module.__builtins__ = builtins
    sys.modules["__main__"] = module
    return module


forked = False
main_ident = threading.get_ident()
interrupts = Interrupts()
channel = Channel(CHANNEL)
hidden_files = {WORKER_FILE}
sources = weakref.WeakKeyDictionary()
earlier_runs = []
run = None
questions = 0
charts = None
representations = None
standard_input = None
plain_input = builtins.input
plain_start = threading.Thread.start

os.set_inheritable(CHANNEL, False)
os.register_at_fork(after_in_child=after_fork_in_child)
interrupts.install()
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread.start = start_thread
builtins.input = ask_line
sys.stdout = sys.stderr = None
open_streams()
sys.meta_path.insert(0, load_sibling("after_import").AfterImport(
    {"getpass": patch_getpass, "matplotlib": prepare_matplotlib, "matplotlib.pyplot": patch_pyplot}
))
sys.argv = [""]
sys.path[0] = ""
main = make_main()
channel.send({"op": "ready", "version": sys.version.split()[0]})

while True:
    try:
        request = channel.receive()
        if request["op"] == "run":
            execute(request)
    except KeyboardInterrupt:
        continue
