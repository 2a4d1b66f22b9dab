"""Goal: what an outcome event carries: CloudEvents and gRPC headers, traces, deadlines, keys, order."""

import datetime
import re
import uuid

import pytest

import messages as m
from messages import pb
from place import decision, header, rules

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def place(make_shared_place):
    place = make_shared_place()
    place.worker()
    return place


def outcome(place, record):
    place.send(record)
    return place.outcome_of(dict(record.headers)["ce_id"].decode())


def test_an_approval_is_a_cloudevent_with_a_grpc_status(place):
    app = m.application()
    got = outcome(place, m.record(app))
    d = decision(got)
    assert header(got, "ce_specversion") == "1.0"
    assert header(got, "ce_id") == d.decision_id
    assert header(got, "ce_source") == "mentord"
    assert header(got, "ce_type") == "dk.mentor.application.approved.v1"
    assert header(got, "ce_subject") == app.application_id
    assert header(got, "content-type") == "application/protobuf"
    assert header(got, "grpc-status") == "0"
    assert header(got, "mentor-seq") == "1"
    assert header(got, "mentor-late-ms") is None
    time = datetime.datetime.fromisoformat(header(got, "ce_time").replace("Z", "+00:00"))
    assert time.timestamp() * 1000 == pytest.approx(d.evaluated_at.ToMilliseconds(), abs=0.5)
    assert d.outcome == 1 and d.frame.total_ore == 893607


@pytest.mark.parametrize("change, kind", [
    (lambda app: setattr(app.assessment, "beyond_normal", pb.ANSWER_NO), "rejected"),
    (lambda app: setattr(app.support, "minutes_per_week", 900), "referred"),
])
def test_the_type_says_the_outcome(place, change, kind):
    app = m.application()
    change(app)
    assert header(outcome(place, m.record(app)), "ce_type") == f"dk.mentor.application.{kind}.v1"


def test_the_key_is_the_citizen_ref_and_the_partition_javas(place):
    app = m.application()
    got = outcome(place, m.record(app, key="whatever"))
    assert got.key == m.citizen_ref(app.citizen.cpr).encode()
    assert got.partition == m.partition_of(got.key, place.partitions)
    assert decision(got).citizen_ref == got.key.decode()


def test_the_source_says_where_the_application_lay(place):
    r = m.record(m.application(), event="where")
    (partition, offset), = place.send(r)
    source = decision(place.outcome_of("where")).source
    assert (source.topic, source.partition, source.offset, source.event_id) == (place.applications, partition, offset, "where")


def test_the_decision_id_is_a_uuid_of_version_7_with_the_time(place):
    d = decision(outcome(place, m.record(m.application())))
    as_uuid = uuid.UUID(d.decision_id)
    assert as_uuid.version == 7
    assert as_uuid.int >> 80 == d.evaluated_at.ToMilliseconds()


def test_traces_are_carried_over(place):
    r = m.record(m.application(), extra=[("traceparent", TRACE), ("tracestate", b"a=1,b=2")])
    got = outcome(place, r)
    assert (header(got, "traceparent"), header(got, "tracestate")) == (TRACE.decode(), "a=1,b=2")


@pytest.mark.parametrize("trace", [b"", b"00-zz-b7ad6b7169203331-01", b"not a trace", TRACE + b"-more\xff"])
def test_a_malformed_trace_is_dropped_and_refuses_nothing(place, trace):
    got = outcome(place, m.record(m.application(), extra=[("traceparent", trace)]))
    assert header(got, "traceparent") is None
    assert header(got, "grpc-status") == "0"


def test_a_trace_that_holds_the_cpr_number_is_dropped(place):
    app = m.application()
    got = outcome(place, m.record(app, extra=[("traceparent", TRACE), ("tracestate", b"citizen=" + app.citizen.cpr.encode())]))
    assert header(got, "tracestate") is None
    assert app.citizen.cpr not in repr(got)


def test_a_trace_that_holds_the_cpr_number_does_not_reach_the_dlq(place):
    app = m.application(version=0)
    state = b"citizen=" + app.citizen.cpr.encode()
    (partition, offset), = place.send(m.record(app, extra=[("tracestate", state), ("x-own", b"kept")]))

    def mine(got):
        return next((g for g in got if (header(g, "mentor-partition"), header(g, "mentor-offset")) == (str(partition), str(offset))), None)
    got = mine(place.read(place.dlq_topic, mine))
    assert header(got, "tracestate") is None
    assert header(got, "x-own") == "kept"


def test_a_late_application_is_decided_and_says_how_late(place):
    r = m.record(m.application(), extra=[("ce_time", b"2026-03-02T09:00:00Z"), ("grpc-timeout", b"1500m")])
    got = outcome(place, r)
    sent = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.timezone.utc).timestamp() * 1000
    assert int(header(got, "mentor-late-ms")) == decision(got).evaluated_at.ToMilliseconds() - sent - 1500
    assert header(got, "grpc-status") == "0"


def test_an_application_in_time_says_nothing_of_lateness(place):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    assert header(outcome(place, m.record(m.application(), extra=[("ce_time", now), ("grpc-timeout", b"10H")])), "mentor-late-ms") is None


def test_a_timeout_without_a_time_says_nothing(place):
    assert header(outcome(place, m.record(m.application(), extra=[("grpc-timeout", b"1n")])), "mentor-late-ms") is None


def test_a_citizens_decisions_are_numbered_and_in_order(place):
    cpr = m.fresh_cpr()
    records = [m.record(m.application(cpr), event=f"row-{n}") for n in range(30)]
    place.send(*records)
    place.outcome_of("row-29")
    mine = [g for g in place.outcomes() if decision(g).citizen_ref == m.citizen_ref(cpr)]
    assert [header(g, "mentor-seq") for g in mine] == [str(n + 1) for n in range(30)]
    assert [decision(g).source.event_id for g in mine] == [f"row-{n}" for n in range(30)]


def test_grpc_messages_are_percent_encoded(place):
    app = m.application(version=0)
    place.send(m.record(app, event="percent"))

    def mine(got):
        return next((g for g in got if header(g, "ce_id") == "percent"), None)
    message = header(mine(place.read(place.dlq_topic, mine)), "grpc-message")
    assert re.fullmatch(r"([ -$&-~]|%[0-9A-F]{2})+", message)


def test_no_personal_data_is_in_an_outcome(place):
    app = m.application()
    app.assessment.reasons = "depression"
    app.company.name = "Hemmelig Virksomhed"
    app.mentor.name = "Navn Navnesen"
    got = outcome(place, m.record(app))
    text = got.value + repr((got.key, got.headers)).encode()
    for secret in (app.citizen.cpr, "depression", "Hemmelig", "Navnesen", app.support.goal):
        assert secret.encode() not in text


def test_a_citizen_under_another_key_keeps_one_history(place):
    cpr = m.fresh_cpr()
    other = next(k for k in (f"other-{n}" for n in range(100))
                 if m.partition_of(k.encode(), 3) != m.partition_of(m.citizen_ref(cpr).encode(), 3))
    first = outcome(place, m.record(m.application(cpr)))
    second = outcome(place, m.record(m.application(cpr), key=other))
    assert [header(g, "mentor-seq") for g in (first, second)] == ["1", "2"]
    assert "P04" in rules(second)
