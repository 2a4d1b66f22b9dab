"""Goal: whatever is altered in the ledger by somebody with all rights is found by the hash chain or by an anchor, and
named; a proof of a decision holds without the database, and falls when any of it is changed."""

import copy
import hashlib
import json
import re
import struct

import pytest
from confluent_kafka.admin import AdminClient

import messages as m
from audit_test import Audited
from place import decision
from processes import until


@pytest.fixture(scope="module")
def audited(make_shared_place, tmp_path_factory):
    place = make_shared_place()
    place.anchors = tmp_path_factory.mktemp("anchors") / "anchors.jsonl"
    place.env["MENTORD_ANCHOR_FILE"] = str(place.anchors)
    return Audited(place)


def be(number, size=8):
    return number.to_bytes(size, "big")


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def entries(packed):
    """include/mentor/port/ledger.h, by another hand: (offsets covered, bytes)."""
    at = 0
    while at < len(packed):
        head, begin = packed[at], at
        if head & 0x7F in (3, 4):
            yield struct.unpack_from(">Q", packed, at + 1)[0], packed[at:at + 9]
            at += 9
            continue
        at += 1 + (16 if head & 0x80 else 0) + 32
        at += 36 if head & 0x7F == 0 else 1 + packed[at]
        yield 1, packed[begin:at]


def tree(leaves):
    """RFC 6962, section 2.1, over digests of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha(b"\x01", tree(leaves[:left]), tree(leaves[left:]))


def root_of(first, evaluated, packed):
    leaves, offset = [], first
    for covered, entry in entries(packed):
        leaves.append(sha(b"\x00", be(offset), be(evaluated), entry))
        offset += covered
    return tree(leaves)


def link_of(previous, root, first, following, epoch, evaluated):
    return sha(b"\x02", previous, root, be(first), be(following), be(epoch), be(evaluated))


def rewrite(session, progress):
    """The whole chain of a position made anew over what is stored now: what a careful forger does."""
    cluster, topic, partition, first = session.execute(
        "SELECT cluster, topic, partition, first_offset FROM mentord.progress WHERE id = %s", (progress,)).fetchone()
    link = sha(b"\x03", be(len(cluster), 4), cluster.encode(), be(len(topic), 4), topic.encode(), be(partition, 4), be(first))
    last = (0, first)
    for batch, begin, following, epoch, evaluated, packed in session.execute(
            "SELECT id, first_offset, next_offset, epoch, evaluated_at_ms, entries FROM mentord.batch "
            "WHERE progress_id = %s ORDER BY next_offset", (progress,)).fetchall():
        root = root_of(begin, evaluated, packed)
        link = link_of(link, root, begin, following, epoch, evaluated)
        session.execute("UPDATE mentord.batch SET root = %s, link = %s WHERE id = %s AND progress_id = %s",
                        (root, link, batch, progress))
        last = (batch, following)
    session.execute("UPDATE mentord.progress SET link = %s, batch = %s, next_offset = %s, emitted_offset = "
                    "least(emitted_offset, %s) WHERE id = %s", (link, *last, last[1], progress))


def three(session):
    """A position with three batches or more, and them: (id, first_offset, next_offset) in order."""
    progress, partition = session.execute(
        "SELECT p.id, p.partition FROM mentord.progress p JOIN mentord.batch b ON b.progress_id = p.id "
        "GROUP BY p.id HAVING count(*) >= 3 ORDER BY p.id LIMIT 1").fetchone()
    return progress, partition, session.execute(
        "SELECT id, first_offset, next_offset FROM mentord.batch WHERE progress_id = %s ORDER BY next_offset",
        (progress,)).fetchall()


def named(found, partition, offset, batch=None):
    return any(b.get("partition") == partition and b.get("offset") == offset and batch in (None, b.get("batch")) for b in found)


def test_the_chain_is_what_its_header_says(audited):
    """Recomputed by another hand from the tables, and the same in the anchors, of which each partition's last is its head."""
    heads = {}
    with audited.copy() as (session, _):
        before = session.execute("SELECT id, link FROM mentord.progress ORDER BY id").fetchall()
        for progress, _link in before:
            rewrite(session, progress)
        assert session.execute("SELECT id, link FROM mentord.progress ORDER BY id").fetchall() == before
        heads = {p: (following, link.hex()) for p, following, link in
                 session.execute("SELECT partition, next_offset, link FROM mentord.progress WHERE batch > 0").fetchall()}
    told = {}
    for line in audited.place.anchors.read_text().splitlines():
        event = json.loads(line)
        assert event["type"] == "dk.mentor.audit.anchor.v1" and event["data"]["topic"] == audited.place.applications
        told[event["data"]["partition"]] = (event["data"]["next_offset"], event["data"]["link"])
    assert told == heads and len(heads) > 1
    published = [json.loads(got.value) for got in audited.place.read(audited.place.audit, None)]
    assert {(e["data"]["partition"], e["data"]["next_offset"], e["data"]["link"]) for e in published} >= {
        (p, *head) for p, head in heads.items()}
    assert all(got.key == str(json.loads(got.value)["data"]["partition"]).encode() for got in audited.place.read(audited.place.audit, None))


