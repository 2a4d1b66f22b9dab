/* Which rows of the quarantine a person means. */

#include <inttypes.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/core/application.h"
#include "mentor/port/record.h"
#include "mentor/wire/rfc3339.h"
#include "mentor/wire/wire.h"

#include "dlq.h"

static bool is_reason(const char *text)
{
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        if (strcmp(text, reason_id((enum reason)i)) == 0) {
            return true;
        }
    }
    return false;
}

static bool
read_time(const struct context *context, enum option_id option, const char *name, int64_t *ms)
{
    const char *text = context->options.values[option];
    struct rfc3339 moment;
    if (text == NULL) {
        return true;
    }
    if (!rfc3339_parse(bytes_text(text), &moment)) {
        (void)command_usage(
            context, "--%s: '%s' is no time such as 2026-03-09T08:00:00Z", name, text);
        return false;
    }
    *ms = rfc3339_ms(moment);
    return true;
}

bool dlq_filter_of(const struct context *context, struct dlq_filter *filter)
{
    const char *application = context->options.values[OPTION_APPLICATION];
    *filter = (struct dlq_filter){
        .reason = context->options.values[OPTION_REASON],
        .has_application = application != NULL,
        .since_ms = INT64_MIN,
        .until_ms = INT64_MAX,
    };
    if (filter->reason != NULL && !is_reason(filter->reason)) {
        (void)command_usage(context,
                            "--reason: '%s' is no reason; mentord help reasons lists them",
                            filter->reason);
        return false;
    }
    if (application != NULL && !uuid_parse(bytes_text(application), filter->application)) {
        (void)command_usage(context, "--application: '%s' is no UUID", application);
        return false;
    }
    return read_time(context, OPTION_SINCE, "since", &filter->since_ms) &&
           read_time(context, OPTION_UNTIL, "until", &filter->until_ms);
}

/* By the value as far as it can be read. */
static bool is_of(const struct archived_quarantine *row, const uint8_t application[UUID_SIZE])
{
    struct application read;
    bool canonical = false;
    uint8_t id[UUID_SIZE];
    if (!row->has_value || row->value.size > WIRE_VALUE_MAX) {
        return false;
    }
    enum reason refused = wire_decode_application(row->value, &read, &canonical);
    (void)refused; /* what was read stands in either case */
    return uuid_parse(read.application_id, id) && memcmp(id, application, UUID_SIZE) == 0;
}

bool dlq_filter_takes(const struct dlq_filter *filter, const struct archived_quarantine *row)
{
    return (filter->reason == NULL || strcmp(filter->reason, reason_id(row->reason)) == 0) &&
           row->at_ms >= filter->since_ms && row->at_ms < filter->until_ms &&
           (!filter->has_application || is_of(row, filter->application));
}
