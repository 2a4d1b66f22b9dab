/* What is on the output topics, against what the stored rows say must be there. */

#include "audit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/app/command.h"
#include "mentor/app/envelope.h"
#include "mentor/core/application.h"
#include "mentor/core/identifier.h"
#include "mentor/wire/wire.h"

#include "keeper.h"

enum {
    BROKER_WAIT_MS = 10000,
    POLL_MS = 200,
    STALL_POLLS = 150, /* half a minute without a record or the end */
    METADATA_SIZE = 256,
    ARENA_SIZE = 16 * 1024 * 1024,
};

/* One output topic, from its beginning to its end. */
struct audit_topic {
    const char *name;
    struct topic_reader reader;
    int64_t *ends; /* owned; where its partitions ended before the moment */
    uint32_t count;
    bool shortened; /* it does not begin at 0: the broker has dropped records */
};

struct audit_topics {
    struct audit_topic decisions;
    struct audit_topic dlq;
    struct arena arena;     /* owned */
    struct keeper citizens; /* last mentor-seq and input partition of each */
    int64_t checked[INVARIANT_COUNT];
};

static bool open_topic(struct audit *audit, struct audit_topic *topic, const char *name, struct err *err)
{
    struct context *context = audit->context;
    const struct topic_bounds *bounds = NULL;
    topic->name = name;
    if (!context->edges.reader(
            context->edges.self, &context->options, name, &topic->reader, err) ||
        !topic->reader.bounds(topic->reader.self, BROKER_WAIT_MS, &bounds, &topic->count, err)) {
        return false;
    }
    topic->ends = calloc((size_t)topic->count + 1, sizeof(*topic->ends));
    CHECK(topic->ends != NULL);
    for (uint32_t i = 0; i < topic->count; i++) {
        topic->ends[i] = bounds[i].high;
    }
    return true;
}

struct audit_topics *audit_topics_open(struct audit *audit, struct err *err)
{
    const struct options *options = &audit->context->options;
    struct audit_topics *topics = calloc(1, sizeof(*topics));
    CHECK(topics != NULL);
    if (!arena_init(&topics->arena, ARENA_SIZE)) {
        (void)err_set(err, ERR_FATAL, "no memory");
        audit_topics_close(&topics);
    } else if (!open_topic(
                   audit, &topics->decisions, options->values[OPTION_TOPIC_DECISIONS], err) ||
               !open_topic(audit, &topics->dlq, options->values[OPTION_TOPIC_DLQ], err)) {
        audit_topics_close(&topics);
    }
    return topics;
}

void audit_topics_close(struct audit_topics **topics)
{
    if (*topics == NULL) {
        return;
    }
    free((*topics)->decisions.ends);
    free((*topics)->dlq.ends);
    arena_release(&(*topics)->arena);
    keeper_release(&(*topics)->citizens);
    free(*topics);
    *topics = NULL;
}

/* mode,epoch,next; anything else is not ours. */
static void read_metadata(const char *metadata, struct audit_position *position)
{
    const char *at = strchr(metadata, ',');
    char *end = NULL;
    int64_t epoch = at == NULL ? -1 : strtoll(at + 1, &end, 10);
    if (at != NULL && end != at + 1 && *end == ',') {
        position->committed_epoch = epoch;
        position->committed_next = strtoll(end + 1, NULL, 10);
    }
}

bool audit_topics_committed(struct audit *audit, struct err *err)
{
    struct context *context = audit->context;
    const char *topic = context->options.values[OPTION_TOPIC_APPLICATIONS];
    struct source source = {0};
    for (uint32_t i = 0; i < audit->position_count; i++) {
        struct audit_position *position = &audit->positions[i];
        char metadata[METADATA_SIZE] = "";
        if (strcmp(position->topic, topic) != 0) {
            continue;
        }
        if (source.self == NULL && /* one group a database */
            !context->edges.group(
                context->edges.self, &context->options, position->group, &source, err)) {
            return false;
        }
        if (!source.committed(source.self,
                              position->position.partition,
                              &position->committed,
                              metadata,
                              sizeof(metadata),
                              err)) {
            return false;
        }
        read_metadata(metadata, position);
    }
    return true;
}

