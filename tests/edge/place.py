"""One test's installation: its own topics, database, group and settings on the session's broker and cluster."""

import collections
import json
import os
import re
import subprocess
import time
import uuid

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from mentor.v1 import decision_pb2
from messages import SECRET, Record
from processes import Worker, until

# What a topic gave: partition, offset, key, value, headers as a list of pairs.
Got = collections.namedtuple("Got", "partition offset key value headers")


def header(got, name):
    """The one header of that name as text; None when it is not there."""
    values = [value for key, value in got.headers if key == name]
    assert len(values) < 2, f"{name} occurs {len(values)} times"
    return values[0].decode() if values else None


def decision(got):
    message = decision_pb2.Decision()
    message.ParseFromString(got.value)
    return message


def rules(got):
    return [finding.rule for finding in decision(got).findings]


def note(partition):
    """The metadata beside a group's offset. The client's binding copies it as a C string, which librdkafka does not end with a
    NUL: what stands behind it in memory comes along, so that it is cut where ours ends."""
    try:
        text = partition.metadata or ""
    except UnicodeDecodeError as garbage:
        text = garbage.object.decode("latin-1")
    ours = re.match(r"(idempotent|transactional),\d+,\d+,[0-9a-f]{64}", text)
    return ours[0] if ours else text


