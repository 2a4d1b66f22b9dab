"""An Application as a tree: out of ProtoJSON or protobuf bytes, and back to canonical bytes.

A tree is a dict of set fields by proto name: scalars that are not their default (or stand in a oneof),
messages that are present, lists that are not empty; "?" holds a message's unknown fields as bytes.
"""
import base64
import binascii
import json
import re

import days
from schema import ENUMS, MESSAGES

MAX_STRING = 16384
MAX_LIST = 64
INTEGERS = {"uint32": (0, 2**32 - 1), "int32": (-2**31, 2**31 - 1), "int64": (-2**63, 2**63 - 1)}


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def bad(message):
    return Refused("INVALID_ARGUMENT", message)


class Real(float):
    """A JSON number with a fraction or an exponent."""


def unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise bad("a key twice")
    return found


def not_a_number(text):
    raise bad(text + " is no JSON")


def parse_json(line):
    try:
        text = line.decode("utf-8")
        value = json.loads(text, object_pairs_hook=unique, parse_float=Real, parse_constant=not_a_number)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate fails
        return value
    except (ValueError, RecursionError) as error:
        raise bad("no JSON: %s" % error)


def is_message(field):
    return field.kind in MESSAGES


def from_json(name, value):
    """The tree of a message in ProtoJSON; Refused when it is not one."""
    if name == "google.protobuf.Timestamp":
        moment = days.timestamp(value) if isinstance(value, str) else None
        if moment is None:
            raise bad("no timestamp: %r" % (value,))
        seconds, nanos = divmod(moment, 10**9)
        return {key: number for key, number in (("seconds", seconds), ("nanos", nanos)) if number}
    if not isinstance(value, dict):
        raise bad("%s is no object" % name)
    message, tree, seen = MESSAGES[name], {}, set()
    for key, item in value.items():
        field = message.by_json.get(key)
        if field is None:
            raise bad("%s has no field %s" % (name, key))
        if field.name in seen:
            raise bad("%s.%s twice" % (name, field.name))
        seen.add(field.name)
        if item is None:
            continue
        if field.oneof and any(other.oneof == field.oneof and other.name in tree for other in message.fields):
            raise bad("both members of %s" % field.oneof)
        if field.repeated:
            if not isinstance(item, list):
                raise bad("%s is no list" % key)
            if item:
                tree[field.name] = [from_json(field.kind, one) for one in item]
        elif is_message(field):
            tree[field.name] = from_json(field.kind, item)
        else:
            item = scalar_from_json(field, item)
            if item or field.oneof:
                tree[field.name] = item
    return tree


def scalar_from_json(field, item):
    if isinstance(item, Real) and item.is_integer() and abs(item) < 2**53:
        item = int(item)  # 1.0 and 1e0 are the number 1
    if field.kind == "string":
        if isinstance(item, str):
            return item
    elif field.kind == "bool":
        if isinstance(item, bool):
            return item
    elif field.kind in ENUMS:
        if isinstance(item, str) and item in ENUMS[field.kind]:
            return ENUMS[field.kind][item]
        if isinstance(item, int) and not isinstance(item, bool) and -2**31 <= item < 2**31:
            return item
    else:
        low, high = INTEGERS[field.kind]
        if isinstance(item, str) and re.fullmatch("-?(0|[1-9][0-9]*)", item) and len(item) < 21:
            item = int(item)
        if isinstance(item, int) and not isinstance(item, bool) and low <= item <= high:
            return item
    raise bad("%s: %r" % (field.name, item))


def check_limits(name, tree):
    """Strings and lists of an Application against the limits of the scan."""
    for field in MESSAGES[name].fields:
        item = tree.get(field.name)
        if item is None:
            continue
        if field.repeated and len(item) > MAX_LIST:
            raise bad("%s holds over %d" % (field.name, MAX_LIST))
        if is_message(field):
            for one in item if field.repeated else [item]:
                check_limits(field.kind, one)
        elif field.kind == "string":
            check_string(field, item)


