"""A runner's thread handles commands, trains in slices, and makes pictures when there is room."""

import json
import time

import pytest
from playing import Counting, until

from softlearn.playground.outbox import CREDITS
from softlearn.playground.runner import Runner
from softlearn.playground.wire import unpack


class Host:
    """A runner, and what its outbox gave so far."""

    def __init__(self, session):
        self.session, self.events, self.pictures = session, [], []
        self.runner = Runner(session, lambda: None)

    def look(self):
        """Take what waits; return how many pictures came so far."""
        for message in self.runner.outbox.take():
            if isinstance(message, str):
                self.events.append(json.loads(message))
            else:
                self.pictures.append(unpack(message))
        return len(self.pictures)

    def has(self, kind):
        self.look()
        return any(event["type"] == kind for event in self.events)

    def put(self, kind, **more):
        self.runner.put({"type": kind, **more})


@pytest.fixture
def host_of():
    hosts = []

    def make(session):
        hosts.append(Host(session))
        return hosts[-1]

    yield make
    for host in hosts:
        host.runner.close(wait=5.0)
        assert not host.runner.alive


def test_only_the_runners_thread_touches_the_session(host_of):
    host = host_of(Counting())
    host.put("data")
    until(lambda: host.has("done") and host.look())
    host.put("pause")
    until(lambda: not host.session.running)
    assert len(host.session.threads) == 1


def test_commands_are_handled_in_their_order(host_of):
    host = host_of(Counting())
    for i in range(100):
        host.put("data", n=i)
    until(lambda: len(host.session.got) == 100)
    assert [message["n"] for message in host.session.got] == list(range(100))


def test_without_acknowledgement_two_pictures_come_and_training_goes_on(host_of):
    host = host_of(Counting(cost=1e-5))
    until(lambda: host.look() == CREDITS)
    before = host.session.step
    time.sleep(0.2)
    assert host.look() == CREDITS
    assert host.session.step > before


def test_an_acknowledgement_brings_the_next_picture(host_of):
    host = host_of(Counting())
    until(lambda: host.look() == CREDITS)
    for i in range(5):
        host.put("ack", seq=host.pictures[i]["seq"])
        until(lambda i=i: host.look() == i + 1 + CREDITS)


def test_after_a_restart_a_picture_comes_before_older_ones_are_acknowledged(host_of):
    host = host_of(Counting())
    until(lambda: host.look() == CREDITS)
    host.put("ack", seq=host.pictures[0]["seq"])
    until(lambda: host.look() == CREDITS + 1)
    host.put("hello")
    until(lambda: host.look() > CREDITS + 1)


def test_a_page_that_acknowledges_nothing_gets_two_pictures_however_often_it_restarts(host_of):
    host = host_of(Counting())
    for _ in range(20):
        host.put("hello")
        host.look()
    until(lambda: host.look() == CREDITS)
    host.put("hello")
    step = host.session.step
    until(lambda: host.session.step > step)
    assert host.look() == CREDITS


@pytest.mark.parametrize("seq", [None, True, "2", 1.5, -7, 10**30])
def test_a_bad_acknowledgement_gives_no_more_than_it_may(host_of, seq):
    host = host_of(Counting())
    until(lambda: host.look() == CREDITS)
    host.put("ack", seq=seq)
    time.sleep(0.1)
    assert host.look() <= 2 * CREDITS


def test_a_host_that_takes_nothing_finds_the_newest_picture_and_one_progress(host_of):
    host = host_of(Counting(cost=1e-4))
    until(lambda: host.session.step > 2000)
    host.look()
    assert [event["type"] for event in host.events] == ["progress"]
    assert len(host.pictures) == 1
    assert host.pictures[0]["step"] > 1000


def test_a_host_that_takes_nothing_learns_that_commands_must_wait(host_of):
    host = host_of(Counting())
    for _ in range(1000):
        host.put("data")
    assert host.runner.full
    until(lambda: len(host.session.got) == 1000)
    assert host.runner.full
    host.look()
    assert not host.runner.full


def test_pause_is_a_pause_and_its_last_picture_comes(host_of):
    host = host_of(Counting(cost=1e-5))
    host.put("pause")
    until(lambda: not host.session.running)
    until(lambda: host.look() and host.pictures[-1]["step"] == host.session.step)
    step = host.session.step
    time.sleep(0.05)
    assert host.session.step == step


def test_history_is_asked_for_from_where_the_page_knows_it(host_of):
    host = host_of(Counting(cost=1e-4))
    until(lambda: host.look() or len(host.events) > 3)
    until(
        lambda: len([None for e in host.events if e["type"] == "progress"]) > 3 or host.look() < 0
    )
    told = [event for event in host.events if event["type"] == "progress"]
    since = [event["history"][0][0] for event in told]
    assert since == [0, *(event["step"] for event in told[:-1])]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))


def test_a_slice_is_short_whatever_a_step_costs(host_of):
    host = host_of(Counting(cost=0.002))
    until(lambda: host.session.step > 200)
    assert max(host.session.advances) <= 10


@pytest.mark.parametrize(("speed", "least", "most"), [(0.1, 1, 6), (1, 8, 40), (20, 160, 800)])
def test_speed_is_steps_per_thirtieth_of_a_second(host_of, speed, least, most):
    host = host_of(Counting(speed=speed))
    time.sleep(1.0)
    assert least <= host.session.step <= most


def test_what_fails_in_the_session_is_said_and_the_session_goes_on(host_of):
    host = host_of(Counting())
    host.put("break")
    host.put("data")
    until(lambda: host.has("done"))
    (error,) = [event for event in host.events if event["type"] == "error"]
    assert error["message"] == "Something failed unexpectedly (RuntimeError: broken)."
    assert error["code"] == "internal"


def test_training_that_fails_pauses(host_of):
    session = Counting()

    def fail(steps):
        raise FloatingPointError("too large")

    session.advance = fail
    host = host_of(session)
    until(lambda: host.has("error"))
    until(lambda: not session.running)


def test_closing_ends_the_thread_while_it_trains_and_while_it_waits(host_of):
    for running in (True, False):
        host = host_of(Counting(running=running))
        host.runner.close(wait=5.0)
        assert not host.runner.alive
