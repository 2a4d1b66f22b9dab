"""Chaos on the real thing: workers, Kafka and PostgreSQL are broken while a stream goes on, and everything is counted after.

A round is a stream with faults, then quiet: all that was published must have the fate that was expected of it.
"""

import argparse
import collections
import contextlib
import math
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "edge")]
os.environ["KAFKA_PROPERTIES"] = "group.min.session.timeout.ms=1000"

import psycopg  # noqa: E402

import conftest  # noqa: E402 (makes the messages' modules)
from confluent_kafka.admin import AdminClient, NewPartitions  # noqa: E402

from book import Book  # noqa: E402
from faults import FAULTS  # noqa: E402
from group import Group  # noqa: E402
from ledger import Ledger  # noqa: E402
from place import Place  # noqa: E402
from processes import until  # noqa: E402
from proxy import Proxy  # noqa: E402
from rules import Rules  # noqa: E402
from sight import Sight  # noqa: E402
from stream import Stream  # noqa: E402
from world import Crew, SmallCluster  # noqa: E402

SESSION_S = 1.5
TAKEN_S = SESSION_S + 2  # a killed worker is replaced by then
DISTURBED_S = 10         # after an outage, or slow answers, workers wait and try again: what is measured then is its end, too
SESSION = f"session.timeout.ms = {SESSION_S * 1000:.0f}\nheartbeat.interval.ms = 300\n"
CATCH_UP = 180  # seconds within which quiet must come
SHOWN = 8       # breaches of a kind that are spelt out


