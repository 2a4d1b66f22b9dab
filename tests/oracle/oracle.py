#!/usr/bin/env python3
"""A second implementation of `mentord decide`, made from the specification alone.

usage: oracle.py FILE [--at now|event|RFC3339] [--rulebook FILE] [--key TEXT]
"""
import argparse
import hashlib
import hmac
import json
import pathlib
import re
import sys
import time

import days
import kommuner
import wire
from rulebook import Rulebook
from rules import WEIGHTS, Assessment, Facts, valid_cvr
from schema import MESSAGES
from wire import Refused, bad

METHOD = "/mentor.v1.MentorGrantService/DecideApplication"
TYPE = "dk.mentor.application.submitted.v1"
UUID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
UNITS = dict(H=3600 * 10**9, M=60 * 10**9, S=10**9, m=10**6, u=10**3, n=1)
CONTENT_FOLDS_ID = True  # an application id in other case is the same content: ids compare without regard to case
ROOT = pathlib.Path(__file__).resolve().parents[2]


def attribute(name, item):
    """An attribute's text; CloudEvents writes booleans and integers bare, and mentord takes them so for any name."""
    if name in ("data", "data_base64") or not isinstance(item, int):
        return item
    return str(item).lower()


def check_size(value):
    if len(value) > 256 << 10:
        raise Refused("RESOURCE_EXHAUSTED", "over 256 KiB")


class Event:
    """One line as an event; refused marks are kept until their turn in the order of the checks."""

    def __init__(self, value, now_ns):
        if not isinstance(value, dict):
            raise bad("no object")
        self.ce = "specversion" in value
        if not self.ce:
            self.data = value
            self.source, self.time, self.now = "mentord", now_ns, now_ns
            self.attributes = {}
            return
        self.attributes = {key: attribute(key, item) for key, item in value.items() if item is not None}
        self.data = self.attributes.get("data")
        self.now = now_ns

    def tree(self):
        if "data_base64" in self.attributes:
            if self.data is not None:
                raise bad("data and data_base64")
            value = wire.from_base64(self.attributes["data_base64"])
            check_size(value)
            return wire.decode("Application", value)
        tree = wire.from_json("Application", self.data)
        check_size(wire.encode("Application", tree))
        return tree

    def check_headers(self):
        """Rows two and three of the disposition table."""
        if not self.ce:
            return
        have = self.attributes
        for name in ("specversion", "id", "source", "type"):
            item = have.get(name)
            if not isinstance(item, str) or not 1 <= len(item.encode("utf-8")) <= 512:
                raise bad("%s is missing, empty or too long" % name)
        if have["specversion"] != "1.0":
            raise bad("specversion is not 1.0")
        self.id, self.source, self.time = have["id"], have["source"], None
        if "time" in have:
            self.time = days.timestamp(have["time"]) if isinstance(have["time"], str) else None
            if self.time is None:
                raise bad("malformed time")
        self.timeout = None
        if "grpctimeout" in have:
            match = re.fullmatch("([0-9]{1,8})([HMSmun])", str(have["grpctimeout"]))
            if not match:
                raise bad("malformed grpctimeout")
            self.timeout = int(match.group(1)) * UNITS[match.group(2)]
        if self.data is None and "data_base64" not in have:
            raise bad("no data")
        if have["type"] != TYPE or have.get("grpcmethod", METHOD) != METHOD:
            raise Refused("UNIMPLEMENTED", "unknown type or method")

    def key(self):
        packed = b"".join(len(part).to_bytes(4, "big") + part for part in (self.source.encode(), self.id.encode()))
        return hashlib.sha256(packed).digest()[:16]

    def traces(self, cpr):
        found = {}
        for name, good in (("traceparent", good_traceparent), ("tracestate", good_tracestate)):
            item = self.attributes.get(name)
            if isinstance(item, str) and good(item) and not (cpr and cpr in item):
                found[name] = item
        return found


def good_traceparent(text):
    match = re.fullmatch("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", text)
    return bool(match) and match.group(1) != "ff" and match.group(2).strip("0") != "" and \
        match.group(3).strip("0") != "" and (match.group(4) is None or match.group(1) != "00")


