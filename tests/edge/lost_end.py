"""What KAFKA-20734 leaves behind, made at will: an offset that is pending although no transaction is open.

A broker that shuts down may call a transaction complete and write no marker of its end. Here the same comes about without
chance: offsets are committed in a transaction that the coordinator was never told of, while the broker does not ask it.
"""

import socket
import struct

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from processes import until

INIT_PRODUCER_ID, TXN_OFFSET_COMMIT = 22, 28
BUSY = {14, 15, 16, 51}  # the coordinator loads, is not there yet, or ends an older transaction


def _text(value):
    return struct.pack(">h", len(value)) + value.encode()


def _call(servers, key, version, body):
    host, port = servers.split(":")
    request = struct.pack(">hhi", key, version, 1) + _text("lost-end") + body
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        stream = connection.makefile("rb")
        return stream.read(struct.unpack(">i", stream.read(4))[0])[4:]


def _unverified(servers, on):
    """Whether the broker takes offsets of a transaction without asking its coordinator."""
    entry = ConfigEntry("transaction.partition.verification.enable", "false" if on else "true",
                        incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.BROKER, "1", incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": servers})
    admin.incremental_alter_configs([resource])[resource].result(30)


def leave_pending(servers, transactional_id, group, topic, partitions):
    """The producer of that id holds an offset for each partition, pending for ever."""
    def producer_of():
        answer = _call(servers, INIT_PRODUCER_ID, 1, _text(transactional_id) + struct.pack(">i", 10000))
        error, producer, epoch = struct.unpack(">hqh", answer[4:16])
        assert error in BUSY | {0}, error
        return None if error else (producer, epoch)
    producer, epoch = until("the coordinator's answer", 30, producer_of)
    offsets = b"".join(struct.pack(">iqih", p, 0, -1, -1) for p in range(partitions))
    body = (_text(transactional_id) + _text(group) + struct.pack(">qhi", producer, epoch, 1) + _text(topic)
            + struct.pack(">i", partitions) + offsets)
    def commit():
        answer = _call(servers, TXN_OFFSET_COMMIT, 2, body)
        return {struct.unpack(">h", answer[len(answer) - 2 - 6 * n:len(answer) - 6 * n])[0] for n in range(partitions)} == {0}
    _unverified(servers, True)
    try:
        until("the broker to take offsets of no transaction", 30, commit)  # it learns of the setting a little later
    finally:
        _unverified(servers, False)
