"""Goal: who reads the log later comes to the same with the key as if nothing were sealed; without it, and of what was erased,
it says what it could not read, by kind, and takes none of it for wrong."""

import json
import uuid

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

import messages as m
from erase_test import app_of, key_file
from processes import until
from whatif_test import rules  # noqa: F401  a fixture

WHEN = "2026-03-02T09:00:00Z"


def at(app, event):
    return m.record(app, event=event, extra=[("ce_time", WHEN.encode())])


def newer(app):
    copy = m.pb.Application()
    copy.CopyFrom(app)
    copy.version, copy.support.minutes_per_week = 2, 120
    return copy


class World:
    """The same applications, decided by one worker with a master key and one without."""

    def __init__(self, make_place):
        self.a, self.b = m.fresh_cpr(), m.fresh_cpr()
        apps = [app_of(self.a), app_of(self.b), app_of(self.a, 30), app_of(self.b, 100), app_of(self.a, 200)]
        for i, app in enumerate(apps):
            app.support.start_date, app.support.end_date = f"2026-0{i + 3}-09", f"2026-0{i + 4}-20"
        records = [at(app, f"e{i}") for i, app in enumerate(apps)] + [at(newer(apps[0]), "newer"), at(apps[1], "e1")]
        self.plain, self.sealed = (make_place(demo=True, partitions=1) for _ in range(2))
        self.env = {"MENTORD_MASTER_KEY_FILE": key_file(self.sealed.folder)}
        for place, env in (self.plain, {}), (self.sealed, self.env):
            worker = place.worker("--at", "event", env=env)
            place.send(*records)
            place.settled()
            assert worker.stop() == 0
            assert place.decided() == 6

    def url(self, place):
        return place.cluster.url(place.database, "mentord_reader")

    def replay(self, place, source="archive", *, env=None, url=None, expect=0):
        done = place.mentord("replay", "verify", "--json", "--source", source, env=env, url=url or self.url(place), expect=expect)
        *divergences, last = [json.loads(line) for line in done.stdout.splitlines()]
        return divergences, {name: last["summary"][name] for name in ("decisions", "divergences", "unread", "rulebooks")}

    def whatif(self, place, rulebook, *flags, env=None, url=None, expect=0):
        done = place.mentord("replay", "whatif", "--rulebook", rulebook, "--json", *flags, env=env, url=url or self.url(place),
                             expect=expect)
        told = json.loads(done.stdout)
        told.pop("seconds")
        return told

    def copy(self, change):
        """Of the sealed database, in which a superuser has had their way."""
        name = self.sealed.database + "_" + uuid.uuid4().hex[:6]
        cluster = self.sealed.cluster
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.sealed.database}"')
        with psycopg.connect(cluster.url(name), autocommit=True) as session:
            session.execute("SET session_replication_role = replica")
            assert session.execute(change).rowcount >= 1
        return cluster.url(name, "mentord_reader")


@pytest.fixture(scope="module")
def cheaper(rules):  # noqa: F811
    return rules(("max_unit_ore: 40000", "max_unit_ore: 18000"))


@pytest.fixture(scope="module")
def world(make_shared_place):
    return World(make_shared_place)


@pytest.mark.parametrize("source", ["archive", "kafka"])
def test_with_the_key_replay_comes_to_the_same_as_unsealed(world, source):
    divergences, told = world.replay(world.sealed, source, env=world.env)
    assert divergences == [] and told["decisions"] == 6 and told["unread"] == {"sealed": 0, "erased": 0, "retired": 0}
    assert world.replay(world.plain, source) == ([], told)


def test_with_the_key_whatif_comes_to_the_same_as_unsealed(world, cheaper):
    told = world.whatif(world.sealed, cheaper, env=world.env)
    assert told["decisions"] == 6 and told["flipped"] > 0 and set(told["leftOut"].values()) == {0}
    assert told == world.whatif(world.plain, cheaper)
    assert world.whatif(world.sealed, cheaper, "--jobs", "3", env=world.env) == told


def test_without_the_key_all_is_told_to_be_sealed(world, cheaper, tmp_path):
    divergences, told = world.replay(world.sealed)
    assert divergences == [] and told["decisions"] == 0 and told["unread"] == {"sealed": 6, "erased": 0, "retired": 0}
    text = world.sealed.mentord("replay", "verify", url=world.url(world.sealed)).stdout
    assert "not decided again: 6 decisions are sealed, and no --master-key-file is given" in text
    divergences, told = world.replay(world.sealed, "kafka")
    assert divergences == [] and told["decisions"] == 6, "the topic has them"
    told = world.whatif(world.sealed, cheaper)
    assert told["decisions"] == 0 and told["leftOut"].pop("sealed") == 6 and set(told["leftOut"].values()) == {0}
    page = tmp_path / "page.html"
    text = world.sealed.mentord("replay", "whatif", "--rulebook", cheaper, "--html", str(page), "--municipality", "0217",
                                url=world.url(world.sealed)).stdout
    for out in text, page.read_text():
        assert "6 afgørelser er ikke med: deres oplysninger er forseglet; giv --master-key-file" in " ".join(out.split())
        assert "uanset hvilken kommune" in " ".join(out.split())


