"""Goal: whatever column somebody with all rights alters, in whichever table and to whatever value, `audit verify` finds it and
names the row; or the column stands below with the reason why it decides nothing. A column that is new belongs to neither, and
fails."""

import contextlib
import json
import os
import secrets

import psycopg
import pytest

import messages as m
from audit_test import Audited

SAME_WHEN_EMPTY = "null and empty are read alike, and empty it was"
TELLS_WHO = "who did it and when: told by `dlq show` and `rulebook list`, and no decision rests on it"
OF_WORKERS = "between workers that live: the next take-over writes it anew"
UNREAD = "what was erased is not read: by its erasure, whatever lies there"

# Not held against anything by `audit verify`, and why that harms nobody. (table, column), or with the row's kind.
HARMLESS = {
    ("batch", "owner"): "which process decided it; for a person to look at",
    ("citizen_key", "created_at"): "when it was made; nothing is decided by it",
    ("decision", "core_version", "emptied"): "it says by what to make it again, and it cannot be",
    ("decision", "core_version", "shredded"): "likewise",
    ("decision", "headers", "emptied"): UNREAD,
    ("decision", "input", "emptied"): UNREAD,
    ("decision", "key_id", "emptied"): UNREAD,
    ("decision", "headers", "shredded"): UNREAD,
    ("decision", "input", "shredded"): UNREAD,
    ("decision", "input", "sealed"): "it lies sealed in headers; this is empty and not read",
    ("erasure", "decided_before"): "of an erasure by age only, which a decision names; one by citizen has none",
    ("erasure", "why"): "a person's words. Not chained: an auditor keeps what `audit erase` printed",
    ("erasure", "erased_at"): "likewise",
    ("erasure", "erased_by"): "likewise",
    ("erasure", "transaction"): "only the transaction itself asks for it",
    ("master_key", "why"): "a person's words, like that of an erasure",
    ("master_key", "first_used_by"): "likewise",
    ("master_key", "first_used_at"): "when; nothing is decided by it",
    ("meta", "one"): "that there is one row",
    ("meta", "demo"): "it lets time go back between decisions; each one's time is in its digest all the same",
    ("meta", "created_at"): "when; nothing is decided by it",
    ("progress", "id", "unread"): "a partition that nothing came from: nothing names its row",
    ("progress", "consumer_group"): "another group's name stops the worker",
    ("progress", "epoch"): "below the last batch's, or the group's in Kafka, it is found; above, it fences who is alive",
    ("progress", "emitted_offset"): "beyond what is decided it is found; below, outputs are sent again; the topics tell what is missing",
    ("progress", "takeovers"): OF_WORKERS, ("progress", "tried_offset"): OF_WORKERS, ("progress", "tries"): OF_WORKERS, ("progress", "tried_by"): OF_WORKERS,
    ("progress", "breaker"): "which of the last records were refused: it can stop a partition, loudly, and not decide",
    ("progress", "stopped_at"): "a stopped partition waits and says so",
    ("progress", "owner"): OF_WORKERS, ("progress", "transactional_id"): OF_WORKERS, ("progress", "orphan_ids"): OF_WORKERS,
    ("progress", "backend_pid"): OF_WORKERS, ("progress", "backend_start"): OF_WORKERS, ("progress", "updated_at"): OF_WORKERS,
    ("publication", "rulebook"): "which one decides from now on; each decision pins its own by hash",
    ("publication", "effective_from"): "likewise",
    ("publication", "published_at"): TELLS_WHO, ("publication", "published_by"): TELLS_WHO,
    ("quarantine", "redrives"): "how often it came back: a bound on redriving",
    ("quarantine", "why"): TELLS_WHO, ("quarantine", "closed_at"): TELLS_WHO, ("quarantine", "closed_by"): TELLS_WHO,
    ("quarantine", "key_id", "emptied"): UNREAD, ("quarantine", "value", "emptied"): UNREAD, ("quarantine", "headers", "emptied"): UNREAD,
    ("quarantine", "key_id", "shredded"): UNREAD, ("quarantine", "value", "shredded"): UNREAD,
    ("quarantine", "headers", "shredded"): UNREAD, ("quarantine", "erasure", "shredded"): UNREAD,
    ("quarantine", "key", "emptied"): UNREAD, ("quarantine", "key", "shredded"): UNREAD,
    ("rulebook", "stored_at"): TELLS_WHO,
    ("topic", "cluster"): "another cluster stops the worker", ("topic", "topic"): "another topic stops the worker",
    ("topic", "partition_count"): "another count stops the worker", ("topic", "consumer_group"): "another group stops the worker",
    ("topic", "opened_at"): "which one is shown first",
    **{("growth", column): "what new partitions wait for; records in them are decided all the same" for column in
       ("cluster", "topic", "from_count", "to_count", "ends", "noted_by", "noted_at", "passed_at")},
}
# Rebuilt, written anew or looked at by nothing that decides.
HARMLESS_TABLES = {"schema_version": "which migrations ran: `db migrate` compares them",
                   **dict.fromkeys(("shadow_candidate", "shadow_count", "shadow_divergence"), "counts of a candidate; nothing rests on them"),
                   "recall": "what is read back: at worst the worker halts, or reads too much",
                   "rekeyed": "that `audit rekey` has ended: without it both master keys are asked for; a key that does not open is told"}

