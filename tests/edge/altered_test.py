"""Goal: what a superuser altered so that it can no longer be read is a breach with its place, or an error that says what to do:
never a crash, never a letter. And the order of a citizen's decisions is judged within one input partition."""

import json

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

import messages as m
from audit_test import Audited
from mentor.v1 import decision_pb2


@pytest.fixture(scope="module")
def audited(make_shared_place):
    return Audited(make_shared_place())


def any_decision(session):
    return session.execute("SELECT d.batch, d.index, p.partition, d.source_offset, d.application_id::text FROM mentord.decision d "
                           "JOIN mentord.progress p ON p.id = d.progress_id WHERE NOT d.conflict ORDER BY d.batch DESC, d.index DESC LIMIT 1").fetchone()


DECISION = "UPDATE mentord.decision SET {} WHERE (batch, index) = (%(batch)s, %(index)s)"
DAMAGED = {  # the invariant that names it, the statements, what of the place is named
    "a citizen_ref too short": ("I2", [DECISION.format("citizen_ref = '\\x07'")], ["batch", "index", "partition", "offset"]),
    "a rulebook's hash too long": ("I2", [DECISION.format("rulebook = rulebook || '\\x00'")], ["batch", "index"]),
    "half a history": ("I2", [DECISION.format("periods = '\\x000102'")], ["batch", "index"]),
    "headers that are none": ("I2", [DECISION.format("headers = '\\xffffffff00'")], ["batch", "index"]),
    "an input that is none": ("I2", [DECISION.format("input = '\\xffff'")], ["batch", "index"]),
    "an output that is none": ("I2", [DECISION.format("output = ''")], ["batch", "index"]),
    "a trace that is none": ("I2", [DECISION.format("trace = '\\xff'")], ["batch", "index"]),
    "an outcome that there is not": ("I2", [DECISION.format("outcome = 77")], ["batch", "index"]),
    "a ledger's rulebook too short":
        ("I3", ["UPDATE mentord.batch SET rulebook = '\\x01' WHERE id = %(batch)s"], ["batch", "partition"]),
    "a ledger of noise": ("I3", ["UPDATE mentord.batch SET entries = '\\xffffffffffffff' WHERE id = %(batch)s"], ["batch", "partition"]),
    "a position's last digest":
        ("I3", ["ALTER TABLE mentord.progress DROP CONSTRAINT progress_last_digest_check",
                "UPDATE mentord.progress SET last_digest = '\\x00' WHERE partition = %(partition)s"], ["partition"]),
    "a refused record's citizen": ("I11", ["UPDATE mentord.quarantine SET citizen_ref = '\\x01'"], ["partition", "offset"]),
    "a citizen's row": ("P", ["ALTER TABLE mentord.citizen DROP CONSTRAINT citizen_ref_check",
                              "UPDATE mentord.citizen SET ref = '\\x0102' WHERE ref = (SELECT ref FROM mentord.citizen LIMIT 1)"], []),
    "half an application's row":
        ("P", ["UPDATE mentord.application SET state = substr(state, 1, 40) WHERE id = %(application)s::uuid"], ["application"]),
    "a stored rulebook's hash":
        ("I2", ["ALTER TABLE mentord.rulebook DROP CONSTRAINT rulebook_sha256_check",
                "UPDATE mentord.rulebook SET sha256 = '\\xab'"], []),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_column_is_a_breach_and_no_crash(audited, what):
    invariant, statements, named = DAMAGED[what]
    with audited.copy() as (session, url):
        batch, index, partition, offset, application = any_decision(session)
        where = {"batch": batch, "index": index, "partition": partition, "offset": offset, "application": application}
        for statement in statements:
            session.execute(statement, where)
        if invariant == "I11":
            where["partition"], where["offset"] = session.execute(
                "SELECT p.partition, q.source_offset FROM mentord.quarantine q JOIN mentord.progress p ON p.id = q.progress_id").fetchone()
        found = audited.breaches(invariant, "--kafka", url=url)
        assert any(all(breach.get(name) == where[name] for name in named) for breach in found), (where, found)


NULLED = {  # a row of the table, the invariants that may name it, and the columns that no audit reads
    "decision": ("(batch, index) = (%(batch)s, %(index)s)", {"I2", "I3"}, {"total_ore", "start_date", "end_date", "key_id", "erasure"}),
    "batch": ("id = %(batch)s AND progress_id = %(id)s", {"I3", "I2"}, {"owner"}),
    "progress": ("id = %(id)s", {"I3", "I7"},
                 {"tried_offset", "tries", "tried_by", "breaker", "stopped_at", "owner", "transactional_id", "orphan_ids", "backend_pid",
                  "backend_start", "updated_at"}),
    "application": ("id = %(application)s", {"P"}, set()),
    "citizen": ("ref = (SELECT ref FROM mentord.citizen WHERE seq > 0 LIMIT 1)", {"P"}, {"key_id"}),
    "quarantine": ("true", {"I11"},
                   {"at_ms", "status", "value_sha256", "citizen_ref", "key", "value", "why", "closed_at", "closed_by", "redriven_progress_id",
                    "redriven_offset", "redriven_batch", "redriven_index", "key_id", "erasure"}),
}


@pytest.mark.parametrize("table", NULLED)
def test_a_column_that_was_made_null_is_a_breach_and_no_crash(audited, table):
    row, invariants, unread = NULLED[table]
    with audited.copy() as (session, url):
        batch, index, _, _, application = any_decision(session)
        progress, = session.execute("SELECT progress_id FROM mentord.decision WHERE (batch, index) = (%s, %s)", (batch, index)).fetchone()
        where = {"batch": batch, "index": index, "id": progress, "application": application}
        for constraint, in session.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'c')",
                                           (f"mentord.{table}",)).fetchall():
            session.execute(f"ALTER TABLE mentord.{table} DROP CONSTRAINT {constraint} CASCADE")
        columns = [name for name, in session.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attname <> ALL (%s)",
            (f"mentord.{table}", list(unread))).fetchall()]
        assert len(columns) >= 3
        session.execute("".join(f"ALTER TABLE mentord.{table} ALTER {column} DROP IDENTITY IF EXISTS, "
                                f"ALTER {column} DROP NOT NULL;" for column in columns))
        session.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM mentord.{table}")
        for column in columns:
            assert session.execute(f"UPDATE mentord.{table} SET {column} = NULL WHERE {row}", where).rowcount == 1
            told = audited.verify(url=url, expect=2)["breaches"]
            assert {breach["invariant"] for breach in told} & invariants, (column, told)
            session.execute(f"DELETE FROM mentord.{table}")
            session.execute(f"INSERT INTO mentord.{table} SELECT * FROM kept")
        audited.verify(url=url)


