"""The values at which something changes: limits, law days, midnights, odd texts."""

SOURCES = ("urn:oio:cvr-nr:64502018", "urn:oio:cvr-nr:99000007", "mentord", "https://kommune.example/vitas?x=1&y=æ", "s")
TYPE = "dk.mentor.application.submitted.v1"
WEIRD = ("", " ", "\t\n\v\f\r ", "\u00a0", "\u2003", "\u0085", "\u200b", "x", "Ærø Skærbæk 🙂", "a\"b\\c/d", "<&>\u2028\u2029\x7f", "\x01\x1f",
         "\U0010ffff", "e\u0301", "null", "0")
INT_EDGES = (0, 1, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**53 + 1, 2**63 - 1, -2**63)


def around(*limits):
    return tuple(limit + off for limit in limits for off in (-1, 0, 0, 1))


NUMBERS = {
    "support.minutesPerWeek": (0, 1, 2, 3, 5, 7, *around(600, 10080), 45, 2**32 - 1),
    "cost.wage.hourlyOre": (1, *around(1000000, 40000, 33000), *INT_EDGES),
    "cost.wage.monthlyOre": (1, 80, 81, 160, 161, 3450000, *around(160000000, 6413333), *INT_EDGES),
    "cost.wage.holidayBp": (0, 1, 100, 1250, 1251, *around(5000), 2**32 - 1),
    "cost.wage.pensionBp": (0, 1, 800, 1000, *around(5000), 2**32 - 1),
    "cost.wage.otherOrePerHour": (0, 250, *around(1000000), *INT_EDGES),
    "cost.fee.hourlyOre": (1, *around(1000000, 60000), *INT_EDGES),
    "cost.fee.vatBp": (0, 1, 2500, 2500, 2499, 2501, 2**32 - 1),
    "cost.training.costOre": (0, 1, *around(500000, 100000000), *INT_EDGES),
}
TEXTS = ("company.name", "company.contactName", "company.contactEmail", "activity.title", "mentor.name", "mentor.contact",
         "mentor.qualifications", "support.goal", "support.tasks", "cost.training.necessity", "assessment.renewalReasons",
         "assessment.reasons", "assessment.assessedBy", "submittedBy", "caseNumber")
BOOLS = ("citizen.introductionProgramme", "citizen.psychiatricDischargeRight", "mentor.doesOwnWorkInHours",
         "assessment.compensatesLastingImpairment", "assessment.adverseFactFromThirdParty")
CHOICES = {"citizen.targetGroup": "TargetGroup", "activity.kind": "ActivityKind", "activity.aim": "Aim", "mentor.kind": "MentorKind",
           "mentor.relation": "Relation", "assessment.decisive": "Answer", "assessment.beyondNormal": "Answer"}
LAWS = ((2020, 1, 1), (2026, 2, 1), (2026, 7, 1), (2027, 1, 1))
UTC_MIDNIGHTS = ("2019-12-31T23:00:00", "2026-01-31T23:00:00", "2026-06-30T22:00:00", "2026-12-31T23:00:00", "2026-03-28T23:00:00",
                 "2026-03-29T22:00:00", "2026-03-29T01:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00", "2026-10-25T01:00:00",
                 "2027-03-28T22:00:00", "2024-02-28T23:00:00", "2026-02-27T23:00:00", "2026-02-28T23:00:00", "2022-02-28T23:00:00", "2024-12-31T23:00:00", "2023-03-25T23:00:00", "2199-12-31T23:00:00",
                 "2100-02-28T23:00:00", "2025-10-25T22:00:00")
