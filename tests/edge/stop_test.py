"""Goal: SIGTERM is obeyed within its time also while the database does not answer, and nothing is lost by it."""

import os
import signal
import time

import pytest

from delivery_test import load, prove
from processes import until

DRAIN_S = 10 + 2  # worker.h: WORKER_DRAIN_MS, WORKER_SETTLE_MS
MARGIN_S = 4      # to leave the group and end, on a busy machine

# The last insert of a batch takes a second, so that its backend is found in the middle of the transaction.
SLOW = """
CREATE FUNCTION mentord.dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
CREATE TRIGGER dawdle AFTER INSERT ON mentord.batch FOR EACH STATEMENT EXECUTE FUNCTION mentord.dawdle();
GRANT EXECUTE ON FUNCTION mentord.dawdle() TO mentord_worker;
"""
WRITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, 'mentord ') AND wait_event = 'PgSleep'
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="freezing a process of PostgreSQL's needs root")
@pytest.mark.parametrize("successor", ("while it is frozen", "after it woke up"))
def test_sigterm_in_the_middle_of_a_write_that_hangs_is_obeyed_in_time(make_place, successor):
    place = make_place(partitions=2)
    worker = place.worker()
    sent = load(400, 50)
    backend = None
    try:
        place.sql(SLOW)
        place.send(*sent)
        backend = until("a batch being written", 30, lambda: place.sql(WRITING), pause=0.01)[0][0]
        os.kill(backend, signal.SIGSTOP)
        began = time.monotonic()
        assert worker.stop(60) == 0
        took = time.monotonic() - began
        assert worker.events("worker.waiting") and worker.events("worker.unsettled"), worker.log
        if successor == "while it is frozen":
            other = place.worker(ready=False)
            other.wait_event("pg.evicted")
    finally:
        if backend is not None:
            os.kill(backend, signal.SIGCONT)
    place.worker()
    prove(place, sent)
    print(f"\nended after {took:.1f} s")
    assert took < DRAIN_S + MARGIN_S
    place.mentord("audit", "verify", url=place.cluster.url(place.database))
