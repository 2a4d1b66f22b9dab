"""Goal: each row of contract.md § 2's table that sends a record to the DLQ, sends it there byte for byte and says why.

One worker; each case is a record under its own key. After each comes a good record under the same key, which shows
that the citizen is not stalled, and that Q01 is armed exactly where the contract says.
"""

import functools

import pytest

import messages as m
from messages import pb
from place import decision, header, rules

OK_ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def spoiled(**change):
    """A record of a valid application with one header replaced or, with None, left out."""
    r = m.record(m.application())
    for name, value in change.items():
        r = r.with_header(name.replace("__", "-"), value)
    return r


def app_with(change):
    app = m.application()
    change(app)
    return m.record(app)


def raw(build):
    """A record of hand-made bytes under a key of its own; build gets a valid application."""
    app = m.application()
    return m.record(build(app), key=m.citizen_ref(app.citizen.cpr))


def cpr_in(place):
    app = m.application()
    cpr = app.citizen.cpr
    r = m.record(app)
    if place == "key":
        r.key = f"citizen-{cpr}".encode()
        return r
    return r.with_header(place, f"x{cpr}y".encode())


def spliced(field, number, build):
    """The application with `field` taken out and put in by hand: build gets the submessage's bytes."""
    return raw(lambda app: m.without(app, field) + build(number, getattr(app, field).SerializeToString()))


def set_text(text):
    return lambda app: m.without(app, "submitted_by") + m.length_delimited(12, text)


def other_costs(count):
    return app_with(lambda app: app.cost.other.extend([pb.OtherCost(kind=1, cost_ore=1)] * count))


def timestamp(seconds, nanos):
    def build(app):
        app.submitted_at.seconds, app.submitted_at.nanos = seconds, nanos
    return app_with(build)


def sized(size):
    """A valid application padded to `size` bytes with a field that this version does not know."""
    def build(app):
        value = app.SerializeToString()
        room = size - len(value)
        filler = next(n for n in range(room, 0, -1) if len(m.length_delimited(999, b"x" * n)) == room)
        return value + m.length_delimited(999, b"x" * filler)
    return raw(build)


def keyed(key):
    r = m.record(m.application())
    r.key = key
    return r


def valued(value):
    r = m.record(m.application())
    r.value = value
    return r


def twice(name, value=b"x"):
    r = m.record(m.application())
    if name not in dict(r.headers):
        r = r.and_header(name, value)
    return r.and_header(name, dict(r.headers)[name])


def first_of(*changes):
    r = m.record(m.application())
    for change in changes:
        r = change(r)
    return r


