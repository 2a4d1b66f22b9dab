"""Goal: a worker can be watched: what it counts is what it did, and it says when it cannot work."""

import json
import os
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import psycopg
import pytest
import yaml

import messages as m
from messages import ROOT, pb
from processes import until


def watched(place, *flags):
    """A worker that is watched, and where."""
    worker = place.worker("--metrics-listen", "0", *flags)
    line = worker.wait_event("http.listening")
    assert "address=127.0.0.1" in line, "loopback unless told otherwise"
    return worker, "http://127.0.0.1:" + re.search(r"\bport=(\d+)", line)[1]


def get(url, method="GET"):
    """Status and body."""
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def scrape(url):
    """Series to value, as {"name{labels}": number}."""
    status, body = get(url + "/metrics")
    assert status == 200
    return {series: float(value) for series, value in
            (line.rsplit(" ", 1) for line in body.splitlines() if not line.startswith("#"))}


def fate(metrics, name):
    return sum(v for k, v in metrics.items() if k.startswith("mentord_records_total{") and f'fate="{name}"' in k)


def lag(metrics):
    return sum(v for k, v in metrics.items() if k.startswith("mentord_partition_lag_records{"))


def mixed(place):
    """Twenty that are approved, one rejected, one that comes twice, one that is refused, one that comes late."""
    approved = [m.record(m.application()) for _ in range(20)]
    rejected = m.application()
    rejected.assessment.decisive = pb.ANSWER_NO
    late = m.record(m.application(), extra=(("ce_time", b"2026-01-01T00:00:00Z"), ("grpc-timeout", b"1S")))
    refused = m.record(b"\x10", key="k-1")
    place.send(*approved, m.record(rejected), approved[0], refused, late)


def test_what_is_counted_is_what_was_decided(place):
    _, url = watched(place)
    mixed(place)
    place.settled()

    def ask():
        metrics = scrape(url)
        return metrics if fate(metrics, "decided") + fate(metrics, "duplicate") + fate(metrics, "dlq") == 24 else None
    metrics = until("24 fates", 10, ask)
    assert fate(metrics, "decided") == place.decided() == 22
    outcomes = dict(place.sql("SELECT outcome, count(*) FROM mentord.decision GROUP BY 1"))
    for number, name in ((1, "approved"), (2, "rejected"), (3, "referred")):
        assert metrics[f'mentord_decisions_total{{outcome="{name}"}}'] == outcomes.get(number, 0)
    assert metrics['mentord_records_total{fate="duplicate",reason="duplicate-event",status="ALREADY_EXISTS"}'] == 1
    assert metrics['mentord_records_total{fate="dlq",reason="undecodable",status="INVALID_ARGUMENT"}'] == 1
    assert metrics["mentord_decisions_late_total"] == 1
    assert metrics['mentord_outputs_total{topic="decisions"}'] == 22
    assert metrics['mentord_outputs_total{topic="dlq"}'] == 1
    assert metrics['mentord_batch_records_bucket{le="+Inf"}'] == metrics["mentord_batch_records_count"] > 0
    assert metrics["mentord_batch_records_sum"] == 24
    for stage in ("consume", "read", "decide", "write", "commit", "emit"):
        assert metrics[f'mentord_stage_duration_seconds_count{{stage="{stage}"}}'] == metrics["mentord_batches_total"]
    stages = sum(v for k, v in metrics.items() if k.startswith("mentord_stage_duration_seconds_sum") and "consume" not in k)
    assert 0 < stages <= metrics["mentord_batch_duration_seconds_sum"] + 0.001
    until("the quarantine counted", 20, lambda: scrape(url).get("mentord_quarantine_open_records") == 1)


def test_positions_and_lag_are_those_of_status(place):
    _, url = watched(place)
    mixed(place)
    place.settled()
    rows = json.loads(place.mentord("status", "--json").stdout)["partitions"]

    def same():
        metrics = scrape(url)
        return all(metrics.get(f'mentord_partition_{name}{{partition="{row["partition"]}"}}') == row[key]
                   for row in rows for name, key in (("epoch", "epoch"), ("next_offset", "next_offset"),
                                                     ("emitted_offset", "emitted_offset"), ("lag_records", "lag")))
    until(lambda: f"metrics like {rows}; they are {get(url + '/metrics')[1]}", 20, same)


