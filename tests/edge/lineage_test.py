"""Goal: `audit verify` holds a row of quarantine that was closed by a redriven record against that record and the ledger (I11)."""

import pytest

import messages as m
from audit_test import Audited
from redrive_test import mend, redrive, refused


class Redriven(Audited):
    """Three rows that a redriven record closed, one for each fate."""

    def __init__(self, place):
        self.place, self.rows = place, {}
        worker = place.worker()
        for name in ("decided", "duplicate", "refused again"):
            app = m.application()
            (partition, offset), = place.send(refused(app, event=name))
            place.settled()
            if name == "duplicate":  # sent once more, rightly, before anybody saw to it
                self._round(m.record(app, event="meanwhile"))
            where = f"{partition}/{offset}"
            if name != "refused again":
                mend(place, where)
            redrive(place, where)
            place.settled()
            self.rows[name] = (partition, offset)
        assert worker.stop() == 0
        assert dict(place.sql("SELECT why, redriven_index IS NOT NULL FROM mentord.quarantine WHERE state = 'redriven'")) == {
            "decided": True, "duplicate": False, "refused again": False}


@pytest.fixture(scope="module")
def redriven(make_shared_place):
    return Redriven(make_shared_place())


def test_nothing_is_found_where_each_row_points_to_its_record(redriven):
    found = redriven.breaches("I11")  # but for what mend() has changed in two rows; over the topics they would be told, too
    mended = {redriven.rows[name] for name in redriven.rows if name != "refused again"}
    assert {(b["partition"], b["offset"]) for b in found} == mended and len(found) == len(mended)
    assert all("another event than what came in" in b["what"] for b in found)


@pytest.mark.parametrize("fate", ["decided", "duplicate", "refused again"])
@pytest.mark.parametrize("change", [
    "redriven_offset = redriven_offset + 100", "redriven_batch = redriven_batch - 1", "redriven_batch = NULL",
    "redriven_progress_id = 99", "redriven_offset = q.source_offset, redriven_progress_id = q.progress_id, redriven_batch = q.batch",
    "redriven_index = coalesce(redriven_index + 1, 0)"])
def test_a_row_that_points_elsewhere_is_found(redriven, fate, change):
    with redriven.copy() as (session, url):
        partition, offset = redriven.rows[fate]
        done = session.execute(f"UPDATE mentord.quarantine q SET {change} WHERE why = %s", (fate,))
        assert done.rowcount == 1
        found = redriven.breaches("I11", url=url)
        assert any((b["partition"], b["offset"]) == (partition, offset) and "closed by the record" in b["what"] for b in found), found


@pytest.mark.parametrize("fate, table", [("decided", "decision"), ("refused again", "quarantine")])
def test_a_record_that_does_not_say_so_is_found(redriven, fate, table):
    with redriven.copy() as (session, url):
        partition, offset = redriven.rows[fate]
        done = session.execute(
            f"UPDATE mentord.{table} t SET headers = decode(replace(encode(t.headers, 'hex'), encode('mentor-redrive-of'::bytea, 'hex'), "
            "encode('mentor-redrive-xx'::bytea, 'hex')), 'hex') FROM mentord.quarantine q WHERE q.why = %s "
            "AND t.progress_id = q.redriven_progress_id AND t.source_offset = q.redriven_offset", (fate,))
        assert done.rowcount == 1
        found = redriven.breaches("I11", url=url)
        assert any((b["partition"], b["offset"]) == (partition, offset) and "no record says" in b["what"] for b in found), found


def test_a_row_closed_by_a_record_of_another_value_is_found(redriven):
    with redriven.copy() as (session, url):
        session.execute("UPDATE mentord.quarantine q SET redriven_progress_id = o.redriven_progress_id, redriven_offset = o.redriven_offset, "
                        "redriven_batch = o.redriven_batch, redriven_index = o.redriven_index FROM mentord.quarantine o "
                        "WHERE q.why = 'duplicate' AND o.why = 'decided'")
        partition, offset = redriven.rows["duplicate"]
        found = redriven.breaches("I11", url=url)
        assert any((b["partition"], b["offset"]) == (partition, offset) and "another value" in b["what"] for b in found), found