# name: (the record, gRPC status, mentor-reason, whether the record's citizen can be read)
CASES = {
    "value over 256 KiB": (lambda: sized(256 * 1024 + 1), 8, "value-too-large"),
    **{f"{name} missing": (lambda name=name: spoiled(**{name: None}), 3, "header-missing")
       for name in ("ce_specversion", "ce_id", "ce_source", "ce_type")},
    **{f"{name} empty": (lambda name=name: spoiled(**{name: b""}), 3, "header-missing")
       for name in ("ce_specversion", "ce_id", "ce_source", "ce_type")},
    "ce_id null": (lambda: first_of(lambda r: r.with_header("ce_id", None).and_header("ce_id", None)), 3, "header-missing"),
    "ce_id not UTF-8": (lambda: spoiled(ce_id=b"a\xff"), 3, "header-invalid"),
    "ce_source not UTF-8": (lambda: spoiled(ce_source=b"\xc0\xaf"), 3, "header-invalid"),
    "ce_id over 512 bytes": (lambda: spoiled(ce_id=b"i" * 513), 3, "header-invalid"),
    "ce_source over 512 bytes": (lambda: spoiled(ce_source=b"s" * 513), 3, "header-invalid"),
    "ce_type over 512 bytes": (lambda: spoiled(ce_type=b"t" * 513), 3, "header-invalid"),
    "specversion 0.3": (lambda: spoiled(ce_specversion=b"0.3"), 3, "specversion-unknown"),
    "ce_id twice": (lambda: twice("ce_id"), 3, "header-twice"),
    "ce_type twice": (lambda: twice("ce_type"), 3, "header-twice"),
    "a ce_ header that nobody knows twice": (lambda: twice("ce_whatever"), 3, "header-twice"),
    "ce_time twice": (lambda: twice("ce_time", b"2026-03-02T09:00:00Z"), 3, "header-twice"),
    "grpc-timeout twice": (lambda: twice("grpc-timeout", b"1S"), 3, "header-twice"),
    "ce_time in words": (lambda: spoiled(ce_time=b"yesterday"), 3, "time-invalid"),
    "ce_time on 30 February": (lambda: spoiled(ce_time=b"2026-02-30T09:00:00Z"), 3, "time-invalid"),
    "ce_time without a zone": (lambda: spoiled(ce_time=b"2026-02-03T09:00:00"), 3, "time-invalid"),
    "grpc-timeout without a unit": (lambda: spoiled(grpc__timeout=b"10"), 3, "timeout-invalid"),
    "grpc-timeout of nine digits": (lambda: spoiled(grpc__timeout=b"123456789S"), 3, "timeout-invalid"),
    "grpc-timeout in days": (lambda: spoiled(grpc__timeout=b"5d"), 3, "timeout-invalid"),
    "grpc-timeout empty": (lambda: spoiled(grpc__timeout=b""), 3, "timeout-invalid"),
    "key missing": (lambda: keyed(None), 3, "key-invalid"),
    "key empty": (lambda: keyed(b""), 3, "key-invalid"),
    "key of 65 bytes": (lambda: keyed(b"k" * 65), 3, "key-invalid"),
    "null value": (lambda: valued(None), 3, "value-null"),
    "unknown method": (lambda: spoiled(grpc__method=b"/mentor.v1.MentorGrantService/Forget"), 12, "method-unknown"),
    "unknown type": (lambda: spoiled(ce_type=b"dk.mentor.application.withdrawn.v1"), 12, "type-unknown"),
    "unknown type under a known method": (
        lambda: spoiled(ce_type=b"dk.other.v1", grpc__method=m.METHOD.encode()), 12, "type-unknown"),
    "no protobuf": (lambda: valued(b"\xff\xff\xff\xff"), 3, "undecodable"),
    "cut off": (lambda: raw(lambda app: app.SerializeToString()[:-3]), 3, "undecodable"),
    "field number 0": (lambda: raw(lambda app: app.SerializeToString() + b"\x00\x01"), 3, "undecodable"),
    "citizen twice": (lambda: spliced("citizen", 4, lambda n, b: m.length_delimited(n, b) * 2), 3, "field-twice"),
    "submitted_at twice": (
        lambda: raw(lambda app: app.SerializeToString() + m.length_delimited(11, b"\x08\x01") * 2), 3, "field-twice"),
    "wage and fee": (
        lambda: spliced("cost", 9, lambda n, b: m.length_delimited(n, b + m.length_delimited(2, b"\x08\x64"))),
        3, "field-twice"),
    "hourly and monthly": (
        lambda: spliced("cost", 9, lambda n, b: m.length_delimited(n, m.length_delimited(1, b"\x08\x64\x10\x64"))),
        3, "field-twice"),
    "hourly twice": (
        lambda: spliced("cost", 9, lambda n, b: m.length_delimited(n, m.length_delimited(1, b"\x08\x64\x08\x65"))),
        3, "field-twice"),
    "version as text": (lambda: raw(lambda app: m.without(app, "version") + m.length_delimited(2, b"1")), 3, "wire-type"),
    "application id as a number": (
        lambda: raw(lambda app: m.without(app, "application_id") + m.tag(1, 0) + b"\x01"), 3, "wire-type"),
    "a group": (
        lambda: raw(lambda app: app.SerializeToString() + m.tag(200, 3) + m.tag(200, 4)), 3, "wire-type"),
    "a timestamp of year 10000": (lambda: timestamp(253402300800, 0), 3, "timestamp-invalid"),
    "a timestamp before year 1": (lambda: timestamp(-62135596801, 0), 3, "timestamp-invalid"),
    "a thousand million nanoseconds": (lambda: timestamp(0, 1000000000), 3, "timestamp-invalid"),
    "negative nanoseconds": (lambda: timestamp(0, -1), 3, "timestamp-invalid"),
    "text that is not UTF-8": (lambda: raw(set_text(b"\xff\xfe")), 3, "text-invalid"),
    "text with a surrogate": (lambda: raw(set_text(b"\xed\xa0\x80")), 3, "text-invalid"),
    "text with a NUL": (lambda: raw(set_text(b"a\0b")), 3, "text-invalid"),
    "a string over 16 KiB": (lambda: raw(set_text(b"x" * (16 * 1024 + 1))), 3, "text-too-long"),
    "a list over 64": (lambda: other_costs(65), 3, "list-too-long"),
    "application id no UUID": (
        lambda: app_with(lambda app: setattr(app, "application_id", "4711")), 3, "application-id-invalid"),
    "application id missing": (
        lambda: app_with(lambda app: app.ClearField("application_id")), 3, "application-id-invalid"),
    "an empty value": (lambda: valued(b""), 3, "application-id-invalid"),
    "version 0": (lambda: app_with(lambda app: setattr(app, "version", 0)), 3, "version-invalid"),
    "CPR in the key": (lambda: cpr_in("key"), 3, "cpr-in-metadata"),
    "CPR in ce_id": (lambda: cpr_in("ce_id"), 3, "cpr-in-metadata"),
    "CPR in ce_source": (lambda: cpr_in("ce_source"), 3, "cpr-in-metadata"),
    "CPR in ce_subject": (lambda: cpr_in("ce_subject"), 3, "cpr-in-metadata"),
    # The order of the table.
    "too large and without an id": (
        lambda: first_of(lambda r: m.dataclasses.replace(r, value=b"x" * 300000).with_header("ce_id", None)),
        8, "value-too-large"),
    "of unknown type and without an id": (
        lambda: spoiled(ce_type=b"dk.other.v1", ce_id=None), 3, "header-missing"),
    "of unknown type and undecodable": (
        lambda: first_of(lambda r: m.dataclasses.replace(r, value=b"\xff").with_header("ce_type", b"dk.other.v1")),
        12, "type-unknown"),
}