def test_nothing_is_found_where_nothing_is_wrong(audited):
    plain = audited.verify()
    assert "no anchor" in next(row for row in plain["invariants"] if row["id"] == "I10")["note"]
    for flags in (["--kafka"], ["--anchors", str(audited.place.anchors)]):
        told = audited.verify(*flags)
        row = next(row for row in told["invariants"] if row["id"] == "I10")
        assert row["checked"] >= 15 and row["breaches"] == 0 and row["note"].endswith("anchors held against it")


def test_an_altered_decision_is_found(audited):
    """The output and, as a careful forger would, its digest in the ledger."""
    with audited.copy() as (session, url):
        batch, index, progress, offset, output = session.execute(
            "SELECT batch, index, progress_id, source_offset, output FROM mentord.decision ORDER BY batch LIMIT 1").fetchone()
        partition, = session.execute("SELECT partition FROM mentord.progress WHERE id = %s", (progress,)).fetchone()
        forged = output[:-1] + bytes([output[-1] ^ 1])
        session.execute("UPDATE mentord.decision SET output = %s WHERE batch = %s AND index = %s", (forged, batch, index))
        assert named(audited.breaches("I2", url=url), partition, offset, batch)
        session.execute(
            "UPDATE mentord.batch SET entries = overlay(entries PLACING %s FROM position(%s IN entries)) WHERE id = %s AND progress_id = %s",
            (sha(forged), sha(output), batch, progress))
        first, = session.execute("SELECT first_offset FROM mentord.batch WHERE id = %s AND progress_id = %s", (batch, progress)).fetchone()
        assert named(audited.breaches("I10", url=url), partition, first, batch)


def root_too(session, batch, progress):
    """The batch's own root is made to fit; its link, and all after it, are not."""
    first, evaluated, packed = session.execute("SELECT first_offset, evaluated_at_ms, entries FROM mentord.batch WHERE id = %s AND "
                                               "progress_id = %s", (batch, progress)).fetchone()
    session.execute("UPDATE mentord.batch SET root = %s WHERE id = %s AND progress_id = %s",
                    (root_of(first, evaluated, packed), batch, progress))


