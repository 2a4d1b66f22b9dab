"""What is done to the workers, the broker and the database. Each fault ends with the world whole again."""

import os
import signal
import time

import psycopg

import proxy
import sight
from processes import until

MOST_PARTITIONS = 24
TAKEN_WITHIN = 30  # seconds until a lost partition must have another owner


def _owners(chaos):
    """Partition to the pid of its owner as the database has it; None while there is no asking."""
    try:
        rows = chaos.place.sql("SELECT partition, split_part(coalesce(owner, ''), '/', 2) FROM mentord.progress")
    except psycopg.OperationalError:
        return None
    return {partition: int(pid or 0) for partition, pid in rows}


def _taken_from(chaos, pids):
    """Waits until nothing belongs to these processes any more; how long that took."""
    began = time.monotonic()
    if chaos.crew.living():
        def ask():
            owners = _owners(chaos)
            return owners is not None and not set(owners.values()) & set(pids)
        until(lambda: f"partitions of {pids} with another owner; they are {_owners(chaos)}", TAKEN_WITHIN, ask, pause=0.05)
    return time.monotonic() - began


def _killed(chaos, worker, how):
    chaos.crew.buried(worker)
    chaos.kills += 1
    chaos.counts[how] += 1


def _after_kill(chaos, pids):
    """Half of the time the next fault comes at once, into the rebalance."""
    chaos.crew.fill()
    if chaos.rng.random() < 0.5:
        chaos.taken_over(_taken_from(chaos, pids))
    else:
        time.sleep(chaos.rng.uniform(0, 0.8))


def kill(chaos):
    """kill -9 at any moment, of one worker or of several at once."""
    living = chaos.crew.living()
    victims = chaos.rng.sample(living, min(len(living), chaos.rng.choice((1, 1, 2, 2, 4))))
    time.sleep(chaos.rng.uniform(0, 0.7))
    for worker in victims:
        worker.process.kill()
    for worker in victims:
        _killed(chaos, worker, "kill -9 at random")
    _after_kill(chaos, [w.process.pid for w in victims])


def _spring(chaos, trap, seconds=6):
    """The worker that the trap has caught; None when nobody came by."""
    if trap.fired.wait(seconds):
        return chaos.crew.of(trap.by)
    chaos.proxy.unset()
    return chaos.crew.of(trap.by) if trap.fired.is_set() else None


def point(chaos):
    """kill -9 at a named point of a flush: the first worker that comes by."""
    name = chaos.rng.choice(proxy.POINTS)
    trap = chaos.proxy.set(name, proxy.kill)
    if name.startswith(("take", "unsent")):  # only somebody who takes partitions passes there
        chaos.crew.spawn()
    worker = _spring(chaos, trap)
    if worker is None:
        chaos.counts["missed points"] += 1
        return
    _killed(chaos, worker, f"kill -9 at {name}")
    _after_kill(chaos, [worker.process.pid])


def _sighted(chaos, names):
    """(name, the worker whose doing is the next such thing in the broker's log, or None)."""
    name = chaos.rng.choice(names)
    chaos.crew.fill()
    partition, pid = chaos.sight.next(name, 6)
    if partition is not None:
        pid = (_owners(chaos) or {}).get(partition)
    worker = chaos.crew.of(pid) if pid else None
    return name, worker


def _in_broker(chaos):
    return sight.ANYWAY + (() if chaos.options.emit == "idempotent" else tuple(sight.TRANSACTION))


def kafka_point(chaos):
    """kill -9 when the first output of a batch, its group offset or its transaction is seen in the broker's log."""
    name, worker = _sighted(chaos, _in_broker(chaos))
    if worker is None:
        chaos.counts["missed points"] += 1
        return
    worker.process.kill()
    _killed(chaos, worker, f"kill -9 at {name}")
    _after_kill(chaos, [worker.process.pid])


def zombie(chaos):
    """SIGSTOP until others have taken the partitions, then it wakes up."""
    chaos.crew.fill(2)
    name = chaos.rng.choice((None, "write.begun", "write.uncommitted", "write.sent", "write.replied", "take.uncommitted",
                             "take.replied", "read.replied", "read.replied", *_in_broker(chaos)))
    if name is None:
        worker = chaos.rng.choice(chaos.crew.living())
    elif name in _in_broker(chaos):
        _, worker = _sighted(chaos, [name])
    else:
        trap = chaos.proxy.set(name, proxy.freeze)
        if name.startswith("take"):
            chaos.crew.spawn()
        worker = _spring(chaos, trap)
    if worker is None:
        chaos.counts["missed points"] += 1
        return
    worker.process.send_signal(signal.SIGSTOP)
    pid = worker.process.pid
    try:
        _taken_from(chaos, [pid])
        time.sleep(chaos.rng.uniform(0, 1.5))
    finally:
        worker.process.send_signal(signal.SIGCONT)
        chaos.proxy.freeze(False, pid)
    chaos.counts["zombie at random" if name is None else f"zombie at {name}"] += 1
    time.sleep(chaos.rng.uniform(0, 0.5))


