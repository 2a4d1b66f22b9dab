"""Goal: a redriven record closes its quarantine row with the fate it gets, once, whatever is run twice or ended half-way."""

import json
import subprocess
import signal
import subprocess
import time

import pytest

import messages as m
from place import decision, header, rules
from processes import until


@pytest.fixture(scope="module")
def place(make_shared_place):
    place = make_shared_place()
    place.worker()
    return place


def sent(place, *records):
    places = place.send(*records)
    place.settled()
    return [f"{partition}/{offset}" for partition, offset in places]


def refused(app, **keywords):
    """A record whose headers refuse it, with a value that could be decided."""
    return m.record(app, **keywords).with_header("ce_type", b"dk.mentor.unknown.v1")


def mend(place, where):
    """As a new release that knows more does: what refused the record is no longer there."""
    partition, offset = where.split("/")
    row, = place.sql("SELECT q.headers FROM mentord.quarantine q JOIN mentord.progress p ON p.id = q.progress_id "
                     "WHERE p.partition = %s AND q.source_offset = %s", int(partition), int(offset))
    old, new = b"dk.mentor.unknown.v1", m.SUBMITTED.encode()
    packed = bytes(row[0])
    packed = packed.replace(len(old).to_bytes(4, "big") + old, len(new).to_bytes(4, "big") + new)
    assert packed != bytes(row[0])
    place.forced("UPDATE mentord.quarantine q SET headers = %s FROM mentord.progress p "
                 "WHERE p.id = q.progress_id AND p.partition = %s AND q.source_offset = %s", packed, int(partition), int(offset))


def redrive(place, *arguments, expect=0):
    done = place.mentord("dlq", "redrive", *arguments, "--json", expect=expect)
    return [json.loads(line) for line in done.stdout.splitlines()]


def state(place, where):
    partition, offset = map(int, where.split("/"))
    row, = place.sql(
        "SELECT q.state, q.why, n.partition, q.redriven_offset, d.decision_id::text, q.redrives FROM mentord.quarantine q "
        "JOIN mentord.progress p ON p.id = q.progress_id "
        "LEFT JOIN mentord.progress n ON n.id = q.redriven_progress_id "
        "LEFT JOIN mentord.decision d ON d.batch = q.redriven_batch AND d.index = q.redriven_index "
        "WHERE p.partition = %s AND q.source_offset = %s", partition, offset)
    return row


def armed(place, app):
    rows = place.sql("SELECT armed FROM mentord.citizen WHERE ref = decode(%s, 'hex')", m.citizen_ref(app.citizen.cpr))
    return rows[0][0] if rows else 0


def copies(place, where):
    """The records of the input topic that say they are this one redriven."""
    name = ("mentor-redrive-of", f"{place.applications}/{where}".encode())
    return [got for got in place.read(place.applications, None) if name in got.headers]


def test_a_redriven_record_is_decided_and_closes_its_row(place):
    app = m.application()
    record = refused(app, event="again-1", extra=[("x-own", b"1")])
    where, = sent(place, record)
    assert armed(place, app) == 1
    mend(place, where)
    line, = redrive(place, where)
    assert line["id"] == f"{place.applications}/{where}" and line["redrive"] == "produced"
    got = place.outcome_of("again-1")
    assert "Q01" not in rules(got)  # its own row does not hold it
    place.settled()
    copy, = copies(place, where)
    assert (copy.key, copy.value) == (record.key, record.value)
    assert copy.partition == m.partition_of(copy.key, place.partitions)
    assert header(copy, "mentor-redrives") == "1" and header(copy, "x-own") == "1"
    closed = state(place, where)
    assert closed == ("redriven", "decided", copy.partition, copy.offset, header(got, "ce_id"), 0)
    assert armed(place, app) == 0
    assert where not in [one["id"].removeprefix(place.applications + "/") for one in place.quarantine()]


def test_a_record_that_is_refused_again_links_back(place):
    app = m.application()
    where, = sent(place, refused(app))
    redrive(place, where)
    place.settled()
    copy, = copies(place, where)
    again = f"{copy.partition}/{copy.offset}"
    assert state(place, where)[:4] == ("redriven", "refused again", copy.partition, copy.offset)
    assert state(place, again)[0] == "open" and state(place, again)[5] == 1
    assert armed(place, app) == 1  # the new row's
    dlq = [got for got in place.read(place.dlq_topic, None) if header(got, "mentor-offset") == str(copy.offset)
           and header(got, "mentor-partition") == str(copy.partition)]
    assert [header(got, "mentor-redrives") for got in dlq] == ["1"]
    assert header(dlq[0], "mentor-redrive-of") == f"{place.applications}/{where}"


