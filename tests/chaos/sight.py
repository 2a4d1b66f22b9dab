"""What the broker has just been told, seen in its logs, committed or not: moments at which nobody else knows of it yet."""

import time

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from mentor.v1 import decision_pb2

ANYWAY = ("first output", "group offset")
# Only of --emit transactional. `begun`: the first output's partition is in it. `prepared`: it will be committed, whoever dies.
TRANSACTION = {"transaction begun": 1, "transaction prepared": 2}  # kafka.coordinator.transaction's states


class Sight:
    """`next(name, seconds)` is (partition, pid): the input partition that it was about, or the process; None where it is
    the other that is known, or nothing came."""

    def __init__(self, place):
        self._place = place
        group, topic = place.group.encode(), place.applications.encode()
        self._offset = b"\0\1" + len(group).to_bytes(2, "big") + group + len(topic).to_bytes(2, "big") + topic

    def next(self, name, seconds):
        if name == "first output":
            topics = [TopicPartition(self._place.decisions, p, OFFSET_END) for p in range(self._place.partitions)]
            return self._first(topics, seconds, self._output)
        if name == "group offset":
            return self._first([TopicPartition("__consumer_offsets", 0, OFFSET_END)], seconds, self._group_offset)
        return self._first([TopicPartition("__transaction_state", 0, OFFSET_END)], seconds,
                           lambda message: self._transaction(message, TRANSACTION[name]))

    def _first(self, topics, seconds, told):
        consumer = Consumer({"bootstrap.servers": self._place.broker.servers, "group.id": "sight", "fetch.wait.max.ms": 5,
                             "isolation.level": "read_uncommitted", "enable.auto.commit": False, "log_level": 0})
        try:
            consumer.assign(topics)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                message = consumer.poll(0.1)
                found = None if message is None or message.error() else told(message)
                if found:
                    return found
            return None, None
        finally:
            consumer.close()

    @staticmethod
    def _output(message):
        return decision_pb2.Decision.FromString(message.value()).source.partition, None

    def _group_offset(self, message):
        key = message.key() or b""
        return (int.from_bytes(key[-4:], "big"), None) if key.startswith(self._offset) else None

    def _transaction(self, message, state):
        """Key: a version and the id, GROUP/HOST/PID…; value: a version, producer id, epoch, timeout, state."""
        name, value = (message.key() or b"")[4:].decode(), message.value() or b""
        if not name.startswith(self._place.group + "/") or value[16:17] != bytes([state]):
            return None
        return None, int(name.split("/")[2])