# What is at a limit and not over it is decided.
FINE = {
    "value of 256 KiB": lambda: sized(256 * 1024),
    "ce_id of 512 bytes": lambda: spoiled(ce_id=b"i" * 512),
    "key of 64 bytes": lambda: keyed(b"f" * 64),
    "key of one byte that is no text": lambda: keyed(b"\xff"),
    "a known method": lambda: spoiled(grpc__method=m.METHOD.encode()),
    "ce_time with an offset": lambda: spoiled(ce_time=b"2026-03-02T09:00:00.123+01:00"),
    "a string of 16 KiB": lambda: raw(set_text(b"x" * 16 * 1024)),
    "64 other costs": lambda: other_costs(64),
    "a timestamp of the last second": lambda: timestamp(253402300799, 999999999),
    "a field that nobody knows": lambda: raw(lambda app: app.SerializeToString() + m.length_delimited(500, b"newer")),
    "another header twice": lambda: twice("x-trace"),
}

# The DLQ's own headers, and what else may be added to those that came.
ADDED = ("grpc-status", "grpc-message", "mentor-reason", "mentor-topic", "mentor-partition", "mentor-offset", "mentor-redrives")


class World:
    """Everything sent at once and decided; cases then look at their part."""

    def __init__(self, place):
        self.place = place
        self.sent, self.follower = {}, {}
        for name, (build, _, _) in CASES.items():
            self.sent[name] = build()
        fine = {name: build() for name, build in FINE.items()}
        place.worker()
        at = place.send(*self.sent.values(), *fine.values())
        self.at = dict(zip([*self.sent, *fine], at))
        # A good application under the key of each bad record, of another citizen.
        for name, bad in self.sent.items():
            if bad.key and len(bad.key) <= 64 and b"citizen-" not in bad.key:
                app = m.application()
                self.follower[name] = (app, m.record(app, key=bad.key))
        for name, (_, r) in self.follower.items():
            place.send(r, partition=self.at[name][0])
        place.settled()
        self.dlq = {(int(header(g, "mentor-partition")), int(header(g, "mentor-offset"))): g for g in place.dlq(len(CASES))}
        self.outcomes = {(decision(g).source.partition, decision(g).source.offset): g for g in place.outcomes()}
        self.by_application = {decision(g).application_id: g for g in self.outcomes.values()}

    @functools.cached_property
    def listed(self):
        return {tuple(entry["id"].rsplit("/", 2)[1:]): entry for entry in self.place.quarantine()}


