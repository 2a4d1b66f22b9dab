#include "whatif_walk.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/app/judge.h"
#include "mentor/base/endian_be.h"
#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/wire.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
};

/* What the row's decision left for the citizen's next one. */
static void settle(struct whatif_walk *walk,
                   const struct chronicle_case *row,
                   const struct history_period *period)
{
    size_t most = walk->periods.size + HISTORY_PERIOD_SIZE;
    if (row->conflict) {
        return;
    }
    if (most > walk->capacity) {
        walk->capacity = 2 * most;
        for (int i = 0; i < 2; i++) {
            uint8_t *larger = realloc(walk->periods_at[i], walk->capacity);
            CHECK(larger != NULL); /* a decision without its history would be wrong */
            walk->periods_at[i] = larger;
        }
        walk->periods.data = walk->periods_at[0];
    }
    walk->periods = history_period_settle(
        walk->periods, period, row->outcome == OUTCOME_IS_APPROVED, walk->periods_at[1]);
    uint8_t *old = walk->periods_at[0];
    walk->periods_at[0] = walk->periods_at[1];
    walk->periods_at[1] = old;
}

static void row_of_outcome(const struct whatif_event *event, struct chronicle_case *row)
{
    row->version = event->version;
    row->outcome = event->outcome;
    row->has_total = event->has_total;
    row->total_ore = event->total_ore;
    row->conflict = event->conflict;
    row->quarantined = event->quarantined;
    row->damaged = event->contradicted ? "outcome" : NULL;
    memcpy(row->rulebook_sha256, event->rulebook, SHA256_SIZE);
}

/* What this decision leaves for its application, so that one without an outcome is known as its
 * duplicate. */
static void remember(struct whatif_walk *walk, const struct whatif_event *event)
{
    struct keeper_row *kept = keeper_row(&walk->applications, event->application_id);
    struct history_event made = {.version = event->version,
                                 .conflict = event->conflict,
                                 .evaluated_at_ms = event->evaluated_at_ms};
    uint8_t *state = malloc(kept->size + HISTORY_EVENT_SIZE);
    CHECK(state != NULL);
    memcpy(made.event_key, event->event_key, EVENT_KEY_SIZE);
    memcpy(made.content, event->content, SHA256_SIZE);
    keeper_row_set(
        kept, kept->seq + 1, history_event_append(bytes_of(kept->state, kept->size), &made, state));
    free(state);
}

/* No outcome says what was decided: what the rulebook comes to. False: nothing, since it is a
 * duplicate, outdated, or no law was in force. */
static bool decide_it(struct whatif_walk *walk,
                      const struct whatif_event *event,
                      struct chronicle_case *row,
                      struct history_period *period)
{
    struct application application;
    struct record record = {.value = bytes_of(event->input, event->input_size)};
    struct request request = {.record = &record, .application = &application};
    struct judge judge = {.rulebook = walk->log->rulebook,
                          .evaluated_at_ms = event->evaluated_at_ms};
    struct citizen_row citizen = {.state = walk->periods};
    struct judgement judgement;
    bool canonical = false;
    if (wire_decode_application(record.value, &application, &canonical) != REASON_NONE) {
        return false;
    }
    memcpy(application.id, event->application_id, UUID_SIZE);
    memcpy(request.citizen_ref, event->citizen_ref, CITIZEN_REF_SIZE);
    memcpy(request.event_key, event->event_key, EVENT_KEY_SIZE);
    memcpy(request.content, event->content, SHA256_SIZE);
    struct keeper_row *kept = keeper_row(&walk->applications, event->application_id);
    struct application_row before = {.seq = kept->seq, .state = bytes_of(kept->state, kept->size)};
    arena_rewind(&walk->arena, (struct arena_mark){0});
    if (judge_request(&judge, &request, &before, &citizen, &walk->arena, &judgement) !=
        REASON_NONE) {
        return false;
    }
    keeper_row_set(kept, before.seq, before.state);
    const struct decision *decision = &judgement.decision;
    row->version = application.version;
    row->outcome = decision->outcome;
    row->has_total = decision->has_frame;
    row->total_ore = decision->has_frame ? decision->frame.total_ore : 0;
    row->conflict = judgement.matter.conflict;
    memcpy(row->rulebook_sha256, walk->log->rulebook->sha256, SHA256_SIZE);
    period->start = decision->start;
    period->end = decision->end;
    return true;
}

