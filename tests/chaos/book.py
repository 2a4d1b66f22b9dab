"""What was told: every record of the decisions and the DLQ topic as a read_committed reader sees it, counted apart from mentord."""

import collections
import hashlib
import threading
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from mentor.v1 import decision_pb2
from stream import whole

Told = collections.namedtuple("Told", "digest source citizen seq event application version value")


def _digest(message):
    return hashlib.sha256(repr((message.key(), message.value(), message.headers())).encode()).digest()


class Book:
    """Reads both topics in a thread; a breach that shows itself at once is in `wrong`. `once`: exactly once was promised."""

    def __init__(self, place, crossing, once):
        self._place, self._once = place, once
        self.promise = "twice" if once else "twice otherwise"
        self._partitions = [(topic, p) for topic in (place.decisions, place.dlq_topic) for p in range(place.partitions)]
        self._crossing = crossing
        self._lock = threading.Lock()
        self.told = {}       # decision id to Told, since the last take()
        self.refused = {}    # (partition, offset) to (digest, whole, reason), since the last take()
        self._known = {}     # decision id, or place of a refused one, to digest: for ever
        self._seqs = collections.defaultdict(int)  # citizen to the highest number told, first tellings only
        self._odd = collections.defaultdict(set)   # of those in two partitions: numbers told
        self.again = 0       # identical repetitions
        self.count = 0
        self.wrong = []
        self._at = {}
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="book")
        self._thread.start()

    def _run(self):
        place = self._place
        consumer = Consumer({
            "bootstrap.servers": place.broker.servers, "group.id": "book-" + uuid.uuid4().hex, "enable.auto.commit": False,
            "auto.offset.reset": "error", "isolation.level": "read_committed", "fetch.wait.max.ms": 5, "log_level": 0,
            "reconnect.backoff.max.ms": 500, "max.partition.fetch.bytes": 8388608, "enable.partition.eof": True})
        consumer.assign([TopicPartition(topic, p, 0) for topic, p in self._partitions])
        while not self._ended:
            for message in consumer.consume(500, 0.05):
                error = message.error()
                if error is None:
                    with self._lock:
                        self._enter(message)
                elif error.code() == KafkaError._PARTITION_EOF:  # behind what shows nothing, as a transaction's end
                    self._at[message.topic(), message.partition()] = message.offset()
                elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                    self.wrong.append(f"a topic has lost what was read from it: {error.str()}")
        consumer.close()

    def _enter(self, message):
        try:
            if message.topic() == self._place.decisions:
                self._outcome(message)
            else:
                self._refusal(message)
        except Exception as error:  # whatever cannot even be read is a breach
            self.wrong.append(f"{message.topic()} {message.partition()}/{message.offset()} cannot be read: {error!r}")
        self._at[message.topic(), message.partition()] = message.offset() + 1
        self.count += 1

    def _seen(self, name, digest, what):
        """Whether it was told before; then it must be the same."""
        before = self._known.setdefault(name, digest)
        if before is digest:
            return False
        if before != digest:
            self.wrong.append(f"{what} was told again with other bytes")
        elif self._once:
            self.wrong.append(f"{what} was told twice")
        self.again += 1
        return True

    def _outcome(self, message):
        headers = dict(message.headers())
        decision = decision_pb2.Decision.FromString(message.value())
        ce_id, citizen, seq = headers["ce_id"].decode(), message.key().decode(), int(headers["mentor-seq"])
        source = (decision.source.partition, decision.source.offset)
        digest = _digest(message)
        if self._seen(uuid.UUID(ce_id).bytes, digest, f"decision {ce_id}"):
            return
        if (decision.decision_id, decision.citizen_ref, headers["ce_subject"].decode()) != (
                ce_id, citizen, decision.application_id) or len(headers) != len(message.headers()):
            self.wrong.append(f"decision {ce_id}: key, headers and message do not agree")
        self.told[ce_id] = Told(digest, source, citizen, seq, decision.source.event_id,
                                uuid.UUID(decision.application_id).bytes, decision.version,
                                hashlib.sha256(message.value()).digest())
        if citizen in self._crossing:
            if seq in self._odd[citizen]:
                self.wrong.append(f"citizen {citizen}: number {seq} twice")
            self._odd[citizen].add(seq)
        elif seq != self._seqs[citizen] + 1:
            self.wrong.append(f"citizen {citizen}: number {seq} follows {self._seqs[citizen]} at "
                              f"{message.partition()}/{message.offset()}")
        self._seqs[citizen] = max(seq, self._seqs[citizen])

    def _refusal(self, message):
        headers = dict(message.headers())
        place = (int(headers["mentor-partition"]), int(headers["mentor-offset"]))
        digest = _digest(message)
        if not self._seen(place, digest, f"DLQ record of {place[0]}/{place[1]}"):
            self.refused[place] = (digest, whole(message.key(), message.value(), message.headers()),
                                   headers["mentor-reason"].decode())

    def behind(self):
        """Offsets of both topics that are not read yet, by partition, open transactions' too; None when the broker does not say."""
        consumer = Consumer({"bootstrap.servers": self._place.broker.servers, "group.id": "ends", "log_level": 0,
                             "isolation.level": "read_uncommitted"})
        try:
            ends = {at: consumer.get_watermark_offsets(TopicPartition(*at), 10)[1] for at in self._partitions}
            return {at: end - self._at.get(at, 0) for at, end in ends.items() if end != self._at.get(at, 0)}
        except KafkaException:
            return None
        finally:
            consumer.close()

    def holes(self):
        """Citizens in two partitions: told in any order, but each number from 1 on."""
        return [f"citizen {ref}: numbers {sorted(seqs)}" for ref, seqs in self._odd.items()
                if seqs != set(range(1, len(seqs) + 1))]

    def take(self):
        """(told, refused) since the last time; the caller's from now on."""
        with self._lock:
            taken = self.told, self.refused
            self.told, self.refused = {}, {}
            return taken

    def end(self):
        self._ended = True
        self._thread.join(30)
