"""Applications as protobuf bytes, in other bytes than the canonical ones or in broken ones."""
import base64
import json

import wire
from schema import ENUMS, MESSAGES


def long_varint(rng, number, most):
    """A varint, sometimes with needless bytes at its end."""
    short = wire.varint(number)
    if rng.random() < 0.9 or len(short) >= most:
        return short
    more = rng.randrange(1, most - len(short) + 1)
    return short[:-1] + bytes([short[-1] | 128]) + b"\x80" * (more - 1) + b"\0"


def unknown(rng):
    """A field that no message has, of any wire type."""
    number, kind = rng.choice((14, 15, 16, 99, 1000, 2**29 - 1)), rng.randrange(4)
    tag = wire.varint(number << 3 | (0, 1, 2, 5)[kind])
    return tag + (wire.varint(rng.choice((0, 1, 300, 2**64 - 1))), b"12345678", wire.varint(3) + b"\xff\0x", b"1234")[kind]


class Messy:
    """Encodes a tree in some of the bytes that mean the same."""

    def __init__(self, rng, unknown_too=False):
        self.rng, self.unknown_too = rng, unknown_too
        self.shuffle = rng.random() < 0.5

    def message(self, name, tree):
        rng, parts = self.rng, []
        for field in MESSAGES[name].fields:
            item = tree.get(field.name)
            if item is None:
                scalar = not field.repeated and field.kind not in MESSAGES and not field.oneof
                if scalar and rng.random() < 0.05:  # a default, written out
                    parts.append([self.field(field, "" if field.kind == "string" else 0)])
                continue
            group = [self.field(field, one) for one in (item if field.repeated else [item])]
            if not field.repeated and field.kind not in MESSAGES and not field.oneof and rng.random() < 0.05:  # the last one counts
                group.insert(0, self.field(field, "first" if field.kind == "string" else 7))
            parts.append(group)
        if self.shuffle:
            rng.shuffle(parts)
        flat = [one for group in parts for one in group]
        if self.unknown_too and rng.random() < 0.4:
            flat.insert(rng.randrange(len(flat) + 1), unknown(rng))
        return b"".join(flat)

    def field(self, field, item):
        rng = self.rng
        if field.kind in MESSAGES or field.kind == "string":
            body = self.message(field.kind, item) if field.kind in MESSAGES else item.encode("utf-8")
            return long_varint(rng, field.number << 3 | 2, 5) + long_varint(rng, len(body), 5) + body
        number = int(item)
        if field.kind == "uint32" and rng.random() < 0.05:
            number += 5 << 32  # the upper half is cut off
        if field.kind in ENUMS and number < 0 and rng.random() < 0.5:
            number &= 2**32 - 1
        if field.kind == "bool" and number and rng.random() < 0.2:
            number = rng.choice((2, 128, 1 << 40))
        return long_varint(rng, field.number << 3, 5) + long_varint(rng, number, 10)


def tree_of(data):
    return wire.from_json("Application", data)


def packed(attributes, body):
    line = attributes | {"data_base64": base64.b64encode(body).decode("ascii")}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def raw_line(rng, attributes, data):
    """The same facts as bytes."""
    return packed(attributes, Messy(rng).message("Application", tree_of(data)))


def put_inside(rng, body, path, extra):
    """body with extra bytes at the start or the end of the message at that path of field numbers."""
    if not path:
        return extra + body if rng.random() < 0.5 else body + extra
    at = 0
    while at < len(body):
        begin = at
        tag, at = wire.read_varint(body, at)
        if tag & 7 == 0:
            _, at = wire.read_varint(body, at)
            continue
        if tag & 7 != 2:
            at += 8 if tag & 7 == 1 else 4
            continue
        length, at = wire.read_varint(body, at)
        if tag >> 3 == path[0]:
            inner = put_inside(rng, body[at:at + length], path[1:], extra)
            return body[:begin] + wire.varint(tag) + wire.varint(len(inner)) + inner + body[at + length:]
        at += length
    inner = put_inside(rng, b"", path[1:], extra)
    return body + wire.varint(path[0] << 3 | 2) + wire.varint(len(inner)) + inner


def text_field(number, body):
    return wire.varint(number << 3 | 2) + wire.varint(len(body)) + body


def number_field(number, value):
    return wire.varint(number << 3) + wire.varint(value)


