/* One record of the input topic: its fate made again, with what the records before it have left. */

#include <string.h>

#include "mentor/app/judge.h"

#include "rejudge.h"
#include "replay_kafka.h"

json_t *replay_fate_begin(const struct stretch *stretch, const char *what)
{
    const struct ledger_entry *entry = &stretch->entry;
    const struct replay_position *position = stretch->position;
    json_t *divergence = replay_divergence(what);
    replay_divergence_place(divergence,
                            position == NULL ? NULL : position->topic,
                            position == NULL ? -1 : position->partition,
                            entry->offset);
    replay_divergence_number(divergence, "batch", stretch->range->batch);
    if (entry->fate == FATE_DECIDED) {
        replay_divergence_number(divergence, "index", entry->index);
    }
    return divergence;
}

/* What is made again of one record. */
struct remade {
    struct request request;
    struct record kept; /* the stored input, where the log has no record */
    struct keeper_row *kept_application;
    struct keeper_row *kept_citizen;
    struct application_row application;
    struct citizen_row citizen;
    struct judgement judgement;
    enum reason reason;
};

/* Judges with the rows as the records before have left them; the keeper's are not touched. */
static void judge_again(struct kafka_replay *kafka,
                        const struct stretch *stretch,
                        const struct chronicle_decision *row,
                        const struct record *record,
                        struct remade *remade)
{
    const struct chronicle_range *range = stretch->range;
    struct request *request = &remade->request;
    struct judge judge = {
        .rulebook = rulebooks_find(&kafka->walk.rulebooks,
                                   row == NULL ? range->rulebook : row->archived.rulebook_sha256),
        .topic = bytes_text(stretch->position->topic),
        .evaluated_at_ms =
            row == NULL ? range->evaluated_at_ms : row->archived.stored.evaluated_at_ms,
        .batch = range->batch,
        .index = (int32_t)stretch->entry.index,
        /* A person's dismissal is no record, so what armed Q01 cannot be built up from them. */
        .key_armed = row != NULL && row->archived.quarantined,
    };
    request_read(request,
                 record,
                 REASON_NONE,
                 kafka->has_citizen_key ? &kafka->citizen_key : NULL,
                 &kafka->arena);
    remade->reason = request->reason;
    if (remade->reason != REASON_NONE) {
        return;
    }
    if (row == NULL && kafka->walk.facts.demo && request->envelope.has_time) {
        judge.evaluated_at_ms = request->envelope.time_ms; /* --at event */
    }
    if (!kafka->has_citizen_key && row != NULL) {
        memcpy(request->citizen_ref, row->archived.stored.citizen_ref, CITIZEN_REF_SIZE);
    }
    remade->kept_application = keeper_row(&kafka->applications, request->application->id);
    remade->kept_citizen = keeper_row(&kafka->citizens, request->citizen_ref);
    remade->application = (struct application_row){
        .seq = remade->kept_application->seq,
        .state = bytes_of(remade->kept_application->state, remade->kept_application->size)};
    remade->citizen = (struct citizen_row){
        .seq = remade->kept_citizen->seq,
        .state = bytes_of(remade->kept_citizen->state, remade->kept_citizen->size)};
    remade->reason = judge.rulebook == NULL ? REASON_RECORD_FAILED
                                            : judge_request(&judge,
                                                            request,
                                                            &remade->application,
                                                            &remade->citizen,
                                                            &kafka->arena,
                                                            &remade->judgement);
}

static bool in_range(const struct kafka_replay *kafka,
                     const struct stretch *stretch,
                     int64_t evaluated_at_ms,
                     const struct request *request)
{
    static const uint8_t none[UUID_SIZE];
    const struct application *application = request->application;
    uint8_t id[UUID_SIZE];
    memcpy(id, none, UUID_SIZE);
    if (application != NULL && !uuid_parse(application->application_id, id)) {
        memcpy(id, none, UUID_SIZE);
    }
    return replay_range_takes(kafka->range,
                              evaluated_at_ms,
                              stretch->position->partition,
                              stretch->entry.offset,
                              id) &&
           replay_range_serves(kafka->range,
                               application == NULL ? (struct bytes){0}
                                                   : application->municipality_code);
}

static json_t *periods_json(struct bytes periods)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < history_period_count(periods); i++) {
        struct history_period period = history_period_at(periods, i);
        char text[UUID_TEXT_SIZE + 2 * (1 + DATE_TEXT_SIZE)];
        uuid_format(period.application_id, text);
        text[UUID_TEXT_SIZE] = ' ';
        date_format(period.start, text + UUID_TEXT_SIZE + 1);
        text[UUID_TEXT_SIZE + 1 + DATE_TEXT_SIZE] = ' ';
        date_format(period.end, text + UUID_TEXT_SIZE + 2 + DATE_TEXT_SIZE);
        CHECK(json_array_append_new(list, json_stringn(text, sizeof(text))) == 0);
    }
    return list;
}

