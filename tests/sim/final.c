/* What must hold when all is done: the ledger, the projections, and each decision made once more.
 */

#include <inttypes.h>

#include "mentor/app/outcome.h"

#include "../../src/app/rejudge.h"
#include "audit.h"
#include "load.h"
#include "sealing.h"
#include "sim.h"

enum {
    STATE_MAX = 64 * HISTORY_EVENT_SIZE,
};

/* What the log must have had there, as of when it was decided. */
static void check_fate(int32_t partition, int64_t offset)
{
    const struct db_fate *fate = &sim.database.fates[partition][offset];
    const struct log_entry *entry = &sim.broker.log[partition].at[offset];
    uint8_t digest[SHA256_SIZE];
    if (!fate->stored) {
        sim_breach("I3: %d/%" PRId64 " has no fate", partition, offset);
    } else if (fate->fate == FATE_GAP) {
        if (!entry->gone) {
            sim_breach("I3: %d/%" PRId64 " was there to be read, and is a gap", partition, offset);
        }
    } else if ((fate->fate == FATE_SKIPPED) != entry->hole) {
        sim_breach("I3: %d/%" PRId64 " is %s", partition, offset, fate_name(fate->fate));
    } else if (!entry->hole) {
        sha256_of(entry->record.value, digest);
        if (memcmp(digest, fate->digest, SHA256_SIZE) != 0) {
            sim_breach("I3: what was decided for %d/%" PRId64 " is not what the log has",
                       partition,
                       offset);
        }
    }
}

/* I4, I5, I9, I11: each output has its row, each row its output. */
static void check_output(int32_t partition, int64_t offset)
{
    const struct db_fate *fate = &sim.database.fates[partition][offset];
    const struct audit_offset *seen = &audit.offsets[partition][offset];
    bool output = fate->stored && (fate->fate == FATE_DECIDED || fate->fate == FATE_DLQ);
    if (seen->appended > 0 && !output) {
        sim_breach("I4: the output of %d/%" PRId64 " has no row", partition, offset);
    } else if (seen->appended == 0 && output) {
        sim_breach("I5: %d/%" PRId64 " is not emitted", partition, offset);
    } else if (seen->appended > 1 && sim.plot.calm) {
        sim_breach("%d/%" PRId64 " is emitted twice although nothing failed", partition, offset);
    }
    if (!output || seen->appended == 0) {
        return;
    }
    struct outcome_source source = {.topic = bytes_text(LOAD_TOPIC), .partition = partition};
    struct record record;
    struct bytes headers;
    CHECK(outcome_record(&fate->output, &source, &sim.arena, &record));
    CHECK(headers_pack(record.headers, record.header_count, &sim.arena, &headers));
    struct bytes first = seen->first;
    size_t rest = record.key.size + record.value.size;
    if (first.size != rest + headers.size ||
        !bytes_equal(bytes_of(first.data, record.key.size), record.key) ||
        !bytes_equal(bytes_of(first.data + record.key.size, record.value.size), record.value) ||
        !bytes_equal(bytes_of(first.data + rest, headers.size), headers)) {
        sim_breach("I4: the output of %d/%" PRId64 " is not what its row says", partition, offset);
    }
}

/* All decisions, so that they can be gone through by their numbers. */
static const struct db_fate *decisions[BROKER_PARTITIONS * BROKER_OFFSETS];
static uint32_t decision_count;

static void collect(void)
{
    decision_count = 0;
    for (uint32_t p = 0; p < sim.broker.partition_count; p++) {
        for (int64_t offset = 0; offset < sim.broker.log[p].high; offset++) {
            const struct db_fate *fate = &sim.database.fates[p][offset];
            if (fate->stored && fate->fate == FATE_DECIDED) {
                decisions[decision_count++] = fate;
            }
        }
    }
}

static const struct record *record_of(const struct db_fate *fate)
{
    size_t place = (size_t)(fate - &sim.database.fates[0][0]);
    return &sim.broker.log[place / BROKER_OFFSETS].at[place % BROKER_OFFSETS].record;
}

