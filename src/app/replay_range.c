/* Which decisions a replay is asked for. */

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/core/date.h"
#include "mentor/core/identifier.h"
#include "mentor/wire/rfc3339.h"

#include "replay.h"

/* A day, or a moment. `ends`: a day counts itself. */
static bool read_time(const struct context *context, enum option_id option, bool ends, int64_t *ms)
{
    const char *text = context->options.values[option];
    struct rfc3339 moment;
    int32_t day = 0;
    if (!context->options.given[option]) {
        return true;
    }
    if (date_parse(bytes_text(text), &day)) {
        *ms = date_begins_ms(ends ? day + 1 : day);
    } else if (rfc3339_parse(bytes_text(text), &moment)) {
        *ms = rfc3339_ms(moment);
    } else {
        (void)command_usage(context,
                            "--%s: '%s' is neither a day as 2026-03-09 nor a time as "
                            "2026-03-09T08:00:00Z",
                            ends ? "to" : "from",
                            text);
        return false;
    }
    return true;
}

static bool read_offset(struct bytes text, int64_t *offset)
{
    *offset = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i == 18) {
            return false;
        }
        *offset = *offset * 10 + (text.data[i] - '0');
    }
    return text.size > 0;
}

/* A..B, A.., ..B or A. */
static bool read_offsets(const struct context *context, struct chronicle_selection *selection)
{
    const char *text = context->options.values[OPTION_OFFSET];
    if (text == NULL) {
        return true;
    }
    const char *dots = strstr(text, "..");
    struct bytes first = dots == NULL ? bytes_text(text) : bytes_of(text, (size_t)(dots - text));
    struct bytes last = dots == NULL ? first : bytes_text(dots + 2);
    bool any = first.size > 0 || last.size > 0;
    if (!any || (first.size > 0 && !read_offset(first, &selection->offset_first)) ||
        (last.size > 0 && !read_offset(last, &selection->offset_last)) ||
        selection->offset_first > selection->offset_last) {
        (void)command_usage(context, "--offset: '%s' is no range as 100..200, 100.. or 100", text);
        return false;
    }
    return true;
}

static bool read_names(const struct context *context, struct replay_range *range)
{
    const char *application = context->options.values[OPTION_APPLICATION];
    const char *municipality = context->options.values[OPTION_MUNICIPALITY];
    struct chronicle_selection *selection = &range->selection;
    selection->one_application = application != NULL;
    if (application != NULL && !uuid_parse(bytes_text(application), selection->application_id)) {
        (void)command_usage(context, "--application: '%s' is no UUID", application);
        return false;
    }
    if (municipality != NULL) {
        range->municipality = bytes_text(municipality);
        if (!digits_are(range->municipality, 4)) {
            (void)command_usage(
                context, "--municipality: '%s' is no code of four digits, as 0217", municipality);
            return false;
        }
        if (municipality_index(range->municipality) < 0) {
            (void)command_usage(context, "--municipality: '%s' is none of the 98", municipality);
            return false;
        }
    }
    return true;
}

bool replay_range_of(const struct context *context, struct replay_range *range)
{
    const bool *given = context->options.given;
    *range = (struct replay_range){.selection = chronicle_all()};
    struct chronicle_selection *selection = &range->selection;
    if (given[OPTION_PARTITION]) {
        selection->partition = (int32_t)context->options.numbers[OPTION_PARTITION];
    }
    range->any = given[OPTION_FROM] || given[OPTION_TO] || given[OPTION_PARTITION] ||
                 given[OPTION_OFFSET] || given[OPTION_APPLICATION] || given[OPTION_MUNICIPALITY];
    return read_time(context, OPTION_FROM, false, &selection->from_ms) &&
           read_time(context, OPTION_TO, true, &selection->to_ms) &&
           read_offsets(context, selection) && read_names(context, range);
}

bool replay_range_takes(const struct replay_range *range,
                        int64_t evaluated_at_ms,
                        int32_t partition,
                        int64_t offset,
                        const uint8_t application_id[UUID_SIZE])
{
    const struct chronicle_selection *selection = &range->selection;
    return evaluated_at_ms >= selection->from_ms && evaluated_at_ms < selection->to_ms &&
           (selection->partition < 0 || partition == selection->partition) &&
           offset >= selection->offset_first && offset <= selection->offset_last &&
           (!selection->one_application ||
            memcmp(application_id, selection->application_id, UUID_SIZE) == 0);
}

bool replay_range_serves(const struct replay_range *range, struct bytes municipality)
{
    return range->municipality.size == 0 || bytes_equal(range->municipality, municipality);
}