def good_tracestate(text):
    key = r"[a-z0-9][a-z0-9_\-*/@]{0,255}"
    value = r"[ -+\--<>-~]{0,255}[!-+\--<>-~]"
    members = [member.strip(" \t") for member in text.split(",")]
    named = [member for member in members if member]
    return 1 <= len(named) and len(members) <= 32 and all(re.fullmatch(key + "=" + value, member) for member in named)


class Application:
    """What is decided of one application."""

    def __init__(self):
        self.events = {}  # event key -> content
        self.contents = {}  # version -> contents decided, D06 ones included
        self.decided = {}  # version -> decision id of the first decision
        self.granted = {}  # citizen_ref -> (version, period or None), their newest decided version


class Oracle:
    def __init__(self, rulebook, at, key=b"mentord-dev"):
        self.rulebook, self.at, self.key = rulebook, at, key
        self.applications = {}
        self.by_citizen = {}  # citizen_ref -> ids of applications
        self.seq = {}

    def line(self, raw):
        """The outcome event of one line, None for a duplicate; Refused otherwise."""
        if len(raw) > 4 << 20:
            raise Refused("RESOURCE_EXHAUSTED", "a line over 4 MiB")
        event = Event(wire.parse_json(raw), time.time_ns())
        tree = problem = None
        try:
            tree = event.tree()
        except Refused as error:
            if error.status == "RESOURCE_EXHAUSTED":
                raise
            problem = error
        event.check_headers()
        if problem:
            raise problem
        wire.check_limits("Application", tree)
        facts = Facts(tree)
        if not UUID.fullmatch(facts["application_id"]):
            raise bad("application id is no UUID")
        if facts["version"] == 0:
            raise bad("version 0")
        if not event.ce:
            event.id, event.timeout = "%s/%d" % (facts["application_id"], facts["version"]), None
        cpr = facts["citizen.cpr"] if re.fullmatch("[0-9]{10}", facts["citizen.cpr"]) else None
        if cpr and any(cpr in str(text) for text in (event.id, event.source, event.attributes.get("subject", ""))):
            raise bad("the CPR stands in an attribute")
        same = tree | {"application_id": facts["application_id"].lower()} if CONTENT_FOLDS_ID else tree
        content = wire.encode("Application", same)
        return self.dispose(event, facts, content, cpr)

    def dispose(self, event, facts, content, cpr):
        number, version = facts["application_id"].lower(), facts["version"]
        application = self.applications.get(number) or Application()
        key = event.key()
        if key in application.events:
            if application.events[key] == content:
                return None
            raise Refused("ABORTED", "the event id was used for other content")
        if content in application.contents.get(version, ()):
            return None
        if application.decided and version < max(application.decided):
            raise Refused("FAILED_PRECONDITION", "an older version")
        at_ms = (self.at if isinstance(self.at, int) else
                 event.now if self.at == "now" or event.time is None else event.time) // 10**6
        today = days.danish_day(at_ms)
        law, later = self.rulebook.law_on(today)
        if law is None:
            raise Refused("FAILED_PRECONDITION", "no law in force")
        other_content = version in application.decided
        ref = hmac.new(self.key, facts["citizen.cpr"].encode("utf-8"), hashlib.sha256).hexdigest()[:32]
        history = [self.applications[other].granted[ref][1] for other in self.by_citizen.get(ref, ()) if other != number]
        found = Assessment(facts, today, law, later, self.rulebook.parameters_of(facts["municipality_code"]),
                           self.rulebook.serves, [period for period in history if period], other_content)
        decision_id = uuid7(at_ms, number, version, key)
        below = [one for one in application.decided if one < version]
        supersedes = application.decided[max(below)] if below and not other_content else ""
        decision = self.decision(facts, found, law, today)
        decision |= {"decision_id": decision_id, "citizen_ref": ref, "evaluated_at": days.rfc3339(at_ms),
                     "supersedes": supersedes, "source": {"event_id": event.id}}
        self.remember(application, number, version, key, content, decision_id, ref, found, other_content)
        return self.outcome(event, decision, at_ms, cpr)

    def remember(self, application, number, version, key, content, decision_id, ref, found, other_content):
        self.applications[number] = application
        application.events[key] = content
        application.contents.setdefault(version, set()).add(content)
        self.seq[ref] = self.seq.get(ref, 0) + 1
        if other_content:
            return
        application.decided[version] = decision_id
        application.granted[ref] = (version, (found.start, found.end) if found.outcome() == "APPROVED" else None)
        self.by_citizen.setdefault(ref, {})[number] = True

    def decision(self, facts, found, law, today):
        deadline = days.complaint_deadline(today)

        def fill(text):
            return text.replace("{authority}", law["authority"]).replace("{deadline}", days.danish(deadline))

        findings = []
        for rule, field in found.findings:
            da, en = self.rulebook.texts.get(rule, ("", ""))
            findings.append({"rule": rule, "weight": "WEIGHT_" + WEIGHTS[rule], "field": field, "text_da": fill(da),
                             "text_en": fill(en), "legal_ref": law["refs"].get(rule, "")})
        outcome = found.outcome()
        code, p_number = facts["municipality_code"], facts["company.p_number"]
        return {
            "application_id": facts["application_id"], "version": facts["version"], "outcome": "OUTCOME_" + outcome,
            "by_right": outcome == "APPROVED" and found.has("E07"),
            "municipality_code": code if code in kommuner.CODES else "",
            "decision_date": days.iso(today),
            "rulebook": {"name": self.rulebook.name, "version": self.rulebook.version, "sha256": self.rulebook.sha256,
                         "law": days.iso(law["from"])},
            "findings": findings, "frame": found.frame(), "period": found.period(),
            "complaint": {"text_da": fill(self.rulebook.complaint), "deadline": days.iso(deadline)},
            "mentor_kind": ("", "MENTOR_KIND_EMPLOYEE", "MENTOR_KIND_EXTERNAL")[facts["mentor.kind"]],
            "company_cvr": facts["company.cvr"] if valid_cvr(facts["company.cvr"]) else "",
            "company_p_number": p_number if p_number.strip(" \t\n\v\f\r") and not found.has("D03", "company.p_number") else "",
        }

    def outcome(self, event, decision, at_ms, cpr):
        kind = decision["outcome"].removeprefix("OUTCOME_").lower()
        out = {"specversion": "1.0", "id": decision["decision_id"], "source": "mentord",
               "type": "dk.mentor.application.%s.v1" % kind, "subject": decision["application_id"],
               "time": days.rfc3339(at_ms)}
        out |= event.traces(cpr)
        out["mentorseq"] = str(self.seq[decision["citizen_ref"]])
        if event.timeout is not None and event.time is not None:
            late = at_ms - event.time // 10**6 - event.timeout // 10**6  # each in whole milliseconds, rounded down
            if late > 0:
                out["mentorlatems"] = str(late)
        out["grpcstatus"] = "0"
        out["data"] = wire.to_json("Decision", decision)
        return out