# Told by the topics alone: the ledger's digests are of the value and of the output.
BY_TOPICS = {("decision", "late_ms"), ("decision", "trace"), ("quarantine", "key"), ("quarantine", "headers")}
# Another master key, it seems: the audit says so and does not begin.
STOPS = {("master_key", "fingerprint"), ("master_key", "id")}

# The first ones always; all of them by hand: MENTORD_TEST_TAMPER=all.
ALTERATIONS = {
    "bigint": ["{c} + 1", "NULL", "-1", "9223372036854775807"], "integer": ["{c} + 1", "NULL", "-1", "2147483647"],
    "smallint": ["{c} + 1", "NULL", "32767"],
    "bytea": ["set_byte({c}, octet_length({c}) - 1, get_byte({c}, octet_length({c}) - 1) # 128)", "substr({c}, 1, octet_length({c}) - 1)",
              "NULL", "''", "set_byte({c}, 0, get_byte({c}, 0) # 1)", "{c} || '\\x00'"],
    "text": ["'x' || {c}", "NULL", "''"], "boolean": ["NOT {c}", "NULL"], "uuid": ["gen_random_uuid()", "NULL"], "date": ["{c} + 1", "NULL", "'infinity'"],
    "timestamp with time zone": ["{c} + interval '1 microsecond'", "'infinity'"], "xid8": ["'7'::xid8"],
    "_int8": ["(SELECT array_agg(x + 1 ORDER BY n) FROM unnest({c}) WITH ORDINALITY AS u (x, n))", "array_fill(1::bigint, ARRAY[32])"],
    "_bytea": ["(SELECT array_agg(set_byte(x, octet_length(x) - 1, get_byte(x, octet_length(x) - 1) # 128) ORDER BY n) "
               "FROM unnest({c}) WITH ORDINALITY AS u (x, n))", "{c}[2:]", "'{{}}'", "NULL", "array_fill(NULL::bytea, ARRAY[cardinality({c})])"],
}
FIRST = None if os.environ.get("MENTORD_TEST_TAMPER") == "all" else 1

