"""The tree is tidy, and each rule of tidy.py can fail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import tidy

ROOT = Path(__file__).resolve().parents[2]

GUARDED = """\
#ifndef KERNELSERVE_KERNELS_EDIT_H_
#define KERNELSERVE_KERNELS_EDIT_H_
#endif
"""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def found(root: Path, files: dict[str, str]) -> list[str]:
    write(root, files)
    return [str(violation) for violation in tidy.check(root)]


def test_the_tree_is_tidy() -> None:
    violations = tidy.check(ROOT)
    assert not violations, "\n" + "\n".join(map(str, violations))


def test_what_the_rules_ask_for_passes(tmp_path: Path) -> None:
    files = {
        "LICENSE": "TODO and XXX belong to somebody else's text\n",
        "kernels/edit.h": GUARDED,
        "kernels/edit.cc": '#include "kernels/edit.h"\n#include <vector>\n#include "absl/a.h"\n',
        "kernels/edit_test.cc": '#include "kernels/edit.h"\n#include "gtest/gtest.h"\n',
        "kernels/CMakeLists.txt": "# no gRPC here\ntarget_link_libraries(kernels absl::status)\n",
        "server/main.cc": "#include <mutex>\n#include <grpcpp/server.h>\n",
        "proto/kernelserve/v1/a.proto": 'import "kernelserve/v1/b.proto";\n',
        "clients/python/src/kernelserve/__init__.py": "from . import proto\nimport grpc\n",
        "clients/python/src/kernelserve/__main__.py": "import kernelserve\n",
        "clients/python/hook.py": 'PROTO = "../../proto"\n',
        "README.md": "x" * 200 + "\n",
        "kernels/seed.bin": "",
        "kernels/common_affix.cc": "#include <array>\n",
        "kernels/common_affix_test.cc": "#include <thread>\n#include <fstream>\n",
        "kernels/lanes-inl.h": GUARDED.replace("EDIT_H", "LANES_INL_H"),
        "tests/test_ports.py": 'BAD = "127.0.0.1:99999"\nANY = "127.0.0.1:0"\n',
        "dev": "apt-get install docker.io\n",
    }
    assert found(tmp_path, files) == []


@pytest.mark.parametrize(
    ("path", "line", "message"),
    [
        ("kernels/a.cc", '#include "server/limits.h"', "includes server/limits.h: server/ depends"),
        ("kernels/a.cc", '#include "grpcpp/grpcpp.h"', "includes grpcpp/grpcpp.h: kernels know no"),
        ("kernels/a.cc", "#include <grpc/grpc.h>", "includes grpc/grpc.h: kernels know no wire"),
        (
            "kernels/x/a.cc",
            "#  include <google/protobuf/message.h>",
            "includes google/protobuf/message.h: kernels know no wire",
        ),
        (
            "kernels/a.cc",
            '#include "kernelserve/v1/types.pb.h"',
            "includes kernelserve/v1/types.pb.h: kernels know no wire",
        ),
        ("kernels/a.cc", "#include <thread>", "includes thread: a kernel computes on the thread"),
        ("kernels/a.cc", "#include <mutex>", "includes mutex: a kernel computes on the thread"),
        (
            "kernels/a.cc",
            '#include "absl/synchronization/mutex.h"',
            "includes absl/synchronization/mutex.h: a kernel computes on the thread",
        ),
        ("kernels/a.cc", "#include <iostream>", "includes iostream: a kernel reports by absl"),
        (
            "kernels/a.cc",
            "#include <spdlog/spdlog.h>",
            "includes spdlog/spdlog.h: a kernel reports by absl::Status",
        ),
        (
            "kernels/a_test.cc",
            '#include "server/limits.h"',
            "includes server/limits.h: server/ depends",
        ),
        ("kernels/a.cc", "#include <unistd.h>", "includes unistd.h: a kernel reports by absl"),
        (
            "server/columns/a.cc",
            "#include <grpcpp/grpcpp.h>",
            "includes grpcpp/grpcpp.h: the decoder stands below gRPC",
        ),
        (
            "server/scheduler/a.cc",
            "#include <grpcpp/grpcpp.h>",
            "includes grpcpp/grpcpp.h: the scheduler stands below gRPC",
        ),
        (
            "server/a.cc",
            '#include "clients/python/native.h"',
            "includes clients/python/native.h: the server serves any client",
        ),
        (
            "server/a.cc",
            '#include "server/b.cc"',
            "includes server/b.cc: a source file is compiled",
        ),
        ("kernels/CMakeLists.txt", "link(k gRPC::grpc++)", "kernels links gRPC: kernels know no"),
        (
            "kernels/CMakeLists.txt",
            "link(k kernelserve_server)",
            "kernels links kernelserve_server: kernels know no wire",
        ),
        (
            "proto/kernelserve/v1/a.proto",
            'import "server/a.proto";',
            "imports server/a.proto: the contract stands alone",
        ),
        ("clients/python/a.py", "import server.limits", "imports server.limits: the client knows"),
        ("clients/python/a.py", "from tests import x", "imports tests: the client knows"),
        (
            "clients/python/a.py",
            'CATALOG = "../../kernels/catalog.cc"',
            "reaches for ../kernels: the client knows the server by proto/ alone",
        ),
        ("tests/a.py", "# " + "x" * 99, "101 columns, over 100"),
        ("server/a.cc", "// TODO(me): later", "'TODO': do it, or open an issue"),
        ("tests/a.py", "# FIXME", "'FIXME': do it, or open an issue"),
        ("tests/a.py", "time.sleep(1)", "'time.sleep': a test that sleeps is slow or flaky"),
        ("tests/a.py", 'ADDRESS = "localhost:50051"', "'localhost:50051': a fixed port clashes"),
        ("server/a.cc", "std::cerr << 1;", "'std::cerr': log by spdlog in server/"),
        ("server/a.cc", "using namespace absl;", "'using namespace absl;': name what you use"),
        (
            "kernels/a_test.cc",
            "std::random_device seed;",
            "'std::random_device': seed with a constant",
        ),
        ("dev", "cd /home/somebody/kernelserve", "'/home/s': a path of one machine"),
        ("docs/a.md", "see /root/notes", "'/root/': a path of one machine"),
        ("deploy/Dockerfile", "FROM ghcr.io/x/y", "'ghcr.io/': a registry's host"),
        ("dev", "pip install --index-url x y", "'--index-url': a registry's host"),
    ],
)
def test_a_line_out_of_place_is_named(tmp_path: Path, path: str, line: str, message: str) -> None:
    # The .cc beside it, for what must stand beside one.
    files = {path.replace("_test.cc", ".cc"): "", path: f"\n{line}\n"}
    violations = found(tmp_path, files)
    assert len(violations) == 1
    assert violations[0].startswith(f"{path}:2: {message}")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("server/utils.cc", "'utils' says nothing"),
        ("server/string_helpers.cc", "'helpers' says nothing"),
        ("server/common/a.cc", "'common' says nothing"),
        ("clients/python/misc.py", "'misc' says nothing"),
        ("server/flow_manager.cc", "'manager' says nothing"),
        ("docs/misc.md", "'misc' says nothing"),
        ("server/FlowQueue.cc", "file names are snake_case"),
        ("kernels/edit_test.cc", "stands beside neither edit.h nor edit.cc"),
        ("kernels/edit_benchmark.cc", "stands beside neither edit.h nor edit.cc"),
        ("server/columns/edit_fuzz.cc", "stands beside neither edit.h nor edit.cc"),
        ("proto/kernelserve/v1/types.pb.cc", "generated: git rm it"),
        ("clients/python/types_pb2.pyi", "generated: git rm it"),
        ("clients/python/types_pb2_grpc.py", "generated: git rm it"),
    ],
)
def test_a_file_out_of_place_is_named(tmp_path: Path, path: str, message: str) -> None:
    violations = found(tmp_path, {path: ""})
    assert len(violations) == 1
    assert violations[0].startswith(f"{path}:0: {message}")


def test_a_header_spells_its_path_in_its_guard(tmp_path: Path) -> None:
    assert found(tmp_path, {"kernels/other.h": GUARDED}) == [
        "kernels/other.h:1: has no guard of its path: #ifndef KERNELSERVE_KERNELS_OTHER_H_, "
        "#define KERNELSERVE_KERNELS_OTHER_H_"
    ]


def test_a_header_has_no_pragma_and_no_using(tmp_path: Path) -> None:
    violations = found(tmp_path, {"kernels/edit.h": GUARDED + "#pragma once\nusing namespace x;\n"})
    assert [v.split(": ")[0] for v in violations] == ["kernels/edit.h:4", "kernels/edit.h:5"]


def test_generated_text_is_found_under_any_name(tmp_path: Path) -> None:
    text = "// Generated by the protocol buffer compiler.\n"
    (violation,) = found(tmp_path, {"server/types.cc": text})
    assert violation.startswith("server/types.cc:0: generated")


@pytest.mark.parametrize(
    ("head", "lines", "named"),
    [
        ("", 400, False),
        ("", 401, True),
        ("// Over 400 lines: one table, read from the top.\n", 401, False),
        ("// Over 400 lines:\n", 401, True),
        ("\n" * 30 + "// Over 400 lines: one table, too far down.\n", 401, True),
    ],
)
def test_a_long_file_says_why(tmp_path: Path, head: str, lines: int, *, named: bool) -> None:
    violations = found(tmp_path, {"server/a.cc": head + "\n" * (lines - head.count("\n"))})
    starts = [violation.split(": split")[0] for violation in violations]
    assert starts == (["server/a.cc:401: 401 lines, over 400"] if named else [])


def test_in_a_checkout_only_what_git_would_add_counts(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    files = {".gitignore": "/build/\n", "build/utils.cc": "", "server/utils.cc": ""}
    (violation,) = found(tmp_path, files)
    assert violation.startswith("server/utils.cc:0: 'utils' says nothing")
