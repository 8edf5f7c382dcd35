"""Debian's Prometheus, which `./dev test` unpacks below .deps/, with what deploy/ has for it."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from harness.waiting import PATIENCE_S, until

from .cluster import ROOT

PROGRAMS = ROOT / ".deps/prometheus/usr/bin"
DEPLOYED = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/kernelserve.json"


def promtool(*arguments: str) -> str:
    done = subprocess.run(
        [PROGRAMS / "promtool", *arguments],
        cwd=DEPLOYED,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules() -> list[dict[str, Any]]:
    """The alerts."""
    (group,) = yaml.safe_load((DEPLOYED / "rules.yaml").read_text())["groups"]
    assert isinstance(group["rules"], list)
    return group["rules"]


def panels() -> Iterator[tuple[str, str]]:
    """Each query of the dashboard, with its panel's title."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def metrics_of(query: str) -> set[str]:
    """The server's metrics that a query of PromQL names."""
    return set(re.findall(r"\b(?:kernelserve|grpc_server|process)_\w+", query))


class Prometheus:
    """One that scrapes `target`, host and port, and evaluates the rules, five times a second."""

    def __init__(self, directory: Path, target: str) -> None:
        config = yaml.safe_load((DEPLOYED / "prometheus.yaml").read_text())
        config["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
        (scrape,) = config["scrape_configs"]
        del scrape["dns_sd_configs"]
        scrape["static_configs"] = [{"targets": [target]}]
        (directory / "prometheus.yaml").write_text(yaml.safe_dump(config))
        (directory / "rules.yaml").write_text((DEPLOYED / "rules.yaml").read_text())
        self._log = directory / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    PROGRAMS / "prometheus",
                    f"--config.file={directory}/prometheus.yaml",
                    f"--storage.tsdb.path={directory}/data",
                    "--web.listen-address=127.0.0.1:0",
                ],
                stdout=log,
                stderr=log,
            )
        until(lambda: self._address() is not None, "Prometheus listens")

    def _address(self) -> str | None:
        log = self._log.read_text()
        assert self._process.poll() is None, log
        listening = re.search(r'"Listening on" address=(\S+)', log)
        return listening[1] if listening else None

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """`data` of an answer of its HTTP API."""
        query = urllib.parse.urlencode(parameters or {})
        with urllib.request.urlopen(f"http://{self._address()}/api/v1/{path}?{query}") as answer:
            told = json.load(answer)
        assert told["status"] == "success"
        assert not told.get("warnings")
        return told["data"]

    def query(self, promql: str) -> list[Any]:
        result = self.get("query", {"query": promql})["result"]
        assert isinstance(result, list)
        return result

    def stop(self) -> None:
        self._process.terminate()
        assert self._process.wait(PATIENCE_S) == 0, self._log.read_text()
