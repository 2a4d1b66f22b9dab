"""Goal: `audit verify` finds nothing where nothing is wrong, and names each invariant that is broken by hand, and where."""

import contextlib
import json
import uuid

import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import messages as m
from place import decision, header

IDS = [f"I{n}" for n in range(1, 15)] + ["P"]


class Audited:
    """A place whose worker has decided a bit of everything and is gone; each test breaks a copy of it."""

    def __init__(self, place):
        self.place = place
        worker = place.worker()
        self.citizens = [m.fresh_cpr() for _ in range(6)]
        first = [self._app(cpr) for cpr in self.citizens]
        self._round(*(m.record(app, event=f"a{i}") for i, app in enumerate(first)))
        second = [self._app(cpr, 120) for cpr in self.citizens]  # later ones of the same citizens
        newer = m.pb.Application()
        newer.CopyFrom(first[0])
        newer.version, newer.support.minutes_per_week = 2, 120
        self._round(*(m.record(app, event=f"b{i}") for i, app in enumerate(second)), m.record(newer, event="newer"))
        conflict = m.pb.Application()
        conflict.CopyFrom(second[1])
        conflict.support.minutes_per_week = 60
        self._round(m.record(conflict, event="conflict"), m.record(first[2], event="a2"), m.record(b"\xff\xff", key="bad"),
                    m.record(m.application(), key="bad", event="q01"))
        assert worker.stop() == 0
        assert place.decided() == 15

    @staticmethod
    def _app(cpr, days=7):
        app = m.application(cpr=cpr)
        app.support.start_date, app.support.end_date = m.day(days), m.day(days + 60)
        return app

    def _round(self, *records):
        self.place.send(*records)
        self.place.settled()

    @contextlib.contextmanager
    def copy(self):
        """A database like this one, with a superuser's session that no trigger stops."""
        name = self.place.database + "_" + uuid.uuid4().hex[:6]
        with psycopg.connect(self.place.cluster.url("postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.place.database}"')
        with psycopg.connect(self.place.cluster.url(name), autocommit=True) as session:
            session.execute("SET session_replication_role = replica")
            yield session, self.place.cluster.url(name, "mentord_reader")

    def verify(self, *flags, url=None, env=None, expect=0):
        done = self.place.mentord("audit", "verify", "--json", *flags, env=env, expect=expect,
                                  url=url or self.place.cluster.url(self.place.database, "mentord_reader"))
        return json.loads(done.stdout)

    def breaches(self, invariant, *flags, url=None, env=None):
        """Of an audit that finds some: those of one invariant."""
        told = self.verify(*flags, url=url, env=env, expect=2)
        counts = {row["id"]: row["breaches"] for row in told["invariants"]}
        assert sum(counts.values()) == told["breach_count"] == len(told["breaches"])
        found = [breach for breach in told["breaches"] if breach["invariant"] == invariant]
        assert found, f"{invariant} is not among {told['breaches']}"
        assert counts[invariant] == len(found)
        return found

    def forged(self, change, topic=None):
        """The settings with an output topic whose records are `change(records)` of the real one's."""
        real = topic or self.place.decisions
        name = real + "." + uuid.uuid4().hex[:6]
        admin = AdminClient({"bootstrap.servers": self.place.broker.servers})
        for made in admin.create_topics([NewTopic(name, self.place.partitions, 1)]).values():
            made.result(30)
        producer = Producer({"bootstrap.servers": self.place.broker.servers, "log_level": 0})
        for got in change(sorted(self.place.read(real, None))):
            producer.produce(name, key=got.key, value=got.value, headers=got.headers, partition=got.partition)
        assert producer.flush(30) == 0
        variable = "MENTORD_TOPIC_DLQ" if real == self.place.dlq_topic else "MENTORD_TOPIC_DECISIONS"
        return {variable: name}


@pytest.fixture(scope="module")
def audited(make_shared_place):
    return Audited(make_shared_place())


def place_of(got):
    source = decision(got).source
    return {"partition": source.partition, "offset": source.offset}


def test_nothing_is_found_where_nothing_is_wrong(audited):
    told = audited.verify("--kafka")
    assert told["breaches"] == [] and told["breach_count"] == 0 and told["decisions"] == 15
    assert [row["id"] for row in told["invariants"]] == IDS
    checked = {row["id"]: row["checked"] for row in told["invariants"]}
    assert all(checked[name] > 0 for name in IDS), checked


def test_a_table_is_printed_with_a_line_each(audited):
    out = audited.place.mentord("audit", "verify", "--kafka", "--jobs", "1").stdout
    for name in IDS:
        assert any(line.startswith(name + " ") for line in out.splitlines()), out
    assert "15 decisions verified" in out and "no breach" in out


def test_without_kafka_what_needs_it_is_said_not_to_be_checked(audited):
    told = audited.verify()
    rows = {row["id"]: row for row in told["invariants"]}
    for name in ("I5", "I9", "I12"):
        assert rows[name]["checked"] == 0 and "--kafka" in rows[name]["note"]


def test_a_property_after_kafka_reads_the_topics_too(audited):
    told = audited.verify("--kafka", "client.id=audit")
    assert next(row for row in told["invariants"] if row["id"] == "I9")["checked"] == 15


def test_a_database_that_is_not_there_is_no_breach(audited):
    assert audited.place.mentord("audit", "verify", url=audited.place.cluster.url("nowhere"), expect=1).stderr


def test_while_a_worker_runs_nothing_is_found(make_place):
    place = make_place()
    worker = place.worker()
    for _ in range(5):
        place.send(*(m.record(m.application()) for _ in range(400)))
        url = place.cluster.url(place.database, "mentord_reader")
        told = json.loads(place.mentord("audit", "verify", "--kafka", "--json", url=url).stdout)
        assert told["breaches"] == []
    place.settled()
    assert worker.stop() == 0


ALTERED = {  # what is done by hand: the invariant, the statement, and which row is named
    "a copy of a decision":
        ("I1", "INSERT INTO mentord.decision SELECT (d).* FROM (SELECT jsonb_populate_record(d, jsonb_build_object('index', 99)) AS d "
               "FROM mentord.decision d WHERE d.ctid = $ROW$) AS c", {"index": 99}),
    "another amount": ("I2", "UPDATE mentord.decision SET total_ore = total_ore + 1 WHERE ctid = $ROW$", None),
    "another outcome": ("I2", "UPDATE mentord.decision SET outcome = outcome % 3 + 1 WHERE ctid = $ROW$", None),
    "another output": ("I2", "UPDATE mentord.decision SET output = set_byte(output, 90, 7) WHERE ctid = $ROW$", None),
    "another time": ("I2", "UPDATE mentord.decision SET evaluated_at_ms = evaluated_at_ms + 1 WHERE ctid = $ROW$", None),
    "another history": ("I2", "UPDATE mentord.decision SET periods = decode(repeat('00', 24), 'hex') WHERE ctid = $ROW$", None),
    "another citizen": ("I2", "UPDATE mentord.decision SET citizen_ref = decode(repeat('07', 16), 'hex') WHERE ctid = $ROW$", None),
    "a rulebook that is not stored":
        ("I2", "UPDATE mentord.decision SET rulebook = decode(repeat('00', 32), 'hex') WHERE ctid = $ROW$", None),
    "a decision gone": ("I3", "DELETE FROM mentord.decision WHERE ctid = $ROW$", None),
    "a decision from nowhere":
        ("I3", "UPDATE mentord.decision SET index = 77 WHERE ctid = $ROW$", {"index": 77}),
    "another output, its digest": ("I4", "UPDATE mentord.decision SET output = set_byte(output, 90, 7) WHERE ctid = $ROW$", None),
    "a number that is taken": ("I8", "UPDATE mentord.decision SET citizen_seq = 1 WHERE ctid = $ROW$", None),
    "a number too high": ("I8", "UPDATE mentord.decision SET application_seq = 9 WHERE ctid = $ROW$", None),
    "another input": ("I13", "UPDATE mentord.decision SET input = input || '\\xf2fa0102ffff'::bytea WHERE ctid = $ROW$", None),
    "another event": ("I13", "UPDATE mentord.decision SET headers = decode(replace(encode(headers, 'hex'), "
                             "encode('b0'::bytea, 'hex'), encode('bb'::bytea, 'hex')), 'hex') WHERE ctid = $ROW$", None),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_decision_is_found(audited, what):
    invariant, statement, named = ALTERED[what]
    with audited.copy() as (session, url):
        row = session.execute(  # the second decision of the first citizen
            "SELECT d.ctid, p.partition, d.source_offset, d.batch, d.index, d.application_id, encode(d.citizen_ref, 'hex') "
            "FROM mentord.decision d JOIN mentord.progress p ON p.id = d.progress_id "
            "WHERE d.citizen_ref = decode(%s, 'hex') AND d.citizen_seq = 2", (m.citizen_ref(audited.citizens[0]),)).fetchone()
        done = session.execute(statement.replace("$ROW$", f"'{row[0]}'"))
        assert done.rowcount == 1
        where = {"partition": row[1], "offset": row[2], "batch": row[3], "index": row[4], **(named or {})}
        found = audited.breaches(invariant, url=url)
        assert any("batch" in breach and all(breach[key] == where[key] for key in where.keys() & breach.keys())
                   for breach in found), (where, found)


def test_two_decisions_of_a_citizen_in_the_wrong_order_are_found(audited):
    with audited.copy() as (session, url):
        ref = m.citizen_ref(audited.citizens[3])
        session.execute("UPDATE mentord.decision SET citizen_seq = 3 - citizen_seq WHERE citizen_ref = decode(%s, 'hex')", (ref,))
        found = audited.breaches("I8", url=url)
        offset, = session.execute("SELECT min(source_offset) FROM mentord.decision WHERE citizen_ref = decode(%s, 'hex')",
                                  (ref,)).fetchone()
        assert any(breach.get("citizen") == ref and breach.get("offset") == offset for breach in found), found


LEDGER = {
    "a range gone": ("I3", "DELETE FROM mentord.batch WHERE id = %(batch)s AND progress_id = %(id)s"),
    "a range that begins later":
        ("I3", "ALTER TABLE mentord.batch DROP CONSTRAINT batch_range; "
               "UPDATE mentord.batch SET first_offset = first_offset + 1 WHERE id = %(batch)s AND progress_id = %(id)s"),
    "entries cut short": ("I3", "UPDATE mentord.batch SET entries = substr(entries, 1, octet_length(entries) - 1) "
                                "WHERE id = %(batch)s AND progress_id = %(id)s"),
    "a fate miscounted": ("I3", "UPDATE mentord.batch SET duplicate = duplicate + 1 WHERE id = %(batch)s AND progress_id = %(id)s"),
    "a range that overlaps": ("I6", "UPDATE mentord.batch SET first_offset = first_offset - 1 WHERE id = %(batch)s AND progress_id = %(id)s"),
    "an epoch that falls": ("I6", "UPDATE mentord.batch SET epoch = 0 WHERE id = %(batch)s AND progress_id = %(id)s"),
    "an epoch beyond the position's": ("I6", "UPDATE mentord.progress SET epoch = 0 WHERE id = %(id)s"),
    "a time that falls": ("I7", "UPDATE mentord.batch SET evaluated_at_ms = 1 WHERE id = %(batch)s AND progress_id = %(id)s"),
    "a position beyond the ledger": ("I3", "UPDATE mentord.progress SET next_offset = next_offset + 1 WHERE id = %(id)s"),
    "another last record": ("I3", "UPDATE mentord.progress SET last_digest = decode(repeat('00', 32), 'hex') WHERE id = %(id)s"),
    "emitted beyond what is decided":
        ("I7", "ALTER TABLE mentord.progress DROP CONSTRAINT progress_order; "
               "UPDATE mentord.progress SET emitted_offset = next_offset + 1 WHERE id = %(id)s"),
}


@pytest.mark.parametrize("what", LEDGER)
def test_an_altered_ledger_is_found(audited, what):
    invariant, statement = LEDGER[what]
    with audited.copy() as (session, url):
        batch, progress, partition = session.execute(  # a range with one before it
            "SELECT b.id, b.progress_id, p.partition FROM mentord.batch b JOIN mentord.progress p ON p.id = b.progress_id "
            "WHERE EXISTS (SELECT FROM mentord.batch o WHERE o.progress_id = b.progress_id AND o.id < b.id) "
            "ORDER BY b.id DESC LIMIT 1").fetchone()
        for one in statement.split("; "):
            session.execute(one % {"batch": batch, "id": progress})
        found = audited.breaches(invariant, url=url)
        assert any(breach.get("partition") == partition and "offset" in breach for breach in found), found


PROJECTIONS = {
    "a citizen's period": ("UPDATE mentord.citizen SET state = state || state WHERE ref = $REF$", "citizen"),
    "a citizen's number": ("UPDATE mentord.citizen SET seq = seq + 1 WHERE ref = $REF$", "citizen"),
    "a citizen gone": ("DELETE FROM mentord.citizen WHERE ref = $REF$", "citizen"),
    "a citizen from nowhere":
        ("UPDATE mentord.citizen SET ref = decode(repeat('05', 16), 'hex') WHERE ref = $REF$", "citizen"),
    "a citizen armed": ("UPDATE mentord.citizen SET armed = 3 WHERE ref = $REF$", "citizen"),
    "an application's event": ("UPDATE mentord.application SET state = set_byte(state, 3, get_byte(state, 3) # 1) WHERE id = $APP$",
                               "application"),
    "an application gone": ("DELETE FROM mentord.application WHERE id = $APP$", "application"),
    "an application's number": ("UPDATE mentord.application SET seq = seq + 1 WHERE id = $APP$", "application"),
}


@pytest.mark.parametrize("what", PROJECTIONS)
def test_an_altered_projection_is_found(audited, what):
    statement, kind = PROJECTIONS[what]
    with audited.copy() as (session, url):
        ref = m.citizen_ref(audited.citizens[4])
        app, = session.execute("SELECT application_id FROM mentord.decision WHERE citizen_ref = decode(%s, 'hex') LIMIT 1",
                               (ref,)).fetchone()
        done = session.execute(statement.replace("$REF$", f"decode('{ref}', 'hex')").replace("$APP$", f"'{app}'"))
        assert done.rowcount == 1
        found = audited.breaches("P", url=url)
        name = {"citizen": ref, "application": str(app)}[kind]
        assert any(breach.get(kind) == name for breach in found), found


def test_an_event_twice_in_an_application_is_found(audited):
    with audited.copy() as (session, url):
        app, = session.execute("UPDATE mentord.application SET state = substr(state, 1, 73) || substr(state, 1, 73) "
                               "WHERE seq = 2 RETURNING id").fetchone()
        assert any(breach.get("application") == str(app) for breach in audited.breaches("I1", url=url))


def test_a_quarantine_row_gone_is_found(audited):
    with audited.copy() as (session, url):
        offset, = session.execute("DELETE FROM mentord.quarantine RETURNING source_offset").fetchone()
        found = audited.breaches("I11", url=url)
        assert any(breach.get("offset") == offset and "partition" in breach and "batch" in breach for breach in found)


def test_a_quarantine_row_from_nowhere_is_found(audited):
    with audited.copy() as (session, url):
        session.execute("UPDATE mentord.quarantine SET source_offset = source_offset + 1000")
        assert any(breach["offset"] >= 1000 for breach in audited.breaches("I11", url=url))


def test_a_redriven_record_whose_row_is_open_still_is_found(make_place):
    place = make_place()
    worker = place.worker()
    first = m.application()
    second = m.pb.Application()
    second.CopyFrom(first)
    second.version = 2
    place.send(m.record(second, event="second"))
    place.settled()
    (partition, offset), = place.send(m.record(first, event="first"))  # outdated
    place.settled()
    other = m.pb.Application()
    other.CopyFrom(first)
    other.application_id = str(uuid.uuid4())
    (_, mine), = place.send(m.record(other, event="again", extra=[
        ("mentor-redrive-of", f"{place.applications}/{partition}/{offset}".encode())]))
    place.settled()
    assert worker.stop() == 0
    url = place.cluster.url(place.database, "mentord_reader")
    assert json.loads(place.mentord("audit", "verify", "--json", url=url).stdout)["breaches"] == []  # another value: not believed
    with psycopg.connect(place.cluster.url(place.database), autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("UPDATE mentord.quarantine SET value = %s", (m.record(other).value,))
    told = json.loads(place.mentord("audit", "verify", "--json", url=url, expect=2).stdout)
    assert any(breach["invariant"] == "I11" and breach["offset"] == mine and "open still" in breach["what"]
               for breach in told["breaches"]), told["breaches"]


def test_an_altered_rulebook_is_found(audited):
    with audited.copy() as (session, url):
        session.execute("UPDATE mentord.rulebook SET yaml = yaml || '\n'::bytea")
        assert len(audited.breaches("I2", url=url)) == 1 + 15


def test_a_cpr_number_in_a_stored_output_is_found(audited):
    with audited.copy() as (session, url):
        cpr = audited.citizens[0].encode()
        where = session.execute("UPDATE mentord.decision SET output = output || %s WHERE citizen_ref = decode(%s, 'hex') "
                                "AND citizen_seq = 1 RETURNING batch, index",
                                (m.length_delimited(1000, cpr), m.citizen_ref(cpr.decode()))).fetchone()
        found = audited.breaches("I14", url=url)
        assert [(breach["batch"], breach["index"]) for breach in found] == [where]


# Forged topics

def spoil(records, pick, change):
    """The records, one of them changed: the first for which `pick` is true."""
    at = next(i for i, got in enumerate(records) if pick(got))
    records[at:at + 1] = change(records[at])
    return records


def test_an_output_of_no_decision_is_found(audited):
    def change(got):
        message = decision(got)
        message.frame.total_ore += 1
        return [got._replace(value=message.SerializeToString(deterministic=True))]
    env = audited.forged(lambda records: spoil(records, lambda got: True, change))
    found = audited.breaches("I4", "--kafka", env=env)
    assert all(breach["topic"] == env["MENTORD_TOPIC_DECISIONS"] and breach["offset"] == 0 for breach in found)


def test_bytes_that_are_no_decision_are_found(audited):
    env = audited.forged(lambda records: spoil(records, lambda got: True, lambda got: [got, got._replace(value=b"\xff")]))
    assert audited.breaches("I4", "--kafka", env=env)[0]["offset"] == 1


def test_a_missing_output_is_found(audited):
    gone = sorted(audited.place.outcomes())[3]
    env = audited.forged(lambda records: [got for got in records if got.value != gone.value])
    found = audited.breaches("I5", "--kafka", env=env)
    assert [{"partition": b["partition"], "offset": b["offset"]} for b in found] == [place_of(gone)]


def test_a_duplicate_is_no_breach_and_another_header_is(audited):
    again = audited.forged(lambda records: records + records)
    assert audited.verify("--kafka", env=again)["breaches"] == []

    def change(got):
        return [got, got._replace(headers=[(k, b"9" if k == "mentor-seq" else v) for k, v in got.headers])]
    env = audited.forged(lambda records: spoil(records, lambda got: True, change))
    assert audited.breaches("I9", "--kafka", env=env)[0]["offset"] == 1


def test_another_key_is_found(audited):
    env = audited.forged(lambda records: spoil(records, lambda got: True, lambda got: [got._replace(key=b"k")]))
    assert audited.breaches("I9", "--kafka", env=env)[0]["offset"] == 0


def test_outputs_of_a_citizen_in_the_wrong_order_are_found(audited):
    env = audited.forged(lambda records: sorted(records, key=lambda got: (got.partition, -got.offset)))
    found = audited.breaches("I8", "--kafka", env=env)
    assert {breach["citizen"] for breach in found} >= {m.citizen_ref(cpr) for cpr in audited.citizens}


def test_an_output_before_its_commit_is_found(audited):
    def change(got):
        message = decision(got)
        message.source.offset = 5000
        return [got, got._replace(value=message.SerializeToString(deterministic=True))]
    env = audited.forged(lambda records: spoil(records, lambda got: True, change))
    assert audited.breaches("I12", "--kafka", env=env)[0]["offset"] == 1


@pytest.mark.parametrize("where", ["key", "header", "value"])
def test_a_cpr_number_in_an_output_is_found(audited, where):
    cpr = audited.citizens[5].encode()

    def change(got):
        changed = {"key": got._replace(key=cpr), "header": got._replace(headers=[*got.headers, ("x-own", b"of " + cpr)]),
                   "value": got._replace(value=got.value + m.length_delimited(1000, cpr))}
        return [changed[where]]
    env = audited.forged(lambda records: spoil(
        records, lambda got: got.key.decode() == m.citizen_ref(cpr.decode()), change))
    found = audited.breaches("I14", "--kafka", env=env)
    assert len(found) == 1 and found[0]["topic"] == env["MENTORD_TOPIC_DECISIONS"] and "offset" in found[0]


def test_a_dlq_record_missing_altered_or_too_many_is_found(audited):
    dlq = audited.place.dlq_topic
    got, = audited.place.dlq()
    offset = int(header(got, "mentor-offset"))
    gone = audited.breaches("I11", "--kafka", env=audited.forged(lambda records: [], dlq))
    assert [breach["offset"] for breach in gone] == [offset]
    altered = audited.forged(lambda records: [r._replace(value=b"\xff") for r in records], dlq)
    assert any(breach["topic"] == altered["MENTORD_TOPIC_DLQ"] for breach in audited.breaches("I11", "--kafka", env=altered))
    stray = audited.forged(lambda records: records + [r._replace(headers=[
        (k, b"0" if k == "mentor-offset" else v) for k, v in r.headers]) for r in records], dlq)
    assert audited.breaches("I11", "--kafka", env=stray)[0]["offset"] == 1


def test_a_committed_offset_beyond_what_is_decided_is_found(audited):
    """Last: it moves the group itself."""
    place = audited.place
    ends = place.ends()
    partition = max(ends, key=ends.get)
    consumer = Consumer({"bootstrap.servers": place.broker.servers, "group.id": place.group})
    try:
        consumer.commit(offsets=[TopicPartition(place.applications, partition, ends[partition] + 5)], asynchronous=False)
    finally:
        consumer.close()
    found = audited.breaches("I7", "--kafka")
    assert [(breach["partition"], breach["offset"]) for breach in found] == [(partition, ends[partition])]