def one_line(done, code):
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
    return done.stderr


@pytest.mark.parametrize("change", [
    "citizen_ref = '\\x07'", "rulebook = ''", "output = ''", "output = '\\x0a'", "output = set_byte(output, 38, 26)",
    "output = substr(output, 1, 40)", "input = '\\xffff'"])
def test_explain_says_what_to_do_about_an_altered_decision(audited, change):
    with audited.copy() as (session, url):
        batch, index, _, _, application = any_decision(session)
        session.execute(DECISION.format(change), {"batch": batch, "index": index})
        for flags in ((), ("--json",), ("--all",), ("--letter", "citizen"), ("--letter", "company")):
            done = audited.place.mentord("explain", application, *flags, url=url, expect=None)
            if done.returncode == 0:
                assert "output" in change and not flags[:1] == ("--letter",)
                assert "ET ANDET SVAR" in done.stdout
            else:
                assert "mentord audit verify" in one_line(done, 1)


ORDER = ("UPDATE mentord.decision SET application_seq = 3 - application_seq WHERE application_id IN "
         "(SELECT application_id FROM mentord.decision WHERE application_seq = 2)")


@pytest.mark.parametrize("which, change", [
    ("version = 2", "UPDATE mentord.decision SET conflict = true WHERE version = 2"),
    ("version = 2", ORDER),
    ("conflict", "UPDATE mentord.decision SET conflict = false WHERE conflict"),
    ("conflict", "UPDATE mentord.decision SET conflict = true WHERE application_seq = 1"),
    ("conflict", ORDER),
])
def test_no_letter_tells_an_older_decision_or_one_that_decides_nothing(audited, which, change):
    with audited.copy() as (session, url):
        [application] = session.execute(f"SELECT application_id::text FROM mentord.decision WHERE {which}").fetchone()
        assert audited.place.mentord("explain", application, "--letter", "citizen", url=url).stdout
        session.execute(change)
        for reader in ("citizen", "company"):
            done = audited.place.mentord("explain", application, "--letter", reader, url=url, expect=None)
            assert "no letter is written" in one_line(done, 1) and "audit verify" in done.stderr and done.stdout == ""