def swallow(chaos):
    """COMMIT is done, and its reply and the connection are lost."""
    name = chaos.rng.choice(("write.swallowed", "write.swallowed", "take.swallowed", "emitted.swallowed"))
    trap = chaos.proxy.set(name, proxy.cut)
    if name.startswith("take"):
        chaos.crew.spawn()
    chaos.counts[f"reply lost: {name}" if _spring(chaos, trap) else "missed points"] += 1


def cut(chaos):
    """Connections end: all, a worker's, one at a named point, or only on the worker's side."""
    how = chaos.rng.choice(("all", "worker", "point", "half", "refused"))
    if how in ("point", "half"):
        act = proxy.cut if how == "point" else proxy.half_cut
        trap = chaos.proxy.set(chaos.rng.choice(("write.begun", "write.uncommitted", "read.replied")), act)
        if not _spring(chaos, trap, 10):
            chaos.counts["missed points"] += 1
            return
    else:
        if how == "refused":
            chaos.proxy.refuse(True)
        chaos.proxy.cut(chaos.rng.choice(chaos.crew.living()).process.pid if how == "worker" else None)
        if how == "refused":
            time.sleep(chaos.rng.uniform(0.2, 3))
            chaos.proxy.refuse(False)
        chaos.disturbed()
    chaos.counts[f"connections cut: {how}"] += 1


def delay(chaos):
    """PostgreSQL is slow or silent for a while."""
    if chaos.rng.random() < 0.5:
        chaos.proxy.freeze(True)
        time.sleep(chaos.rng.uniform(0.1, 4))
        chaos.proxy.freeze(False)
        chaos.disturbed()
    else:
        for _ in range(5):
            trap = chaos.proxy.set(chaos.rng.choice(proxy.POINTS[:6]), proxy.delayed(chaos.rng.uniform(0.05, 0.6)))
            _spring(chaos, trap, 2)
    chaos.counts["replies delayed"] += 1


def drain(chaos):
    """SIGTERM: what is in hand is settled, and others go on. One that is still joining leaves when the group has answered: the
    broker reads what it says next only then."""
    worker = chaos.rng.choice(chaos.crew.living())
    began = time.monotonic()
    chaos.crew.dismiss(worker)
    held = any(not line.endswith("partitions=0") for line in worker.events("worker.drained"))
    chaos.took("drain by SIGTERM" if held else "SIGTERM to one that held nothing yet", time.monotonic() - began)
    chaos.counts["drained by SIGTERM"] += 1
    chaos.crew.fill()


def _down(chaos, name, stop, start):
    stop()
    try:
        if chaos.rng.random() < 0.4:
            worker = chaos.rng.choice(chaos.crew.living())
            worker.process.kill()
            _killed(chaos, worker, f"kill -9 while {name} is down")
        time.sleep(chaos.rng.uniform(0, 2))
    finally:
        start()
        chaos.disturbed()
    chaos.counts[name] += 1
    chaos.crew.fill()
    time.sleep(chaos.rng.uniform(0, 2))


def broker_stop(chaos):
    _down(chaos, "broker restarted in order", chaos.broker.stop, chaos.broker.start)


def broker_kill(chaos):
    _down(chaos, "broker killed", lambda: chaos.broker.stop("kill"), chaos.broker.start)


def pg_fast(chaos):
    _down(chaos, "PostgreSQL restarted fast", lambda: chaos.cluster.stop("fast"), chaos.cluster.start)


def pg_immediate(chaos):
    _down(chaos, "PostgreSQL restarted immediate", lambda: chaos.cluster.stop("immediate"), chaos.cluster.start)


def disk(chaos):
    """The tables' disk, or the write-ahead log's, is full for a while; the latter ends PostgreSQL."""
    which = chaos.rng.choice(("tables", "log"))
    ballast = chaos.cluster.disks[which] / "ballast"
    with open(ballast, "wb") as file:
        try:
            while True:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, 65536)
        except OSError:
            pass
    time.sleep(chaos.rng.uniform(2, 5))
    ballast.unlink()
    chaos.counts["PostgreSQL ended by a full disk"] += chaos.cluster.revive()
    chaos.disturbed()
    chaos.counts[f"disk full: {which}"] += 1


def partitions(chaos):
    """The input topic gets twice its partitions. Not before a worker has noted how many there were: who comes later cannot know."""
    if 2 * chaos.place.inputs <= MOST_PARTITIONS and chaos.place.sql("SELECT FROM mentord.progress LIMIT 1"):
        chaos.double_partitions()
        chaos.counts["partitions doubled"] += 1
    time.sleep(chaos.rng.uniform(1, 5))


# Name: (weight, fault, in the default list).
FAULTS = {
    "kill": (40, kill, True),
    "point": (22, point, True),
    "kafka-point": (6, kafka_point, True),
    "zombie": (5, zombie, True),
    "swallow": (6, swallow, True),
    "cut": (4, cut, True),
    "delay": (3, delay, True),
    "drain": (4, drain, True),
    "broker-stop": (0.5, broker_stop, True),
    "broker-kill": (0.7, broker_kill, True),
    "pg-fast": (1.5, pg_fast, True),
    "pg-immediate": (2, pg_immediate, True),
    "disk": (1, disk, True),
    "partitions": (1, partitions, False),
}
