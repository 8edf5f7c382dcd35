"""deploy/compose.yaml, brought up under a name and on a port of its own, and taken down again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def build_images(*options: str) -> None:
    command = [str(ROOT / "dev"), "image", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stderr}"
    return done.stdout.strip()


def inspect(container_or_image: str) -> dict[str, Any]:
    (described,) = json.loads(docker("inspect", container_or_image))
    assert isinstance(described, dict)
    return described


class Cluster:
    """Three replicas behind the balancer."""

    def __init__(self) -> None:
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        self._program = ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]
        self._name = f"kernelserve-test-{os.getpid()}"
        assert shutil.which(self._program[0])

    def compose(self, *arguments: str) -> str:
        # An empty port is any free one.
        done = subprocess.run(
            [*self._program, "-f", "deploy/compose.yaml", "-p", self._name, *arguments],
            cwd=ROOT,
            env={**os.environ, "KERNELSERVE_PUBLISHED_PORT": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"compose {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def up(self) -> None:
        self.compose("up", "--detach")

    def scale(self, replicas: int) -> None:
        """Starts or ends replicas until there are so many."""
        self.compose("up", "--detach", "--no-recreate", "--scale", f"server={replicas}")

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "20")

    @property
    def address(self) -> str:
        """Where the balancer is published, as gRPC takes it."""
        return self.compose("port", "balancer", "50051")

    def replicas(self) -> list[str]:
        """The containers of the server that run."""
        return self.compose("ps", "--quiet", "server").split()
