"""Goal: the master key is changed while workers run and nothing that was sealed is lost: every data key is wrapped anew, in pieces
that a later run takes up, only from the right old key, on the record; and a worker that lacks a key says so and writes nothing."""

import json
import subprocess

import psycopg
import pytest

import messages as m
from erase_test import Sealed, app_of, key_file
from messages import ROOT
from processes import until


@pytest.fixture
def sealed(make_place):
    return Sealed(make_place())


class Change:
    """From a sealed place's master key to another one."""

    def __init__(self, sealed):
        self.sealed, self.place = sealed, sealed.place
        self.new = key_file(sealed.place.folder, "new.key")
        self.both = {"MENTORD_MASTER_KEY_FILE": sealed.key, "MENTORD_NEW_MASTER_KEY_FILE": self.new}
        self.alone = {"MENTORD_MASTER_KEY_FILE": self.new}

    def rekey(self, *flags, env=None, **options):
        return self.place.mentord("audit", "rekey", "--why", "yearly", *flags, env=self.both if env is None else env,
                                  url=self.place.cluster.url(self.place.database), **options)

    def told(self, *flags, **options):
        return json.loads(self.rekey("--json", *flags, **options).stdout)

    def masters(self):
        return self.place.sql("SELECT master, count(k) FROM mentord.citizen_key, unnest(wrapped) AS k GROUP BY 1 HAVING count(k) > 0 ORDER BY 1")

    def verify(self, env):
        return json.loads(self.place.mentord("audit", "verify", "--json", env=env).stdout)

    def tamper(self, statement):
        with psycopg.connect(self.place.cluster.url(self.place.database), autocommit=True) as session:
            session.execute("SET session_replication_role = replica")
            session.execute(statement)


@pytest.fixture
def change(sealed):
    return Change(sealed)


def test_the_key_is_changed_while_a_worker_runs(change):
    place = change.place
    worker = place.worker(env=change.both)
    before = app_of(change.sealed.a, 300)
    change.sealed.send(m.record(before))
    assert change.masters() == [(1, 3)], "both keys are given: nothing changes by that"
    assert change.told("--dry-run") == {"begun": False, "finished": False, "dryRun": True, "keysLeft": 3, "keysRewrapped": 0,
                                        "keysUnopened": 0}
    assert change.masters() == [(1, 3)]
    assert change.told() == {"begun": True, "finished": True, "dryRun": False, "keysLeft": 3, "keysRewrapped": 3, "keysUnopened": 0}
    fresh = [app_of(change.sealed.b, 300), app_of(m.fresh_cpr())]
    change.sealed.send(*(m.record(app) for app in fresh))
    until("what came after", 30, lambda: place.decided() == 6)
    assert worker.stop() == 0
    assert change.masters() == [(2, 4)], "a new citizen's key is wrapped with the new one at once"
    assert place.sql("SELECT id, why, first_used_by <> '' FROM mentord.master_key ORDER BY id") == [
        (1, "first use", True), (2, "yearly", True)]
    assert place.sql("SELECT master, finished_by <> '' FROM mentord.rekeyed") == [(2, True)]
    for env in (change.alone, change.both):
        verified = change.verify(env)
        assert verified["breach_count"] == 0
        assert all(kind == {"decisions": 0, "refused": 0} for kind in verified["unread"].values())
    assert "Timeløn" in place.mentord("explain", fresh[1].application_id, env=change.alone).stdout
    old = place.mentord("explain", before.application_id, env=change.sealed.env, expect=1)
    assert "audit rekey" in old.stderr
    assert change.told()["keysRewrapped"] == 0, "once more does nothing"


def test_a_worker_that_has_only_the_old_key_stops_and_stores_nothing(change):
    place = change.place
    worker = place.worker(env=change.sealed.env)
    change.rekey()
    stored = place.decided()
    place.send(m.record(app_of(m.fresh_cpr())))
    assert worker.wait(30) == 1
    assert "new-master-key-file" in worker.log
    assert (place.decided(), change.masters()) == (stored, [(2, 3)])
    later = place.worker(env=change.alone)
    until("what it left", 30, lambda: place.decided() == stored + 1)
    assert later.stop() == 0


