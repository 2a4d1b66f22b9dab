"""Goal: `replay verify` comes to the same bytes from the archive, the input topic and a file, across two rulebooks and a
change of law, and lists every decision that was altered, with what was altered."""

import json
import pathlib
import re
import uuid

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from google.protobuf.json_format import MessageToDict

import messages as m

BEFORE, AFTER = "2026-06-29T09:00:00Z", "2026-07-02T09:00:00Z"  # the law changes on 2026-07-01
LAWS = ["2026-02-01", "2026-07-01"]
OTHER = "0101"


def at(app, when, event=None, **how):
    return m.record(app, event=event, extra=[("ce_time", when.encode())], **how)


def later(app, **changes):
    copy = m.pb.Application()
    copy.CopyFrom(app)
    for name, value in changes.items():
        target, _, field = name.rpartition("__")
        setattr(getattr(copy, target) if target else copy, field, value)
    return copy


class Replayed:
    """A place where two rulebooks have decided, before and after the law changed, and nobody works any more."""

    def __init__(self, place, folder):
        self.place = place
        self.second = folder / "second.yaml"
        first = pathlib.Path(place.rulebook).read_text()
        self.second.write_text(re.sub(r'version: "[^"]*"', 'version: "second"', first, count=1)
                               .replace("max_unit_ore: 40000", "max_unit_ore: 20000"))
        self.citizens = [m.fresh_cpr() for _ in range(5)]
        self.apps = [m.application(cpr=cpr) for cpr in self.citizens]
        self.apps[4].municipality_code = OTHER
        bad = m.record(b"\xff\xff", key="bad")
        last = m.application()
        self.alone = last.application_id  # the only one of its citizen
        self._work(place.rulebook,
                   *(at(app, BEFORE, f"a{i}") for i, app in enumerate(self.apps)),
                   at(later(self.apps[0], version=2, support__minutes_per_week=120), AFTER, "newer"),
                   at(self.apps[1], BEFORE, "a1"),  # a duplicate
                   at(later(self.apps[2], support__minutes_per_week=60), AFTER, "conflict"),
                   bad, at(last, AFTER, "q01", key="bad"))
        self._work(self.second,
                   *(at(m.application(cpr=cpr), when, f"b{when}{i}") for i, cpr in enumerate(self.citizens)
                     for when in (BEFORE, AFTER)),
                   at(self.apps[0], AFTER, "a0"),  # a duplicate of the other rulebook's
                   at(later(self.apps[0], version=1, support__minutes_per_week=90), AFTER, "outdated"))
        assert place.decided() == self.count == 18
        assert sorted(place.sql("SELECT reason FROM mentord.quarantine")) == [("undecodable",), ("version-outdated",)]

    count = 18

    def _work(self, rulebook, *records):
        worker = self.place.worker("--at", "event", env={"MENTORD_RULEBOOK": str(rulebook)})
        self.place.send(*records)
        self.place.settled()
        assert worker.stop() == 0

    def run(self, *flags, expect=0, url=None, env=None):
        """The divergences and the summary."""
        done = self.place.mentord("replay", "verify", "--json", *flags, expect=expect, env=env,
                                  url=url or self.place.cluster.url(self.place.database, "mentord_reader"))
        *divergences, summary = [json.loads(line) for line in done.stdout.splitlines()]
        assert summary["summary"]["divergences"] == len(divergences)
        assert (expect == 2) == bool(divergences)
        return divergences, summary["summary"]

    def altered(self, statement, *values):
        """The reader's URL of a copy in which a superuser has had their way."""
        name = self.place.database + "_" + uuid.uuid4().hex[:6]
        with psycopg.connect(self.place.cluster.url("postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.place.database}"')
        with psycopg.connect(self.place.cluster.url(name), autocommit=True) as session:
            session.execute("SET session_replication_role = replica")
            assert session.execute(statement, values).rowcount == 1
        return self.place.cluster.url(name, "mentord_reader")

    def file(self, folder):
        """Applications and outcomes as JSON Lines, the outcomes of the second rulebook first."""
        outcomes = self.place.mentord("tail", "--from", "beginning", "--no-follow").stdout.splitlines()
        lines = outcomes[::-1]
        for offset, app, headers in sorted((got.offset, got.value, dict(got.headers))
                                           for got in self.place.read(self.place.applications, None)):
            if app != b"\xff\xff":
                message = m.pb.Application.FromString(app)
                lines.append(json.dumps({
                    "specversion": "1.0", "id": headers["ce_id"].decode(), "source": headers["ce_source"].decode(),
                    "type": headers["ce_type"].decode(), "time": headers["ce_time"].decode(),
                    "data": MessageToDict(message)}, ensure_ascii=False))
        path = folder / "events.jsonl"
        path.write_text("\n".join(lines) + "\n")
        return path


@pytest.fixture(scope="module")
def replayed(make_shared_place, tmp_path_factory):
    return Replayed(make_shared_place(demo=True, partitions=1), tmp_path_factory.mktemp("replay"))


def books(summary):
    return sorted((row["version"], row["law"]) for row in summary["rulebooks"])


SOURCES = ["archive", "kafka"]


@pytest.mark.parametrize("source", SOURCES)
def test_two_rulebooks_and_a_change_of_law_come_out_the_same(replayed, source):
    _, summary = replayed.run("--source", source)
    assert summary["decisions"] == replayed.count
    versions = {version for version, _ in books(summary)}
    assert len(versions) == 2 and "second" in versions
    assert books(summary) == sorted((version, law) for version in versions for law in LAWS)
    if source == "kafka":
        assert summary["notes"][0] == "2 duplicates and 2 refused records came to the same fate"


@pytest.mark.parametrize("source", SOURCES)
def test_an_altered_output_is_listed_field_by_field(replayed, source):
    app = replayed.apps[3].application_id
    (output, total), = replayed.place.sql(
        "SELECT output, total_ore FROM mentord.decision WHERE application_id = %s", app)
    decision = m.decision_pb2.Decision.FromString(output)
    decision.frame.total_ore += 100
    url = replayed.altered("UPDATE mentord.decision SET output = %s WHERE application_id = %s",
                           decision.SerializeToString(deterministic=True), app)
    divergences, _ = replayed.run("--source", source, url=url, expect=2)
    found, = divergences
    assert found["application"] == app and found["topic"] == replayed.place.applications
    assert found["changes"] == [{"path": "frame.totalOre", "stored": str(total + 100), "made": str(total)}]
    text = replayed.place.mentord("replay", "verify", "--source", source, url=url, expect=2).stdout
    kroner = "{:,}".format(total // 100).replace(",", ".")
    assert f"{total % 100:02} kr.\n" in text and f"-> {kroner},{total % 100:02} kr." in text
    assert "1 diverge, listed above" in text


@pytest.mark.parametrize("column, value, path", [
    ("outcome", 2, "column outcome"), ("total_ore", 1, "column total_ore"), ("conflict", True, "column conflict"),
    ("end_date", "2030-01-01", "column end_date"), ("decision_id", "00000000-0000-0000-0000-000000000000",
                                                    "column decision_id"),
])
def test_an_altered_column_is_listed(replayed, column, value, path):
    url = replayed.altered(f"UPDATE mentord.decision SET {column} = %s WHERE application_id = %s", value,
                           replayed.apps[1].application_id)
    divergences, _ = replayed.run(url=url, expect=2)
    assert path in [change["path"] for change in divergences[0]["changes"]]


def test_an_altered_input_time_or_history_is_seen_in_what_it_decides(replayed):
    where = "WHERE application_id = %s"
    app = replayed.apps[1]
    url = replayed.altered(f"UPDATE mentord.decision SET input = %s {where}",
                           later(app, support__minutes_per_week=181).SerializeToString(deterministic=True),
                           app.application_id)
    divergences, _ = replayed.run(url=url, expect=2)
    assert "frame.minutes" in [change["path"] for change in divergences[0]["changes"]]
    url = replayed.altered(f"UPDATE mentord.decision SET evaluated_at_ms = evaluated_at_ms + 1 {where}", app.application_id)
    divergences, _ = replayed.run(url=url, expect=2)
    assert "evaluatedAt" in [change["path"] for change in divergences[0]["changes"]]
    url = replayed.altered(f"UPDATE mentord.decision SET headers = '\\xff' {where}", app.application_id)
    divergences, _ = replayed.run(url=url, expect=2)
    assert divergences[0]["divergence"] == "it cannot be decided again: its headers cannot be read"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("column, value", [("citizen_ref", b"\x07"), ("citizen_ref", b""), ("rulebook", b"\x00" * 33)])
def test_a_column_that_holds_no_such_value_is_named_and_no_crash(replayed, source, column, value):
    app = replayed.apps[3].application_id
    (batch, index, offset), = replayed.place.sql(
        "SELECT batch, index, source_offset FROM mentord.decision WHERE application_id = %s", app)
    url = replayed.altered(f"UPDATE mentord.decision SET {column} = %s WHERE application_id = %s", value, app)
    (found,), summary = replayed.run("--source", source, url=url, expect=2)
    assert found["divergence"] == f"its {column} was altered and holds no such value"
    assert [found[name] for name in ("batch", "index", "partition", "offset")] == [batch, index, 0, offset]
    assert summary["decisions"] == replayed.count - 1
    replayed.run("--source", source, "--offset", f"{offset + 1}..", url=url)


@pytest.mark.parametrize("column", ["evaluated_at_ms", "source_offset"])
def test_a_place_that_no_range_holds_is_told_all_the_same(replayed, column):
    """Nothing is selected, so nothing may be left out."""
    url = replayed.altered(f"UPDATE mentord.decision SET {column} = -5 WHERE application_id = %s",
                           replayed.apps[3].application_id)
    assert len(replayed.run(url=url, expect=2)[0]) == 1


def test_from_kafka_history_is_built_up_and_not_believed(replayed):
    """What was considered, and the numbers: the archive's own replay believes the first."""
    (batch, index), = replayed.place.sql(
        "SELECT batch, index FROM mentord.decision WHERE citizen_ref = %s AND citizen_seq = 2",
        bytes.fromhex(m.citizen_ref(replayed.citizens[3])))
    for column, value in ("periods", b""), ("citizen_seq", 7), ("application_seq", 3):
        url = replayed.altered(f"UPDATE mentord.decision SET {column} = %s WHERE batch = %s AND index = %s",
                               value, batch, index)
        divergences, _ = replayed.run("--source", "kafka", url=url, expect=2)
        paths = [change["path"] for found in divergences for change in found["changes"]]
        assert paths == [f"column {column}"]


def test_from_kafka_a_decision_that_is_gone_is_named(replayed):
    app = replayed.apps[3].application_id
    (offset,), = replayed.place.sql("SELECT source_offset FROM mentord.decision WHERE application_id = %s", app)
    url = replayed.altered("DELETE FROM mentord.decision WHERE application_id = %s", app)
    divergences, _ = replayed.run("--source", "kafka", url=url, expect=2)
    assert (divergences[0]["divergence"], divergences[0]["offset"]) == \
        ("the ledger says decided, and no decision is stored", offset)


def test_from_kafka_the_fate_of_what_was_not_decided_is_compared(replayed):
    """A reason that the ledger has otherwise: of the same length, so that its entries still read."""
    batches = replayed.place.sql("SELECT id, entries FROM mentord.batch")
    batch, entries = next((id, bytes(e)) for id, e in batches if b"duplicate-event" in bytes(e))
    url = replayed.altered("UPDATE mentord.batch SET entries = %s WHERE id = %s",
                           entries.replace(b"duplicate-event", b"duplicate-evenT", 1), batch)
    (found,), _ = replayed.run("--source", "kafka", url=url, expect=2)
    assert found["divergence"] == "its fate comes out otherwise" and found["batch"] == batch
    assert found["changes"][1] == {"path": "reason", "stored": "duplicate-evenT", "made": "duplicate-event"}


def test_ranges(replayed):
    def count(*flags, source="archive"):
        return replayed.run("--source", source, *flags)[1]["decisions"]
    for source in SOURCES:
        before = count("--to", "2026-06-30", source=source)
        after = count("--from", "2026-06-30", source=source)
        assert before == 10 and after == replayed.count - 10
        assert count("--from", BEFORE, "--to", BEFORE, source=source) == 0
        assert count("--municipality", OTHER, source=source) == 1
        assert count("--application", replayed.apps[0].application_id, source=source) == 2
        assert count("--offset", "..4", source=source) == 5
        assert count("--offset", "1..2", "--partition", "0", source=source) == 2
        assert count("--partition", "7", source=source) == 0
        nothing = replayed.run("--source", source, "--partition", "7")[1]["notes"]
        assert any(note.startswith("nothing matched") for note in nothing)
        assert not any(note.startswith("nothing matched") for note in replayed.run("--source", source, "--offset", "..4")[1]["notes"])
        text = replayed.place.mentord("replay", "verify", "--source", source, "--partition", "7").stdout
        assert "each the same" not in text and text.endswith("; nothing was compared\n")
        assert replayed.place.mentord("replay", "verify", "--source", source).stdout.endswith("; each the same, byte for byte\n")
    for wrong in (["--from", "yesterday"], ["--municipality", "9999"], ["--municipality", "0411"], ["--offset", "4..1"], ["--offset", ".."], ["--municipality", "17"],
                  ["--application", "x"], ["nothing"]):
        replayed.place.mentord("replay", "verify", *wrong, expect=64)


def test_jobs_share_the_work(replayed):
    for jobs in "1", "3", "16":
        assert replayed.run("--jobs", jobs)[1]["decisions"] == replayed.count


def test_without_the_secret_stored_pseudonyms_stand(replayed):
    for source in SOURCES:
        _, summary = replayed.run("--source", source, env={"MENTORD_CITIZEN_SECRET": None})
        assert summary["decisions"] == replayed.count
        assert any("no citizen secret" in note for note in summary["notes"])
        replayed.run("--source", source, env={"MENTORD_CITIZEN_SECRET": "another"}, expect=2)


def test_from_a_file(replayed, tmp_path):
    path = replayed.file(tmp_path)
    folder = tmp_path / "rulebooks"
    folder.mkdir()
    for book in pathlib.Path(replayed.place.rulebook), replayed.second:
        (folder / book.name).write_bytes(book.read_bytes())
    _, summary = replayed.run("--source", path, "--rulebook", folder)
    assert summary["decisions"] == replayed.count and len(books(summary)) == 4
    assert replayed.run("--source", path, "--rulebook", folder, "--municipality", OTHER)[1]["decisions"] == 1

    divergences, _ = replayed.run("--source", path, "--rulebook", replayed.second, expect=2)
    assert "is not among those given by --rulebook" in divergences[0]["divergence"]

    lines = path.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if '"totalOre":"' in line)
    total = re.search('"totalOre":"([0-9]+)"', lines[number])[1]
    lines[number] = lines[number].replace(f'"totalOre":"{total}"', '"totalOre":"1"')
    path.write_text("\n".join(lines))
    (found,), _ = replayed.run("--source", path, "--rulebook", folder, expect=2)
    assert found["outcomeLine"] == number + 1
    assert found["changes"] == [{"path": "frame.totalOre", "stored": "1", "made": total}]

    submitted = [line for line in lines if ".submitted." in line]
    outcomes = [line for line in replayed.file(tmp_path).read_text().splitlines() if line not in submitted]
    unread = {"no such outcome": lambda line: line.replace('"OUTCOME_', '"OUTCOME_X_', 1),
              "cut": lambda line: line[:len(line) // 2],
              "with spaces": lambda line: json.dumps(json.loads(line.replace('"OUTCOME_', '"OUTCOME_X_', 1)))}
    newest = next(i for i, line in enumerate(outcomes) if json.loads(line)["data"]["applicationId"] == replayed.alone)
    for what, change in unread.items():
        kept = outcomes[:newest] + outcomes[newest + 1:] + [change(outcomes[newest])]
        assert kept[-1] != outcomes[newest], what
        path.write_text("\n".join(submitted + kept))
        (found,), summary = replayed.run("--source", path, "--rulebook", folder, expect=2)
        assert (found["divergence"], found["outcomeLine"]) == ("the outcome cannot be read", len(submitted) + len(kept)), what
        assert summary["decisions"] == replayed.count - 1
        assert any(note.startswith("1 outcomes cannot be read") for note in summary["notes"])

    path.write_text("\n".join(submitted))
    assert "no outcome is in it" in replayed.place.mentord("replay", "verify", "--source", path, expect=1).stderr


def test_what_retention_dropped_is_said_and_the_rest_compared(replayed):
    """Last: the topic is shorter afterwards."""
    place = replayed.place
    admin = AdminClient({"bootstrap.servers": place.broker.servers})
    for cut in admin.delete_records([TopicPartition(place.applications, 0, 3)]).values():
        cut.result(30)
    _, summary = replayed.run("--source", "kafka")
    assert summary["decisions"] == replayed.count - 3
    assert any("begins at offset 3" in note for note in summary["notes"])
    assert any("3 decided, whose history was taken from the archive" in note for note in summary["notes"])
