"""Alert rules and dashboard: they are well-formed, fire when they should, and ask for what is
there, by a real Prometheus that scrapes a real server."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import kernelserve as ks
import pytest
from harness import work
from harness.server import Server
from harness.waiting import until
from kernelserve.v1 import error_reason_pb2
from prometheus_client.parser import text_string_to_metric_families

from .cluster import ROOT
from .prometheus import DASHBOARD, Prometheus, metrics_of, panels, promtool, rules

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("heavy")]


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    return start("--metrics_listen=127.0.0.1:0")


@pytest.fixture
def prometheus(server: Server, tmp_path: Path) -> Iterator[Prometheus]:
    prometheus = Prometheus(tmp_path, server.ready["metrics"])
    yield prometheus
    prometheus.stop()


def call_in_every_way(server: Server, client: ks.Client) -> None:
    """Calls of one reply and of many, one that is wrong, and one that is refused for load."""
    client.compare("kitten", "sitting")
    client.cdist(["kitten"] * 100, ["sitting"] * 100)
    with pytest.raises(ks.OutOfRangeError):
        client.fibonacci(10**12)
    refusal = server.raw().refusal("Compare", work.hours_in_one_row(), timeout=1)
    assert refusal.reason == "DEADLINE_UNREACHABLE"


def test_the_configuration_is_valid() -> None:
    # The rules that it names are checked with it.
    assert f"SUCCESS: {len(rules())} rules found" in promtool("check", "config", "prometheus.yaml")


def test_alerts_fire_when_they_should() -> None:
    promtool("test", "rules", "rules_test.yaml")


def test_every_alert_has_a_test_that_fires_it_and_a_section_that_says_what_to_do() -> None:
    tests = (ROOT / "deploy/prometheus/rules_test.yaml").read_text()
    guide = (ROOT / "docs/operations.md").read_text()
    for rule in rules():
        name = rule["alert"]
        assert re.search(rf"alertname: {name}\n +eval_time: \w+\n +exp_alerts:\n", tests), name
        assert f"\n### {name}\n" in guide


def test_every_metric_that_is_asked_for_is_served(server: Server) -> None:
    with ks.connect(server.tcp) as client:
        call_in_every_way(server, client)
    with urllib.request.urlopen(f"http://{server.ready['metrics']}/metrics") as response:
        text = response.read().decode()
    served = {
        sample.name for family in text_string_to_metric_families(text) for sample in family.samples
    }
    asked = [rule["expr"] for rule in rules()] + [query for _, query in panels()]
    named = set().union(*map(metrics_of, asked))
    assert named - served == set()
    # And each that is served is explained.
    page = (ROOT / "docs/server.md").read_text()
    documented = {re.sub(r"_(bucket|sum|count)$", "", name) for name in served}
    unknown = [name for name in documented if f"`{name}`" not in page]
    assert [name for name in unknown if not name.startswith("process_")] == []


def test_every_reason_that_is_asked_for_is_one() -> None:
    values = error_reason_pb2.ErrorReason.DESCRIPTOR.values
    known = {value.name.removeprefix("ERROR_REASON_") for value in values}
    asked = [rule["expr"] for rule in rules()] + [query for _, query in panels()]
    named = {
        reason
        for query in asked
        for reasons in re.findall(r'reason=~?"([^"]+)"', query)
        for reason in reasons.split("|")
    }
    assert "INTERNAL" in named
    assert named <= known


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_a_real_prometheus_evaluates_all_rules_and_every_panel_has_data(
    server: Server, prometheus: Prometheus
) -> None:
    def empty_panels() -> list[str]:
        call_in_every_way(server, client)
        return [title for title, query in panels() if not prometheus.query(filled_in(query))]

    with ks.connect(server.tcp) as client:
        until(lambda: empty_panels() == [], "every panel has data")

    def health() -> set[str]:
        (group,) = prometheus.get("rules")["groups"]
        assert len(group["rules"]) == len(rules())
        assert [rule.get("lastError", "") for rule in group["rules"]] == [""] * len(rules())
        return {rule["health"] for rule in group["rules"]}

    until(lambda: health() == {"ok"}, "all rules have been evaluated")
    for annotation in json.loads(DASHBOARD.read_text())["annotations"]["list"]:
        prometheus.query(filled_in(annotation["expr"]))


def filled_in(query: str) -> str:
    """A query as Grafana sends it."""
    variables = {
        "$__rate_interval": "10s",
        "$__interval": "10s",
        "$job": "kernelserve",
        "$instance": ".+",
    }
    for name, value in variables.items():
        query = query.replace(name, value)
    assert "$" not in query
    return query