class Place:
    def __init__(self, binary, rulebook, broker, cluster, folder, *, partitions=3, demo=False, topics=None):
        self.binary, self.broker, self.cluster, self.folder = str(binary), broker, cluster, folder
        self.partitions = partitions
        self.inputs = partitions  # of the input topic, which may grow
        self.rulebook = str(rulebook)
        name = "t" + uuid.uuid4().hex[:10]
        self.database = name
        self.group = "g-" + name
        self.applications, self.decisions, self.dlq_topic, self.audit = (
            f"{name}.{what}" for what in ("applications", "decisions", "dlq", "audit"))
        self.workers = []
        self._producer = None
        self._make_topics(topics or {})
        cluster.create_database(name)
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("MENTORD_", "PG"))},
            "MENTORD_CITIZEN_SECRET": SECRET,
            "MENTORD_KAFKA_BROKERS": broker.servers,
            "MENTORD_DATABASE_URL": cluster.url(name, "mentord_worker"),
            "MENTORD_GROUP": self.group,
            "MENTORD_RULEBOOK": self.rulebook,
            "MENTORD_TOPIC_APPLICATIONS": self.applications,
            "MENTORD_TOPIC_DECISIONS": self.decisions,
            "MENTORD_TOPIC_DLQ": self.dlq_topic,
            "MENTORD_TOPIC_AUDIT": self.audit,
        }
        self.mentord("db", "migrate", *(["--demo"] if demo else []), url=cluster.url(name))

    def _make_topics(self, config):
        admin = AdminClient({"bootstrap.servers": self.broker.servers})
        wanted = [NewTopic(topic, self.partitions, 1, config={
            "max.message.bytes": "2097152" if kind != "applications" else "1048588", **config.get(kind, {})})
            for kind, topic in (("applications", self.applications), ("decisions", self.decisions), ("dlq", self.dlq_topic),
                                ("audit", self.audit))]
        for made in admin.create_topics(wanted).values():
            made.result(30)

    def grow(self, count):
        """More partitions for the input topic; what is sent from now on is placed by the new count."""
        admin = AdminClient({"bootstrap.servers": self.broker.servers})
        admin.create_partitions([NewPartitions(self.applications, count)])[self.applications].result(30)
        self.inputs = count
        self._producer = None

        def known():
            topic = admin.list_topics(self.applications, 10).topics[self.applications]
            return len(topic.partitions) == count and all(p.leader >= 0 for p in topic.partitions.values())
        until(f"{count} partitions", 30, known)

    # Programs

    def mentord(self, *arguments, expect=0, stdin=None, url=None, env=None, timeout=60):
        """Runs a command to its end; its exit code must be `expect` unless that is None."""
        environment = {**self.env, **({"MENTORD_DATABASE_URL": url} if url else {}), **(env or {})}
        environment = {k: v for k, v in environment.items() if v is not None}
        done = subprocess.run([self.binary, *arguments], env=environment, input=stdin, capture_output=True,
                              timeout=timeout, check=False)
        out = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
        if expect is not None:
            assert out.returncode == expect, f"{arguments} exits {out.returncode}, not {expect}:\n{out.stdout}{out.stderr}"
        return out

    def worker(self, *flags, env=None, ready=True) -> Worker:
        environment = {k: v for k, v in {**self.env, **(env or {})}.items() if v is not None}
        worker = Worker([self.binary, "worker", *flags], environment, self.folder / f"worker{len(self.workers)}.log")
        self.workers.append(worker)
        return worker.ready() if ready else worker

    def clean_up(self):
        wrong = []
        for worker in self.workers:
            try:
                worker.clean_up()
            except AssertionError as error:
                wrong.append(str(error))
        assert not wrong, wrong

    # Kafka

    def send(self, *records: Record, partition=None):
        """Produces in order; where each came to lie."""
        if self._producer is None:
            self._producer = Producer({"bootstrap.servers": self.broker.servers, "partitioner": "murmur2_random",
                                       "enable.idempotence": True, "message.max.bytes": 1048588, "linger.ms": 2,
                                       "queue.buffering.max.messages": 1000000, "log_level": 0,
                                       "reconnect.backoff.max.ms": 500})
        places = [None] * len(records)

        def told(index):
            def delivered(error, message):
                assert error is None, error
                places[index] = (message.partition(), message.offset())
            return delivered
        for index, record in enumerate(records):
            where = {} if partition is None else {"partition": partition}
            self._producer.produce(self.applications, key=record.key, value=record.value, headers=record.headers,
                                   on_delivery=told(index), **where)
            if index % 1000 == 0:
                self._producer.poll(0)
        assert self._producer.flush(60) == 0
        return places

    def read(self, topic, ask=lambda got: False, seconds=30):
        """All of a topic from its beginning up to its end; goes on reading until `ask(records)` is true."""
        consumer = Consumer({"bootstrap.servers": self.broker.servers, "group.id": uuid.uuid4().hex,
                             "enable.auto.commit": False, "auto.offset.reset": "earliest",
                             "enable.partition.eof": True, "fetch.wait.max.ms": 20, "max.partition.fetch.bytes": 8388608})
        try:
            consumer.assign([TopicPartition(topic, p, 0) for p in range(self.partitions)])
            got, ended = [], set()
            deadline = time.monotonic() + seconds
            while True:
                for message in consumer.consume(5000, 0.05):
                    if message.error():
                        assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                        ended.add(message.partition())
                        continue
                    got.append(Got(message.partition(), message.offset(), message.key(), message.value(),
                                   message.headers() or []))
                if len(ended) == self.partitions and (ask is None or ask(got)):
                    return got
                if time.monotonic() > deadline:
                    raise AssertionError(f"{topic}: {len(got)} records within {seconds} s, and not what was waited for")
        finally:
            consumer.close()

    def outcomes(self, count=None, seconds=30):
        """What is in the decisions topic; waits for `count` records where it is given."""
        return self.read(self.decisions, lambda got: count is None or len(got) >= count, seconds)

    def dlq(self, count=None, seconds=30):
        return self.read(self.dlq_topic, lambda got: count is None or len(got) >= count, seconds)

    def outcome_of(self, event, seconds=30):
        """The outcome of one event id, as Got."""
        def found(got):
            return next((g for g in got if decision(g).source.event_id == event), None)
        return found(self.read(self.decisions, found, seconds))

    def ends(self):
        consumer = Consumer({"bootstrap.servers": self.broker.servers, "group.id": uuid.uuid4().hex})

        def ask():
            try:
                return {p: consumer.get_watermark_offsets(TopicPartition(self.applications, p), 10)[1]
                        for p in range(self.inputs)}
            except KafkaException:  # a broker that was just started leads nothing yet
                return None
        try:
            return until("the log's ends from the broker", 180, ask)
        finally:
            consumer.close()

    def committed(self):
        """Partition to (offset, metadata) as the group has it."""
        consumer = Consumer({"bootstrap.servers": self.broker.servers, "group.id": self.group})
        try:
            return {tp.partition: (tp.offset, note(tp)) for tp in
                    consumer.committed([TopicPartition(self.applications, p) for p in range(self.inputs)], 10)}
        finally:
            consumer.close()

    # PostgreSQL

    def sql(self, query, *values):
        with psycopg.connect(self.cluster.url(self.database), autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else None

    def forced(self, query, *values):
        """A change that the database's guards refuse, done past them."""
        with psycopg.connect(self.cluster.url(self.database), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(query, values)

    def progress(self):
        return {p: (following, emitted) for p, following, emitted in
                self.sql("SELECT partition, next_offset, emitted_offset FROM mentord.progress")}

    def settled(self, seconds=30):
        """Waits until every record that was sent has its fate and every output is acknowledged and recorded."""
        ends = self.ends()

        def ask():
            progress = self.progress()
            return all(progress.get(p) == (end, end) for p, end in ends.items() if end > 0)
        until(lambda: f"progress at {ends}; it is {self.progress()}", seconds, ask)

    def decided(self):
        return self.sql("SELECT count(*) FROM mentord.decision")[0][0]

    def quarantine(self):
        """Lines of `dlq list` as JSON."""
        return [json.loads(line) for line in self.mentord("dlq", "list", "--json").stdout.splitlines()]
