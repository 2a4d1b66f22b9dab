#include "mentor/wire/rfc3339.h"

#include "mentor/core/date.h"

enum {
    DAY_SECONDS = 86400,
    SECOND_NANOS = 1000000000,
    CLOCK_SIZE = 19, /* 2026-03-02T09:00:00 */
};

struct rfc3339 rfc3339_of_ms(int64_t ms)
{
    int64_t millis = ms % 1000 + (ms % 1000 < 0 ? 1000 : 0);
    return (struct rfc3339){(ms - millis) / 1000, (int32_t)millis * (SECOND_NANOS / 1000)};
}

int64_t rfc3339_ms(struct rfc3339 moment)
{
    return moment.seconds * 1000 + moment.nanos / (SECOND_NANOS / 1000);
}

/* Takes `count` digits off the front. */
static bool take_digits(struct bytes *text, size_t count, int32_t *number)
{
    if (text->size < count) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') {
            return false;
        }
        *number = *number * 10 + (text->data[i] - '0');
    }
    *text = bytes_of(text->data + count, text->size - count);
    return true;
}

static bool take(struct bytes *text, char character)
{
    if (text->size == 0 || text->data[0] != (uint8_t)character) {
        return false;
    }
    *text = bytes_of(text->data + 1, text->size - 1);
    return true;
}

static bool take_date(struct bytes *text, int64_t *seconds)
{
    struct civil civil;
    if (!take_digits(text, 4, &civil.year) || !take(text, '-') ||
        !take_digits(text, 2, &civil.month) || !take(text, '-') ||
        !take_digits(text, 2, &civil.day)) {
        return false;
    }
    if (civil.year < 1 || civil.month < 1 || civil.month > 12 || civil.day < 1 ||
        civil.day > date_month_days(civil.year, civil.month)) {
        return false;
    }
    *seconds = (int64_t)date_of_civil(civil) * DAY_SECONDS;
    return true;
}

static bool take_clock(struct bytes *text, int64_t *seconds)
{
    int32_t hour = 0;
    int32_t minute = 0;
    int32_t second = 0;
    if (!take_digits(text, 2, &hour) || !take(text, ':') || !take_digits(text, 2, &minute) ||
        !take(text, ':') || !take_digits(text, 2, &second)) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *seconds += ((int64_t)hour * 60 + minute) * 60 + second;
    return true;
}

static bool take_decimals(struct bytes *text, int32_t *nanos)
{
    *nanos = 0;
    if (!take(text, '.')) {
        return true;
    }
    int32_t digit = 0;
    int32_t unit = SECOND_NANOS;
    while (unit > 1 && take_digits(text, 1, &digit)) {
        unit /= 10;
        *nanos += digit * unit;
    }
    return unit < SECOND_NANOS;
}

static bool take_offset(struct bytes *text, int64_t *seconds)
{
    if (take(text, 'Z')) {
        return true;
    }
    bool east = take(text, '+');
    int32_t hour = 0;
    int32_t minute = 0;
    if ((!east && !take(text, '-')) || !take_digits(text, 2, &hour) || !take(text, ':') ||
        !take_digits(text, 2, &minute) || hour > 23 || minute > 59) {
        return false;
    }
    int64_t offset = ((int64_t)hour * 60 + minute) * 60;
    *seconds += east ? -offset : offset;
    return true;
}

bool rfc3339_parse(struct bytes text, struct rfc3339 *moment)
{
    return take_date(&text, &moment->seconds) && take(&text, 'T') &&
           take_clock(&text, &moment->seconds) && take_decimals(&text, &moment->nanos) &&
           take_offset(&text, &moment->seconds) && text.size == 0 &&
           moment->seconds >= RFC3339_FIRST && moment->seconds <= RFC3339_LAST;
}

static void put_digits(char *text, int count, int32_t number)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

size_t rfc3339_format(struct rfc3339 moment, char text[RFC3339_SIZE])
{
    if (moment.seconds < RFC3339_FIRST || moment.seconds > RFC3339_LAST || moment.nanos < 0 ||
        moment.nanos >= SECOND_NANOS) {
        return 0;
    }
    int64_t since_first = moment.seconds - RFC3339_FIRST; /* not negative, so that / and % floor */
    int32_t day = (int32_t)(since_first / DAY_SECONDS + RFC3339_FIRST / DAY_SECONDS);
    int32_t of_day = (int32_t)(since_first % DAY_SECONDS);
    date_format(day, text);
    memcpy(text + DATE_TEXT_SIZE, "T00:00:00", CLOCK_SIZE - DATE_TEXT_SIZE);
    put_digits(text + 11, 2, of_day / 3600);
    put_digits(text + 14, 2, of_day / 60 % 60);
    put_digits(text + 17, 2, of_day % 60);

    size_t size = CLOCK_SIZE;
    if (moment.nanos != 0) {
        int decimals = moment.nanos % 1000 != 0 ? 9 : moment.nanos % 1000000 != 0 ? 6 : 3;
        char nanos[9];
        put_digits(nanos, 9, moment.nanos);
        text[size++] = '.';
        memcpy(text + size, nanos, (size_t)decimals);
        size += (size_t)decimals;
    }
    text[size++] = 'Z';
    return size;
}
