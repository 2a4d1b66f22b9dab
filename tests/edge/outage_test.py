"""Goal: PostgreSQL or Kafka away, or frozen, under steady input: memory stays bounded, the group keeps its member, nothing goes
to the DLQ, and the worker catches up by itself.

MENTORD_TEST_OUTAGE_S is how long an outage lasts (12 s; the long run is 600), MENTORD_TEST_OUTAGE_RATE the input in
applications a second (300). `pytest -s` shows what was measured.
"""

import contextlib
import os
import pathlib
import signal
import threading
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

import messages as m
from delivery_test import load, prove
from processes import until

OUTAGE_S = float(os.environ.get("MENTORD_TEST_OUTAGE_S", "12"))
RATE = float(os.environ.get("MENTORD_TEST_OUTAGE_RATE", "300"))
WARM_UP = 20000  # records of a backlog that show what memory full speed takes
FLAT_MB = 8  # an outage may add this to what full speed takes: it only waits
NOTICED_S = 85  # session.c gives a statement 75 s
CATCH_UP_MB = 64  # and the catching up this: librdkafka's queues are as full as they get (settings.c)


class Feeder:
    """Sends applications at a steady rate from a thread, whatever is away."""

    def __init__(self, place, rate):
        self.place, self.rate, self.count = place, rate, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._producer = Producer({"bootstrap.servers": place.broker.servers, "partitioner": "murmur2_random",
                                   "enable.idempotence": True, "message.timeout.ms": 0, "linger.ms": 20, "log_level": 0,
                                   "queue.buffering.max.messages": 2000000, "reconnect.backoff.max.ms": 500})
        self._records = load(2000, 200)

    def _next(self):
        """An application of its own under an event id of its own; the rest of it is one of a few."""
        pattern = self._records[self.count % len(self._records)]
        application = m.pb.Application.FromString(pattern.value)
        application.application_id = f"00000000-0000-4000-8000-{self.count:012x}"
        self.count += 1
        return m.record(application, key=pattern.key, event=f"fed-{self.count}")

    def _run(self):
        began = time.monotonic()
        while not self._stop.wait(0.02):
            while self.count < self.rate * (time.monotonic() - began):
                record = self._next()
                self._producer.produce(self.place.applications, key=record.key, value=record.value, headers=record.headers)
            self._producer.poll(0)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        assert self._producer.flush(60) == 0


class Watch:
    """Samples a worker's memory by phase, and what the group knows of its members, from a thread."""

    def __init__(self, place, worker, ask_group):
        self.place, self.worker, self.phase = place, worker, "before"
        self.ask_group = ask_group  # the client that asks cannot do without a broker
        self.mb, self.groups = {}, set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        status = pathlib.Path(f"/proc/{self.worker.process.pid}/status")
        admin = AdminClient({"bootstrap.servers": self.place.broker.servers, "log_level": 0})
        asked = None
        while not self._stop.wait(0.25):
            line = next((at for at in status.read_text().splitlines() if at.startswith("VmRSS:")), None)
            if line is None:
                return  # it has ended, and the test says so
            self.mb.setdefault(self.phase, []).append(int(line.split()[1]) / 1024)
            if asked is None and self.ask_group:
                asked = admin.describe_consumer_groups([self.place.group], request_timeout=5)[self.place.group]
            elif asked is not None and asked.done():
                if asked.exception() is None:
                    group = asked.result()
                    self.groups.add((group.state.name, *sorted(member.member_id for member in group.members)))
                asked = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def peak(self, phase):
        return max(self.mb[phase])


