"""What a server tells its operator over HTTP."""

from __future__ import annotations

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from harness.server import Server


def page(server: Server, path: str) -> str:
    """The text of a page, of a server with --metrics_listen."""
    with urllib.request.urlopen(f"http://{server.ready['metrics']}{path}") as response:
        assert response.status == 200
        text = response.read().decode()
        assert isinstance(text, str)
        return text


def metric(server: Server, name: str, **labels: str) -> float | None:
    """The value of a metric's sample; None where there is no such series."""
    for family in text_string_to_metric_families(page(server, "/metrics")):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return None
