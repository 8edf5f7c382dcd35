"""The embedded server: started, shared, ended, and what happens when it cannot be."""

# Over 400 lines: one server and every way its life can go.

from __future__ import annotations

import json
import os
import select
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kernelserve as ks
from kernelserve import _embedded as embedded
from kernelserve import _socket_directory as socket_directory

# No measurement: who takes longer hangs. On a machine that is busy, all takes long.
WAIT_S = 60.0


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for sockets of this test alone, which processes that it starts use too."""
    with tempfile.TemporaryDirectory(prefix="ks-", dir="/tmp") as path:
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield Path(path)


def run_python(code: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A Python of its own, which starts with nothing."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
        **options,
    )


def ended(pid: int) -> None:
    """Waits until a process that is no child of this one has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    assert poll.poll(WAIT_S * 1000), f"process {pid} still runs"
    os.close(descriptor)


SCRIPT_HEAD = """
import json, os, sys
import kernelserve as ks
"""


# --- Its life -------------------------------------------------------------------------------------


def test_it_starts_with_the_first_call_and_ends_with_the_last_client(runtime: Path) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    from pathlib import Path
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    first, second = ks.connect(), ks.connect()
    before = (repr(first), list(runtime.iterdir()))
    first.compare("a", "b")
    second.compare("a", "b")
    assert first.address == second.address
    directory = Path(first.address.removeprefix("unix:")).parent
    mode = oct(directory.stat().st_mode & 0o777)
    first.close()
    still = second.compare("a", "b")
    second.close()
    print(json.dumps([before[0], before[1], mode, still, list(map(str, runtime.iterdir()))]))
    """)
    done = run_python(script)
    assert done.stderr == ""
    assert json.loads(done.stdout) == [
        "<kernelserve.Client not started (embedded server)>",
        [],
        "0o700",
        1,
        [],
    ]


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "1 / 0", "os._exit(0)", "os.abort()"])
def test_it_ends_with_its_process_however_that_ends(runtime: Path, end: str) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    import kernelserve._embedded as embedded
    ks.compare("a", "b")
    print(embedded._shared.server._process.pid, ks.default_client().address, flush=True)
    """)
    pid, address = run_python(script + end).stdout.split()
    ended(int(pid))
    directory = Path(address.removeprefix("unix:")).parent
    if end in ("", "sys.exit(3)", "1 / 0"):
        assert list(runtime.iterdir()) == []
    else:  # nobody was left to remove its directory: the next start does
        assert list(runtime.iterdir()) == [directory]
        run_python(SCRIPT_HEAD + "ks.compare('a', 'b')")
        assert list(runtime.iterdir()) == []


def test_a_crash_fails_the_calls_under_way_and_the_next_call_starts_it_again(
    runtime: Path,
) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    import signal, threading, kernelserve._embedded as embedded
    client = ks.connect()
    client.compare("a", "b")
    process = embedded._shared.server._process
    errors = []
    def slow():
        try:
            client.fibonacci(400_000_000)
        except ks.Error as error:
            errors.append((type(error).__name__, error.message, error.request_id is not None))
    def ticks():
        after_name = open(f"/proc/{process.pid}/stat").read().rpartition(")")[2].split()
        return int(after_name[11]) + int(after_name[12])
    before = ticks()
    thread = threading.Thread(target=slow)
    thread.start()
    while ticks() < before + 5:  # until the server computes
        pass
    process.send_signal(signal.SIGKILL)
    thread.join()
    print(json.dumps([errors, client.compare("kitten", "sitting")]))
    client.close()
    """)
    done = run_python(script)
    assert done.stderr == ""
    errors, score = json.loads(done.stdout)
    assert score == 3
    ((name, message, has_request_id),) = errors
    assert name == "EmbeddedServerError"
    assert "the embedded server ended during the call: it was ended by SIGKILL" in message
    assert "the end of its log:" in message
    assert has_request_id


def test_one_that_died_while_nobody_called_is_started_again_silently(runtime: Path) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    import kernelserve._embedded as embedded
    with ks.connect() as client:
        client.compare("a", "b")
        process = embedded._shared.server._process
        process.kill()
        process.wait()
        print(client.compare("kitten", "sitting"), client.pairwise(["a"], ["b"]))
    """)
    done = run_python(script)
    assert (done.stdout, done.stderr) == ("3 [1]\n", "")


# --- Children -------------------------------------------------------------------------------------

CHILDREN = SCRIPT_HEAD + textwrap.dedent("""
import multiprocessing

def child(n):
    client = ks.default_client()
    return client.compare("kitten", "sitting"), client.fibonacci(n), client.address

if __name__ == "__main__":
    address = None
    if sys.argv[2] == "used":
        ks.compare("a", "b")
        address = ks.default_client().address
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(3) as pool:
        results = pool.map(child, range(90, 94))
    if sys.argv[2] == "used":
        assert {result[2] for result in results} == {address}, (results, address)
    assert ks.compare("a", "b") == 1
    print([result[:2] for result in results])
""")