def test_later_applications_are_held_until_the_row_is_closed(place):
    app = m.application()
    later = m.application(cpr=app.citizen.cpr)
    later.support.start_date, later.support.end_date = m.day(200), m.day(220)
    last = m.application(cpr=app.citizen.cpr)
    last.support.start_date, last.support.end_date = m.day(300), m.day(320)
    where, = sent(place, refused(app, event="held-0"))
    sent(place, m.record(later, event="held-1"))
    assert "Q01" in rules(place.outcome_of("held-1"))
    mend(place, where)
    redrive(place, where, "--dry-run")
    assert armed(place, app) == 1
    redrive(place, where)
    place.settled()
    sent(place, m.record(last, event="held-2"))
    assert "Q01" not in rules(place.outcome_of("held-2"))


def test_a_row_that_was_stored_without_a_citizen_is_closed_too(place):
    where, = sent(place, m.record(b"\xff\xff", key="unread"))
    sent(place, m.record(m.application(), key="unread", event="unread-1"))
    assert "Q01" in rules(place.outcome_of("unread-1"))
    redrive(place, where)
    place.settled()
    assert state(place, where)[1] == "refused again"
    copy, = copies(place, where)
    place.mentord("dlq", "dismiss", f"{copy.partition}/{copy.offset}", "--why", "en prøve")
    sent(place, m.record(m.application(), key="unread", event="unread-2"))
    assert "Q01" not in rules(place.outcome_of("unread-2"))


@pytest.mark.parametrize("how", ["another value", "another key", "another topic", "no such row", "twice", "no place"])
def test_a_forged_header_closes_nothing(place, how):
    app = m.application()
    where, = sent(place, refused(app, key="forged"))
    of = {"another topic": f"elsewhere/{where}", "no such row": f"{place.applications}/0/999999999",
          "no place": "once upon a time"}.get(how, f"{place.applications}/{where}").encode()
    other = m.application()
    forged = m.record(other if how == "another value" else app, key="forger" if how == "another key" else "forged",
                      extra=[("mentor-redrive-of", of)] * (2 if how == "twice" else 1))
    sent(place, forged)
    assert state(place, where)[0] == "open"
    assert armed(place, app) == 1
    place.mentord("dlq", "dismiss", where, "--why", "forged")


def test_the_loop_guard_holds_back_what_comes_back_too_often(place):
    where, = sent(place, refused(m.application()))
    for redrives in range(3):
        assert [line["redrives"] for line in redrive(place, where)] == [redrives]
        place.settled()
        copy, = copies(place, where)
        where = f"{copy.partition}/{copy.offset}"
    line, = redrive(place, where, expect=2)
    assert line["redrive"].startswith("held back") and state(place, where)[0] == "open"
    assert copies(place, where) == []
    assert len(redrive(place, where, "--max-redrives", "4")) == 1
    place.settled()
    assert state(place, where)[0] == "redriven"


def test_filters_choose_and_a_dry_run_changes_nothing(make_place):
    place = make_place()
    worker = place.worker()
    first, second = m.application(), m.application()
    wheres = sent(place, refused(first), refused(second), m.record(b"\xff\xff"), m.record(b"\xff\xfe"))
    worker.stop()
    ends = place.ends()

    def chosen(*arguments):
        return {line["id"].removeprefix(place.applications + "/") for line in redrive(place, "--dry-run", *arguments)}
    assert chosen() == set(wheres)
    assert chosen("--reason", "undecodable") == set(wheres[2:])
    assert chosen("--application", first.application_id.upper()) == {wheres[0]}
    assert chosen("--until", "2020-01-01T00:00:00Z") == set()
    assert chosen("--since", "2020-01-01T00:00:00Z", "--until", "2999-01-01T00:00:00+01:00") == set(wheres)
    assert chosen("--since", "2999-01-01T00:00:00Z") == set()
    assert len(chosen("--max", "3")) == 3
    assert chosen("--reason", "undecodable", wheres[0], wheres[3]) == {wheres[3]}
    listed = place.mentord("dlq", "list", "--json", "--application", second.application_id).stdout.splitlines()
    assert [json.loads(line)["id"].removeprefix(place.applications + "/") for line in listed] == [wheres[1]]
    assert place.ends() == ends
    assert len(redrive(place, "--max", "3")) == 3
    assert sum(place.ends().values()) == sum(ends.values()) + 3
    assert all(state(place, where)[0] == "open" for where in wheres)  # the worker's to close