/* What was considered, built up anew, against what is stored. */
static uint32_t compare_history(const struct chronicle_decision *row,
                                const struct remade *remade,
                                json_t *divergence)
{
    const struct archived_decision *archived = &row->archived;
    uint32_t count = 0;
    if (archived->application_seq != remade->application.seq) {
        replay_change(divergence,
                      "column application_seq",
                      json_integer(archived->application_seq),
                      json_integer(remade->application.seq));
        count++;
    }
    if (archived->stored.citizen_seq != remade->citizen.seq) {
        replay_change(divergence,
                      "column citizen_seq",
                      json_integer(archived->stored.citizen_seq),
                      json_integer(remade->citizen.seq));
        count++;
    }
    if (!bytes_equal(archived->periods, remade->judgement.periods)) {
        replay_change(divergence,
                      "column periods",
                      history_periods_valid(archived->periods) ? periods_json(archived->periods)
                                                               : json_string("damaged"),
                      periods_json(remade->judgement.periods));
        count++;
    }
    return count;
}

static void compare_decision(struct kafka_replay *kafka,
                             const struct stretch *stretch,
                             const struct chronicle_decision *row,
                             struct remade *remade)
{
    struct rejudge given = {.citizen_key = kafka->has_citizen_key ? &kafka->citizen_key : NULL};
    struct rejudged made = {.request = remade->request, .judgement = remade->judgement};
    uint8_t digest[SHA256_SIZE];
    json_t *divergence =
        replay_fate_begin(stretch, "decided again from the log, it comes out otherwise");
    uint32_t parts = REJUDGE_PART_COUNT;
    if (judge_trace(&remade->request, &kafka->arena, &made.trace)) {
        parts = rejudge_compare(&given, row, &made);
    }
    replay_divergence_application(divergence, row->application_id);
    if ((parts & UINT32_C(1) << REJUDGE_OUTPUT) != 0) {
        replay_change_outputs(
            divergence, row->archived.stored.output, made.judgement.output, &kafka->arena);
    }
    replay_change_columns(divergence, parts, row, &made);
    uint32_t others = compare_history(row, remade, divergence);
    sha256_of(made.judgement.output, digest);
    if (memcmp(digest, stretch->entry.output_digest, SHA256_SIZE) != 0) {
        replay_change(divergence,
                      "the ledger's digest of the output",
                      json_string("another"),
                      json_string("of what is made"));
        others++;
    }
    if (parts != 0 || others != 0) {
        replay_diverged(&kafka->report, divergence);
    } else {
        json_decref(divergence);
    }
}

static void diverge(struct kafka_replay *kafka, const struct stretch *stretch, const char *what)
{
    replay_diverged(&kafka->report, replay_fate_begin(stretch, what));
}

static bool row_in_range(const struct kafka_replay *kafka, const struct chronicle_decision *row)
{
    const struct archived_decision *archived = &row->archived;
    return replay_range_takes(kafka->range,
                              archived->stored.evaluated_at_ms,
                              archived->partition,
                              archived->offset,
                              row->application_id);
}

/* Neither the log nor the archive tells what it was made from: what it left stands as it is stored,
 * so that those after it are compared all the same. */
static void let_stand(struct kafka_replay *kafka,
                      const struct stretch *stretch,
                      const struct chronicle_decision *row)
{
    const struct archived_decision *archived = &row->archived;
    enum payload_state payload = archived->payload.state;
    struct bytes events;
    struct bytes periods = rejudge_left_periods(row, &kafka->arena);
    if (payload == PAYLOAD_WHOLE) {
        diverge(kafka, stretch, "its stored headers cannot be read, and the log has no record");
    } else if (payload_unread(payload) && row_in_range(kafka, row)) {
        kafka->tally.unread[payload]++;
    }
    if (payload != PAYLOAD_WHOLE && !rejudge_left_events(row, &events)) {
        diverge(kafka, stretch, "the application's row does not keep this decision");
    } else if (payload != PAYLOAD_WHOLE) {
        keeper_row_set(keeper_row(&kafka->applications, row->application_id),
                       archived->application_seq,
                       events);
    }
    keeper_row_set(keeper_row(&kafka->citizens, archived->stored.citizen_ref),
                   archived->stored.citizen_seq,
                   periods);
}

