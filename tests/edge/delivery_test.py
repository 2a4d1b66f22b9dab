"""Goal: nothing lost, nothing doubled, each citizen's order kept, whatever is killed, stopped or started."""

import collections
import re
import subprocess
import threading

import psycopg
import pytest

import messages as m
from messages import pb
from place import decision, header
from processes import until


def load(count, citizens, start=0):
    """Applications of `citizens` citizens, in turn; each its own application and event."""
    cprs = [m.fresh_cpr() for _ in range(citizens)]
    return [m.record(m.application(cprs[n % citizens]), event=f"load-{start + n}") for n in range(count)]


def prove(place, sent):
    """All that was sent is decided once and told at least once with the same bytes; seqs have no holes."""
    place.settled(120)
    events = {dict(r.headers)["ce_id"].decode() for r in sent}
    assert place.decided() == len(events)
    outcomes = place.outcomes(len(events))
    bytes_of, first = {}, {}
    for g in outcomes:
        told = (g.key, g.value, header(g, "mentor-seq"))
        assert bytes_of.setdefault(header(g, "ce_id"), told) == told, "the same ce_id with other bytes"
        first.setdefault(header(g, "ce_id"), g)
    assert {decision(g).source.event_id for g in first.values()} == events
    assert len(first) == len(events)
    numbers = collections.defaultdict(list)
    for g in first.values():  # in the topic's order
        numbers[g.key].append(int(header(g, "mentor-seq")))
    for key, seqs in numbers.items():
        assert seqs == list(range(1, len(seqs) + 1)), f"citizen {key}: {seqs}"
    assert place.dlq() == []
    return len(outcomes) - len(first)


def committed_is_emitted(place):
    """The group's offsets are the emitted ones, with mode, epoch, next and the head of the chain as metadata."""
    def ask():
        committed = place.committed()
        rows = place.sql("SELECT partition, epoch, next_offset, emitted_offset, encode(link, 'hex') FROM mentord.progress WHERE next_offset > 0")
        return rows and all(committed[p] == (emitted, f"idempotent,{epoch},{following},{link}") for p, epoch, following, emitted, link in rows)
    until(lambda: f"group offsets {place.committed()} like {place.sql('TABLE mentord.progress')}", 20, ask)


def test_a_restart_loses_and_doubles_nothing(place):
    sent = load(500, 40)
    place.send(*sent)
    worker = place.worker()
    until("decisions", 30, lambda: place.decided() == 500)
    assert worker.stop() == 0
    assert worker.events("worker.drained")
    more = load(500, 40, start=500)
    place.send(*more)
    place.worker()
    assert prove(place, sent + more) == 0, "an orderly end repeats nothing"
    committed_is_emitted(place)


def test_sigterm_under_load_drains_and_loses_nothing(place):
    sent = load(20000, 500)
    place.send(*sent)
    worker = place.worker()
    until("the first decisions", 30, lambda: place.decided() > 0)
    assert worker.stop() == 0
    rows = place.sql("SELECT next_offset - emitted_offset FROM mentord.progress")
    assert [row[0] for row in rows if row[0] != 0] == [], "drained: what is stored is told"
    place.worker()
    assert prove(place, sent) == 0


def test_sigint_ends_as_sigterm_does(place):
    import signal
    worker = place.worker()
    worker.process.send_signal(signal.SIGINT)
    assert worker.wait() == 0


def test_kill_9_in_mid_batch_loses_nothing_and_repeats_only_identical_bytes(place):
    sent = load(30000, 700)
    feeder = threading.Thread(target=place.send, args=sent)
    feeder.start()
    try:
        for round_ in range(3):
            before = place.decided()
            worker = place.worker()
            until("progress", 60, lambda: place.decided() > before + 500 * (round_ + 1), pause=0.002)
            worker.kill()
    finally:
        feeder.join()
    place.worker()
    prove(place, sent)
    committed_is_emitted(place)


def test_two_workers_share_the_partitions_and_one_takes_over(make_place):
    place = make_place(partitions=6)
    first = place.worker()
    second = place.worker()

    def owners():
        return {p["owner"] for p in status_positions(place)}
    until(lambda: f"two owners; {owners()}", 60, lambda: len(owners() - {""}) == 2)
    sent = load(3000, 200)
    place.send(*sent)
    place.settled(60)
    by = {row[0] for row in place.sql("SELECT DISTINCT owner FROM mentord.batch")}
    assert len(by) == 2, "both have decided"
    first.kill()
    more = load(3000, 200, start=3000)
    place.send(*more)
    prove(place, sent + more)
    assert second.process.poll() is None


