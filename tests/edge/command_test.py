"""Goal: the commands against a real broker and database: exit codes, one-line errors, what they print."""

import json
import re
import signal
import subprocess

import pytest

import messages as m
from messages import ROOT
from place import decision, header, rules

SAMPLES = ROOT / "deploy" / "samples" / "applications.jsonl"


@pytest.fixture(scope="module")
def demo(make_shared_place):
    """A demo database in which the samples are decided at their own time."""
    place = make_shared_place(demo=True)
    place.worker("--at", "event")
    place.mentord("publish", str(SAMPLES))
    place.settled()
    return place


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def one_line(done, code):
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    said = done.stderr.strip().splitlines()
    assert len(said) == 1, done.stderr
    return said[0]


# decide and the worker are the same program.

def test_the_worker_decides_as_decide_does(demo):
    by_file = lines(demo.mentord("decide", str(SAMPLES), "--at", "event", expect=None))
    by_worker = lines(demo.mentord("tail", "--from", "beginning", "--no-follow"))

    def facts(line):
        data = dict(line["data"])
        data.pop("source")
        return data
    wanted = {line["data"]["source"]["eventId"]: facts(line) for line in by_file if "data" in line}
    assert len(wanted) >= 11
    got = {line["data"]["source"]["eventId"]: facts(line) for line in by_worker}
    for line in wanted.values():  # of a file the position is 0
        line.pop("supersedes", None)
    for line in got.values():
        line.pop("supersedes", None)
    assert got == wanted


def test_at_event_is_refused_without_a_demo_database(place):
    worker = place.worker("--at", "event", ready=False)
    assert worker.wait() in (1, 64)
    assert "db migrate --demo" in worker.log


# tail

def test_tail_counts_and_stops(demo):
    assert len(lines(demo.mentord("tail", "--from", "beginning", "--count", "3"))) == 3


def test_tail_writes_cloudevents_as_decide_does(demo):
    for line in lines(demo.mentord("tail", "--from", "beginning", "--no-follow")):
        assert line["specversion"] == "1.0" and line["source"] == "mentord"
        assert line["id"] == line["data"]["decisionId"]
        assert line["subject"] == line["data"]["applicationId"]
        assert int(line["mentorseq"]) >= 1 and line["grpcstatus"] == "0"
        assert line["data"]["source"]["topic"] == demo.applications


def test_tail_from_a_partition_and_offset(demo):
    got = demo.outcomes()
    partition = max(range(demo.partitions), key=lambda p: sum(g.partition == p for g in got))
    mine = [g for g in got if g.partition == partition]
    rest = lines(demo.mentord("tail", "--from", f"{partition}:{mine[1].offset}", "--no-follow"))
    assert [line["id"] for line in rest] == [header(g, "ce_id") for g in mine[1:]]


def test_tail_from_the_end_sees_nothing_old(demo):
    assert demo.mentord("tail", "--no-follow").stdout == ""


@pytest.mark.parametrize("flags", [("--from", "nowhere"), ("--count", "x"), ("--from", "1:-2"), ("--nope",), ("extra", "words")])
def test_tail_refuses_wrong_flags(demo, flags):
    one_line(demo.mentord("tail", *flags, expect=None), 64)


# publish

def test_publish_keys_by_citizen_and_partitions_as_java_does(place):
    cpr = m.fresh_cpr()
    place.mentord("publish", "-", stdin=_line(m.application(cpr)).encode())
    got, = place.read(place.applications, lambda got: got)
    assert got.key == m.citizen_ref(cpr).encode()
    assert got.partition == m.partition_of(got.key, place.partitions)
    assert header(got, "content-type") == "application/protobuf"
    assert header(got, "ce_type") == m.SUBMITTED
    assert dict(got.headers)["ce_id"] == b"p-1"


def _line(app, event="p-1"):
    from google.protobuf import json_format
    return json.dumps({"specversion": "1.0", "id": event, "source": m.SOURCE, "type": m.SUBMITTED,
                       "time": "2026-03-02T09:00:00Z", "data": json_format.MessageToDict(app)}) + "\n"


def test_publish_refuses_to_start_without_a_secret(place):
    done = place.mentord("publish", "-", stdin=b"", env={"MENTORD_CITIZEN_SECRET": None}, expect=None)
    assert done.returncode in (1, 64)
    assert "MENTORD_CITIZEN_SECRET" in one_line(done, done.returncode)