ENTRY = "UPDATE mentord.batch SET entries = set_byte(entries, 20, get_byte(entries, 20) # 1) WHERE id = %(b)s AND progress_id = %(p)s"
ALTERED = {
    "an entry": (ENTRY, False),
    "an entry and its root": (ENTRY, True),
    "when it was decided": ("UPDATE mentord.batch SET evaluated_at_ms = evaluated_at_ms + 1 WHERE id = %(b)s AND progress_id = %(p)s", True),
    "its epoch": ("UPDATE mentord.batch SET epoch = epoch + 1 WHERE id = %(b)s AND progress_id = %(p)s", False),
    "its link": ("UPDATE mentord.batch SET link = set_byte(link, 0, get_byte(link, 0) # 1) WHERE id = %(b)s AND progress_id = %(p)s", False),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_batch_is_found(audited, what):
    statement, fits = ALTERED[what]
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        batch, first, _ = batches[1]
        session.execute(statement, {"b": batch, "p": progress})
        if fits:
            root_too(session, batch, progress)
        assert named(audited.breaches("I10", url=url), partition, first, batch)


def test_a_batch_removed_is_found(audited):
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        session.execute("DELETE FROM mentord.batch WHERE id = %s AND progress_id = %s", (batches[1][0], progress))
        after, first, _ = batches[2]
        assert named(audited.breaches("I10", url=url), partition, first, after)


def test_the_first_batch_removed_is_found(audited):
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        session.execute("DELETE FROM mentord.batch WHERE id = %s AND progress_id = %s", (batches[0][0], progress))
        session.execute("UPDATE mentord.progress SET first_offset = %s WHERE id = %s", (batches[0][2], progress))
        after, first, _ = batches[1]
        assert named(audited.breaches("I10", url=url), partition, first, after)


def test_a_batch_put_in_is_found(audited):
    """After the last one, with a link that follows it, and one in between."""
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        last, first, following = batches[-1]
        session.execute(
            "INSERT INTO mentord.batch SELECT id + 1000, progress_id, next_offset, next_offset + next_offset - first_offset, epoch, "
            "evaluated_at_ms, skipped, gap, decided, duplicate, dlq, owner, rulebook, entries, root, link FROM mentord.batch "
            "WHERE id = %s AND progress_id = %s", (last, progress))
        assert named(audited.breaches("I10", url=url), partition, following, last + 1000)


def test_two_batches_that_changed_places_are_found(audited):
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        (one, first, _), (two, second, _) = batches[1], batches[2]
        session.execute(
            "UPDATE mentord.batch b SET entries = o.entries, root = o.root, link = o.link, decided = o.decided, dlq = o.dlq, "
            "duplicate = o.duplicate, evaluated_at_ms = o.evaluated_at_ms, epoch = o.epoch FROM mentord.batch o "
            "WHERE b.progress_id = %(p)s AND o.progress_id = %(p)s AND (b.id, o.id) IN ((%(one)s, %(two)s), (%(two)s, %(one)s))",
            {"p": progress, "one": one, "two": two})
        found = audited.breaches("I10", url=url)
        assert named(found, partition, first, one) and named(found, partition, second, two)


def cut(session, progress, batches):
    """The last batch and all of it is gone, and the chain ends before it, rightly."""
    last, first, _ = batches[-1]
    session.execute("DELETE FROM mentord.decision WHERE batch = %s AND progress_id = %s", (last, progress))
    session.execute("DELETE FROM mentord.quarantine WHERE batch = %s AND progress_id = %s", (last, progress))
    session.execute("DELETE FROM mentord.batch WHERE id = %s AND progress_id = %s", (last, progress))
    rewrite(session, progress)


def test_a_ledger_cut_at_its_end_is_found_by_its_head_or_by_an_anchor(audited):
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        session.execute("DELETE FROM mentord.batch WHERE id = %s AND progress_id = %s", (batches[-1][0], progress))
        before, _, end = batches[-2]
        assert named(audited.breaches("I10", url=url), partition, end, before)
        cut(session, progress, batches)
        blind = audited.verify(url=url, expect=2)
        assert not [b for b in blind["breaches"] if b["invariant"] == "I10"], "the forger was careful"
        for flags in (["--anchors", str(audited.place.anchors)], ["--kafka"]):
            found = audited.breaches("I10", *flags, url=url)
            assert any(b.get("partition") == partition and b.get("offset") == batches[-1][2] and "the ledger ends at" in b["what"]
                       for b in found), found


def test_a_chain_made_anew_is_found_by_an_anchor_alone(audited):
    with audited.copy() as (session, url):
        progress, partition, batches = three(session)
        session.execute(ENTRY, {"b": batches[0][0], "p": progress})
        rewrite(session, progress)
        blind = audited.verify(url=url, expect=2)
        assert not [b for b in blind["breaches"] if b["invariant"] == "I10"], "the forger was careful"
        for flags in (["--anchors", str(audited.place.anchors)], ["--kafka"]):
            found = audited.breaches("I10", *flags, url=url)
            assert named(found, partition, batches[-1][2]) and any("anchored link is another" in b["what"] for b in found)
        found = audited.breaches("I10", "--kafka", url=url)
        assert any("group's metadata" in b["what"] for b in found), "the group was told the head, too"


def test_a_worker_does_not_go_on_from_another_head(audited):
    place = audited.place
    with audited.copy() as (session, url):
        progress, _, batches = three(session)
        session.execute(ENTRY, {"b": batches[0][0], "p": progress})
        rewrite(session, progress)
        worker = place.worker(env={"MENTORD_DATABASE_URL": url.replace("mentord_reader", "mentord_worker")}, ready=False)
        assert worker.wait(60) == 1
        assert "the chain's head is another one" in worker.log


def test_signed_anchors(audited, tmp_path):
    place, key = audited.place, tmp_path / "key"
    place.mentord("audit", "keygen", str(key))
    assert key.stat().st_mode & 0o777 == 0o600 and "PUBLIC KEY" in (tmp_path / "key.pub").read_text()
    assert place.mentord("audit", "keygen", str(key), expect=1).stderr.count("\n") == 1
    signed, other = tmp_path / "signed", tmp_path / "other"
    signed.write_text(place.mentord("audit", "sign", "--key", str(key), str(place.anchors)).stdout)
    lines = [json.loads(line) for line in signed.read_text().splitlines()]
    assert [line["data"] for line in lines] == [json.loads(line)["data"] for line in place.anchors.read_text().splitlines()]
    flags = ("--public-key", str(key) + ".pub", "--anchors")
    audited.verify(*flags, str(signed))
    both = audited.verify("--kafka", *flags, str(signed))
    row, = [row for row in both["invariants"] if row["id"] == "I10"]
    count = len(lines)
    unsigned = int(re.fullmatch(rf"[0-9]+ anchors held against it: {count} signed, ([0-9]+) unsigned, of the topic", row["note"])[1])
    assert unsigned >= 1
    for alone in (), ("--kafka",):
        assert "--anchors" in place.mentord("audit", "verify", *flags[:2], *alone, expect=64).stderr
    assert "not signed" in audited.breaches("I10", *flags, str(place.anchors))[0]["what"]
    lines[0]["data"]["link"] = "00" * 32
    other.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "does not fit" in audited.breaches("I10", *flags, str(other))[0]["what"]
    place.mentord("audit", "keygen", str(tmp_path / "theirs"))
    other.write_text(place.mentord("audit", "sign", "--key", str(tmp_path / "theirs"), stdin=place.anchors.read_bytes()).stdout)
    assert "another key" in audited.breaches("I10", *flags, str(other))[0]["what"]


@pytest.fixture(scope="module")
def proof(audited):
    app, = audited.place.sql("SELECT d.application_id::text FROM mentord.decision d JOIN mentord.decision n USING (application_id) "
                            "JOIN mentord.batch b ON b.id = d.batch AND b.progress_id = d.progress_id WHERE d.application_seq = 1 AND n.application_seq = 2 "
                            "ORDER BY b.next_offset - b.first_offset DESC LIMIT 1")[0]
    done = audited.place.mentord("audit", "prove", app, url=audited.place.cluster.url(audited.place.database, "mentord_reader"))
    return app, done.stdout


def check(audited, text, *flags, expect=0):
    env = {"MENTORD_DATABASE_URL": None, "MENTORD_KAFKA_BROKERS": None, "MENTORD_CITIZEN_SECRET": None}
    return audited.place.mentord("audit", "check-proof", "-", *flags, stdin=text.encode(), env=env, expect=expect)


def test_a_proof_holds_without_the_database(audited, proof):
    app, text = proof
    proofs = [json.loads(line) for line in text.splitlines()]
    outputs = {decision(got).decision_id: got.value for got in audited.place.read(audited.place.decisions, None)}
    assert len(proofs) == 2
    for one in proofs:
        assert bytes.fromhex(one["output"]) == outputs[one["decision_id"]]
        assert one["links"][-1]["link"] == one["head"]["link"]
    out = check(audited, text).stdout
    assert out.count("holds: decision") == 2 and out.count("no anchor was given") == 2 and app in out
    assert check(audited, text, "--anchors", str(audited.place.anchors)).stdout.count("anchored up to offset") == 2


def flip(text):
    return ("1" if text[0] == "0" else "0") + text[1:]


def forge(one, *path):
    """A copy with one hex digit or number changed."""
    changed = copy.deepcopy(one)
    at = changed
    for step in path[:-1]:
        at = at[step]
    value = at[path[-1]]
    at[path[-1]] = value + 1 if isinstance(value, int) else flip(value)
    return json.dumps(changed)


FORGED = {  # what is changed: how the refusal begins
    ("output",): "output_sha256:", ("entry",): "entry:", ("offset",): "", ("index",): "path:", ("path", 0): "path:",
    ("previous",): "link:", ("links", 0, "root"): "path:", ("links", 0, "link"): "link:", ("links", 0, "epoch"): "link:",
    ("links", 1, "root"): "links:", ("head", "link"): "head:",
    ("head", "next_offset"): "head:", ("head", "batch"): "head:", ("decision_id",): "output: it is another", ("topic",): "output: it names"}


@pytest.mark.parametrize("path", FORGED, ids=lambda path: ".".join(map(str, path)))
def test_a_changed_proof_does_not_hold(audited, proof, path):
    one = json.loads(proof[1].splitlines()[0])
    assert len(one["links"]) > 1, "or there is nothing to change"
    if path == ("path", 0) and not one["path"]:
        pytest.skip("each partition got one record: a tree of one leaf has no path")
    done = check(audited, forge(one, *path), expect=2)
    assert f"the proof does not hold: {FORGED[path]}" in done.stderr and done.stdout == ""


def test_another_output_does_not_fit_its_entry(audited, proof):
    one = json.loads(proof[1].splitlines()[0])
    one["output"] = flip(one["output"])
    one["output_sha256"] = hashlib.sha256(bytes.fromhex(one["output"])).hexdigest()
    assert "output: its SHA-256" in check(audited, json.dumps(one), expect=2).stderr


def test_a_proof_of_a_forged_ledger_falls_by_the_anchor(audited, tmp_path):
    """A proof that holds by itself, from a database whose chain was made anew."""
    with audited.copy() as (session, url):
        progress, _, batches = three(session)
        app, = session.execute("SELECT application_id::text FROM mentord.decision WHERE batch = %s AND progress_id = %s LIMIT 1",
                               (batches[0][0], progress)).fetchone()
        session.execute("UPDATE mentord.batch SET entries = set_byte(entries, 20, get_byte(entries, 20) # 1) WHERE progress_id = %s "
                        "AND id = %s", (progress, batches[-1][0]))
        rewrite(session, progress)
        text = audited.place.mentord("audit", "prove", app, url=url).stdout
    check(audited, text)
    done = check(audited, text, "--anchors", str(audited.place.anchors), expect=2)
    assert "anchor: at offset" in done.stderr
    empty = tmp_path / "none"
    empty.write_text("")
    assert "none of the anchors" in check(audited, text, "--anchors", str(empty), expect=2).stderr


def test_a_topic_that_is_missing_stops_nothing_and_is_loud(make_place):
    place = make_place()
    admin = AdminClient({"bootstrap.servers": place.broker.servers})
    admin.delete_topics([place.audit])[place.audit].result(30)
    worker = place.worker("--anchor-every", "1")
    place.send(m.record(m.application(), event="a"))
    place.settled()
    until("a warning", 30, lambda: "event=anchor.failed" in worker.log)
    place.send(m.record(m.application(), event="b"))
    place.settled()
    assert worker.stop() == 0
    told = place.mentord("audit", "verify", "--kafka")
    assert "audit.unanchored" in told.stderr and "no anchor" in told.stdout
