"""Goal: the rows of contract.md § 2 that turn on what was decided before: duplicates, conflicts, versions."""

import random

import pytest

import messages as m
from messages import pb
from place import decision, header, rules


@pytest.fixture(scope="module")
def place(make_shared_place):
    place = make_shared_place()
    place.worker()
    return place


def fates(place, *records):
    """Sends the records in order under one key; for each its outcome, DLQ record or None, by source offset."""
    at = [place.send(r)[0] for r in records]
    place.settled()
    outcomes = {(decision(g).source.partition, decision(g).source.offset): g for g in place.outcomes()}
    dlq = {(int(header(g, "mentor-partition")), int(header(g, "mentor-offset"))): g for g in place.dlq()}
    assert not outcomes.keys() & dlq.keys()
    return [outcomes.get(a) or dlq.get(a) for a in at]


def changed(app, **fields):
    copy = pb.Application()
    copy.CopyFrom(app)
    for name, value in fields.items():
        target = copy
        *path, last = name.split("__")
        for part in path:
            target = getattr(target, part)
        setattr(target, last, value)
    return copy


def test_an_event_twice_is_decided_once(place):
    r = m.record(m.application())
    first, second = fates(place, r, r)
    assert header(first, "grpc-status") == "0"
    assert second is None


def test_an_event_in_other_bytes_is_the_same_event(place):
    app = m.application()
    r = m.record(app, event="other-bytes")
    turned = m.without(app, "citizen") + m.length_delimited(4, app.citizen.SerializeToString())
    assert turned != r.value
    first, second = fates(place, r, m.record(turned, key=r.key, event="other-bytes"))
    assert first is not None and second is None


def test_an_event_id_with_other_content_is_aborted(place):
    app = m.application()
    first, second = fates(place, m.record(app, event="e-conflict"),
                          m.record(changed(app, support__minutes_per_week=120), event="e-conflict"))
    assert header(first, "grpc-status") == "0"
    assert (header(second, "grpc-status"), header(second, "mentor-reason")) == ("10", "event-conflict")


def test_aborted_arms_nothing(place):
    app = m.application()
    other = m.application(cpr=app.citizen.cpr)
    other.support.start_date, other.support.end_date = m.day(150), m.day(200)
    _, _, third = fates(place, m.record(app, event="e-arms"),
                        m.record(changed(app, support__minutes_per_week=120), event="e-arms"), m.record(other))
    assert "Q01" not in rules(third)


def test_the_same_event_id_of_another_application_is_another_event(place):
    cpr = m.fresh_cpr()
    first, second = fates(place, m.record(m.application(cpr), event="shared-id"), m.record(m.application(cpr), event="shared-id"))
    assert decision(first).decision_id != decision(second).decision_id


def test_the_same_event_id_of_another_source_is_another_event(place):
    app = m.application()
    again = m.record(changed(app, support__minutes_per_week=120), event="two-sources").with_header("ce_source", b"urn:other")
    _, second = fates(place, m.record(app, event="two-sources"), again)
    assert "D06" in rules(second)


def test_content_sent_again_under_another_event_id_is_a_duplicate_and_not_remembered(place):
    app = m.application()
    first, second, third = fates(
        place, m.record(app), m.record(app, event="second-id"),
        m.record(changed(app, support__minutes_per_week=120), event="second-id"))
    assert first is not None and second is None
    assert header(third, "grpc-status") == "0", "the event id was not remembered, so it is free"
    assert "D06" in rules(third)


def test_old_content_under_a_new_event_id_is_a_duplicate_even_when_a_newer_version_is_decided(place):
    app = m.application()
    _, second, third = fates(place, m.record(app), m.record(changed(app, version=2)), m.record(app))
    assert decision(second).version == 2
    assert third is None


def test_an_older_version_is_refused(place):
    app = m.application()
    newer, older = fates(place, m.record(changed(app, version=2)), m.record(app))
    assert header(newer, "grpc-status") == "0"
    assert (header(older, "grpc-status"), header(older, "mentor-reason")) == ("9", "version-outdated")


def test_other_content_of_a_decided_version_is_referred_and_the_first_stays(place):
    app = m.application()
    first, second, third = fates(place, m.record(app), m.record(changed(app, support__minutes_per_week=120)),
                                 m.record(changed(app, version=2)))
    assert decision(second).outcome == 3 and "D06" in rules(second)
    assert decision(second).supersedes == ""
    assert decision(third).supersedes == decision(first).decision_id