/* A record of an output topic, and where it says its input was. */
struct output {
    struct audit *audit;
    struct audit_topics *topics;
    const struct audit_topic *topic;
    const struct record *record;
    struct audit_position *position; /* NULL: of no known one */
    int64_t offset;                  /* of its input */
    struct audit_place place;        /* of itself */
};

static bool was_there(const struct output *output)
{
    int32_t partition = output->record->partition;
    return partition >= 0 && (uint32_t)partition < output->topic->count &&
           output->record->offset < output->topic->ends[partition];
}

static bool holds_cpr(const struct record *record, struct bytes cpr)
{
    bool holds = envelope_holds(record->key, cpr) || envelope_holds(record->value, cpr);
    for (uint32_t i = 0; i < record->header_count; i++) {
        holds = holds || envelope_holds(record->headers[i].value, cpr) ||
                envelope_holds(record->headers[i].name, cpr);
    }
    return holds;
}

static void compare_cpr(const struct output *output, const struct chronicle_decision *row)
{
    struct application *application = arena_alloc(&output->topics->arena, sizeof(*application));
    bool canonical = false;
    CHECK(application != NULL);
    if (row->progress_id == output->position->id && row->archived.offset == output->offset &&
        wire_decode_application(row->archived.input, application, &canonical) == REASON_NONE &&
        digits_are(application->cpr, CPR_SIZE) && holds_cpr(output->record, application->cpr)) {
        audit_breach(&output->audit->report,
                     INVARIANT_I14,
                     &output->place,
                     "the output holds the CPR number of the citizen it is about");
    }
}

/* I14 of a record that is not as it should be: one that is holds what was looked at already. The
 * ledger finds its input's batch. */
