"""Goal: `replay whatif` says what other rules would have done to the log, to the øre, and changes nothing."""

import collections
import contextlib
import csv
import html.parser
import json
import re
import subprocess
import sys
import uuid

import psycopg
import pytest

from messages import ROOT

SHIPPED = ROOT / "deploy" / "rulebooks" / "dk-2026.yaml"
SAMPLES = ROOT / "deploy" / "samples" / "applications.jsonl"
GENERATED = 900
CITIZENS = 300

# Granted by the samples (tests/golden/acceptance.jsonl), in øre, by the last digits of the event id.
GRANTED = {"101": 893607, "102": 2340000, "104": 1313572, "105": 697424, "107": 438525, "871": 1248337, "109r": 627588,
           "111": 893607}
UNIT_OVER_240 = ("104", "105", "871", "109r")  # 252.61, 314.52, 241.38 and again 241.38 an hour


def ids():
    return {event["id"].rsplit("-", 1)[1].lstrip("0"): event["data"]["applicationId"]
            for event in map(json.loads, SAMPLES.read_text().splitlines())}


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    def make(*changes):
        text = SHIPPED.read_text().replace('version: "2026.1"', 'version: "2026.9"')
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path = tmp_path_factory.mktemp("rules") / "2026.9.yaml"
        path.write_text(text)
        return str(path)
    return make


@pytest.fixture(scope="module")
def cheaper(rules):
    return rules(("max_unit_ore: 40000", "max_unit_ore: 24000"))


@pytest.fixture(scope="module")
def samples(make_shared_place):
    """Decided by the shipped rulebook."""
    place = make_shared_place(demo=True)
    worker = place.worker("--at", "event")
    place.mentord("publish", str(SAMPLES))
    place.settled()
    assert worker.stop() == 0
    assert place.decided() == 15
    return place


@pytest.fixture(scope="module")
def many(make_shared_place):
    """Generated ones; each citizen has three applications, or two and a newer version of the second."""
    place = make_shared_place(demo=True)
    worker = place.worker("--at", "event")
    lines = subprocess.run([sys.executable, ROOT / "deploy" / "generate", str(GENERATED), "--seed", "5"], check=True,
                           capture_output=True, text=True).stdout
    events = [json.loads(line) for line in lines.splitlines()]
    for i, event in enumerate(events):
        event["data"]["citizen"]["cpr"] = events[i % CITIZENS]["data"]["citizen"]["cpr"]
        if i >= 2 * CITIZENS and i % 2:
            event["data"].update(applicationId=events[i - CITIZENS]["data"]["applicationId"], version=2)
    place.lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    place.mentord("publish", stdin=place.lines.encode())
    place.settled()
    assert worker.stop() == 0
    assert place.decided() == GENERATED
    return place


def whatif(place, rulebook, *flags, expect=0, url=None):
    done = place.mentord("replay", "whatif", "--rulebook", rulebook, *flags, expect=expect,
                         url=url or place.cluster.url(place.database, "mentord_reader"))
    return done


def summary(place, rulebook, *flags, **more):
    told = json.loads(whatif(place, rulebook, "--json", *flags, **more).stdout)
    told.pop("seconds")
    return told


