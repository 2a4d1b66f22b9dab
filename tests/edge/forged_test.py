"""Goal: a row that somebody with all rights puts in is looked at like every other, wherever it stands in the order that the audit
reads by; what no anchor covers is told, and is a breach where one must have been."""

import json

import psycopg
import pytest
from psycopg import sql

import messages as m
from audit_test import Audited
from chain_test import link_of, rewrite, root_of, sha

SKIPPED = b"\x03"  # include/mentor/port/ledger.h
PAGE = 100  # src/app/audit_positions.c reads so many ranges at once


@pytest.fixture(scope="module")
def audited(make_shared_place):
    """One partition with more batches than a page."""
    place = make_shared_place(partitions=1)
    many = Audited.__new__(Audited)
    many.place = place
    worker = place.worker("--batch", "1")
    place.send(*(m.record(m.application(), event=f"e{i}") for i in range(PAGE + 5)))
    place.settled()
    assert worker.stop() == 0
    assert place.sql("SELECT count(*) > %s FROM mentord.batch", PAGE)[0][0]
    assert many.verify("--kafka")["breach_count"] == 0
    return many


@pytest.fixture(scope="module")
def genuine(make_shared_place):
    """A decision that is right in itself, made elsewhere: of another topic, with a batch number of its own."""
    place = make_shared_place(partitions=1)
    place.sql("SELECT setval('mentord.batch_id', 100000)")
    worker = place.worker()
    place.send(m.record(m.application(), event="genuine"))
    place.settled()
    assert worker.stop() == 0
    return place


def rows(place, table):
    with psycopg.connect(place.cluster.url(place.database), row_factory=psycopg.rows.dict_row) as session:
        return session.execute(sql.SQL("SELECT * FROM mentord.{}").format(sql.Identifier(table))).fetchall()