def test_the_lanes_are_added_up(make_place):
    place = make_place(partitions=4)
    _, url = watched(place, "--lanes", "2")

    def shared():
        metrics = scrape(url)
        owned = sum(k.startswith("mentord_partition_epoch{") for k in metrics)
        return metrics if owned == 4 and metrics["mentord_ready"] == 1 else None
    until("both lanes with partitions", 60, shared)
    place.send(*[m.record(m.application()) for _ in range(200)])
    place.settled()
    metrics = until("all counted", 10, lambda: (s := scrape(url)) and fate(s, "decided") == 200 and s)
    assert metrics["mentord_lanes"] == 2
    assert place.sql("SELECT count(DISTINCT owner) FROM mentord.batch") == [(2,)], "or there was nothing to add"


def test_ready_while_the_database_answers(place, cluster):
    worker, url = watched(place)
    until("ready", 30, lambda: get(url + "/readyz") == (200, "ok\n"))
    assert get(url + "/healthz") == (200, "ok\n")
    cluster.stop("fast")
    try:
        status, body = until("not ready", 30, lambda: (r := get(url + "/readyz")) and r[0] == 503 and r)
        assert "the database does not answer" in body
        assert get(url + "/healthz") == (200, "ok\n"), "waiting is moving"
        assert scrape(url)["mentord_database_up"] == 0
        place.send(*[m.record(m.application()) for _ in range(7)])
        until("lag, while nobody decides", 30, lambda: lag(scrape(url)) == 7)
    finally:
        cluster.start()
    until("ready again", 60, lambda: get(url + "/readyz") == (200, "ok\n"))
    place.settled()
    until("no lag", 20, lambda: lag(scrape(url)) == 0)
    assert worker.process.poll() is None


def test_a_step_that_does_not_end_is_unhealthy(place, cluster):
    """Another session's lock keeps a write from ending."""
    _, url = watched(place, "--stalled-after", "2")
    with psycopg.connect(cluster.url(place.database)) as other:
        other.execute("LOCK TABLE mentord.decision IN ACCESS EXCLUSIVE MODE")
        place.send(m.record(m.application()))
        status, body = until("a complaint", 30, lambda: (r := get(url + "/healthz")) and r[0] == 503 and r)
        assert re.fullmatch(r"lane 1: no step has ended for [23] s; it is in write\n", body)
        assert scrape(url)["mentord_loop_idle_seconds"] > 2
    until("moving again", 10, lambda: get(url + "/healthz") == (200, "ok\n"))
    place.settled()


def test_the_health_check_of_compose_works(place):
    worker, url = watched(place)
    with open(ROOT / "deploy" / "compose.yaml", encoding="utf-8") as file:
        kind, *command = yaml.safe_load(file)["services"]["worker"]["healthcheck"]["test"]
    command = [word.replace("9464", url.rpartition(":")[2]) for word in command]
    assert kind == "CMD" and command != []
    assert subprocess.run(command, timeout=10, check=False).returncode == 0
    assert worker.stop() == 0
    assert subprocess.run(command, capture_output=True, timeout=10, check=False).returncode != 0


def test_a_lane_that_the_group_gave_nothing_is_ready(make_place):
    place = make_place(partitions=1)
    _, url = watched(place, "--lanes", "2")
    until("one lane with the partition, one with none", 60, lambda: get(url + "/readyz") == (200, "ok\n"))
    assert sum(k.startswith("mentord_partition_epoch{") for k in scrape(url)) == 1


def test_ready_while_a_broker_answers(place, broker):
    _, url = watched(place)
    until("ready", 30, lambda: get(url + "/readyz")[0] == 200)
    broker.stop()
    try:
        status, body = until("not ready", 60, lambda: (r := get(url + "/readyz")) and r[0] == 503 and r)
        assert "no broker answers" in body or "lane 1" in body
        metrics = until("a step that is tried again", 60, lambda: (s := scrape(url)) and sum(
            v for k, v in s.items() if k.startswith("mentord_retries_total")) > 0 and s)
        assert metrics["mentord_lanes_waiting"] == 1
        assert get(url + "/healthz")[0] == 200
    finally:
        broker.start()
    until("ready again", 90, lambda: get(url + "/readyz")[0] == 200)


