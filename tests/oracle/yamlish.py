"""The part of YAML that a rulebook is written in. Every scalar stays the text it is."""
import re

PLAIN_END = re.compile(r"\s+#.*$")


class Reader:
    def __init__(self, text):
        self.lines = []
        for line in text.split("\n"):
            bare = line.strip()
            if bare in ("---", "...") and not self.lines:
                continue
            self.lines.append(line.rstrip())
        self.at = 0

    def skip(self):
        while self.at < len(self.lines) and re.fullmatch(r"\s*(#.*)?", self.lines[self.at]):
            self.at += 1
        return self.at < len(self.lines)

    def indent(self):
        line = self.lines[self.at]
        return len(line) - len(line.lstrip(" "))

    def block(self, least):
        if not self.skip() or self.indent() < least:
            return ""
        depth = self.indent()
        return self.sequence(depth) if self.lines[self.at].lstrip().startswith("- ") else self.mapping(depth)

    def sequence(self, depth):
        items = []
        while self.skip() and self.indent() == depth and self.lines[self.at][depth:].startswith("- "):
            line = self.lines[self.at]
            inner = line[depth + 1:].lstrip(" ")
            if re.match(r"[A-Za-z_]+:(\s|$)", inner):
                self.lines[self.at] = " " * (len(line) - len(inner)) + inner
                items.append(self.mapping(self.indent()))
            else:
                items.append(self.value(inner, depth))
        return items

    def mapping(self, depth):
        entries = {}
        while self.skip() and self.indent() == depth:
            match = re.match(r"([A-Za-z_0-9]+):(?:\s+(.*))?$", self.lines[self.at][depth:])
            if not match or match.group(1) in entries:
                raise ValueError("line %d: %s" % (self.at + 1, self.lines[self.at]))
            entries[match.group(1)] = self.value(match.group(2) or "", depth)
        return entries

    def value(self, text, depth):
        if text == "" or text.startswith("#"):
            self.at += 1
            return self.block(depth if self.next_is_list(depth) else depth + 1)
        if re.fullmatch(r"[|>][-+]?", text):
            return self.scalar_block(text, depth)
        if text[0] not in "\"'[{":
            self.at += 1
            text = PLAIN_END.sub("", text)
            while self.skip() and self.indent() > depth:
                text += " " + PLAIN_END.sub("", self.lines[self.at].strip())
                self.at += 1
            return text
        while True:
            try:
                found, end = flow(text, 0)
                break
            except IndexError:
                self.at += 1
                text += " " + self.lines[self.at].strip()
        if not re.fullmatch(r"\s*(#.*)?", text[end:]):
            raise ValueError("line %d: %s" % (self.at + 1, text[end:]))
        self.at += 1
        return found

    def next_is_list(self, depth):
        return self.skip() and self.indent() == depth and self.lines[self.at][depth:].startswith("- ")

    def scalar_block(self, style, depth):
        self.at += 1
        taken = []
        while self.at < len(self.lines) and (not self.lines[self.at] or self.indent() > depth):
            taken.append(self.lines[self.at])
            self.at += 1
        margin = min(len(line) - len(line.lstrip(" ")) for line in taken if line)
        taken = [line[margin:] for line in taken]
        while taken and not taken[-1]:
            taken.pop()
        text = "\n".join(taken)
        if style[0] == ">":
            text = re.sub(r"(?<!\n)\n(?!\n)", " ", text).replace("\n\n", "\n")
        return text if style.endswith("-") else text + "\n"


def flow(text, at):
    while text[at] == " ":
        at += 1
    if text[at] == "[":
        return flow_many(text, at + 1, "]", False)
    if text[at] == "{":
        return flow_many(text, at + 1, "}", True)
    if text[at] == '"':
        return double_quoted(text, at + 1)
    if text[at] == "'":
        end = at + 1
        while text[end] != "'" or text[end:end + 2] == "''":
            end += 2 if text[end] == "'" else 1
        return text[at + 1:end].replace("''", "'"), end + 1
    end = at
    while text[end] not in ",]}" and not (text[end] == ":" and text[end + 1] in " ,]}"):
        end += 1
    return text[at:end].strip(), end


def flow_many(text, at, closer, keyed):
    found = {} if keyed else []
    while True:
        while text[at] in " ,":
            at += 1
        if text[at] == closer:
            return found, at + 1
        item, at = flow(text, at)
        if keyed:
            while text[at] == " ":
                at += 1
            if text[at] != ":" or item in found:
                raise ValueError("mapping: " + text[at:at + 20])
            found[item], at = flow(text, at + 1)
        else:
            found.append(item)


def double_quoted(text, at):
    out = ""
    while text[at] != '"':
        if text[at] == "\\":
            escape = text[at + 1]
            width = {"x": 2, "u": 4, "U": 8}.get(escape)
            if width:
                out += chr(int(text[at + 2:at + 2 + width], 16))
                at += 2 + width
                continue
            out += {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "e": "\x1b", "N": "\x85", "_": "\xa0"}.get(escape, escape)
            at += 2
            continue
        out += text[at]
        at += 1
    return out, at + 1


def load(text):
    return Reader(text).block(0)
