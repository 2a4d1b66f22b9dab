"""Goal: `replay whatif` comes to the same from the archive, the topics and a file, and says what a log lacks."""

import json
import random

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

import messages as m
from whatif_test import GENERATED, SHIPPED, cheaper, contents, many, rules, samples, summary  # noqa: F401

NOTHING = {"decidedHere": 0, "undecided": 0, "refused": 0, "unreadable": 0, "contradicted": 0, "nowhere": 0, "cutPartitions": 0,
           "missingBefore": 0, "numberedTwice": 0}


def ask(place, rulebook, source, *flags, expect=0, env=None):
    """The summary without its time, and what is said of the log; no database and, for a file, no broker is told."""
    env = {"MENTORD_DATABASE_URL": None, **({} if source == "kafka" else {"MENTORD_KAFKA_BROKERS": None}), **(env or {})}
    done = place.mentord("replay", "whatif", "--rulebook", rulebook, "--source", str(source), "--decided-by", str(SHIPPED), "--json",
                         *flags, expect=expect, env=env)
    told = json.loads(done.stdout)
    told.pop("seconds")
    return told, {**NOTHING, **told.pop("log")}


def refused(place, rulebook, source, *flags, expect=1):
    return place.mentord("replay", "whatif", "--rulebook", rulebook, "--source", str(source), "--decided-by", str(SHIPPED), *flags,
                         expect=expect).stderr


@pytest.fixture(scope="module")
def outcomes(many):  # noqa: F811
    return many.mentord("tail", "--from", "beginning", "--no-follow").stdout.splitlines()


@pytest.fixture(scope="module")
def applications(many):  # noqa: F811
    return many.lines.splitlines()


@pytest.fixture
def write(tmp_path):
    def to(*lines):
        path = tmp_path / "log.jsonl"
        path.write_text("".join(line + "\n" for line in lines))
        return path
    return to


@pytest.fixture(scope="module")
def log(outcomes, applications, tmp_path_factory):
    """Everything, in no order."""
    lines = outcomes + applications
    random.Random(7).shuffle(lines)
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("flags", [
    (), ("--first-order",), ("--sample", "50%"), ("--municipality", "0217"), ("--from", "2026-03-01", "--to", "2026-06-30"),
    ("--partition", "1"), ("--partition", "0", "--offset", "10..60"), ("--jobs", "1"), ("--jobs", "3")], ids=" ".join)
def test_archive_topics_and_file_say_the_same(many, cheaper, log, flags, tmp_path):  # noqa: F811
    def listed(path, ask_it):
        told = ask_it("--list", str(tmp_path / path))
        return told, sorted((tmp_path / path).read_text().splitlines())
    told, rows = listed("archive.jsonl", lambda *to: summary(many, cheaper, *flags, *to))
    assert told["flipped"] > 0 and rows, "or it proves nothing"
    for source in log, "kafka":
        def without_database(*to):
            told, lacks = ask(many, cheaper, source, *flags, *to)
            assert lacks == NOTHING
            return told
        assert listed("log.jsonl", without_database) == (told, rows)


def test_the_samples_with_a_conflict_and_duplicates_say_the_same(samples, cheaper, write):  # noqa: F811
    told = summary(samples, cheaper)
    assert ask(samples, cheaper, "kafka") == (told, {**NOTHING, "undecided": 1})
    lines = samples.mentord("tail", "--from", "beginning", "--no-follow").stdout.splitlines()
    assert ask(samples, cheaper, write(*lines, *lines, *SAMPLE_LINES)) == (told, NOTHING)


SAMPLE_LINES = (SHIPPED.parents[1] / "samples" / "applications.jsonl").read_text().splitlines()


def test_one_html_report_and_csv_too(many, cheaper, log, tmp_path):  # noqa: F811
    for source in "archive", log:
        book = () if source == "archive" else ("--decided-by", str(SHIPPED))
        many.mentord("replay", "whatif", "--rulebook", cheaper, "--source", str(source), *book, "--html", str(tmp_path / "page.html"),
                     "--list", str(tmp_path / "rows.csv"))
        page, rows = (tmp_path / "page.html").read_text(), (tmp_path / "rows.csv").read_text().splitlines()
        if source == "archive":
            archive = page, sorted(rows)
    assert (page.replace("<p>Afgørelserne er læst af en log, ikke af arkivet: historikken er bygget op af de afgørelser, der står i "
                         "den.</p>\n", ""), sorted(rows)) == archive


