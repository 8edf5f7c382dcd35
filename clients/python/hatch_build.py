"""Generates what a wheel or an editable install has beside the sources.

That is kernelserve.v1, from the .proto files, and kernelserve/_kernel_methods.py, from the catalog.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
from hatch_kernels import find_server, list_kernels, source_of

KERNEL_METHODS = "kernelserve/_kernel_methods.py"


class ProtoHook(BuildHookInterface):  # type: ignore[type-arg]
    """Wheels get generated code, sdists what it is generated from, and what needs a server."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        proto = proto_directory(root)
        if self.target_name == "wheel" and version == "editable":
            generate(proto, root / "src")
            write_kernel_methods(root, root / "src", root / "src")
            return
        # Not into src/, where somebody may be running what is there.
        self._made = tempfile.TemporaryDirectory()
        made = Path(self._made.name)
        generate(proto, made)
        include = build_data["force_include"]
        unpacked = root / "src" / KERNEL_METHODS  # of an sdist
        if not unpacked.exists():
            write_kernel_methods(root, made, made)
        if self.target_name == "sdist":
            include[str(proto / "kernelserve")] = "proto/kernelserve"
            if not unpacked.exists():
                include[str(made / KERNEL_METHODS)] = f"src/{KERNEL_METHODS}"
            return
        include[str(made / "kernelserve/v1")] = "kernelserve/v1"
        if not unpacked.exists():
            include[str(made / KERNEL_METHODS)] = KERNEL_METHODS

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


def write_kernel_methods(root: Path, stubs: Path, out: Path) -> None:
    """Writes _kernel_methods.py; `stubs` is where generate() wrote."""
    kernels = list_kernels(find_server(root), stubs)
    (out / KERNEL_METHODS).write_text(source_of(kernels), encoding="utf-8")


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    generate(proto_directory(here), here / "src")
    write_kernel_methods(here, here / "src", here / "src")
