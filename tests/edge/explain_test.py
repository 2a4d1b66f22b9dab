"""Goal: `explain` says why, whole: what each rule saw, who assessed, the price, the rulebook and where it is kept; as text and as
JSON the same."""

import json
import re

import pytest

import messages as m
from messages import ROOT

SAMPLES = [json.loads(line) for line in (ROOT / "deploy/samples/applications.jsonl").read_text().splitlines()]
RULES = re.findall(r"^    X\(([A-Z]\d\d), WEIGHT", (ROOT / "include/mentor/core/finding.h").read_text(), re.M)


@pytest.fixture(scope="module")
def demo(make_shared_place):
    place = make_shared_place(demo=True)
    place.worker("--at", "event")
    place.mentord("publish", str(ROOT / "deploy/samples/applications.jsonl"))
    place.settled()
    return place


def applications():
    return list(dict.fromkeys(event["data"]["applicationId"] for event in SAMPLES))


def explained(place, application, *flags):
    """Pairs of a decision's event and its explanation's."""
    lines = [json.loads(line) for line in place.mentord("explain", application, "--json", *flags).stdout.splitlines()]
    assert len(lines) % 2 == 0
    return list(zip(lines[::2], lines[1::2]))


def test_every_rule_says_what_it_saw_and_agrees_with_what_was_found(demo):
    found, silenced = set(), set()
    for application in applications():
        for event, line in explained(demo, application, "--all"):
            told = line["data"]
            assert [rule["rule"] for rule in told["rules"]] == RULES
            assert {r["rule"] for r in told["rules"] if r["found"]} == {f["rule"] for f in event["data"].get("findings", [])}
            for rule in told["rules"]:
                assert rule["question"].endswith("?") and (rule["saw"] or rule["rule"] == "P02")
                assert not (rule["found"] and "silencedBy" in rule)
                assert all(sight["what"] and sight["shown"] for sight in rule["saw"])
            found |= {r["rule"] for r in told["rules"] if r["found"]}
            silenced |= {r["silencedBy"] for r in told["rules"] if "silencedBy" in r}
    assert {"P01", "F01", "K01", "P02", "N01", "D06", "E07"} <= found


def test_the_explanation_is_an_event_of_its_own_behind_the_decision_as_it_was_emitted(demo):
    emitted = {(e["id"]): e for e in map(json.loads, demo.mentord("tail", "--from", "beginning", "--no-follow").stdout.splitlines())}
    for application in applications():
        for event, line in explained(demo, application):
            assert event == emitted[event["id"]]
            assert (line["type"], line["subject"], line["id"]) == ("dk.mentor.explanation.v1", application, event["id"] + "/explanation")
            told = line["data"]
            for name in ("outcome", "findings", "complaint", "source", "decisionId"):
                assert told.get(name) == event["data"].get(name)
            assert told["again"] == "same"
            assert told["rulebook"]["name"] == "dk-mentor" and len(told["rulebook"]["sha256"]) == 64 and told["rulebook"]["act"]
            assert told["ledger"]["batch"] >= 1 and told["ledger"]["index"] >= 0
            sent = next(e["data"] for e in SAMPLES if e["data"]["applicationId"] == application
                        and e["id"] == told["source"]["eventId"])
            assert told["assessment"]["assessedBy"] == sent["assessment"].get("assessedBy", "")
            if "frame" in event["data"]:
                total = next(step["ore"] for step in told["price"] if step["what"].endswith(("bevilget ramme", "ikke bevilget")))
                assert str(total) == event["data"]["frame"]["totalOre"]
            else:
                assert told["price"] == []


def test_the_text_says_what_the_json_says(demo):
    for application in applications():
        text = demo.mentord("explain", application, "--all").stdout
        flat = " ".join(text.split())
        for _, line in explained(demo, application, "--all"):
            told = line["data"]
            for rule in told["rules"]:
                answer = "Ja" if rule["found"] else f"Ikke set på, da {rule['silencedBy']} er ugyldig" if "silencedBy" in rule else "Nej"
                assert f"{rule['rule']} {rule['question']} {answer}" in flat
                for sight in rule["saw"]:
                    assert " ".join(f"{sight['what']} {sight['shown']} {sight.get('wants', '')}".split()) in flat
            for fact in told["facts"]:
                assert f"{fact['what']} {fact['value'] or 'ikke oplyst'}" in flat
            assert f"Protokol batch {told['ledger']['batch']}, nr. {told['ledger']['index']}" in flat
            assert told["rulebook"]["sha256"][:16] in flat
            assert "samme svar, byte for byte" in flat


def test_without_all_only_the_rules_that_found_something_are_told(demo):
    rejected = SAMPLES[2]["data"]["applicationId"]
    (_, line), = explained(demo, rejected)
    saw = {rule["rule"]: rule for rule in line["data"]["rules"]}
    assert "P01" in saw and "P03" not in saw
    end = next(sight for sight in saw["P01"]["saw"] if sight.get("field") == "support.end_date")
    assert (end["value"], end["most"], end["wants"], end["outside"]) == ("2026-10-01", "2026-09-01", "senest 01.09.2026", True)
    text = demo.mentord("explain", rejected).stdout
    assert re.search(r"sidste dag +01\.10\.2026 +senest 01\.09\.2026  ◄", text)
    assert "P03" not in text


def test_with_proof_its_place_in_the_chain_is_told_and_is_that_of_audit_prove(demo):
    application = SAMPLES[0]["data"]["applicationId"]
    (_, line), = explained(demo, application, "--proof")
    proof = line["data"]["proof"]
    assert proof["batch"] == line["data"]["ledger"]["batch"] and 0 <= proof["leaf"] < proof["leaves"]
    whole = demo.mentord("audit", "prove", application).stdout
    assert all(proof[name] in whole for name in ("link", "previous", "head"))
    text = demo.mentord("explain", application, "--proof").stdout
    assert proof["link"] in text and proof["head"] in text and "efterregnet" in text
    assert "proof" not in explained(demo, application)[0][1]["data"]


def test_no_cpr_number_is_told_even_where_somebody_typed_it(demo):
    for event in SAMPLES:
        for flags in ((), ("--json",), ("--all",), ("--all", "--json")):
            assert event["data"]["citizen"]["cpr"] not in demo.mentord("explain", event["data"]["applicationId"], *flags).stdout
    cpr = m.fresh_cpr()
    app = m.application(cpr=cpr, case_number=f"26/{cpr}", submitted_by=f"sag {cpr[:6]}-{cpr[6:]} i VITAS")
    app.assessment.assessed_by = f"SB2 9{cpr[:6]} {cpr[6:]}"
    demo.send(m.record(app))
    demo.settled()
    for flags in ((), ("--all", "--json")):
        text = demo.mentord("explain", app.application_id, *flags).stdout
        assert cpr not in text.replace("-", "").replace(" ", "") and text.count("rummer CPR-nummeret") == 3
