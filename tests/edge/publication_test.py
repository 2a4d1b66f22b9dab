"""Goal: a published rulebook decides from its time on, in workers that are running, and each decision pins the one it was made by."""

import datetime
import hashlib
import json

import psycopg
import pytest

import messages as m
from messages import ROOT
from place import decision
from processes import until

SHIPPED = (ROOT / "deploy" / "rulebooks" / "dk-2026.yaml").read_text()
FOLLOWS = {"MENTORD_RULEBOOK": None}


def changed(version, *changes):
    text = SHIPPED.replace('version: "2026.1"', f'version: "{version}"')
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


def sha(text):
    return hashlib.sha256(text.encode()).digest()


def tighter(version):
    """No wage over 200 kr.: what m.application asks for goes to a person."""
    return changed(version, ("max_unit_ore: 40000", "max_unit_ore: 20000"))


def publish(place, tmp_path, text, when):
    path = tmp_path / "published.yaml"
    path.write_text(text)
    place.mentord("rulebook", "publish", str(path), "--effective-from", when.isoformat(),
                  env={"MENTORD_DATABASE_URL": place.cluster.url(place.database), **FOLLOWS})


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def send(place, count):
    place.send(*(m.record(m.application()) for _ in range(count)))


def pinned(place):
    """Of every decision: when it was made, its stored and its emitted rulebook."""
    stored = {row[0]: row[1:] for row in
              place.sql("SELECT decision_id::text, evaluated_at_ms, rulebook FROM mentord.decision")}
    emitted = {decision(g).decision_id: decision(g).rulebook.sha256 for g in place.outcomes(len(stored))}
    assert emitted == {id_: bytes(row[1]) for id_, row in stored.items()}, "a decision is told by what it was made by"
    return [(ms, bytes(rulebook)) for ms, rulebook in stored.values()]


@pytest.mark.parametrize("lanes", ["1", "2"])
def test_a_running_worker_changes_at_the_moment_it_was_published_for(place, tmp_path, lanes):
    old, new = changed("2026.5"), tighter("2026.6")
    publish(place, tmp_path, old, now() - datetime.timedelta(days=1))
    worker = place.worker("--lanes", lanes, "--batch", "20", env=FOLLOWS)
    send(place, 60)
    when = (now() + datetime.timedelta(seconds=3)).replace(microsecond=250000)
    publish(place, tmp_path, new, when)

    def until_it_decides():
        send(place, 15)
        return place.sql("SELECT count(*) > 100 FROM mentord.decision WHERE rulebook = %s", sha(new))[0][0]
    until("decisions by the new one", 40, until_it_decides)
    place.settled()
    effective_ms = round(when.timestamp() * 1000)
    rows = pinned(place)
    wrong = [row for row in rows if row[1] != (sha(new) if row[0] >= effective_ms else sha(old))]
    assert wrong == [], "exactly from that millisecond on"
    assert len({row[1] for row in rows}) == 2
    outcomes = {(bytes(r), o) for r, o in place.sql("SELECT DISTINCT rulebook, outcome FROM mentord.decision")}
    assert outcomes == {(sha(old), 1), (sha(new), 3)}
    said = [line for line in worker.events("rulebook.changed") if sha(new).hex() in line]
    assert len(said) == int(lanes) and all("from=2026.5" in line and "to=2026.6" in line for line in said)
    assert len(worker.events("worker.started")) == 1
    assert place.mentord("audit", "verify", env=FOLLOWS).returncode == 0
    batches = place.sql("SELECT count(*) FROM mentord.batch b JOIN mentord.decision d ON d.batch = b.id "
                        "AND d.progress_id = b.progress_id WHERE d.rulebook <> b.rulebook")
    assert batches == [(0,)], "a batch has one"
    last = {row["partition"]: row["rulebook"] for row in json.loads(place.mentord("status", "--json").stdout)["partitions"]}
    assert set(last.values()) == {sha(new).hex()}


def test_nothing_published_or_not_yet_is_decided_by_the_installed_one(place, tmp_path):
    publish(place, tmp_path, tighter("2030.1"), datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))
    worker = place.worker(env=FOLLOWS)
    send(place, 5)
    place.settled()
    assert {row[1] for row in pinned(place)} == {sha(SHIPPED)}
    assert worker.events("rulebook.changed") == []
    assert "published=" in worker.events("rulebook.loaded")[0]


def test_a_worker_with_a_file_of_its_own_follows_none(place, tmp_path):
    publish(place, tmp_path, tighter("2026.6"), now() - datetime.timedelta(hours=1))
    worker = place.worker("--rulebook", str(ROOT / "deploy/rulebooks/dk-2026.yaml"), env=FOLLOWS)
    send(place, 5)
    place.settled()
    assert {row[1] for row in pinned(place)} == {sha(SHIPPED)}
    assert "not followed" in worker.events("rulebook.loaded")[0]
    assert worker.events("rulebook.changed") == []


def test_one_that_this_program_cannot_load_halts_it(place, tmp_path):
    newer = changed("2028.1", ("renewal_gap_days: 31\n", "renewal_gap_days: 31\nnew_feature: true\n"))
    worker = place.worker(env=FOLLOWS)
    send(place, 5)
    place.settled()
    with psycopg.connect(place.cluster.url(place.database)) as connection:  # as a newer mentord publishes it
        connection.execute("INSERT INTO mentord.rulebook (sha256, name, version, yaml) VALUES (%s, 'dk-mentor', '2028.1', %s)",
                           (sha(newer), newer.encode()))
        connection.execute("INSERT INTO mentord.publication (rulebook, effective_from) VALUES (%s, now())", (sha(newer),))
    send(place, 5)
    assert worker.wait(30) == 1
    halted = worker.events("worker.halted")[0]
    assert "2028.1" in halted and "new_feature" in halted and "--rulebook FILE" in halted
    assert place.decided() == 5, "nothing is decided by the old one"
    again = place.worker(env=FOLLOWS, ready=False)
    assert again.wait(30) == 1, "nor after a restart"
    assert place.decided() == 5
    publish(place, tmp_path, tighter("2028.2"), now())  # mended: a newer one takes its place
    place.worker(env=FOLLOWS)
    place.settled()
    assert [row[1] for row in pinned(place)].count(sha(tighter("2028.2"))) == 5


def test_status_names_the_partition_that_decided_last_by_another(place, tmp_path):
    publish(place, tmp_path, changed("2026.5"), now() - datetime.timedelta(days=1))
    place.worker(env=FOLLOWS)
    place.send(m.record(m.application()), partition=0)
    place.settled()
    publish(place, tmp_path, tighter("2026.6"), now())
    place.send(m.record(m.application()), partition=1)
    place.settled()
    text = place.mentord("status").stdout
    assert f"rulebook    dk-mentor 2026.6, sha256 {sha(tighter('2026.6')).hex()[:16]}…\n" \
        f"            partition 0 last by 2026.5, sha256 {sha(changed('2026.5')).hex()[:16]}…\n" in text
    rows = json.loads(place.mentord("status", "--json").stdout)["partitions"]
    assert [row["rulebook"] for row in rows] == [sha(changed("2026.5")).hex(), sha(tighter("2026.6")).hex(), None]
