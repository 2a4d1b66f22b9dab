"""Goal: a redriven record closes its quarantine row with the fate it gets, once, whatever is run twice or ended half-way."""

import json
import signal
import subprocess
import time

import pytest

import messages as m
from place import decision, header, rules
from processes import until


@pytest.fixture(scope="module")
def place(make_shared_place):
    """No law before 2020, so records are refused for a reason that can be mended: here by the type of the event."""
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
    place.sql("UPDATE mentord.quarantine q SET headers = %s FROM mentord.progress p "
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
    name = f"{place.applications}/{where}"
    return [got for got in place.read(place.applications, None) if header(got, "mentor-redrive-of") == name]


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
