"""What was stored and told, held against what was published: by reading the tables and topics, not by asking mentord."""

import collections
import hashlib
import struct

Entry = collections.namedtuple("Entry", "fate key input output index reason")
NOTHING = hashlib.sha256(b"").digest()  # the input column of what is sealed elsewhere
FATES = ("decided", "duplicate", "dlq", "skipped", "gap")  # by number: include/mentor/port/batch.h


def entries(packed):
    """include/mentor/port/ledger.h, read by another hand: (offsets covered, Entry) one after the other."""
    at = 0
    while at < len(packed):
        head = packed[at]
        at += 1
        fate = FATES[head & 0x7F]
        if fate in ("skipped", "gap"):
            yield struct.unpack_from(">Q", packed, at)[0], Entry(fate, None, None, None, None, None)
            at += 8
            continue
        key = None
        if head & 0x80:
            key, at = packed[at:at + 16], at + 16
        digest, at = packed[at:at + 32], at + 32
        if fate == "decided":
            yield 1, Entry(fate, key, digest, packed[at:at + 32], struct.unpack_from(">I", packed, at + 32)[0], None)
            at += 36
        else:
            size = packed[at]
            yield 1, Entry(fate, key, digest, None, None, packed[at + 1:at + 1 + size].decode())
            at += 1 + size


