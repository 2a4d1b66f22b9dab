"""Goal: rulebooks are managed as data: compared, tried on a municipality's own cases, put in force once and never changed."""

import datetime
import json
import re

import pytest

import messages as m
from messages import ROOT
from place import decision

SHIPPED = ROOT / "deploy" / "rulebooks" / "dk-2026.yaml"
ACT = "Lov om en aktiv beskæftigelsesindsats, kap. 26, som ændret ved LOV 1750/2025"
SAMPLES = ROOT / "deploy" / "samples" / "applications.jsonl"


@pytest.fixture
def other(tmp_path):
    """The shipped one under another version, with some things changed."""
    def make(version, *changes):
        text = SHIPPED.read_text().replace('version: "2026.1"', f'version: "{version}"')
        for before, after in changes:
            assert before in text
            text = text.replace(before, after, 1)
        path = tmp_path / f"{version}.yaml"
        path.write_text(text)
        return str(path)
    return make


def test_diff_tells_each_parameter_law_and_text(place, other):
    changed = other("2026.2", ("renewal_gap_days: 31", "renewal_gap_days: 28"),
                    ('"0217", max_minutes_per_week: 600', '"0217", max_minutes_per_week: 900'),
                    ("max_fee_ore: 60000", "max_fee_ore: 61000"), ("education_right: true", "education_right: false"),
                    ("ref: \"BEK § 122\"}", "ref: \"BEK § 123\"}"), ("from: 2027-01-01", "from: 2027-02-01"))
    done = place.mentord("rulebook", "diff", str(SHIPPED), changed, expect=None)
    assert done.returncode == 2, "they differ"
    told = done.stdout.splitlines()
    assert told[:5] == ["renewal_gap_days: 31 -> 28",
                        "parameters[97 municipalities].max_fee_ore: 60000 -> 61000",
                        "parameters[0217].max_minutes_per_week: 600 -> 900",
                        "laws[2020-01-01].education_right: true -> false",
                        "laws[2020-01-01].refs[D07]: BEK § 122 -> BEK § 123"]
    assert told[5:7] == ["laws[2027-01-01]: Ny lov om beskæftigelsesindsatsen (forventet) -> ",
                         f"laws[2027-01-01].act: Ny lov om beskæftigelsesindsatsen (forventet) -> {ACT}"]
    assert told[-1] == "laws[2027-02-01]:  -> Ny lov om beskæftigelsesindsatsen (forventet)", "moved, with nothing other in it"
    assert "laws[2027-01-01].education_right: false -> true" in told
    as_json = [json.loads(line) for line in
               place.mentord("rulebook", "diff", str(SHIPPED), changed, "--json", expect=None).stdout.splitlines()]
    assert as_json[0] == {"path": "renewal_gap_days", "before": "31", "after": "28"}
    assert len(as_json) == len(told)
    text = other("2026.3", ("Perioden er længere end 6 måneder.", "Perioden er for lang."))
    lines = place.mentord("rulebook", "diff", str(SHIPPED), text, expect=None).stdout.splitlines()
    assert len(lines) == 1 and lines[0].startswith("texts[P01].da: Perioden er længere")
    same = place.mentord("rulebook", "diff", str(SHIPPED), other("2026.4"))
    assert same.stdout == "", "another version alone is no difference"


def test_diff_tells_what_an_added_a_moved_and_a_first_law_say(place, other):
    def diff(before, after):
        return place.mentord("rulebook", "diff", str(before), str(after), expect=2).stdout.splitlines()
    text = SHIPPED.read_text()
    last = text[text.index("  - from: 2027-01-01"):text.index("\ntexts:") + 1]
    added = last.replace("from: 2027-01-01", "from: 2028-01-01", 1).replace("education_right: false", "education_right: true") \
        .replace("closed_groups:", "closed_groups:\n      - {group: 6, from: 2028-01-01}")
    added = added.replace('ref: "FVL § 19"', 'ref: "FVL § 20"')
    with_added = other("2028.1", (last, last + added))
    told = diff(SHIPPED, with_added)
    assert told[:3] == ["laws[2028-01-01]:  -> Ny lov om beskæftigelsesindsatsen (forventet)",
                        "laws[2028-01-01].education_right: false -> true",
                        "laws[2028-01-01].closed_groups[6]:  -> 2028-01-01"]
    assert told[3:] == ["laws[2028-01-01].refs[X01]: FVL § 19 -> FVL § 20"]
    back = diff(with_added, SHIPPED)
    assert back[1:3] == ["laws[2028-01-01].education_right: true -> false", "laws[2028-01-01].closed_groups[6]: 2028-01-01 -> "]
    assert len(back) == 4

    moved = other("2028.2", ("from: 2027-01-01", "from: 2027-02-01"), ("education_right: false", "education_right: true"))
    assert [line for line in diff(SHIPPED, moved) if line.startswith("laws[2027-02-01]")] == [
        "laws[2027-02-01]:  -> Ny lov om beskæftigelsesindsatsen (forventet)", "laws[2027-02-01].education_right: false -> true"]

    first = text[text.index("  - from: 2020-01-01"):text.index("  - from: 2026-02-01")]
    told = diff(other("2028.3", (first, "")), SHIPPED)
    assert "laws[2020-01-01].education_right: false -> true" in told and "laws[2020-01-01].refs[E01]:  -> LAB § 167, stk. 1" in told


