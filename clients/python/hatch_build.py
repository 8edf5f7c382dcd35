"""Generates kernelserve.v1 from the .proto files when a wheel or an editable install is made."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProtoHook(BuildHookInterface):  # type: ignore[type-arg]
    """Wheels get generated code, sdists the protos that it is generated from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        proto = proto_directory(root)
        if self.target_name == "sdist":
            build_data["force_include"][str(proto / "kernelserve")] = "proto/kernelserve"
        elif version == "editable":
            generate(proto, root / "src")
        else:
            # Not into src/, where somebody may be running what is there.
            self._made = tempfile.TemporaryDirectory()
            generate(proto, Path(self._made.name))
            package = "kernelserve/v1"
            build_data["force_include"][f"{self._made.name}/{package}"] = package

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_made"):
            self._made.cleanup()


def proto_directory(root: Path) -> Path:
    """The package's own proto/ where it was unpacked from an sdist, else the repository's."""
    for candidate in (root / "proto", root.parent.parent / "proto"):
        if (candidate / "kernelserve" / "v1").is_dir():
            return candidate
    raise FileNotFoundError(f"no proto/kernelserve/v1 in {root} or {root.parent.parent}")


def generate(proto: Path, out: Path) -> None:
    """Writes kernelserve/v1/*_pb2.py and, for services, *_pb2_grpc.py, each with its .pyi."""
    out.mkdir(parents=True, exist_ok=True)
    files = sorted((proto / "kernelserve" / "v1").glob("*.proto"))
    services = [f for f in files if "\nservice " in f.read_text()]
    for stale in (out / "kernelserve" / "v1").glob("*_pb2*"):
        stale.unlink()
    # protoc finds mypy-protobuf's plugins by PATH, and an isolated build's is not on it.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{proto}"]
    messages = [f"--python_out={out}", f"--mypy_out=readable_stubs,quiet:{out}"]
    stubs = [f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}"]
    for flags, inputs in ((messages, files), (stubs, services)):
        subprocess.run(
            [*protoc, *flags, *map(str, inputs)], check=True, env={**os.environ, "PATH": path}
        )


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    generate(proto_directory(here), here / "src")
