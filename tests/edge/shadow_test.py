"""Goal: a candidate rulebook is tried beside the one that decides; its divergences are told, and nothing else changes."""

import json

import pytest

import messages as m
from messages import ROOT
from place import decision, header
from processes import until

SHIPPED = (ROOT / "deploy" / "rulebooks" / "dk-2026.yaml").read_text()


@pytest.fixture
def candidate(tmp_path):
    """No wage over 200 kr.: what m.application asks for would go to a person."""
    path = tmp_path / "candidate.yaml"
    path.write_text(SHIPPED.replace('version: "2026.1"', 'version: "2027.1-draft"').replace("max_unit_ore: 40000", "max_unit_ore: 20000"))
    return str(path)


def told(place):
    lines = [json.loads(line) for line in place.mentord("rulebook", "shadow", "--json").stdout.splitlines()]
    return [line for line in lines if "candidate" in line], [line["divergence"] for line in lines if "divergence" in line]


def mixed(count):
    """Every third wage is low enough for both."""
    apps = [m.application() for _ in range(count)]
    for app in apps[::3]:
        app.cost.wage.hourly_ore = 10000
    return apps


def counted(place, count):
    return until(f"{count} counted", 20, lambda: sum(pair["decided"] for pair in told(place)[0]) == count and told(place))


@pytest.mark.parametrize("lanes", ["1", "2"])
def test_divergences_are_counted_and_listed(place, candidate, lanes):
    place.worker("--shadow", candidate, "--lanes", lanes)
    apps = mixed(30)
    place.send(*(m.record(app, event=f"e-{i}") for i, app in enumerate(apps)))
    place.settled()
    (pair,), divergences = counted(place, 30)
    assert (pair["candidate"]["version"], pair["rulebook"]["version"]) == ("2027.1-draft", "2026.1")
    granted = place.sql("SELECT sum(total_ore)::bigint FROM mentord.decision WHERE outcome = 1")[0][0]
    kept = place.sql("SELECT sum(total_ore)::bigint FROM mentord.decision WHERE application_id::text = ANY(%s)",
                     [app.application_id for app in apps[::3]])[0][0]
    assert (pair["diverged"], pair["grantedOre"], pair["candidateOre"]) == (20, granted, kept)
    assert [(o["from"], o["to"], o["decided"], o["diverged"]) for o in pair["outcomes"]] == \
        [("APPROVED", "APPROVED", 10, 0), ("APPROVED", "REFERRED", 20, 20)]
    assert {d["applicationId"] for d in divergences} == {app.application_id for i, app in enumerate(apps) if i % 3}
    first = divergences[0]
    assert (first["from"], first["to"], first["candidateOre"]) == ("APPROVED", "REFERRED", 0)
    assert set(first["candidateRules"].split()) - set(first["rules"].split()) == {"K01"}
    text = place.mentord("rulebook", "shadow").stdout
    assert "dk-mentor 2027.1-draft beside dk-mentor 2026.1: 30 decided, 20 diverge" in text
    assert "APPROVED -> REFERRED         20, 20 diverge" in text
    assert place.sql("SELECT version FROM mentord.rulebook") == [("2026.1",)], "a draft is not stored: its version is not taken"
    assert place.mentord("audit", "verify").returncode == 0


def test_decisions_are_the_same_bytes_with_and_without(make_place, candidate):
    """At the events' own times, so that nothing but the rulebooks could differ."""
    apps = mixed(20)
    seen = []
    for flags in ([], ["--shadow", candidate]):
        place = make_place(demo=True)
        place.worker("--at", "event", *flags)
        place.send(*(m.record(app, event=f"e-{i}", extra=[("ce_time", b"2026-03-02T09:00:00Z")]) for i, app in enumerate(apps)))
        place.settled()
        outcomes = {}
        for got in place.outcomes(20):
            message = decision(got)
            message.source.topic = ""  # the one thing that is the place's own
            outcomes[header(got, "ce_id")] = (got.key, message.SerializeToString(deterministic=True),
                                              [h for h in got.headers if h[0] != "traceparent"])
        seen.append(outcomes)
        if flags:
            counted(place, 20)
    assert seen[0] == seen[1] and len(seen[0]) == 20


def test_counts_that_cannot_be_stored_harm_no_decision(place, candidate):
    place.sql("REVOKE INSERT, UPDATE ON mentord.shadow_count FROM mentord_worker")
    worker = place.worker("--shadow", candidate)
    place.send(*(m.record(app) for app in mixed(9)))
    place.settled()
    assert place.decided() == 9
    worker.wait_event("shadow.unstored")
    place.sql("GRANT INSERT, UPDATE ON mentord.shadow_count TO mentord_worker")
    place.send(*(m.record(app) for app in mixed(3)))
    place.settled()
    assert worker.stop() == 0
    assert sum(pair["decided"] for pair in told(place)[0]) == 12, "kept, and stored at the drain"
    assert worker.events("worker.waiting") == worker.events("worker.halted") == []


def test_only_the_newest_ten_thousand_divergences_stay(place, candidate):
    place.worker("--shadow", candidate)
    place.send(m.record(m.application()))
    place.settled()
    counted(place, 1)
    place.sql("INSERT INTO mentord.shadow_divergence (candidate, rulebook, progress_id, source_offset, application_id, version, "
              "evaluated_at_ms, outcome, candidate_outcome, rules, candidate_rules, granted_ore, candidate_ore) "
              "SELECT candidate, rulebook, progress_id, source_offset, application_id, version, evaluated_at_ms, outcome, "
              "candidate_outcome, rules, candidate_rules, granted_ore, candidate_ore FROM mentord.shadow_divergence, generate_series(1, 12000)")
    place.send(m.record(m.application()))
    counted(place, 2)
    assert place.sql("SELECT count(*) FROM mentord.shadow_divergence") == [(10000,)]


def test_a_candidate_that_is_none_ends_the_start(place, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: dk\n")
    worker = place.worker("--shadow", str(bad), ready=False)
    assert worker.wait() == 1
    assert "bad.yaml" in worker.log


def test_nothing_tried_yet_is_said(place):
    assert place.mentord("rulebook", "shadow").stdout == "no worker has run with --shadow on this database\n"
    assert told(place) == ([], [])
