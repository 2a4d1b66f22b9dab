"""What the chaos publishes, and the fate that each record must come to, known here before anybody decides it.

All records of an application have one key, so they lie in one partition in the order in which they were sent, and the
rows of contract.md § 2 say what becomes of each. A record's place is the broker's word for it.
"""

import collections
import hashlib
import random
import threading
import time
import uuid

import messages as m
from confluent_kafka import Producer
from messages import pb

# What must become of a record. `key` is its event key and `application` its id (both None where they could not be
# read); digests are SHA-256; `whole` is what the DLQ must give back.
Fate = collections.namedtuple("Fate", "kind fate reason key application version event citizen input whole")

ACTIVE = 200        # citizens who apply at the same time
PER_CITIZEN = 12    # applications, then another takes the place
CROSSING = 0.05     # of the citizens are known under two keys, so that two partitions hold them
REPEATED = 0.25     # of the records are about an application that was sent before
POISONED = 0.04     # of the records cannot be decided


def whole(key, value, headers):
    """One digest of all that a DLQ record must have as it came."""
    own = [(n, v) for n, v in headers if not n.startswith("mentor-") and n not in ("grpc-status", "grpc-message")]
    return hashlib.sha256(repr((key, value, own)).encode()).digest()


def event_key(record):
    headers = dict(record.headers)
    packed = b"".join(len(part).to_bytes(4, "big") + part for part in (headers["ce_source"], headers["ce_id"]))
    return hashlib.sha256(packed).digest()[:16]


class Citizen:
    def __init__(self, rng):
        self.cpr = m.fresh_cpr()
        self.ref = m.citizen_ref(self.cpr)
        self.crosses = rng.random() < CROSSING
        self.keys = [self.ref] + ([self.ref[:16] + "-second"] if self.crosses else [])
        self.left = PER_CITIZEN


class Matter:
    """One application as far as it was sent: what the next event about it turns on."""

    def __init__(self, citizen, key):
        self.citizen, self.key = citizen, key
        self.newest = None  # Application
        self.records = []   # decided ones: (Record, Application)


def _poison(rng, citizen):
    """(kind, reason, Record): one of each way to be refused that a producer could well send."""
    app = m.application(citizen.cpr)
    good = m.record(app, key=citizen.ref)

    def spoiled(value, reason, kind="undecodable"):
        return kind, reason, m.record(value, key=citizen.ref)

    def changed(**fields):
        for name, value in fields.items():
            setattr(app, name, value)
        return app
    return rng.choice((
        lambda: spoiled(rng.randbytes(200) + b"\xff\xff", None),
        lambda: spoiled(m.without(app, "citizen") + m.length_delimited(4, b"\x0a\xff\xff"), None),
        lambda: spoiled(app.SerializeToString() + b"\x00" * 262144, "value-too-large", "oversized"),
        lambda: ("header", "header-missing", good.with_header("ce_source", None)),
        lambda: ("header", "header-twice", good.and_header("ce_id", b"another")),
        lambda: ("header", "specversion-unknown", good.with_header("ce_specversion", b"0.3")),
        lambda: ("header", "time-invalid", good.with_header("ce_time", b"yesterday")),
        lambda: ("header", "type-unknown", good.with_header("ce_type", b"dk.mentor.application.withdrawn.v9")),
        lambda: ("null", "value-null", m.Record(good.key, None, good.headers)),
        lambda: ("key", "key-invalid", m.record(app, key=b"k" * 65)),
        lambda: ("cpr", "cpr-in-metadata", m.record(app, key=citizen.cpr)),
        lambda: ("cpr", "cpr-in-metadata", m.record(app, key=citizen.ref, event="case-" + citizen.cpr)),
        lambda: ("version", "version-invalid", m.record(changed(version=0), key=citizen.ref)),
        lambda: ("id", "application-id-invalid", m.record(changed(application_id="not-a-uuid"), key=citizen.ref)),
    ))()