def test_only_the_right_old_key_changes_anything(change):
    other = key_file(change.place.folder, "other.key")
    for env in ({**change.both, "MENTORD_MASTER_KEY_FILE": other}, {**change.both, "MENTORD_NEW_MASTER_KEY_FILE": change.sealed.key}):
        done = change.rekey(env=env, expect=1)
        assert len(done.stderr.splitlines()) == 1 and not done.stdout
    for flags in ((), ("--why", "")):
        done = change.place.mentord("audit", "rekey", *flags, env=change.both, expect=64)
        assert "--why" in done.stderr
    done = change.place.mentord("audit", "rekey", "--why", "x", env=change.alone, expect=64)
    assert "--new-master-key-file" in done.stderr
    assert "42501" in change.place.mentord("audit", "rekey", "--why", "x", env=change.both, expect=1).stderr
    assert change.place.sql("SELECT id FROM mentord.master_key") == [(1,)]
    assert change.masters() == [(1, 3)]


def test_a_database_that_is_not_sealed_has_no_key_to_change(make_place):
    place = make_place()
    env = {"MENTORD_MASTER_KEY_FILE": key_file(place.folder), "MENTORD_NEW_MASTER_KEY_FILE": key_file(place.folder)}
    done = place.mentord("audit", "rekey", "--why", "x", env=env, url=place.cluster.url(place.database), expect=1)
    assert "not sealed" in done.stderr
    assert place.sql("SELECT count(*) FROM mentord.master_key") == [(0,)]


def test_what_ended_half_way_is_taken_up_and_needs_both_keys_until_then(change):
    """A data key that does not open stands for whatever ends the first run: it is kept as it is."""
    place = change.place
    b = f"'\\x{m.citizen_ref(change.sealed.b)}'::bytea"
    at = f"wrapped[array_position(citizen_ref, {b})]"
    damage = f"UPDATE mentord.citizen_key SET {at} = set_byte({at}, 20, get_byte({at}, 20) # 1) WHERE {b} = ANY (citizen_ref)"
    together = place.sql(f"SELECT count(k) FROM mentord.citizen_key, unnest(wrapped) AS k WHERE {b} = ANY (citizen_ref)")[0][0]
    change.tamper(damage)
    half = change.told(expect=2)
    assert (half["begun"], half["finished"], half["keysRewrapped"], half["keysUnopened"]) == (True, False, 3 - together, 1)
    assert change.masters() == [(1, together), (2, 3 - together)], "it keeps those of its row with it"
    for env in (change.alone, change.sealed.env):
        for command in (["worker"], ["explain", change.sealed.apps[0].application_id]):
            done = place.mentord(*command, env=env, expect=1)
            assert "new-master-key-file" in done.stderr
    third = key_file(place.folder, "third.key")
    change.rekey(env={**change.both, "MENTORD_MASTER_KEY_FILE": change.new, "MENTORD_NEW_MASTER_KEY_FILE": third}, expect=1)
    worker = place.worker(env=change.both)
    change.sealed.send(m.record(app_of(change.sealed.a, 300)))
    assert worker.stop() == 0
    change.tamper(damage)  # and back
    assert change.told() == {"begun": True, "finished": True, "dryRun": False, "keysLeft": together, "keysRewrapped": together,
                             "keysUnopened": 0}
    assert change.verify(change.alone)["breach_count"] == 0


def test_thousands_of_keys_go_in_pieces(change):
    place = change.place
    lines = subprocess.run([ROOT / "deploy" / "generate", "2600", "--seed", "3"], capture_output=True, check=True).stdout
    worker = place.worker(env=change.both)
    place.mentord("publish", "-", stdin=lines)
    place.settled(120)
    assert worker.stop() == 0
    keys = change.masters()[0][1]
    assert keys > 2000
    place.mentord("audit", "erase", "--citizen", m.citizen_ref(change.sealed.a), "--why", "x",
                  url=place.cluster.url(place.database))
    assert change.told()["keysRewrapped"] == keys - 1, "one that is destroyed stays so"
    assert change.masters() == [(2, keys - 1)]
    assert change.verify(change.alone)["breach_count"] == 0