static const struct db_fate *of_application(const uint8_t *id, int64_t seq)
{
    const struct db_fate *found = NULL;
    for (uint32_t i = 0; i < decision_count; i++) {
        if (decisions[i]->application_seq == seq &&
            memcmp(decisions[i]->application_id, id, UUID_SIZE) == 0) {
            if (found != NULL) {
                sim_breach("I8: two decisions are an application's number %" PRId64, seq);
            }
            found = decisions[i];
        }
    }
    return found;
}

static const struct db_fate *of_citizen(const uint8_t *ref, int64_t seq)
{
    const struct db_fate *found = NULL;
    for (uint32_t i = 0; i < decision_count; i++) {
        if (decisions[i]->output.citizen_seq == seq &&
            memcmp(decisions[i]->citizen_ref, ref, CITIZEN_REF_SIZE) == 0) {
            if (found != NULL) {
                sim_breach("I8: two decisions are a citizen's number %" PRId64, seq);
            }
            found = decisions[i];
        }
    }
    return found;
}

/* What an application's first `seq` decisions leave. */
static struct bytes events_after(const uint8_t *id, int64_t seq, uint8_t state[STATE_MAX])
{
    struct bytes events = {0};
    for (int64_t i = 1; i <= seq && !sim.breached; i++) {
        const struct db_fate *fate = of_application(id, i);
        if (fate == NULL) {
            sim_breach("I8: an application has no decision number %" PRId64, i);
            break;
        }
        struct history_event event = {
            .version = fate->version,
            .conflict = fate->conflict,
            .evaluated_at_ms = fate->output.evaluated_at_ms,
            .batch = fate->batch,
            .index = fate->index,
        };
        memcpy(event.event_key, fate->event_key, EVENT_KEY_SIZE);
        memcpy(event.content, fate->digest, SHA256_SIZE); /* the letters are canonical */
        for (uint32_t e = 0; e < history_event_count(events); e++) {
            struct history_event other = history_event_at(events, e);
            if (memcmp(other.event_key, event.event_key, EVENT_KEY_SIZE) == 0) {
                sim_breach("I1: an event is decided twice");
            }
        }
        events = history_event_append(events, &event, state);
    }
    return events;
}

static struct bytes periods_after(const uint8_t *ref, int64_t seq, uint8_t state[2][STATE_MAX])
{
    struct bytes periods = {0};
    for (int64_t i = 1; i <= seq && !sim.breached; i++) {
        const struct db_fate *fate = of_citizen(ref, i);
        if (fate == NULL) {
            sim_breach("I8: a citizen has no decision number %" PRId64, i);
            break;
        }
        if (!fate->conflict) {
            struct history_period period = {.start = fate->start, .end = fate->end};
            memcpy(period.application_id, fate->application_id, UUID_SIZE);
            periods = history_period_settle(periods, &period, fate->approved, state[i % 2]);
            if (periods.data != state[i % 2]) {
                periods = bytes_of(memmove(state[i % 2], periods.data, periods.size), periods.size);
            }
        } else if (periods.size > 0) {
            periods = bytes_of(memcpy(state[i % 2], periods.data, periods.size), periods.size);
        }
    }
    return periods;
}

/* A decision's row, as mentord's own replay is given it. */
static struct chronicle_decision
row_of(const struct db_fate *fate, struct bytes headers, struct bytes input)
{
    const struct batch_decision *decision = fate->decision;
    const struct record *record = record_of(fate);
    struct chronicle_decision row = {
        .archived = {.batch = fate->batch,
                     .index = fate->index,
                     .partition = record->partition,
                     .offset = record->offset,
                     .application_seq = fate->application_seq,
                     .stored = fate->output,
                     .conflict = fate->conflict,
                     .quarantined = fate->quarantined,
                     .periods = decision->periods,
                     .headers = headers,
                     .input = input},
        .version = decision->version,
        .has_total = decision->has_frame,
        .total_ore = decision->total_ore,
        .has_period = decision->has_period,
        .start = decision->start,
        .end = decision->end,
    };
    memcpy(row.application_id, decision->application_id, UUID_SIZE);
    return row;
}

