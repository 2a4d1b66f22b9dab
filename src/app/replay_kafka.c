/* mentord replay verify --source kafka: the input topic decided again from its start, in the
 * ledger's order. */

#include "replay_kafka.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    FEED_LIMIT = 128 * 1024 * 1024,
    PAGE = 64,
    BATCH_PARTITIONS_MAX = PARTITIONS_MAX,
};

/* The next stored decision of the span, NULL at its end; *err on false. */
static bool
peek_row(struct kafka_replay *kafka, const struct chronicle_decision **row, struct err *err)
{
    *row = NULL;
    if (kafka->page_at == kafka->page_count && !kafka->page_last) {
        kafka->page_at = 0;
        kafka->page_count = PAGE;
        if (!kafka->decisions.more(kafka->decisions.self, &kafka->page, &kafka->page_count, err)) {
            return false;
        }
        kafka->page_last = kafka->page_count < PAGE;
    }
    if (kafka->page_at < kafka->page_count) {
        *row = &kafka->page[kafka->page_at];
    }
    return true;
}

/* Told in `audit verify` with all that belongs to it; here it would be silent otherwise. */
static void unknown_row(struct kafka_replay *kafka, const struct chronicle_decision *row)
{
    const struct replay_position *position = replay_position_of(&kafka->walk, row->progress_id);
    json_t *divergence = replay_divergence("a decision is stored that the ledger does not know");
    replay_divergence_place(divergence,
                            position == NULL ? NULL : position->topic,
                            row->archived.partition,
                            row->archived.offset);
    replay_divergence_number(divergence, "batch", row->archived.batch);
    replay_divergence_number(divergence, "index", row->archived.index);
    replay_divergence_application(divergence, row->application_id);
    replay_diverged(&kafka->report, divergence);
}

/* The stored decision at the place, NULL when there is none; those before it are nobody's. */
static bool find_row(struct kafka_replay *kafka,
                     int64_t batch,
                     int64_t index,
                     const struct chronicle_decision **found,
                     struct err *err)
{
    const struct chronicle_decision *row = NULL;
    *found = NULL;
    for (;;) {
        if (!peek_row(kafka, &row, err)) {
            return false;
        }
        if (row == NULL || row->archived.batch > batch ||
            (row->archived.batch == batch && row->archived.index > index)) {
            return true;
        }
        kafka->page_at++;
        if (row->archived.batch == batch && row->archived.index == index) {
            *found = row;
            return true;
        }
        unknown_row(kafka, row);
    }
}

static void look_ahead(struct kafka_replay *kafka, struct stretch *stretch)
{
    struct bytes packed = stretch->packed;
    int64_t offset = stretch->offset;
    struct ledger_entry entry = stretch->entry;
    bool has = stretch->has_entry;
    while (has && entry.fate != FATE_DECIDED) {
        has = kafka->walk.chronicle.entry(&packed, &offset, &entry);
    }
    stretch->next_index = has ? (int64_t)entry.index : INT64_MAX;
}

static void advance(struct kafka_replay *kafka, struct stretch *stretch)
{
    stretch->has_entry =
        kafka->walk.chronicle.entry(&stretch->packed, &stretch->offset, &stretch->entry);
    if (!stretch->has_entry && stretch->packed.size > 0) {
        stretch->packed.size = 0;
        replay_diverged(
            &kafka->report,
            replay_fate_begin(stretch, "the ledger's entries cannot be read from here"));
    }
}

/* Entries to the next decided one and with it, or to the end. */
static bool pass(struct kafka_replay *kafka, struct stretch *stretch, struct err *err)
{
    for (bool decided = false; stretch->has_entry && !decided; advance(kafka, stretch)) {
        const struct ledger_entry *entry = &stretch->entry;
        const struct chronicle_decision *row = NULL;
        decided = entry->fate == FATE_DECIDED;
        if (decided && !find_row(kafka, stretch->range->batch, entry->index, &row, err)) {
            return false;
        }
        bool record = decided || entry->fate == FATE_DUPLICATE || entry->fate == FATE_DLQ;
        if (record && stretch->position != NULL && !replay_fate(kafka, stretch, row, err)) {
            return false;
        }
    }
    look_ahead(kafka, stretch);
    return true;
}

