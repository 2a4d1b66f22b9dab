/* I11: what else a row of quarantine says of its record is what its bytes and its batch say. */

#include "mentor/app/request.h"
#include "mentor/port/record.h"

#include "audit.h"

/* What the record says when it is read again; NULL when that is what the row says. */
static const char *read_again(const struct audit *audit,
                              const struct chronicle_refusal *row,
                              const struct ledger_entry *entry,
                              struct arena *arena)
{
    struct record record = {.offset = row->stored.offset,
                            .has_key = row->stored.has_key,
                            .key = row->stored.key,
                            .has_value = row->stored.has_value,
                            .value = row->stored.value};
    struct request request;
    if (!headers_unpack(row->stored.headers, arena, &record.headers, &record.header_count)) {
        return "headers";
    }
    request_read(
        &request, &record, REASON_NONE, audit->has_citizen_key ? &audit->citizen_key : NULL, arena);
    if (row->stored.reason == REASON_HEADERS_TOO_LARGE) {
        request.has_event_key = false; /* what is kept of them says more than was looked at */
    }
    if (request.has_event_key != entry->has_event_key ||
        (request.has_event_key &&
         memcmp(request.event_key, entry->event_key, EVENT_KEY_SIZE) != 0)) {
        return "event";
    }
    /* What could be decided has a citizen_ref, whatever its CPR looks like. */
    bool named = request.has_citizen || request.reason == REASON_NONE;
    if (row->has_citizen != named ||
        (named && audit->has_citizen_key &&
         memcmp(row->citizen_ref, request.citizen_ref, CITIZEN_REF_SIZE) != 0)) {
        return "citizen";
    }
    return NULL;
}

void audit_refused(struct audit *audit,
                   const struct chronicle_refusal *row,
                   const struct chronicle_range *range,
                   const struct ledger_entry *entry,
                   const struct audit_place *place,
                   struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    enum reason reason = row->stored.reason;
    const char *other = NULL;
    if (row->at_ms != range->evaluated_at_ms) {
        other = "time";
    } else if (row->status != (int32_t)reason_status(reason)) {
        other = "status";
    } else if (row->arms != reason_arms(reason)) {
        other = "mark of Q01";
    } else if (!bytes_equal(row->value_sha256, bytes_of(entry->input_digest, SHA256_SIZE))) {
        other = "digest of the value";
    } else if (row->payload.state == PAYLOAD_WHOLE && reason != REASON_RECORD_FAILED) {
        other = read_again(audit, row, entry, arena); /* one that failed alone is left alone */
    }
    arena_rewind(arena, mark);
    if (other != NULL) {
        audit_breach(&audit->report,
                     INVARIANT_I11,
                     place,
                     "its row of quarantine has another %s than what came in, or its batch",
                     other);
    }
}
