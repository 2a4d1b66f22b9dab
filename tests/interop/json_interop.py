"""Random messages, Google's json_format against ours: json_interop.py DRIVER DESCRIPTORS [COUNT [SEED]].

For every message: what we write Google reads into an equal message, and it is the same JSON that Google writes;
what Google writes, in each of its ways, we read into the bytes that Google serialises. Then variants and
refusals, which no writer makes. Comes back by seed.
"""

import inspect
import json
import random
import struct
import subprocess
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf import timestamp_pb2  # noqa: F401 (into the pool, for the imports)
from google.protobuf.descriptor import FieldDescriptor as Field

WITH_DEFAULTS = (
    "always_print_fields_with_no_presence"
    if "always_print_fields_with_no_presence"
    in inspect.signature(json_format.MessageToJson).parameters
    else "including_default_value_fields"
)
WAYS = [
    {},
    {"preserving_proto_field_name": True},
    {"use_integers_for_enums": True},
    {WITH_DEFAULTS: True},
    {"ensure_ascii": False, "indent": None},
]
TEXTS = ["", "a", "Æblegrød", "日本語", "🙂", '"\\/\b\f\n\r\t', "\x01\x1f\x7f", "\u2028</script>", " ", "x" * 3000]
LIMITS = {
    Field.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    Field.CPPTYPE_UINT32: (0, 2**32 - 1),
    Field.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    Field.CPPTYPE_UINT64: (0, 2**64 - 1),
}
FIRST_SECOND, LAST_SECOND = -62135596800, 253402300799


def is_list(field):
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED


def random_number(rng, low, high):
    edges = [low, low + 1, high, high - 1, 0, 1, 2**53, 2**53 + 1, -(2**53) - 1, -1]
    number = rng.choice(edges) if rng.random() < 0.4 else rng.randint(low, high) >> rng.randint(0, 63)
    return min(max(number, low), high)


def random_text(rng):
    if rng.random() < 0.5:
        return rng.choice(TEXTS)
    characters = (rng.choice([(0x20, 0x7E), (0xA0, 0x24F), (1, 0xD7FF), (0xE000, 0x10FFFF)]) for _ in range(rng.randint(0, 20)))
    return "".join(chr(rng.randint(low, high)) for low, high in characters)


def random_timestamp(rng, timestamp):
    timestamp.seconds = rng.choice(
        [FIRST_SECOND, LAST_SECOND, 0, -1, rng.randint(FIRST_SECOND, LAST_SECOND), rng.randint(0, 2**31)]
    )
    timestamp.nanos = rng.choice(
        [0, 0, 1, 999999999, rng.randint(0, 999) * 1000000, rng.randint(0, 999999) * 1000, rng.randint(0, 999999999)]
    )


def random_value(rng, field):
    if field.cpp_type == Field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if field.cpp_type == Field.CPPTYPE_ENUM:
        if rng.random() < 0.2:
            return rng.choice([7777, -5, 2**31 - 1, -(2**31)])
        return rng.choice(field.enum_type.values).number
    if field.type == Field.TYPE_BYTES:
        return rng.randbytes(rng.randint(0, 40))
    if field.type == Field.TYPE_STRING:
        return random_text(rng)
    return random_number(rng, *LIMITS[field.cpp_type])


def fill(rng, message):
    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        random_timestamp(rng, message)
        return
    density = rng.choice([0, 0.3, 0.7, 1])  # 0: an empty message that is there all the same
    for field in message.DESCRIPTOR.fields:
        if rng.random() >= density:
            continue
        if is_list(field):
            for _ in range(rng.randint(0, 4)):
                if field.message_type:
                    fill(rng, getattr(message, field.name).add())
                else:
                    getattr(message, field.name).append(random_value(rng, field))
        elif field.message_type:
            getattr(message, field.name).SetInParent()
            fill(rng, getattr(message, field.name))
        else:  # a oneof takes its last member, also with its zero
            zero = field.containing_oneof and rng.random() < 0.3
            setattr(message, field.name, 0 if zero else random_value(rng, field))


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, operation, data):
        self.process.stdin.write(operation.encode() + struct.pack(">I", len(data)) + data)
        self.process.stdin.flush()
        head = self.process.stdout.read(5)
        assert len(head) == 5, "the driver died"
        return head[:1] == b"+", self.process.stdout.read(struct.unpack(">I", head[1:])[0])

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0, "the driver failed"


def check_message(driver, letter, message):
    packed = message.SerializeToString(deterministic=True)
    written, ours = driver.ask(letter.lower(), packed)
    assert written, "we do not write it"
    back = json_format.Parse(ours.decode("utf-8"), type(message)())
    assert back == message, f"Google reads ours as another message: {ours!r}"
    google = json_format.MessageToJson(message, ensure_ascii=False, indent=None)
    assert json.loads(ours) == json.loads(google), f"ours {ours!r}\nGoogle's {google!r}"
    compact = json.dumps(json.loads(ours), ensure_ascii=False, separators=(",", ":"))
    assert compact == ours.decode("utf-8"), f"not compact: {ours!r}"
    for way in WAYS:
        text = json_format.MessageToJson(message, **way)
        read, bytes_read = driver.ask(letter, text.encode("utf-8"))
        assert read, f"we refuse {text!r}: {bytes_read!r}"
        assert bytes_read == packed, f"{text!r}\nours {bytes_read.hex()}\nGoogle's {packed.hex()}"