/* By index, as they were decided. What was not decided has no index: it is taken as late as it can
 * have been, since it is what came before that makes a duplicate. */
static bool
replay_batch(struct kafka_replay *kafka, struct stretch *stretches, uint32_t count, struct err *err)
{
    for (;;) {
        struct stretch *next = NULL;
        for (uint32_t i = 0; i < count; i++) {
            if (stretches[i].has_entry &&
                (next == NULL || stretches[i].next_index < next->next_index)) {
                next = &stretches[i];
            }
        }
        if (next == NULL) {
            return true;
        }
        if (!pass(kafka, next, err)) {
            return false;
        }
    }
}

/* Of our topic, and of the cluster that it was last read from. */
static struct feed_partition *feed_of(struct kafka_replay *kafka,
                                      const struct replay_position *position)
{
    const struct replay_walk *walk = &kafka->walk;
    if (position == NULL || strcmp(position->topic, kafka->feed.topic) != 0) {
        return NULL;
    }
    for (const struct replay_position *later = position + 1;
         later < walk->positions + walk->position_count;
         later++) {
        if (later->partition == position->partition && strcmp(later->topic, position->topic) == 0) {
            return NULL;
        }
    }
    return feed_partition_of(&kafka->feed, position->partition);
}

static void begin_stretch(struct kafka_replay *kafka,
                          const struct chronicle_range *range,
                          struct stretch *stretch)
{
    const struct replay_position *position = replay_position_of(&kafka->walk, range->progress_id);
    *stretch = (struct stretch){
        .range = range,
        .position = position,
        .from = feed_of(kafka, position),
        .packed = range->entries,
        .offset = range->first_offset,
    };
    advance(kafka, stretch);
    look_ahead(kafka, stretch);
}

