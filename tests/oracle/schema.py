"""The messages of proto/mentor/v1, read from the .proto files themselves."""
import pathlib
import re

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto" / "mentor" / "v1"
SCALARS = {"string", "bytes", "bool", "uint32", "int32", "int64"}


class Field:
    def __init__(self, number, name, kind, repeated, oneof):
        self.number, self.name, self.kind, self.repeated, self.oneof = number, name, kind, repeated, oneof
        head, *rest = name.split("_")
        self.camel = head + "".join(part[:1].upper() + part[1:] for part in rest)


class Message:
    def __init__(self, name):
        self.name, self.fields = name, []

    def seal(self):
        self.fields.sort(key=lambda field: field.number)
        self.by_number = {field.number: field for field in self.fields}
        self.by_json = {name: field for field in self.fields for name in (field.name, field.camel)}
        self.by_name = {field.name: field for field in self.fields}


def load():
    messages, enums = {}, {}
    stamp = Message("google.protobuf.Timestamp")
    stamp.fields = [Field(1, "seconds", "int64", False, None), Field(2, "nanos", "int32", False, None)]
    messages[stamp.name] = stamp
    for path in sorted(PROTO.glob("*.proto")):
        text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        message = enum = oneof = None
        for token in re.findall(r"[^;{}]*[;{}]", text):
            token = " ".join(token.split())
            opened = re.fullmatch(r"(message|enum|oneof|service) (\w+) \{", token)
            field = re.fullmatch(r"(repeated )?([\w.]+) (\w+) = (\d+);", token)
            value = re.fullmatch(r"(\w+) = (\d+);", token)
            if opened and opened.group(1) == "message":
                message = messages[opened.group(2)] = Message(opened.group(2))
            elif opened and opened.group(1) == "enum":
                enum = enums[opened.group(2)] = {}
            elif opened and opened.group(1) == "oneof":
                oneof = opened.group(2)
            elif token == "}":
                if oneof:
                    oneof = None
                else:
                    message = enum = None
            elif message is not None and field:
                message.fields.append(Field(int(field.group(4)), field.group(3), field.group(2), bool(field.group(1)), oneof))
            elif enum is not None and value:
                enum[value.group(1)] = int(value.group(2))
    for message in messages.values():
        message.seal()
        for field in message.fields:
            if field.kind not in SCALARS and field.kind not in messages and field.kind not in enums:
                raise ValueError("%s.%s: what is %s?" % (message.name, field.name, field.kind))
    return messages, enums


MESSAGES, ENUMS = load()
