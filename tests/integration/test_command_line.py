"""The server's own command line: flags, environment variables, exit codes, logs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable

import pytest
from harness.rpc import SERVING
from harness.server import Server, binary, environment
from harness.waiting import PATIENCE_S

FLAGS = [
    "listen",
    "workers",
    "memory_ceiling_mb",
    "request_bytes_max",
    "rows_max",
    "fibonacci_n_max",
    "shared_memory",
    "lame_duck_ms",
    "drain_timeout_ms",
    "log_format",
    "log_level",
    "healthcheck",
    "healthcheck_address",
    "parent_pidfd",
    "ready_fd",
    "version",
]


def run(*flags: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(), *flags],
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_version_and_help_go_to_standard_output() -> None:
    version = run("--version")
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.strip().count(".") == 2
    for flag in ("--help", "-h"):
        shown = run(flag)
        assert (shown.returncode, shown.stderr) == (0, "")
        for name in FLAGS:
            assert f"--{name}\n" in shown.stdout


USAGE = {
    "a misspelt flag": (["--lisen=127.0.0.1:0"], {}, ["--lisen", "did you mean 'listen'"]),
    "what is no flag": (["serve"], {}, ['"serve"']),
    "a flag without its value": (["--workers"], {}, ["--workers needs a value"]),
    "a number that is none": (["--workers=many"], {}, ["--workers", '"many"', "0 to 1024"]),
    "a number below its range": (["--rows_max=10"], {}, ["--rows_max", '"10"', "65536"]),
    "a number above its range": (["--workers=2000"], {}, ["--workers", '"2000"', "0 to 1024"]),
    "a choice that there is not": (
        ["--log_format=xml"],
        {},
        ["--log_format", '"xml"', "text or json"],
    ),
    "an address that is none": (["--listen=nowhere"], {}, ["--listen", '"nowhere"', "host:port"]),
    "a port that is none": (["--listen=127.0.0.1:99999"], {}, ["--listen", '"99999"', "65535"]),
    "a relative socket": (["--listen=unix:s"], {}, ["--listen", "absolute path"]),
    "a variable out of range": (
        [],
        {"KERNELSERVE_SERVER_WORKERS": "-1"},
        ["KERNELSERVE_SERVER_WORKERS", '"-1"', "0 to 1024"],
    ),
    "a variable that is no address": (
        [],
        {"KERNELSERVE_SERVER_LISTEN": "nowhere"},
        ["KERNELSERVE_SERVER_LISTEN", '"nowhere"'],
    ),
}


@pytest.mark.parametrize(("flags", "env", "told"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_is_exit_code_64(
    flags: list[str], env: dict[str, str], told: list[str]
) -> None:
    ended = run(*flags, **env)
    assert ended.returncode == os.EX_USAGE == 64
    assert ended.stdout == ""
    for part in told:
        assert part in ended.stderr


def test_a_start_up_failure_names_the_flag() -> None:
    ended = run("--listen=127.0.0.1:0", "--parent_pidfd=99")
    assert ended.returncode == 1
    assert "--parent_pidfd" in ended.stderr
    assert "99" in ended.stderr


def test_flags_have_an_effect(start: Callable[..., Server]) -> None:
    server = start(
        "--workers=3",
        "--request_bytes_max=5000000",
        "--rows_max=70000",
        "--fibonacci_n_max=1000",
    )
    info = server.raw().call("GetServerInfo", b"")
    assert info.workers == 3
    assert info.limits.request_bytes_max == 5_000_000
    assert info.limits.request_bytes_preferred == 5_000_000
    assert info.limits.rows_max == 70_000
    assert info.limits.fibonacci_n_max == 1_000
    refusal = server.raw().refusal("Compute", b"\x08\xe9\x07")
    assert (refusal.field, refusal.bound) == ("n", "at most 1000 without a modulus")


def test_each_flag_is_a_variable_and_the_flag_wins(start: Callable[..., Server]) -> None:
    env = {"KERNELSERVE_SERVER_WORKERS": "3", "KERNELSERVE_SERVER_ROWS_MAX": "70000"}
    info = start("--workers", "2", env=env).raw().call("GetServerInfo", b"")
    assert (info.workers, info.limits.rows_max) == (2, 70_000)


def test_what_kubernetes_sets_for_a_service_is_not_read(start: Callable[..., Server]) -> None:
    env = {"KERNELSERVE_PORT": "tcp://10.0.0.1:50051", "KERNELSERVE_SERVICE_HOST": "10.0.0.1"}
    assert start(env=env).raw().health() == SERVING


def test_workers_follow_the_processors_that_it_may_use(start: Callable[..., Server]) -> None:
    workers = start().raw().call("GetServerInfo", b"").workers
    assert 1 <= workers <= len(os.sched_getaffinity(0))


def test_the_log_is_json_where_that_is_asked_for(start: Callable[..., Server]) -> None:
    server = start("--log_format=json")
    server.stop()
    events = [json.loads(line) for line in server.log.splitlines()]
    messages = [event["message"] for event in events]
    assert messages[0] == "serving"
    assert messages[-2:] == ["draining", "drained"]
    assert events[0]["pid"] == str(server.pid)
    assert events[0]["addresses"] == ",".join(server.addresses)


def test_the_log_tells_no_more_than_it_is_asked_to(start: Callable[..., Server]) -> None:
    server = start("--log_level=error")
    server.stop()
    assert server.log == ""


def test_no_reader_of_readiness_is_no_harm() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    flags = ["--listen=127.0.0.1:0", "--lame_duck_ms=0", f"--ready_fd={write_end}"]
    process = subprocess.Popen(
        [binary(), *flags], stderr=subprocess.PIPE, pass_fds=[write_end], env=environment()
    )
    os.close(write_end)
    try:
        assert process.stderr is not None
        assert any(b" serving " in line for line in process.stderr)
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.wait()