KEY = "(SELECT y.wrapped[(key_id & 31)::integer + 1] FROM mentord.citizen_key y WHERE y.id = key_id >> 5)"
CLEAR = "key_id IS NULL AND erasure IS NULL"
KINDS = {  # rows of a table that are not alike
    "decision": {"late": f"{CLEAR} AND late_ms >= 0 AND total_ore > 0", "later": f"{CLEAR} AND application_seq = 2 AND NOT conflict",
                 "conflict": f"conflict AND {CLEAR}", "emptied": "erasure IS NOT NULL AND late_ms >= 0",
                 "sealed": f"{KEY} IS NOT NULL",
                 "shredded": f"key_id IS NOT NULL AND {KEY} IS NULL AND late_ms >= 0"},
    "quarantine": {"open": f"state = 'open' AND redrives = 0 AND {CLEAR} AND citizen_ref IS NOT NULL", "nobody's": f"state = 'open' AND citizen_ref IS NULL AND {CLEAR}",
                   "redriven": f"state = 'redriven' AND {CLEAR}", "emptied": "erasure IS NOT NULL AND key_id IS NULL",
                   "sealed": "key_id IS NOT NULL AND erasure IS NULL AND state = 'open'", "shredded": "erasure IS NOT NULL AND key_id IS NOT NULL"},
    "batch": {"first": "id = (SELECT min(id) FROM mentord.batch)", "mixed": "dlq > 0 AND decided > 0"},
    "citizen_key": {"live": "erasure IS NULL AND citizen_ref[1] IS NOT NULL", "destroyed": "erasure IS NOT NULL"},
    "citizen": {"sealed": "key_id IS NOT NULL AND seq > 0", "clear": "key_id IS NULL AND seq > 0", "armed": "armed > 0"},
    "progress": {"read": "batch > 0", "unread": "batch = 0"},
    "rulebook": {"used": "sha256 IN (SELECT rulebook FROM mentord.decision)"},
}