class Stream:
    """Publishes in a thread of its own until it is paused; `expected` is by (partition, offset)."""

    def __init__(self, place, seed, rate):
        self._rng = random.Random(seed)
        self._place, self._rate = place, rate
        self._citizens = []
        self._matters = collections.deque(maxlen=3000)
        self._lock = threading.Lock()
        self.expected = {}
        self.crossing = set()  # citizen refs
        self.cprs = set()
        self.kinds = collections.Counter()
        self.published = 0
        self.errors = []
        self._producer = Producer({
            "bootstrap.servers": place.broker.servers, "partitioner": "murmur2_random", "enable.idempotence": True,
            "message.max.bytes": 1048588, "linger.ms": 5, "queue.buffering.max.messages": 1000000, "log_level": 0,
            "reconnect.backoff.max.ms": 500, "message.timeout.ms": 600000, "topic.metadata.refresh.interval.ms": 2000})
        self._going = threading.Event()
        self._idle = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="stream")
        self._thread.start()

    # What comes next

    def _citizen(self):
        if len(self._citizens) < ACTIVE:
            citizen = Citizen(self._rng)
            self._citizens.append(citizen)
            self.cprs.add(citizen.cpr)
            if citizen.crosses:
                self.crossing.add(citizen.ref)
            return citizen
        at = self._rng.randrange(ACTIVE)
        citizen = self._citizens[at]
        citizen.left -= 1
        if citizen.left == 0:
            self._citizens[at] = self._citizens[-1]
            self._citizens.pop()
        return citizen

    def _fate(self, kind, fate, reason, record, app, citizen):
        return Fate(kind, fate, reason, event_key(record), uuid.UUID(app.application_id).bytes, app.version,
                    dict(record.headers)["ce_id"], citizen.ref, hashlib.sha256(record.value).digest(),
                    whole(record.key, record.value, record.headers) if fate == "dlq" else None)

    def _decided(self, kind, matter, app, event=None):
        record = m.record(app, key=matter.key, event=event)
        matter.records.append((record, app))
        return record, self._fate(kind, "decided", None, record, app, matter.citizen)

    def _new(self):
        citizen = self._citizen()
        matter = Matter(citizen, self._rng.choice(citizen.keys))
        matter.newest = m.application(citizen.cpr)
        days = self._rng.randrange(7, 300)
        matter.newest.support.start_date, matter.newest.support.end_date = m.day(days), m.day(days + 60)
        self._matters.append(matter)
        return self._decided("new", matter, matter.newest)

    def _other(self, app):
        copy = pb.Application()
        copy.CopyFrom(app)
        copy.support.tasks = "andet indhold " + uuid.UUID(int=self._rng.getrandbits(128)).hex
        return copy

    def _repeat(self):
        """Of what was sent before: the same again, or something else under the same name."""
        matter = self._rng.choice(self._matters)
        first, app = self._rng.choice(matter.records)
        event = dict(first.headers)["ce_id"].decode()
        kind = self._rng.choice(("same event", "same event", "same content", "event conflict", "other content",
                                 "new version", "old version"))
        if kind == "same event":
            return first, self._fate(kind, "duplicate", "duplicate-event", first, app, matter.citizen)
        if kind == "same content":
            again = m.record(app, key=matter.key)
            return again, self._fate(kind, "duplicate", "duplicate-content", again, app, matter.citizen)
        if kind == "event conflict":
            other = self._other(app)
            record = m.record(other, key=matter.key, event=event)
            return record, self._fate(kind, "dlq", "event-conflict", record, other, matter.citizen)
        if kind == "new version":
            matter.newest = self._other(matter.newest)
            matter.newest.version += 1
            return self._decided(kind, matter, matter.newest)
        if kind == "other content" or matter.newest.version == 1:
            return self._decided("other content", matter, self._other(matter.newest))
        old = self._other(app)
        old.version = self._rng.randrange(1, matter.newest.version)
        record = m.record(old, key=matter.key)
        return record, self._fate(kind, "dlq", "version-outdated", record, old, matter.citizen)

    def _next(self):
        draw = self._rng.random()
        if draw < POISONED:
            kind, reason, record = _poison(self._rng, self._citizen())
            digest = None if record.value is None else hashlib.sha256(record.value).digest()
            return record, Fate(kind, "dlq", reason, None, None, None, None, None, digest,
                                whole(record.key, record.value, record.headers))
        if draw < POISONED + REPEATED and self._matters:
            return self._repeat()
        return self._new()

    # How it goes out

    def _run(self):
        due = time.monotonic()
        while not self._ended:
            if not self._going.is_set():
                self._idle.set()
                self._producer.poll(0.05)
                due = time.monotonic()
                continue
            count = self._rng.choice((1, 5, 50, 300))  # so that batches of all sizes are met
            self.burst(count)
            due = max(due, time.monotonic() - 2) + count / self._rate
            while self._going.is_set() and time.monotonic() < due:
                self._producer.poll(0.02)

    def _send(self, record, fate):
        def delivered(error, message):
            if error is not None:
                self.errors.append(f"a record could not be published: {error}")
                return
            with self._lock:
                self.expected[message.partition(), message.offset()] = fate
                self.published += 1
                self.kinds[fate.kind] += 1
        self._producer.produce(self._place.applications, key=record.key, value=record.value, headers=record.headers,
                               on_delivery=delivered)

    def go(self):
        self._idle.clear()
        self._going.set()

    def burst(self, count):
        """At once. From another thread only while paused."""
        for _ in range(count):
            self._send(*self._next())
            self._producer.poll(0)

    def pause(self):
        """Returns when all that was sent is acknowledged."""
        self._going.clear()
        assert self._idle.wait(60)
        assert self._producer.flush(120) == 0, "the broker does not take the stream"

    def partitions(self):
        """As many as it spreads keys over, asked anew."""
        return len(self._producer.list_topics(self._place.applications, 10).topics[self._place.applications].partitions)

    def end(self):
        self._going.clear()
        self._ended = True
        self._thread.join(30)

    def take(self):
        """What was published since the last time; the caller's from now on."""
        with self._lock:
            taken, self.expected = self.expected, {}
            return taken
