"""The house rules that no compiler or linter knows, each with what to do instead.

`check(root)` reads a checkout and gives the violations it finds. The rules:

    direction    kernels <- server -> proto <- clients/python, and nothing the other way
    names        a file is named after what is in it
    length       a file of over 400 lines says why
    siblings     x_test.cc, x_benchmark.cc and x_fuzz.cc stand beside x.h or x.cc
    guards       a header's guard spells its path
    generated    generated code is made at build time
    machine      no path or host of one machine
    words        promises, sleeps and other things that have a better replacement
    lines        100 columns
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

FILE_LINES_MAX = 400
LINE_COLUMNS_MAX = 100
# Where a file over FILE_LINES_MAX says why, and for how long a reader looks for it.
LENGTH_REASON = re.compile(r"Over 400 lines: \S+ \S+ \S+")
LENGTH_REASON_WITHIN_LINES = 30

_PRAGMA = re.compile(r"\s+# (type: ignore|noqa)\b.*$")

CODE_SUFFIXES = {".cc", ".h", ".py", ".pyi", ".proto", ".cmake", ".sh"}
CODE_NAMES = {"CMakeLists.txt", "dev", "run", "Dockerfile"}


@dataclass(frozen=True)
class File:
    """A file of the checkout: its path from the root, and its text."""

    path: PurePosixPath
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def is_code(self) -> bool:
        return self.path.suffix in CODE_SUFFIXES or self.path.name in CODE_NAMES

    @property
    def is_cpp(self) -> bool:
        return self.path.suffix in {".cc", ".h"}

    def below(self, directory: str) -> bool:
        return self.path.is_relative_to(directory)


@dataclass(frozen=True)
class Violation:
    """What is wrong where, and what to do instead. `line` is 0 where the whole file is meant."""

    path: PurePosixPath
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


# --- direction ---------------------------------------------------------------------------------

_SATELLITE = re.compile(r"(.+)_(test|benchmark|fuzz)\.cc$")
_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

_TO_SERVER = "whatever needs it is an adapter: put that in server/, which includes kernels/"
_TO_SCHEDULER = (
    "a kernel computes on the thread that calls it: threads, locks and queues are "
    "server/scheduler/'s; to end early, poll kernels/stop_token.h"
)
_TO_STATUS = (
    "a kernel reports by absl::Status (kernels/error.h) and leaves logging and I/O to server/"
)

# Below a directory, a header that matches is out of place: (directory, header, what to do). Tests,
# benchmarks and fuzzers of kernels may have threads and files.
FORBIDDEN_INCLUDES = [
    ("kernels", r"server/", "server/ depends on kernels/, never the other way: " + _TO_SERVER),
    ("kernels", r"(grpc|grpcpp|google|kernelserve)/", "kernels know no wire: " + _TO_SERVER),
    (
        "kernels",
        r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier)$",
        _TO_SCHEDULER,
    ),
    ("kernels", r"absl/synchronization/", _TO_SCHEDULER),
    ("kernels", r"(iostream|fstream|spdlog/.*|fmt/.*|absl/log/.*|absl/flags/.*)$", _TO_STATUS),
    ("kernels", r"(unistd\.h|sys/.*|fcntl\.h)$", _TO_STATUS),
    (
        "server/columns",
        r"(grpc|grpcpp)/",
        "the decoder stands below gRPC, so that it can be fuzzed and run under TSAN: "
        "put what touches a ByteBuffer in server/ itself",
    ),
    (
        "server/scheduler",
        r"(grpc|grpcpp)/",
        "the scheduler stands below gRPC, so that it can run under TSAN: "
        "put what touches a call in server/ itself",
    ),
    ("server", r"(clients|tests)/", "the server serves any client and knows none: use proto/"),
    (
        ".",
        r".*\.cc$",
        "a source file is compiled once, by itself: declare what is needed in a header",
    ),
]

FORBIDDEN_LINKS = re.compile(r"(?i)\b(grpc|protobuf|spdlog|kernelserve_(server|proto|messages))")

# What the Python client may not import: the rest of the repository.
FOREIGN_PACKAGES = {"kernels", "server", "proto", "deploy", "tests"}
_FOREIGN_PATH = re.compile(r"\.\./(kernels|server|tests|deploy)\b")


def check_direction(file: File) -> Iterator[Violation]:
    if file.is_cpp:
        yield from _check_includes(file)
    elif file.path == PurePosixPath("kernels/CMakeLists.txt"):
        for number, line in enumerate(file.lines, 1):
            if found := FORBIDDEN_LINKS.search(line.split("#", 1)[0]):
                message = f"kernels links {found[0]}: kernels know no wire: {_TO_SERVER}"
                yield Violation(file.path, number, message)
    elif file.path.suffix == ".proto":
        for number, line in enumerate(file.lines, 1):
            found = re.match(r'import (?:public )?"(?!kernelserve/|google/)([^"]+)"', line)
            if found:
                message = f"imports {found[1]}: the contract stands alone in proto/kernelserve/"
                yield Violation(file.path, number, message)
    elif file.below("clients/python"):
        yield from _check_client(file)


def _check_includes(file: File) -> Iterator[Violation]:
    for number, line in enumerate(file.lines, 1):
        if not (include := _INCLUDE.match(line)):
            continue
        header = include[1]
        for directory, pattern, message in FORBIDDEN_INCLUDES:
            if message in (_TO_SCHEDULER, _TO_STATUS) and _SATELLITE.match(file.path.name):
                continue
            if file.below(directory) and re.match(pattern, header):
                yield Violation(file.path, number, f"includes {header}: {message}")


def _check_client(file: File) -> Iterator[Violation]:
    message = "the client knows the server by proto/ alone: test both together in tests/"
    for number, line in enumerate(file.lines, 1):
        if found := _FOREIGN_PATH.search(line):
            yield Violation(file.path, number, f"reaches for {found[0]}: {message}")
    if file.path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(file.text, str(file.path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        else:
            continue
        for name in names:
            if name.split(".")[0] in FOREIGN_PACKAGES:
                yield Violation(file.path, node.lineno, f"imports {name}: {message}")


# --- names -------------------------------------------------------------------------------------

# Say nothing anywhere in a name; and what says nothing where nothing follows it.
VAGUE_WORDS = {"util", "utils", "utilities", "helper", "helpers", "misc", "manager", "managers"}
VAGUE_LAST_WORDS = {"common", "shared", "lib", "stuff"}
# What is to replace something else has the names of that.
GIVEN_NAMES = {PurePosixPath("clients/python/src/kernelserve/rapidfuzz/utils.py")}
_SNAKE_CASE = re.compile(r"_{0,2}[a-z0-9]+(_[a-z0-9]+)*_{0,2}$")


def check_name(file: File) -> Iterator[Violation]:
    if file.path in GIVEN_NAMES:
        return
    parts = [PurePosixPath(part).stem for part in file.path.parts]
    for part in parts:
        words = re.split(r"[_.\-]", part.lower())
        vague = VAGUE_WORDS.intersection(words) | VAGUE_LAST_WORDS.intersection(words[-1:])
        for word in sorted(vague):
            message = (
                f"'{word}' says nothing: name the file after what is in it, or move each "
                "function beside its only caller"
            )
            yield Violation(file.path, 0, message)
    # Highway's headers that are included once for each target end in -inl.h.
    name = file.path.name.split(".")[0].removesuffix("-inl")
    if file.path.suffix in {".cc", ".h", ".py", ".proto"} and not _SNAKE_CASE.match(name):
        yield Violation(file.path, 0, "file names are snake_case: rename it")


# --- length, lines, siblings, guards -------------------------------------------------------------


def check_length(file: File) -> Iterator[Violation]:
    lines = file.lines
    if not file.is_code or len(lines) <= FILE_LINES_MAX:
        return
    if not any(LENGTH_REASON.search(line) for line in lines[:LENGTH_REASON_WITHIN_LINES]):
        message = (
            f"{len(lines)} lines, over {FILE_LINES_MAX}: split it by what its parts are about, or "
            f"say why not within the first {LENGTH_REASON_WITHIN_LINES} lines, in a comment "
            "'Over 400 lines: <the reason>'"
        )
        yield Violation(file.path, len(lines), message)


def check_lines(file: File) -> Iterator[Violation]:
    if not file.is_code:
        return
    for number, line in enumerate(file.lines, 1):
        # A pragma at the end can't be wrapped; ruff doesn't count it either.
        line = _PRAGMA.sub("", line)
        if len(line) > LINE_COLUMNS_MAX and "https://" not in line:
            message = f"{len(line)} columns, over {LINE_COLUMNS_MAX}: wrap it, or let clang-format"
            yield Violation(file.path, number, f"{message} or ruff do it")


def check_siblings(file: File, paths: set[PurePosixPath]) -> Iterator[Violation]:
    if not (satellite := _SATELLITE.match(file.path.name)):
        return
    stem = satellite[1]
    if not {file.path.with_name(stem + suffix) for suffix in (".h", ".cc")} & paths:
        message = (
            f"stands beside neither {stem}.h nor {stem}.cc: name it after the file it covers, or, "
            "if it crosses a process or a language, move it to tests/"
        )
        yield Violation(file.path, 0, message)


def check_guard(file: File) -> Iterator[Violation]:
    if file.path.suffix != ".h":
        return
    guard = "KERNELSERVE_" + re.sub(r"[^A-Z0-9]", "_", str(file.path).upper()) + "_"
    # Highway's files are compiled once for each target and toggle a guard of its own.
    if "HWY_TARGET_TOGGLE" in file.text or f"#ifndef {guard}\n#define {guard}\n" in file.text:
        return
    yield Violation(file.path, 1, f"has no guard of its path: #ifndef {guard}, #define {guard}")


# --- generated code, machines, words -------------------------------------------------------------

_GENERATED_NAME = re.compile(
    r"\.(pb|grpc\.pb)\.(h|cc)$|_pb2(_grpc)?\.pyi?$|^_kernel_methods\.py$"
    r"|\.(o|a|so|pyc|whl|egg-info)$"
)
_GENERATED_TEXT = re.compile(r"Generated by the (protocol buffer|gRPC)|DO NOT EDIT", re.IGNORECASE)


def check_generated(file: File) -> Iterator[Violation]:
    if _GENERATED_NAME.search(file.path.name) or _GENERATED_TEXT.search(file.text[:2000]):
        message = (
            "generated: git rm it; CMake (proto/CMakeLists.txt) and the wheel's build hook "
            "(clients/python/) make it, and .gitignore keeps it out"
        )
        yield Violation(file.path, 0, message)


_MACHINE = [
    (
        re.compile(r"(?<![\w.\-])(/home/\w|/root/|/Users/\w|/work/|/mnt/\w|[A-Z]:\\\w)"),
        "a path of one machine: derive it from the script's own place, or take it as an argument",
    ),
    (
        re.compile(
            r"\b((docker|ghcr|quay|gcr)\.io/|registry\.[a-z][\w.\-]*\.(io|com|org|dev)\b"
            r"|deb\.debian\.org|pypi\.org/simple|files\.pythonhosted\.org|proxy\.golang\.org)"
            r"|--(extra-)?index-url\b"
        ),
        "a registry's host: the machine's own settings (apt sources, pip.conf) say where from",
    ),
]

_PROMISE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# Where a file matches the glob, text that matches is out of place: (glob, text, what to do).
_TESTS = "*test*"
WORDS = [
    ("*", _PROMISE, "do it, or open an issue and write the limit down in docs/"),
    (
        _TESTS,
        re.compile(r"\b(sleep_for|sleep_until|SleepFor|usleep|time\.sleep)\b"),
        "a test that sleeps is slow or flaky: wait for the event itself (absl::Notification, "
        "threading.Event, a pipe, a process's exit)",
    ),
    (
        "*test*.py",
        re.compile(r"(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0):[1-6]?\d{4}(?!\d)"),
        "a fixed port clashes with whoever runs beside: listen on port 0 and ask which it became",
    ),
    (
        "*.cc",
        re.compile(r"\bstd::(cout|cerr)\b|\bstd::endl\b"),
        "log by spdlog in server/, return an absl::Status in kernels/",
    ),
    ("*.cc", re.compile(r"\busing namespace \w+(::\w+)*;"), "name what you use"),
    (
        "*_test.cc",
        re.compile(r"\bstd::(random_device|rand)\b|\bsrand\("),
        "seed with a constant, so that a failure can be repeated: std::mt19937_64 random(1)",
    ),
    ("*.h", re.compile(r"#pragma once"), "guard by #ifndef with the path, as the others do"),
    ("*.h", re.compile(r"\busing namespace \w+"), "a header must not: name what you use"),
]


def check_words(file: File) -> Iterator[Violation]:
    if file.below("tests/tidy") or file.path.name == "LICENSE":
        return  # they quote what is forbidden
    for number, line in enumerate(file.lines, 1):
        for pattern, message in _MACHINE:
            if found := pattern.search(line):
                yield Violation(file.path, number, f"'{found[0]}': {message}")
        if not file.is_code:
            continue
        for glob, pattern, message in WORDS:
            if fnmatch(str(file.path), glob) and (found := pattern.search(line)):
                yield Violation(file.path, number, f"'{found[0]}': {message}")


# --- the whole tree ------------------------------------------------------------------------------

RULES: list[Callable[[File], Iterator[Violation]]] = [
    check_direction,
    check_name,
    check_length,
    check_lines,
    check_guard,
    check_generated,
    check_words,
]


def _paths(root: Path) -> list[PurePosixPath]:
    """What git has or would add; every file where `root` is no checkout."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        found = [PurePosixPath(name) for name in listed.stdout.split("\0") if name]
    else:
        found = [PurePosixPath(p.relative_to(root).as_posix()) for p in root.rglob("*")]
    return sorted({path for path in found if (root / path).is_file()})


def check(root: Path) -> list[Violation]:
    """Every violation in the checkout at `root`, by path and line."""
    paths = _paths(root)
    violations: list[Violation] = []
    for path in paths:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            text = ""  # an image or a fuzzer's seed: only its name can be wrong
        file = File(path, text)
        for rule in RULES:
            violations += rule(file)
        violations += check_siblings(file, set(paths))
    return sorted(violations, key=lambda v: (v.path, v.line, v.message))


if __name__ == "__main__":
    found = check(Path(__file__).resolve().parents[2])
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