class Rich:
    """A database with something in every table: decided, refused, redriven and dismissed records, two citizens erased, sealed and clear payloads."""

    def __init__(self, place):
        self.place = place
        key = place.folder / "master.key"
        key.write_bytes(secrets.token_bytes(32))
        key.chmod(0o400)
        self.sealing = {"MENTORD_MASTER_KEY_FILE": str(key)}
        anchors = place.folder / "anchors.jsonl"
        place.env["MENTORD_ANCHOR_FILE"] = str(anchors)
        owner = place.cluster.url(place.database)
        candidate = place.folder / "candidate.yaml"
        text = open(place.rulebook, encoding="utf-8").read()
        candidate.write_text(text.replace('version: "2026.1"', 'version: "2026.9"').replace("max_fee_ore: 60000", "max_fee_ore: 100"))
        published = place.folder / "published.yaml"
        published.write_text(text.replace('version: "2026.1"', 'version: "2026.2"'))
        place.env["MENTORD_RULEBOOK"] = None
        self.gone = [m.fresh_cpr(), m.fresh_cpr()]
        place.env = {k: v for k, v in place.env.items() if v is not None}
        place.mentord("rulebook", "publish", str(published), url=owner)
        self._decide(self.gone[0], {}, "--shadow", str(candidate))
        place.mentord("audit", "erase", "--citizen", m.citizen_ref(self.gone[0]), "--why", "art. 17", url=owner)
        self._decide(self.gone[1], self.sealing)
        place.mentord("audit", "erase", "--citizen", m.citizen_ref(self.gone[1]), "--why", "art. 17", url=owner)
        with psycopg.connect(place.cluster.url(place.database), autocommit=True) as session:
            self._free(session)
        self.flags = ("--anchors", str(anchors))

    def _decide(self, gone, env, *flags):
        place = self.place
        worker = place.worker(*flags, env=env)
        citizens = [gone, *(m.fresh_cpr() for _ in range(4))]
        first = [m.application(cpr=cpr) for cpr in citizens]
        self._round(*(m.record(app, event=f"a{i}", extra=[("grpc-timeout", b"1m"), ("ce_time", b"2026-01-01T00:00:00Z"),
                                                          ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")])
                      for i, app in enumerate(first)))
        second = [m.application(cpr=cpr) for cpr in citizens]
        for app in second:
            app.support.start_date, app.support.end_date = m.day(120), m.day(180)
        newer = m.pb.Application()
        newer.CopyFrom(first[1])
        newer.version, newer.support.minutes_per_week = 2, 120
        self._round(*(m.record(app, event=f"b{i}") for i, app in enumerate(second)), m.record(newer, event="newer"))
        conflict = m.pb.Application()
        conflict.CopyFrom(second[2])
        conflict.support.minutes_per_week = 60
        odd = [m.record(m.application(cpr=citizens[i]), event="odd").with_header("ce_type", b"dk.mentor.unknown.v1") for i in (0, 3, 3, 4)]
        older = m.pb.Application()
        older.CopyFrom(newer)
        older.version, older.support.minutes_per_week = 1, 30
        places = self._round(*odd, m.record(b"\xff\xff", key="bad"), m.record(b"\xff\xfe", key="bad"), m.record(older, event="older"),
                             m.record(conflict, event="conflict"), m.record(first[2], event="a2"), m.record(m.application(), key="bad", event="q01"))
        redriven, dismissed = (f"{p}/{o}" for p, o in places[1:3])
        place.mentord("dlq", "dismiss", dismissed, "--why", "a test", env=env)
        place.mentord("dlq", "redrive", redriven, env=env)
        place.settled()
        assert worker.stop() == 0

    def _round(self, *records):
        places = self.place.send(*records)
        self.place.settled()
        return places

    @staticmethod
    def _free(session):
        """What a superuser can take away: constraints, so that any value can be written."""
        session.execute("""DO $$ DECLARE c record; BEGIN
            FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE connamespace = 'mentord'::regnamespace
                     ORDER BY contype = 'f' DESC LOOP
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', c.t, c.conname);
            END LOOP;
            FOR c IN SELECT attrelid::regclass AS t, attname, attidentity FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
                     WHERE r.relnamespace = 'mentord'::regnamespace AND r.relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attnotnull LOOP
                IF c.attidentity <> '' THEN EXECUTE format('ALTER TABLE %s ALTER %I DROP IDENTITY', c.t, c.attname); END IF;
                EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL', c.t, c.attname);
            END LOOP; END $$""")

    def filled(self, table, where, column):
        """Whether the row that is altered has a value there."""
        return self.place.sql(f"SELECT coalesce(octet_length({column}), 0) > 0 FROM mentord.{table} WHERE {where} ORDER BY ctid LIMIT 1")[0][0]

    def verify(self, *flags):
        done = self.place.mentord("audit", "verify", "--json", "--jobs", "1", *flags, expect=None, env=self.sealing,
                                  url=self.place.cluster.url(self.place.database))
        try:
            return done.returncode, json.loads(done.stdout)["breaches"], done.stderr
        except (ValueError, KeyError):
            return done.returncode, [], done.stderr


@pytest.fixture(scope="module")
def rich(make_shared_place):
    return Rich(make_shared_place())


def coordinates(session, table, row):
    """What a breach may name of a row: any of these sets of members."""
    places = "SELECT partition FROM mentord.progress WHERE id = %s"
    partition = lambda: (session.execute(places, (row["progress_id"],)).fetchone() or [None])[0]
    return {
        "decision": lambda: [{"batch": row["batch"], "index": row["index"]}, {"partition": partition(), "offset": row["source_offset"]},
                             {"application": str(row["application_id"])}],
        "batch": lambda: [{"partition": partition(), "batch": row["id"]}, {"partition": partition(), "offset": row["first_offset"]},
                          {"partition": partition(), "offset": row["next_offset"]}, {"batch": row["id"]}],
        "progress": lambda: [{"partition": row["partition"]}, {"batch": row["batch"]}],
        "application": lambda: [{"application": str(row["id"])}],
        "citizen": lambda: [{"citizen": bytes(row["ref"]).hex()}],
        "citizen_key": lambda: [{}],  # what it opened, or its citizen
        "quarantine": lambda: [{"partition": partition(), "offset": row["source_offset"]},
                               *([{"citizen": bytes(row["citizen_ref"]).hex()}] if row["citizen_ref"] else [])],
    }.get(table, lambda: [{}])()


@contextlib.contextmanager
def altered(rich, table, kind, statement):
    """The statement is done to one row, $ROW$; afterwards the table is as it was. Yields what may be named of the row, or None."""
    where = KINDS.get(table, {}).get(kind, "true")
    with psycopg.connect(rich.place.cluster.url(rich.place.database), autocommit=True, row_factory=psycopg.rows.dict_row) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("SET synchronous_commit = off")
        row = session.execute(f"SELECT ctid::text AS place, * FROM mentord.{table} WHERE {where} ORDER BY ctid LIMIT 1").fetchone()
        assert row, f"there is no {kind} row in {table}"
        session.row_factory = psycopg.rows.tuple_row
        named = coordinates(session, table, row)
        session.execute(f"CREATE TABLE public.kept AS SELECT * FROM mentord.{table}")
        try:
            try:
                done = session.execute(statement.replace("$ROW$", f"ctid = '{row['place']}'")).rowcount
            except psycopg.DataError:  # no such byte, beyond the type
                done = 0
            yield named if done else None
        finally:
            with session.transaction():
                session.execute(f"DELETE FROM mentord.{table}")
                session.execute(f"INSERT INTO mentord.{table} SELECT * FROM public.kept")
                session.execute("DROP TABLE public.kept")


def columns(rich):
    return rich.place.sql("SELECT c.table_name, c.column_name, "
                          "CASE c.data_type WHEN 'ARRAY' THEN c.udt_name ELSE c.data_type END FROM information_schema.columns c JOIN information_schema.tables t "
                          "USING (table_schema, table_name) WHERE table_schema = 'mentord' AND table_type = 'BASE TABLE'")


def harmless(table, kind, column):
    return HARMLESS_TABLES.get(table) or HARMLESS.get((table, column)) or HARMLESS.get((table, column, kind))


def missed(rich, table, kind, statement, column=None):
    """What is wrong with what the audit says of an altered row; None: nothing."""
    with altered(rich, table, kind, statement) as named:
        if named is None:
            return None
        code, breaches, words = rich.verify()
        if code == 0 and (table, column) in BY_TOPICS:
            code, breaches, words = rich.verify("--kafka", *rich.flags)
        if (table, column) in STOPS:
            return None if code == 1 and words.count("\n") == 1 else f"exit {code}: {words}"
        if code != 2:
            return f"exit {code}: {words[-300:]}"
        at = next((f"{n['partition']}/{n['offset']}" for n in named if "offset" in n and "partition" in n), "nowhere")
        if (table, column) in BY_TOPICS and any(at in breach["what"].replace(",", "").split() for breach in breaches):
            return None
        found = any(all(breach.get(k) == v for k, v in names.items()) for breach in breaches for names in named)
        return None if found else f"named otherwise than {named}: {breaches[:3]}"


def test_nothing_is_found_before(rich):
    assert rich.verify() == (0, [], "")
    code, breaches, _ = rich.verify("--kafka", *rich.flags)
    assert (code, breaches) == (0, [])


TABLES = ("decision", "batch", "progress", "application", "citizen", "quarantine", "rulebook", "citizen_key", "master_key")
ROWS = [(table, kind) for table in TABLES for kind in KINDS.get(table, ["one"])]


@pytest.mark.parametrize("table, kind", ROWS)
def test_whatever_is_altered_is_found(rich, table, kind):
    wrong = {}
    for name, column, kind_of_type in columns(rich):
        if name != table or harmless(table, kind, column):
            continue
        for change in ALTERATIONS[kind_of_type][:FIRST]:
            if kind_of_type == "bytea" and not rich.filled(table, KINDS.get(table, {}).get(kind, "true"), column):
                continue  # SAME_WHEN_EMPTY
            value = change.format(c=column)
            what = missed(rich, table, kind, f"UPDATE mentord.{table} SET {column} = {value} WHERE $ROW$ AND {column} IS DISTINCT FROM ({value})", column)
            if what:
                wrong[f"{column} = {change}"] = what
    assert not wrong, json.dumps(wrong, indent=1)
    assert rich.verify()[0] == 0, "it is as it was"


# A row gone or there twice, where that is nothing.
TWICE_THE_SAME = {"rulebook"}
NO_LOSS = {("progress", "unread"), ("master_key", "one")}


@pytest.mark.parametrize("table, kind", [row for row in ROWS if row not in NO_LOSS])
def test_a_row_gone_or_twice_is_found(rich, table, kind):
    assert missed(rich, table, kind, f"DELETE FROM mentord.{table} WHERE $ROW$") is None
    if table not in TWICE_THE_SAME:
        assert missed(rich, table, kind, f"INSERT INTO mentord.{table} SELECT * FROM mentord.{table} WHERE $ROW$") is None


def test_an_erasure_gone_is_found(rich):
    for place in (0, 1):
        assert missed(rich, "erasure", "one", f"DELETE FROM mentord.erasure WHERE id = (SELECT id FROM mentord.erasure ORDER BY id OFFSET {place} LIMIT 1)") is None


def test_every_column_is_looked_at_or_stands_above(rich):
    for table, column, _ in columns(rich):
        assert table in TABLES or table in HARMLESS_TABLES or (table, column) in HARMLESS or table == "erasure", f"{table}.{column} is new"
    known = {(table, column) for table, column, _ in columns(rich)}
    for entry in [*HARMLESS, *BY_TOPICS, *STOPS]:
        assert entry[:2] in known, f"there is no {entry}"


BLANKED = "UPDATE mentord.quarantine SET headers = '', value = CASE WHEN value IS NOT NULL THEN ''::bytea END, erasure = {} WHERE {}"
BY_AGE = "INSERT INTO mentord.erasure (id, decided_before, why) SELECT max(id) + 1, {}, 'a test' FROM mentord.erasure RETURNING id"
CITIZENS = "SELECT max(id) FROM mentord.erasure WHERE citizen_ref IS NOT NULL"
OF_KIND = {kind: where for kind, where in KINDS["quarantine"].items() if kind in ("open", "nobody's", "sealed")}
DISMISSED = "state = 'dismissed'"


def told_of(rich, url, env):
    done = rich.place.mentord("audit", "verify", "--json", "--jobs", "1", expect=None, env=env, url=url)
    return json.loads(done.stdout)["breaches"]


@pytest.mark.parametrize("kind, before, found", [
    *((kind, before, True) for kind in OF_KIND for before in (None, "now()")),
    ("dismissed", "now() - interval '1 day'", True),
    ("dismissed", "now()", False),
])
def test_a_refused_record_is_blanked_only_by_an_erasure_of_its_own(rich, kind, before, found):
    """Of its citizen; or by age, once it was closed, of what is as old. Before None: a citizen's that is another's."""
    where = OF_KIND.get(kind, DISMISSED)
    with Audited.copy(rich) as (session, url):
        erasure = session.execute(BY_AGE.format(before) if before else CITIZENS).fetchone()[0]
        rows = session.execute(BLANKED.format(erasure, where) + " RETURNING progress_id, source_offset").fetchall()
        assert rows
        places = {session.execute("SELECT partition FROM mentord.progress WHERE id = %s", (p,)).fetchone() + (o,) for p, o in rows}
        breaches = [b for b in told_of(rich, url, rich.sealing) if "names an erasure" in b["what"]]
        assert {(b["partition"], b["offset"]) for b in breaches} == (places if found else set()), breaches
        assert found or not told_of(rich, url, rich.sealing)


@pytest.mark.parametrize("minutes, found", [(4, False), (6, True)])
@pytest.mark.parametrize("key", [True, False])
def test_an_erasure_is_of_nothing_that_was_made_after_it(rich, minutes, found, key):
    """Emptied, or sealed by a key that it destroyed; also to an auditor without the master key. PostgreSQL's clock may go back a little."""
    with Audited.copy(rich) as (session, url):
        session.execute("UPDATE mentord.erasure SET erased_at = erased_at - %s * interval '1 minute'", (minutes,))
        gone = {(p, o) for p, o in session.execute(
            "SELECT p.partition, d.source_offset FROM mentord.decision d JOIN mentord.progress p ON p.id = d.progress_id "
            f"WHERE d.erasure IS NOT NULL OR d.key_id IS NOT NULL AND {KEY} IS NULL").fetchall()}
        refused = {(p, o) for p, o in session.execute(
            "SELECT p.partition, q.source_offset FROM mentord.quarantine q JOIN mentord.progress p ON p.id = q.progress_id "
            "WHERE q.erasure IS NOT NULL").fetchall()}
        assert gone and refused
        breaches = told_of(rich, url, rich.sealing if key else {})
        named = lambda invariant, what: {(b.get("partition"), b.get("offset")) for b in breaches if b["invariant"] == invariant and what in b["what"]}
        assert named("I2", "cannot be decided again") == (gone if found else set())
        assert named("P", "names an erasure") == (refused if found else set())
        assert any("end of a data key" in b["what"] for b in breaches) == found
        assert found or not breaches