def outage(place, worker, away, ask_group=True):
    """Full speed for a moment, then input that goes on while `away` lasts, and until all is decided."""
    numbers = {}
    with Watch(place, worker, ask_group) as watch:
        place.send(*load(WARM_UP, 300))
        place.settled(120)
        with Feeder(place, RATE) as feeder:
            until("some input decided", 30, lambda: place.decided() > WARM_UP)
            with away:
                watch.phase = "away"
                time.sleep(OUTAGE_S)
            watch.phase, began, wanted = "after", time.monotonic(), WARM_UP + feeder.count
            until(lambda: f"{wanted} decisions; there are {place.decided()}", 60 + OUTAGE_S,
                  lambda: place.decided() >= wanted, 0.2)
            numbers["caught up in s"] = time.monotonic() - began
        place.settled(120)
    numbers = {"RSS before, MB": watch.peak("before"), "away": watch.peak("away"), "after": watch.peak("after"),
               **numbers, "decided": WARM_UP + feeder.count}
    print(f"\n{OUTAGE_S:.0f} s at {RATE:.0f}/s:", ", ".join(f"{what} {number:.1f}" for what, number in numbers.items()))
    nothing_lost(place, feeder)
    assert worker.process.poll() is None
    assert watch.peak("away") < watch.peak("before") + FLAT_MB, numbers
    assert watch.peak("after") < watch.peak("before") + CATCH_UP_MB, numbers
    return watch


def nothing_lost(place, feeder):
    """Each application is decided once and told, none is refused."""
    wanted = WARM_UP + feeder.count
    assert place.sql("SELECT count(*), count(DISTINCT (application_id, version)) FROM mentord.decision") == [(wanted, wanted)]
    assert place.sql("SELECT count(*) FROM mentord.quarantine") == [(0,)]
    assert place.dlq() == []


def member_kept(watch, worker):
    """One member all the time, and no rebalance."""
    assert len(watch.groups) == 1 and next(iter(watch.groups))[0] == "STABLE", watch.groups
    assert [worker.events(event) for event in ("worker.revoked", "worker.fenced", "worker.unsettled")] == [[], [], []]


def processes_of(cluster):
    """The postmaster first, then its children."""
    postmaster = int((pathlib.Path(cluster.folder) / "data" / "postmaster.pid").read_text().split()[0])
    children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


@contextlib.contextmanager
def stopped(server, how):
    server.stop(how)
    try:
        yield
    finally:
        server.start()


@contextlib.contextmanager
def frozen(processes):
    """Sockets stay open and swallow what is sent; nothing answers."""
    pids = processes()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_postgresql_is_stopped_under_input(place, cluster):
    worker = place.worker()
    watch = outage(place, worker, stopped(cluster, "immediate"))
    member_kept(watch, worker)
    assert len(worker.events("worker.ready")) == 2
    assert len(worker.events("worker.waiting")) >= 1


def test_postgresql_is_frozen_under_input(place, cluster):
    worker = place.worker()
    watch = outage(place, worker, frozen(lambda: processes_of(cluster)))
    member_kept(watch, worker)
    if OUTAGE_S > NOTICED_S:
        assert worker.events("worker.waiting")


def test_kafka_is_stopped_under_input(place, broker):
    worker = place.worker()
    outage(place, worker, stopped(broker, "kill"), ask_group=False)


def test_kafka_is_frozen_under_input(place, broker):
    worker = place.worker()
    outage(place, worker, frozen(lambda: [int((pathlib.Path(broker.folder) / "pid").read_text())]), ask_group=False)


def test_a_worker_that_joins_while_postgresql_is_away_gets_its_share(make_place, cluster):
    """The group's rebalance is answered although nothing can be settled."""
    place = make_place(partitions=4)
    first = place.worker()
    sent = load(2000, 100)
    place.send(*sent)
    place.settled()
    with stopped(cluster, "immediate"):
        more = load(2000, 100, start=2000)
        place.send(*more)
        first.wait_event("worker.waiting")
        second = place.worker(ready=False)
        first.wait_event("worker.revoked")
    second.ready(60)
    prove(place, sent + more)
    assert len({row[0] for row in place.sql("SELECT DISTINCT owner FROM mentord.progress")}) == 2
    assert second.process.poll() is None