@pytest.mark.parametrize("used", ["used", "not used"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_use_their_parents_server(
    runtime: Path, tmp_path: Path, method: str, used: str
) -> None:
    script = tmp_path / "children.py"
    script.write_text(CHILDREN)
    done = subprocess.run(
        [sys.executable, str(script), method, used],
        capture_output=True,
        text=True,
        timeout=WAIT_S * 2,
        check=False,
    )
    expected = [(3, n) for n in (2880067194370816120, 4660046610375530309, 7540113804746346429)]
    assert done.stdout.strip() == str([*expected, (3, 12200160415121876738)]), done.stderr
    assert list(runtime.iterdir()) == [] or used == "not used"


def test_a_child_that_closes_leaves_its_parents_server_alone(runtime: Path) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    with ks.connect() as client:
        client.compare("a", "b")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                first = client.compare("kitten", "sitting")
                client.close()
                with ks.connect() as other:
                    second = other.pairwise(["kitten"], ["sitting"])
                    code = 0 if (first, second, other.address) == (3, [3], address) else 2
            finally:
                os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), client.compare("a", "b"))
    """).replace("pid = os.fork()", "address = client.address\n    pid = os.fork()")
    done = run_python(script)
    assert (done.stdout, done.stderr) == ("0 1\n", "")
    assert list(runtime.iterdir()) == []


def test_a_child_that_outlives_its_parent_starts_its_own(runtime: Path) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    client = ks.connect()
    client.compare("a", "b")
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        os.read(read, 1)                  # until the parent has ended
        sys.stdout.write(f"{client.compare('kitten', 'sitting')}\\n")
        client.close()
        sys.stdout.flush()
        os._exit(0)
    """)
    assert run_python(script).stdout == "3\n"
    assert list(runtime.iterdir()) == []


def test_a_child_that_called_before_its_parent_ended_loses_one_call_at_most(
    runtime: Path,
) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    import select
    client = ks.connect()
    client.compare("a", "b")
    used = os.pipe()
    if os.fork() == 0:
        parents = client.address
        before = client.compare("a", "b")
        parent = os.pidfd_open(os.getppid())
        os.write(used[1], b"x")
        select.select([parent], [], [])
        while os.path.exists(parents.removeprefix("unix:")):
            pass                              # until the parent has cleared up after its server
        outcomes = []
        for _ in range(3):
            try:
                outcomes.append(client.compare("kitten", "sitting"))
            except ks.EmbeddedServerError as error:
                outcomes.append(type(error).__name__)
        sys.stdout.write(json.dumps([before, outcomes[1:], client.address != parents]))
        client.close()
        sys.stdout.flush()
        os._exit(0)
    os.read(used[0], 1)                       # the child has a connection to this server
    client.close()
    """)
    done = run_python(script)
    assert json.loads(done.stdout) == [1, [3, 3], True], done.stderr
    assert list(runtime.iterdir()) == []


def test_a_call_while_the_interpreter_ends_has_a_server_of_its_own(runtime: Path) -> None:
    script = (
        textwrap.dedent("""
    import atexit
    def late():
        import kernelserve as ks
        for _ in range(2):
            try:
                outcome = ks.compare("kitten", "sitting")
            except ks.EmbeddedServerError:
                outcome = "ended"
        print(outcome)
    atexit.register(late)
    """)
        + SCRIPT_HEAD
        + "ks.compare('a', 'b')\n"
    )
    done = run_python(script)
    assert done.stdout == "3\n", done.stderr


def test_no_place_for_a_socket_is_told_as_the_servers_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert socket_directory.socket_of(os.getppid()) is None
    with pytest.raises(ks.EmbeddedServerError, match="no place for the embedded server") as caught:
        embedded.EmbeddedServer()
    assert caught.value.field == "TMPDIR"


def test_fork_while_other_threads_make_calls(runtime: Path) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    import threading
    from kernelserve import _forks
    # A fork that waits for calls in vain goes ahead, and its child may hang; machines can be busy.
    _forks._FORK_WAITS_S_MAX = 60.0
    client = ks.connect()
    words = ["word"] * 100_000
    stop = threading.Event()
    def work():
        while not stop.is_set():
            client.pairwise(words, "ward")
            client.compare("a", "b")
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads: thread.start()
    codes = []
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = client.compare("kitten", "sitting") != 3
            finally:
                os._exit(code)
        codes.append(os.waitpid(pid, 0)[1])
    stop.set()
    for thread in threads: thread.join()
    client.close()
    print(codes)
    """)
    done = run_python(script)
    assert done.stdout == f"{[0] * 20}\n", done.stderr