static bool look_for_cpr(const struct output *output, struct err *err)
{
    struct chronicle *chronicle = &output->audit->chronicle;
    const struct chronicle_range *range = NULL;
    uint32_t count = 1;
    if (!chronicle->ranges(
            chronicle->self, output->position->id, output->offset, &range, &count, err)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    if (!chronicle->decisions(chronicle->self, range->batch, range->batch + 1, err)) {
        return false;
    }
    for (count = AUDIT_PAGE; count == AUDIT_PAGE;) {
        const struct chronicle_decision *rows = NULL;
        if (!chronicle->more(chronicle->self, &rows, &count, err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            struct arena_mark mark = arena_mark(&output->topics->arena);
            compare_cpr(output, &rows[i]);
            arena_rewind(&output->topics->arena, mark);
        }
    }
    return true;
}

/* What must be there; NULL and a breach when nothing must. */
static struct audit_due *find_due(const struct output *output, enum fate fate)
{
    struct audit_report *report = &output->audit->report;
    struct audit_position *position = output->position;
    enum invariant unknown = fate == FATE_DLQ ? INVARIANT_I11 : INVARIANT_I4;
    if (position == NULL) {
        audit_breach(report, unknown, &output->place, "it names no record of a known partition");
        return NULL;
    }
    struct audit_due *due = audit_due_at(position, output->offset);
    if (output->offset >= position->position.next_offset) {
        if (was_there(output)) {
            audit_breach(report,
                         INVARIANT_I12,
                         &output->place,
                         "it answers %d/%" PRId64 ", and only offsets below %" PRId64
                         " were committed after it was there",
                         position->position.partition,
                         output->offset,
                         position->position.next_offset);
        }
        return NULL;
    }
    if (due == NULL || !due->known || due->fate != fate) {
        audit_breach(report,
                     unknown,
                     &output->place,
                     "it answers %d/%" PRId64 ", of which no such outcome is stored",
                     position->position.partition,
                     output->offset);
        return NULL;
    }
    return due;
}

static bool read_number(const struct record *record, const char *name, int64_t *number)
{
    const struct header *header = record_header(record, name);
    *number = 0;
    if (header == NULL || header->value.size == 0 || header->value.size > 18 ||
        !digits_are(header->value, header->value.size)) {
        return false;
    }
    for (size_t i = 0; i < header->value.size; i++) {
        *number = *number * 10 + (header->value.data[i] - '0');
    }
    return true;
}

/* I8: an output that comes for the first time has a higher number than those before it. */
static void look_at_order(const struct output *output)
{
    uint8_t ref[CITIZEN_REF_SIZE];
    int64_t seq = 0;
    if (!read_number(output->record, "mentor-seq", &seq) || output->record->key.size != 2 * CITIZEN_REF_SIZE ||
        !hex_decode((const char *)output->record->key.data, CITIZEN_REF_SIZE, ref)) {
        return;
    }
    struct keeper_row *row = keeper_row(&output->topics->citizens, ref);
    int64_t last = row->seq;
    bool same = row->size == sizeof(output->position) &&
                memcmp(row->state, &output->position, sizeof(output->position)) == 0;
    keeper_row_set(row,
                   seq > last ? seq : last,
                   bytes_of(&output->position, sizeof(output->position)));
    if (same && seq < last) {
        struct audit_place place = output->place;
        place.citizen = ref;
        audit_breach(&output->audit->report,
                     INVARIANT_I8,
                     &place,
                     "mentor-seq %" PRId64 " comes after %" PRId64,
                     seq,
                     last);
    }
}

static bool look_at_decision(struct output *output, struct err *err)
{
    struct audit_report *report = &output->audit->report;
    int64_t *checked = output->topics->checked;
    struct wire_source source;
    struct audit_due got = {0};
    checked[INVARIANT_I9]++;
    checked[INVARIANT_I12]++;
    if (!output->record->has_value ||
        !wire_decision_source(output->record->value, &output->topics->arena, &source)) {
        audit_breach(report, INVARIANT_I4, &output->place, "it is no decision");
        return true;
    }
    output->position = audit_position_named(output->audit, source.topic, source.partition);
    output->offset = source.offset;
    struct audit_due *due = find_due(output, FATE_DECIDED);
    if (due == NULL) {
        return true;
    }
    audit_due_of(output->record, &got);
    bool same = got.value == due->value;
    if (!same) {
        audit_breach(report,
                     INVARIANT_I4,
                     &output->place,
                     "it is not the stored output of %d/%" PRId64,
                     source.partition,
                     source.offset);
    }
    if (same && got.envelope != due->envelope) {
        audit_breach(report,
                     INVARIANT_I9,
                     &output->place,
                     "its key or headers are not those of the decision of %d/%" PRId64,
                     source.partition,
                     source.offset);
    } else if (!same && due->seen) {
        audit_breach(report,
                     INVARIANT_I9,
                     &output->place,
                     "another output of %d/%" PRId64 " has other bytes",
                     source.partition,
                     source.offset);
    }
    if (!due->seen && same) {
        look_at_order(output);
        due->seen = true;
    }
    return (same && got.envelope == due->envelope) || look_for_cpr(output, err);
}

/* A record that was too large for the topic came without its value, with the digest of it. */
static bool is_stub_of(const struct record *record, const struct audit_due *due)
{
    const struct header *stub = record_header(record, "mentor-stub");
    uint8_t digest[SHA256_SIZE];
    return stub != NULL && stub->value.size == 2 * SHA256_SIZE &&
           hex_decode((const char *)stub->value.data, SHA256_SIZE, digest) &&
           memcmp(digest, &due->value, sizeof(due->value)) == 0;
}

static bool look_at_refused(struct output *output, struct err *err)
{
    (void)err;
    const struct record *record = output->record;
    const struct header *topic = record_header(record, "mentor-topic");
    struct audit_due got = {0};
    int64_t partition = 0;
    output->topics->checked[INVARIANT_I11]++;
    output->topics->checked[INVARIANT_I12]++;
    if (topic != NULL && read_number(record, "mentor-partition", &partition) &&
        read_number(record, "mentor-offset", &output->offset)) {
        output->position =
            audit_position_named(output->audit, topic->value, (int32_t)partition);
    }
    struct audit_due *due = find_due(output, FATE_DLQ);
    if (due == NULL) {
        return true;
    }
    audit_due_of(record, &got);
    if (is_stub_of(record, due) ||
        (got.value == due->value && got.envelope == due->envelope)) {
        due->seen = true;
        return true;
    }
    audit_breach(&output->audit->report,
                 INVARIANT_I11,
                 &output->place,
                 "it is not what quarantine has of %" PRId64 "/%" PRId64,
                 partition,
                 output->offset);
    return true;
}

/* Begins at the first record of each partition that there is. */
static bool rewind_topic(struct audit_topic *topic, struct err *err)
{
    const struct topic_bounds *bounds = NULL;
    uint32_t count = 0;
    if (!topic->reader.bounds(topic->reader.self, BROKER_WAIT_MS, &bounds, &count, err)) {
        return false;
    }
    int64_t *from = calloc((size_t)count + 1, sizeof(*from));
    CHECK(from != NULL);
    for (uint32_t i = 0; i < count; i++) {
        from[i] = bounds[i].low;
        topic->shortened = topic->shortened || bounds[i].low > 0;
    }
    bool done = topic->reader.start(topic->reader.self, from, err);
    free(from);
    return done;
}

static bool read_topic(struct audit *audit,
                       struct audit_topics *topics,
                       struct audit_topic *topic,
                       bool (*look)(struct output *output, struct err *err),
                       struct err *err)
{
    uint32_t idle = 0;
    if (!rewind_topic(topic, err)) {
        return false;
    }
    while (!topic->reader.at_end(topic->reader.self)) {
        struct record record;
        int got = topic->reader.next(topic->reader.self, POLL_MS, &record, err);
        if (got < 0 ||
            (got == 0 && ++idle > STALL_POLLS &&
             !err_set(err, ERR_RETRY, "%s: the broker sends nothing, and not its end", topic->name))) {
            return false;
        }
        if (got == 0) {
            continue;
        }
        idle = 0;
        struct output output = {.audit = audit,
                                .topics = topics,
                                .topic = topic,
                                .record = &record,
                                .place = AUDIT_NOWHERE};
        struct arena_mark mark = arena_mark(&topics->arena);
        output.place.topic = topic->name;
        output.place.partition = record.partition;
        output.place.offset = record.offset;
        if (!look(&output, err)) {
            return false;
        }
        arena_rewind(&topics->arena, mark);
    }
    return true;
}

/* What is due below the emitted offset and was not there. */
static void look_for_missing(struct audit *audit, struct audit_topics *topics)
{
    struct audit_report *report = &audit->report;
    int64_t dropped = 0;
    for (uint32_t i = 0; i < audit->position_count; i++) {
        struct audit_position *position = &audit->positions[i];
        int64_t end = position->position.emitted_offset;
        for (int64_t offset = position->first_offset; offset < end; offset++) {
            const struct audit_due *due = audit_due_at(position, offset);
            if (due == NULL || !due->known) {
                continue;
            }
            bool dlq = due->fate == FATE_DLQ;
            topics->checked[INVARIANT_I5]++;
            if (due->seen) {
                continue;
            }
            if (dlq ? topics->dlq.shortened : topics->decisions.shortened) {
                dropped++;
                continue;
            }
            struct audit_place place = audit_place_of(position, offset, -1);
            audit_breach(report,
                         dlq ? INVARIANT_I11 : INVARIANT_I5,
                         &place,
                         "it is %s and marked as emitted, and its output is not on %s",
                         fate_name((enum fate)due->fate),
                         dlq ? topics->dlq.name : topics->decisions.name);
        }
    }
    if (dropped > 0) {
        (void)snprintf(report->dropped,
                       sizeof(report->dropped),
                       "%" PRId64 " not there: the log no longer begins at 0",
                       dropped);
        report->notes[INVARIANT_I5] = report->dropped;
    }
}

bool audit_topics_run(struct audit *audit, struct audit_topics *topics, struct err *err)
{
    if (!read_topic(audit, topics, &topics->decisions, look_at_decision, err) ||
        !read_topic(audit, topics, &topics->dlq, look_at_refused, err)) {
        return false;
    }
    look_for_missing(audit, topics);
    audit_report_add(&audit->report, topics->checked, 0);
    return true;
}