def test_the_content_of_a_d06_decision_sent_again_is_a_duplicate(place):
    app = m.application()
    other = changed(app, support__minutes_per_week=120)
    _, second, third = fates(place, m.record(app), m.record(other), m.record(other))
    assert "D06" in rules(second)
    assert third is None


def test_application_ids_compare_without_regard_to_case(place):
    app = m.application()
    upper = changed(app, application_id=app.application_id.upper(), version=2)
    first, second = fates(place, m.record(app), m.record(upper))
    assert decision(second).supersedes == decision(first).decision_id
    assert decision(second).application_id == upper.application_id, "as it came"


def test_unknown_fields_count_as_content(place):
    app = m.application()
    newer = app.SerializeToString() + m.length_delimited(500, b"newer")
    first, second = fates(place, m.record(app), m.record(newer, key=m.citizen_ref(app.citizen.cpr)))
    assert first is not None and "D06" in rules(second)


def test_a_grant_is_history_for_the_citizens_next_application(place):
    app = m.application()
    later = m.application(cpr=app.citizen.cpr)
    first, second = fates(place, m.record(app), m.record(later))
    assert decision(first).outcome == 1
    assert decision(second).outcome == 3 and "P04" in rules(second)


def test_a_refused_record_leaves_its_event_id_free(place):
    app = m.application()
    bad = changed(app, version=0)
    first, second = fates(place, m.record(bad, event="free", key="free-1"), m.record(app, event="free"))
    assert header(first, "mentor-reason") == "version-invalid"
    assert header(second, "grpc-status") == "0"


def test_no_law_in_force_is_a_failed_precondition(make_place, rulebook, tmp_path):
    text = rulebook.read_text(encoding="utf-8")
    late = tmp_path / "late.yaml"
    start = text.index("laws:")
    head, laws = text[:start], text[start:]
    for index, year in enumerate(("2020-01-01", "2026-02-01", "2026-07-01", "2027-01-01")):
        assert f"from: {year}" in laws
        laws = laws.replace(f"- from: {year}", f"- from: 21{index}0-01-01")
    late.write_text(head + laws, encoding="utf-8")
    place = make_place(rulebook=late)
    place.worker()
    place.send(m.record(m.application()))
    got, = place.dlq(1)
    assert (header(got, "grpc-status"), header(got, "mentor-reason")) == ("9", "no-law")
    assert place.outcomes() == []


def test_a_record_that_the_database_refuses_goes_alone(make_place):
    place = make_place()
    bad = m.application()
    place.sql("""CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 RAISE EXCEPTION 'refused' USING ERRCODE = '22023'; END $$""")
    place.sql(f"""CREATE TRIGGER refuse BEFORE INSERT ON mentord.decision FOR EACH ROW
                  WHEN (NEW.application_id = '{bad.application_id}') EXECUTE FUNCTION public.refuse()""")
    others = [m.application() for _ in range(40)]
    place.send(*(m.record(app) for app in others[:20]), m.record(bad, event="bad"), *(m.record(app) for app in others[20:]))
    place.worker()
    place.settled()
    got, = place.dlq(1)
    assert (header(got, "grpc-status"), header(got, "mentor-reason")) == ("13", "record-failed")
    assert header(got, "ce_id") == "bad"
    assert {decision(g).application_id for g in place.outcomes(40)} == {app.application_id for app in others}


def test_a_record_too_large_for_the_dlq_leaves_a_stub_and_is_kept_in_quarantine(make_place):
    from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
    place = make_place()
    place.worker()
    entry = ConfigEntry("max.message.bytes", "100000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, place.dlq_topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": place.broker.servers})
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(30)
    big = m.record(m.application())
    big.value = random.Random(5).randbytes(300000)  # nothing that compression could save
    good = m.application()
    place.send(big)
    place.send(m.record(good))
    place.settled(60)
    got, = place.dlq(1)
    assert header(got, "mentor-reason") == "value-too-large"
    assert got.value is None or len(got.value) < 1000
    kept = place.sql("SELECT value FROM mentord.quarantine")[0][0]
    assert bytes(kept) == big.value
    assert decision(place.outcomes(1)[0]).application_id == good.application_id
