#!/usr/bin/env python3
"""Random lines for `mentord decide`, nasty ones: every rule, every limit, every kind of refusal, and histories.

usage: corpus.py --seed N --count M
"""
import argparse
import copy
import json
import random
import sys
import uuid

import days
import people
from badlines import bad_line
from edges import BOOLS, CHOICES, LAWS, NUMBERS, SOURCES, TEXTS, TYPE, UTC_MIDNIGHTS, WEIRD
from kommuner import CODES
from rawlines import raw_line
from schema import ENUMS, MESSAGES


def put(data, path, value):
    *walk, last = path.split(".")
    for part in walk:
        data = data.setdefault(part, {})
    data[last] = value


def get(data, path):
    for part in path.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


class Corpus:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.people = []  # (cpr, [(start, end) of applications so far])
        self.sent = []  # (attributes, data) of good events
        self.number = 0
        self.kinds = 100  # 92 leaves out bare applications and bad lines

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def moment(self):
        """Nanoseconds of an event's time."""
        rng, kind = self.rng, self.rng.randrange(20)
        if kind < 8:
            return days.from_civil(2026, rng.randrange(1, 13), rng.randrange(1, 29)) * 86400 * 10**9 + rng.randrange(86400) * 10**9
        if kind < 13:
            base = days.timestamp(rng.choice(UTC_MIDNIGHTS) + "Z")
            return base + rng.choice((0, -1, 1, -10**6, 10**6, -10**9, 10**9, -3600 * 10**9, 3600 * 10**9, 86400 * 10**9))
        if kind < 19:
            return rng.randrange(days.from_civil(2019, 12, 28), days.from_civil(2028, 6, 1)) * 86400 * 10**9 + rng.randrange(86400 * 10**9)
        return days.timestamp(rng.choice((
            "2019-12-31T12:00:00Z", "1999-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "2199-12-31T22:59:59Z", "2500-06-01T00:00:00Z",
            "2100-03-28T01:00:00Z", "2038-01-19T03:14:08Z", "2020-01-01T00:00:00Z", "2099-12-31T23:30:00Z")))

    def write_moment(self, moment):
        """RFC 3339 in one of its forms."""
        seconds, nanos = divmod(moment, 10**9)
        zone, offset = self.rng.choice((("Z", 0), ("Z", 0), ("Z", 0), ("+00:00", 0), ("-00:00", 0), ("+02:00", 7200), ("-11:30", -41400), ("+14:00", 50400)))
        day, second = divmod(seconds + offset, 86400)
        text = "%sT%02d:%02d:%02d" % (days.iso(day), second // 3600, second // 60 % 60, second % 60)
        digits = "%09d" % nanos
        if nanos:
            text += "." + (digits.rstrip("0") if self.chance(50) else digits)
        elif self.chance(5):
            text += self.rng.choice((".0", ".000", ".000000000"))
        return text + zone

    def dates(self, data, today, earlier):
        """start and end, near today, a law, or an earlier period."""
        rng, kind = self.rng, self.rng.randrange(20)
        if earlier and kind < 11:
            since, until = rng.choice(earlier)
            start = rng.choice((until + rng.choice((-1, 0, 1, 1, 2, 30, 31, 31, 32, 33)), since + rng.choice((-100, -30, 0, 1))))
        elif kind < 15:
            start = today + rng.choice((-1, 0, 0, 1, 7, 7, 14, 30))
        elif kind < 17:
            start = days.from_civil(rng.choice((2023, 2024, 2025, 2026, 2027)), rng.choice((2, 3, 5, 8, 10, 12)), rng.choice((1, 28)))
            start += rng.choice((0, 1, 2, 3, 29, 30))
        else:
            start = days.from_civil(*rng.choice(LAWS)) + rng.randrange(-190, 3)
        kind = rng.randrange(20)
        if kind < 6:
            end = start + rng.randrange(1, 180)
        elif kind < 13:
            end = days.latest_end(start) + rng.choice((-1, 0, 0, 1))
        elif kind < 15 and earlier:
            end = rng.choice(earlier)[0] + rng.choice((-1, 0, 1, -2))
        elif kind < 17:
            end = days.from_civil(*rng.choice(LAWS)) + rng.choice((-1, 0, 1))
        else:
            end = start + rng.choice((-1, 0, 0, 1, 6, 3658, 3659, 3660, 90))
        put(data, "support.startDate", days.iso(max(start, days.from_civil(1800, 1, 1))))
        put(data, "support.endDate", days.iso(max(end, days.from_civil(1800, 1, 1))))
        return start, end

    def application(self, cpr, today, earlier):
        """One that is approved more often than not."""
        rng = self.rng
        external = self.chance(25)
        data = {
            "applicationId": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "version": 1, "municipalityCode": rng.choice(("0217", "0101", "0751", "0860")),
            "citizen": {"cpr": cpr, "targetGroup": rng.choice((1, 2, 3, 6, 7, 9, 10, 8, 4, 5))},
            "company": {"cvr": rng.choice(people.CVRS), "name": "Værkstedet ApS", "contactName": "Hans"},
            "activity": {"kind": rng.choice((1, 1, 2, 3, 4, 8)), "aim": rng.choice((1, 2)), "title": "Mekaniker"},
            "mentor": {"kind": 2 if external else 1, "name": "Jens", "contact": "jens@firma.example", "relation": 1, "qualifications": "Øvet"},
            "support": {"goal": "Fast job", "tasks": "Samtaler", "minutesPerWeek": rng.choice((60, 90, 120, 180, 240, 1, 7, 133))},
            "cost": {},
            "assessment": {"decisive": 1, "beyondNormal": 1, "reasons": "Behov", "assessedBy": "KMJ"},
        }
        if external:
            data["cost"]["fee"] = {"hourlyOre": rng.choice((45000, 59999, 60000, 30001)), "vatBp": rng.choice((0, 2500))}
        else:
            rate = {"hourlyOre": rng.randrange(15000, 28000)} if self.chance(60) else {"monthlyOre": rng.randrange(2500000, 4600000)}
            data["cost"]["wage"] = rate | {"holidayBp": rng.choice((0, 100, 1250)), "pensionBp": rng.choice((0, 800, 1000, 1733)),
                                           "otherOrePerHour": rng.choice((0, 250, 300))}
        if data["citizen"]["targetGroup"] in (8, 10) or self.chance(5):
            data["citizen"]["courseGrantedOn"] = rng.choice(("2025-11-17", "2026-06-30", "2026-07-01", "2026-06-31", "", "2026-6-30"))
        start, _ = self.dates(data, today, earlier)
        if data["activity"]["kind"] == 3 or self.chance(5):
            data["activity"]["kind"] = 3
            data["citizen"]["targetGroup"] = rng.choice((4, 4, 5, 5, 3))
            admitted = days.add_months(start, -6) + rng.choice((-2, -1, 0, 1, 2, 3, 100))
            put(data, "citizen.educationAdmissionDate", days.iso(admitted))
            if self.chance(40):
                put(data, "assessment.decisive", rng.choice((0, 2, 7)))
        return data

    def date_text(self):
        rng = self.rng
        return rng.choice((
            "", " ", "2026-03-09 ", "2026-3-9", "2026-02-29", "2024-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "1899-12-31",
            "1900-01-01", "1900-02-29", "2000-02-29", "2100-02-29", "2199-12-31", "2200-01-01", "2026/03/09", "20260309", "2026-03-09T00:00:00Z",
            "+026-03-09", "-026-03-09", "２０２６-03-09", "2026-03-0a", "0000-00-00", "9999-12-31", "2026-12-31", "2027-01-01", "2026-06-30", "2026-07-01",
            "2026-08-31", "2025-08-31", "2026-03-31"))

    def spoil(self, data, today):
        """One change."""
        rng, kind = self.rng, self.rng.random() * 24
        if kind < 5:
            path, values = rng.choice(list(NUMBERS.items()))
            parts = path.split(".")
            if parts[1] in ("wage", "fee") and parts[1] not in data.get("cost", {}):
                return
            if parts[-1] in ("hourlyOre", "monthlyOre") and parts[1] == "wage":
                data["cost"]["wage"].pop("hourlyOre", None)
                data["cost"]["wage"].pop("monthlyOre", None)
            put(data, path, rng.choice(values))
        elif kind < 8:
            path, enum = rng.choice(list(CHOICES.items()))
            put(data, path, rng.choice((*ENUMS[enum].values(), *list(ENUMS[enum].values())[1:] * 3, 99, 14, -1, 2**31 - 1, -2**31)))
        elif kind < 11:
            put(data, rng.choice(BOOLS), self.chance(85))
        elif kind < 13:
            put(data, rng.choice(TEXTS), rng.choice(WEIRD))
        elif kind < 14:
            path = rng.choice(("support.startDate", "support.endDate", "citizen.educationAdmissionDate", "citizen.courseGrantedOn"))
            put(data, path, self.date_text())
        elif kind < 15:
            put(data, "citizen.cpr", people.someone(rng, today))
        elif kind < 16:
            put(data, rng.choice(("company.cvr", "mentor.supplierCvr")), people.cvr(rng))
        elif kind < 17:
            cpr = get(data, "citizen.cpr") or ""
            put(data, "company.pNumber", rng.choice((cpr, "9900000071", "990000007", "99000000711", " ", "", "abcdefghij", "0000000000", "9900000071 ")))
        elif kind < 18:
            data["municipalityCode"] = rng.choice((*rng.sample(sorted(CODES), 3), "0411", "0000", "", "217", "02170", "0217 ", "9999", "０217"))
        elif kind < 20:
            self.spoil_cost(data)
        elif kind < 20.5:
            data.pop(rng.choice(list(data)), None)
        elif kind < 21.5:
            put(data, rng.choice(("citizen", "company", "activity", "mentor", "support", "cost", "assessment", "cost.wage", "cost.training", "submittedAt")),
                {})
            if data.get("submittedAt") == {}:
                data["submittedAt"] = self.write_moment(self.moment())
            cost = data.get("cost", {})
            if "wage" in cost and "fee" in cost:
                cost.pop(rng.choice(("wage", "fee")))
        elif kind < 23:
            put(data, "assessment.assessedAt", rng.choice(("1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
                                                           self.write_moment(self.moment()))))
        else:
            message = get(data, rng.choice(("citizen", "company", "activity", "mentor", "support", "cost", "assessment")))
            if message:
                message.pop(rng.choice(list(message)))

    def spoil_cost(self, data):
        rng, cost, kind = self.rng, data.setdefault("cost", {}), self.rng.randrange(8)
        if kind < 3:
            many = rng.choice((1, 1, 2, 3, 3, 4, 64 if self.chance(10) else 2, 65 if self.chance(10) else 1))
            cost["other"] = [{} if self.chance(8) else {"kind": rng.choice((0, 1, 2, 3, 4, 9)), "costOre": rng.choice((60000, 0, *NUMBERS["cost.training.costOre"]))}
                             for _ in range(many)]
        elif kind < 4:
            cost["training"] = {"costOre": rng.choice((0, 320000, 500000, 500001)), "necessity": rng.choice(("Nødvendigt", "", " "))}
        elif kind < 5:
            cost.pop("wage", None)
            cost.pop("fee", None)
            cost[rng.choice(("wage", "fee"))] = {"hourlyOre": rng.choice((0, 20000, 24000, 24001, 40000, 40001, 60000))}
        elif kind < 6:
            cost.pop("fee", None)
            cost["wage"] = rng.choice(({}, {"holidayBp": 100}, {"hourlyOre": 0}, {"monthlyOre": 0}))
        elif kind < 7:
            put(data, "mentor.kind", rng.choice((0, 1, 2, 3)))
        else:
            cost.pop("wage", None)
            cost.pop("fee", None)

    # how it is written

    def spelled(self, name, value):
        """The same facts in one of ProtoJSON's spellings."""
        if not isinstance(value, dict):
            return value
        rng, out = self.rng, {}
        items = list(value.items())
        if self.style["shuffle"]:
            rng.shuffle(items)
        for key, item in items:
            field = MESSAGES[name].by_json[key]
            snake = self.style["snake"] == 1 or self.style["snake"] == 2 and self.chance(50)
            if field.repeated:
                item = [self.spelled(field.kind, one) for one in item]
            elif field.kind in MESSAGES:
                item = self.spelled(field.kind, item)
            elif field.kind in ENUMS:
                names = {number: text for text, number in ENUMS[field.kind].items()}
                if item in names and not (self.style["numeric"] and self.chance(50)):
                    item = names[item]
            elif field.kind == "int64" or field.kind == "uint32" and self.style["odd"]:
                if self.chance(self.style["strings"]) and isinstance(item, int):
                    item = str(item)
            out[field.name if snake else key] = item
        if self.style["nulls"]:
            for field in MESSAGES[name].fields:
                if field.name not in out and field.camel not in out and self.chance(30):
                    out[field.camel] = None
        return out

    def write(self, attributes, data):
        rng = self.rng
        if attributes is not None and self.chance(5):
            return raw_line(rng, attributes, data)
        self.style = {"shuffle": self.chance(15), "snake": rng.choice((0, 0, 0, 0, 0, 1, 2)), "numeric": self.chance(15),
                      "odd": self.chance(3), "strings": rng.choice((100, 100, 0, 50)), "nulls": self.chance(5)}
        spelled = self.spelled("Application", data)
        line = attributes | {"data": spelled} if attributes is not None else spelled
        if attributes is not None and self.style["shuffle"]:
            keys = list(line)
            rng.shuffle(keys)
            line = {key: line[key] for key in keys}
        separators = rng.choice(((",", ":"), (",", ":"), (", ", ": "), (" ,\t", " : ")))
        return json.dumps(line, ensure_ascii=self.chance(20), separators=separators)

    def attributes(self, data, moment, event_id=None, source=None):
        rng = self.rng
        found = {"specversion": "1.0", "id": event_id or "e-%d" % self.number, "source": source or (SOURCES[0] if self.chance(85) else rng.choice(SOURCES)),
                 "type": TYPE, "time": self.write_moment(moment)}
        if self.chance(20):
            found["subject"] = data.get("applicationId", "")
        if self.chance(3):
            found["id"] = rng.choice(("æ-%d", "x" * 500 + "-%d", "a\"b\\/%d", " %d ", "\x7f%d", "🙂%d", "\u2028%d")) % self.number
        if self.chance(15):
            self.extensions(found, data)
        return found

    def extensions(self, found, data):
        rng = self.rng
        cpr = get(data, "citizen.cpr") or ""
        trace = "%032x" % rng.getrandbits(128)
        if self.chance(60):
            found["traceparent"] = rng.choice((
                "00-%s-%016x-01" % (trace, rng.getrandbits(64)), "00-%s-%016x-00" % (trace, rng.getrandbits(64)), "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
                "00-%s-0000000000000000-01" % trace, "ff-%s-00f067aa0ba902b7-01" % trace, "01-%s-00f067aa0ba902b7-01" % trace, "cc-%s-00f067aa0ba902b7-01-what" % trace,
                "00-%s-00f067aa0ba902b7-01-what" % trace, "00-%s-00F067AA0BA902B7-01" % trace, "00-%s-00f067aa0ba902b7" % trace, "", "junk",
                "00-%s-00f067aa0ba902b7-01 " % trace, "00-%s%s-00f067aa0ba902b7-01" % ("a" * (32 - len(cpr)) if len(cpr) == 10 else "ab", cpr)))
        if self.chance(40):
            found["tracestate"] = rng.choice((
                "rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "congo=" + cpr, "t@v=x y", "", "noequals", "UPPER=1", "a=1,a=2", "a=" + "x" * 256, "a=" + "x" * 257,
                ",".join("k%d=v" % index for index in range(32)), ",".join("k%d=v" % index for index in range(33)), "a=1 , b=2", "a=1,,b=2", "æ=1", "a=æ", "0a=1", "a=\t"))
        if self.chance(30):
            found["grpctimeout"] = rng.choice(("30S", "1H", "500m", "99999999n", "1u", "00000001M"))
        if self.chance(20):
            found["grpcmethod"] = "/mentor.v1.MentorGrantService/DecideApplication"
        if self.chance(30):
            found["datacontenttype"] = "application/json"
        if self.chance(20):
            found["partitionkey"] = "abc"
            found["mentorseq"] = "7"

    # what comes next

    def next(self):
        """One line of the corpus, without its newline."""
        self.number += 1
        rng, kind = self.rng, self.rng.random() * self.kinds
        if kind < 2:
            return rng.choice(("", "", " ", "\t", " \r"))
        if not self.sent or kind < 52:
            return self.fresh()
        attributes, data = copy.deepcopy(rng.choice(self.sent[-rng.choice((5, 50, 1500)):]))
        moment = self.moment() if self.chance(40) else days.timestamp(attributes["time"])
        if kind < 58:  # once more
            return self.write(attributes, data)
        if kind < 62:  # the same facts, another event
            return self.write(self.attributes(data, moment), data)
        if kind < 66:  # the same event, other facts
            self.spoil(data, days.danish_day(moment // 10**6))
            return self.write(attributes, data)
        if kind < 72:  # the same version, other facts
            for _ in range(rng.choice((1, 1, 2))):
                self.spoil(data, days.danish_day(moment // 10**6))
            return self.keep(self.attributes(data, moment), data)
        if kind < 75:
            data["version"] = max(0 if self.chance(10) else 1, data.get("version", 1) - rng.choice((1, 1, 2)))
            return self.write(self.attributes(data, moment), data)
        if kind < 90:
            return self.newer(data, moment)
        if kind < 91:
            attributes["source"] = rng.choice(SOURCES)
            return self.keep(attributes, data)
        if kind < 92:
            data["applicationId"] = data.get("applicationId", "").upper()
            return self.keep(self.attributes(data, moment), data)
        if kind < 93:
            if len(rng.choice(self.sent)[1]) and self.chance(50):
                data["applicationId"] = str(uuid.UUID(int=rng.getrandbits(128)))
            return self.write(None, data)
        if kind < 99.5:
            return bad_line(self, attributes, data)
        data["applicationId"] = rng.choice(("00000000-0000-0000-0000-%012d" % rng.randrange(10**6), "ffffffff-ffff-ffff-ffff-%012x" % rng.getrandbits(48)))
        return self.keep(self.attributes(data, moment), data)

    def fresh(self):
        rng = self.rng
        moment = self.moment()
        today = days.danish_day(moment // 10**6)
        if self.people and self.chance(60):
            person = rng.choice(self.people[-60:])
        else:
            person = (people.someone(rng, today), [])
            self.people.append(person)
        data = self.application(person[0], today, person[1])
        begins = days.civil_or_none(data["support"]["startDate"])
        if begins < today and self.chance(75):  # so that P03 does not hide the rest
            moment -= (today - begins + rng.choice((0, 0, 1, 10))) * 86400 * 10**9
            today = days.danish_day(moment // 10**6)
        for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 5, 10))):
            self.spoil(data, today)
        start, end = (days.civil_or_none(str(get(data, "support." + name))) for name in ("startDate", "endDate"))
        if start is not None and end is not None and max(start, end) < days.from_civil(2300, 1, 1):
            person[1].append((start, end))
            del person[1][:-6]
        return self.keep(self.attributes(data, moment), data)

    def newer(self, data, moment):
        """A newer version: repaired, broken, of another period or of another citizen."""
        rng = self.rng
        data["version"] = rng.choice((data.get("version", 1) + 1, data.get("version", 1) + 1, data.get("version", 1) + rng.choice((2, 5)), 2**32 - 1 if self.chance(3) else 2))
        data["version"] = min(data["version"], 2**32 - 1)
        today, kind = days.danish_day(moment // 10**6), rng.randrange(8)
        if kind < 2:
            put(data, "assessment.decisive", rng.choice((0, 1, 2)))
        elif kind < 3:
            put(data, "assessment.renewalReasons", rng.choice(("Nyt behov", "")))
        elif kind < 4:
            put(data, "citizen.cpr", rng.choice(self.people[-60:])[0])
        elif kind < 6:
            person = [person for person in self.people[-60:] if person[0] == get(data, "citizen.cpr")]
            self.dates(data, today, person[0][1] if person else [])
        else:
            self.spoil(data, today)
        return self.keep(self.attributes(data, moment), data)

    def keep(self, attributes, data):
        self.sent.append((copy.deepcopy(attributes), copy.deepcopy(data)))
        del self.sent[:-1500]
        return self.write(attributes, data)


def lines(seed, count):
    corpus = Corpus(seed)
    for _ in range(count):
        line = corpus.next()
        yield line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    for line in lines(options.seed, options.count):
        sys.stdout.buffer.write(line + b"\n")


if __name__ == "__main__":
    main()