static bool replay_span(struct kafka_replay *kafka, int64_t batch, int64_t end, struct err *err)
{
    struct chronicle *ledger = &kafka->walk.chronicle;
    const struct chronicle_range *ranges = NULL;
    const struct chronicle_decision *rest = NULL;
    uint32_t count = 0;
    kafka->page_at = kafka->page_count = 0;
    kafka->page_last = false;
    if (!ledger->batches(ledger->self, batch, end, &ranges, &count, err) ||
        !kafka->decisions.decisions(kafka->decisions.self, batch, end, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count;) {
        static struct stretch stretches[BATCH_PARTITIONS_MAX];
        uint32_t of_batch = 0;
        while (i < count && of_batch < BATCH_PARTITIONS_MAX &&
               (of_batch == 0 || ranges[i].batch == stretches[0].range->batch)) {
            begin_stretch(kafka, &ranges[i++], &stretches[of_batch++]);
        }
        if (!replay_batch(kafka, stretches, of_batch, err)) {
            return false;
        }
        progress_add(&kafka->walk.progress, of_batch);
    }
    return find_row(kafka, INT64_MAX, INT64_MAX, &rest, err);
}

static bool replay_log(struct kafka_replay *kafka, struct err *err)
{
    struct context *context = kafka->context;
    struct replay_walk *walk = &kafka->walk;
    struct topic_reader reader;
    const char *topic = context->options.values[OPTION_TOPIC_APPLICATIONS];
    if (!replay_walk_open(walk, err) ||
        !context->edges.chronicle(context->edges.self,
                                  &context->options,
                                  walk->chronicle.moment,
                                  &kafka->decisions,
                                  err) ||
        !context->edges.reader(context->edges.self, &context->options, topic, &reader, err) ||
        !feed_open(&kafka->feed, &reader, topic, FEED_LIMIT, err)) {
        return false;
    }
    replay_tally_init(&kafka->tally, &walk->rulebooks);
    for (uint32_t i = 0; i < walk->position_count; i++) {
        struct feed_partition *from = feed_of(kafka, &walk->positions[i]);
        if (from != NULL && from->next < walk->positions[i].first_offset) {
            from->next = walk->positions[i].first_offset;
        }
    }
    progress_begin(&walk->progress, context->clock, "ranges of the ledger");
    int64_t batch = 0;
    int64_t batch_end = 1;
    bool done = true;
    spans_begin(&walk->spans, &walk->facts, 1);
    while (done && batch < batch_end) {
        done = spans_take(&walk->spans, &walk->chronicle, &batch, &batch_end, err) &&
               (batch == batch_end || replay_span(kafka, batch, batch_end, err));
    }
    progress_end(&walk->progress);
    return done;
}

/* What was compared beside decisions, and what could not be. */
static void note(struct kafka_replay *kafka)
{
    struct replay_report *report = &kafka->report;
    replay_note(report,
                "%" PRId64 " duplicates and %" PRId64 " refused records came to the same fate",
                kafka->duplicates,
                kafka->refused);
    const struct feed_partition *first_cut = NULL;
    uint32_t cut = 0;
    for (uint32_t i = 0; i < kafka->feed.count; i++) {
        const struct feed_partition *from = &kafka->feed.partitions[i];
        if (from->low > 0) {
            first_cut = cut++ == 0 ? from : first_cut;
        }
        if (from->passed > 0) {
            json_t *divergence =
                replay_divergence("records stand where the ledger says that there are none");
            replay_divergence_number(divergence, "partition", from->partition);
            replay_divergence_number(divergence, "records", from->passed);
            replay_diverged(report, divergence);
        }
    }
    if (first_cut != NULL) {
        replay_note(
            report,
            "retention has dropped the begin of the log in %u partitions: partition %" PRId32
            " begins at offset %" PRId64,
            cut,
            first_cut->partition,
            first_cut->low);
    }
    if (kafka->gone + kafka->gone_refused > 0) {
        replay_note(report,
                    "not compared, since the log does not have their records: %" PRId64
                    " decided, whose history was taken from the archive, and %" PRId64 " others",
                    kafka->gone,
                    kafka->gone_refused);
    }
    if (kafka->failed > 0) {
        replay_note(report,
                    "not compared: %" PRId64 " refused as record-failed, by what failed then",
                    kafka->failed);
    }
    if (!kafka->has_citizen_key) {
        replay_note(report, "citizen_ref as it is stored: no citizen secret is set");
    }
    replay_note(
        report,
        "Q01 as it is stored: what a person dismissed is in no record; the order of records "
        "is the ledger's");
}

int replay_kafka(struct context *context, const struct replay_range *range)
{
    static struct kafka_replay kafka;
    struct err err;
    kafka.context = context;
    kafka.range = range;
    kafka.walk = (struct replay_walk){.context = context, .range = range};
    if (!citizen_key_if_any(context, &kafka.citizen_key, &kafka.has_citizen_key, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!arena_init(&kafka.arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        return command_fail(&err, EXIT_FAILED);
    }
    replay_report_begin(&kafka.report,
                        context->out,
                        options_flag(&context->options, OPTION_JSON),
                        "the input topic",
                        context->clock);
    bool done = replay_log(&kafka, &err);
    if (done) {
        note(&kafka);
    }
    int code = replay_report_close(&kafka.report, done ? &kafka.tally : NULL, &err);
    replay_tally_release(&kafka.tally);
    feed_release(&kafka.feed);
    keeper_release(&kafka.applications);
    keeper_release(&kafka.citizens);
    arena_release(&kafka.arena);
    replay_walk_release(&kafka.walk);
    return code;
}
