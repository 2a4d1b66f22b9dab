"""The rules of the scheme, read from its rules document: findings, outcome, frame and dates of one Decision."""
import re

import days
import kommuner
from schema import ENUMS, MESSAGES

WEIGHTS = dict.fromkeys("D02 L01".split(), "NOTE") | dict.fromkeys(["E07"], "RIGHT") | {"K02": "REFUSE_ITEM"} | \
    dict.fromkeys("E02 E03 N01 F02 M02 P02 P03 P04 H01 K01 K03 K04 Q01".split(), "REFER") | \
    dict.fromkeys("E01 N02 F01 M01 M03 P01".split(), "REJECT") | \
    dict.fromkeys("D01 D03 D04 D05 D06 D07 D08 E04 E05 E06 X01".split(), "REFER_BLOCKING")
OFFERS = range(4, 8)
OUTSIDE_SECTION_6, UNDER_18 = 100, 13
EMPLOYEE, EXTERNAL = 1, 2
YES, NO = 1, 2
SELF, FAMILY, OWNER = 2, 3, 4
ORDINARY_EDUCATION, NOT_COVERED = 3, 9


def rdiv(a, b):
    return (2 * a + b) // (2 * b)


def given(text):
    return text.strip(" \t\n\v\f\r") != ""


def weighted(text, weights):
    return sum(int(digit) * weight for digit, weight in zip(text, weights)) % 11 == 0


def valid_cvr(text):
    return bool(re.fullmatch("[0-9]{8}", text)) and text != "00000000" and weighted(text, (2, 7, 6, 5, 4, 3, 2, 1))


def birth(cpr):
    """The day of birth, None when the number has no such date or one before 1900."""
    if not re.fullmatch("[0-9]{10}", cpr) or cpr == "0000000000":
        return None
    date, month, year, seventh = int(cpr[:2]), int(cpr[2:4]), int(cpr[4:6]), cpr[6]
    if seventh in "0123":
        year += 1900
    elif seventh in "49":
        year += 2000 if year <= 36 else 1900
    else:
        year += 2000 if year <= 57 else 1800
    return days.parse("%04d-%02d-%02d" % (year, month, date))


class Facts:
    """Reads a field by its path; what is absent is its default, an enum number not known is unspecified."""

    def __init__(self, tree):
        self.tree = tree

    def message(self, path):
        tree = self.tree
        for part in path.split("."):
            tree = tree.get(part)
            if tree is None:
                return None
        return tree

    def __getitem__(self, path):
        tree, message = self.tree, MESSAGES["Application"]
        *walk, last = path.split(".")
        for part in walk:
            message = MESSAGES[message.by_name[part].kind]
            tree = tree.get(part, {})
        field = message.by_name[last]
        item = tree.get(last)
        if field.kind == "string":
            return item or ""
        if field.kind in ENUMS:
            return item if item in ENUMS[field.kind].values() else 0
        return item or 0


def period_of(facts):
    """(start, end) as days, each None when it is no date."""
    return days.parse(facts["support.start_date"]), days.parse(facts["support.end_date"])


