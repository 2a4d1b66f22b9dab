/* mentord audit erase, mentord audit retain: what came in goes for good, and that it went is
 * recorded. */

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/core/date.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "erasure.h"

enum {
    AGE_DIGITS_MAX = 5,
};

/* The same day so many months earlier, clamped to the month's last. */
static int32_t months_before(int32_t day, int32_t months)
{
    int32_t years = (months + 11) / 12;
    struct civil civil = date_civil(day);
    civil.year -= years;
    if (civil.year < date_civil(DATE_FIRST).year) {
        return DATE_FIRST - 1;
    }
    int32_t last = date_month_days(civil.year, civil.month);
    civil.day = civil.day < last ? civil.day : last;
    return date_add_months(date_of_civil(civil), 12 * years - months);
}

/* A number and its unit, before that day. */
static bool day_of_age(const char *text, int32_t today, int32_t *day)
{
    size_t digits = strspn(text, "0123456789");
    int32_t number = 0;
    if (digits == 0 || digits > AGE_DIGITS_MAX || text[digits] == '\0' ||
        text[digits + 1] != '\0') {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        number = number * 10 + (text[i] - '0');
    }
    switch (text[digits]) {
    case 'd':
        *day = today - number;
        break;
    case 'w':
        *day = today - 7 * number;
        break;
    case 'm':
        *day = months_before(today, number);
        break;
    case 'y':
        *day = months_before(today, 12 * number);
        break;
    default:
        return false;
    }
    return *day >= DATE_FIRST;
}

bool erasure_moment(const char *text, int64_t now_ms, int64_t *ms)
{
    struct rfc3339 moment;
    int32_t day = 0;
    if (day_of_age(text, date_in_denmark(now_ms), &day) || date_parse(bytes_text(text), &day)) {
        *ms = date_begins_ms(day);
    } else if (rfc3339_parse(bytes_text(text), &moment)) {
        *ms = rfc3339_ms(moment);
    } else {
        return false;
    }
    return true;
}

static const char *time_text(int64_t ms, char text[static RFC3339_SIZE + 1])
{
    text[rfc3339_format(rfc3339_of_ms(ms), text)] = '\0';
    return text;
}

bool erasure_has_why(const struct context *context)
{
    const char *why = context->options.values[OPTION_WHY];
    if (why == NULL || why[0] == '\0') {
        (void)command_usage(
            context, "audit %s: needs --why, which is kept", context->options.operands[0]);
        return false;
    }
    return true;
}

static void print_json(const struct context *context,
                       const struct archived_wish *wish,
                       const struct archived_erasure *erasure)
{
    (void)fprintf(context->out,
                  "{\"erased\":%s,\"dryRun\":%s,\"decisionsSealed\":%" PRId64
                  ",\"decisionsEmptied\":%" PRId64 ",\"refused\":%" PRId64
                  ",\"refusedOpen\":%" PRId64 "}\n",
                  erasure->any && !wish->dry ? "true" : "false",
                  wish->dry ? "true" : "false",
                  erasure->sealed,
                  erasure->emptied,
                  erasure->refused,
                  erasure->open_refused);
}

static void print_counts(const struct context *context,
                         const struct archived_wish *wish,
                         const struct archived_erasure *erasure)
{
    (void)fprintf(context->out,
                  "%s: %" PRId64 " decisions by their key, %" PRId64 " decisions and %" PRId64
                  " refused records emptied; outcomes, amounts and digests stay\n",
                  wish->dry ? "would be erased" : "erased",
                  erasure->sealed,
                  erasure->emptied,
                  erasure->refused);
    if (erasure->open_refused > 0) {
        (void)fprintf(context->out,
                      "%" PRId64 " of the refused records are open and cannot be redriven any "
                      "longer; dismiss them: mentord dlq list\n",
                      erasure->open_refused);
    }
}

/* Erases, and tells what went; of nothing, only as JSON. */
static int
erase(struct context *context, struct archived_wish *wish, struct archived_erasure *erasure)
{
    struct archive archive;
    struct err err;
    *erasure = (struct archived_erasure){0};
    wish->why = context->options.values[OPTION_WHY];
    wish->dry = options_flag(&context->options, OPTION_DRY_RUN);
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !archive.erase(archive.self, wish, erasure, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (options_flag(&context->options, OPTION_JSON)) {
        print_json(context, wish, erasure);
    } else if (erasure->any) {
        print_counts(context, wish, erasure);
    }
    return EXIT_DONE;
}

int audit_erase_citizen(struct context *context)
{
    const char *text = context->options.values[OPTION_CITIZEN];
    uint8_t ref[CITIZEN_REF_SIZE];
    struct archived_wish wish = {.citizen_ref = ref};
    struct archived_erasure erasure;
    struct err err;
    char time[RFC3339_SIZE + 1];
    if (text == NULL || strlen(text) != (size_t)2 * CITIZEN_REF_SIZE ||
        !hex_decode(text, CITIZEN_REF_SIZE, ref)) {
        return command_usage(
            context,
            "audit erase: needs --citizen REF, the citizen_ref of outcomes: 32 hex digits");
    }
    if (context->options.values[OPTION_OLDER_THAN] != NULL) {
        return command_usage(context, "--older-than is of audit retain");
    }
    if (!erasure_has_why(context)) {
        return EXIT_USAGE;
    }
    int code = erase(context, &wish, &erasure);
    if (code != EXIT_DONE || erasure.any) {
        return code;
    }
    if (erasure.before_ms == 0) {
        (void)err_set(&err,
                      ERR_FATAL,
                      erasure.known
                          ? "%s: nothing that came in of this citizen is stored any longer"
                          : "%s: no such citizen is stored; is the ref right?",
                      text);
        return command_fail(&err, EXIT_NO);
    }
    if (!options_flag(&context->options, OPTION_JSON)) {
        (void)fprintf(context->out,
                      "nothing is left to erase: it was erased on %s because: %s\n",
                      time_text(erasure.before_ms, time),
                      erasure.before_why);
    }
    return EXIT_DONE;
}

int audit_retain(struct context *context)
{
    const char *text = context->options.values[OPTION_OLDER_THAN];
    int64_t now_ms = context->clock.wall_ms(context->clock.self);
    struct archived_wish wish = {0};
    struct archived_erasure erasure;
    char time[RFC3339_SIZE + 1];
    if (text == NULL || !erasure_moment(text, now_ms, &wish.before_ms)) {
        return command_usage(context,
                             "audit retain: needs --older-than, an age as 90d, 18m or 5y, a day as "
                             "2026-01-01 or a time as 2026-01-01T00:00:00+01:00");
    }
    if (wish.before_ms > now_ms) {
        return command_usage(context, "--older-than: '%s' is not in the past", text);
    }
    if (context->options.values[OPTION_CITIZEN] != NULL) {
        return command_usage(context, "--citizen is of audit erase");
    }
    if (!erasure_has_why(context)) {
        return EXIT_USAGE;
    }
    int code = erase(context, &wish, &erasure);
    if (code == EXIT_DONE && !erasure.any && !options_flag(&context->options, OPTION_JSON)) {
        (void)fprintf(context->out,
                      "nothing that was decided before %s is left to erase\n",
                      time_text(wish.before_ms, time));
    }
    return code;
}