def test_lanes_share_the_partitions_of_one_worker(make_place):
    """--lanes: each lane is a member of the group; killed in mid-batch or told to stop, all of them keep the promise."""
    place = make_place(partitions=4)
    worker = place.worker("--lanes", "2")

    def owners():
        return {p["owner"] for p in status_positions(place)} - {""}
    until(lambda: f"two lanes with partitions; {owners()}", 60, lambda: len(owners()) == 2)
    assert {owner.rpartition("/")[0] for owner in owners()} == {next(iter(owners())).rpartition("/")[0]}, "one process"
    sent = load(20000, 300)
    feeder = threading.Thread(target=place.send, args=sent)
    feeder.start()
    try:
        until("progress", 60, lambda: place.decided() > 1000, pause=0.002)
        worker.kill()
    finally:
        feeder.join()
    second = place.worker("--lanes", "3")
    prove(place, sent)
    assert second.stop() == 0
    assert len(second.events("worker.drained")) >= 2
    assert len(second.events("worker.stopped")) == 1
    assert len({row[0] for row in place.sql("SELECT DISTINCT owner FROM mentord.batch")}) >= 3


def test_a_worker_that_leaves_in_order_hands_over_at_once(make_place):
    place = make_place(partitions=4)
    first, _ = place.worker(), place.worker()
    sent = load(2000, 100)
    place.send(*sent)
    assert first.stop() == 0
    more = load(1000, 100, start=2000)
    place.send(*more)
    assert prove(place, sent + more) == 0


def status_positions(place):
    import json
    return json.loads(place.mentord("status", "--json").stdout)["partitions"]


def test_the_broker_goes_and_comes_back(place, broker):
    worker = place.worker()
    sent = load(300, 30)
    place.send(*sent)
    place.settled()
    broker.stop()
    try:
        worker.wait_event("worker.waiting", 60)
        assert worker.process.poll() is None
    finally:
        broker.start()
    more = load(300, 30, start=300)
    place.send(*more)
    prove(place, sent + more)
    assert worker.process.poll() is None


def test_the_broker_goes_at_once_under_load(place, broker):
    worker = place.worker()
    sent = load(20000, 300)
    place.send(*sent)
    until("the first decisions", 30, lambda: place.decided() > 500, pause=0.002)
    broker.stop("kill")
    broker.start()
    prove(place, sent)
    assert worker.process.poll() is None


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_the_database_goes_and_comes_back(place, cluster, how):
    worker = place.worker()
    sent = load(300, 30)
    place.send(*sent)
    place.settled()
    cluster.stop(how)
    try:
        more = load(300, 30, start=300)
        place.send(*more)
        worker.wait_event("worker.waiting", 60)
        assert worker.process.poll() is None
    finally:
        cluster.start()
    assert prove(place, sent + more) == 0
    assert worker.process.poll() is None


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_the_database_goes_under_load(place, cluster, how):
    worker = place.worker()
    sent = load(20000, 300)
    place.send(*sent)
    until("the first decisions", 30, lambda: place.decided() > 500, pause=0.002)
    cluster.stop(how)
    try:
        worker.wait_event("worker.waiting", 60)
    finally:
        cluster.start()
    prove(place, sent)
    assert worker.process.poll() is None


def test_a_worker_waits_for_a_database_that_is_not_there_yet(place, cluster):
    cluster.stop()
    try:
        worker = place.worker(ready=False)
        worker.wait_event("worker.waiting")
        assert worker.process.poll() is None
    finally:
        cluster.start()
    worker.ready()
    sent = load(10, 5)
    place.send(*sent)
    prove(place, sent)


def test_a_worker_waits_for_a_broker_that_is_not_there_yet(place, broker):
    broker.stop()
    try:
        worker = place.worker(ready=False)
        worker.wait_event("worker.waiting")
        assert worker.process.poll() is None
    finally:
        broker.start()
    worker.ready(60)
    sent = load(10, 5)
    place.send(*sent)
    prove(place, sent)


