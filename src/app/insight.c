#include "insight.h"

#include <stdlib.h>

#include "mentor/core/date.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/wire.h"

#include "json_path.h"
#include "rejudge.h"

/* What the decision was made from, as it is stored with it. */
static bool fill_matter(const struct archived_decision *row,
                        const json_t *told,
                        const struct rulebook *rulebook,
                        struct insight *out)
{
    uint8_t before[UUID_SIZE] = {0};
    out->matter = (struct matter){
        .application = out->request.application,
        .rulebook = rulebook,
        .law = rulebook_law(rulebook, date_in_denmark(row->stored.evaluated_at_ms)),
        .evaluated_at_ms = row->stored.evaluated_at_ms,
        .periods = row->periods,
        .conflict = row->conflict,
        .quarantined = row->quarantined,
        .superseding = uuid_parse(bytes_text(json_text_at(told, "supersedes")), before),
    };
    memcpy(out->matter.event_key, out->request.event_key, EVENT_KEY_SIZE);
    memcpy(out->matter.citizen_ref, row->stored.citizen_ref, CITIZEN_REF_SIZE);
    memcpy(out->matter.supersedes, before, UUID_SIZE);
    return out->matter.law != NULL;
}

static bool same_bytes(const struct archived_decision *row,
                       const json_t *told,
                       const struct insight *made,
                       struct arena *arena)
{
    struct wire_source source = {
        .topic = bytes_text(json_text_at(told, "source.topic")),
        .partition = row->partition,
        .offset = row->offset,
        .event_id = made->request.envelope.id,
    };
    struct bytes output;
    return wire_encode_decision(&made->decision, &source, arena, &output) &&
           bytes_equal(output, row->stored.output);
}

const char *insight_of(const struct archived_decision *row,
                       const json_t *told,
                       const struct rulebook *rulebook,
                       struct arena *arena,
                       struct insight *out)
{
    if (row->payload.state != PAYLOAD_WHOLE) {
        return "det, der kom ind, er slettet eller forseglet";
    }
    if (rulebook == NULL) {
        return "regelsættet er ikke gemt eller kan ikke læses";
    }
    if (row->core_version != CORE_VERSION) {
        return "en anden udgave af programmet har afgjort den";
    }
    if (!history_periods_valid(row->periods)) {
        return "historikken er beskadiget";
    }
    if (rejudge_request(row, &(struct rejudge){.lean = true}, arena, &out->record, &out->request) !=
            NULL ||
        !fill_matter(row, told, rulebook, out)) {
        return "den gemte ansøgning kan ikke læses, eller ingen lov gjaldt den dag";
    }
    decide(&out->matter, &out->decision);
    out->same = same_bytes(row, told, out, arena);
    return NULL;
}
