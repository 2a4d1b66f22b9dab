"""Goal: the two letters say what their readers need, and the company's nothing of the citizen's life."""

import html.parser
import json
import re

import pytest

from messages import ROOT

SAMPLES = [json.loads(line) for line in (ROOT / "deploy/samples/applications.jsonl").read_text().splitlines()]
# What a company may read back: ids and dates of its own case.
PLAIN = {"applicationId", "cvr", "pNumber", "startDate", "endDate"}
# Every benefit type as explain says it, and words that tell one.
BENEFITS = ["dagpenge", "kontanthjælp", "uddannelseshjælp", "sygedagpenge", "jobafklaring", "ressourceforløb", "fleksjob",
            "revalidend", "førtidspension", "selvforsørgende", "under 18", "målgruppe", "sygemeld"]


@pytest.fixture(scope="module")
def demo(make_shared_place):
    place = make_shared_place(demo=True)
    place.worker("--at", "event")
    place.mentord("publish", str(ROOT / "deploy/samples/applications.jsonl"))
    place.settled()
    return place


def letter(place, application, reader, *flags):
    return place.mentord("explain", application, "--letter", reader, *flags).stdout


def decisions(place):
    """The newest decided version of each application."""
    newest = {}
    for line in place.mentord("tail", "--from", "beginning", "--no-follow").stdout.splitlines():
        data = json.loads(line)["data"]
        if not any(f["rule"] == "D06" for f in data.get("findings", [])):
            newest[data["applicationId"]] = data
    return newest


def free_texts(value, name=""):
    """Every text of an application that somebody typed, and the enum names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from free_texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from free_texts(inner, name)
    elif isinstance(value, str) and name not in PLAIN and not name.endswith("Ore"):
        yield value


def test_the_company_reads_nothing_of_the_citizens_life(demo):
    searched = 0
    for event in SAMPLES:
        application = event["data"]
        for flags in ((), ("--html",)):
            text = letter(demo, application["applicationId"], "company", *flags)
            assert "CPR" not in text
            for forbidden in free_texts(application):
                assert forbidden not in text
                searched += 1
            # also any three words of it in a row, so that half a sentence would be seen
            flat = " ".join(re.findall(r"\w+", text.lower()))
            for typed in free_texts(application):
                words = re.findall(r"\w+", typed.lower())
                for three in zip(words, words[1:], words[2:]):
                    assert " ".join(three) not in flat
            for benefit in BENEFITS:
                assert benefit not in text.lower(), benefit
    assert searched > 200
    mechanic = SAMPLES[0]["data"]
    assert "depression" in mechanic["support"]["goal"], "the sample no longer holds what is searched for"


def test_the_company_reads_hours_money_and_period(demo):
    text = letter(demo, SAMPLES[0]["data"]["applicationId"], "company")
    for fact in ("Bevilling af mentorstøtte", "8.936,07 kr.", "229,13 kr.", "3 timer", "39 timer", "09.03.2026", "07.06.2026",
                 "99000007", "medarbejder, frikøbt"):
        assert fact in text, fact


def test_a_company_is_not_told_why_not(demo):
    told = set()
    for application, decision in decisions(demo).items():
        if decision["outcome"] == "OUTCOME_APPROVED":
            continue
        text = letter(demo, application, "company")
        told.add(decision["outcome"])
        assert "kr." not in text, "nothing is granted"
        for finding in decision.get("findings", []):
            assert finding["textDa"] not in text
    assert told == {"OUTCOME_REJECTED", "OUTCOME_REFERRED"}


def test_the_citizen_reads_all_reasons_with_references_and_the_last_day_to_complain(demo):
    titles = set()
    for application, decision in decisions(demo).items():
        text = letter(demo, application, "citizen")
        flat = " ".join(text.split())
        titles.add(text.splitlines()[0])
        for finding in decision.get("findings", []):
            assert " ".join(finding["textDa"].split()) in flat
            assert finding.get("legalRef", "") in flat
        deadline = ".".join(reversed(decision["complaint"]["deadline"].split("-")))
        assert deadline in flat
        assert "klage" in flat.lower()
        assert not any(event["data"]["citizen"]["cpr"] in text for event in SAMPLES)
        assert max(len(line) for line in text.splitlines()) <= 76
    assert len(titles) == 3


class Page(html.parser.HTMLParser):
    VOID = {"meta", "br", "link"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""
        self.feed(text)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.seen if name == tag]


@pytest.mark.parametrize("reader", ["citizen", "company"])
def test_the_html_letter_is_accessible_prints_and_loads_nothing(demo, reader):
    for application in decisions(demo):
        raw = letter(demo, application, reader, "--html")
        page = Page(raw)
        assert page.all("html") == [{"lang": "da"}]
        assert len(page.all("h1")) == 1 and page.all("title")
        levels = [tag for tag, _ in page.seen if re.fullmatch(r"h\d", tag)]
        assert levels[0] == "h1" and set(levels[1:]) <= {"h2"}
        assert all(attrs == {"scope": "row"} for attrs in page.all("th"))
        assert "@media print" in raw
        assert not re.search(r"https?:|url\(|src=|@import|<script|<link", raw)
        spoken = letter(demo, application, reader)
        for word in re.findall(r"\w+", spoken):
            assert word in page.text, "the same words in both forms"


def luminance(colour):
    """As WCAG 2.1 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_of_the_html_letter_stands_out_from_the_paper(demo):
    raw = letter(demo, SAMPLES[0]["data"]["applicationId"], "citizen", "--html")
    assert re.findall(r"background: (#\w+)", raw) == ["#fff"]
    texts, lines = re.findall(r"[ {]color: (#\w+)", raw), re.findall(r"solid (#\w+)", raw)
    assert texts and lines
    assert all(1.05 / (luminance(colour) + 0.05) >= 7 for colour in texts), "WCAG 2.1 AAA for text"
    assert all(1.05 / (luminance(colour) + 0.05) >= 3 for colour in lines), "and 1.4.11 for lines"


@pytest.mark.parametrize("flags", [("--letter", "neighbour"), ("--letter", "citizen", "--json"), ("--html",)])
def test_a_letter_that_cannot_be_is_usage(demo, flags):
    done = demo.mentord("explain", SAMPLES[0]["data"]["applicationId"], *flags, expect=None)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (64, "", 1)