class Chaos:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.rng = random.Random(options.seed)
        self.rounds = 0
        # Part of the rounds in clear, part sealed; a database that is sealed stays so.
        self.sealed_from = self.rng.randint(1, max(1, math.ceil(options.kills / options.round) // 2))
        self.kills = 0
        self.counts = collections.Counter()
        self.results = collections.Counter()  # passed, failed
        self.skips = []
        self.times = collections.defaultdict(list)  # seconds, by what
        self.began = time.monotonic()
        self._disturbed = self.began - DISTURBED_S
        self._open = []

    # The world

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _set_up(self):
        options = self.options
        self.broker = conftest.Broker(self.folder / "kafka")
        self._open.append(lambda: self.broker.stop("kill"))
        self.cluster = SmallCluster(self.folder / "postgres")
        self._open += [self.cluster.release, lambda: self.cluster.stop("immediate")]
        binary = shutil.copy2(options.binary, self.folder / "mentord")  # a build meanwhile changes nothing
        shipped = ROOT / "deploy/rulebooks/dk-2026.yaml"
        self.place = Place(binary, shipped, self.broker, self.cluster, self.folder, partitions=options.partitions)
        del self.place.env["MENTORD_RULEBOOK"]  # a worker that is given one follows no other
        self.rules = Rules(self.place, self.folder, shipped)
        self.sight = Sight(self.place)
        self.proxy = Proxy(self.cluster.port)
        (self.folder / "kafka.conf").write_text(SESSION)
        self.stream = Stream(self.place, options.seed, options.rate)
        self._open.append(self.stream.end)
        self.book = Book(self.place, self.stream.crossing, options.emit == "transactional")
        self._open.append(self.book.end)
        self.group = Group(self.place)
        self._open.append(self.group.end)
        self.ledger = Ledger(self.place)
        url = f"postgresql://mentord_worker@127.0.0.1:{self.proxy.port}/{self.place.database}"
        self.crew = Crew(self.place, {
            "MENTORD_DATABASE_URL": url + "?sslmode=disable&gssencmode=disable",
            "MENTORD_KAFKA_CONFIG": str(self.folder / "kafka.conf"),
            "MENTORD_ANCHOR_FILE": str(self.folder / "anchors.jsonl"),
            "MENTORD_ANCHOR_EVERY": "1",
        }, self.rng, options, self.stream.cprs)
        self._open.append(lambda: [w.process.kill() for w in self.crew.living()])
        if "disk" in options.faults and not self.cluster.disks:
            options.faults.remove("disk")
            self.skips.append(f"disk full: {self.cluster.why}")

    def __exit__(self, *_):
        for end in reversed(self._open):
            try:
                end()
            except Exception as error:  # the others are still to be ended
                print(f"chaos: {error}", file=sys.stderr)

    # What faults tell and ask

    def took(self, what, seconds):
        self.times[what].append(seconds)

    def disturbed(self):
        """An outage of the broker or the database, or of the ways there, has just ended."""
        self._disturbed = time.monotonic()

    def taken_over(self, seconds):
        """A killed worker's partitions have other owners."""
        plain = time.monotonic() - seconds - max(self._disturbed, self.group.troubled) >= DISTURBED_S
        self.took("take-over after kill -9" if plain else "take-over after kill -9, soon after an outage", seconds)
        if plain and seconds > TAKEN_S:
            print(f"a take-over took {seconds:.1f} s, until {time.strftime('%H:%M:%S', time.gmtime())}Z:\n{self.crew.last_words(20)}",
                  flush=True)

    def double_partitions(self):
        """Between two records, since a producer that learns of it late is outside the promise. Doubled, keys only move to
        new partitions; by any other number they move among the old ones too, where nobody waits."""
        self.stream.pause()
        admin = AdminClient({"bootstrap.servers": self.broker.servers})
        admin.create_partitions([NewPartitions(self.place.applications, 2 * self.place.inputs)])[
            self.place.applications].result(30)
        self.place.inputs *= 2
        until("the producer to know the partitions", 60, lambda: self.stream.partitions() == self.place.inputs)
        self.stream.go()

    def tried(self):
        """(partition, offset) of records that are being taken alone; None while there is no asking."""
        try:
            return set(self.place.sql("SELECT partition, tried_offset FROM mentord.progress "
                                      "WHERE tries > 0 AND tried_offset = next_offset"))
        except psycopg.OperationalError:
            return None

    def spare(self):
        """A record that three processes in a row have tried alone goes to quarantine, by design: it must have ended them.
        Here we did, so one that was tried gets its fate before the next worker is killed."""
        tried = self.tried()

        def ask():
            now = self.tried()
            return now is not None and not tried & now
        if tried:
            self.crew.fill(1)
            until(lambda: f"a fate for each of {tried}; tried alone are {self.tried()}", CATCH_UP, ask)

    def seal(self):
        """From now on. All workers at once: without the key none begins on a sealed database."""
        for worker in self.crew.living():
            self.crew.dismiss(worker)
        key = self.folder / "master.key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o400)
        self.place.env["MENTORD_MASTER_KEY_FILE"] = str(key)
        self.ledger.seal()
        self.counts["sealed from round"] = self.rounds + 1

    # Rounds

    def round(self, kills, until_time):
        options = self.options
        faults = [FAULTS[name] for name in options.faults]
        goal = self.kills + kills
        if self.rounds == self.sealed_from:
            self.seal()
        self.crew.change()
        if self.rng.random() < 0.4:
            self.stream.burst(2000)
        self.stream.go()
        if self.rounds > 0 and (self.rules.published == 0 or self.rng.random() < 0.3):
            self.rules.publish()
        while self.kills < goal and time.monotonic() < until_time and not self.breaches():
            self.spare()
            (_, fault, _), = self.rng.choices(faults, [weight for weight, _, _ in faults])
            fault(self)
            self.crew.fill(1)
            self.crew.reap()
        self.stream.pause()
        self.quiet()
        self.rounds += 1
        return self.check()

    def breaches(self):
        return self.crew.wrong + self.book.wrong + self.stream.errors + self.proxy.errors + self.group.wrong

    def quiet(self):
        """Nothing is broken any more: all must be decided and told, however many are left."""
        began = time.monotonic()
        self.crew.fill(1)
        ends = self.place.ends()
        wanted = {p: (end, end) for p, end in ends.items() if end > 0}

        def ask():
            self.crew.reap()
            assert not self.breaches(), "a breach while catching up"
            progress = self.place.progress()
            return all(progress.get(p) == both for p, both in wanted.items())
        until(lambda: f"quiet: the log ends at {ends}, progress is {self.place.progress()}", CATCH_UP, ask)
        self.took("catch-up", time.monotonic() - began)
        until(lambda: f"the readers at the end of the topics; not read: {self.book.behind()}", 60,
              lambda: self.book.behind() == {})

    def check(self):
        told, refused = self.book.take()
        expected = self.stream.take()
        results = self.ledger.check(expected, told, refused)
        results["each citizen's numbers are told in order, from 1 on"] = self.book.holes()
        results["the group's offsets are the positions"] = self.group.differs()
        results[f"no worker ended unasked, no offset ahead, nothing told {self.book.promise}"] = self.breaches()
        return self.count(results)

    def count(self, results):
        for name, breaches in results.items():
            self.results["failed" if breaches else "passed"] += 1
            if breaches:
                print(f"FAILED {name}: {len(breaches)}")
                for breach in breaches[:SHOWN]:
                    print(f"    {breach}")
        return not any(results.values())

    def last(self):
        """After all rounds: what only the whole can show."""
        results = {"applications and citizens number their decisions 1 to n": self.ledger.sequences()}
        results["each decision is made by the rulebook in force"] = self.rules.wrong()
        self.crew.end()
        results["workers end in order"] = self.crew.wrong
        for command in (("audit", "verify", "--kafka", "--anchors", str(self.folder / "anchors.jsonl")),
                        ("replay", "verify"), ("replay", "verify", "--source", "kafka")):
            done = self.place.mentord(*command, expect=None, timeout=1800)
            results["mentord " + " ".join(command[:4])] = [] if done.returncode == 0 else [done.stdout[-1500:] + done.stderr[-1500:]]
        return self.count(results)

    def keep(self):
        """For whoever looks for the cause: positions and ledger, since the database goes with its disks."""
        for table, columns in (("progress", "*"), ("batch", "progress_id, first_offset, next_offset, id, epoch, decided, "
                                                            "duplicate, dlq, skipped, gap, owner")):
            rows = self.place.sql(f"SELECT {columns} FROM mentord.{table} ORDER BY 1, 2")
            (self.folder / f"{table}.txt").write_text("\n".join(map(str, rows)) + "\n")

    def line(self):
        longest = {what: max(self.times.get(what, [0])) for what in ("take-over after kill -9", "catch-up")}
        print(f"{time.monotonic() - self.began:7.0f} s  {self.kills:5d} kills  {self.stream.published:8d} published  "
              f"{self.ledger.decided:8d} decided  {self.book.again:6d} told again  {len(self.crew.living())} workers  "
              f"take-over {longest['take-over after kill -9']:.1f} s  catch-up {longest['catch-up']:.1f} s", flush=True)

    def report(self):
        rows = [("seed", self.options.seed), ("emit", self.options.emit), ("kills by -9", self.kills),
                ("workers started", self.crew.started)]
        rows += [(f"  {name}", count) for name, count in sorted(self.counts.items())]
        rows += [("published", self.stream.published)]
        rows += [(f"  {name}", count) for name, count in sorted(self.stream.kinds.items())]
        rows += [("decided", self.ledger.decided), ("duplicates counted", self.ledger.duplicates),
                 ("refused to the DLQ", self.ledger.refused), ("told again, identical", self.book.again),
                 ("rulebooks published, used", f"{self.rules.published}, {self.rules.used()}"),
                 ("looks at the group's offsets", self.group.looks)]
        for name, taken in sorted(self.times.items()):
            taken.sort()
            rows += [(f"{name}, s", f"p50 {taken[len(taken) // 2]:.1f}  p99 {taken[len(taken) * 99 // 100]:.1f}  "
                                    f"longest {taken[-1]:.1f}  of {len(taken)}")]
        rows += [("time, s", f"{time.monotonic() - self.began:.0f}")]
        width = max(len(name) for name, _ in rows)
        print("\n".join(f"{name:{width}}  {value}" for name, value in rows))


def numbers(text):
    least, _, most = text.partition("-")
    return int(least), int(most or least)


def parse():
    known = ",".join(FAULTS)
    parser = argparse.ArgumentParser(prog="tests/chaos/run", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000, help="end after so many (1000)")
    parser.add_argument("--minutes", type=float, default=120, help="or after so long (120)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--faults", default=",".join(n for n, (_, _, usual) in FAULTS.items() if usual),
                        help=f"of {known} (all but partitions)")
    parser.add_argument("--emit", choices=("idempotent", "transactional", "mixed"), default="idempotent",
                        help="how workers emit; mixed: each in its own way (idempotent)")
    parser.add_argument("--workers", type=numbers, default=(1, 4), metavar="N[-M]", help="workers at a time (1-4)")
    parser.add_argument("--partitions", type=int, default=6)
    parser.add_argument("--rate", type=float, default=200, help="records a second (200)")
    parser.add_argument("--round", type=int, default=25, help="kills between two counts (25)")
    parser.add_argument("--binary", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("MENTORD", ROOT / "build/release/mentord")))
    options = parser.parse_args()
    options.faults = options.faults.split(",")
    unknown = set(options.faults) - set(FAULTS)
    if unknown or not options.binary.exists():
        print(f"tests/chaos/run: no fault {', '.join(unknown)}; there are {known}" if unknown else
              f"tests/chaos/run: {options.binary} is not built", file=sys.stderr)
        sys.exit(64)
    options.binary = options.binary.resolve()
    return options


def run(options, folder):
    good = False
    with Chaos(options, folder) as chaos:
        end = chaos.began + 60 * options.minutes
        try:
            good = True
            while good and chaos.kills < options.kills and time.monotonic() < end:
                good = chaos.round(min(options.round, options.kills - chaos.kills), end)
                chaos.line()
            good = chaos.last() and good
        except Exception as error:
            good = chaos.count({"chaos": [*chaos.breaches(), f"{error!r}"]})
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        if not good:
            with contextlib.suppress(psycopg.Error):
                chaos.keep()
        chaos.report()
        for skip in chaos.skips:
            print(f"SKIP {skip}")
        print(f"{chaos.results['passed']} passed, {chaos.results['failed']} failed, {len(chaos.skips)} skipped", flush=True)
    return good


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="chaos.", dir=os.environ.get("MENTORD_TEST_DIR")))
    folder.chmod(0o755)
    print(f"seed {options.seed}, folder {folder}", flush=True)
    good = False
    try:
        good = run(options, folder)
    finally:
        shutil.rmtree(conftest.PROTOS, ignore_errors=True)
        if good:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"the logs are kept: {folder}; again: tests/chaos/run --seed {options.seed}", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
