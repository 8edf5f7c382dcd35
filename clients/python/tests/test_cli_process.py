"""The command line as a process: signals, pipes, terminals, and becoming the server."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pytest

import kernelserve as ks

PROGRAM = [sys.executable, "-m", "kernelserve.cli"]
PATIENCE_S = 60


@pytest.fixture
def address(client: ks.Client) -> str:
    """That of the server of the whole run."""
    client.server_info()  # starts it
    return client.address


def start(arguments: Sequence[str], address: str | None = None, **streams: Any) -> Any:
    environment = {k: v for k, v in os.environ.items() if k != "KERNELSERVE_ADDRESS"}
    if address is not None:
        environment["KERNELSERVE_ADDRESS"] = address
    return subprocess.Popen([*PROGRAM, *arguments], env=environment, **streams)


def write_rows(stream: IO[bytes]) -> threading.Thread:
    """Writes more than one block, so that rows come out while the input is still open."""

    def write() -> None:
        # Nobody may want all of them.
        with contextlib.suppress(BrokenPipeError):
            stream.write(b"left,right\n" + b"kitten,sitting\n" * 400_000)
            stream.flush()

    # The program may have to be read from before it reads on.
    writer = threading.Thread(target=write)
    writer.start()
    return writer


def test_rows_come_out_while_others_are_to_come_and_ctrl_c_ends_it_at_once(address: str) -> None:
    process = start(
        ["pairwise", "-", "left", "right"],
        address,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    writer = write_rows(process.stdin)
    assert process.stdout.readline() == b"left,right,score\n"
    assert process.stdout.readline() == b"kitten,sitting,3\n"
    process.send_signal(signal.SIGINT)
    err = process.stderr.read()
    process.wait(PATIENCE_S)
    writer.join()
    close(process)
    assert process.returncode == 130
    assert err.strip() == b"kernelserve: error: interrupted"


def test_ctrl_c_in_the_middle_of_a_call(address: str) -> None:
    process = start(
        ["fibonacci", "10", "1000000000"], address, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"55\n"  # the next call is on its way
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert err.strip() == b"kernelserve: error: interrupted"


def test_a_reader_that_has_enough_is_no_error(address: str) -> None:
    process = start(
        ["pairwise", "-", "left", "right"],
        address,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    writer = write_rows(process.stdin)
    assert process.stdout.readline() == b"left,right,score\n"
    process.stdout.close()
    writer.join()
    # It may have been done with all that it got before nobody read any more: with the end of the
    # input, it has something to write in any case.
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    assert process.stderr.read() == b""
    assert process.wait(PATIENCE_S) == 141
    close(process)


@pytest.mark.parametrize(
    ("arguments", "closed", "complaint"),
    [
        ("pairwise - left right", "<&-", "standard input is closed"),
        ("pairwise in.csv left right", ">&-", "standard output is closed"),
        ("pairwise in.csv left right -o out.csv", "<&- >&-", ""),
        ("editops a b", ">&-", ""),
        ("fibonacci 20000", ">&-", ""),
        ("kernels", "<&- >&-", ""),
    ],
)
def test_standard_streams_may_be_closed(
    address: str, tmp_path: Path, arguments: str, closed: str, complaint: str
) -> None:
    (tmp_path / "in.csv").write_text("left,right\nkitten,sitting\n")
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m kernelserve.cli {arguments} {closed}', sys.executable],
        env={**os.environ, "KERNELSERVE_ADDRESS": address},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    error = f"kernelserve: error: {complaint}\n" if complaint else ""
    assert (done.returncode, done.stderr) == (1 if complaint else 0, error)


def close(process: Any) -> None:
    """Closes its pipes, unread and unwritten as they may be."""
    for stream in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.close()


def on_terminal(arguments: Sequence[str], address: str, which: str) -> tuple[int, str, str]:
    """Exit code, what the stream `which` showed on a terminal, and what the other one got."""
    terminal, end = pty.openpty()
    other = "stderr" if which == "stdout" else "stdout"
    streams = {which: end, other: subprocess.PIPE, "stdin": subprocess.DEVNULL}
    process = start(arguments, address, **streams)
    os.close(end)
    shown = b""
    while True:
        readable, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert readable
        try:
            some = os.read(terminal, 1 << 16)
        except OSError:  # its last user has gone
            break
        if not some:
            break
        shown += some
    os.close(terminal)
    with getattr(process, other) as pipe:
        beside = pipe.read()
    return process.wait(PATIENCE_S), shown.decode(), beside.decode()


def test_a_progress_bar_is_for_terminals(address: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("left,right\n" + "kitten,sitting\n" * 5)
    arguments = ["pairwise", str(tmp_path / "in.csv"), "left", "right"]
    code, shown, out = on_terminal(arguments, address, "stderr")
    assert code == 0
    assert "100%" in shown
    assert "5 rows" in shown
    assert out == "left,right,score\n" + "kitten,sitting,3\n" * 5
    assert on_terminal([*arguments, "--no-progress"], address, "stderr") == (0, "", out)


def test_tables_are_for_terminals(address: str) -> None:
    code, shown, err = on_terminal(["editops", "ab", "b"], address, "stdout")
    assert (code, err) == (0, "")
    assert "edit" in shown
    assert "delete" in shown
    assert "\t" not in shown


def test_long_numbers_are_cut_on_terminals_only(address: str) -> None:
    code, shown, err = on_terminal(["fibonacci", "100000"], address, "stdout")
    assert code == 0
    assert shown.startswith("2597406934722172416615503402127591541488…")
    assert "20,899 digits" in err
    code, shown, err = on_terminal(["fibonacci", "100000", "--full"], address, "stdout")
    assert (code, len(shown.strip()), err) == (0, 20_899, "")
    process = start(["fibonacci", "100000"], address, stdout=subprocess.PIPE)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert len(out) == 20_900


def test_serve_becomes_the_server_and_health_tells_when_it_is_gone(tmp_path: Path) -> None:
    ready, write_end = os.pipe()
    listen = f"--listen=unix:{tmp_path}/s"
    server = start(
        ["serve", listen, "--lame_duck_ms=0", f"--ready_fd={write_end}"],
        pass_fds=[write_end],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(ready) as lines:
        told = json.loads(lines.readline())
    assert told["pid"] == server.pid
    (address,) = told["addresses"]
    health = start(["health", "--address", address], stdout=subprocess.PIPE)
    assert health.communicate(timeout=PATIENCE_S)[0] == b"SERVING\n"
    assert health.returncode == 0
    server.terminate()
    assert server.wait(PATIENCE_S) == 0
    health = start(["health", "--address", address], stderr=subprocess.PIPE)
    assert b"no answer from" in health.communicate(timeout=PATIENCE_S)[1]
    assert health.returncode == 1


def test_without_an_address_it_starts_a_server_and_ends_it() -> None:
    process = start(["compare", "kitten", "sitting"], stdout=subprocess.PIPE)
    assert process.communicate(timeout=PATIENCE_S)[0] == b"3\n"
    assert process.returncode == 0