def listed(place, rulebook, path, *flags):
    whatif(place, rulebook, "--list", str(path), *flags)
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(place):
    """All that is stored, table by table."""
    with psycopg.connect(place.cluster.url(place.database), autocommit=True) as session:
        tables = [row[0] for row in session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'mentord' ORDER BY 1")]
        return {table: session.execute(f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM mentord.{table} t")
                .fetchone() for table in tables}


def test_a_lower_limit_refers_what_costs_more(samples, cheaper, tmp_path):
    told = summary(samples, cheaper)
    lost = sum(GRANTED[case] for case in UNIT_OVER_240)
    assert sum(GRANTED.values()) == 8452660 and lost == 3886921, "by hand"
    assert told["decisions"] == 15 and told["flipped"] == 4
    assert told["money"] == {"decisions": 13, "flipped": 4, "grantsBefore": 8, "grantsAfter": 4, "beforeOre": 8452660,
                             "afterOre": 4565739, "differenceOre": -3886921}
    assert {(row["from"], row["to"]): (row["decisions"], row["differenceOre"]) for row in told["outcomes"]} == {
        ("OUTCOME_APPROVED", "OUTCOME_APPROVED"): (4, 0), ("OUTCOME_APPROVED", "OUTCOME_REFERRED"): (4, -3886921),
        ("OUTCOME_REJECTED", "OUTCOME_REJECTED"): (2, 0), ("OUTCOME_REFERRED", "OUTCOME_REFERRED"): (5, 0)}
    flips = [row for row in told["rules"] if row["from"] != row["to"]]
    assert flips == [{"from": "OUTCOME_APPROVED", "to": "OUTCOME_REFERRED", "rule": "K01", "appeared": 4, "gone": 0}]
    by_place = {row["municipality"]: row["differenceOre"] for row in told["municipalities"] if row["differenceOre"]}
    assert by_place == {"0851": -1313572, "0101": -697424, "0330": -1248337 - 627588}
    by_month = {row["month"]: row["differenceOre"] for row in told["months"] if row["differenceOre"]}
    assert by_month == {"2025-08": -1248337, "2026-03": -697424 - 627588, "2026-08": -1313572}
    rows = listed(samples, cheaper, tmp_path / "changed.jsonl")
    known = ids()
    assert {row["applicationId"]: row["differenceOre"] for row in rows if row["outcomeAfter"] != row["outcomeBefore"]} == {
        known[case]: -GRANTED[case] for case in UNIT_OVER_240}
    assert all(row["grantedAfterOre"] == 0 and "K01" in row["rulesAppeared"] for row in rows)


def test_a_shorter_week_refers_who_has_more_hours(samples, rules):
    told = summary(samples, rules(("max_minutes_per_week: 600", "max_minutes_per_week: 179")))
    assert told["money"]["differenceOre"] == -(GRANTED["101"] + GRANTED["107"] + GRANTED["111"])
    flips = [row for row in told["rules"] if row["from"] != row["to"]]
    assert flips == [{"from": "OUTCOME_APPROVED", "to": "OUTCOME_REFERRED", "rule": "H01", "appeared": 3, "gone": 0}]


def test_a_higher_limit_grants_what_was_referred(samples, rules):
    told = summary(samples, rules(("max_fee_ore: 60000", "max_fee_ore: 95000")))
    assert told["money"]["differenceOre"] == 3705000, "case 8: 950.00 an hour for 39 hours"
    assert [(row["rule"], row["gone"]) for row in told["rules"]] == [("K01", 1)]


def test_the_same_rules_change_nothing(samples, rules, tmp_path):
    told = summary(samples, rules())
    assert told["flipped"] == told["otherFindings"] == told["money"]["differenceOre"] == 0
    assert listed(samples, rules(), tmp_path / "none.jsonl") == []


def test_what_was_not_granted_is_no_history_for_the_next(samples, cheaper, tmp_path):
    """Case 9: without the grant before it the second application needs no renewal reasons."""
    case = ids()["109"]

    def first_version(*flags):
        return next(row for row in listed(samples, cheaper, tmp_path / "rows.jsonl", *flags)
                    if row["applicationId"] == case and row["version"] == 1)
    row = first_version()
    assert (row["rulesAppeared"], row["rulesGone"], row["superseded"]) == (["K01"], ["P02"], True)
    row = first_version("--first-order")
    assert (row["rulesAppeared"], row["rulesGone"]) == (["K01"], [])
    # The grant is out of this range: it stands as it was made.
    row = first_version("--application", case)
    assert (row["rulesAppeared"], row["rulesGone"]) == (["K01"], [])


def test_before_the_first_law_nothing_would_have_been_decided(samples, rules, tmp_path):
    later = rules(("from: 2020-01-01", "from: 2025-09-01"))
    rows = listed(samples, later, tmp_path / "rows.jsonl")
    known = ids()
    assert {(row["applicationId"], row["version"]): (row["outcomeBefore"], row["outcomeAfter"], row["byHistory"]) for row in rows} == {
        (known["871"], 1): ("OUTCOME_APPROVED", "UNDECIDED", False),
        (known["109"], 1): ("OUTCOME_REFERRED", "OUTCOME_APPROVED", True)}
    # The renewal's first version is superseded by its second, so it grants nothing that stands.
    told = summary(samples, later)
    assert told["money"]["differenceOre"] == -GRANTED["871"] and told["byHistory"] == 1
    assert summary(samples, later, "--first-order")["flipped"] == 1


def test_nothing_is_changed(samples, cheaper):
    before = contents(samples)
    assert before["decision"][0] == 15
    summary(samples, cheaper, url=samples.cluster.url(samples.database))  # with every right
    assert contents(samples) == before


def test_a_table_says_it_in_danish(samples, cheaper):
    out = re.sub(" +", " ", whatif(samples, cheaper).stdout)
    assert "Hvad hvis: dk-mentor 2026.9" in out
    assert "\n bevilget til sagsbehandler 4 -38.869,21\n" in out
    assert "\n bevilget til sagsbehandler K01 4 0\n" in out
    assert "\n i alt 8 4 84.526,60 45.657,39 -38.869,21\n" in out
    assert "\n 0330 Slagelse 2 0 18.759,25 0,00 -18.759,25\n" in out


class Page(html.parser.HTMLParser):
    """Which elements there are, whether they close, and what stands in the tables' rows."""
    VOID = {"meta", "rect", "line"}

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.attributes, self.rows, self.tags = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            self.headings.append((self.open[-1], data))


def test_the_page_is_one_file_that_loads_nothing(samples, cheaper, tmp_path):
    path = tmp_path / "report.html"
    whatif(samples, cheaper, "--html", str(path))
    text = path.read_text()
    page = Page(text)
    assert not re.search(r"https?:|//|@import|url\(|<script|<link|<iframe|<object|<embed", text)
    assert not {name for name, _ in page.attributes} & {"src", "href", "xlink:href", "srcset", "data", "action"}
    assert ("lang", "da") in page.attributes
    assert page.headings[0] == ("h1", "Hvad hvis: dk-mentor 2026.9")
    assert {tag for tag, _ in page.headings[1:]} == {"h2"}
    assert page.tags.count("svg") == 3 and page.tags.count("table") >= 6
    assert ["i alt", "8", "4", "84.526,60", "45.657,39", "-38.869,21"] in page.rows
    assert ["2025-08", "1", "0", "12.483,37", "0,00", "-12.483,37"] in page.rows
    assert ["0851 Aalborg", "1", "0", "13.135,72", "0,00", "-13.135,72"] in page.rows
    assert ["bevilget", "til sagsbehandler", "K01", "4", "0"] in page.rows
    for application in map(json.loads, SAMPLES.read_text().splitlines()):
        assert application["data"]["citizen"]["cpr"] not in text


def danish(number):
    return f"{number:,}".replace(",", ".")


def kroner(ore, plus=""):
    return f"{'-' if ore < 0 else plus if ore > 0 else ''}{danish(abs(ore) // 100)},{abs(ore) % 100:02}"


def test_the_page_has_the_numbers_of_the_json(many, cheaper, tmp_path):
    path = tmp_path / "report.html"
    told = json.loads(whatif(many, cheaper, "--json", "--html", str(path)).stdout)
    rows = collections.Counter(map(tuple, Page(path.read_text()).rows))

    def money(name, row):
        return (name, danish(row["grantsBefore"]), danish(row["grantsAfter"]), kroner(row["beforeOre"]), kroner(row["afterOre"]),
                kroner(row["differenceOre"], "+"))
    expected = collections.Counter([money(row["month"], row) for row in told["months"]])
    expected[money("i alt", told["money"])] = 2
    assert expected.total() > 2 and not expected - rows
    places = {row[0][:4]: row[1:] for row in rows if re.match(r"\d{4} ", row[0]) and len(row) == 6}
    assert places == {row["municipality"]: money("", row)[1:] for row in told["municipalities"]} and len(places) > 20
    outcomes = ["OUTCOME_APPROVED", "OUTCOME_REJECTED", "OUTCOME_REFERRED"]
    flips = {(row["from"], row["to"]): row["decisions"] for row in told["outcomes"]}
    for name, before in zip(["bevilget", "afslag", "til sagsbehandler"], outcomes):
        counts = [flips.get((before, after), 0) for after in [*outcomes, None]]
        assert (name, *map(danish, [*counts, sum(counts)])) in rows
    assert sum(flips.values()) == told["decisions"]


def test_a_range_is_asked_for(samples, cheaper):
    assert summary(samples, cheaper, "--municipality", "0330")["money"]["differenceOre"] == -1248337 - 627588
    assert summary(samples, cheaper, "--from", "2026-08-03", "--to", "2026-08-03")["money"]["differenceOre"] == -1313572
    assert summary(samples, cheaper, "--application", ids()["105"])["decisions"] == 1
    assert sum(summary(samples, cheaper, "--partition", str(p))["decisions"] for p in range(3)) == 15


def test_an_empty_range_is_said_to_be_one(samples, cheaper):
    told = summary(samples, cheaper, "--from", "2040-01-01")
    assert told["decisions"] == 0 and told["months"] == []
    assert "Der er ingen afgørelser i det valgte udsnit." in whatif(samples, cheaper, "--from", "2040-01-01").stdout


def test_what_cannot_be_asked_is_refused(samples, cheaper, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(SHIPPED.read_text().replace("renewal_gap_days: 31", "renewal_gap_days: many"))
    assert "bad.yaml" in whatif(samples, str(bad), expect=1).stderr
    assert whatif(samples, str(tmp_path / "missing.yaml"), expect=1).stderr
    assert "--rulebook" in samples.mentord("replay", "whatif", env={"MENTORD_RULEBOOK": None}, expect=64).stderr
    for flags in (("--sample", "0%"), ("--sample", "101%"), ("--sample", "x"), ("--list", "rows.txt"), ("--decided-by", "x.yaml"),
                  ("--municipality", "0411")):
        assert flags[0][2:] in whatif(samples, cheaper, *flags, expect=64).stderr
    assert "cannot be written" in whatif(samples, cheaper, "--html", str(tmp_path / "no" / "folder.html"), expect=1).stderr


@contextlib.contextmanager
def copy(place):
    name = place.database + "_" + uuid.uuid4().hex[:6]
    with psycopg.connect(place.cluster.url("postgres"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{place.database}"')
    with psycopg.connect(place.cluster.url(name), autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        yield session, place.cluster.url(name, "mentord_reader")


def test_what_is_not_as_its_own_rules_say_is_left_out_and_told(samples, cheaper):
    with copy(samples) as (session, url):
        session.execute("UPDATE mentord.decision SET total_ore = total_ore + 1 WHERE application_id = %s", (ids()["105"],))
        told = summary(samples, cheaper, url=url, expect=2)
        assert told["leftOut"] == {"erased": 0, "retired": 0, "sealed": 0, "missing": 0, "unreadable": 0, "noRulebook": 0, "unlikeStored": 1}
        assert told["decisions"] == 14 and told["money"]["differenceOre"] == -3886921 + 697424
        assert "1 afgørelser er ikke med" in whatif(samples, cheaper, url=url, expect=2).stdout


@pytest.mark.parametrize("column, value", [
    ("citizen_ref", "'\\x07'"), ("rulebook", "'\\x00'"), ("citizen_ref", None), ("outcome", None), ("evaluated_at_ms", None)])
def test_a_column_that_holds_no_such_value_is_left_out_and_told(samples, cheaper, column, value):
    with copy(samples) as (session, url):
        session.execute(f"ALTER TABLE mentord.decision ALTER COLUMN {column} DROP NOT NULL")
        session.execute(f"UPDATE mentord.decision SET {column} = {value or 'NULL'} WHERE application_id = %s", (ids()["105"],))
        for flags in (), ("--jobs", "3"), ("--from", "2026-01-01"):
            told = summary(samples, cheaper, *flags, url=url, expect=2)
            assert told["leftOut"]["unreadable"] == 1
            assert told["decisions"] == summary(samples, cheaper, *flags)["decisions"] - 1


def test_a_version_whose_application_is_gone_supersedes_all_the_same(samples, cheaper):
    """What came before it does not stand again."""
    app = ids()["109r"]
    with copy(samples) as (session, url):
        session.execute("INSERT INTO mentord.erasure (decided_before, why) VALUES (now(), 'its time is over')")
        assert session.execute("UPDATE mentord.decision SET headers = '', input = '', erasure = (SELECT max(id) FROM mentord.erasure) "
                               "WHERE application_id = %s AND version = 2", (app,)).rowcount == 1
        told = summary(samples, cheaper, url=url)
        assert told["leftOut"] == {"erased": 0, "retired": 1, "sealed": 0, "missing": 0, "unreadable": 0, "noRulebook": 0, "unlikeStored": 0}
        assert told["decisions"] == 14 and told["superseded"] == 1
        assert told["money"]["decisions"] == 12 and told["money"]["beforeOre"] == 8452660 - GRANTED["109r"]
        assert "1 afgørelser er ikke med: deres oplysninger er slettet efter alder" in whatif(samples, cheaper, url=url).stdout


def decided(place, rulebook, lines):
    """What `decide` makes of the same lines, by event id: application, version, outcome, granted, and whether it is a conflict."""
    done = place.mentord("decide", "-", "--at", "event", "--rulebook", rulebook, stdin=lines.encode(), expect=None)
    made = {}
    for line in done.stdout.splitlines():
        data = json.loads(line).get("data")
        if data:
            granted = int(data["frame"].get("totalOre", 0)) if data["outcome"] == "OUTCOME_APPROVED" else 0
            made[data["source"]["eventId"]] = (data["applicationId"], data["version"], data["outcome"], granted,
                                               any(finding["rule"] == "D06" for finding in data.get("findings", [])))
    return made


def standing(made):
    """What is granted by the newest version of each application."""
    newest = {}
    for application, version, _, granted, conflict in made.values():
        if not conflict and version >= newest.get(application, (0, 0))[0]:
            newest[application] = (version, granted)
    return sum(granted for _, granted in newest.values())


@pytest.mark.parametrize("which", ["samples", "many"])
def test_it_comes_to_what_decide_makes_of_the_same_applications(which, request, cheaper, tmp_path):
    place = request.getfixturevalue(which)
    lines = SAMPLES.read_text() if which == "samples" else place.lines
    before, after = decided(place, str(SHIPPED), lines), decided(place, cheaper, lines)
    assert before.keys() == after.keys()
    told = summary(place, cheaper)
    money = told["money"]
    assert (money["beforeOre"], money["afterOre"]) == (standing(before), standing(after))
    flips = collections.Counter((*before[event][:4], *after[event][2:4]) for event in before
                                if before[event][2] != after[event][2])
    rows = listed(place, cheaper, tmp_path / "rows.jsonl")
    assert flips == collections.Counter(
        (row["applicationId"], row["version"], row["outcomeBefore"], row["grantedBeforeOre"], row["outcomeAfter"],
         row["grantedAfterOre"]) for row in rows if row["outcomeBefore"] != row["outcomeAfter"])
    assert flips.total() == told["flipped"]
    if which == "many":
        assert told["byHistory"] > 20 and told["superseded"] > 100, "or it would prove little"


def test_a_sample_is_the_same_each_time_and_part_of_the_whole(many, cheaper, tmp_path):
    def rows(share):
        got = listed(many, cheaper, tmp_path / "rows.jsonl", "--sample", share)
        return {row["applicationId"] for row in got}
    whole = {row["applicationId"] for row in listed(many, cheaper, tmp_path / "rows.jsonl")}
    half, tenth = rows("50%"), rows("10%")
    assert half == rows("50%") and tenth < half < whole
    told = summary(many, cheaper, "--sample", "50%")
    full = summary(many, cheaper)
    assert told["samplePercent"] == 50 and 0.4 * GENERATED < told["decisions"] < 0.6 * GENERATED
    estimate = told["estimate"]
    assert estimate["flipped"] == 2 * told["flipped"] and estimate["differenceOre"] == 2 * told["money"]["differenceOre"]
    assert abs(estimate["flipped"] - full["flipped"]) <= 2 * estimate["flippedPlusMinus"], "four standard errors"
    assert "estimate" not in full
    assert "Stikprøve: 50 % af borgerne." in whatif(many, cheaper, "--sample", "50").stdout


def test_jobs_share_the_work_and_come_to_the_same(many, cheaper, tmp_path):
    alone = summary(many, cheaper, "--jobs", "1")
    assert alone["flipped"] > 50
    for jobs in ("2", "5", "16"):
        assert summary(many, cheaper, "--jobs", jobs) == alone
    assert listed(many, cheaper, tmp_path / "a.jsonl", "--jobs", "1") == listed(many, cheaper, tmp_path / "b.jsonl", "--jobs", "3")


def test_the_list_as_csv_sums_up_to_the_difference(many, cheaper, tmp_path):
    path = tmp_path / "rows.csv"
    told = json.loads(whatif(many, cheaper, "--json", "--list", str(path)).stdout)
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == told["flipped"] + told["otherFindings"]
    assert sum(int(row["difference_ore"]) for row in rows if row["superseded"] == "false") == told["money"]["differenceOre"]
    assert "citizen" not in path.read_text()
