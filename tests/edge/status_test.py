"""Goal: `mentord status` tells who owns what and what waits, once or each second, also while a side is away."""

import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest

import messages as m
from delivery_test import load
from processes import until


class Watch:
    """One `mentord status --watch`; what it prints is a file."""

    def __init__(self, place, *flags):
        self.path = place.folder / f"watch{len(list(place.folder.glob('watch*')))}.out"
        self.errors = self.path.with_suffix(".err")
        with open(self.path, "wb") as out, open(self.errors, "wb") as err:
            self.process = subprocess.Popen([place.binary, "status", "--watch", *flags], env=place.env, stdout=out, stderr=err)

    def text(self):
        return self.path.read_text("utf-8")

    def lines(self):
        return [json.loads(line) for line in self.text().splitlines(keepends=True) if line.endswith("\n")]

    def wait(self, what, ask, seconds=30):
        return until(lambda: f"{what}; it printed:\n{self.text()[-2000:]}", seconds, ask)

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        assert self.errors.read_text("utf-8") == ""
        return code


@pytest.fixture
def watch(place):
    made = []

    def make(*flags):
        made.append(Watch(place, *flags))
        return made[-1]
    yield make
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def status(place):
    return json.loads(place.mentord("status", "--json").stdout)


def test_before_any_worker(place):
    said = status(place)
    assert (said["partition_count"], said["rulebook"], said["partitions"], said["decisions"]) == (0, None, [], 0) \
        or said["partition_count"] == 0 and said["rulebook"] is None and all(p["owner"] == "" for p in said["partitions"])
    assert "no worker has run on this database yet" in place.mentord("status").stdout


def test_owners_epochs_rulebook_and_positions(make_place):
    place = make_place(partitions=4)
    first, second = place.worker(), place.worker()
    until("two owners", 60, lambda: len({p["owner"] for p in status(place)["partitions"]} - {""}) == 2)
    place.send(*load(400, 40))
    place.send(m.Record(key=b"x", value=b"\xff", headers=[]), partition=2)
    place.settled()
    said = status(place)
    ends = place.ends()
    assert {p["partition"]: (p["next_offset"], p["emitted_offset"], p["end_offset"], p["lag"]) for p in said["partitions"]} == \
        {p: (end, end, end, 0) for p, end in ends.items()}
    assert {p["owner"].rsplit("/", 1)[1] for p in said["partitions"]} == {str(w.process.pid) for w in (first, second)}
    assert all(p["epoch"] >= 1 and not p["waiting"] and p["takeovers"] == 0 for p in said["partitions"])
    assert [p["quarantined"] for p in said["partitions"]] == [0, 0, 1, 0] and said["quarantined"] == 1
    assert (said["decisions"], said["lag"], said["partition_count"]) == (400, 0, 4) and "growth" not in said
    (name, version, digest), = place.sql("SELECT name, version, encode(sha256, 'hex') FROM mentord.rulebook")
    assert said["rulebook"] == {"name": name, "version": version, "sha256": digest}
    text = place.mentord("status").stdout
    assert re.search(rf"^rulebook +{name} {version}, sha256 {digest[:16]}", text, re.M)
    assert re.search(r"^decisions +400$", text, re.M) and re.search(r"^quarantine +1 open$", text, re.M)
    for p in said["partitions"]:
        number = f"{p['next_offset']:,}"
        assert re.search(rf"^ +{p['partition']}  {re.escape(p['owner'])} +{p['epoch']} +{number} +{number} +0 ", text, re.M), text


def test_without_a_broker_the_positions_are_told_all_the_same(place):
    place.worker().stop()
    env = {"MENTORD_KAFKA_BROKERS": "127.0.0.1:1"}
    said = json.loads(place.mentord("status", "--json", env=env).stdout)
    assert "lag" not in said and "lag_unknown" in said and len(said["partitions"]) == place.partitions
    assert re.search(r"^lag +not known: .+", place.mentord("status", env=env).stdout, re.M)


def test_watch_as_json_is_a_document_a_line(place, watch):
    place.worker()
    one = watch("--json")
    one.wait("a first line", one.text)
    place.send(*load(300, 30))
    place.settled()
    one.wait("the decisions", lambda: one.lines() and one.lines()[-1].get("decisions") == 300)
    assert one.interrupt() == 0
    lines = one.lines()
    assert lines[0]["decisions"] == 0
    moments = [line["at_ms"] for line in lines]
    assert moments == sorted(moments) and all(b - a >= 900 for a, b in zip(moments, moments[1:]))


def test_watch_in_a_pipe_repeats_blocks(place, watch):
    place.worker()
    one = watch()
    one.wait("three blocks", lambda: len(re.findall(r"^topic +", one.text(), re.M)) >= 3)
    assert one.interrupt() == 0
    assert "\033" not in one.text()
    blocks = one.text().strip().split("\n\n")
    assert len(re.findall(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", one.text(), re.M)) >= len(blocks) // 2 >= 3


def test_watch_on_a_terminal_draws_anew(place):
    place.worker()
    master, slave = pty.openpty()
    process = subprocess.Popen([place.binary, "status", "--watch"], env=place.env, stdout=slave, stderr=slave)
    os.close(slave)
    try:
        seen = b""
        deadline = time.monotonic() + 30
        while seen.count(b"\033[H\033[J") < 3 and time.monotonic() < deadline:
            seen += os.read(master, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert seen.count(b"\033[H\033[J") >= 3
    assert seen.count(b"quarantine") >= 4


def test_watch_outlives_the_database(place, watch, cluster):
    place.worker()
    one = watch("--json")
    text = watch()
    one.wait("a first line", one.lines)
    text.wait("a first block", text.text)
    cluster.stop("immediate")
    try:
        one.wait("the trouble", lambda: any("error" in line for line in one.lines()))
        text.wait("the trouble", lambda: "not known: " in text.text())
    finally:
        cluster.start()
    told = len(one.lines())
    one.wait("positions again", lambda: any("decisions" in line for line in one.lines()[told:]))
    assert one.interrupt() == 0
    assert text.interrupt() == 0


def test_watch_outlives_the_broker(place, watch, broker):
    place.worker()
    one = watch("--json")
    one.wait("a lag", lambda: any("lag" in line for line in one.lines()))
    broker.stop()
    try:
        one.wait("the trouble", lambda: "lag_unknown" in one.lines()[-1])
    finally:
        broker.start()
    one.wait("a lag again", lambda: "lag" in one.lines()[-1], 60)
    assert one.interrupt() == 0


def test_watch_of_a_database_that_is_not_ours_ends(place, cluster, watch):
    cluster.create_database(place.database + "_empty")
    done = place.mentord("status", "--watch", url=cluster.url(place.database + "_empty", "mentord_worker"), expect=1)
    assert "db migrate" in done.stderr
