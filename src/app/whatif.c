#include "whatif.h"

#include <stdlib.h>

#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/core/identifier.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/wire.h"

void whatif_history_release(struct whatif_history *history)
{
    keeper_release(&history->gained);
    keeper_release(&history->lost);
    free(history->periods);
    *history = (struct whatif_history){0};
}

static struct bytes state_of(const struct keeper_row *row)
{
    return row == NULL ? (struct bytes){0} : bytes_of(row->state, row->size);
}

/* Takes each of the periods out, or puts it in. */
static struct bytes settle_all(struct bytes state, struct bytes periods, bool approved, uint8_t *to)
{
    for (uint32_t i = 0; i < history_period_count(periods); i++) {
        struct history_period period = history_period_at(periods, i);
        state = history_period_settle(state, &period, approved, to);
    }
    return state;
}

struct bytes whatif_history_of(struct whatif_history *history, const struct chronicle_case *row)
{
    struct bytes gained = state_of(keeper_find(&history->gained, row->citizen_ref));
    struct bytes lost = state_of(keeper_find(&history->lost, row->citizen_ref));
    size_t most = row->periods.size + gained.size;
    if (gained.size + lost.size == 0) {
        return row->periods;
    }
    if (most > history->capacity) {
        uint8_t *larger = realloc(history->periods, most);
        CHECK(larger != NULL); /* a decision without its history would be wrong */
        history->periods = larger;
        history->capacity = most;
    }
    struct bytes left = settle_all(row->periods, lost, false, history->periods);
    return settle_all(left, gained, true, history->periods);
}

static bool later(const struct keeper *keeper, const struct chronicle_case *row)
{
    const struct keeper_row *found = keeper_find(keeper, row->citizen_ref);
    return found != NULL && found->seq > row->citizen_seq;
}

bool whatif_history_late(const struct whatif_history *history, const struct chronicle_case *row)
{
    return later(&history->gained, row) || later(&history->lost, row);
}

/* In or out of one heap; a citizen that was never in one has no row there. */
static void settle(struct keeper *keeper,
                   const struct chronicle_case *row,
                   const struct history_period *period,
                   bool in)
{
    if (keeper_find(keeper, row->citizen_ref) == NULL && !in) {
        return;
    }
    struct keeper_row *kept = keeper_row(keeper, row->citizen_ref);
    int64_t seq = row->citizen_seq > kept->seq ? row->citizen_seq : kept->seq;
    uint8_t *state = malloc(kept->size + HISTORY_PERIOD_SIZE);
    CHECK(state != NULL);
    keeper_row_set(kept, seq, history_period_settle(state_of(kept), period, in, state));
    free(state);
}

void whatif_history_note(struct whatif_history *history,
                         const struct chronicle_case *row,
                         const struct history_period *period,
                         bool before,
                         bool after)
{
    if (!history->stored && !row->conflict) {
        settle(&history->gained, row, period, after && !before);
        settle(&history->lost, row, period, before && !after);
    }
}

void whatif_history_keep(struct whatif_history *history, const struct chronicle_case *row)
{
    struct history_period none = {0};
    memcpy(none.application_id, row->application_id, UUID_SIZE);
    whatif_history_note(history, row, &none, false, false);
}

static struct whatif_side side_of(const struct decision *decision)
{
    bool granted = decision->outcome == OUTCOME_IS_APPROVED && decision->has_frame;
    return (struct whatif_side){
        .outcome = decision->outcome,
        .rules = decision->findings.rules,
        .granted_ore = granted ? decision->frame.total_ore : 0,
    };
}

/* *decision is filled unless no law is in force. */
static struct whatif_side decide_by(const struct rulebook *rulebook,
                                    struct bytes periods,
                                    struct matter *matter,
                                    struct decision *decision)
{
    matter->rulebook = rulebook;
    matter->law = rulebook_law(rulebook, date_in_denmark(matter->evaluated_at_ms));
    matter->periods = periods;
    if (matter->law == NULL) {
        return (struct whatif_side){.outcome = OUTCOME_NONE};
    }
    decide(matter, decision);
    return side_of(decision);
}

static bool sides_alike(const struct whatif_side *a, const struct whatif_side *b)
{
    return a->outcome == b->outcome && a->rules == b->rules && a->granted_ore == b->granted_ore;
}

