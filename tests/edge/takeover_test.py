"""Goal: a worker that dies is replaced within its session timeout and two seconds: its partitions are decided by another,
whichever way outputs are emitted: an open transaction of the dead one keeps nobody waiting.

MENTORD_TEST_TAKEOVERS is the number of kills (2). `pytest -s` shows the times.
"""

import os
import time

import pytest

from delivery_test import load, prove
from processes import until
from transactional_test import prove_exactly_once

ROUNDS = int(os.environ.get("MENTORD_TEST_TAKEOVERS", "2"))
SESSION_S = 10  # settings.c
MARGIN_S = 2


@pytest.mark.parametrize("emit", ("idempotent", "transactional"))
def test_a_killed_worker_is_replaced_within_its_session_timeout_and_two_seconds(make_place, emit):
    place = make_place(partitions=4)

    def owners():
        return {row[0] for row in place.sql("SELECT DISTINCT owner FROM mentord.progress") if row[0]}

    workers = [place.worker("--emit", emit) for _ in range(2)]
    sent, took, orphans = [], [], 0
    for round_ in range(ROUNDS):
        until(lambda: f"two owners; {owners()}", 60, lambda: len(owners()) == 2)
        load_ = load(4000, 100, start=4000 * round_)
        ready = len(workers[1].events("worker.ready"))
        before = place.decided()
        place.send(*load_)
        until("decisions", 30, lambda floor=before: place.decided() > floor, pause=0.002)
        workers[0].kill()
        killed = time.monotonic()
        sent += load_
        workers[1].wait_event("worker.ready", 60, after=ready)
        until("all decided", 60, lambda: place.decided() == len(sent), pause=0.02)
        took.append(time.monotonic() - killed)
        orphans += len(workers[1].events("orphan.ended"))
        workers = [workers[1], place.worker("--emit", emit)]
    print("\nreplaced in s:", ", ".join(f"{seconds:.1f}" for seconds in took))
    if emit == "transactional":
        prove_exactly_once(place, sent)
        assert orphans > 0
    else:
        prove(place, sent)
    assert max(took) < SESSION_S + MARGIN_S, took