def cases(tmp_path, **expected):
    path = tmp_path / "cases.jsonl"
    with path.open("w") as out:
        for line in SAMPLES.read_text().splitlines():
            event = json.loads(line)
            if event["id"][-6:] in expected:
                event["expect"] = expected[event["id"][-6:]]
            out.write(json.dumps(event, ensure_ascii=False) + "\n")
    return str(path)


def test_a_municipality_tests_its_rules_on_cases_of_its_own(place, other, tmp_path):
    good = cases(tmp_path, **{"000101": "APPROVED D02 893607", "000103": "REJECTED D02 P01 L01"})
    done = place.mentord("rulebook", "test", str(SHIPPED), good)
    assert done.stdout == "2 passed, 0 failed, 14 without an expectation\n"
    tighter = other("2026.2", ("max_unit_ore: 40000", "max_unit_ore: 20000"), ("max_unit_ore: 40000", "max_unit_ore: 20000"))
    done = place.mentord("rulebook", "test", tighter, good, expect=None)
    assert done.returncode == 2
    assert done.stdout.splitlines() == [f"{good}:1: expected APPROVED D02 893607; got REFERRED D02 K01 893607",
                                        f"{good}:3: expected REJECTED D02 P01 L01; got REJECTED D02 P01 K01 L01",
                                        "0 passed, 2 failed, 14 without an expectation"]
    as_json = place.mentord("rulebook", "test", tighter, good, "--json", expect=None).stdout.splitlines()
    assert json.loads(as_json[0]) == {"line": 1, "expected": "APPROVED D02 893607", "got": "REFERRED D02 K01 893607"}
    nothing = place.mentord("rulebook", "test", str(SHIPPED), str(SAMPLES), expect=None)
    assert (nothing.returncode, len(nothing.stderr.splitlines())) == (1, 1)


def listed(place):
    return {row["version"]: row for row in
            map(json.loads, place.mentord("rulebook", "list", "--json").stdout.splitlines())}


def test_publish_puts_a_rulebook_in_force_once(place, other):
    owner = {"MENTORD_DATABASE_URL": place.cluster.url(place.database)}
    assert listed(place) == {}
    place.mentord("rulebook", "publish", str(SHIPPED), "--effective-from", "2026-01-01", env=owner)
    later = other("2031.1", ("renewal_gap_days: 31", "renewal_gap_days: 28"))
    said = place.mentord("rulebook", "publish", later, "--effective-from", "2031-07-01", env=owner).stdout
    assert said == "dk-mentor 2031.1 decides from 2031-06-30T22:00:00Z on\n", "midnight in Denmark, in summer"
    rows = listed(place)
    assert {version: row["inForce"] for version, row in rows.items()} == {"2026.1": True, "2031.1": False}
    assert rows["2026.1"]["effectiveFrom"] == "2025-12-31T23:00:00Z"
    assert rows["2026.1"]["publishedBy"] and rows["2026.1"]["publishedAt"]
    assert re.search(r"2031\.1 .*from 2031-06-30T22:00:00Z", place.mentord("rulebook", "list").stdout)
    again = place.mentord("rulebook", "publish", later, env=owner, expect=None)
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    assert listed(place) == rows


