"""Goal: with --emit transactional a read_committed reader sees each decision and each DLQ record exactly once,
whatever is killed, frozen, stopped or started; a broker that cannot promise it is refused."""

import collections
import random
import re
import signal
import subprocess
import threading
import time

import pytest

import messages as m
from delivery_test import load, status_positions
from place import decision, header
from processes import until

EMIT = ("--emit", "transactional")


def poison(count, start=0):
    """Records that go to the DLQ, each with a key of its own."""
    return [m.record(b"\x10", key=f"poison-{start + n}") for n in range(count)]


def mixed(count, citizens, bad, start=0):
    """Applications with `bad` poison records strewn among them."""
    records = load(count, citizens, start) + poison(bad, start)
    random.Random(start).shuffle(records)
    return records


def prove_exactly_once(place, sent, seconds=180):
    """Each application decided and told once, in its citizen's order; each poison in the DLQ topic once."""
    place.settled(seconds)
    bad = {r.key for r in sent if r.key.startswith(b"poison-")}
    events = {dict(r.headers)["ce_id"].decode() for r in sent if r.key not in bad}
    assert place.decided() == len(events)
    told = collections.Counter(decision(g).source.event_id for g in place.outcomes(len(events)))
    assert {e: n for e, n in told.items() if n != 1} == {}, "told more than once"
    assert set(told) == events
    refused = collections.Counter(g.key for g in place.dlq(len(bad)))
    assert {k: n for k, n in refused.items() if n != 1} == {}, "in the DLQ more than once"
    assert set(refused) == bad
    numbers = collections.defaultdict(list)
    for g in place.outcomes():
        numbers[g.key].append(int(header(g, "mentor-seq")))
    for key, seqs in numbers.items():
        assert seqs == list(range(1, len(seqs) + 1)), f"citizen {key}: {seqs}"


def committed_is_exact(place):
    """The group's offsets are the emitted ones, with the mode, epoch and next of the transaction that moved them."""
    def ask():
        committed = place.committed()
        rows = place.sql("SELECT partition, epoch, next_offset, emitted_offset FROM mentord.progress WHERE next_offset > 0")
        return rows and all(committed[p] == (emitted, f"transactional,{epoch},{following}")
                            for p, epoch, following, emitted in rows if emitted == following)
    until(lambda: f"group offsets {place.committed()} like {place.sql('TABLE mentord.progress')}", 20, ask)


def test_each_is_told_once_and_the_offsets_go_with_it(place):
    sent = mixed(500, 40, 20)
    place.send(*sent)
    worker = place.worker(*EMIT)
    prove_exactly_once(place, sent)
    committed_is_exact(place)
    assert worker.stop() == 0
    assert worker.events("worker.drained")
    more = mixed(500, 40, 20, start=500)
    place.send(*more)
    place.worker(*EMIT)
    prove_exactly_once(place, sent + more)