def check_string(field, item):
    if len(item.encode("utf-8")) > MAX_STRING or "\0" in item:
        raise bad("%s is too long or holds a NUL" % field.name)


def varint(number):
    number &= 2**64 - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(name, tree):
    out = b""
    for field in MESSAGES[name].fields:
        item = tree.get(field.name)
        if item is None:
            continue
        for one in item if field.repeated else [item]:
            if is_message(field) or field.kind == "string":
                body = encode(field.kind, one) if is_message(field) else one.encode("utf-8")
                out += varint(field.number << 3 | 2) + varint(len(body)) + body
            else:
                out += varint(field.number << 3) + varint(int(one))
    return out + tree.get("?", b"")


def read_varint(data, at):
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise bad("a varint is cut off or too long")
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number & 2**64 - 1, at


def signed(number, bits):
    number &= 2**bits - 1
    return number - 2**bits if number >> bits - 1 else number


def decode(name, data):
    """The tree of protobuf bytes, with the scan's refusals."""
    message, tree, at = MESSAGES[name], {}, 0
    while at < len(data):
        begin = at
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not 1 <= number < 2**29 or wire not in (0, 1, 2, 5):
            raise bad("tag %d" % tag)
        body, number_read = b"", 0
        if wire == 0:
            number_read, at = read_varint(data, at)
        elif wire == 2:
            length, at = read_varint(data, at)
            body, at = data[at:at + length], at + length
        else:
            at += 8 if wire == 1 else 4
        if at > len(data):
            raise bad("cut off")
        field = message.by_number.get(number)
        if field is None:
            tree["?"] = tree.get("?", b"") + data[begin:at]
            continue
        if wire != (2 if is_message(field) or field.kind == "string" else 0):
            raise bad("%s has wire type %d" % (field.name, wire))
        put(message, tree, field, body, number_read)
    if name == "google.protobuf.Timestamp":
        seconds, nanos = tree.get("seconds", 0), tree.get("nanos", 0)
        if not -62135596800 <= seconds <= 253402300799 or not 0 <= nanos < 10**9:
            raise bad("a Timestamp outside RFC 3339")
    return tree


def put(message, tree, field, body, number):
    if field.oneof and any(other.oneof == field.oneof and other.name in tree for other in message.fields):
        raise bad("oneof %s twice" % field.oneof)
    if field.repeated:
        tree.setdefault(field.name, []).append(decode(field.kind, body))
    elif is_message(field):
        if field.name in tree:
            raise bad("%s twice" % field.name)
        tree[field.name] = decode(field.kind, body)
    else:
        if field.kind == "string":
            try:
                item = body.decode("utf-8")
            except UnicodeDecodeError:
                raise bad("%s is not UTF-8" % field.name)
            check_string(field, item)  # also one that a later occurrence replaces
        elif field.kind == "bool":
            item = number != 0
        elif field.kind == "uint32":
            item = number & 2**32 - 1
        else:
            item = signed(number, 64 if field.kind == "int64" else 32)
        if item or field.oneof:
            tree[field.name] = item
        else:
            tree.pop(field.name, None)


def from_base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise bad("no base64")


def to_json(name, tree):
    """ProtoJSON of a message tree: lowerCamelCase, defaults left out, fields in number order."""
    out = {}
    for field in MESSAGES[name].fields:
        item = tree.get(field.name)
        if item is None or not item and (field.repeated or not is_message(field)):
            continue
        if field.repeated:
            out[field.camel] = [to_json(field.kind, one) for one in item]
        elif field.kind == "google.protobuf.Timestamp":
            out[field.camel] = item  # already RFC 3339
        elif is_message(field):
            out[field.camel] = to_json(field.kind, item)
        elif field.kind == "int64":
            out[field.camel] = str(item)
        elif field.kind == "bytes":
            out[field.camel] = base64.b64encode(item).decode("ascii")
        else:
            out[field.camel] = item
    return out
