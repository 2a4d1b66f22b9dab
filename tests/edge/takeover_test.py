"""Goal: a worker that dies is replaced within its session timeout and two seconds: its partitions are decided by another.

MENTORD_TEST_TAKEOVERS is the number of kills (2). `pytest -s` shows the times.
"""

import os
import time

from delivery_test import load, prove
from processes import until

ROUNDS = int(os.environ.get("MENTORD_TEST_TAKEOVERS", "2"))
SESSION_S = 10  # settings.c
MARGIN_S = 2


def test_a_killed_worker_is_replaced_within_its_session_timeout_and_two_seconds(make_place):
    place = make_place(partitions=4)
    workers = [place.worker(), place.worker()]
    sent, took = [], []
    for round_ in range(ROUNDS):
        def owners():
            return {row[0] for row in place.sql("SELECT DISTINCT owner FROM mentord.progress") if row[0]}
        until(lambda: f"two owners; {owners()}", 60, lambda: len(owners()) == 2)
        load_ = load(400, 100, start=400 * round_)
        place.send(*load_)
        place.settled(60)
        sent += load_
        ready = len(workers[1].events("worker.ready"))
        killed = time.monotonic()
        workers[0].kill()
        more = load(400, 100, start=400 * (round_ + ROUNDS))
        place.send(*more)
        sent += more
        workers[1].wait_event("worker.ready", 60, after=ready)
        until("all decided", 60, lambda wanted=len(sent): place.decided() == wanted, pause=0.02)
        took.append(time.monotonic() - killed)
        workers = [workers[1], place.worker()]
    print("\nreplaced in s:", ", ".join(f"{seconds:.1f}" for seconds in took))
    prove(place, sent)
    assert max(took) < SESSION_S + MARGIN_S, took