def test_nothing_is_written(many, cheaper, log):  # noqa: F811
    before = contents(many), many.ends(), many.committed()
    ask(many, cheaper, log)
    ask(many, cheaper, "kafka")
    assert (contents(many), many.ends(), many.committed()) == before


def test_what_has_no_outcome_is_decided_by_the_rulebook_that_decided(many, cheaper, outcomes, applications, write):  # noqa: F811
    told = summary(many, cheaper)
    assert ask(many, cheaper, write(*applications)) == (told, {**NOTHING, "decidedHere": GENERATED})
    # Also where only some have one, and whoever asks has another secret: the holes in the citizens' numbers say where they belong.
    some = [line for i, line in enumerate(outcomes) if i % 3]
    for secret in m.SECRET, "another", None:
        assert ask(many, cheaper, write(*applications, *some), env={"MENTORD_CITIZEN_SECRET": secret}) == (
            told, {**NOTHING, "decidedHere": GENERATED - len(some)})
    # A copy under another event id was a duplicate then, and is one now.
    copy = json.loads(applications[0])
    copy["id"] = "a-copy"
    assert ask(many, cheaper, write(*applications, json.dumps(copy), *outcomes)) == (told, {**NOTHING, "undecided": 1})
    # Of no known position.
    told, lacks = ask(many, cheaper, write(*applications), "--partition", "0")
    assert told["decisions"] == 0 and lacks["nowhere"] == GENERATED


def test_several_rulebooks_may_have_decided(many, cheaper, outcomes, applications, write, tmp_path):  # noqa: F811
    folder = tmp_path / "books"
    folder.mkdir()
    for book in SHIPPED, cheaper:
        (folder / f"{len(list(folder.iterdir()))}.yaml").write_bytes(open(book, "rb").read())
    assert ask(many, cheaper, write(*applications, *outcomes), "--decided-by", str(folder)) == (summary(many, cheaper), NOTHING)
    # Which of them it would have been, nobody knows.
    told, lacks = ask(many, cheaper, write(*applications[1:], *outcomes, "", applications[0].replace(json.loads(applications[0])["id"], "x")),
                      "--decided-by", str(folder))
    assert lacks == {**NOTHING, "undecided": 1} and told["leftOut"]["missing"] == 1
    told, _ = ask(many, cheaper, write(*applications, *outcomes), "--decided-by", cheaper, expect=2)
    assert told["decisions"] == 0 and told["leftOut"]["noRulebook"] == GENERATED


def test_an_outcome_without_its_application_is_history_and_told(many, cheaper, outcomes, applications, write):  # noqa: F811
    told = summary(many, cheaper)
    got, lacks = ask(many, cheaper, write(*applications[300:], *outcomes))
    assert lacks == NOTHING and got["leftOut"].pop("missing") == 300 and set(got["leftOut"].values()) == {0}
    assert got["decisions"] == told["decisions"] - 300
    assert "300 afgørelser er ikke med: deres ansøgning findes ikke i loggen" in many.mentord(
        "replay", "whatif", "--rulebook", cheaper, "--source", str(write(*applications[300:], *outcomes)), "--decided-by",
        str(SHIPPED)).stdout


def test_a_hole_in_a_citizens_numbers_is_told(many, cheaper, outcomes, applications, write):  # noqa: F811
    first = [line for line in outcomes if '"mentorseq":"1"' in line]
    answered = {json.loads(line)["data"]["source"]["eventId"] for line in first}
    rest = [line for line in applications if json.loads(line)["id"] not in answered]
    _, lacks = ask(many, cheaper, write(*rest, *(line for line in outcomes if line not in first)), expect=None)
    assert len(first) == lacks["missingBefore"] == GENERATED - len(rest) > 250


