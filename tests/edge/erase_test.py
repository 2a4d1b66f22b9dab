"""Goal: with a master key nothing that came in lies in the database in clear, all commands read it with the key, and what is
erased or retired is gone for good while the ledger, the outcomes and everybody else's records stay and verify."""

import base64
import datetime
import json
import secrets
import time
import uuid

import psycopg
import pytest

import messages as m
from processes import until

KEYS = "mentord.citizen_key y, unnest(y.citizen_ref, y.wrapped) AS k (citizen_ref, wrapped)"  # one row a key
MARKER = "MARKOER" + uuid.uuid4().hex  # free text that only the input holds


def key_file(folder, name="master.key", content=None, mode=0o400):
    path = folder / f"{uuid.uuid4().hex[:6]}-{name}"
    path.write_bytes(content or secrets.token_bytes(32))
    path.chmod(mode)
    return str(path)


def app_of(cpr, start=7, **fields):
    app = m.application(cpr=cpr, **fields)
    app.support.goal = f"mål {MARKER}"
    app.support.start_date, app.support.end_date = m.day(start), m.day(start + 40)
    app.assessment.reasons = f"fordi {MARKER}"
    return app


def outdated(app):
    """Below the decided version: refused, and it arms nothing."""
    older = m.pb.Application()
    older.CopyFrom(app)
    older.version = 1
    older.support.minutes_per_week = 30
    return m.record(older, event=uuid.uuid4().hex)


class Sealed:
    """Two citizens' decisions and what was refused, by a worker with a master key that is gone."""

    def __init__(self, place):
        self.place = place
        self.key = key_file(place.folder)
        self.env = {"MENTORD_MASTER_KEY_FILE": self.key}
        self.a, self.b = m.fresh_cpr(), m.fresh_cpr()
        self.apps = [app_of(self.a, version=2), app_of(self.a, 100), app_of(self.b)]
        worker = place.worker(env=self.env)
        extra = [("x-note", MARKER.encode())]
        self.send(*(m.record(app, event=f"e{i}", extra=extra) for i, app in enumerate(self.apps)))
        self.open = self.send(m.record(app_of(self.a, 200), event="odd").with_header("ce_type", b"dk.mentor.unknown.v1"))[0]
        self.outdated = self.send(outdated(self.apps[0]))[0]
        self.nobodys = self.send(m.record(b"\xff" + MARKER.encode(), key="bad"))[0]
        assert worker.stop() == 0
        assert place.decided() == 3

    def send(self, *records):
        places = self.place.send(*records)
        self.place.settled()
        return [f"{partition}/{offset}" for partition, offset in places]

    def run(self, *arguments, key=True, **options):
        return self.place.mentord(*arguments, env={**(self.env if key else {}), **options.pop("env", {})}, **options)

    def owner(self, *arguments, **options):
        return self.run(*arguments, key=False, url=self.place.cluster.url(self.place.database), **options)

    def verify(self, *flags, **options):
        told = json.loads(self.run("audit", "verify", "--json", *flags, **options).stdout)
        return told, {row["id"]: row for row in told["invariants"]}


@pytest.fixture
def sealed(make_place):
    return Sealed(make_place())


