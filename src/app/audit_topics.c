/* What is on the output topics, against what the stored rows say must be there. */

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/app/command.h"
#include "mentor/base/log.h"
#include "mentor/port/note.h"

#include "audit_outputs.h"
#include "topic_next.h"

enum {
    BROKER_WAIT_MS = 10000,
    ANCHORS_WAIT_MS = 3000, /* the topic need not be there */
    METADATA_SIZE = 256,
    ARENA_SIZE = 16 * 1024 * 1024,
};

static bool open_topic(struct audit *audit,
                       struct audit_topic *topic,
                       const char *name,
                       uint32_t wait_ms,
                       struct err *err)
{
    struct context *context = audit->context;
    const struct topic_bounds *bounds = NULL;
    topic->name = name;
    if (!context->edges.reader(context->edges.self, &context->options, name, &topic->reader, err) ||
        !topic->reader.bounds(topic->reader.self, wait_ms, &bounds, &topic->count, err)) {
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
    } else if (!open_topic(audit,
                           &topics->decisions,
                           options->values[OPTION_TOPIC_DECISIONS],
                           BROKER_WAIT_MS,
                           err) ||
               !open_topic(
                   audit, &topics->dlq, options->values[OPTION_TOPIC_DLQ], BROKER_WAIT_MS, err)) {
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
    free((*topics)->anchors.ends);
    free((*topics)->input.ends);
    arena_release(&(*topics)->arena);
    keeper_release(&(*topics)->citizens);
    free(*topics);
    *topics = NULL;
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
        struct note note = note_read(metadata);
        if (note.mode != NOTE_NONE) {
            position->committed_epoch = note.epoch;
            position->committed_next = note.next;
            position->committed_head = note.has_head;
            memcpy(position->head, note.head, SHA256_SIZE);
        }
    }
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
                       bool (*look)(struct audit_output *output, struct err *err),
                       struct err *err)
{
    struct record record;
    int got = rewind_topic(topic, err) ? 1 : -1;
    while (got > 0 && (got = topic_next(&topic->reader, topic->name, &record, err)) > 0) {
        struct audit_output output = {.audit = audit,
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
    return got == 0;
}

/* Without them the chain can still be recomputed: that they are not there is told, loudly. */
bool audit_topics_anchors(struct audit *audit, struct audit_topics *topics, struct err *err)
{
    const char *name = audit->context->options.values[OPTION_TOPIC_AUDIT];
    struct err missing;
    if (!open_topic(audit, &topics->anchors, name, ANCHORS_WAIT_MS, &missing)) {
        LOG(LOG_LEVEL_WARN, "audit.unanchored", LOG_TEXT("why", missing.text));
        return true;
    }
    return read_topic(audit, topics, &topics->anchors, audit_output_anchor, err);
}

bool audit_topics_input(struct audit *audit,
                        struct audit_topics *topics,
                        const char **cluster,
                        uint32_t *partition_count)
{
    struct context *context = audit->context;
    const char *name = context->options.values[OPTION_TOPIC_APPLICATIONS];
    struct err err;
    if (!open_topic(audit, &topics->input, name, ANCHORS_WAIT_MS, &err) ||
        !context->edges.writer(
            context->edges.self, &context->options, name, &topics->asker, &err) ||
        !topics->asker.cluster(topics->asker.self, BROKER_WAIT_MS, cluster, &err)) {
        LOG(LOG_LEVEL_WARN, "audit.no_input", LOG_TEXT("why", err.text));
        return false;
    }
    *partition_count = topics->input.count;
    return true;
}

/* One that is due and was not there; true when its topic has dropped records, and so perhaps it. */
static bool miss(struct audit *audit,
                 const struct audit_topics *topics,
                 const struct audit_position *position,
                 int64_t offset,
                 enum fate fate)
{
    bool dlq = fate == FATE_DLQ;
    const struct audit_topic *topic = dlq ? &topics->dlq : &topics->decisions;
    struct audit_place place = audit_place_of(position, offset, -1);
    if (!topic->shortened) {
        audit_breach(&audit->report,
                     dlq ? INVARIANT_I11 : INVARIANT_I5,
                     &place,
                     "it is %s and marked as emitted, and its output is not on %s",
                     fate_name(fate),
                     topic->name);
    }
    return topic->shortened;
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
            bool known = due != NULL && due->known;
            topics->checked[INVARIANT_I5] += known ? 1 : 0;
            if (known && !due->seen) {
                dropped += miss(audit, topics, position, offset, (enum fate)due->fate) ? 1 : 0;
            }
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
    if (!read_topic(audit, topics, &topics->decisions, audit_output_decision, err) ||
        !read_topic(audit, topics, &topics->dlq, audit_output_refused, err)) {
        return false;
    }
    look_for_missing(audit, topics);
    audit_report_add(&audit->report, topics->checked, 0);
    return true;
}