def test_a_worker_that_waits_ends_on_sigterm(place, cluster):
    cluster.stop()
    try:
        worker = place.worker(ready=False)
        worker.wait_event("worker.waiting")
        assert worker.stop(20) == 0
    finally:
        cluster.start()


def test_a_frozen_worker_is_fenced_and_does_no_harm(make_place):
    """A worker stopped by SIGSTOP loses its partitions; awake again it must not double or lose anything."""
    import signal
    place = make_place(partitions=2)
    fast = {"MENTORD_KAFKA_CONFIG": str(place.folder / "kafka.conf")}
    (place.folder / "kafka.conf").write_text("session.timeout.ms = 6000\n")
    frozen = place.worker(env=fast)
    sent = load(20000, 300)
    place.send(*sent)
    until("the first decisions", 30, lambda: place.decided() > 500, pause=0.002)
    frozen.process.send_signal(signal.SIGSTOP)
    try:
        place.worker(env=fast, ready=False).ready(60)
        place.settled(60)
    finally:
        frozen.process.send_signal(signal.SIGCONT)
    more = load(2000, 100, start=20000)
    place.send(*more)
    prove(place, sent + more)
    assert frozen.stop() == 0


def test_group_offsets_tell_mode_epoch_and_next(place):
    place.worker()
    place.send(*load(50, 10))
    place.settled()
    committed_is_emitted(place)
    for offset, metadata in place.committed().values():
        assert offset < 0 or re.fullmatch(rf"idempotent,\d+,{offset},[0-9a-f]{{64}}", metadata)


def test_no_cpr_number_is_logged_under_trouble(place, cluster):
    worker = place.worker()
    sent = load(200, 20)
    place.send(*sent)
    place.settled()
    cluster.stop("immediate")
    try:
        place.send(*load(200, 20, start=200))
        worker.wait_event("worker.waiting", 60)
    finally:
        cluster.start()
    place.settled(60)
    numbers = {pb.Application.FromString(r.value).citizen.cpr for r in sent}
    assert len(numbers) == 20
    assert [n for n in numbers if n in worker.log] == []
    assert not re.search(rb"depression|Nordhavns", worker.log.encode())


def test_transaction_markers_and_aborted_records_are_skipped(place):
    """A producer's transactions leave offsets without records; an aborted one leaves records that nobody may see."""
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": place.broker.servers, "transactional.id": place.group,
                         "partitioner": "murmur2_random"})
    producer.init_transactions(30)
    good, aborted = load(30, 5), load(30, 5, start=100)
    for commit, records in ((True, good[:15]), (False, aborted), (True, good[15:])):
        producer.begin_transaction()
        for r in records:
            producer.produce(place.applications, key=r.key, value=r.value, headers=r.headers)
        producer.flush(30)
        if commit:
            producer.commit_transaction(30)
        else:
            producer.abort_transaction(30)
    place.worker()
    prove(place, good)


def test_workers_are_told_apart_from_the_programs_that_look(place):
    """Looking does not disturb: status while a worker works takes nothing from it."""
    worker = place.worker()
    sent = load(200, 20)
    place.send(*sent)
    place.settled()
    for _ in range(3):
        assert subprocess.run([place.binary, "status"], env=place.env, capture_output=True, check=False).returncode == 0
    more = load(50, 20, start=200)
    place.send(*more)
    assert prove(place, sent + more) == 0
    assert len(worker.events("worker.ready")) == 1


def test_a_batch_is_numbered_after_what_it_builds_on(place):
    """Whoever decides the log again takes batches in the order of their numbers (replay verify --source kafka)."""
    place.worker()
    place.send(m.record(m.application()))
    place.settled()
    with psycopg.connect(place.cluster.url(place.database)) as other:
        other.execute("LOCK TABLE mentord.citizen IN ACCESS EXCLUSIVE MODE")
        place.send(m.record(m.application(), event="later"))
        until("the worker to wait for its citizen's row", 30, lambda: place.sql(
            "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'mentord %%' AND wait_event_type = 'Lock' AND datname = %s",
            place.database))
        (earlier,) = other.execute("SELECT nextval('mentord.batch_id')").fetchone()
    place.settled()
    assert place.sql("SELECT max(batch) FROM mentord.decision")[0][0] > earlier