def dump(place):
    """Every table as COPY gives it: bytea as hex."""
    with psycopg.connect(place.cluster.url(place.database), autocommit=True) as connection:
        tables = [name for name, in connection.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'mentord'::regnamespace AND relkind = 'r'")]
        out = b""
        for table in tables:
            with connection.cursor().copy(f"COPY mentord.{table} TO STDOUT") as copy:
                out += b"".join(bytes(part) for part in copy)
        return out


def holds(place, text):
    stored = dump(place)
    return text.encode() in stored or text.encode().hex().encode() in stored


def test_nothing_that_came_in_lies_in_clear(sealed, make_place):
    assert not holds(sealed.place, MARKER)
    assert not holds(sealed.place, sealed.a)
    plain = make_place()
    worker = plain.worker()
    plain.send(m.record(app_of(m.fresh_cpr())))
    plain.settled()
    assert worker.stop() == 0
    assert holds(plain, MARKER), "the same look finds it where nothing is sealed"
    assert sealed.place.sql(f"SELECT count(*), count(k.citizen_ref), count(DISTINCT k.wrapped) FROM {KEYS}") == [(3, 2, 3)]


def test_with_the_key_everything_reads_as_before(sealed):
    told, rows = sealed.verify("--kafka")
    assert told["breach_count"] == 0 and rows["I2"]["checked"] == 3
    assert all(kind == {"decisions": 0, "refused": 0} for kind in told["unread"].values())
    out = sealed.run("explain", sealed.apps[0].application_id).stdout
    assert "Timeløn" in out and "forseglet" not in out
    letter = sealed.run("explain", sealed.apps[0].application_id, "--letter", "citizen").stdout
    assert len(letter) > 200
    shown = json.loads(sealed.run("dlq", "show", sealed.open, "--json").stdout)
    assert MARKER.encode() in base64.b64decode(shown["data_base64"])
    listed = [json.loads(line) for line in sealed.run("dlq", "list", "--json").stdout.splitlines()]
    assert len(listed) == 3 and all("data_base64" in line for line in listed)


def test_without_the_key_it_is_said_what_cannot_be_read(sealed):
    told, rows = sealed.verify(key=False)
    assert told["breach_count"] == 0 and rows["I2"]["checked"] == 0
    assert told["unread"]["sealed"] == {"decisions": 3, "refused": 3}
    assert "--master-key-file" in sealed.run("audit", "verify", key=False).stdout
    out = sealed.run("explain", sealed.apps[0].application_id, key=False).stdout
    assert "forseglet" in out and "--master-key-file" in out and "Fund" in out
    done = sealed.run("explain", sealed.apps[0].application_id, "--letter", "citizen", key=False, expect=2)
    assert "--master-key-file" in done.stderr and done.stdout == ""
    assert "--master-key-file" in sealed.run("dlq", "show", sealed.open, key=False).stdout
    done = sealed.run("dlq", "redrive", key=False, expect=2)
    assert "--master-key-file" in done.stdout and "0 produced, 3 held back" in done.stderr


def test_a_worker_without_the_key_or_with_another_does_not_begin(sealed):
    worker = sealed.place.worker(ready=False)
    assert worker.wait(30) == 1
    assert "--master-key-file" in worker.log
    worker = sealed.place.worker(ready=False, env={"MENTORD_MASTER_KEY_FILE": key_file(sealed.place.folder)})
    assert worker.wait(30) == 1
    assert "another master key" in worker.log
    for command in (("audit", "verify"), ("dlq", "list"), ("explain", sealed.apps[0].application_id)):
        done = sealed.run(*command, env={"MENTORD_MASTER_KEY_FILE": key_file(sealed.place.folder)}, expect=1)
        assert "another master key" in done.stderr


def test_a_sealed_record_is_redriven(sealed):
    worker = sealed.place.worker(env=sealed.env)
    sealed.run("dlq", "redrive", sealed.open, sealed.nobodys)
    until("both rows are closed", 30, lambda: sealed.place.sql("SELECT count(*) FROM mentord.quarantine WHERE state = 'redriven'") == [(2,)])
    assert worker.stop() == 0
    assert sealed.verify("--kafka")[0]["breach_count"] == 0


def test_what_is_erased_is_gone_and_the_rest_verifies(sealed):
    ref = m.citizen_ref(sealed.a)
    why = "art. 17, sag 4711"
    dry = sealed.owner("audit", "erase", "--citizen", ref, "--why", why, "--dry-run").stdout
    assert dry.startswith("would be erased: 2 decisions by their key, 0 decisions and 2 refused records emptied")
    assert sealed.verify()[0]["unread"]["erased"]["decisions"] == 0, "nothing was changed"
    done = sealed.owner("audit", "erase", "--citizen", ref, "--why", why).stdout
    assert done.startswith("erased: 2 decisions by their key, 0 decisions and 2 refused records emptied")
    assert "2 of the refused records are open" in done
    told, rows = sealed.verify("--kafka")
    assert told["breach_count"] == 0 and rows["I2"]["checked"] == 1
    assert told["unread"]["erased"] == {"decisions": 2, "refused": 2}
    assert "2 decisions and 2 refused records are erased" in sealed.run("audit", "verify").stdout
    out = sealed.run("explain", sealed.apps[0].application_id).stdout
    assert "slettet" in out and why in out and "Fund" in out and "ramme" in out
    assert "Timeløn" in sealed.run("explain", sealed.apps[2].application_id).stdout, "another citizen's is unharmed"
    sealed.run("explain", sealed.apps[0].application_id, "--letter", "citizen", expect=2)
    assert why in sealed.run("dlq", "show", sealed.outdated).stdout
    again = sealed.owner("audit", "erase", "--citizen", ref, "--why", "twice").stdout
    assert "nothing is left to erase" in again and why in again
    assert sealed.place.sql("SELECT why, encode(citizen_ref, 'hex') FROM mentord.erasure") == [(why, ref)]
    sealed.owner("audit", "erase", "--citizen", "00" * 16, "--why", why, expect=2)

    worker = sealed.place.worker(env=sealed.env)
    later = app_of(sealed.a, 300)
    sealed.send(m.record(later, event="later"))
    assert worker.stop() == 0
    assert "Oplysninger\n  kommune" in sealed.run("explain", later.application_id).stdout
    told, rows = sealed.verify("--kafka")
    assert told["breach_count"] == 0 and rows["I2"]["checked"] == 2 and told["unread"]["erased"]["decisions"] == 2
    assert sealed.place.sql(f"SELECT count(*), count(k.wrapped) FROM {KEYS} WHERE k.citizen_ref = decode(%s, 'hex')",
                            ref) == [(2, 1)]
    assert not holds(sealed.place, MARKER)


def test_a_worker_that_runs_takes_a_new_key_after_an_erasure(sealed):
    worker = sealed.place.worker(env=sealed.env)
    sealed.send(m.record(app_of(sealed.b, 300), event="before"))
    sealed.owner("audit", "erase", "--citizen", m.citizen_ref(sealed.b), "--why", "art. 17")
    later = app_of(sealed.b, 400)
    sealed.send(m.record(later, event="after"))
    assert worker.stop() == 0
    assert "kommune" in sealed.run("explain", later.application_id).stdout
    told, _ = sealed.verify("--kafka")
    assert told["breach_count"] == 0 and told["unread"]["erased"]["decisions"] == 2


def test_what_was_stored_in_clear_before_is_read_and_erased_too(make_place):
    place = make_place()
    worker = place.worker()
    cpr, other = m.fresh_cpr(), m.fresh_cpr()
    apps = [app_of(cpr), app_of(other), app_of(cpr, 100)]
    place.send(*(m.record(app, event=f"e{i}") for i, app in enumerate(apps[:2])),
               m.record(app_of(cpr, 200), event="odd").with_header("ce_type", b"dk.mentor.unknown.v1"))
    place.settled()
    assert worker.stop() == 0
    env = {"MENTORD_MASTER_KEY_FILE": key_file(place.folder, content=secrets.token_hex(32).encode() + b"\n")}
    worker = place.worker(env=env)
    place.send(m.record(apps[2], event="e2"))
    place.settled()
    assert worker.stop() == 0

    def verify():
        return json.loads(place.mentord("audit", "verify", "--kafka", "--json", env=env).stdout)
    assert verify()["breach_count"] == 0
    assert "kommune" in place.mentord("explain", apps[0].application_id, env=env).stdout
    owner = place.cluster.url(place.database)
    done = place.mentord("audit", "erase", "--citizen", m.citizen_ref(cpr), "--why", "art. 17", "--json", url=owner).stdout
    assert json.loads(done) == {"erased": True, "dryRun": False, "decisionsSealed": 1, "decisionsEmptied": 1, "refused": 1,
                                "refusedOpen": 1}
    told = verify()
    assert told["breach_count"] == 0 and told["unread"]["erased"] == {"decisions": 2, "refused": 1}
    assert "kommune" in place.mentord("explain", apps[1].application_id, env=env).stdout
    assert not holds(place, cpr)


def test_a_refused_record_in_clear_that_arms_nothing_is_erased_too(make_place):
    """By its citizen alone it is found, also of somebody of whom nothing else is stored."""
    place = make_place(demo=True)
    worker = place.worker("--at", "event")
    cpr, nothing_else, odd = m.fresh_cpr(), m.fresh_cpr(), "odd-" + uuid.uuid4().hex[:6]
    newer, older, early, cprless = (app_of(cpr, version=2), app_of(cpr, version=1), app_of(nothing_else), app_of(odd, version=2))
    older.application_id = newer.application_id
    cprless_older = app_of(odd)
    cprless_older.application_id = cprless.application_id
    place.send(m.record(newer, event="n", extra=[("x-cpr", cpr.encode())]))
    place.send(*(m.record(app, event=event) for app, event in ((older, "o"), (cprless, "c"), (cprless_older, "co"))),
               m.record(early, event="e", extra=[("ce_time", b"2019-06-01T09:00:00Z")]))
    place.settled()
    assert worker.stop() == 0
    assert place.sql("SELECT reason, count(*) FROM mentord.quarantine GROUP BY 1 ORDER BY 1") == [("no-law", 1), ("version-outdated", 2)]
    assert json.loads(place.mentord("audit", "verify", "--kafka", "--json").stdout)["breach_count"] == 0
    owner = place.cluster.url(place.database)
    for who, decisions in ((cpr, 1), (nothing_else, 0), (odd, 1)):
        assert holds(place, who)
        done = place.mentord("audit", "erase", "--citizen", m.citizen_ref(who), "--why", "art. 17", "--json", url=owner).stdout
        assert json.loads(done) == {"erased": True, "dryRun": False, "decisionsSealed": 0, "decisionsEmptied": decisions,
                                    "refused": 1, "refusedOpen": 1}
        assert not holds(place, who)
    assert not holds(place, MARKER)
    told = json.loads(place.mentord("audit", "verify", "--kafka", "--json").stdout)
    assert told["breach_count"] == 0 and told["unread"]["erased"] == {"decisions": 2, "refused": 3}


def test_retention_empties_what_is_old_and_nothing_else(make_place):
    place = make_place(demo=True)
    env = {"MENTORD_MASTER_KEY_FILE": key_file(place.folder)}
    worker = place.worker("--at", "event", env=env)

    def at(time, start, end):
        app = app_of(m.fresh_cpr())
        app.support.start_date, app.support.end_date = start, end
        place.send(m.record(app, extra=[("ce_time", time.encode())]))
        return app
    old = at("2021-03-01T09:00:00Z", "2021-03-10", "2021-06-09")
    running = at("2025-11-01T09:00:00Z", "2025-11-10", "2026-05-01")
    recent = at("2026-06-01T09:00:00Z", "2026-06-10", "2026-09-09")
    place.send(m.record(b"\xff" + MARKER.encode(), key="bad"))
    place.settled()
    assert worker.stop() == 0
    owner = place.cluster.url(place.database)
    bad, = [row["id"] for row in place.quarantine()]
    place.mentord("dlq", "dismiss", "/".join(bad.split("/")[1:]), "--why", "test")

    def retain(when, *flags):
        done = place.mentord("audit", "retain", "--older-than", when, "--why", "five years", "--json", *flags, url=owner)
        return json.loads(done.stdout)
    assert retain("2026-02-01", "--dry-run")["decisionsEmptied"] == 1
    assert place.sql("SELECT count(*) FROM mentord.erasure") == [(0,)]
    told = retain("2026-02-01")
    assert told["decisionsEmptied"] == 1 and told["erased"] and told["refused"] == 0
    assert retain("2026-02-01") == {**told, "decisionsEmptied": 0, "erased": False}
    text = {app.application_id: place.mentord("explain", app.application_id, env=env).stdout for app in (old, running, recent)}
    assert "slettet" in text[old.application_id] and "efter alder, fordi: five years" in text[old.application_id]
    assert all("Oplysninger\n  kommune" in text[app.application_id] for app in (running, recent))
    (refused_at,), = place.sql("SELECT max(at_ms) FROM mentord.quarantine")
    until("a whole second after it", 5, lambda: int(time.time()) * 1000 > refused_at)
    told = retain(datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"))
    assert told["decisionsEmptied"] == 2 and told["refused"] == 1
    told = json.loads(place.mentord("audit", "verify", "--kafka", "--json", env=env).stdout)
    assert told["breach_count"] == 0 and told["unread"]["retired"] == {"decisions": 3, "refused": 1}
    later = m.pb.Application()
    later.CopyFrom(recent)
    later.version, later.support.minutes_per_week = 2, 60
    worker = place.worker("--at", "event", env=env)
    place.send(m.record(later, extra=[("ce_time", b"2026-07-01T09:00:00Z")]))
    place.settled()
    assert worker.stop() == 0
    assert "Erstatter" in place.mentord("explain", recent.application_id, env=env).stdout, "the next decision lacks nothing"
    assert json.loads(place.mentord("audit", "verify", "--kafka", "--json", env=env).stdout)["breach_count"] == 0
    done = place.mentord("audit", "retain", "--older-than", "2150-01-01", "--why", "x", url=owner, expect=64)
    assert "not in the past" in done.stderr


@pytest.mark.parametrize("statement", [
    "UPDATE mentord.decision SET headers = '', input = ''",
    "UPDATE mentord.decision SET headers = '', input = '', erasure = 1",
    "UPDATE mentord.citizen_key SET wrapped[1] = NULL, erasure = array_fill(1::bigint, ARRAY[cardinality(wrapped)])",
    "UPDATE mentord.citizen_key SET wrapped = NULL, erasure = '{{1}}'",
    "DELETE FROM mentord.citizen_key",
    "TRUNCATE mentord.citizen_key",
    "DELETE FROM mentord.erasure",
    "UPDATE mentord.erasure SET why = 'other'",
    "UPDATE mentord.master_key SET fingerprint = fingerprint",
    "DELETE FROM mentord.rekeyed",
    "UPDATE mentord.citizen_key SET wrapped[1] = set_byte(wrapped[1], 0, 255 - get_byte(wrapped[1], 0))",
    "UPDATE mentord.citizen_key SET wrapped[1] = set_byte(wrapped[1], 0, 255 - get_byte(wrapped[1], 0)), master = 2",
    "{changing} UPDATE mentord.citizen_key SET wrapped[1] = '', master = 2",
    "{changing} UPDATE mentord.citizen_key SET wrapped = wrapped || ''::bytea, citizen_ref = citizen_ref || NULL::bytea, master = 2",
    "{changing} UPDATE mentord.citizen_key SET wrapped[1] = NULL, erasure = array_fill(1::bigint, ARRAY[cardinality(wrapped)]), master = 2",
    "{changing} UPDATE mentord.citizen_key SET citizen_ref[1] = NULL, master = 2",
    "{erasing} UPDATE mentord.decision SET headers = '', input = '', erasure = {id}, total_ore = 1",
    "{erasing} UPDATE mentord.decision SET headers = '', input = 'x', erasure = {id}",
    "{erasing} UPDATE mentord.decision SET headers = '', input = '', erasure = 1",
    "{erasing} UPDATE mentord.decision SET output = '', erasure = {id}",
    "{erasing} UPDATE mentord.citizen_key SET citizen_ref[1] = NULL, wrapped[1] = NULL, erasure[1] = {id}",
    "{erasing} UPDATE mentord.citizen_key SET erasure = array_fill({id}::bigint, ARRAY[cardinality(wrapped)])",
    "{erasing} UPDATE mentord.citizen_key SET wrapped[1] = NULL, erasure = array_fill(1::bigint, ARRAY[cardinality(wrapped)])",
    "{erasing} DELETE FROM mentord.decision",
    "UPDATE mentord.quarantine SET headers = '', value = '', erasure = (SELECT max(id) FROM mentord.erasure)",
    "UPDATE mentord.quarantine SET citizen_ref = NULL",
    "UPDATE mentord.quarantine SET state = 'dismissed', why = 'x', closed_at = now(), closed_by = 'x', arms = NOT arms",
    "{erasing} UPDATE mentord.quarantine SET headers = '', value = 'x', erasure = {id}",
    "{erasing} UPDATE mentord.quarantine SET headers = '', value = '', erasure = {id}, key = 'x'",
    "{erasing} UPDATE mentord.quarantine SET headers = '', value = '', erasure = {id}, state = 'dismissed', why = 'x', closed_at = now(), closed_by = 'x'",
])
def test_nobody_gets_around_the_record(guarded, statement):
    """A superuser too: only an emptied payload, only by an erasure of the same transaction."""
    erasing = "INSERT INTO mentord.erasure (decided_before, why) VALUES (now(), 'trial');"
    changing = "INSERT INTO mentord.master_key (id, fingerprint, why) VALUES (2, decode(repeat('00', 32), 'hex'), 'trial');"
    with psycopg.connect(guarded.place.cluster.url(guarded.place.database)) as session:
        with pytest.raises(psycopg.errors.Error) as told:
            session.execute(statement.format(erasing=erasing, changing=changing, id="(SELECT max(id) FROM mentord.erasure)"))
        assert told.value.sqlstate == "MD003"
        session.rollback()
        session.execute(erasing)
        emptied = session.execute("UPDATE mentord.decision SET headers = '', input = '', "
                                  "erasure = (SELECT max(id) FROM mentord.erasure)").rowcount
        assert emptied == 3, "the one way that is open"
        session.execute(changing)
        rows = session.execute("SELECT count(*) FROM mentord.citizen_key").fetchone()[0]
        assert session.execute("UPDATE mentord.citizen_key SET master = 2").rowcount == rows > 0
        session.rollback()


@pytest.fixture(scope="module")
def guarded(make_shared_place):
    world = Sealed(make_shared_place())
    world.place.sql("INSERT INTO mentord.erasure (decided_before, why) VALUES ('2001-01-01', 'an older one')")
    return world


def test_moved_or_altered_bytes_do_not_open(guarded):
    """Ciphertext belongs to its place, a wrapped key to its citizen."""
    for change in ("UPDATE mentord.decision a SET headers = b.headers FROM mentord.decision b WHERE a.citizen_seq = 1 AND "
                   "b.citizen_seq = 2 AND a.citizen_ref = b.citizen_ref",
                   "UPDATE mentord.decision SET headers = set_byte(headers, 40, get_byte(headers, 40) # 1) WHERE citizen_seq = 2",
                   "UPDATE mentord.citizen_key a SET wrapped[array_position(a.citizen_ref, {a})] = b.wrapped[array_position(b.citizen_ref, {b})] "
                   "FROM mentord.citizen_key b WHERE {a} = ANY (a.citizen_ref) AND {b} = ANY (b.citizen_ref)".format(
                       a=f"'\\x{m.citizen_ref(guarded.a)}'::bytea", b=f"'\\x{m.citizen_ref(guarded.b)}'::bytea")):
        name = guarded.place.database + "_" + uuid.uuid4().hex[:6]
        with psycopg.connect(guarded.place.cluster.url("postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{guarded.place.database}"')
        url = guarded.place.cluster.url(name)
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("SET session_replication_role = replica")
            assert session.execute(change).rowcount >= 1
        told = json.loads(guarded.run("audit", "verify", "--json", url=url, expect=2).stdout)
        assert any(breach["invariant"] == "I2" and "does not open" in breach["what"] for breach in told["breaches"]), told


def test_the_key_file_is_looked_at(place):
    good = secrets.token_hex(32)

    def fails(path):
        return place.mentord("dlq", "list", "--master-key-file", path, expect=1).stderr
    assert "chmod 400" in fails(key_file(place.folder, mode=0o440))
    assert "32 bytes, or 64 hex digits" in fails(key_file(place.folder, content=b"short"))
    assert "32 bytes, or 64 hex digits" in fails(key_file(place.folder, content=good.encode() + b"\n\n"))
    told = fails(good)
    assert "make another one" in told and good not in told
    assert "cannot be read" in fails(str(place.folder / "none"))
    place.mentord("dlq", "list", "--master-key-file", key_file(place.folder, content=good.encode()))
