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
from lost_end import leave_pending
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
    """The group's offsets are the emitted ones, with the mode, epoch, next and head of the transaction that moved them."""
    def ask():
        committed = place.committed()
        rows = place.sql("SELECT partition, epoch, next_offset, emitted_offset, encode(link, 'hex') FROM mentord.progress WHERE next_offset > 0")
        return rows and all(committed[p] == (emitted, f"transactional,{epoch},{following},{link}")
                            for p, epoch, following, emitted, link in rows if emitted == following)
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


def test_kill_9_at_random_moments_doubles_nothing(place):
    sent = mixed(30000, 700, 300)
    feeder = threading.Thread(target=place.send, args=sent)
    feeder.start()
    chance = random.Random(4)
    try:
        for _ in range(5):
            before = place.decided()
            worker = place.worker(*EMIT)
            until("progress", 60, lambda: place.decided() > before + 500, pause=0.002)
            time.sleep(chance.uniform(0, 0.5))
            worker.kill()
    finally:
        feeder.join()
    place.worker(*EMIT)
    prove_exactly_once(place, sent)
    committed_is_exact(place)


def under_load(place, sent, trouble, decided=500):
    """Runs `trouble` while `sent` comes in, from the first decisions on."""
    feeder = threading.Thread(target=place.send, args=sent)
    feeder.start()
    try:
        until("the first decisions", 60, lambda: place.decided() > decided, pause=0.002)
        trouble()
    finally:
        feeder.join()


def test_a_frozen_worker_is_fenced_and_what_it_began_stays_hidden(make_place):
    place = make_place(partitions=2)
    (place.folder / "kafka.conf").write_text("session.timeout.ms = 6000\n")
    fast = {"MENTORD_KAFKA_CONFIG": str(place.folder / "kafka.conf")}
    frozen = place.worker(*EMIT, env=fast)
    sent = mixed(20000, 300, 100)

    def freeze():
        frozen.process.send_signal(signal.SIGSTOP)
        try:
            place.worker(*EMIT, env=fast, ready=False).ready(90)
            place.settled(120)
        finally:
            frozen.process.send_signal(signal.SIGCONT)
    under_load(place, sent, freeze)
    more = mixed(2000, 100, 20, start=20000)
    place.send(*more)
    prove_exactly_once(place, sent + more)
    assert frozen.stop() == 0
    committed_is_exact(place)


@pytest.mark.parametrize("how", [(), ("kill",)])
def test_the_broker_restarts_under_load(place, broker, how):
    worker = place.worker(*EMIT)
    sent = mixed(20000, 300, 100)
    place.send(*sent)
    until("the first decisions", 60, lambda: place.decided() > 500, pause=0.002)
    broker.stop(*how)
    broker.start()
    prove_exactly_once(place, sent)
    assert worker.process.poll() is None


def test_a_transaction_whose_end_the_broker_lost_is_undone(place):
    sent = mixed(300, 40, 10)
    place.send(*sent)
    dead = place.worker(*EMIT)
    place.settled()
    dead.kill()
    [[its]] = place.sql("SELECT DISTINCT transactional_id FROM mentord.progress")
    leave_pending(place.broker.servers, its, place.group, place.applications, place.partitions)
    more = mixed(300, 40, 10, start=300)
    place.send(*more)
    heir = place.worker(*EMIT)
    assert len(heir.events("transaction.undone")) == 1
    prove_exactly_once(place, sent + more)
    committed_is_exact(place)


