"""For every test of a run in which some are from here."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the slow ones: the other workers would wait for one that comes last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