def test_the_first_call_imports_nothing_of_grpc_which_a_fork_could_cut_in_two(
    runtime: Path,
) -> None:
    script = SCRIPT_HEAD + textwrap.dedent("""
    with ks.connect() as client:
        before = set(sys.modules)
        client.compare("kitten", "sitting")
        print([name for name in set(sys.modules) - before if name.partition(".")[0] == "grpc"])
    """)
    done = run_python(script)
    assert done.stdout == "[]\n", done.stderr


# --- When it cannot start -------------------------------------------------------------------------


def test_without_a_binary_the_error_says_what_to_install(
    runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERNELSERVE_SERVER_BINARY", raising=False)
    monkeypatch.setenv("PATH", str(runtime))
    monkeypatch.setitem(sys.modules, "kernelserve_server", None)  # as if it were not installed
    with pytest.raises(ks.ServerNotFoundError, match="pip install kernelserve-server") as caught:
        embedded.find_binary()
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.field == "address"


def test_a_variable_that_names_no_binary_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERNELSERVE_SERVER_BINARY", "/nowhere/server")
    with pytest.raises(ks.ServerNotFoundError, match="names /nowhere/server") as caught:
        embedded.find_binary()
    assert caught.value.field == "KERNELSERVE_SERVER_BINARY"
    assert caught.value.value == "/nowhere/server"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo the port is taken >&2; exit 7", "it exited with 7; the end of its log:"),
        ("echo not json >&4; kill -9 $$", "it was ended by SIGKILL"),
        ("exec 1>&- 2>&-; exit 0", "it exited with 0"),
    ],
)
def test_a_server_that_ends_at_once_is_quoted(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    binary = tmp_path / "kernelserve-server"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    monkeypatch.setenv("KERNELSERVE_SERVER_BINARY", str(binary))
    with pytest.raises(ks.EmbeddedServerError) as caught:
        embedded.EmbeddedServer()
    assert message in caught.value.message
    assert ("the port is taken" in caught.value.message) == ("port" in script)
    assert list(runtime.iterdir()) == []


def test_a_binary_of_another_machine_is_an_error(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "kernelserve-server"
    binary.write_bytes(b"\x7fELF of no machine")
    binary.chmod(0o755)
    monkeypatch.setenv("KERNELSERVE_SERVER_BINARY", str(binary))
    with pytest.raises(ks.EmbeddedServerError, match=r"cannot start .*: Exec format error"):
        embedded.EmbeddedServer()
    assert list(runtime.iterdir()) == []


# --- Its directory --------------------------------------------------------------------------------


def test_directories_of_processes_that_are_gone_are_swept(runtime: Path) -> None:
    stale = runtime / "kernelserve-1-stale"
    stale.mkdir(mode=0o700)
    (stale / "lock").touch()
    (stale / "server.sock").touch()
    foreign = runtime / "kernelserve-1-readable"
    foreign.mkdir(mode=0o755)
    (foreign / "lock").touch()
    unfinished = runtime / "kernelserve-1-unfinished"
    unfinished.mkdir(mode=0o700)
    old = runtime / "kernelserve-1-old"
    old.mkdir(mode=0o700)
    os.utime(old, (0, 0))
    directory = socket_directory.SocketDirectory()
    other = socket_directory.SocketDirectory()
    kept = {foreign, unfinished, directory.path, other.path}
    assert set(runtime.iterdir()) == kept
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    assert socket_directory.socket_of(os.getpid()) is None  # nobody listens yet
    Path(directory.socket).touch()
    assert socket_directory.socket_of(os.getpid()) == directory.socket
    directory.close()
    other.close()
    assert set(runtime.iterdir()) == {foreign, unfinished}


def test_a_runtime_directory_whose_path_is_too_long_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    directory = socket_directory.SocketDirectory()
    assert len(directory.socket) <= 103
    assert not directory.socket.startswith(str(deep))
    directory.close()


# --- Ctrl-C ---------------------------------------------------------------------------------------

INTERRUPTED = SCRIPT_HEAD + textwrap.dedent("""
import threading, signal
client = ks.connect()
client.pairwise(["a"], ["b"])              # imports what it needs, which an interrupt would break
started = threading.Event()
def interrupt():
    started.wait()
    client.server_info()                   # a round trip or two later the call is under way
    client.server_info()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    started.set()
    {call}
except KeyboardInterrupt:
    # The one worker is free: this would wait for it otherwise.
    print("interrupted", client.pairwise(["kitten"] * 20_000, "sitting", timeout=5)[0])
client.close()
""")


@pytest.mark.parametrize(
    "call",
    [
        "client.fibonacci(1_000_000_000)",
        "client.fibonacci([1_000_000_000] * 4)",
        "client.pairwise(['x' * 100_000] * 1000, ['y' * 100_000] * 1000)",
    ],
    ids=["one call", "a column", "a window of calls"],
)
def test_an_interrupt_cancels_on_the_server(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setenv("KERNELSERVE_SERVER_WORKERS", "1")
    done = run_python(INTERRUPTED.format(call=call))
    assert (done.stdout, done.stderr) == ("interrupted 3\n", "")