def test_no_metric_holds_anything_of_a_record(place):
    _, url = watched(place)
    cpr, event = m.fresh_cpr(), "event-of-nobody"
    place.send(m.record(m.application(cpr), event=event), m.record(b"\x10", key="key-of-nobody"))
    place.settled()
    until("both counted", 10, lambda: (s := scrape(url)) and fate(s, "decided") == 1 and fate(s, "dlq") == 1)
    for page in ("/metrics", "/healthz", "/readyz"):
        body = get(url + page)[1]
        for secret in (cpr, event, "key-of-nobody", m.citizen_ref(cpr), "Nordhavns", "mentord_worker"):
            assert secret not in body


def test_only_what_is_there_is_served(place):
    _, url = watched(place)
    assert get(url + "/")[0] == 404
    assert get(url + "/metrics/x")[0] == 404
    assert get(url + "/metrics", "POST")[0] == 405
    assert get(url + "/healthz", "HEAD") == (200, "")


def test_off_unless_asked_for(place):
    worker = place.worker()
    assert worker.events("http.listening") == []
    count, = place.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'mentord %%' AND datname = %s",
                       place.database)[0]
    assert count == 1, "the worker's session, and none to look with"


@pytest.mark.parametrize("wrong", ["", "x", "70000", "127.0.0.1", "127.0.0.1:", "localhost:9464", "::1:9464", "[::1:9464", "1.2.3:1",
                                   "-1", "127.0.0.1:+5"])
def test_a_wrong_address_is_usage(place, wrong):
    done = place.mentord("worker", f"--metrics-listen={wrong}", expect=64)
    assert len(done.stderr.splitlines()) == 1 and "--metrics-listen" in done.stderr


def test_an_address_in_use_ends_it_with_a_line(place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = place.mentord("worker", "--metrics-listen", f"127.0.0.1:{taken.getsockname()[1]}", expect=1)
    assert "cannot listen on" in done.stderr and "in use" in done.stderr


def test_promtool_likes_the_page(place):
    found = subprocess.run([ROOT / "tests" / "support" / "promtool"], capture_output=True, text=True, timeout=300, check=False)
    if found.returncode != 0:
        pytest.skip(found.stderr.strip())
    _, url = watched(place)
    mixed(place)
    place.settled()
    page = get(url + "/metrics")[1]
    done = subprocess.run([found.stdout.strip(), "check", "metrics"], input=page, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_systemd_unit_allows_every_system_call(place):
    """Of a worker that decides, is watched, and drains."""
    strace = shutil.which("strace")
    if strace is None or shutil.which("systemd-analyze") is None:
        pytest.skip("there is no strace or no systemd-analyze")
    unit = (ROOT / "deploy" / "systemd" / "mentord.service").read_text()
    calls = {}

    def expand(group):
        if group not in calls:
            listed = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, timeout=30,
                                    check=True).stdout
            names = [word for line in listed.splitlines()[1:] for word in line.split("#")[0].split()]
            calls[group] = set().union(*(expand(name) if name.startswith("@") else {name} for name in names))
        return calls[group]
    allowed = expand("@default")
    for minus, groups in re.findall(r"^SystemCallFilter=(~?)(.*)$", unit, re.MULTILINE):
        named = set().union(*(expand(group) for group in groups.split()))
        allowed = allowed - named if minus else allowed | named
    trace = place.folder / "trace"
    binary, place.binary = place.binary, str(place.folder / "traced")
    with open(place.binary, "w", encoding="utf-8") as script:
        script.write(f"#!/bin/sh\nexec {strace} -D -f -qq -o {trace} {binary} \"$@\"\n")
    os.chmod(place.binary, 0o755)
    worker, url = watched(place)
    mixed(place)
    place.settled()
    assert get(url + "/metrics")[0] == 200
    assert worker.stop() == 0
    until("the trace to end", 10, lambda: "exit_group(" in trace.read_text())
    used = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert len(used) > 30
    assert used - allowed == set()