bool whatif_flipped(const struct whatif_result *result)
{
    return result->before.outcome != result->after.outcome;
}

bool whatif_changed(const struct whatif_result *result)
{
    return !sides_alike(&result->before, &result->after);
}

static bool as_stored(const struct chronicle_case *row, const struct decision *decision)
{
    return row->outcome == decision->outcome && row->has_total == decision->has_frame &&
           (!row->has_total || row->total_ore == decision->frame.total_ore);
}

static void fill(const struct chronicle_case *row, int32_t municipality, struct whatif_result *out)
{
    *out = (struct whatif_result){
        .batch = row->batch,
        .index = row->index,
        .partition = row->partition,
        .offset = row->offset,
        .version = row->version,
        .municipality = municipality,
        .day = date_in_denmark(row->evaluated_at_ms),
        .conflict = row->conflict,
    };
    memcpy(out->application_id, row->application_id, UUID_SIZE);
    memcpy(out->citizen_ref, row->citizen_ref, CITIZEN_REF_SIZE);
}

/* The application is read. */
static enum whatif_verdict decide_twice(const struct whatif *whatif,
                                        const struct chronicle_case *row,
                                        const struct application *application,
                                        struct whatif_history *history,
                                        struct whatif_result *result)
{
    struct matter matter = {
        .application = application,
        .evaluated_at_ms = row->evaluated_at_ms,
        .conflict = row->conflict,
        .quarantined = row->quarantined,
    };
    struct decision decision;
    result->before = decide_by(whatif->own, row->periods, &matter, &decision);
    if (result->before.outcome == OUTCOME_NONE || !as_stored(row, &decision)) {
        return WHATIF_UNLIKE;
    }
    struct history_period period = {.start = decision.start, .end = decision.end};
    memcpy(period.application_id, application->id, UUID_SIZE);
    struct bytes periods = whatif_history_of(history, row);
    result->disordered = whatif_history_late(history, row);
    result->after = decide_by(whatif->candidate, periods, &matter, &decision);
    if (periods.data != row->periods.data && whatif_changed(result)) {
        struct whatif_side alone = decide_by(whatif->candidate, row->periods, &matter, &decision);
        result->by_history = sides_alike(&result->before, &alone);
    }
    whatif_history_note(history,
                        row,
                        &period,
                        result->before.outcome == OUTCOME_IS_APPROVED,
                        result->after.outcome == OUTCOME_IS_APPROVED);
    return WHATIF_COUNTED;
}

enum whatif_verdict whatif_case(const struct whatif *whatif,
                                const struct chronicle_case *row,
                                struct whatif_history *history,
                                struct whatif_result *result)
{
    static const enum whatif_verdict unread[PAYLOAD_STATE_COUNT] = {
        [PAYLOAD_WHOLE] = WHATIF_UNREADABLE,
        [PAYLOAD_LOCKED] = WHATIF_SEALED,
        [PAYLOAD_BROKEN] = WHATIF_UNREADABLE,
        [PAYLOAD_ERASED] = WHATIF_ERASED,
        [PAYLOAD_RETIRED] = WHATIF_RETIRED,
    };
    struct application application;
    bool canonical = false;
    enum whatif_verdict verdict = unread[row->payload.state];
    if (row->damaged != NULL) {
        verdict = WHATIF_UNREADABLE;
    } else if (row->absent) {
        verdict = WHATIF_MISSING;
    } else if (row->payload.state == PAYLOAD_WHOLE &&
               wire_decode_application(row->input, &application, &canonical) == REASON_NONE &&
               uuid_parse(application.application_id, application.id) &&
               memcmp(application.id, row->application_id, UUID_SIZE) == 0 &&
               history_periods_valid(row->periods)) {
        int32_t municipality = municipality_index(application.municipality_code);
        fill(row, municipality, result);
        verdict = whatif->municipality != WHATIF_ANYWHERE && whatif->municipality != municipality
                      ? WHATIF_OUTSIDE
                  : whatif->own == NULL ? WHATIF_NO_RULEBOOK
                                        : decide_twice(whatif, row, &application, history, result);
    }
    if (verdict != WHATIF_COUNTED) {
        whatif_history_keep(history, row);
    }
    return verdict;
}