def uuid7(at_ms, application_id, version, key):
    digest = hashlib.sha256(application_id.encode("ascii") + version.to_bytes(4, "big") + key).digest()
    bits = int.from_bytes(digest, "big") >> 256 - 74
    number = (at_ms & 2**48 - 1) << 80 | 7 << 76 | bits >> 62 << 64 | 2 << 62 | bits & 2**62 - 1
    text = "%032x" % number
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def run(lines, oracle):
    """Yields (line number, output line or None) of each line that is not blank."""
    for number, raw in enumerate(lines, 1):
        if not raw.strip(b" \t\r"):
            continue
        try:
            out = oracle.line(raw)
        except Refused as error:
            out = {"line": number, "error": {"status": error.status, "reason": "", "message": str(error)}}
        yield number, out and json.dumps(out, ensure_ascii=False, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--at", default="event")
    parser.add_argument("--rulebook", default=ROOT / "deploy" / "rulebooks" / "dk-2026.yaml")
    parser.add_argument("--key", default="mentord-dev")
    options = parser.parse_args()
    at = options.at if options.at in ("now", "event") else days.timestamp(options.at)
    if at is None:
        parser.error("--at: no RFC 3339 time")
    oracle = Oracle(Rulebook(options.rulebook), at, options.key.encode())
    data = pathlib.Path(options.file).read_bytes() if options.file != "-" else sys.stdin.buffer.read()
    refused = False
    for _, out in run(data.removesuffix(b"\n").split(b"\n"), oracle):
        if out:
            refused = refused or out.startswith('{"line"')
            sys.stdout.buffer.write(out.encode("utf-8") + b"\n")
    return 2 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