def put(session, table, row, **other):
    row = {**row, **other}
    session.execute(sql.SQL("INSERT INTO mentord.{} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() * len(row))), [*row.values()])


def skipped(session, progress, batch, first, following, link=None, evaluated=None):
    """A range of offsets without a record, right in itself. Its link follows `link`, or nothing."""
    kept, = session.execute("SELECT to_jsonb(b) - 'entries' FROM mentord.batch b ORDER BY next_offset DESC LIMIT 1").fetchone()
    evaluated = kept["evaluated_at_ms"] if evaluated is None else evaluated
    packed = SKIPPED + (following - first).to_bytes(8, "big")
    root = root_of(first, evaluated, packed)
    put(session, "batch", {"id": batch, "progress_id": progress, "first_offset": first, "next_offset": following, "epoch": kept["epoch"],
                           "evaluated_at_ms": evaluated, "skipped": following - first, "gap": 0, "decided": 0, "duplicate": 0, "dlq": 0,
                           "owner": "nobody", "rulebook": bytes.fromhex(kept["rulebook"][2:]), "entries": packed, "root": root,
                           "link": link_of(link, root, first, following, kept["epoch"], evaluated) if link else sha(b"any")})


@pytest.mark.parametrize("number", [-5, -1, -2 ** 63])
def test_a_position_before_the_first_is_looked_at(audited, genuine, number):
    """Its decision is right in itself; its batch has any link."""
    with audited.copy() as (session, url):
        progress, = rows(genuine, "progress")
        put(session, "progress", progress, id=number, partition=99, batch=0, evaluated_at_ms=0, next_offset=0, emitted_offset=0, seen_offset=0)
        for table in ("batch", "decision"):
            put(session, table, rows(genuine, table)[0], progress_id=number, **({"link": sha(b"any")} if table == "batch" else {}))
        for table in ("application", "citizen"):
            put(session, table, rows(genuine, table)[0])
        found = audited.breaches("I10", url=url)
        assert any("does not follow the genesis" in b["what"] and b["batch"] > 100000 and b["offset"] == 0 for b in found), found


def test_a_range_behind_a_pages_end_is_looked_at(audited):
    """It ends where the last range of the page does."""
    with audited.copy() as (session, url):
        progress, following = session.execute("SELECT progress_id, next_offset FROM mentord.batch ORDER BY progress_id, next_offset, id "
                                              "OFFSET %s LIMIT 1", (PAGE - 1,)).fetchone()
        skipped(session, progress, 200000, following - 1, following)
        found = audited.breaches("I10", url=url)
        assert any(b.get("batch") == 200000 and "chain breaks" in b["what"] for b in found), found


UNREAD = {  # what a superuser can put where nothing reads; the invariant that tells
    "a range of no batch": ("I3", "batch", "id = NULL", "lack what they are read by"),
    "a range that ends nowhere": ("I10", "batch", "next_offset = NULL", "lack what they are read by"),
    "a decision of no batch": ("P", "decision", "batch = NULL", "of no batch"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_a_row_that_nothing_reads_is_told(audited, what):
    invariant, table, change, said = UNREAD[what]
    with audited.copy() as (session, url):
        session.execute(f"ALTER TABLE mentord.{table} DROP CONSTRAINT {table}_pkey")
        for column in ("id", "next_offset", "batch"):
            if change.startswith(column + " "):
                session.execute(f"ALTER TABLE mentord.{table} ALTER {column} DROP NOT NULL")
        session.execute(f"CREATE TEMPORARY TABLE forged AS SELECT * FROM mentord.{table} LIMIT 1")
        session.execute(f"UPDATE forged SET {change}")
        session.execute(f"INSERT INTO mentord.{table} SELECT * FROM forged")
        found = audited.breaches(invariant, url=url)
        assert any(said in b["what"] for b in found), found


def forgery_hidden(session):
    """A decision's output is forged, and those who audit are to see the others only."""
    batch, index = session.execute("SELECT batch, index FROM mentord.decision ORDER BY batch LIMIT 1").fetchone()
    session.execute("UPDATE mentord.decision SET output = set_byte(output, 0, 1) WHERE (batch, index) = (%s, %s)", (batch, index))
    return f"(batch, index) <> ({batch}, {index})"


def test_rows_that_a_policy_hides_are_an_error(audited):
    with audited.copy() as (session, url):
        rest = forgery_hidden(session)
        session.execute("ALTER TABLE mentord.decision ENABLE ROW LEVEL SECURITY")
        session.execute(f"CREATE POLICY kind ON mentord.decision FOR SELECT TO mentord_reader USING ({rest})")
        done = audited.place.mentord("audit", "verify", url=url, expect=1)
        assert "row-level security" in done.stderr, done.stderr


@pytest.mark.parametrize("how", [
    "ALTER TABLE mentord.decision RENAME TO real; CREATE VIEW mentord.decision AS SELECT * FROM mentord.real WHERE {rest}",
    "CREATE RULE kind AS ON UPDATE TO mentord.decision DO INSTEAD NOTHING",
])
def test_a_table_that_is_none_any_more_is_an_error(audited, how):
    with audited.copy() as (session, url):
        session.execute(how.format(rest=forgery_hidden(session)))
        session.execute("GRANT SELECT ON ALL TABLES IN SCHEMA mentord TO mentord_reader")
        done = audited.place.mentord("audit", "verify", url=url, expect=1)
        assert "mentord.decision is no plain table" in done.stderr, done.stderr


def test_a_guard_that_is_gone_or_off_is_told(audited):
    with audited.copy() as (session, url):
        known = session.execute("SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                                "WHERE c.relnamespace = 'mentord'::regnamespace AND NOT t.tgisinternal").fetchall()
        assert len(known) > 10
        for table, guard in known:
            session.execute(f"ALTER TABLE mentord.{table} DISABLE TRIGGER {guard}")
            assert any(f"off or altered: {guard} of mentord.{table}" in b["what"] for b in audited.breaches("P", url=url))
            session.execute(f"ALTER TABLE mentord.{table} ENABLE TRIGGER {guard}")
        assert audited.verify(url=url)["breach_count"] == 0
        session.execute("DROP TRIGGER never_changed ON mentord.batch")
        assert any("never_changed of mentord.batch" in b["what"] for b in audited.breaches("P", url=url))


ALTERED = {  # what is told, and how it was done
    "function mentord.refuse_change": "CREATE OR REPLACE FUNCTION mentord.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "function mentord.only_emptied": "CREATE OR REPLACE FUNCTION mentord.only_emptied() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "function mentord.erasing": "CREATE OR REPLACE FUNCTION mentord.erasing(erasure_ bigint) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'",
    "function mentord.only_destroyed": "ALTER FUNCTION mentord.only_destroyed() SET search_path = public, pg_catalog",
    "function mentord.growth_end": "ALTER FUNCTION mentord.growth_end(text, text, integer, integer, bigint) RESET search_path",
    "function mentord.growth_pass": "ALTER FUNCTION mentord.growth_pass(text, text) SECURITY INVOKER",
    "function mentord.demand": "ALTER FUNCTION mentord.demand(boolean, text, text) RENAME TO asked",
    "function mentord.retire_payloads": "CREATE FUNCTION mentord.retire_payloads() RETURNS void LANGUAGE sql AS ''",
    "never_changed of mentord.batch": "CREATE OR REPLACE TRIGGER never_changed BEFORE INSERT ON mentord.batch "
                                      "FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change()",
    "never_changed of mentord.erasure": "CREATE OR REPLACE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.erasure "
                                        "FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION mentord.refuse_change()",
    "only_emptied of mentord.decision": "CREATE OR REPLACE TRIGGER only_emptied BEFORE UPDATE ON mentord.decision "
                                        "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
}


@pytest.mark.parametrize("guard", ALTERED)
def test_a_guard_that_was_altered_is_told(audited, guard):
    with audited.copy() as (session, url):
        session.execute(ALTERED[guard])
        [breach] = audited.breaches("P", url=url)
        assert breach["what"].endswith(f"gone, off or altered: {guard}"), breach


def put_in(session, partition, evaluated, topic=None):
    """A position with one batch and a right chain from its genesis, which no worker made."""
    row, = session.execute("SELECT to_jsonb(p) - ARRAY['link', 'last_digest', 'breaker', 'backend_start', 'updated_at'] FROM mentord.progress p").fetchone()
    number, = session.execute("SELECT max(id) + 1 FROM mentord.progress").fetchone()
    put(session, "progress", {**row, "id": number, "partition": partition, "topic": topic or row["topic"], "first_offset": 0, "next_offset": 5, "seen_offset": 0,
                              "emitted_offset": 0, "batch": 300000 + partition, "last_offset": -1, "evaluated_at_ms": evaluated, "link": b"0" * 32})
    skipped(session, number, 300000 + partition, 0, 5, evaluated=evaluated)
    rewrite(session, number)


def i10(told):
    return next(row for row in told["invariants"] if row["id"] == "I10")


@pytest.fixture(scope="module")
def two(make_shared_place):
    """Two partitions, whose heads a worker told to a file."""
    place = make_shared_place(partitions=2)
    place.anchors = place.folder / "anchors.jsonl"
    half = Audited.__new__(Audited)
    half.place = place
    worker = place.worker(env={"MENTORD_ANCHOR_FILE": str(place.anchors)})
    place.send(*(m.record(m.application(), key=f"k{i % 8}", event=f"e{i}") for i in range(8)))
    place.settled()
    assert worker.stop() == 0
    assert half.verify("--kafka")["unanchored"] == []
    return half


@pytest.mark.parametrize("minutes, found", [(11, True), (9, False)])
def test_a_position_that_no_anchor_knows_is_told_and_by_and_by_a_breach(audited, minutes, found):
    """The audit topic's own partitions are one here, so is the input's: it grows, since a position beyond is another breach."""
    newest, = audited.place.sql("SELECT max(evaluated_at_ms) FROM mentord.progress")[0]
    if audited.place.inputs == 1:
        audited.place.grow(2)
    with audited.copy() as (session, url):
        put_in(session, 1, newest - minutes * 60000)
        told = audited.verify("--kafka", url=url, expect=2 if found else 0)
        assert [b["invariant"] for b in told["breaches"]] == ["I10"] * found
        assert all("no anchor knows its 1 batches" in b["what"] and (b["partition"], b["offset"]) == (1, 5) for b in told["breaches"])
        assert i10(told)["note"].endswith("anchors held against it; 1 batches of 1 partitions lie behind the last")
        assert told["unanchored"] == [{"topic": audited.place.applications, "partition": 1, "batches": 1, "of": 1}]


def test_a_position_of_another_topic_is_told_and_not_accused(audited):
    with audited.copy() as (session, url):
        put_in(session, 7, 1, topic="elsewhere")
        told = audited.verify("--kafka", url=url)
        assert told["unanchored"] == [{"topic": "elsewhere", "partition": 7, "batches": 1, "of": 1}]


def test_a_position_beyond_the_topics_partitions_is_a_breach(audited):
    newest, = audited.place.sql("SELECT max(evaluated_at_ms) FROM mentord.progress")[0]
    with audited.copy() as (session, url):
        put_in(session, 9, newest)
        found = audited.breaches("I3", "--kafka", url=url)
        assert [b["partition"] for b in found] == [9] and "the topic has not" in found[0]["what"]


def test_what_lies_behind_the_last_anchor_of_a_file_is_counted(two, tmp_path):
    """All of it, where the file has none; no breach, since each worker may have its own."""
    count = two.place.sql("SELECT count(*) FROM mentord.batch")[0][0]
    empty = tmp_path / "none.jsonl"
    empty.write_text("")
    told = two.verify("--anchors", str(empty))
    assert i10(told)["note"].startswith(f"0 anchors held against it; {count} batches of ")
    assert sum(p["batches"] for p in told["unanchored"]) == sum(p["of"] for p in told["unanchored"]) == count
    assert two.verify("--anchors", str(two.place.anchors))["unanchored"] == []
    first = tmp_path / "first.jsonl"
    first.write_text(two.place.anchors.read_text().splitlines(keepends=True)[0])
    known = json.loads(first.read_text())["data"]["partition"]
    after = two.place.sql("SELECT count(*) FROM mentord.batch b JOIN mentord.progress p ON p.id = b.progress_id WHERE p.partition <> %s OR "
                          "b.next_offset > %s", known, json.loads(first.read_text())["data"]["next_offset"])[0][0]
    assert sum(p["batches"] for p in two.verify("--anchors", str(first))["unanchored"]) == after < count
