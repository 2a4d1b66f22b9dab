"""The group's offsets in Kafka, asked for all the time: never ahead of the database, never backwards."""

import contextlib
import threading
import time

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from place import note

PAUSE_S = 0.2
SLOW_S = 1  # an answer that takes longer tells of trouble


class Group:
    """Looks in a thread of its own; `wrong` has what must not be, `looks` how often it was seen to be right."""

    def __init__(self, place):
        self._place = place
        self._most = {}  # partition to the highest offset seen
        self.wrong = []
        self.looks = 0
        self.troubled = 0.0  # when Kafka or PostgreSQL failed to answer soon for the last time
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="group")
        self._thread.start()

    def _run(self):
        consumer = Consumer({"bootstrap.servers": self._place.broker.servers, "group.id": self._place.group, "log_level": 0,
                             "isolation.level": "read_uncommitted", "reconnect.backoff.max.ms": 500})
        while not self._ended.wait(PAUSE_S):
            began, good = time.monotonic(), False
            with contextlib.suppress(KafkaException, psycopg.OperationalError):
                asked = [TopicPartition(self._place.applications, p) for p in range(self._place.inputs)]
                told = consumer.committed(asked, 5)
                self._compare({tp.partition: (tp.offset, note(tp)) for tp in told if tp.error is None and tp.offset >= 0})
                good = all(tp.error is None for tp in told)
            if not good or time.monotonic() - began > SLOW_S:
                self.troubled = time.monotonic()
        consumer.close()

    def _compare(self, told):
        """The database is asked after Kafka, so it can only have gone further since."""
        rows = {p: rest for p, *rest in self._place.sql(
            "SELECT partition, epoch, next_offset, emitted_offset FROM mentord.progress")}
        for partition, (offset, text) in told.items():
            epoch, following, emitted = rows.get(partition, (0, 0, 0))
            mode, *numbers = text.split(",")[:3]
            most = emitted if mode == "idempotent" else following
            if offset > most or any(int(n) > m for n, m in zip(numbers, (epoch, following))):
                self.wrong.append(f"partition {partition}: the group's offset is {offset}, \"{text}\"; the database has epoch "
                                  f"{epoch}, next {following}, emitted {emitted}")
            if offset < self._most.get(partition, 0):
                self.wrong.append(f"partition {partition}: the group's offset went back from {self._most[partition]} to {offset}")
            self._most[partition] = max(offset, self._most.get(partition, 0))
        self.looks += bool(told)

    def differs(self):
        """In quiet: partitions whose offset is not the end of what is decided, or of which there is none."""
        deadline = time.monotonic() + 20
        while True:
            try:
                told = {p: offset for p, (offset, _) in self._place.committed().items()}
            except KafkaException:
                told = {}
            wrong = [f"partition {p}: {told.get(p)} in Kafka, {following} stored"
                     for p, (following, _) in self._place.progress().items() if following > 0 and told.get(p) != following]
            if not wrong or time.monotonic() > deadline:
                return wrong
            time.sleep(0.1)

    def end(self):
        self._ended.set()
        self._thread.join(30)