@pytest.mark.parametrize("arguments", [("--reason", "bad-mood"), ("--since", "yesterday"), ("--application", "4711"),
                                       ("--max", "-1"), ("nowhere",), ("1/x",), ("--max-redrives", "x")])
def test_wrong_arguments_are_usage(place, arguments):
    done = place.mentord("dlq", "redrive", *arguments, expect=64)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_place_that_is_not_open_is_a_no_and_the_rest_goes(place):
    closed, where = sent(place, refused(m.application()), refused(m.application()))
    place.mentord("dlq", "dismiss", closed, "--why", "closed")
    line, = redrive(place, closed, "2/777777", where, expect=2)
    assert line["id"].endswith("/" + where)


def test_another_cluster_is_refused(make_place):
    place = make_place()
    worker = place.worker()
    sent(place, refused(m.application()))
    worker.stop()
    place.sql("UPDATE mentord.topic SET cluster = 'another'")
    place.sql("UPDATE mentord.progress SET cluster = 'another'")
    done = place.mentord("dlq", "redrive", expect=1)
    assert "another" in done.stderr and "--kafka-brokers" in done.stderr


def test_run_twice_and_killed_half_way_each_event_is_decided_once(make_place):
    place = make_place()
    worker = place.worker("--breaker", "0")
    apps = [m.application() for _ in range(1500)]
    wheres = sent(place, *[refused(app, event=f"e-{i}") for i, app in enumerate(apps)])
    worker.stop()
    place.forced("UPDATE mentord.quarantine SET headers = decode(replace(encode(headers, 'hex'), %s, %s), 'hex')",
                 (len(b"dk.mentor.unknown.v1").to_bytes(4, "big") + b"dk.mentor.unknown.v1").hex(),
                 (len(m.SUBMITTED).to_bytes(4, "big") + m.SUBMITTED.encode()).hex())
    started = subprocess.Popen([place.binary, "dlq", "redrive", "--json"], env=place.env, stdout=subprocess.PIPE)
    assert started.stdout.read(4096)  # some are produced by now
    started.kill()
    started.communicate()
    half = sum(place.ends().values()) - len(apps)
    assert half < len(apps)
    place.mentord("dlq", "redrive")
    worker = place.worker()
    place.mentord("dlq", "redrive")  # while the copies of the first are being decided
    place.settled(120)
    assert place.decided() == len(apps)
    assert {decision(got).source.event_id for got in place.outcomes(len(apps))} == {f"e-{i}" for i in range(len(apps))}
    states = place.sql("SELECT state, why, count(*) FROM mentord.quarantine GROUP BY 1, 2")
    assert states == [("redriven", "decided", len(apps))]
    assert place.sql("SELECT count(*) FROM mentord.citizen WHERE armed <> 0") == [(0,)]
    duplicates = sum(place.ends().values()) - 2 * len(apps)
    assert place.sql("SELECT sum(duplicate)::bigint FROM mentord.batch") == [(duplicates,)]
    assert len(wheres) == len(apps)


def test_the_worker_killed_while_it_closes_closes_once(make_place):
    place = make_place()
    worker = place.worker()
    apps = [m.application() for _ in range(300)]
    sent(place, *[refused(app) for app in apps])
    place.mentord("dlq", "redrive")
    until("a closing", 30, lambda: place.sql("SELECT count(*) FROM mentord.quarantine WHERE state = 'redriven'")[0][0] > 0)
    worker.kill()
    place.worker()
    place.settled(60)
    # Each is refused again: one open row for each closed one, and armed once.
    assert place.sql("SELECT state, count(*) FROM mentord.quarantine GROUP BY 1 ORDER BY 1") == [
        ("open", len(apps)), ("redriven", len(apps))]
    assert place.sql("SELECT armed, count(*) FROM mentord.citizen GROUP BY 1") == [(1, len(apps))]
