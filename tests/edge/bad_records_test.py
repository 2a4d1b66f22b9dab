"""Goal: records that go wrong do bounded harm: one that ends the worker's process is set aside, many stop their partition."""

import json

from confluent_kafka import Producer

import messages as m
from place import header
from processes import until

SHORT = ("--kafka", "session.timeout.ms=6000")  # a killed member's partitions move after this


def keyed(place, partition, count):
    """Record keys that belong to a partition."""
    keys = (f"key-{i}" for i in range(100000))
    return [key for key, _ in zip((k for k in keys if m.partition_of(k.encode(), place.partitions) == partition), range(count))]


def bad(key):
    return m.record(b"\xff\xff", key=key)


def positions(place):
    return {p["partition"]: p for p in json.loads(place.mentord("status", "--json").stdout)["partitions"]}


def test_a_partition_that_refuses_too_much_stops_until_a_person_resumes_it(make_place):
    place = make_place(partitions=2)
    worker = place.worker("--breaker", "20")
    key, other = keyed(place, 0, 1)[0], keyed(place, 1, 1)[0]
    place.send(*[bad(key) for _ in range(50)])
    worker.wait_event("partition.stopped")
    until("the stop in the store", 20, lambda: positions(place).get(0, {}).get("stopped"))
    place.send(*[m.record(m.application(), key=other, event=f"other-{i}") for i in range(30)])
    assert len(place.outcomes(30)) == 30  # the other partition goes on
    stopped = positions(place)[0]
    assert (stopped["next_offset"], stopped["quarantined"]) == (21, 21)
    assert len(place.dlq(21)) == 21
    text = place.mentord("status").stdout
    assert "partition 0 is stopped" in text and "mentord dlq resume 0" in text

    worker.stop()  # another process leaves it stopped
    worker = place.worker("--breaker", "20")
    worker.wait_event("partition.stopped")
    place.send(m.record(m.application(), key=other, event="other-30"))
    assert place.outcome_of("other-30")
    assert positions(place)[0]["next_offset"] == 21

    assert place.mentord("dlq", "resume", "1", expect=2).stderr.count("\n") == 1
    assert place.mentord("dlq", "resume", "x", expect=64)
    place.mentord("dlq", "resume", "0")
    until("21 more refused", 30, lambda: positions(place)[0]["next_offset"] == 42)
    assert positions(place)[0]["stopped"]  # it takes as many again
    place.mentord("dlq", "resume", "0")
    place.send(m.record(m.application(), key=key, event="after"))
    assert place.outcome_of("after")
    place.settled()
    assert positions(place)[0]["next_offset"] == 51 and not positions(place)[0]["stopped"]


def test_few_bad_records_stop_nothing(place):
    worker = place.worker()
    key = keyed(place, 0, 1)[0]
    place.send(*[bad(key) for _ in range(200)])
    place.settled()
    assert not positions(place)[0]["stopped"]
    assert worker.events("partition.stopped") == []


def test_a_record_that_ends_the_worker_is_set_aside_unread(make_place):
    """What ends the process is the test, each time the store was told which record is tried."""
    place = make_place(partitions=1)
    worker = place.worker(*SHORT)
    place.send(m.record(m.application(), event="before"))
    place.settled()
    worker.kill()
    # Three owners more have died here: each death is waited for below, but these would take a session timeout each.
    place.sql("UPDATE mentord.progress SET takeovers = 3")
    good = [m.record(m.application(), event=f"good-{i}") for i in range(5)]
    (_, culprit), *_ = place.send(m.record(m.application(), event="culprit"), *good)

    def tries():
        return place.sql("SELECT CASE WHEN tried_offset = %s THEN tries ELSE 0 END FROM mentord.progress", culprit)[0][0]
    # Nothing that decides it is ever stored: each process is ended in the middle of that.
    place.sql("CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS "
              "$$ BEGIN PERFORM pg_catalog.pg_sleep(600); RETURN NEW; END $$")
    place.sql(f"CREATE TRIGGER wait BEFORE INSERT ON mentord.decision FOR EACH ROW WHEN (NEW.source_offset = {culprit}) "
              "EXECUTE FUNCTION public.wait()")
    for death in (1, 2):
        worker = place.worker(*SHORT, ready=False)
        until(f"try {death}", 60, lambda: tries() == death)
        worker.kill()
    worker = place.worker(*SHORT, ready=False)
    place.settled(60)
    assert worker.events("record.condemned")
    rows = place.sql("SELECT source_offset, reason, arms FROM mentord.quarantine")
    assert rows == [(culprit, "record-failed", True)]
    assert place.decided() == 6
    got, = place.dlq(1)
    assert dict(got.headers)["ce_id"] == b"culprit" and header(got, "grpc-status") == "13"
    # Single records end with it: the others came in one batch.
    assert place.sql("SELECT decided FROM mentord.batch WHERE first_offset = %s", culprit + 1) == [(5,)]
    place.mentord("dlq", "redrive")
    place.settled()
    assert place.decided() == 7


def hostile(place, records):
    """Produced to partition 0, compressed: what the broker bounds is what it takes then."""
    producer = Producer({"bootstrap.servers": place.broker.servers, "message.max.bytes": 1000000000, "compression.type": "gzip",
                         "queue.buffering.max.kbytes": 2097151, "batch.num.messages": 1})
    failed = []
    for r in records:
        producer.produce(place.applications, key=r.key, value=r.value, headers=r.headers, partition=0,
                         on_delivery=lambda error, _: error and failed.append(error))
        assert producer.flush(60) == 0 and not failed, failed


def test_headers_beyond_all_bounds_are_refused_and_harm_nobody(make_place):
    """Numbers and sizes that a batch has no memory for; names that take long to compare; one that inflates to 200 MiB."""
    place = make_place(partitions=1)
    worker = place.worker()
    numbers = [m.record(m.application(), event=f"many-{i}", extra=[("x", b"")] * 99000) for i in range(60)]
    names = [m.record(m.application(), event=f"names-{i}", extra=[(f"ce_{n}", b"") for n in range(90000)]) for i in range(5)]
    one = m.record(m.application(), event="one", extra=[("x", b"0" * (200 << 20))])
    sent = [*numbers, *names, one]
    hostile(place, sent)
    fine = [m.record(m.application(), event=f"fine-{i}", extra=[("x", b"0")] * 996) for i in range(30)]
    place.send(*fine)
    place.settled(120)
    assert place.decided() == len(fine)
    got = place.dlq(len(sent))
    assert len(got) == len(sent)
    for r, g in zip(sent, got):
        assert (g.key, g.value, header(g, "mentor-reason"), header(g, "grpc-status")) == (r.key, r.value, "headers-too-large", "8")
        assert g.headers[:4] == r.headers[:4] and all(name.startswith(("mentor-", "grpc-")) for name, _ in g.headers[4:])
    assert not worker.events("worker.halted") and worker.process.poll() is None
    place.mentord("audit", "verify", "--kafka")
    place.mentord("replay", "verify", "--source", "kafka", timeout=120)
    place.mentord("dlq", "redrive", "--max", "3")  # what is kept of them is enough
    place.settled()
    assert place.decided() == len(fine) + 3
    assert place.mentord("audit", "verify", "--kafka")
    assert worker.stop() == 0
