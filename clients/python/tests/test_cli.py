"""The command line: what each command prints, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
from cli_outcome import CommandLine
from kernelserve.cli import main
from kernelserve.cli.fibonacci import decimal_digits


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["compare", "kitten", "sitting"], "3\n"),
        (["compare", "kitten", "sitting", "--param", "weights=1,1,2"], "5\n"),
        (["compare", "kitten", "sitting", "--score-cutoff", "1"], "2\n"),
        (["compare", "ab", "", "--scorer", "levenshtein.normalized_distance"], "1.0\n"),
        (["compare", "--", "-a", "--b"], "2\n"),
        (["compare", "KITTEN!", "sitting", "--processor", "default_process"], "3\n"),
        (
            ["editops", "kitten", "sitting"],
            "replace\t0\t0\tk\ts\nreplace\t4\t4\te\ti\ninsert\t6\t6\t\tg\n",
        ),
        (["editops", "ab", "b"], "delete\t0\t0\ta\t\n"),
        (["editops", "xab", "xba", "--scorer", "osa.distance"], "transpose\t1\t1\tab\tba\n"),
        (["editops", "same", "same"], ""),
        (["align", "new york mets", "york"], "100.0\t4\t8\t0\t4\tyork\tyork\n"),
        (["align", "ab", "xay", "--score-cutoff", "90"], ""),
        (["fibonacci", "42"], "267914296\n"),
        (["fibonacci", "0", "93", "94"], "0\n12200160415121876738\n19740274219868223167\n"),
        (["fibonacci", str(2**64 - 1), "--modulus", "10"], "0\n"),
        (["run", "fibonacci", "42"], "267914296\n"),
        (["run", "fibonacci", "100", "--param", "modulus=1000"], "75\n"),
        (["run", "levenshtein.distance", "10", "20", "--param", "weights=1,1,2"], "2\n"),
    ],
)
def test_prints_the_result_alone(cli: CommandLine, arguments: list[str], printed: str) -> None:
    outcome = cli(*arguments)
    assert (outcome.code, outcome.out, outcome.err) == (0, printed, "")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (
            ["fibonacci", "-1"],
            ["n is -1", "argument n", "bound 0 to 2^64-1", "value -1", "OUT_OF_RANGE"],
        ),
        (["fibonacci", "5", "--modulus", "0"], ["argument modulus", "value 0", "request "]),
        (
            ["compare", "a", "b", "--scorer", "levenstein.distance"],
            ["did you mean 'levenshtein.distance'?", "argument scorer.name", "request "],
        ),
        (["compare", "a", "b", "--param", "wieghts=1"], ["'wieghts'", "did you mean 'weights'?"]),
        (["run", "fibonaci", "1"], ["'fibonaci'", "did you mean 'fibonacci'?", "request "]),
        (["run", "fibonacci", "-1"], ["n is -1", "value -1", "request "]),
        (["run", "fibonacci"], ["fibonacci takes 1", "got 0", "argument columns"]),
        (["run", "fibonacci", "94"], ["F(94)", "OVERFLOW", "bound at most 93"]),
        (["fibonacci", "1000000000", "--timeout", "0.05"], ["DEADLINE", "request "]),
        (["compare", "a", "b", "--address", "nowhere"], ["'nowhere'", "argument address"]),
        # Bytes that are not UTF-8 come as lone surrogates.
        (["compare", "a", "b", "--scorer", "x\udcff"], ["argument scorer.name", r"x\udcff"]),
        (["compare", "a", "b", "--param", "x\udcff=1"], [r"'x\udcff', whose lone"]),
        (["compare", "a", "b", "--param", "x=x\udcff"], ["argument scorer.x", r"x\udcff"]),
        (["run", "x\udcff", "1"], ["argument kernel", r"x\udcff"]),
        (["compare", "a", "b", "--token", "x\udcff"], ["argument token"]),
    ],
)
def test_an_error_is_one_line_that_names_what_is_wrong(
    cli: CommandLine, arguments: list[str], parts: list[str]
) -> None:
    error = cli(*arguments).error
    assert [part for part in parts if part not in error] == [], error


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Usage: kernelserve"),
        (["comapre", "a", "b"], "No such command 'comapre'"),
        (["compare", "a"], "Missing argument 'B'"),
        (["fibonacci", "many"], "'many' is not an integer"),
        (["fibonacci", "1", "--modlus", "3"], "--modlus"),
        (["fibonacci", "1", "--timeout", "0"], "--timeout"),
        (["run", "fibonacci", "many"], "n should be uint64"),
        (["run", "fibonacci", "--colunm", "x"], "--colunm"),
        (["compare", "a", "b", "--param", "weights"], "'weights' should be NAME=VALUE"),
        (["run", "fibonacci", "x\udcff"], r"n should be uint64: 'x\udcff'"),
        (["health", "x\udcff"], r"'x\udcff' is not UTF-8"),
        (["pairwise", "x.csv", "a", "b", "--column", "x\udcff"], r"'x\udcff' is not UTF-8"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_told_from_an_error(
    cli: CommandLine, arguments: list[str], complaint: str
) -> None:
    outcome = cli(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert complaint in outcome.err


COMMANDS = [
    "compare",
    "editops",
    "align",
    "pairwise",
    "cdist",
    "top-k",
    "join",
    "link",
    "fibonacci",
    "run",
    "kernels",
    "serve",
    "health",
    "bench",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(cli: CommandLine, command: str) -> None:
    outcome = cli(command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Examples:\n    kernelserve {command}" in outcome.out


def test_help_lists_the_commands_and_the_exit_codes(cli: CommandLine) -> None:
    outcome = cli("--help")
    assert outcome.code == 0
    commands = outcome.out.split("Commands:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in commands] == COMMANDS
    assert not any(line.endswith("...") for line in commands)
    codes = outcome.out.split("Exit codes:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in codes] == ["0", "1", "2", "130", "141"]


def test_version_is_the_packages(cli: CommandLine) -> None:
    assert cli("--version").out == f"kernelserve {ks.__version__}\n"


@pytest.mark.parametrize("package", ["click", "rich"])
def test_without_its_extra_it_says_what_to_install(
    package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["compare", "a", "b"]) == 1
    err = capsys.readouterr().err
    assert f"needs {package}" in err
    assert "pip install 'kernelserve[cli]'" in err


def test_kernels_has_a_line_for_each(cli: CommandLine, client: ks.Client) -> None:
    lines = [line.split("\t") for line in cli("kernels").out.splitlines()]
    assert [line[0] for line in lines] == [kernel.name for kernel in client.kernels()]
    by_name = {line[0]: line[1:3] for line in lines}
    assert by_name["fibonacci"] == ["n: uint64 --param modulus=UINT64", "uint64"]
    assert by_name["levenshtein.distance"] == [
        "left: text, right: text --param weights=1,1,1",
        "int32",
    ]


def test_kernels_as_json_has_everything(cli: CommandLine, client: ks.Client) -> None:
    listed: list[dict[str, Any]] = json.loads(cli("kernels", "--json").out)
    assert [entry["name"] for entry in listed] == [kernel.name for kernel in client.kernels()]
    distance = next(entry for entry in listed if entry["name"] == "levenshtein.distance")
    assert distance["scorer"] is True
    assert distance["result"] == "int32"
    assert [argument["type"] for argument in distance["arguments"]] == ["text", "text"]
    assert [(p["name"], p["type"], p["default"]) for p in distance["parameters"]] == [
        ("weights", "int64", [1, 1, 1])
    ]
    fibonacci = next(entry for entry in listed if entry["name"] == "fibonacci")
    assert fibonacci["parameters"][0]["default"] is None


def test_health_of_a_server_and_of_its_services(cli: CommandLine) -> None:
    assert cli("health").out == "SERVING\n"
    assert cli("health", "kernelserve.v1.FibonacciService").out == "SERVING\n"
    unknown = cli("health", "no.such.Service")
    assert (unknown.code, unknown.out) == (1, "SERVICE_UNKNOWN\n")


@pytest.fixture
def draining_server() -> Iterator[str]:
    """The address of a server that answers health checks with NOT_SERVING."""
    check = grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x02")
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_health_fails_where_no_calls_are_taken(cli: CommandLine, draining_server: str) -> None:
    outcome = cli("health", "--address", draining_server)
    assert (outcome.code, outcome.out) == (1, "NOT_SERVING\n")


def test_health_fails_where_nobody_answers(cli: CommandLine) -> None:
    assert "no answer from 127.0.0.1:1" in cli("health", "--address", "127.0.0.1:1").error


@given(st.integers(0, 2**200_000) | st.integers(0, 10**30), st.integers(0, 3_000))
def test_decimal_digits_are_those_of_the_number(number: int, zeros: int) -> None:
    number *= 10**zeros
    digits = decimal_digits(number)
    assert digits.isdecimal()
    assert digits == "0" or digits[0] != "0"
    # By pieces that Python converts itself, whatever the length.
    value, piece = 0, 4_000
    for at in range(0, len(digits), piece):
        part = digits[at : at + piece]
        value = value * 10 ** len(part) + int(part)
    assert value == number
