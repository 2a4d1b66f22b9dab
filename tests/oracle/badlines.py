"""Lines that are to be refused, or that look so."""
import json

from rawlines import bad_raw


def text(line):
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def bad_line(corpus, attributes, data):
    """One line made from a good event; what it breaks is drawn."""
    rng = corpus.rng
    attributes = corpus.attributes(data, corpus.moment())
    return rng.choice((bad_text, bad_text, bad_attribute, bad_attribute, bad_data, bad_data, bad_data, bad_size, bad_private, bad_raw, bad_raw, bad_raw))(corpus, attributes, data)


def bad_text(corpus, attributes, data):
    good = corpus.write(attributes, data)
    cut = corpus.rng.randrange(1, len(good))
    return corpus.rng.choice((
        lambda: good[:cut], lambda: good + "}", lambda: good + " x", lambda: good[:-1] + ',"id":"again"}', lambda: good.replace('"data"', '"data":{},"data"', 1),
        lambda: good.replace('"version"', '"version":3,"version"', 1), lambda: "[" + good + "]", lambda: "null", lambda: '"text"', lambda: "17", lambda: "{}", lambda: "[]",
        lambda: "{", lambda: "\ufeff" + good, lambda: good.replace('"1.0"', "'1.0'", 1), lambda: good[:-1] + ",}", lambda: good.replace(":", "=", 1),
        lambda: good.encode().replace(b"Fast job", b"Fast \xff job"), lambda: good.encode().replace(b"Fast job", b"\xc0\xaf"), lambda: good.encode().replace(b"Fast job", b"\xed\xa0\x80"),
        lambda: good.replace("Fast job", "\\ud800"), lambda: good.replace("Fast job", "\\udc00\\ud800"), lambda: good.replace("Fast job", "\\ud83d\\ude42"),
        lambda: good.replace("Fast job", "\\x41"), lambda: good.replace("Fast job", "tab\there"), lambda: good.replace("Fast job", "a\\u0000b"),
        lambda: good.encode() + b"\0", lambda: good.replace("Fast job", "\\u0041"), lambda: "  " + good + " \t\r", lambda: good.replace(":", ":NaN", 1),
        lambda: '{"specversion":"1.0","id":"x","source":"y","type":"z"}' + good))()


def bad_attribute(corpus, attributes, data):
    rng = corpus.rng
    name = rng.choice(("id", "source", "type", "specversion"))
    change = rng.choice((
        {name: ""}, {name: None}, {name: 5}, {name: True}, {name: ["x"]}, {"id": "i" * 512}, {"id": "i" * 513}, {"source": "s" * 513}, {"id": "é" * 256}, {"id": "é" * 257}, {"specversion": "2.0"},
        {"specversion": "1"}, {"specversion": "1.0 "}, {"specversion": "0.3"}, {"type": "dk.mentor.application.approved.v1"},
        {"type": "x"}, {"type": "dk.mentor.application.submitted.v2"}, {"grpcmethod": "/mentor.v1.MentorGrantService/Decide"},
        {"grpcmethod": "mentor.v1.MentorGrantService/DecideApplication"}, {"grpcmethod": "/mentor.v1.MentorGrantService/"},
        {"time": "2026-03-02"}, {"time": ""}, {"time": "2026-03-02T09:00:00"}, {"time": "2026-02-30T09:00:00Z"}, {"time": "2026-03-02T24:00:00Z"}, {"time": "2026-03-02T09:60:00Z"},
        {"time": "2026-03-02T09:00:00+24:00"}, {"time": "2026-03-02T09:00:00.Z"}, {"time": 5}, {"time": "2026-03-02T09:00:00+0100"}, {"time": "2026-03-02T9:00:00Z"},
        {"grpctimeout": ""}, {"grpctimeout": "5"}, {"grpctimeout": "S"}, {"grpctimeout": "123456789S"}, {"grpctimeout": "-5S"}, {"grpctimeout": "5s"}, {"grpctimeout": "5 S"}, {"grpctimeout": "1.5S"},
        {"grpctimeout": "5SS"}, {"subject": "anything"}, {"data": None}, {"subject": "x" * 600}, {"data": 5}, {"data": "text"}, {"data": []}, {"data": {}}, {"time": None, "id": None}))
    line = attributes | {"data": corpus_data(corpus, data)} | change
    if rng.random() < 0.3:
        line.pop(rng.choice(("id", "source", "type", "data")))
    if rng.random() < 0.15:
        line["type"] = "unknown"
    return text(line)


def corpus_data(corpus, data):
    corpus.write(None, data)  # draws a style
    return corpus.spelled("Application", data)