/* A decided entry. The history goes on with the stored input where the log has not that record. */
static void decided(struct kafka_replay *kafka,
                    const struct stretch *stretch,
                    const struct chronicle_decision *row,
                    const struct record *record)
{
    struct remade remade;
    struct record kept;
    if (row == NULL) {
        diverge(kafka, stretch, "the ledger says decided, and no decision is stored");
    } else if (row->archived.stored.damaged != NULL) {
        char what[REPLAY_DAMAGED_SIZE];
        if (row_in_range(kafka, row)) {
            diverge(kafka, stretch, replay_damaged(&row->archived.stored, what));
        }
        row = NULL; /* nothing is compared with it; the record says what it left */
    } else if (row->archived.payload.state == PAYLOAD_BROKEN && row_in_range(kafka, row)) {
        diverge(kafka, stretch, payload_text(PAYLOAD_BROKEN));
    }
    bool own = record != NULL;
    if (own) {
        uint8_t digest[SHA256_SIZE];
        sha256_of(record->value, digest);
        own = memcmp(digest, stretch->entry.input_digest, SHA256_SIZE) == 0;
        if (!own) {
            diverge(kafka, stretch, "the log has another record here than was decided");
        }
    } else if (row == NULL || row->archived.payload.state == PAYLOAD_WHOLE) {
        kafka->gone++;
    }
    if (!own) {
        record = row != NULL && rejudge_record(&row->archived, &kafka->arena, &kept) ? &kept : NULL;
    }
    if (record == NULL) {
        if (row != NULL) {
            let_stand(kafka, stretch, row);
        }
        return;
    }
    judge_again(kafka, stretch, row, record, &remade);
    bool compared = own && row != NULL &&
                    in_range(kafka, stretch, row->archived.stored.evaluated_at_ms, &remade.request);
    if (remade.reason != REASON_NONE) {
        char what[160];
        (void)snprintf(what,
                       sizeof(what),
                       "it was decided; made again it is not: %s",
                       reason_text(remade.reason));
        diverge(kafka, stretch, what);
        return;
    }
    if (compared) {
        replay_tally_add(
            &kafka->tally, remade.judgement.matter.rulebook, remade.judgement.matter.law);
        compare_decision(kafka, stretch, row, &remade);
    }
    keeper_row_set(remade.kept_application, remade.application.seq, remade.application.state);
    keeper_row_set(remade.kept_citizen, remade.citizen.seq, remade.citizen.state);
}

/* A duplicate or a refused one: nothing moves. */
static void
not_decided(struct kafka_replay *kafka, const struct stretch *stretch, const struct record *record)
{
    const struct ledger_entry *entry = &stretch->entry;
    struct remade remade;
    uint8_t digest[SHA256_SIZE];
    if (record == NULL) {
        kafka->gone_refused++;
        return;
    }
    if (bytes_is(entry->reason, reason_id(REASON_RECORD_FAILED))) {
        kafka->failed++;
        return;
    }
    judge_again(kafka, stretch, NULL, record, &remade);
    if (!in_range(kafka, stretch, stretch->range->evaluated_at_ms, &remade.request)) {
        return;
    }
    sha256_of(record->value, digest);
    if (memcmp(digest, entry->input_digest, SHA256_SIZE) != 0) {
        diverge(kafka, stretch, "the log has another record here than the ledger");
        return;
    }
    enum fate fate = remade.reason == REASON_NONE                            ? FATE_DECIDED
                     : reason_status(remade.reason) == STATUS_ALREADY_EXISTS ? FATE_DUPLICATE
                                                                             : FATE_DLQ;
    if (fate != entry->fate || !bytes_is(entry->reason, reason_id(remade.reason))) {
        json_t *divergence = replay_fate_begin(stretch, "its fate comes out otherwise");
        replay_change(
            divergence, "fate", json_string(fate_name(entry->fate)), json_string(fate_name(fate)));
        replay_change(divergence,
                      "reason",
                      json_stringn((const char *)entry->reason.data, entry->reason.size),
                      json_string(reason_id(remade.reason)));
        replay_diverged(&kafka->report, divergence);
        return;
    }
    *(fate == FATE_DLQ ? &kafka->refused : &kafka->duplicates) += 1;
}

bool replay_fate(struct kafka_replay *kafka,
                 const struct stretch *stretch,
                 const struct chronicle_decision *row,
                 struct err *err)
{
    const struct record *record = NULL;
    arena_rewind(&kafka->arena, (struct arena_mark){0});
    if (stretch->from != NULL &&
        feed_record(&kafka->feed, stretch->from, stretch->entry.offset, &record, err) < 0) {
        return false;
    }
    if (stretch->entry.fate == FATE_DECIDED) {
        decided(kafka, stretch, row, record);
    } else {
        not_decided(kafka, stretch, record);
    }
    return true;
}
