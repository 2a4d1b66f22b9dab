#include "mentor/core/date.h"

/* Days from civil and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int32_t date_of_civil(struct civil civil)
{
    int32_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t of_era = year - era * 400;
    int32_t of_year = (153 * (civil.month + (civil.month > 2 ? -3 : 9)) + 2) / 5 + civil.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil date_civil(int32_t day)
{
    int32_t z = day + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t of_era = z - era * 146097;
    int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * of_year + 2) / 153;
    struct civil civil = {
        .year = year + era * 400,
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
    civil.year += civil.month <= 2;
    return civil;
}

int32_t date_month_days(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    CHECK(month >= 1);
    CHECK(month <= 12);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* `count` digits, or -1. */
static int32_t number(const uint8_t *text, int count)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool date_parse(struct bytes text, int32_t *day)
{
    if (text.size != DATE_TEXT_SIZE || text.data[4] != '-' || text.data[7] != '-') {
        return false;
    }
    struct civil civil = {number(text.data, 4), number(text.data + 5, 2), number(text.data + 8, 2)};
    if (civil.year < 1900 || civil.year > 2199 || civil.month < 1 || civil.month > 12 ||
        civil.day < 1 || civil.day > date_month_days(civil.year, civil.month)) {
        return false;
    }
    *day = date_of_civil(civil);
    return true;
}

static void digits(int32_t value, int count, char *text)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_format(int32_t day, char text[DATE_TEXT_SIZE])
{
    struct civil civil = date_civil(day);
    CHECK(civil.year >= 0);
    CHECK(civil.year <= 9999);
    digits(civil.year, 4, text);
    text[4] = '-';
    digits(civil.month, 2, text + 5);
    text[7] = '-';
    digits(civil.day, 2, text + 8);
}

void date_format_danish(int32_t day, char text[DATE_TEXT_SIZE])
{
    char iso[DATE_TEXT_SIZE];
    date_format(day, iso);
    memcpy(text, iso + 8, 2);
    text[2] = '.';
    memcpy(text + 3, iso + 5, 2);
    text[5] = '.';
    memcpy(text + 6, iso, 4);
}

int32_t date_add_months(int32_t day, int32_t months)
{
    struct civil civil = date_civil(day);
    int32_t month = civil.month - 1 + months;
    CHECK(month >= 0);
    civil.year += month / 12;
    civil.month = month % 12 + 1;
    int32_t last = date_month_days(civil.year, civil.month);
    civil.day = civil.day < last ? civil.day : last;
    return date_of_civil(civil);
}

int32_t date_latest_end(int32_t start)
{
    return date_add_months(start, 6) - 1;
}

int32_t date_weekday(int32_t day)
{
    int32_t weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return weekday < 0 ? weekday + 7 : weekday;
}

/* Anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, ch. 8). */
int32_t date_easter(int32_t year)
{
    int32_t a = year % 19;
    int32_t b = year / 100;
    int32_t c = year % 100;
    int32_t g = (8 * b + 13) / 25;
    int32_t h = (19 * a + b - b / 4 - g + 15) % 30;
    int32_t l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    int32_t m = (a + 11 * h + 22 * l) / 451;
    int32_t n = h + l - 7 * m + 114;
    return date_of_civil((struct civil){year, n / 31, n % 31 + 1});
}

static int32_t last_sunday(int32_t year, int32_t month)
{
    int32_t last = date_of_civil((struct civil){year, month, 31});
    return last - (date_weekday(last) + 1) % 7;
}

int32_t date_in_denmark(int64_t utc_ms)
{
    const int64_t hour = INT64_C(3600000);
    const int64_t day = 24 * hour;
    int64_t utc_day = utc_ms >= 0 ? utc_ms / day : (utc_ms - day + 1) / day;
    struct civil civil = date_civil((int32_t)utc_day);
    bool summer = civil.month > 3 && civil.month < 10;
    if (civil.month == 3) {
        summer = utc_ms >= last_sunday(civil.year, 3) * day + hour;
    } else if (civil.month == 10) {
        summer = utc_ms < last_sunday(civil.year, 10) * day + hour;
    }
    int64_t local = utc_ms + (summer ? 2 : 1) * hour;
    return (int32_t)(local >= 0 ? local / day : (local - day + 1) / day);
}

int64_t date_begins_ms(int32_t day)
{
    const int64_t hour_ms = 3600000;
    int64_t ms = (int64_t)day * 24 * hour_ms - 2 * hour_ms;
    return date_in_denmark(ms) == day ? ms : ms + hour_ms;
}

/* Nobody can complain by hand on it: rules.md § 3. */
static bool closed(int32_t day)
{
    if (date_weekday(day) >= 5) {
        return true;
    }
    struct civil civil = date_civil(day);
    int32_t date = civil.month * 100 + civil.day;
    if (date == 101 || date == 605 || (date >= 1224 && date <= 1226) || date == 1231) {
        return true;
    }
    if (civil.month < 3 || civil.month > 6) {
        return false; /* Easter is from 22 March to 25 April, and what follows it ends in June */
    }
    switch (day - date_easter(civil.year)) {
    case -3: /* Maundy Thursday */
    case -2: /* Good Friday */
    case 1:  /* Easter Monday */
    case 39: /* Ascension */
    case 40: /* the Friday after */
    case 50: /* Whit Monday */
        return true;
    case 26: /* Great Prayer Day */
        return civil.year <= 2023;
    default:
        return false;
    }
}

int32_t date_complaint_deadline(int32_t received)
{
    int32_t day = received + 28;
    while (closed(day)) {
        day++;
    }
    return day;
}