def bad_data(corpus, attributes, data):
    rng = corpus.rng
    path, value = rng.choice((
        ("applicationId", ""), ("applicationId", "no-uuid"), ("applicationId", "5f0c2a1e-8b7d-4c36-9a41-0d2e6b7f1c0"), ("applicationId", "5f0c2a1e-8b7d-4c36-9a41-0d2e6b7f1c011"),
        ("applicationId", "{5f0c2a1e-8b7d-4c36-9a41-0d2e6b7f1c01}"), ("applicationId", "5f0c2a1e8b7d4c369a410d2e6b7f1c01"), ("applicationId", "5f0c2a1g-8b7d-4c36-9a41-0d2e6b7f1c01"),
        ("applicationId", " 5f0c2a1e-8b7d-4c36-9a41-0d2e6b7f1c01"), ("applicationId", 5), ("applicationId", None), ("version", 0), ("version", -1), ("version", 2**32), ("version", "x"), ("version", None),
        ("version", 1.5), ("version", True), ("version", ""), ("version", " 1"), ("version", []), ("unknown", 1), ("unknown", None), ("citizen", []), ("citizen", "x"), ("citizen", 5),
        ("citizen.cpr", 1403760101), ("citizen.targetGroup", "FLEX_JOB"), ("citizen.targetGroup", "target_group_flex_job"), ("citizen.targetGroup", ""), ("citizen.targetGroup", 2**31), ("citizen.targetGroup", 1.5),
        ("citizen.targetGroup", True), ("citizen.introductionProgramme", "true"), ("citizen.introductionProgramme", 1), ("citizen.unknown", 1), ("citizen.CPR", "x"), ("Citizen", {}),
        ("cost.wage", []), ("cost.other", {}), ("cost.other", None), ("cost.other", []), ("cost.other", [None]), ("cost.other", [5]), ("cost.other", [[]]), ("cost.other", [{"kind": "NO"}]),
        ("cost.training", None), ("cost.training.costOre", "1e3x"), ("cost.training.costOre", "9223372036854775808"), ("cost.training.costOre", "-9223372036854775808"), ("cost.training.costOre", True),
        ("cost.training.costOre", "0x10"), ("cost.training.costOre", "1 "), ("cost.training.costOre", ""), ("cost.training.costOre", 1.25), ("cost.training.costOre", {}),
        ("support.minutesPerWeek", 4294967296), ("support.minutesPerWeek", -1), ("submittedAt", "2026-03-02"), ("submittedAt", ""), ("submittedAt", 5), ("submittedAt", "0000-01-01T00:00:00Z"),
        ("submittedAt", "2026-03-02T09:00:00.1234567891Z"), ("submittedAt", "2026-02-29T00:00:00Z"), ("submittedAt", "10000-01-01T00:00:00Z"), ("submittedAt", "0001-01-01T00:00:00+01:00"),
        ("submittedAt", "9999-12-31T23:59:59-01:00"), ("submittedAt", {}), ("submittedAt", {"seconds": "5"}), ("submittedAt", "1970-01-01T00:00:00Z"),
        ("cost.basis", {}), ("assessment.decisive", "YES"), ("mentor.kind", []), ("company.name", ["x"]), ("application_id", "twice"), ("cost", {"wage": {}, "fee": {}}),
        ("cost", {"wage": {"hourlyOre": 1, "monthlyOre": 1}}), ("cost", {"wage": {"hourlyOre": "0", "monthly_ore": 0}}), ("cost", {"wage": None, "fee": {"hourlyOre": 45000}}),
        ("cost", {"wage": {"hourlyOre": None, "monthlyOre": "3450000"}}), ("cost", {"fee": None, "wage": None})))
    fresh = json.loads(text(data))
    target, (*walk, last) = fresh, path.split(".")
    for part in walk:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            return text(attributes | {"data": fresh})
    target[last] = value
    if rng.random() < 0.1:
        attributes["type"] = "unknown"
    return text(attributes | {"data": fresh})


def bad_size(corpus, attributes, data):
    rng, fresh = corpus.rng, json.loads(text(data))
    kind = rng.randrange(60)
    if kind < 30:  # a string at its limit, in bytes
        size = rng.choice((16383, 16384, 16384, 16385, 16385, 16386))
        long = "x" * size if rng.random() < 0.5 else "æ" * (size // 2) + "x" * (size % 2)
        fresh["caseNumber" if rng.random() < 0.5 else "submittedBy"] = long
    elif kind < 40:
        fresh.setdefault("cost", {})["other"] = [{"kind": 1}] * rng.choice((63, 64, 65, 66))
    elif kind < 46:
        fresh["submittedBy"] = "x" * rng.choice((300000, 262144, 261000))
    elif kind < 52:  # every string within its limit, the whole over 256 KiB or just not
        for part, name in [("company", name) for name in ("contactName", "contactEmail", "contactPhone", "name")] + \
                [("mentor", name) for name in ("name", "contact", "qualifications")] + [("support", name) for name in ("goal", "tasks")] + \
                [("assessment", name) for name in ("renewalReasons", "reasons", "assessedBy")] + [("activity", "title")]:
            fresh.setdefault(part, {})[name] = "y" * 16384
        fresh["submittedBy"] = fresh["caseNumber"] = "z" * 16384
        fresh["company"]["pNumber"] = fresh["company"]["cvr"] = fresh["municipalityCode"] = "1" * rng.choice((16384, 100, 16000))
    elif kind < 53:
        return " " * (4 << 20) + corpus.write(attributes, data)
    elif kind < 54:
        line = corpus.write(attributes, data)
        return line + " " * ((4 << 20) - len(line.encode()) + rng.choice((0, 0, 1)))
    else:
        attributes["note"] = "n" * 70000
    return text(attributes | {"data": fresh})


def bad_private(corpus, attributes, data):
    """The CPR number where it may not stand."""
    rng, fresh = corpus.rng, json.loads(text(data))
    if rng.random() < 0.7:
        fresh.setdefault("citizen", {})["cpr"] = rng.choice(("1403760101", "0000000000", "140376-0101", "3102350001", "9999999999"))
    cpr = fresh.get("citizen", {}).get("cpr", "")
    where = rng.choice(("id", "source", "subject"))
    attributes[where] = rng.choice(("%s", "a%sb", "x-%s", "%s/1")) % cpr or "x"
    if rng.random() < 0.2:
        fresh["applicationId"] = "00000000-0000-0000-0000-00" + (cpr if len(cpr) == 10 and cpr.isascii() and cpr.isdigit() else "0000000000")
    return text(attributes | {"data": fresh})
