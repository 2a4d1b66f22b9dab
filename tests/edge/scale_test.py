"""Goal: workers come and go, partitions are added, and nobody waits longer than needed or sees another order."""

import collections
import json
import signal
import threading
import time

from confluent_kafka import Producer

import messages as m
from delivery_test import load, prove
from place import decision, header
from processes import until


def status(place):
    return json.loads(place.mentord("status", "--json").stdout)


def owners(place):
    return {p["owner"] for p in status(place)["partitions"]} - {""}


def records_of(cprs, rounds, name):
    """`rounds` applications of each citizen, in turn."""
    return [m.record(m.application(cpr), event=f"{name}-{n}-{i}") for n in range(rounds) for i, cpr in enumerate(cprs)]


def in_order(place, sent):
    """Each citizen's decisions are numbered in the order in which the applications were sent."""
    wanted, got = collections.defaultdict(list), {}
    for record in sent:
        wanted[record.key.decode()].append(dict(record.headers)["ce_id"].decode())
    for g in place.outcomes(len(sent)):
        got[decision(g).source.event_id] = (g.key.decode(), int(header(g, "mentor-seq")))
    assert len(got) == len(sent)
    numbered = collections.defaultdict(dict)
    for event, (key, seq) in got.items():
        numbered[key][seq] = event
    for key, events in wanted.items():
        told = [numbered[key][seq] for seq in sorted(numbered[key])]
        assert told == events, f"citizen {key}: {told}"


def growths(place):
    return place.sql("SELECT from_count, to_count, ends, passed_at IS NOT NULL FROM mentord.growth ORDER BY from_count")


def settled_by(place, seconds, sent):
    until(lambda: f"{place.decided()} of {len(sent)} decided; {growths(place)}", seconds, lambda: place.decided() == len(sent))
    place.settled()


# Partitions added

def test_order_holds_over_added_partitions(place):
    """A backlog in the old partitions, then more partitions, then the same citizens again: two thirds of them have moved."""
    cprs = [m.fresh_cpr() for _ in range(200)]
    before = records_of(cprs, 40, "before")
    place.send(*before)
    place.grow(6)
    after = records_of(cprs, 5, "after")
    places = place.send(*after)
    assert {p for p, _ in places} == set(range(6))
    # The database knows three partitions, as after a stop.
    place.sql("INSERT INTO mentord.topic VALUES (%s, %s, 3, %s)", cluster_of(place), place.applications, place.group)
    workers = [place.worker("--batch", "200", ready=False) for _ in range(3)]
    settled_by(place, 60, before + after)
    in_order(place, before + after)
    ends = [sum(p == partition for p, _ in place_of(before)) for partition in range(3)]
    (start, to, noted, passed), = growths(place)
    assert (start, to, passed) == (3, 6, True)
    assert all(e >= o for e, o in zip(noted, ends))
    assert place.sql("SELECT partition_count FROM mentord.topic") == [(6,)]
    assert sum(len(w.events("topic.growing")) for w in workers) >= 1
    assert sum(len(w.events("partition.waiting")) for w in workers) >= 1
    assert not any(w.events("record.misplaced") for w in workers)


def place_of(records):
    return [(m.partition_of(r.key, 3), r) for r in records]


def cluster_of(place):
    from confluent_kafka.admin import AdminClient
    return AdminClient({"bootstrap.servers": place.broker.servers}).list_topics(timeout=10).cluster_id


if __name__ == "__main__":
    raise SystemExit("run by pytest")