def test_outcomes_that_contradict_each_other_or_their_rulebook_are_left_out(many, cheaper, outcomes, applications, write):  # noqa: F811
    granted = next(line for line in outcomes if '"OUTCOME_APPROVED"' in line)
    other = json.loads(granted)
    other["data"]["frame"]["totalOre"] = "1"
    other = json.dumps(other)
    told, lacks = ask(many, cheaper, write(*applications, *outcomes, other), expect=2)
    assert told["leftOut"]["unreadable"] == 1 and lacks == {**NOTHING, "contradicted": 1}
    # Two of a citizen's cannot both be the first.
    again = next(line for line in outcomes if '"mentorseq":"2"' in line)
    _, lacks = ask(many, cheaper, write(*applications, *(line.replace('"mentorseq":"2"', '"mentorseq":"1"') if line == again else line
                                                         for line in outcomes)), expect=2)
    assert lacks["numberedTwice"] == 1
    told, lacks = ask(many, cheaper, write(*applications, *(other if line == granted else line for line in outcomes)), expect=2)
    assert told["leftOut"]["unlikeStored"] == 1 and lacks == NOTHING


def test_bad_lines_are_counted(many, cheaper, outcomes, applications, write):  # noqa: F811
    told = summary(many, cheaper)
    bad = (applications[0][:300], "{", "null", "x" * 5_000_000, json.dumps({"specversion": "1.0"}))
    assert ask(many, cheaper, write(*applications, *bad, "", *outcomes)) == (told, {**NOTHING, "refused": len(bad)})
    # What is left of an outcome: which decision it was cannot be said, so the answer is not whole.
    shortened = outcomes[0][:300]
    unlike = json.loads(outcomes[1])
    del unlike["data"]["rulebook"]
    _, lacks = ask(many, cheaper, write(*applications, *outcomes, shortened, json.dumps(unlike)), expect=2)
    assert lacks == {**NOTHING, "unreadable": 2}


def test_what_is_no_log_is_refused(many, cheaper, outcomes, write, tmp_path):  # noqa: F811
    empty = tmp_path / "empty"
    empty.touch()
    assert "no application is in it" in refused(many, cheaper, empty)
    assert "no application is in it" in refused(many, cheaper, write(*outcomes))
    assert "cannot be read" in refused(many, cheaper, tmp_path / "missing.jsonl")
    assert "irectory" in refused(many, cheaper, tmp_path)
    assert "no rulebook" in refused(many, cheaper, write(*outcomes), "--decided-by", str(tmp_path))
    assert "--decided-by" in refused(many, cheaper, "archive", expect=64)


def test_standard_input_is_a_file(many, cheaper, log):  # noqa: F811
    done = many.mentord("replay", "whatif", "--rulebook", cheaper, "--source", "-", "--decided-by", str(SHIPPED), "--json",
                        stdin=log.read_bytes())
    assert json.loads(done.stdout)["money"] == summary(many, cheaper)["money"]


def test_topics_without_decisions_and_what_a_transaction_aborted(make_place, cheaper):  # noqa: F811
    place = make_place(demo=True)
    told, lacks = ask(place, cheaper, "kafka")
    assert told["decisions"] == 0 and lacks == NOTHING
    worker = place.worker("--at", "event", "--emit", "transactional")
    place.mentord("publish", stdin="\n".join(SAMPLE_LINES[:8]).encode())
    place.settled()
    assert worker.stop() == 0
    aborted = Producer({"bootstrap.servers": place.broker.servers, "transactional.id": place.database})
    aborted.init_transactions()
    aborted.begin_transaction()
    aborted.produce(place.decisions, b"no outcome")
    aborted.flush(30)
    aborted.abort_transaction()
    assert ask(place, cheaper, "kafka") == (summary(place, cheaper), NOTHING)
    assert "missing" in refused(place, cheaper, "kafka", "--topic-decisions", "missing")


def test_what_retention_dropped_is_told(many, cheaper):  # noqa: F811
    """Last: the topics are shorter afterwards."""
    told = summary(many, cheaper)
    admin = AdminClient({"bootstrap.servers": many.broker.servers})
    for cut in admin.delete_records([TopicPartition(many.applications, 0, 3)]).values():
        cut.result(30)
    got, lacks = ask(many, cheaper, "kafka")
    assert lacks == {**NOTHING, "cutPartitions": 1} and got["leftOut"]["missing"] == 3
    assert got["decisions"] == told["decisions"] - 3
    for cut in admin.delete_records([TopicPartition(many.decisions, 0, 5)]).values():
        cut.result(30)
    _, lacks = ask(many, cheaper, "kafka", expect=None)
    assert lacks["cutPartitions"] == 2 and lacks["missingBefore"] > 0 and lacks["undecided"] > 0
