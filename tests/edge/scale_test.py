"""Goal: workers come and go, partitions are added, and nobody waits longer than needed or sees another order."""

import collections
import json
import re
import signal
import threading
import time
import urllib.parse

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

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
    return AdminClient({"bootstrap.servers": place.broker.servers}).list_topics(timeout=10).cluster_id


QUICK = ("--kafka", "topic.metadata.refresh.interval.ms=1000")


def open_transaction(place, record, partition):
    """A record that no worker may read until the producer returned commits."""
    producer = Producer({"bootstrap.servers": place.broker.servers, "transactional.id": place.group + "-open"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(place.applications, key=record.key, value=record.value, headers=record.headers, partition=partition)
    producer.flush(30)
    return producer


def test_new_partitions_wait_for_what_is_told_and_across_a_crash(place):
    """An open transaction in an old partition is below its end: until it is settled the new partitions wait."""
    cpr = next(cpr for cpr in iter(m.fresh_cpr, None)
               if m.partition_of(m.record(m.application(cpr)).key, 3) == 0 and m.partition_of(m.record(m.application(cpr)).key, 6) == 3)
    first = m.record(m.application(cpr), event="first")
    worker = place.worker(*QUICK)
    filler = load(300, 30)
    place.send(*filler)
    place.settled()
    producer = open_transaction(place, first, 0)
    end = place.sql("SELECT next_offset FROM mentord.progress WHERE partition = 0")[0][0] + 1
    place.grow(6)
    then = m.record(m.application(cpr), event="then")
    (partition, _), = place.send(then)
    assert partition == 3
    line = worker.wait_event("partition.waiting", 40)
    assert re.search(rf"partitions=3 from=3 behind=1 slowest=0 emitted={end - 1} end={end}", line)
    worker.kill()
    second = place.worker(*QUICK)
    second.wait_event("partition.waiting", 40)
    said = status(place)
    assert said["growth"] == {"from": 3, "to": 6, "behind": [{"partition": 0, "emitted_offset": end - 1, "end_offset": end}]}
    assert [p["waiting"] for p in said["partitions"]] == [False] * 3 + [True] * 3
    assert {p["partition"]: p["lag"] for p in said["partitions"]}[3] == 1
    text = place.mentord("status").stdout
    assert f"partition 0 is at {end - 1} of {end}" in text and len(re.findall("  waits", text)) == 3
    old = m.record(m.application(), event="old")
    while m.partition_of(old.key, 6) not in (1, 2):
        old = m.record(m.application(), event="old")
    place.send(old)  # what comes to the old ones after their ends does not wait
    until("the record after the end", 30, lambda: place.decided() == 301)
    assert place.sql("SELECT next_offset FROM mentord.progress WHERE partition = 3") == [(0,)]
    producer.commit_transaction(30)
    second.wait_event("topic.grown", 30)
    sent = filler + [first, then, old]
    settled_by(place, 30, sent)
    in_order(place, sent)
    assert "growth" not in status(place)
    assert second.stop() == 0


def test_running_workers_take_new_partitions_by_themselves(make_place):
    """No restart, nobody told: the broker's metadata is enough. And a second time."""
    place = make_place(partitions=2)
    workers = [place.worker(), place.worker("--lanes", "2")]
    sent = load(400, 50)
    place.send(*sent)
    place.settled()
    for count in (4, 8):
        place.grow(count)
        grown = time.monotonic()
        more = load(800, 50, start=len(sent))
        place.send(*more)
        sent += more
        settled_by(place, 60, sent)
        print(f"{count} partitions: all read {time.monotonic() - grown:.1f} s after they were added")
        assert time.monotonic() - grown < 35
    prove(place, sent)
    assert [g[:2] + g[3:] for g in growths(place)] == [(2, 4, True), (4, 8, True)]
    assert not any(w.events("record.misplaced") for w in workers)
    for worker in workers:
        assert worker.stop() == 0


def test_late_producers_are_alarmed(place):
    """A producer that places by the old count after the change."""
    worker = place.worker(*QUICK)
    place.send(*load(30, 10))
    place.settled()
    place.grow(6)
    worker.wait_event("topic.grown", 40)
    late = next(r for r in iter(lambda: m.record(m.application()), None)
                if m.partition_of(r.key, 3) != m.partition_of(r.key, 6))
    place.send(late, partition=m.partition_of(late.key, 3))
    worker.wait_event("record.misplaced", 20)


# By no multiple: citizens move between old partitions

def citizen_of(*partitions):
    """One whose key belongs to the first of 2 partitions and to the second of 3."""
    return next(cpr for cpr in iter(m.fresh_cpr, None)
                if [m.partition_of(m.record(m.application(cpr)).key, n) for n in (2, 3)] == list(partitions))


def waiting(place):
    return [p["partition"] for p in status(place)["partitions"] if p["waiting"]]


@pytest.mark.parametrize("emit", ["idempotent", "transactional"])
def test_order_holds_where_citizens_move_between_old_partitions(make_place, emit):
    """2 to 3 while 1 has a backlog and no worker runs: the ends that are noted lie behind what has moved already."""
    place, options = make_place(partitions=2), (*QUICK, "--batch", "50", "--emit", emit)
    # First one who moves to 0, so that nothing else may be decided there.
    cprs = [citizen_of(1, 0) for _ in range(20)] + [citizen_of(0, 1) for _ in range(20)] + [m.fresh_cpr() for _ in range(60)]
    early, late, after, more = (records_of(cprs, 10, name) for name in ("early", "late", "after", "more"))
    worker = place.worker(*options)
    place.send(*early)
    place.settled()
    worker.kill()
    blocker = m.record(m.application(citizen_of(1, 0)), event="blocker")  # one of the new count's would be where 1 ends
    producer = open_transaction(place, blocker, 1)
    place.send(*late)
    place.grow(3)
    place.send(*after)
    workers = [place.worker(*options, ready=False) for _ in range(2)]
    readable = len(early) + sum(m.partition_of(r.key, 2) == 0 for r in late)
    until(lambda: f"what 0 had; {place.decided()} of {readable}", 60, lambda: place.decided() >= readable)
    workers[0].kill()
    place.send(*more)
    workers[0] = place.worker(*options)
    assert place.decided() == readable
    producer.commit_transaction(30)
    sent = early + late + after + more
    until(lambda: f"all; {place.decided()} decided; {growths(place)}", 90, lambda: place.decided() == len(sent) + 1)
    place.settled()
    in_order(place, [blocker] + sent)
    assert [g[:2] + g[3:] for g in growths(place)] == [(2, 3, True)]


def test_old_partitions_wait_for_what_is_told_and_across_a_crash(make_place):
    """What an open transaction in 0 still holds back was sent before what 1 got by the new count."""
    place = make_place(partitions=2)
    cpr, stays = citizen_of(0, 1), citizen_of(1, 1)
    worker = place.worker()
    filler = load(300, 30)
    place.send(*filler)
    place.settled()
    first, then = (m.record(m.application(cpr), event=e) for e in ("first", "then"))
    producer = open_transaction(place, first, 0)
    end = place.sql("SELECT next_offset FROM mentord.progress WHERE partition = 0")[0][0] + 1
    place.grow(3)
    assert place.send(then)[0][0] == 1
    # No metadata is due yet: the record itself has told.
    line = worker.wait_event("partition.waiting", 8)
    assert re.search(rf"from=2 behind=1 slowest=0 emitted={end - 1} end={end}", line)
    place.send(later := m.record(m.application(stays), event="later"))
    until("both others wait", 40, lambda: waiting(place) == [1, 2])
    assert "old ones that have, wait until" in place.mentord("status").stdout
    worker.kill()
    second = place.worker(*QUICK)
    second.wait_event("partition.waiting", 40)
    time.sleep(2)  # longer than it takes to decide two records
    assert place.decided() == 300
    producer.commit_transaction(30)
    second.wait_event("topic.grown", 30)
    sent = filler + [first, then, later]
    settled_by(place, 30, sent)
    in_order(place, sent)
    assert waiting(place) == [] and second.stop() == 0


def test_the_old_count_again_and_again(make_place):
    """2, 3, 5, 6 under load, each when the one before is passed."""
    place = make_place(partitions=2)
    cprs = [m.fresh_cpr() for _ in range(100)]
    workers = [place.worker(*QUICK), place.worker(*QUICK, "--lanes", "2")]
    sent = records_of(cprs, 10, "2")
    place.send(*sent)
    for count in (3, 5, 6):
        place.grow(count)
        more = records_of(cprs, 20, str(count))
        place.send(*more)
        sent += more
        settled_by(place, 60, sent)
        until(f"{count} read", 40, lambda c=count: place.sql("SELECT partition_count FROM mentord.topic") == [(c,)])
    in_order(place, sent)
    for worker in workers:
        assert worker.stop() == 0


def test_fewer_partitions_halt(place):
    worker = place.worker()
    assert worker.stop() == 0
    place.sql("UPDATE mentord.topic SET partition_count = 9")
    again = place.worker(ready=False)
    assert again.wait(90) == 1
    halted, = again.events("worker.halted")
    assert "has 3 partitions, the database knows 9" in halted and again.events("worker.waiting")


def test_a_broker_that_hears_late_of_a_growth_halts_nobody(place):
    """The database already knows it; the broker does some seconds later."""
    worker = place.worker()
    assert worker.stop() == 0
    place.sql("UPDATE mentord.topic SET partition_count = 6")
    again = place.worker(ready=False)
    again.wait_event("worker.waiting")
    time.sleep(7)  # several looks
    place.grow(6)
    again.ready()
    place.send(*(sent := load(60, 30)))
    prove(place, sent)
    assert again.stop() == 0


# Leaving

def moved_times(place, before):
    """Seconds from `before` to each partition's first batch by another owner than it had."""
    return {p: at for p, at in place.sql("""
        SELECT p.partition, extract(epoch FROM min(to_timestamp(b.evaluated_at_ms / 1000.0)) - to_timestamp(%s))::float
        FROM mentord.batch b JOIN mentord.progress p ON p.id = b.progress_id
        WHERE b.evaluated_at_ms > %s AND b.owner NOT LIKE %s GROUP BY p.partition""", before[0], before[0] * 1000, before[1])}


def feed(place, stop, citizens=300):
    """Applications at a steady pace until `stop`; what was sent."""
    sent = []
    while not stop.is_set():
        some = load(100, citizens, start=len(sent))
        place.send(*some)
        sent += some
        stop.wait(0.02)
    return sent


def test_a_worker_that_is_told_to_stop_under_load_hands_over_within_a_second(make_place):
    place = make_place(partitions=6)
    stayer, leaver = place.worker(), place.worker()
    until(lambda: f"two owners; {owners(place)}", 60, lambda: len(owners(place)) == 2)
    stop, sent = threading.Event(), []
    feeder = threading.Thread(target=lambda: sent.extend(feed(place, stop)))
    feeder.start()
    try:
        until("decisions of both", 60, lambda: len(place.sql("SELECT DISTINCT owner FROM mentord.batch")) == 2)
        time.sleep(2)
        told = time.time()
        leaver.process.send_signal(signal.SIGTERM)
        assert leaver.wait() == 0
        ended = time.time() - told
        mine = f"%/{leaver.process.pid}"
        moved = until("all six read by the other", 20, lambda: (lambda t: len(t) == 6 and t)(moved_times(place, (told, mine))))
    finally:
        stop.set()
        feeder.join()
    print(f"ended after {ended:.2f} s; first batches of the other after {sorted(round(t, 2) for t in moved.values())} s")
    assert prove(place, sent) == 0, "an orderly hand-over repeats nothing"
    assert ended < 2  # 0.4 s measured; more is a machine that is busy with other things
    assert max(moved.values()) < 4
    assert stayer.process.poll() is None


# Static membership

def static(name):
    return ("--kafka", f"group.instance.id={name}")


def owned_by(place, worker):
    return {p["partition"] for p in status(place)["partitions"] if p["owner"].endswith(f"/{worker.process.pid}")}


def test_a_static_member_that_restarts_gets_its_partitions_back_without_a_rebalance(make_place):
    place = make_place(partitions=4)
    other, restarted = place.worker(*static("b")), place.worker(*static("a"))
    until(lambda: f"two owners; {owners(place)}", 60, lambda: len(owners(place)) == 2)
    sent = load(200, 30)
    place.send(*sent)
    place.settled()
    had, rounds = owned_by(place, restarted), len(other.events("worker.revoked"))
    assert len(had) == 2
    assert restarted.stop() == 0
    more = load(200, 30, start=200)
    place.send(*more)
    again = place.worker(*static("a"))
    assert prove(place, sent + more) == 0
    assert owned_by(place, again) == had
    assert len(other.events("worker.revoked")) == rounds, "nobody else was disturbed"


def test_lanes_are_static_members_of_their_own(make_place):
    place = make_place(partitions=4)
    worker = place.worker("--lanes", "2", *static("a"))
    until(lambda: f"two lanes with partitions; {owners(place)}", 60, lambda: len(owners(place)) == 2)
    sent = load(200, 30)
    place.send(*sent)
    prove(place, sent)
    assert not worker.events("worker.halted")
    assert worker.stop() == 0


def test_a_second_process_of_one_name_fences_the_first(place):
    first = place.worker(*static("a"))
    sent = load(200, 30)
    place.send(*sent)
    place.settled()
    second = place.worker(*static("a"))
    assert first.wait(30) == 1
    assert "group.instance.id" in first.log.splitlines()[-1]
    more = load(200, 30, start=200)
    place.send(*more)
    prove(place, sent + more)
    assert second.process.poll() is None


# Joining

def test_more_workers_than_partitions(make_place):
    """Who has nothing waits, and takes over from one that dies."""
    place = make_place(partitions=2)
    workers = [place.worker("--kafka", "session.timeout.ms=6000") for _ in range(4)]
    until(lambda: f"two owners; {owners(place)}", 60, lambda: len(owners(place)) == 2)
    sent = load(300, 30)
    place.send(*sent)
    place.settled()
    busy = [w for w in workers if owned_by(place, w)]
    for worker in busy:
        worker.kill()
    killed = time.monotonic()
    more = load(300, 30, start=300)
    place.send(*more)
    settled_by(place, 60, sent + more)
    print(f"replaced {time.monotonic() - killed:.1f} s after kill -9, session timeout 6 s")
    prove(place, sent + more)
    for worker in workers:
        if worker not in busy:
            assert worker.process.poll() is None and worker.stop() == 0


def test_workers_join_while_one_cannot_reach_its_database(make_place):
    """The one that waits holds nobody up: it answers the group at once, though it cannot work."""
    place = make_place(partitions=6)
    url = place.env["MENTORD_DATABASE_URL"]
    folder = re.search(r"host=([^&]+)", url)[1]
    socket = place.folder / "socket"
    socket.symlink_to(urllib.parse.unquote(folder))
    lonely = place.worker(env={"MENTORD_DATABASE_URL": url.replace(folder, urllib.parse.quote(str(socket), safe=""))})
    socket.unlink()
    place.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s",
              f"mentord %/{lonely.process.pid}")
    place.send(*(sent := load(300, 60)))
    lonely.wait_event("worker.waiting")
    second = place.worker()  # after this one the group has given the lonely one partitions that it cannot take
    second.stop()
    third, fourth = place.worker(ready=False).ready(20), place.worker(ready=False).ready(20)
    socket.symlink_to(urllib.parse.unquote(folder))
    prove(place, sent)
    assert [w.stop() for w in (lonely, third, fourth)] == [0, 0, 0]


def test_more_partitions_than_one_worker_takes(make_place):
    place = make_place(partitions=1)
    place.grow(1030)
    worker = place.worker(ready=False)
    assert "1030 partitions are assigned to one member" in worker.wait_event("worker.waiting", 60)
    second = place.worker(ready=False)
    worker.ready(120)
    second.ready(120)
    sent = load(2000, 500)
    place.send(*sent)
    settled_by(place, 120, sent)
    assert worker.stop() == 0 and second.stop() == 0
