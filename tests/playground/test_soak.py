"""Memory stays flat while sessions train, pages come and go, and clients are odd."""

import gc
import tracemalloc

import pytest
from playing import Page, until

from softlearn.playground.server import Server
from softlearn.playground.session import Session


@pytest.fixture
def traced():
    """Trace memory until the server and its threads have ended: to stop before may crash Python."""
    tracemalloc.start(1)
    yield
    tracemalloc.stop()


@pytest.fixture
def server(traced):
    made = Server(lambda: Session("c6-hidden"))
    with made.in_background():
        yield made


def held():
    """Return the bytes that Python objects and arrays take."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def train(page, pictures):
    step = page.state["step"]
    for _ in range(pictures):
        step = page.picture()["step"]
        page.pictures.clear()
    return step


def test_memory_stays_flat_while_a_session_trains(server):
    with Page(server) as page:
        page.send("run")
        assert train(page, 30) > 0
        before = held()
        train(page, 60)
        assert held() - before < 2_000_000


def test_memory_stays_flat_when_pages_come_and_go(server):
    for _ in range(3):
        with Page(server) as page:
            page.send("run")
            page.picture()
    before = held()
    for _ in range(10):
        with Page(server) as page:
            page.send("run")
            page.picture()
    assert held() - before < 2_000_000


def test_a_page_that_acknowledges_nothing_gets_two_pictures_and_training_goes_on(server):
    with Page(server, acknowledges=False) as page:
        page.send("run")
        until(lambda: page.receive() is None)
        steps = [page.event("progress")["step"] for _ in range(10)]
        assert steps[-1] > steps[0]
        assert len(page.pictures) <= 2