def test_publish_says_what_is_in_force_then(place, other):
    """The one with the latest day that has come decides, not the one that was published last."""
    owner = {"MENTORD_DATABASE_URL": place.cluster.url(place.database)}

    def publish(version, *when):
        return place.mentord("rulebook", "publish", other(version), *when, env=owner).stdout
    assert re.fullmatch(r"dk-mentor 2026\.3 decides from (now on, its day being )?20\S+Z( on)?\n", publish("2026.3"))
    now, = [row["effectiveFrom"] for row in listed(place).values()]
    assert publish("2020.1", "--effective-from", "2020-01-01") == (
        f"dk-mentor 2020.1 decides nothing: its day is 2019-12-31T23:00:00Z, and dk-mentor 2026.3 is in force from {now} and stays\n")
    assert [row["version"] for row in listed(place).values() if row["inForce"]] == ["2026.3"]
    assert publish("2031.2", "--effective-from", "2031-07-01") == "dk-mentor 2031.2 decides from 2031-06-30T22:00:00Z on\n"
    assert publish("2031.1", "--effective-from", "2031-01-01") == (
        "dk-mentor 2031.1 decides from 2030-12-31T23:00:00Z on, until dk-mentor 2031.2 does from 2031-06-30T22:00:00Z on\n")
    said = publish("2026.4", "--effective-from", (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat())
    assert said.endswith(" on, until dk-mentor 2031.1 does from 2030-12-31T23:00:00Z on\n") and "decides from 20" in said


def test_publish_in_place_of_an_older_one_decides_from_now_on(place, other):
    owner = {"MENTORD_DATABASE_URL": place.cluster.url(place.database)}
    for version, day in ("2020.1", "2020-01-01"), ("2021.1", "2021-01-01"), ("2021.2", "2021-01-01"):
        said = place.mentord("rulebook", "publish", other(version), "--effective-from", day, env=owner).stdout
        assert said == f"dk-mentor {version} decides from now on, its day being {int(day[:4]) - 1}-12-31T23:00:00Z\n"


def test_a_changed_file_under_a_stored_version_is_refused(place, other):
    owner = {"MENTORD_DATABASE_URL": place.cluster.url(place.database)}
    place.mentord("rulebook", "publish", other("2026.7"), env=owner)
    before = listed(place)
    changed = other("2026.7", ("renewal_gap_days: 31", "renewal_gap_days: 28"))
    done = place.mentord("rulebook", "publish", changed, env=owner, expect=None)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "new version" in done.stderr
    assert listed(place) == before


def test_names_are_kept_as_long_as_they_may_be(place, other, tmp_path):
    """Two that differ in their 200th byte, in the database, in a worker's and in a decision."""
    owner = {"MENTORD_DATABASE_URL": place.cluster.url(place.database)}
    versions = ["v" * 199 + last for last in "12"]
    name = "n" * 200
    for at, version in enumerate(versions):
        path = tmp_path / f"long{at}.yaml"
        path.write_text(SHIPPED.read_text().replace('version: "2026.1"', f'version: "{version}"').replace("name: dk-mentor", f"name: {name}"))
        if at == 0:
            place.mentord("rulebook", "publish", str(path), env=owner)
    worker = place.worker("--rulebook", str(path))
    place.send(m.record(m.application()))
    place.settled()
    assert worker.stop() == 0
    assert {version: row["name"] for version, row in listed(place).items()} == {version: name for version in versions}
    rulebook = decision(place.outcomes(1)[0]).rulebook
    assert (rulebook.name, rulebook.version) == (name, versions[1])


def test_the_worker_s_user_may_not_publish(place):
    done = place.mentord("rulebook", "publish", str(SHIPPED), expect=None)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert listed(place) == {}


def test_diff_reads_stored_versions(place, other):
    owner = {"MENTORD_DATABASE_URL": place.cluster.url(place.database)}
    place.mentord("rulebook", "publish", str(SHIPPED), env=owner)
    place.mentord("rulebook", "publish", other("2026.9", ("renewal_gap_days: 31", "renewal_gap_days: 28")), env=owner)
    done = place.mentord("rulebook", "diff", "2026.1", "2026.9", expect=None)
    assert (done.returncode, done.stdout) == (2, "renewal_gap_days: 31 -> 28\n")
    unknown = place.mentord("rulebook", "diff", "2026.1", "2099.1", expect=None)
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "", "2026-01-01T00:00"])
def test_a_time_that_is_none_is_usage(place, when):
    done = place.mentord("rulebook", "publish", str(SHIPPED), "--effective-from", when, expect=None)
    assert (done.returncode, len(done.stderr.splitlines())) == (64, 1)
