#ifndef MENTOR_CORE_DATE_H
#define MENTOR_CORE_DATE_H

/*
 * Civil days, proleptic Gregorian, as int32_t days since 1970-01-01. No time zone but Denmark's,
 * which is a formula (rules.md § 3), so that an answer never depends on a machine's zone files.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

enum {
    DATE_TEXT_SIZE = 10,
    DATE_FIRST = -25567, /* 1900-01-01 */
    DATE_LAST = 84005,   /* 2199-12-31 */
};

struct civil {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
};

int32_t date_of_civil(struct civil civil);
struct civil date_civil(int32_t day);
int32_t date_month_days(int32_t year, int32_t month);

/* Exactly YYYY-MM-DD, untrimmed, a day that exists, DATE_FIRST to DATE_LAST. */
MUST_CHECK bool date_parse(struct bytes text, int32_t *day);
/* YYYY-MM-DD, no terminator; years 0 to 9999. */
void date_format(int32_t day, char text[DATE_TEXT_SIZE]);
/* 31.03.2026, no terminator. */
void date_format_danish(int32_t day, char text[DATE_TEXT_SIZE]);

/* The same day `months` later, clamped to the month's last. */
int32_t date_add_months(int32_t day, int32_t months);
/* start + 6 months - 1 day; clamped first: from 31 August it is 27 February. */
int32_t date_latest_end(int32_t start);

/* 0 Monday to 6 Sunday. */
int32_t date_weekday(int32_t day);
int32_t date_easter(int32_t year);

/* The day in Denmark: UTC+1, UTC+2 from the last Sunday of March to that of October, 01:00 UTC. */
int32_t date_in_denmark(int64_t utc_ms);
/* When that day begins, in UTC: 22:00 or 23:00 on the day before. */
int64_t date_begins_ms(int32_t day);

/*
 * The last day to complain when received on `received`: four weeks on, the day of receipt not
 * counted, moved to the next weekday from a weekend, a public holiday and the days that rules.md §
 * 3 lists.
 */
int32_t date_complaint_deadline(int32_t received);

#endif /* MENTOR_CORE_DATE_H */