def test_what_does_not_open_is_a_divergence(world, cheaper):
    url = world.copy("UPDATE mentord.decision SET headers = set_byte(headers, 40, get_byte(headers, 40) # 1) WHERE index = 0 "
                     "AND batch = (SELECT min(batch) FROM mentord.decision)")
    for source in "archive", "kafka":
        (found,), told = world.replay(world.sealed, source, env=world.env, url=url, expect=2)
        assert "sealed and does not open" in found["divergence"] and set(told["unread"].values()) == {0}
    assert world.whatif(world.sealed, cheaper, env=world.env, url=url, expect=2)["leftOut"]["unreadable"] == 1


def test_what_was_erased_is_counted_and_the_rest_compared(world, cheaper):
    """Last: the one citizen's four are erased, then the topic loses its begin."""
    place = world.sealed
    whole = world.whatif(place, cheaper, env=world.env)
    place.mentord("audit", "erase", "--citizen", m.citizen_ref(world.a), "--why", "art. 17", url=place.cluster.url(place.database))
    divergences, told = world.replay(place, env=world.env)
    assert divergences == [] and told["decisions"] == 2 and told["unread"] == {"sealed": 0, "erased": 4, "retired": 0}
    assert world.replay(place)[1]["unread"] == {"sealed": 2, "erased": 4, "retired": 0}
    told = world.whatif(place, cheaper, env=world.env)
    assert told["decisions"] == 2 and told["leftOut"].pop("erased") == 4 and set(told["leftOut"].values()) == {0}
    assert 0 < told["money"]["beforeOre"] < whole["money"]["beforeOre"]

    divergences, told = world.replay(place, "kafka", env=world.env)
    assert divergences == [] and told["decisions"] == 6, "the topic has them still"
    url = world.copy("UPDATE mentord.decision SET total_ore = total_ore + 1 WHERE index = 0 "
                     "AND batch = (SELECT min(batch) FROM mentord.decision)")
    (found,), _ = world.replay(place, "kafka", env=world.env, url=url, expect=2)
    assert found["changes"][0]["path"] == "column total_ore", "of an erased one"

    admin = AdminClient({"bootstrap.servers": place.broker.servers})
    for cut in admin.delete_records([TopicPartition(place.applications, 0, 3)]).values():
        cut.result(30)
    divergences, told = world.replay(place, "kafka", env=world.env)
    assert divergences == [], "what the erased ones left stands, and those after them follow from it"
    assert told["decisions"] == 3 and told["unread"] == {"sealed": 0, "erased": 2, "retired": 0}


class Redriven:
    """A refused record that was decided when it came again, and one that was refused again; sealed."""

    def __init__(self, place):
        self.place = place
        self.env = {"MENTORD_MASTER_KEY_FILE": key_file(place.folder)}
        self.cpr = m.fresh_cpr()
        worker = place.worker(env=self.env)
        self.app = app_of(self.cpr)
        refused = [m.record(app, event=event).with_header("ce_type", b"dk.mentor.unknown.v1")
                   for app, event in ((self.app, "mended"), (app_of(self.cpr, 100), "again"))]
        (partition, offset), _ = place.send(*refused)
        place.settled()
        place.mentord("dlq", "redrive", self.id_of(1), env=self.env)
        link = f"{place.applications}/{partition}/{offset}".encode()
        place.send(m.record(self.app, event="mended", extra=[("mentor-redrive-of", link), ("mentor-redrives", b"1")]))
        until("both rows are closed", 30, lambda: place.sql(
            "SELECT count(*) FROM mentord.quarantine WHERE state = 'redriven'") == [(2,)])
        place.settled()
        assert worker.stop() == 0
        assert place.sql("SELECT why FROM mentord.quarantine WHERE state = 'redriven' ORDER BY 1") == [("decided",), ("refused again",)]

    def id_of(self, number):
        (partition, offset), = self.place.sql(
            "SELECT p.partition, q.source_offset FROM mentord.quarantine q JOIN mentord.progress p ON p.id = q.progress_id "
            "ORDER BY q.source_offset OFFSET %s LIMIT 1", number)
        return f"{partition}/{offset}"

    def breaches(self, *, key=True, url=None, expect=0):
        done = self.place.mentord("audit", "verify", "--json", env=self.env if key else None, url=url, expect=expect)
        return [(breach["invariant"], breach["what"]) for breach in json.loads(done.stdout)["breaches"]]


def test_a_redrive_whose_record_cannot_be_read_is_no_breach(make_place):
    """It is the record's own header that says whose redrive it is, and that is sealed, then gone."""
    world = Redriven(make_place())
    place = world.place
    assert world.breaches() == []
    assert world.breaches(key=False) == []
    place.mentord("audit", "erase", "--citizen", m.citizen_ref(world.cpr), "--why", "art. 17", url=place.cluster.url(place.database))
    assert world.breaches() == []
