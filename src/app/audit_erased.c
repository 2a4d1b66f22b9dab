/* One stored decision whose payload is erased or sealed: it cannot be made again, and what else is
 * stored of it must still agree with the ledger and with the rows it left. */

#include "mentor/core/date.h"
#include "mentor/wire/wire.h"

#include "audit.h"
#include "rejudge.h"

/* The application's row keeps what the decision left there; NULL and a breach when it does not. */
static const uint8_t *kept_event(const struct audit_job *job,
                                 const struct chronicle_decision *row,
                                 const struct audit_expected *expected,
                                 const struct audit_place *place)
{
    const struct archived_decision *archived = &row->archived;
    int64_t at = archived->application_seq - 1;
    if (at >= 0 && history_events_valid(row->events) && at < history_event_count(row->events)) {
        struct history_event event = history_event_at(row->events, (uint32_t)at);
        if (event.batch == archived->batch && event.index == archived->index &&
            event.version == row->version && event.conflict == archived->conflict &&
            event.evaluated_at_ms == archived->stored.evaluated_at_ms &&
            (expected == NULL || !expected->has_event_key ||
             memcmp(event.event_key, expected->event_key, EVENT_KEY_SIZE) == 0)) {
            return row->events.data + (size_t)at * HISTORY_EVENT_SIZE;
        }
    }
    audit_breach(&job->audit->report,
                 INVARIANT_P,
                 place,
                 "the application's row does not keep this decision as its number %lld",
                 (long long)archived->application_seq);
    return NULL;
}

static bool same_day(struct bytes text, int32_t day)
{
    int32_t told = 0;
    return date_parse(text, &told) && told == day;
}

static bool same_hex(struct bytes text, const uint8_t *data, size_t size)
{
    uint8_t told[CITIZEN_REF_SIZE];
    return size <= sizeof(told) && text.size == 2 * size &&
           hex_decode((const char *)text.data, size, told) && memcmp(told, data, size) == 0;
}

static bool same_uuid(struct bytes text, const uint8_t uuid[UUID_SIZE])
{
    uint8_t told[UUID_SIZE];
    return uuid_parse(text, told) && memcmp(told, uuid, UUID_SIZE) == 0;
}

static bool same_period(const struct wire_provenance *told, const struct chronicle_decision *row)
{
    return told->has_period == row->has_period &&
           (!row->has_period ||
            (same_day(told->start_date, row->start) && same_day(told->end_date, row->end)));
}

/* The columns that the output tells as well, which the ledger has the digest of. */
static const char *told_otherwise(const struct chronicle_decision *row,
                                  const struct audit_place *place,
                                  struct arena *arena)
{
    const struct archived_decision *archived = &row->archived;
    const struct stored_output *stored = &archived->stored;
    struct wire_provenance told;
    if (!wire_decision_provenance(stored->output, arena, &told)) {
        return "output";
    }
    const struct {
        const char *what;
        bool same;
    } columns[] = {
        {"decision id", same_uuid(told.decision_id, stored->decision_id)},
        {"application id", same_uuid(told.application_id, row->application_id)},
        {"version", told.version == row->version},
        {"citizen_ref", same_hex(told.citizen_ref, stored->citizen_ref, CITIZEN_REF_SIZE)},
        {"outcome", told.outcome == (int)stored->outcome},
        {"amount",
         told.has_total == row->has_total && (!row->has_total || told.total_ore == row->total_ore)},
        {"period", same_period(&told, row)},
        {"time", told.evaluated_at_ms == stored->evaluated_at_ms},
        {"mark of a conflict", told.conflict == archived->conflict},
        {"mark of Q01", told.quarantined == archived->quarantined},
        {"place",
         told.source.offset == archived->offset && told.source.partition == place->partition},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (!columns[i].same) {
            return columns[i].what;
        }
    }
    return NULL;
}

void audit_erased(struct audit_job *job,
                  const struct chronicle_decision *row,
                  const struct audit_expected *expected,
                  struct audit_position *position,
                  const struct audit_place *place)
{
    const struct archived_decision *archived = &row->archived;
    struct audit_report *report = &job->audit->report;
    audit_report_gone(report, archived->payload.state, false);
    if (archived->payload.state == PAYLOAD_BROKEN) {
        audit_breach(report,
                     INVARIANT_I2,
                     place,
                     "it cannot be decided again: %s",
                     payload_text(archived->payload.state));
    }
    const char *part = archived->stored.damaged != NULL ? archived->stored.damaged
                                                        : told_otherwise(row, place, &job->arena);
    if (part != NULL) {
        audit_breach(report, INVARIANT_I2, place, "its %s is not what its output tells", part);
    }
    if (expected != NULL) {
        audit_against_ledger(job, row, expected, place);
    }
    audit_expect_output(job, row, archived->stored.output, position, place);
    const uint8_t *event = kept_event(job, row, expected, place);
    struct audit_item item = {
        .heap = AUDIT_APPLICATIONS, .number = archived->application_seq, .place = *place};
    item.place.application = NULL;
    memcpy(item.key, row->application_id, UUID_SIZE);
    if (event != NULL) {
        memcpy(item.event_key, event, EVENT_KEY_SIZE);
        audit_put(job, AUDIT_LEFT, &item, bytes_of(event, HISTORY_EVENT_SIZE));
    }
    audit_sum_citizen(job, row, rejudge_left_periods(row, &job->arena), place);
}