class Ledger:
    """Checks what has come since the last time; `results` maps a check's name to the breaches found, [] when it holds."""

    def __init__(self, place):
        self._place = place
        self._next = collections.defaultdict(int)  # partition to the first offset not looked at
        self._once = set()  # (application, event key) decided
        self.decided = 0
        self.refused = 0
        self.duplicates = 0
        self._clear = None  # (decided, refused) when what comes in began to be sealed

    def seal(self):
        self._clear = self.decided, self.refused

    def check(self, expected, told, refused):
        results = collections.OrderedDict()
        ledger, places, results["the ledger tiles every partition"] = self._read()
        results["every record has the fate that was expected"] = self._fates_of(expected, ledger)
        rows, results["one decision an application and event key"] = self._decisions(ledger, places)
        results["every decision is told, as it is stored"] = self._told(expected, ledger, rows, told)
        results["every refused record is in the DLQ byte for byte"] = self._refused(expected, refused)
        results["nothing else is stored, nor in clear what is to be sealed"] = self._totals()
        return results

    def _read(self):
        """((partition, offset) to Entry, (partition, offset) to batch, breaches)."""
        ledger, places, wrong = {}, {}, []
        partitions = [p for p, in self._place.sql("SELECT partition FROM mentord.progress")]
        for partition, first, following, batch, counts, packed in self._place.sql(
                "SELECT p.partition, b.first_offset, b.next_offset, b.id, ARRAY[b.decided, b.duplicate, b.dlq, b.skipped, "
                "b.gap], b.entries FROM mentord.batch b JOIN mentord.progress p ON p.id = b.progress_id "
                "JOIN (SELECT unnest(%s::int[]) AS partition, unnest(%s::bigint[]) AS next) k ON k.partition = p.partition "
                "WHERE b.next_offset > k.next ORDER BY p.partition, b.first_offset",
                partitions, [self._next[p] for p in partitions]):
            if first != self._next[partition]:
                wrong.append(f"partition {partition}: a range begins at {first}, the one before ends at {self._next[partition]}")
            at, sums = first, collections.Counter()
            for covered, entry in entries(packed):
                sums[entry.fate] += covered
                if entry.input is not None:
                    ledger[partition, at] = entry
                    places[partition, at] = batch
                at += covered
            if at != following or [sums[f] for f in FATES] != counts:
                wrong.append(f"partition {partition}: batch {batch} does not add up")
            if sums["gap"]:
                wrong.append(f"partition {partition}: a gap of {sums['gap']} from {first} on")
            self._next[partition] = following
        for partition, following, emitted in self._place.sql(
                "SELECT partition, next_offset, emitted_offset FROM mentord.progress"):
            if (following, emitted) != (self._next[partition],) * 2:
                wrong.append(f"partition {partition}: progress is {following}, {emitted}; the ledger ends at {self._next[partition]}")
        return ledger, places, wrong

    def _fates_of(self, expected, ledger):
        wrong = [f"{p}/{o} was never published" for p, o in ledger.keys() - expected.keys()]
        for place, fate in expected.items():
            entry = ledger.get(place)
            if entry is None:
                wrong.append(f"{place[0]}/{place[1]} ({fate.kind}) has no fate")
                continue
            same = (entry.fate == fate.fate and fate.reason in (None, entry.reason) and fate.key in (None, entry.key)
                    and fate.input in (None, entry.input))
            if not same:
                wrong.append(f"{place[0]}/{place[1]} ({fate.kind}): {entry.fate} {entry.reason}, "
                             f"expected {fate.fate} {fate.reason}")
            self.decided += entry.fate == "decided"
            self.refused += entry.fate == "dlq"
            self.duplicates += entry.fate == "duplicate"
        return wrong

    def _decisions(self, ledger, places):
        batches = sorted({places[place] for place, entry in ledger.items() if entry.fate == "decided"})
        rows, wrong = {}, []
        for partition, offset, batch, index, application, version, decision, output, citizen, seq, source, sealed in self._place.sql(
                "SELECT p.partition, d.source_offset, d.batch, d.index, d.application_id, d.version, d.decision_id, "
                "sha256(d.output), encode(d.citizen_ref, 'hex'), d.citizen_seq, sha256(d.input), d.key_id IS NOT NULL "
                "FROM mentord.decision d JOIN mentord.progress p ON p.id = d.progress_id WHERE d.batch = ANY (%s::bigint[])", batches):
            place = partition, offset
            rows[place] = (str(decision), output, citizen, seq, application.bytes, version)
            entry = ledger.get(place)
            if entry is None or (batch, index, output, source) != (
                    places[place], entry.index, entry.output, NOTHING if sealed else entry.input):
                wrong.append(f"{partition}/{offset}: decision row and ledger differ")
                continue
            once = application.bytes + entry.key
            if once in self._once:
                wrong.append(f"{partition}/{offset}: application {application} decided this event before")
            self._once.add(once)
        wrong += [f"{p}/{o} is decided and has no row" for (p, o), entry in ledger.items()
                  if entry.fate == "decided" and (p, o) not in rows]
        return rows, wrong

    @staticmethod
    def _told(expected, ledger, rows, told):
        wrong = []
        by_place = {one.source: (name, one) for name, one in told.items()}
        if len(by_place) != len(told):
            wrong.append(f"{len(told) - len(by_place)} records were told under two ids")
        for place, (decision, output, citizen, seq, application, version) in rows.items():
            name, one = by_place.pop(place, (None, None))
            fate = expected.get(place)
            if one is None:
                wrong.append(f"{place[0]}/{place[1]}: decision {decision} was never told")
            elif (name, one.value, one.citizen, one.seq, one.application, one.version) != (
                    decision, output, citizen, seq, application, version):
                wrong.append(f"{place[0]}/{place[1]}: decision {decision} was told otherwise than it is stored")
            elif fate is not None and (one.citizen, one.event.encode(), one.application, one.version) != (
                    fate.citizen, fate.event, fate.application, fate.version):
                wrong.append(f"{place[0]}/{place[1]}: decision {decision} is not about what was published there")
        wrong += [f"{p}/{o}: decision {name} was told and is not stored" for (p, o), (name, _) in by_place.items()]
        wrong += [f"{p}/{o}: decided, and nothing expected it" for p, o in rows.keys() - ledger.keys()]
        return wrong

    @staticmethod
    def _refused(expected, refused):
        wanted = {place: fate for place, fate in expected.items() if fate.fate == "dlq"}
        wrong = [f"{p}/{o} was refused and should not be" for p, o in refused.keys() - wanted.keys()]
        for place, fate in wanted.items():
            _, whole, reason = refused.get(place, (None, None, None))
            if reason is None:
                wrong.append(f"{place[0]}/{place[1]} ({fate.kind}) is not in the DLQ")
            elif whole != fate.whole or fate.reason not in (None, reason):
                wrong.append(f"{place[0]}/{place[1]} ({fate.kind}): the DLQ has it with other bytes or as {reason}")
        return wrong

    def _totals(self):
        stored = [self._place.sql(f"SELECT count(*), count(*) FILTER (WHERE key_id IS NULL) FROM mentord.{table}")[0]
                  for table in ("decision", "quarantine")]
        all_, clear = zip(*stored)
        expected = self.decided, self.refused
        wrong = [] if all_ == expected else [f"{all_} decisions and quarantined are stored; {expected} were expected"]
        return wrong if clear == (self._clear or expected) else [
            *wrong, f"{clear} of them are in clear; {self._clear or expected} were expected"]

    def sequences(self):
        """At the end, over all there is: numbers of applications and citizens, and the rows that project them."""
        wrong = []
        for name, column, seq, table, key in (("application", "application_id", "application_seq", "application", "id"),
                                              ("citizen", "citizen_ref", "citizen_seq", "citizen", "ref")):
            for (found,) in self._place.sql(
                    f"SELECT count(*) FROM (SELECT {column} AS id, count(*) AS n, count(DISTINCT {seq}) AS d, max({seq}) AS most "
                    f"FROM mentord.decision GROUP BY 1) s FULL JOIN (SELECT {key} AS id, seq FROM mentord.{table} WHERE seq > 0) t "
                    "USING (id) WHERE (n, d, most) IS DISTINCT FROM (t.seq, t.seq, t.seq)"):
                if found:
                    wrong.append(f"{found} {name} rows do not number their decisions 1 to n")
        return wrong