@pytest.fixture(scope="module")
def world(make_shared_place):
    return World(make_shared_place())


@pytest.mark.parametrize("name", CASES)
def test_a_bad_record_goes_to_the_dlq_as_it_came(world, name):
    _, status, reason = CASES[name]
    sent, at = world.sent[name], world.at[name]
    assert at in world.dlq, f"no DLQ record; decided: {at in world.outcomes}"
    got = world.dlq[at]
    assert (header(got, "mentor-reason"), header(got, "grpc-status")) == (reason, str(status))
    assert (got.key, got.value) == (sent.key, sent.value)
    assert got.headers[:len(sent.headers)] == sent.headers, "the headers that came, in their order"
    added = got.headers[len(sent.headers):]
    assert sorted(name for name, _ in added) == sorted(ADDED)
    assert header(got, "grpc-message")
    assert header(got, "mentor-topic") == world.place.applications
    assert header(got, "mentor-redrives") == "0"
    assert at not in world.outcomes


@pytest.mark.parametrize("name", CASES)
def test_a_bad_record_is_listed_in_quarantine(world, name):
    _, _, reason = CASES[name]
    partition, offset = world.at[name]
    entry = world.listed[(str(partition), str(offset))]
    assert entry["type"] == "dk.mentor.dlq.v1"
    assert entry["mentorreason"] == reason
    assert entry["id"] == f"{world.place.applications}/{partition}/{offset}"


@pytest.mark.parametrize("name", [n for n in CASES if n not in (
    "key missing", "key empty", "key of 65 bytes", "CPR in the key")])
def test_the_next_record_of_its_key_is_referred_by_q01(world, name):
    app, _ = world.follower[name]
    got = world.by_application[app.application_id]
    assert "Q01" in rules(got)
    assert header(got, "ce_type") == "dk.mentor.application.referred.v1"


@pytest.mark.parametrize("name", FINE)
def test_a_record_at_a_limit_is_decided(world, name):
    at = world.at[name]
    assert at not in world.dlq, header(world.dlq[at], "mentor-reason") if at in world.dlq else ""
    assert at in world.outcomes


def test_every_dlq_record_lies_where_javas_partitioner_puts_its_key(world):
    for got in world.dlq.values():
        if got.key:
            assert got.partition == m.partition_of(got.key, world.place.partitions)


def test_no_cpr_number_is_in_outcomes_or_logs_or_lists(world):
    place = world.place
    numbers = {r.value for r in ()}
    for r in [*world.sent.values(), *(r for _, r in world.follower.values())]:
        try:
            numbers.add(pb.Application.FromString(r.value).citizen.cpr)
        except Exception:  # noqa: BLE001 (undecodable: it has no number to look for)
            continue
    numbers.discard("")
    assert len(numbers) > 20
    places = [place.workers[0].log]
    for got in world.outcomes.values():
        places.append(repr((got.key, got.value, got.headers)))
    for got in world.dlq.values():  # what the DLQ adds
        places.append(repr(got.headers[-len(ADDED):]))
    text = "\n".join(places)
    assert [number for number in numbers if number in text] == []