/* I2: the decision is what its input, its history, the rulebook it names and its moment give. The
 * history is what the decisions before it left, and what is stored as considered. */
static void check_decision(const struct db_fate *fate)
{
    static uint8_t events[STATE_MAX];
    static uint8_t periods[2][STATE_MAX];
    struct chronicle_decision row = row_of(fate, fate->decision->headers, record_of(fate)->value);
    row.events = events_after(fate->application_id, fate->application_seq - 1, events);
    struct bytes before = periods_after(fate->citizen_ref, fate->output.citizen_seq - 1, periods);
    if (sim.breached) {
        return;
    }
    const struct rejudge given = {.rulebook = rulebook_at(fate->rulebook),
                                  .topic = bytes_text(LOAD_TOPIC),
                                  .citizen_key = load_citizen_key()};
    struct rejudged made;
    const char *why = rejudge(&given, &row, &sim.arena, &made);
    uint32_t parts = why != NULL ? 0 : rejudge_compare(&given, &row, &made);
    if (!bytes_equal(before, row.archived.periods)) {
        why = "its history considered is another one";
    }
    if (why != NULL || parts != 0) {
        sim_breach("I2: a decision is not what its history gives (application %" PRId64
                   ", citizen %" PRId64 "): %s",
                   fate->application_seq,
                   fate->output.citizen_seq,
                   why != NULL ? why : rejudge_part_name(parts));
    }
}

static void check_projections(void)
{
    static uint8_t state[2][STATE_MAX];
    const struct database *database = &sim.database;
    int64_t applications = 0;
    int64_t citizens = 0;
    for (uint32_t i = 0; i < database->application_count && !sim.breached; i++) {
        const struct application_row *row = &database->applications[i];
        applications += row->seq;
        if (!bytes_equal(events_after(row->id, row->seq, state[0]), row->state)) {
            sim_breach("an application's row is not what its decisions give");
        }
    }
    for (uint32_t i = 0; i < database->citizen_count && !sim.breached; i++) {
        const struct citizen_row *row = &database->citizens[i];
        int64_t armed = 0;
        citizens += row->seq;
        for (uint32_t p = 0; p < sim.broker.partition_count; p++) {
            for (int64_t offset = 0; offset < BROKER_OFFSETS; offset++) {
                const struct db_fate *fate = &database->fates[p][offset];
                armed += fate->stored && fate->fate == FATE_DLQ && fate->arms &&
                         fate->has_citizen && !fate->closed &&
                         memcmp(fate->citizen_ref, row->ref, CITIZEN_REF_SIZE) == 0;
            }
        }
        if (!bytes_equal(periods_after(row->ref, row->seq, state), row->state) ||
            armed != row->armed) {
            sim_breach("a citizen's row is not what the decisions and the quarantine give");
        }
    }
    if (!sim.breached && (applications != decision_count || citizens != decision_count)) {
        sim_breach("I8: %u decisions, but applications count %" PRId64 " and citizens %" PRId64,
                   decision_count,
                   applications,
                   citizens);
    }
}

void audit_end(void)
{
    if (audit.halted) {
        sim.counts.halted++;
        return; /* a person looks now; what was emitted until then was checked */
    }
    for (uint32_t p = 0; p < sim.broker.partition_count; p++) {
        for (int64_t offset = audit.start[p]; offset < sim.broker.log[p].high && !sim.breached;
             offset++) {
            check_fate((int32_t)p, offset);
            check_output((int32_t)p, offset);
            sealing_check((int32_t)p, offset);
        }
    }
    collect();
    for (uint32_t i = 0; i < decision_count && !sim.breached; i++) {
        check_decision(decisions[i]);
    }
    if (!sim.breached) {
        check_projections();
    }
}
