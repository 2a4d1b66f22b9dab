"""Goal: Q01 holds a citizen's later applications for a person while a fact is unknown, and lets go when told."""

import json

import pytest

import messages as m
from place import decision, header, rules


@pytest.fixture(scope="module")
def place(make_shared_place):
    place = make_shared_place()
    place.worker()
    return place


def sent(place, record):
    (partition, offset), = place.send(record)
    place.settled()
    return f"{partition}/{offset}"


def listed(place):
    """PARTITION/OFFSET of each line of `dlq list`, whose ids also name the topic."""
    ids = [entry["id"] for entry in place.quarantine()]
    assert all(one.startswith(place.applications + "/") for one in ids)
    return [one.removeprefix(place.applications + "/") for one in ids]


def later(app, days):
    """The citizen's next application, apart from the first one's period."""
    other = m.application(cpr=app.citizen.cpr)
    other.support.start_date, other.support.end_date = m.day(days), m.day(days + 20)
    return other


def test_an_unreadable_record_arms_its_key(place):
    app = m.application()
    sent(place, m.record(b"\xff\xff", key="armed-key"))
    sent(place, m.record(app, key="armed-key", event="armed-1"))
    assert "Q01" in rules(place.outcome_of("armed-1"))


def test_a_readable_record_arms_its_citizen_under_any_key(place):
    app = m.application()
    bad = later(app, 120)
    bad.version = 0
    sent(place, m.record(bad, key="one-key"))
    sent(place, m.record(app, key="quite-another-key", event="armed-2"))
    got = place.outcome_of("armed-2")
    assert "Q01" in rules(got) and decision(got).outcome == 3


def test_another_citizen_is_not_touched(place):
    sent(place, m.record(m.application(), event="free-1"))
    assert "Q01" not in rules(place.outcome_of("free-1"))


def test_dismissing_by_key_lifts_it(place):
    where = sent(place, m.record(b"\xff\xff", key="lift-key"))
    app = m.application()
    sent(place, m.record(app, key="lift-key", event="lift-1"))
    assert "Q01" in rules(place.outcome_of("lift-1"))
    place.mentord("dlq", "dismiss", where, "--why", "en prøve")
    sent(place, m.record(m.application(), key="lift-key", event="lift-2"))
    assert "Q01" not in rules(place.outcome_of("lift-2"))


def test_dismissing_by_citizen_lifts_it(place):
    app = m.application()
    bad = later(app, 120)
    bad.version = 0
    where = sent(place, m.record(bad, key="lift-a"))
    sent(place, m.record(app, key="lift-b", event="lift-3"))
    assert "Q01" in rules(place.outcome_of("lift-3"))
    place.mentord("dlq", "dismiss", where, "--why", "sendt igen")
    sent(place, m.record(later(app, 200), key="lift-b", event="lift-4"))
    assert "Q01" not in rules(place.outcome_of("lift-4"))


def test_two_records_arm_until_both_are_dismissed(place):
    first = sent(place, m.record(b"\xff\xff", key="both"))
    second = sent(place, m.record(b"\xff\xfe", key="both"))
    place.mentord("dlq", "dismiss", first, "--why", "den ene")
    sent(place, m.record(m.application(), key="both", event="both-1"))
    assert "Q01" in rules(place.outcome_of("both-1"))
    place.mentord("dlq", "dismiss", second, "--why", "den anden")
    sent(place, m.record(m.application(), key="both", event="both-2"))
    assert "Q01" not in rules(place.outcome_of("both-2"))


def test_a_dismissed_record_leaves_the_list_and_cannot_be_dismissed_again(place):
    where = sent(place, m.record(b"\xff", key="gone"))
    assert where in listed(place)
    place.mentord("dlq", "dismiss", where, "--why", "set")
    assert where not in listed(place)
    again = place.mentord("dlq", "dismiss", where, "--why", "igen", expect=None)
    assert again.returncode in (1, 2)
    assert len(again.stderr.strip().splitlines()) == 1


def test_the_id_that_the_list_shows_names_the_record(place):
    """contract.md § 4: the output of one command is the input of another."""
    where = sent(place, m.record(b"\xff", key="by-id"))
    place.mentord("dlq", "dismiss", f"{place.applications}/{where}", "--why", "set")
    assert where not in listed(place)


def test_dismissing_needs_a_reason(place):
    where = sent(place, m.record(b"\xff", key="why"))
    assert place.mentord("dlq", "dismiss", where, expect=None).returncode == 64
    assert where in listed(place)


def test_show_gives_the_record_back(place):
    record = m.record(b"\xff\x00\x01", key="show", extra=[("x-own", b"1")])
    where = sent(place, record)
    line = json.loads(place.mentord("dlq", "show", where, "--json").stdout)
    import base64
    assert base64.b64decode(line["data_base64"]) == record.value
    assert line["type"] == "dk.mentor.dlq.v1"


def test_the_dlq_topic_and_the_list_agree(place):
    dlq = {f"{header(g, 'mentor-partition')}/{header(g, 'mentor-offset')}" for g in place.dlq()}
    assert set(listed(place)) <= dlq