# Application, JSON. Google reads them all; so do we, into the same message.
VARIANTS = [
    '{"version":"7"}',
    '{"version":7.0}',
    '{"version":7e0}',
    '{"version":null,"cost":null}',
    '{"cost":{"wage":{"hourlyOre":-9223372036854775808}}}',
    '{"cost":{"wage":{"hourlyOre":"9223372036854775807"}}}',
    '{"cost":{"wage":{"hourly_ore":0,"monthly_ore":null}}}',
    '{"cost":{"fee":{},"wage":null}}',
    '{"citizen":{"targetGroup":12345}}',
    '{"citizen":{"target_group":"TARGET_GROUP_FLEX_JOB"}}',
    '{"submittedAt":"2026-03-02T09:00:00.1Z"}',
    '{"submittedAt":"2026-03-02T09:00:00.123456789+02:00"}',
    '{"submittedAt":"0001-01-01T00:00:00Z"}',
    '{"submittedAt":"1969-12-31T23:59:59.999999999Z"}',
    '{"assessment":null,"submitted_at":null}',
    '{"caseNumber":"\\u00e6\\ud83d\\ude42"}',
]
# Google's Python reads them; we are stricter, as contract.md and the ProtoJSON specification are.
STRICTER = [
    '{"applicationId":"a","application_id":"a"}',
    '[]',
    '{"cost":[]}',
    '{"version":"010"}',
    '{"version":"+1"}',
    '{"version":"1_0"}',
    '{"citizen":{"targetGroup":"9"}}',
    '{"cost":{"wage":{"hourlyOre":9007199254740993.0}}}',
]
# Application, JSON. Google refuses them all, and so do we.
REFUSALS = [
    '{"nope":1}',
    '{"Version":1}',
    '{"version":1,"version":2}',
    '{"version":-1}',
    '{"version":4294967296}',
    '{"version":1.5}',
    '{"version":true}',
    '{"version":[1]}',
    '{"version":" 1"}',
    '{"version":"1 "}',
    '{"version":"0x1"}',
    '{"version":""}',
    '{"applicationId":1}',
    '{"applicationId":{}}',
    '{"cost":"x"}',
    '{"cost":{"other":{}}}',
    '{"cost":{"other":[null]}}',
    '{"cost":{"wage":{},"fee":{}}}',
    '{"cost":{"wage":{"hourlyOre":1,"monthlyOre":1}}}',
    '{"cost":{"wage":{"hourlyOre":"9223372036854775808"}}}',
    '{"cost":{"wage":{"hourlyOre":"1.5"}}}',
    '{"citizen":{"targetGroup":"FLEX_JOB"}}',
    '{"citizen":{"targetGroup":"target_group_flex_job"}}',
    '{"citizen":{"targetGroup":2147483648}}',
    '{"citizen":{"introductionProgramme":"true"}}',
    '{"citizen":{"introductionProgramme":1}}',
    '{"submittedAt":"2026-03-02"}',
    '{"submittedAt":"2026-03-02T09:00:00"}',
    '{"submittedAt":"2026-03-02t09:00:00Z"}',
    '{"submittedAt":"2026-03-02T09:00:00z"}',
    '{"submittedAt":"2026-13-02T09:00:00Z"}',
    '{"submittedAt":"2026-02-30T09:00:00Z"}',
    '{"submittedAt":"0000-01-01T00:00:00Z"}',
    '{"submittedAt":"2026-03-02T09:00:00.1234567891Z"}',
    '{"submittedAt":1}',
    '{',
]


# Decision.rulebook.sha256: the bytes, and how they may be written.
BASE64 = [
    (b"", [""]),
    (b"\xfb\xff\xfe", ["+//+", "-__-", "+__-"]),
    (b"\xff", ["/w==", "/w", "_w==", "_w"]),
    (b"\xff\xef", ["/+8=", "/+8", "_-8"]),
]


def google_reads(text, message):
    try:
        json_format.Parse(text, message)
        return True
    except json_format.ParseError:
        return False


def check_edges(driver, application, decision):
    for text in VARIANTS:
        want = json_format.Parse(text, application())
        read, got = driver.ask("A", text.encode())
        assert read, f"we refuse {text}: {got!r}"
        assert got == want.SerializeToString(deterministic=True), f"we read {text} as {got.hex()}"
    for data, spellings in BASE64:
        for spelling in spellings:
            want = decision()
            want.rulebook.sha256 = data
            read, got = driver.ask("D", json.dumps({"rulebook": {"sha256": spelling}}).encode())
            assert read and got == want.SerializeToString(), f"base64 {spelling}: {got!r}"
    for text in REFUSALS + STRICTER:
        assert google_reads(text, application()) == (text in STRICTER), f"{text} is in the wrong list"
        read, why = driver.ask("A", text.encode())
        assert not read, f"we read {text}"
        assert why, f"we do not say why {text} is refused"


def main():
    driver = Driver(sys.argv[1])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 3000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    files = descriptor_pb2.FileDescriptorSet()
    with open(sys.argv[2], "rb") as described:
        files.ParseFromString(described.read())
    pool = descriptor_pool.Default()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    kinds = {"A": "mentor.v1.Application", "D": "mentor.v1.Decision"}
    classes = {letter: make(pool.FindMessageTypeByName(name)) for letter, name in kinds.items()}

    rng = random.Random(seed)
    for number in range(count):
        letter = rng.choice("AD")
        message = classes[letter]()
        fill(rng, message)
        try:
            check_message(driver, letter, message)
        except Exception as error:
            sys.exit(f"interop: seed {seed}, message {number} ({kinds[letter]}): {error}\n{message}")
    try:
        check_edges(driver, classes["A"], classes["D"])
    except AssertionError as error:
        sys.exit(f"interop: {error}")
    driver.close()
    print(f"interop: {count} messages, {len(VARIANTS)} variants, {len(REFUSALS + STRICTER)} refusals agree (seed {seed})")


main()
