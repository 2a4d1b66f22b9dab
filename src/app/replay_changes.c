/* A divergence put together: where it is, and what is otherwise, in ProtoJSON's terms. */

#include <string.h>

#include "mentor/app/outcome.h"
#include "mentor/base/arena.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/json.h"

#include "json_diff.h"
#include "rejudge.h"
#include "replay_report.h"

json_t *replay_divergence(const char *what)
{
    json_t *divergence = json_pack("{s:s}", "divergence", what);
    CHECK(divergence != NULL);
    return divergence;
}

static void set(json_t *object, const char *name, json_t *value)
{
    CHECK(json_object_set_new(object, name, value) == 0);
}

void replay_divergence_place(json_t *divergence,
                             const char *topic,
                             int32_t partition,
                             int64_t offset)
{
    if (topic != NULL) {
        set(divergence, "topic", json_string(topic));
    }
    replay_divergence_number(divergence, "partition", partition);
    replay_divergence_number(divergence, "offset", offset);
}

void replay_divergence_number(json_t *divergence, const char *name, int64_t number)
{
    set(divergence, name, json_integer(number));
}

static json_t *uuid_json(const uint8_t id[UUID_SIZE])
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return json_stringn(text, sizeof(text));
}

static json_t *hex_json(const uint8_t *data)
{
    char text[2 * CITIZEN_REF_SIZE];
    hex_encode(data, CITIZEN_REF_SIZE, text);
    return json_stringn(text, sizeof(text));
}

static json_t *date_json(int32_t day)
{
    char text[DATE_TEXT_SIZE];
    date_format(day, text);
    return json_stringn(text, sizeof(text));
}

void replay_divergence_application(json_t *divergence, const uint8_t id[UUID_SIZE])
{
    set(divergence, "application", uuid_json(id));
}

void replay_change(json_t *divergence, const char *path, json_t *stored, json_t *made)
{
    json_t *changes = json_object_get(divergence, "changes");
    json_t *change = json_object();
    if (changes == NULL) {
        changes = json_array();
        set(divergence, "changes", changes);
    }
    set(change, "path", json_string(path));
    set(change, "stored", stored == NULL ? json_null() : stored);
    set(change, "made", made == NULL ? json_null() : made);
    CHECK(json_array_append_new(changes, change) == 0);
}

static void on_change(void *self, const char *path, const json_t *before, const json_t *after)
{
    replay_change(self, path, json_deep_copy(before), json_deep_copy(after));
}

void replay_change_outputs(json_t *divergence,
                           struct bytes stored,
                           struct bytes made,
                           struct arena *arena)
{
    json_t *before = protobuf_to_value(JSON_DECISION, stored, arena);
    json_t *after = protobuf_to_value(JSON_DECISION, made, arena);
    struct json_changes changes = {.change = on_change, .self = divergence};
    if (before == NULL || after == NULL) {
        replay_change(divergence,
                      "output",
                      before == NULL ? json_string("no Decision can be read") : NULL,
                      after == NULL ? json_string("no Decision can be read") : NULL);
    } else if (json_diff(before, after, &changes) == 0) {
        replay_change(divergence,
                      "output",
                      json_string("the same known fields in other bytes"),
                      json_string("canonical"));
    }
    json_decref(before);
    json_decref(after);
}

static json_t *outcome_json(enum outcome outcome)
{
    return outcome >= OUTCOME_IS_APPROVED && outcome <= OUTCOME_IS_REFERRED
               ? json_string(outcome_type(outcome))
               : json_integer(outcome);
}

static void change_period(json_t *divergence,
                          const struct chronicle_decision *row,
                          const struct decision *decision)
{
    bool made = decision->has_period;
    bool stored = row->has_period;
    replay_change(divergence,
                  "column start_date",
                  stored ? date_json(row->start) : NULL,
                  made ? date_json(decision->start) : NULL);
    replay_change(divergence,
                  "column end_date",
                  stored ? date_json(row->end) : NULL,
                  made ? date_json(decision->end) : NULL);
}

static void change_column(json_t *divergence,
                          enum rejudge_part part,
                          const struct chronicle_decision *row,
                          const struct rejudged *made)
{
    const struct stored_output *stored = &row->archived.stored;
    const struct decision *decision = &made->judgement.decision;
    const struct request *request = &made->request;
    switch (part) {
    case REJUDGE_DECISION_ID:
        replay_change(divergence,
                      "column decision_id",
                      uuid_json(stored->decision_id),
                      uuid_json(decision->decision_id));
        break;
    case REJUDGE_APPLICATION_ID:
        replay_change(divergence,
                      "column application_id",
                      uuid_json(row->application_id),
                      uuid_json(request->application->id));
        break;
    case REJUDGE_VERSION:
        replay_change(divergence,
                      "column version",
                      json_integer(row->version),
                      json_integer(request->application->version));
        break;
    case REJUDGE_CITIZEN_REF:
        replay_change(divergence,
                      "column citizen_ref",
                      hex_json(stored->citizen_ref),
                      hex_json(request->citizen_ref));
        break;
    case REJUDGE_OUTCOME:
        replay_change(divergence,
                      "column outcome",
                      outcome_json(stored->outcome),
                      outcome_json(decision->outcome));
        break;
    case REJUDGE_AMOUNT:
        replay_change(divergence,
                      "column total_ore",
                      row->has_total ? json_integer(row->total_ore) : NULL,
                      decision->has_frame ? json_integer(decision->frame.total_ore) : NULL);
        break;
    case REJUDGE_PERIOD:
        change_period(divergence, row, decision);
        break;
    case REJUDGE_CONFLICT:
        replay_change(divergence,
                      "column conflict",
                      json_boolean(row->archived.conflict),
                      json_boolean(made->judgement.matter.conflict));
        break;
    case REJUDGE_LATENESS:
        replay_change(divergence,
                      "column late_ms",
                      json_integer(stored->late_ms),
                      json_integer(envelope_late_ms(&request->envelope, stored->evaluated_at_ms)));
        break;
    case REJUDGE_TRACE: /* a sender's: its bytes are nobody's business here */
        replay_change(divergence,
                      "column trace",
                      json_string("other bytes"),
                      json_string("as the input's headers have it"));
        break;
    case REJUDGE_OUTPUT: /* told field by field */
    case REJUDGE_PART_COUNT:
        break;
    }
}

void replay_change_columns(json_t *divergence,
                           uint32_t parts,
                           const struct chronicle_decision *row,
                           const struct rejudged *made)
{
    for (enum rejudge_part part = REJUDGE_OUTPUT; part < REJUDGE_PART_COUNT; part++) {
        if ((parts & UINT32_C(1) << part) != 0) {
            change_column(divergence, part, row, made);
        }
    }
}