def lose_their_ends(place, its, kept):
    """As when the broker has lost the end of a commit in the output topics alone: what is out but for `kept` decisions is dropped, and
    written again in its producer's name by a transaction that is open. That producer."""
    from confluent_kafka import Producer, TopicPartition
    from confluent_kafka.admin import AdminClient
    servers = {"bootstrap.servers": place.broker.servers}
    decisions, refused = place.outcomes(300), place.dlq(10)
    lost = [(place.decisions, got) for got in decisions] + [(place.dlq_topic, got) for got in refused]
    ends = {}
    for topic, got in lost:
        ends[topic, got.partition] = max(ends.get((topic, got.partition), 0), got.offset + 1)
    admin = AdminClient(servers)
    for future in admin.delete_records([TopicPartition(t, p, end) for (t, p), end in ends.items()]).values():
        future.result(30)
    producer = Producer({**servers, "transactional.id": its, "transaction.timeout.ms": 60000, "linger.ms": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    for got in decisions[:kept]:
        producer.produce(place.decisions, got.value, got.key, got.partition, headers=got.headers)
    producer.commit_transaction(30)
    producer.begin_transaction()
    for topic, got in lost[kept:]:
        producer.produce(topic, got.value, got.key, got.partition, headers=got.headers)
    producer.flush(30)
    return producer


def prove_recalled(place, heir, sent):
    """210 that were written and are not out are sent again; after it all is as ever."""
    recalled = [re.search(r" written=(\d+) visible=(\d+) ", line).groups() for line in heir.events("emit.recalled")]
    assert sum(int(written) - int(visible) for written, visible in recalled) == 210, recalled
    prove_exactly_once(place, sent)
    more = mixed(300, 40, 10, start=300)
    place.send(*more)
    prove_exactly_once(place, sent + more)
    committed_is_exact(place)
    assert heir.stop() == 0
    assert place.sql("SELECT count(*) FROM mentord.recall")[0][0] == 0


def test_what_counts_as_out_and_has_no_end_is_read_back_and_sent_again(place):
    sent = mixed(300, 40, 10)
    place.send(*sent)
    dead = place.worker(*EMIT)
    place.settled()
    dead.kill()
    [[its]] = place.sql("SELECT DISTINCT transactional_id FROM mentord.progress")
    open_still = lose_their_ends(place, its, kept=100)
    prove_recalled(place, place.worker(*EMIT), sent)
    del open_still


def test_what_was_not_seen_and_the_broker_has_aborted_since_is_read_back_and_sent_again(place):
    """As when it has lost the end of a commit, and ends the next transaction by itself, and that one with it, while nobody is there."""
    from confluent_kafka import Producer
    hides = Producer({"bootstrap.servers": place.broker.servers, "transactional.id": f"hides-{place.group}", "linger.ms": 0})
    hides.init_transactions(30)
    hides.begin_transaction()
    for topic in (place.decisions, place.dlq_topic):
        for partition in range(len(hides.list_topics(topic, 10).topics[topic].partitions)):
            hides.produce(topic, b"", partition=partition)
    hides.flush(30)
    sent = mixed(300, 40, 10)
    place.send(*sent)
    dead = place.worker(*EMIT)
    place.settled()
    dead.kill()
    killed = time.monotonic()
    hides.abort_transaction(30)
    [[its]] = place.sql("SELECT DISTINCT transactional_id FROM mentord.progress")
    lose_their_ends(place, its, kept=100).abort_transaction(30)
    time.sleep(max(0, killed + 21 - time.monotonic()))  # SINK_TRANSACTION_MS, and what clocks may differ by
    prove_recalled(place, place.worker(*EMIT), sent)


def test_what_was_seen_is_not_read_back(place):
    sent = mixed(300, 40, 10)
    place.send(*sent)
    dead = place.worker(*EMIT)
    place.settled()
    until("all is seen", 20, lambda: place.sql("SELECT bool_and(seen_offset = next_offset) FROM mentord.progress")[0][0])
    dead.kill()
    time.sleep(21)
    heir = place.worker(*EMIT)
    assert heir.events("emit.recalled") == []
    prove_exactly_once(place, sent)


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_the_database_restarts_under_load(place, cluster, how):
    worker = place.worker(*EMIT)
    sent = mixed(20000, 300, 100)

    def restart():
        cluster.stop(how)
        try:
            worker.wait_event("worker.waiting", 60)
        finally:
            cluster.start()
    place.send(*sent)
    under_load(place, (), restart)
    prove_exactly_once(place, sent)
    assert worker.process.poll() is None
    assert worker.events("worker.fenced") == [], "the group is kept"


def test_two_workers_share_and_each_way_of_leaving_doubles_nothing(make_place):
    place = make_place(partitions=4)
    workers = [place.worker(*EMIT), place.worker(*EMIT, "--lanes", "2")]

    def owners():
        return {p["owner"] for p in status_positions(place)} - {""}
    until(lambda: f"three owners; {owners()}", 60, lambda: len(owners()) == 3)
    sent = mixed(15000, 300, 100)
    under_load(place, sent, lambda: workers[0].stop())
    prove_exactly_once(place, sent)
    workers.append(place.worker(*EMIT))
    more = mixed(15000, 300, 100, start=15000)
    under_load(place, more, workers[1].kill, decided=15500)
    prove_exactly_once(place, sent + more)
    assert workers[2].process.poll() is None


def test_workers_of_a_group_with_a_long_name_do_not_fence_each_other(make_place):
    place = make_place(partitions=4)
    place.group = place.env["MENTORD_GROUP"] = place.group.ljust(249, "g")
    workers = [place.worker(*EMIT), place.worker(*EMIT, "--lanes", "2")]
    ids = lambda: {i for i, in place.sql("SELECT transactional_id FROM mentord.progress WHERE owner IS NOT NULL")}
    until(lambda: f"three producers; {ids()}", 60, lambda: len(ids()) == 3)
    sent = mixed(900, 40, 10)
    place.send(*sent)
    prove_exactly_once(place, sent)
    assert all(w.process.poll() is None and w.events("worker.fenced") == [] for w in workers)


def test_the_mode_is_switched_both_ways(place):
    """In order, and after a kill: what transactions told counts in either mode; idempotent mode's own promise is kept."""
    sent = []

    def batch(count):
        more = mixed(count, 100, 20, start=len(sent))
        sent.extend(more)
        place.send(*more)
        return more
    batch(300)
    first = place.worker()
    place.settled()
    assert first.stop() == 0
    batch(300)
    second = place.worker(*EMIT)
    assert second.events("emit.switched"), "it says so"
    prove_exactly_once(place, sent)
    batch(10000)
    until("decisions", 60, lambda: place.decided() > 2000, pause=0.002)
    second.kill()
    third = place.worker()
    prove_exactly_once(place, sent)
    assert third.stop() == 0
    batch(300)
    fourth = place.worker(*EMIT)
    prove_exactly_once(place, sent)
    committed_is_exact(place)
    assert fourth.stop() == 0


def test_offsets_that_say_nothing_halt_and_idempotent_mode_is_the_way_out(place):
    """Somebody resets the group's offsets while outputs are stored and not known to be out."""
    from confluent_kafka import Consumer, TopicPartition
    sent = load(20000, 300)
    place.send(*sent)
    worker = place.worker(*EMIT)
    until("something that is stored and not marked", 60, lambda: place.decided() > 0 and any(
        following > emitted for following, emitted in place.progress().values()), pause=0.001)
    worker.kill()
    unsure = [p for p, (following, emitted) in place.progress().items() if following > emitted]
    assert unsure

    def reset():
        consumer = Consumer({"bootstrap.servers": place.broker.servers, "group.id": place.group})
        try:
            consumer.commit(offsets=[TopicPartition(place.applications, p, 0) for p in range(place.partitions)],
                            asynchronous=False)
            return True
        except Exception:  # the dead worker's membership is still there
            return None
        finally:
            consumer.close()
    until("the offsets to be reset", 60, reset)
    time.sleep(12)  # the dead worker's transaction has ended, and moved nothing
    until("the offsets to be reset", 60, reset)
    halted = place.worker(*EMIT, ready=False)
    assert halted.wait(60) == 1
    assert "start once with --emit idempotent" in halted.log
    once = place.worker()
    place.settled(60)
    assert once.stop() == 0
    place.worker(*EMIT)
    place.settled(60)
    assert place.decided() == 20000


def test_a_broker_that_does_not_keep_transactions_is_refused(binary, place, tmp_path):
    names = (place.applications, place.decisions, place.dlq_topic)
    mock = subprocess.Popen([binary.parent / "mentord-mock-broker", *(f"{name}:1" for name in names)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        brokers = mock.stdout.readline().strip()
        done = place.mentord("worker", *EMIT, expect=1, env={"MENTORD_KAFKA_BROKERS": brokers})
        last = done.stderr.strip().splitlines()[-1]
        assert re.fullmatch(r"mentord: this broker is no good for --emit transactional: it shows the records of a "
                            r"transaction that was aborted; .*", last), last
        assert place.sql("SELECT count(*) FROM mentord.progress")[0][0] == 0, "nothing was taken"
    finally:
        mock.stdin.close()
        assert mock.wait(20) == 0