UNCHECKED = {  # what would keep it from being decided again, as explain says it
    "": "ET ANDET SVAR",
    DECISION.format("core_version = 2"): "en anden udgave",
    "DELETE FROM mentord.rulebook": "regelsættet er ikke gemt",
    "UPDATE mentord.rulebook SET yaml = yaml || ' '": "regelsættet er ikke gemt",
    DECISION.format("rulebook = sha256('')"): "regelsættet er ikke gemt",
    DECISION.format("periods = '\\x0001'"): "historikken er beskadiget",
}


@pytest.mark.parametrize("change", UNCHECKED)
def test_no_letter_is_written_of_another_amount(audited, change):
    with audited.copy() as (session, url):
        batch, index, application, output = session.execute(
            "SELECT batch, index, application_id::text, output FROM mentord.decision WHERE total_ore > 0 AND NOT conflict "
            "AND outcome = 1 ORDER BY batch DESC LIMIT 1").fetchone()
        message = decision_pb2.Decision()
        message.ParseFromString(bytes(output))
        message.frame.total_ore += 100
        session.execute("UPDATE mentord.decision SET output = %s WHERE (batch, index) = (%s, %s)",
                        (message.SerializeToString(deterministic=True), batch, index))
        if change:
            session.execute(change, {"batch": batch, "index": index})
        for reader in ("citizen", "company"):
            done = audited.place.mentord("explain", application, "--letter", reader, url=url, expect=None)
            assert "no letter is written" in one_line(done, 1) and "audit verify" in done.stderr and done.stdout == ""
        assert UNCHECKED[change] in audited.place.mentord("explain", application, url=url).stdout
        if change:
            return
        told = [json.loads(line) for line in audited.place.mentord("explain", application, "--json", url=url).stdout.splitlines()]
        assert "other" in [line["data"].get("again") for line in told]