def test_publish_gives_up_soon_when_it_is_stopped(place):
    env = {**place.env, "MENTORD_KAFKA_BROKERS": "127.0.0.1:1"}
    with subprocess.Popen([place.binary, "publish", "-", "--log-level", "error"], env=env, stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE) as running:
        running.stdin.write(b"{nonsense\n" + _line(m.application()).encode() + b"{nonsense\n")
        running.stdin.close()
        said = [running.stderr.readline() for _ in range(2)]
        assert all(b"not published" in line for line in said), "so the line between them waits for the broker"
        running.send_signal(signal.SIGTERM)
        assert running.wait(15) == 1
        assert b"1 records are not acknowledged" in running.stderr.read()


def test_publish_says_which_line_is_wrong(place):
    done = place.mentord("publish", "-", stdin=_line(m.application()).encode() + b"{nonsense\n", expect=None)
    assert done.returncode == 2
    assert re.search(r"\b2\b", done.stderr)


# explain

def test_explain_the_mechanic_in_danish_with_kroner(demo):
    mechanic = lines(demo.mentord("tail", "--from", "beginning", "--no-follow"))
    mechanic = next(line for line in mechanic if line["data"].get("frame", {}).get("totalOre") == "893607"
                    and line["data"]["outcome"] == "OUTCOME_APPROVED")
    text = demo.mentord("explain", mechanic["subject"]).stdout
    assert "8.936,07" in text and "229,13" in text
    assert "1403760101" not in text
    as_json = demo.mentord("explain", mechanic["subject"], "--json").stdout
    assert json.loads(as_json.splitlines()[0])
    assert "1403760101" not in as_json
    assert demo.mentord("explain", mechanic["subject"].upper()).stdout == text


def test_explain_of_an_unknown_application_is_a_no(demo):
    one_line(demo.mentord("explain", "00000000-0000-4000-8000-000000000000", expect=None), 2)


def test_explain_of_something_that_is_no_uuid_is_usage(demo):
    one_line(demo.mentord("explain", "4711", expect=None), 64)


# status

def test_status_as_json_shows_positions_and_lag(demo):
    status = json.loads(demo.mentord("status", "--json").stdout)
    positions = {p["partition"]: p for p in status["partitions"]}
    ends = demo.ends()
    for partition, end in ends.items():
        if end:
            assert (positions[partition]["next_offset"], positions[partition]["emitted_offset"]) == (end, end)
            assert positions[partition]["lag"] == 0
    text = demo.mentord("status").stdout
    assert demo.group in text


# Settings: each is refused with one line and a code.

@pytest.mark.parametrize("flags, code", [
    (("--nope",), 64),
    (("--kafka", "enable.idempotence=false"), 64),
    (("--kafka", "group.id=x"), 64),
    (("--kafka", "no.such.property=1"), 64),
    (("--kafka", "sasl.password=hush"), 64),
    (("--database-url", "postgresql://u:hush@/db"), 64),
    (("--rulebook", "/nonexistent.yaml"), 1),
    (("--config", "/nonexistent.conf"), 64),
    (("--citizen-secret-file", "/nonexistent"), 1),
    (("--at", "yesterday"), 64),
    (("--log", "xml"), 64),
])
def test_the_worker_refuses_wrong_settings(place, flags, code):
    worker = place.worker(*flags, ready=False)
    assert worker.wait() == code, worker.log
    assert len(worker.log.strip().splitlines()) == 1, worker.log
    assert "hush" not in worker.log


def test_the_worker_refuses_to_start_without_a_secret(place):
    worker = place.worker(env={"MENTORD_CITIZEN_SECRET": None}, ready=False)
    assert worker.wait() in (1, 64)
    assert "MENTORD_CITIZEN_SECRET" in worker.log


def test_a_url_with_a_password_is_never_logged(place):
    url = place.env["MENTORD_DATABASE_URL"].replace("mentord_worker@", "mentord_worker:hush-hush@")
    worker = place.worker(env={"MENTORD_DATABASE_URL": url})
    place.send(m.record(m.application()))
    place.settled()
    assert worker.stop() == 0
    assert "hush-hush" not in worker.log


def test_a_compacted_input_topic_is_refused(make_place):
    place = make_place(topics={"applications": {"cleanup.policy": "compact"}})
    worker = place.worker(ready=False)
    assert worker.wait() == 1
    assert place.applications in worker.log and "compact" in worker.log


