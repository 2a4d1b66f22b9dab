"""Numbers for made-up people and companies.

A number of somebody born after 1920 fails mod 11 and is no 1 January, so belongs to nobody; one that passes is of a
person born in 1900 to 1905 or in 2040 and later.
"""
import days

CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
CVRS = ("99000007", "99000015", "99000023", "13748136")


def remainder(cpr):
    return sum(int(digit) * weight for digit, weight in zip(cpr, CPR_WEIGHTS)) % 11


def cpr_of(rng, birth, passing=False):
    """A CPR number of that day of birth; passing or failing mod 11 as told."""
    year, month, date = days.to_civil(birth)
    if year < 1900:
        seventh = "5678"
    elif year < 2000:
        seventh = "0123" if year % 100 <= 36 else "01234" "9"
    else:
        seventh = "5678" if year > 2036 else "456789"
    while True:
        cpr = "%02d%02d%02d%s%03d" % (date, month, year % 100, rng.choice(seventh), rng.randrange(1000))
        if (remainder(cpr) == 0) == passing:
            return cpr


def someone(rng, today):
    """A CPR number with a lean to the edges."""
    kind = rng.randrange(40)
    year, month, date = days.to_civil(today)
    if month in (2, 3) and days.leap(year - 18) and rng.randrange(4) == 0:
        kind = 33
    if kind < 29:
        birth = days.from_civil(rng.randrange(1950, 2006), rng.randrange(1, 13), rng.randrange(2, 29))
        return cpr_of(rng, birth)
    if kind < 32:  # around 18 today
        birth = days.from_civil(year - 18, month, min(date, days.month_days(year - 18, month))) + rng.choice((-1, 0, 0, 1, 2, -366, 365))
        if days.to_civil(birth)[1:] == (1, 1):
            birth += 1
        if 1922 <= days.to_civil(birth)[0] <= 2057:
            return cpr_of(rng, birth)
    if kind < 34:  # 29 February
        return cpr_of(rng, days.from_civil(year - 18 if days.leap(year - 18) and 1922 < year < 2075 else rng.choice((1952, 1996, 2000, 2040)), 2, 29))
    if kind < 36:
        birth = days.from_civil(rng.choice((1900, 1901, 1905, 2040, 2057, 2050)), rng.randrange(1, 13), rng.randrange(2, 29))
        return cpr_of(rng, birth, passing=True)
    if kind < 38:  # centuries: 36 and 37, 57 and 58 with every seventh digit
        return failing(rng, "0203%s%d%03d" % (rng.choice(("36", "37", "57", "58", "99", "00")), rng.randrange(10), rng.randrange(1000)))
    return rng.choice((
        "", "0000000000", "000000000", "3102359900", "3002001234", "2902011234", "2902000123", "2902991234", "0013801234", "1513801234",
        "3104854567", "140376-0101", "140376010", "14037601011", "14037601O1", " 1403760101", "1403760101 ", "١٤٠٣٧٦٠١٠١",
        "3112995999", "0000010000", "1403765101", "æøå", "\t", "1234567890"))


def failing(rng, cpr):
    while remainder(cpr) == 0:
        cpr = cpr[:7] + "%03d" % rng.randrange(1000)
    return cpr


def cvr(rng):
    kind = rng.randrange(6)
    if kind < 3:
        return rng.choice(CVRS)
    digits = "990%05d" % rng.randrange(100000)
    return rng.choice((digits, "00000000", "13748137", "1374813", "137481360", "13748136 ", "", " ", "1374813x", "１３７４８１３６", "99999999"))
