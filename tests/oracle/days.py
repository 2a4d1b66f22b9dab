"""Civil days, Danish time and the complaint deadline. Days are counted from 1970-01-01 (day 0)."""
import functools
import re

DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))")


def leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year, month):
    return 29 if month == 2 and leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def from_civil(year, month, day):
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1 - 719468


@functools.cache
def to_civil(day):
    year = (day + 719468) * 400 // 146097
    while from_civil(year, 3, 1) > day:
        year -= 1
    while from_civil(year + 1, 3, 1) <= day:
        year += 1
    month = (5 * (day - from_civil(year, 3, 1)) + 2) // 153
    first = from_civil(year, 3, 1) + (153 * month + 2) // 5
    return (year, month + 3, day - first + 1) if month < 10 else (year + 1, month - 9, day - first + 1)


def civil_or_none(text):
    match = DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = map(int, match.groups())
    if not 1 <= month <= 12 or not 1 <= day <= month_days(year, month):
        return None
    return from_civil(year, month, day)


def parse(text):
    """The day of an ISO date between 1900-01-01 and 2199-12-31, else None."""
    day = civil_or_none(text)
    return day if day is not None and "1900" <= text[:4] <= "2199" else None


def iso(day):
    return "%04d-%02d-%02d" % to_civil(day)


def danish(day):
    year, month, date = to_civil(day)
    return "%02d.%02d.%04d" % (date, month, year)


def add_months(day, months):
    year, month, date = to_civil(day)
    month += months - 1
    year, month = year + month // 12, month % 12 + 1
    return from_civil(year, month, min(date, month_days(year, month)))


def latest_end(start):
    return add_months(start, 6) - 1


def turns(birth, years):
    """The birthday; who is born on 29 February has it on 1 March in other years."""
    year, month, date = to_civil(birth)
    if (month, date) == (2, 29) and not leap(year + years):
        return from_civil(year + years, 3, 1)
    return from_civil(year + years, month, date)


def weekday(day):
    return (day + 3) % 7  # Monday is 0


def timestamp(text):
    """Nanoseconds since 1970 of an RFC 3339 text within years 0001 to 9999, else None."""
    match = RFC3339.fullmatch(text)
    if not match:
        return None
    date, hour, minute, second, fraction, sign, offset_hour, offset_minute = match.groups()
    day = civil_or_none(date)
    hour, minute, second = int(hour), int(minute), int(second)
    away = (int(offset_hour or 0), int(offset_minute or 0))
    if day is None or hour > 23 or minute > 59 or second > 59 or away[0] > 23 or away[1] > 59:
        return None
    if fraction and len(fraction) > 9:
        return None
    seconds = day * 86400 + hour * 3600 + minute * 60 + second
    seconds -= (-1 if sign == "-" else 1) * (away[0] * 3600 + away[1] * 60)
    if not -62135596800 <= seconds <= 253402300799:
        return None
    return seconds * 10**9 + int((fraction or "0").ljust(9, "0"))


def rfc3339(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    day, seconds = divmod(seconds, 86400)
    text = "%sT%02d:%02d:%02d" % (iso(day), seconds // 3600, seconds // 60 % 60, seconds % 60)
    return text + (".%03dZ" % rest if rest else "Z")


@functools.cache
def summer(year):
    """The first and the last second (exclusive) of summer time: last Sundays of March and October, 01:00 UTC."""
    turn = []
    for month in (3, 10):
        last = from_civil(year, month, 31)
        turn.append((last - (weekday(last) + 1) % 7) * 86400 + 3600)
    return turn


def danish_day(milliseconds):
    seconds = milliseconds // 1000
    begins, ends = summer(to_civil(seconds // 86400)[0])
    return (seconds + (7200 if begins <= seconds < ends else 3600)) // 86400


@functools.cache
def easter(year):
    century = year // 100
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - moon - year % 100 % 4) % 7
    shift = (golden + 11 * moon + 22 * week) // 451
    month, date = divmod(moon + week - 7 * shift + 114, 31)
    return from_civil(year, month, date + 1)


@functools.cache
def closed_days(year):
    sunday = easter(year)
    days = {sunday - 3, sunday - 2, sunday + 1, sunday + 39, sunday + 40, sunday + 50}
    days |= {from_civil(year, *day) for day in ((1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31))}
    return days | {sunday + 26} if year <= 2023 else days


def is_open(day):
    return weekday(day) < 5 and day not in closed_days(to_civil(day)[0])


def complaint_deadline(received):
    day = received + 28
    while not is_open(day):
        day += 1
    return day