def test_a_worker_that_has_to_send_an_altered_output_halts_and_says_so(make_place):
    place = make_place()
    worker = place.worker()
    (partition, offset), = place.send(m.record(m.application()))
    place.settled()
    assert worker.stop() == 0
    with psycopg.connect(place.cluster.url(place.database), autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("UPDATE mentord.decision SET output = substr(output, 1, 50)")
        session.execute("UPDATE mentord.progress SET emitted_offset = 0")
    consumer = Consumer({"bootstrap.servers": place.broker.servers, "group.id": place.group})
    try:  # as after a reset by hand: without our metadata
        consumer.commit(offsets=[TopicPartition(place.applications, p, 0) for p in range(place.partitions)], asynchronous=False)
    finally:
        consumer.close()
    again = place.worker(ready=False)
    assert again.wait(60) == 1
    told = again.log
    assert f"partition {partition}: the output stored for offset {offset} was altered" in told and "mentord audit verify" in told


# I8: the order is held within one input partition

@pytest.fixture(scope="module")
def scattered(make_shared_place):
    """A citizen whose decisions 1, 3 and 5 lie late in partition 0, and 2 and 4 early in partition 1: as when the topic grew."""
    place = make_shared_place()
    worker = place.worker()
    cpr = m.fresh_cpr()
    place.send(*(m.record(m.application()) for _ in range(9)), partition=0)
    place.settled()
    for number, partition in enumerate((0, 1, 0, 1, 0)):
        app = m.application(cpr=cpr)
        app.support.start_date, app.support.end_date = m.day(7 + 20 * number), m.day(20 + 20 * number)
        place.send(m.record(app), partition=partition)
        place.settled()
    assert worker.stop() == 0
    rows = place.sql("SELECT d.citizen_seq, p.partition, d.source_offset FROM mentord.decision d JOIN mentord.progress p "
                     "ON p.id = d.progress_id WHERE d.citizen_ref = decode(%s, 'hex') ORDER BY 1", m.citizen_ref(cpr))
    assert [row[:2] for row in rows] == [(1, 0), (2, 1), (3, 0), (4, 1), (5, 0)]
    assert rows[1][2] < rows[0][2], "offsets fall from one partition to the other"
    return Audited.__new__(Audited), place, m.citizen_ref(cpr)


def of_place(scattered):
    audited, place, ref = scattered
    audited.place = place
    return audited, ref


def test_a_citizen_in_two_partitions_breaks_no_order(scattered):
    audited, _ = of_place(scattered)
    assert audited.verify("--kafka")["breaches"] == []


def test_their_outputs_may_come_in_any_order_between_the_partitions(scattered):
    audited, _ = of_place(scattered)
    partition_of = lambda got: decision_pb2.Decision.FromString(got.value).source.partition
    for first in (0, 1):
        env = audited.forged(lambda records, first=first: sorted(records, key=lambda got: (partition_of(got) != first, got.offset)))
        assert audited.verify("--kafka", env=env)["breaches"] == []


@pytest.mark.parametrize("numbers, offset_of", [((1, 3), 1), ((2, 4), 2), ((1, 5), 3)])
def test_within_one_partition_the_order_is_judged(scattered, numbers, offset_of):
    audited, ref = of_place(scattered)
    one, other = numbers
    with audited.copy() as (session, url):
        wanted, = session.execute("SELECT source_offset FROM mentord.decision WHERE citizen_ref = decode(%s, 'hex') "
                                  "AND citizen_seq = %s", (ref, offset_of)).fetchone()
        session.execute("UPDATE mentord.decision SET citizen_seq = %s - citizen_seq WHERE citizen_ref = decode(%s, 'hex') "
                        "AND citizen_seq IN (%s, %s)", (one + other, ref, one, other))
        found = [b for b in audited.breaches("I8", url=url) if "does not lie before" in b["what"]]
        assert any(breach["citizen"] == ref and breach["offset"] == wanted for breach in found), (wanted, found)


def test_outputs_within_one_partition_are_judged(scattered):
    audited, ref = of_place(scattered)
    partition_of = lambda got: decision_pb2.Decision.FromString(got.value).source.partition
    for partition in (0, 1):
        env = audited.forged(lambda records, partition=partition: sorted(
            records, key=lambda got: (got.partition, -got.offset if partition_of(got) == partition else got.offset)))
        found = audited.breaches("I8", "--kafka", env=env)
        assert {breach["citizen"] for breach in found} == {ref}


def test_a_number_that_two_decisions_have_is_found_in_whichever_partition(scattered):
    audited, ref = of_place(scattered)
    with audited.copy() as (session, url):
        session.execute("UPDATE mentord.decision SET citizen_seq = 3 WHERE citizen_ref = decode(%s, 'hex') AND citizen_seq = 5", (ref,))
        assert any(breach.get("citizen") == ref for breach in audited.breaches("I8", url=url))