/* Not a decision: the citizen's numbers stay where they are. */
static void hand_out(struct whatif_walk *walk, const struct whatif_event *event, bool remembers)
{
    struct history_period period = {.start = event->start, .end = event->end};
    struct chronicle_case row = {
        .batch = event->line,
        .partition = event->partition,
        .offset = event->offset,
        .citizen_seq = event->number > 0 ? event->number : walk->next,
        .evaluated_at_ms = event->evaluated_at_ms,
        .absent = !event->has_application,
        .periods = walk->periods,
        .input = bytes_of(event->input, event->input_size),
    };
    memcpy(row.application_id, event->application_id, UUID_SIZE);
    memcpy(row.citizen_ref, event->citizen_ref, CITIZEN_REF_SIZE);
    memcpy(period.application_id, event->application_id, UUID_SIZE);
    if (event->has_outcome) {
        row_of_outcome(event, &row);
        if (remembers && event->has_application) {
            remember(walk, event);
        }
    } else if (decide_it(walk, event, &row, &period)) {
        walk->counts.decided_here++;
    } else {
        walk->counts.undecided++;
        return;
    }
    bool in_time =
        row.evaluated_at_ms >= walk->slice.from_ms && row.evaluated_at_ms < walk->slice.to_ms;
    if (in_time && walk->placed && row.partition < 0) {
        walk->counts.nowhere++;
    } else if (in_time) {
        walk->take(walk->self, &row);
    }
    settle(walk, &row, &period);
    walk->next = row.citizen_seq + 1;
}

static void
walk_citizen(struct whatif_walk *walk, const struct whatif_event *const *events, size_t count)
{
    size_t rest = 0;
    bool alone = false;
    walk->periods = (struct bytes){0};
    walk->next = 1;
    while (rest < count && events[rest]->number > 0) {
        rest++;
    }
    for (size_t i = rest; i < count; i++) {
        alone = alone || !events[i]->has_outcome;
    }
    size_t numbered = rest;
    for (size_t i = 0; i < numbered; i++) {
        int64_t number = events[i]->number;
        while (walk->next < number && rest < count) {
            hand_out(walk, events[rest++], alone);
        }
        walk->counts.twice += i > 0 && events[i - 1]->number == number ? 1 : 0;
        walk->counts.holes += number > walk->next ? number - walk->next : 0;
        hand_out(walk, events[i], alone);
    }
    while (rest < count) {
        hand_out(walk, events[rest++], alone);
    }
    keeper_release(&walk->applications);
}

bool whatif_walk_run(struct whatif_walk *walk, struct err *err)
{
    const struct whatif_log *log = walk->log;
    uint64_t first = chronicle_slice_bound(&walk->slice, walk->slice.slice);
    uint64_t end = chronicle_slice_bound(&walk->slice, walk->slice.slice + 1);
    if (!arena_init(&walk->arena, ARENA_SIZE)) {
        return err_set(err, ERR_FATAL, "no memory");
    }
    for (size_t i = 0; i < log->order_count && !*walk->stop;) {
        const uint8_t *citizen = log->order[i]->citizen_ref;
        uint64_t place = get_be32(citizen);
        size_t count = 1;
        while (i + count < log->order_count &&
               memcmp(log->order[i + count]->citizen_ref, citizen, CITIZEN_REF_SIZE) == 0) {
            count++;
        }
        if (place >= first && place < end) {
            walk_citizen(walk, log->order + i, count);
        }
        i += count;
    }
    return true;
}

void whatif_walk_release(struct whatif_walk *walk)
{
    arena_release(&walk->arena);
    keeper_release(&walk->applications);
    free(walk->periods_at[0]);
    free(walk->periods_at[1]);
    *walk = (struct whatif_walk){0};
}