@pytest.mark.parametrize("kind", ["decisions", "dlq"])
def test_an_output_topic_that_takes_too_small_records_is_refused(make_place, kind):
    place = make_place(topics={kind: {"max.message.bytes": "1048588"}})
    worker = place.worker(ready=False)
    assert worker.wait() == 1
    assert (place.decisions if kind == "decisions" else place.dlq_topic) in worker.log


def test_other_bytes_under_a_stored_rulebook_name_are_refused(place, rulebook, tmp_path):
    assert place.worker().stop() == 0
    other = tmp_path / "other.yaml"
    other.write_text(rulebook.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    worker = place.worker(env={"MENTORD_RULEBOOK": str(other)}, ready=False)
    assert worker.wait() == 1
    assert "2026.1" in worker.log


def test_another_group_is_refused(place):
    worker = place.worker()
    place.send(m.record(m.application()))
    place.settled()
    assert worker.stop() == 0
    other = place.worker(env={"MENTORD_GROUP": place.group + "-other"}, ready=False)
    assert other.wait() == 1
    assert place.group in other.log


def test_a_database_without_the_schema_is_told(place, cluster):
    cluster.create_database(place.database + "_empty")
    url = cluster.url(place.database + "_empty", "mentord_worker")
    worker = place.worker(env={"MENTORD_DATABASE_URL": url}, ready=False)
    assert worker.wait() == 1
    assert "db migrate" in worker.log


def test_a_topic_recreated_is_seen(place):
    from confluent_kafka.admin import AdminClient, NewTopic
    from processes import until
    worker = place.worker()
    place.send(*(m.record(m.application()) for _ in range(30)))
    place.settled()
    assert worker.stop() == 0
    admin = AdminClient({"bootstrap.servers": place.broker.servers})
    admin.delete_topics([place.applications])[place.applications].result(30)

    def make():
        try:
            admin.create_topics([NewTopic(place.applications, place.partitions, 1)])[place.applications].result(10)
            return True
        except Exception:  # noqa: BLE001 (it is still being deleted)
            return False
    until("the topic made again", 30, make)
    again = place.worker(ready=False)
    assert again.wait(60) == 1
    assert place.decided() == 30


# db

def test_migrating_twice_and_at_the_same_time(place, cluster):
    from concurrent.futures import ThreadPoolExecutor
    name = place.database + "_two"
    cluster.create_database(name)
    url = cluster.url(name)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: place.mentord("db", "migrate", url=url), range(4)))
    assert all(d.returncode == 0 for d in done)
    assert place.mentord("db", "status", url=url).returncode == 0


def test_db_status_of_an_empty_database_is_a_no(place, cluster):
    name = place.database + "_none"
    cluster.create_database(name)
    assert place.mentord("db", "status", url=cluster.url(name), expect=None).returncode == 2


def test_db_migrate_with_a_wrong_url_says_where(place):
    said = one_line(place.mentord("db", "migrate", url="postgresql://x@127.0.0.1:1/none", expect=None), 1)
    assert "127.0.0.1" in said


def test_the_worker_role_may_not_change_what_is_decided(place, cluster):
    import psycopg
    place.worker()
    place.send(m.record(m.application()))
    place.settled()
    for statement in ("UPDATE mentord.decision SET version = 9", "DELETE FROM mentord.decision", "TRUNCATE mentord.decision",
                      "UPDATE mentord.batch SET owner = 'x'", "DELETE FROM mentord.batch", "CREATE TABLE mentord.x (a int)"):
        for user in ("mentord_worker", "mentord_reader"):
            with psycopg.connect(cluster.url(place.database, user), autocommit=True) as connection:
                with pytest.raises(psycopg.errors.Error):
                    connection.execute(statement)
    with psycopg.connect(cluster.url(place.database), autocommit=True) as connection:
        for statement in ("UPDATE mentord.decision SET version = 9", "DELETE FROM mentord.decision", "TRUNCATE mentord.decision"):
            with pytest.raises(psycopg.errors.Error):
                connection.execute(statement)


# Samples

def test_the_acceptance_cases_come_through_kafka_and_postgresql(demo):
    totals = {decision(g).frame.total_ore for g in demo.outcomes()}
    assert {893607, 2340000, 1313572, 697424, 438525, 3705000, 627588} <= totals
    assert any("P01" in rules(g) for g in demo.outcomes())
    assert any("D06" in rules(g) for g in demo.outcomes())
