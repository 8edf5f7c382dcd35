"""The status page in a real browser, at a desk and on phones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import kernelserve as ks
import pytest
from harness.server import Server
from kernelserve.v1 import string_distance_pb2

from .browser import Browser, Screen

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("browser")]

DESK = Screen(1280, 900)
PHONE = Screen(390, 844, mobile=True)
SMALL_PHONE = Screen(320, 568, mobile=True)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    """A server of which the page has much to say."""
    server = start("--metrics_listen=127.0.0.1:0")
    with ks.connect(server.tcp) as client:
        client.compare("kitten", "sitting")
        client.editops("kitten", "sitting")
        client.pairwise(["kitten"] * 1000, ["sitting"] * 1000)
        client.cdist(["kitten"] * 100, ["sitting"] * 100)
        client.top_k(["kitten"] * 100, ["sitting"] * 100)
        client.join(["kitten"] * 10, ["sitting"] * 10, score_cutoff=3)
        client.run("fibonacci", list(range(90)))
        with pytest.raises(ks.OutOfRangeError):
            client.fibonacci(10**12)
        with pytest.raises(ks.UnknownNameError):
            client.compare("a", "b", scorer="levenstein.distance")
    return server


def width(browser: Browser) -> int:
    found = browser.evaluate("document.documentElement.scrollWidth")
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=lambda screen: f"{screen.width}px")
def test_everything_fits_the_screen_s_width(
    server: Server, browser: Browser, screen: Screen
) -> None:
    browser.open(f"http://{server.ready['metrics']}/", screen)
    assert width(browser) <= screen.width
    # Nor is a part of the page to be pushed about to be read.
    wider = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
    assert browser.evaluate(f"{wider}.map(e => e.innerText)") == []


@pytest.mark.parametrize("screen", [PHONE, SMALL_PHONE], ids=lambda screen: f"{screen.width}px")
def test_what_nothing_can_break_does_not_widen_the_page(
    server: Server, browser: Browser, screen: Screen
) -> None:
    request = string_distance_pb2.CompareRequest()
    request.scorer.name = "levenshtein." + "distance" * 12
    server.raw().refusal("Compare", request, metadata=[("x-request-id", "r" * 128)])
    browser.open(f"http://{server.ready['metrics']}/", screen)
    text = browser.evaluate("document.body.innerText")
    assert request.scorer.name[:60] in text
    assert "r" * 128 in text
    assert width(browser) <= screen.width


def test_it_can_be_read_on_a_phone(server: Server, browser: Browser) -> None:
    browser.open(f"http://{server.ready['metrics']}/", PHONE)
    sizes = "[...document.querySelectorAll('td, dd, dt, p, li')]"
    sizes += ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    assert min(browser.evaluate(sizes)) >= 12
    assert browser.evaluate("document.querySelector('.state').textContent") == "serving"
    first = "[...document.querySelectorAll('td:first-child')].map(e => e.innerText)"
    methods = {"Compare", "EditScript", "Pairwise", "Cdist", "TopK", "Join", "Run", "Compute"}
    assert methods <= set(browser.evaluate(first))
    assert "OUT_OF_RANGE" in browser.evaluate("document.querySelector('.errors').innerText")