class Assessment:
    """One application under one law on one day: the findings in the order of the table."""

    def __init__(self, facts, today, law, later_laws, parameters, serves, history, other_content):
        self.facts, self.today, self.law = facts, today, law
        self.later_laws, self.parameters, self.serves, self.history = later_laws, parameters, serves, history
        self.findings = []
        self.inputs(other_content)
        self.entitlement()
        self.need_and_mentor()
        self.periods()
        self.hours_and_costs()
        if facts["assessment.adverse_fact_from_third_party"] and any(WEIGHTS[rule] == "REJECT" for rule, _ in self.findings):
            self.find("X01", "assessment.adverse_fact_from_third_party")
        if self.end is not None and any(law["from"] <= self.end for law in self.later_laws):
            self.find("L01", "support.end_date")

    def find(self, rule, field):
        self.findings.append((rule, field))

    def has(self, rule, field=None):
        return any(rule == found and field in (None, where) for found, where in self.findings)

    def inputs(self, other_content):
        facts = self.facts
        cpr = facts["citizen.cpr"]
        self.birth = birth(cpr)
        if self.birth is None:
            self.find("D01", "citizen.cpr")
        elif not weighted(cpr, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)):
            self.find("D02", "citizen.cpr")
        p_number, supplier = facts["company.p_number"], facts["mentor.supplier_cvr"]
        if not valid_cvr(facts["company.cvr"]):
            self.find("D03", "company.cvr")
        if given(p_number) and (not re.fullmatch("[0-9]{10}", p_number) or p_number == cpr):
            self.find("D03", "company.p_number")
        if given(supplier) and not valid_cvr(supplier):
            self.find("D03", "mentor.supplier_cvr")
        code = facts["municipality_code"]
        if code not in kommuner.CODES or not (self.serves == ["all"] or code in self.serves):
            self.find("D04", "municipality_code")
        self.mandatory()
        if other_content:
            self.find("D06", "version")
        self.basis()
        self.amounts()

    def mandatory(self):
        facts = self.facts
        self.start, self.end = period_of(facts)
        if self.start is not None and self.end is not None and self.end < self.start:
            self.end = None
        missing = {path: not given(facts[path]) for path in
                   ("company.name", "mentor.name", "mentor.contact", "mentor.qualifications", "support.goal", "support.tasks")}
        missing |= {path: facts[path] == 0 for path in
                    ("activity.kind", "activity.aim", "mentor.kind", "mentor.relation", "support.minutes_per_week")}
        missing |= {"support.start_date": self.start is None, "support.end_date": self.end is None}
        for path in ("company.name", "activity.kind", "activity.aim", "mentor.kind", "mentor.name", "mentor.contact",
                     "mentor.relation", "mentor.qualifications", "support.goal", "support.tasks",
                     "support.minutes_per_week", "support.start_date", "support.end_date"):
            if missing[path]:
                self.find("D05", path)

    def basis(self):
        wage, fee = self.facts.message("cost.wage"), self.facts.message("cost.fee")
        self.wage, self.fee = wage, fee
        kind = self.facts["mentor.kind"]
        rateless = wage is not None and "hourly_ore" not in wage and "monthly_ore" not in wage
        if wage is None and fee is None or rateless or wage is not None and kind == EXTERNAL or \
                fee is not None and kind == EMPLOYEE:
            self.find("D07", "cost.basis")

    def amounts(self):
        self.long = False

        def limit(path, number, low, high):
            if not low <= number <= high:
                self.find("D08", path)

        limit("support.minutes_per_week", self.facts["support.minutes_per_week"], 0, 10080)
        if self.start is not None and self.end is not None and self.end - self.start + 1 > 3660:
            self.find("D08", "support.end_date")
            self.long = True
        if self.wage is not None:
            for rate, high in (("hourly_ore", 1000000), ("monthly_ore", 160000000)):
                if rate in self.wage:
                    limit("cost.wage." + rate, self.wage[rate], 1, high)
            limit("cost.wage.holiday_bp", self.wage.get("holiday_bp", 0), 0, 5000)
            limit("cost.wage.pension_bp", self.wage.get("pension_bp", 0), 0, 5000)
            limit("cost.wage.other_ore_per_hour", self.wage.get("other_ore_per_hour", 0), 0, 1000000)
        if self.fee is not None:
            limit("cost.fee.hourly_ore", self.fee.get("hourly_ore", 0), 1, 1000000)
            if self.fee.get("vat_bp", 0) not in (0, 2500):
                self.find("D08", "cost.fee.vat_bp")
        training = self.facts.message("cost.training")
        if training is not None:
            limit("cost.training.cost_ore", training.get("cost_ore", 0), 0, 100000000)
        self.others = (self.facts.message("cost") or {}).get("other", [])
        for index, other in enumerate(self.others):
            limit("cost.other[%d].cost_ore" % index, other.get("cost_ore", 0), 0, 100000000)
        if self.long:
            self.end = None

    def entitlement(self):
        facts, group, activity = self.facts, self.facts["citizen.target_group"], self.facts["activity.kind"]
        if activity == NOT_COVERED:
            self.find("E01", "activity.kind")
        if activity in OFFERS and group in (0, OUTSIDE_SECTION_6):
            self.find("E02", "citizen.target_group")
        closed = self.law["closed_groups"].get(group)
        if closed is not None:
            granted = days.parse(facts["citizen.course_granted_on"])
            if granted is None or granted >= closed:
                self.find("E03", "citizen.course_granted_on")
        if facts["citizen.introduction_programme"]:
            self.find("E04", "citizen.introduction_programme")
        if self.birth is not None and self.today < days.turns(self.birth, 18):
            self.find("E05", "citizen.cpr")
        elif group == UNDER_18:
            self.find("E05", "citizen.target_group")
        if facts["citizen.psychiatric_discharge_right"]:
            self.find("E06", "citizen.psychiatric_discharge_right")
        admitted = days.parse(facts["citizen.education_admission_date"])
        if group in (4, 5) and activity == ORDINARY_EDUCATION and admitted is not None and self.law["education_right"] \
                and self.start is not None and self.start < days.add_months(admitted, 6):
            self.find("E07", "citizen.education_admission_date")

    def need_and_mentor(self):
        facts, right = self.facts, self.has("E07")
        decisive, beyond = facts["assessment.decisive"], facts["assessment.beyond_normal"]
        if decisive == 0 and not right:
            self.find("N01", "assessment.decisive")
        if beyond == 0:
            self.find("N01", "assessment.beyond_normal")
        if decisive == NO and not right:
            self.find("N02", "assessment.decisive")
        if beyond == NO:
            self.find("F01", "assessment.beyond_normal")
        if facts["assessment.compensates_lasting_impairment"]:
            self.find("F02", "assessment.compensates_lasting_impairment")
        if facts["mentor.relation"] == SELF:
            self.find("M01", "mentor.relation")
        if facts["mentor.relation"] in (FAMILY, OWNER):
            self.find("M02", "mentor.relation")
        if facts["mentor.kind"] == EXTERNAL and facts["mentor.does_own_work_in_hours"]:
            self.find("M03", "mentor.does_own_work_in_hours")

    def periods(self):
        start, end = self.start, self.end
        both = start is not None and end is not None
        if both and end > days.latest_end(start) and not self.has("E06"):
            self.find("P01", "support.end_date")
        if start is not None and not given(self.facts["assessment.renewal_reasons"]) and \
                any(1 <= start - until <= self.parameters["renewal_gap_days"] for _, until in self.history):
            self.find("P02", "assessment.renewal_reasons")
        if start is not None and start < self.today:
            self.find("P03", "support.start_date")
        if both and any(since <= end and start <= until for since, until in self.history):
            self.find("P04", "support.start_date")

    def hours_and_costs(self):
        facts, limits = self.facts, self.parameters
        served = not self.has("D04")
        minutes = facts["support.minutes_per_week"]
        if served and not self.has("D08", "support.minutes_per_week") and minutes > limits["max_minutes_per_week"]:
            self.find("H01", "support.minutes_per_week")
        self.unit = None if self.has("D07") else self.unit_price()
        if served and self.unit is not None:
            if self.wage is not None and self.unit > limits["max_unit_ore"]:
                self.find("K01", "cost.wage")
            if self.fee is not None and self.unit > limits["max_fee_ore"]:
                self.find("K01", "cost.fee")
        for index in range(len(self.others)):
            self.find("K02", "cost.other[%d]" % index)
        self.training = facts["cost.training.cost_ore"]
        if self.has("D08", "cost.training.cost_ore"):
            return
        if self.training > 0 and (facts["mentor.kind"] == EXTERNAL or not given(facts["cost.training.necessity"])):
            self.find("K03", "cost.training")
        if served and self.training > limits["max_training_ore"]:
            self.find("K04", "cost.training")

    def unit_price(self):
        """Øre an hour; None when a field that it is made of is invalid."""
        parts = ["fee.hourly_ore"] if self.fee is not None else \
            ["wage." + part for part in ("hourly_ore", "monthly_ore", "holiday_bp", "pension_bp", "other_ore_per_hour")]
        if any(self.has("D08", "cost." + part) for part in parts):
            return None
        if self.fee is not None:
            return self.fee["hourly_ore"]
        wage = self.wage["hourly_ore"] if "hourly_ore" in self.wage else rdiv(self.wage["monthly_ore"] * 12, 1924)
        return wage + rdiv(wage * self.wage.get("holiday_bp", 0), 10000) + \
            rdiv(wage * self.wage.get("pension_bp", 0), 10000) + self.wage.get("other_ore_per_hour", 0)

    def outcome(self):
        weights = {WEIGHTS[rule] for rule, _ in self.findings}
        if "REFER_BLOCKING" in weights:
            return "REFERRED"
        if "REJECT" in weights:
            return "REJECTED"
        return "REFERRED" if "REFER" in weights else "APPROVED"

    def frame(self):
        outcome = self.outcome()
        unpriced = self.has("D07") or self.has("D08") or any(
            self.has("D05", "support." + part) for part in ("start_date", "end_date", "minutes_per_week"))
        if unpriced or outcome == "REJECTED":
            return None
        minutes = rdiv(self.facts["support.minutes_per_week"] * (self.end - self.start + 1), 7)
        support = rdiv(self.unit * minutes, 60)
        vat = rdiv(support * self.fee.get("vat_bp", 0), 10000) if self.fee is not None else 0
        return {"unit_ore": self.unit, "minutes": minutes, "support_ore": support, "vat_ore": vat,
                "training_ore": self.training, "total_ore": support + self.training, "indicative": outcome == "REFERRED"}

    def period(self):
        if self.start is None or self.end is None:
            return None
        return {"start_date": days.iso(self.start), "end_date": days.iso(self.end),
                "latest_end_date": days.iso(days.latest_end(self.start))}