EXTRAS = (  # (path of messages, bytes); most are refused, some only look so
    ((), b"\x0b"), ((), b"\x0c"), ((), b"\x0b\x0c"), ((), b"\xa3\x06\xa4\x06"), ((), b"\x0e"), ((), b"\x0f"), ((), b"\0"), ((), b"\0\0"), ((), b"\x02\0"), ((), b"\x80"), ((), b"\xff" * 11),
    ((), b"\x08\x01"), ((), b"\x09" + b"1" * 8), ((), b"\x0d1234"), ((), b"\x12\x01\x01"), ((), b"\x15\x01\0\0\0"), ((), b"\x20\x01"), ((), b"\x0a\x7f"), ((), b"\x0a\xff\xff\xff\xff\x0f"), ((), b"\xf5\x061"),
    ((), b"\xf1\x06123"), ((), b"\xf2\x06\x05x"), ((), b"\xf0\x06\x80"), ((), b"\xf0\x06" + b"\x80" * 10 + b"\x01"), ((), b"\xf0\x06" + b"\xff" * 9 + b"\x01"),
    ((), text_field(4, b"")), ((), text_field(5, b"")), ((), text_field(9, b"")), ((), text_field(11, b"")), ((4,), number_field(2, 3)), ((4,), b"\x12\x01\x01"), ((4,), b"\x08\x01"),
    ((9,), text_field(1, b"")), ((9,), text_field(2, b"")), ((9,), text_field(3, b"")), ((9,), text_field(4, b"")), ((9,), text_field(4, b"\x08\x01\x08\x02")), ((9, 1), number_field(1, 20000)), ((9, 1), number_field(2, 3000000)),
    ((9, 1), number_field(3, 5)), ((9, 2), number_field(1, 30000)), ((9, 1), b"\x0a\x01\x01"), ((9, 3), text_field(2, b"\xc3\x28")), ((9, 3), text_field(2, "nødvendig".encode())),
    ((11,), b""), ((11,), number_field(1, 5)), ((11,), number_field(1, 253402300799)), ((11,), number_field(1, 253402300800)), ((11,), number_field(1, -62135596800)), ((11,), number_field(1, -62135596801)),
    ((11,), number_field(2, 999999999)), ((11,), number_field(2, 10**9)), ((11,), number_field(2, -1)), ((11,), text_field(3, b"?")), ((11,), number_field(1, 2**62) + number_field(1, 5)), ((10, 7), number_field(2, 10**9)),
    ((10, 7), number_field(1, 1)), ((10,), number_field(8, 2)), ((10,), number_field(8, 0)), ((10,), text_field(9, b"later")),
    ((), text_field(12, b"\xff")), ((), text_field(12, b"\xc0\x80")), ((), text_field(12, b"\xed\xa0\x80")), ((), text_field(12, b"\xf4\x90\x80\x80")), ((), text_field(12, b"\xf4\x8f\xbf\xbf")), ((), text_field(12, b"\xe2\x82")),
    ((), text_field(12, b"a\0b")), ((), text_field(12, b"\0")), ((), text_field(13, b"x" * 16384)), ((), text_field(13, b"x" * 16385)), ((), text_field(99, b"\0\xff" * 20000)),
    ((5,), text_field(7, b"a later field")), ((7,), text_field(3, b"a\0b")), ((8,), text_field(4, b"2026-03-09")), ((8,), number_field(3, 2**33 + 60)), ((), text_field(1, b"") + text_field(1, b"5f0c2a1e-8b7d-4c36-9a41-0d2e6b7f1c01")),
    ((), b"".join(text_field(99, b"y" * 60000) for _ in range(5))), ((9,), text_field(4, b"\x08\x01") * 60), ((9,), text_field(4, b"\x08\x01") * 64), ((9,), text_field(4, b"") * 65))


def bad_raw(corpus, attributes, data):
    """Bytes that are broken, hold what is not known, or only look wrong."""
    rng = corpus.rng
    body = Messy(rng, unknown_too=rng.random() < 0.5).message("Application", tree_of(data))
    kind = rng.randrange(10)
    if kind < 1:
        body = body[:rng.randrange(len(body))]
    elif kind < 2:
        place = rng.randrange(len(body))
        body = body[:place] + bytes([rng.randrange(256)]) + body[place + 1:]
    elif kind < 8:
        path, extra = rng.choice(EXTRAS)
        body = put_inside(rng, wire.encode("Application", tree_of(data)) if rng.random() < 0.5 else body, path, extra)
    if kind == 8 and rng.random() < 0.3:
        return json.dumps(attributes | {"data": data, "data_base64": ""}, separators=(",", ":"))
    return packed(attributes, body)
