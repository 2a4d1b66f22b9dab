/* What no anchor covers: told, and a breach where the audit topic must have known of it. */

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/wire/json.h"

#include "audit.h"
#include "audit_outputs.h"

enum {
    /* A head is told within --anchor-every, and by the next owner when its own one crashed; that
     * takes a minute or two. */
    TOLD_WITHIN_MS = 10 * 60 * 1000,
};

static void note(struct audit *audit)
{
    size_t of_topic = 0;
    int64_t batches = 0;
    uint32_t positions = 0;
    char signatures[64] = "";
    char behind[80] = "";
    for (size_t i = 0; i < audit->anchor_count; i++) {
        of_topic += audit->anchors[i].from_topic ? 1 : 0;
    }
    for (uint32_t i = 0; i < audit->position_count; i++) {
        batches += audit->positions[i].unanchored;
        positions += audit->positions[i].unanchored > 0 ? 1 : 0;
    }
    if (audit->context->options.values[OPTION_PUBLIC_KEY] != NULL) {
        (void)snprintf(signatures,
                       sizeof(signatures),
                       ": %zu signed, %zu unsigned, of the topic",
                       audit->anchor_count - of_topic,
                       of_topic);
    }
    if (batches > 0) {
        (void)snprintf(behind,
                       sizeof(behind),
                       "; %" PRId64 " batches of %u partitions lie behind the last",
                       batches,
                       positions);
    }
    (void)snprintf(audit->anchor_note,
                   sizeof(audit->anchor_note),
                   "%zu anchors held against it%s%s",
                   audit->anchor_count,
                   signatures,
                   behind);
    audit->report.notes[INVARIANT_I10] = audit->anchor_note;
}

static void list(struct audit *audit)
{
    struct text *members = &audit->report.unanchored;
    for (uint32_t i = 0; i < audit->position_count; i++) {
        const struct audit_position *position = &audit->positions[i];
        char numbers[128];
        if (position->unanchored == 0) {
            continue;
        }
        text_add(members, bytes_text(members->size == 0 ? "{\"topic\":" : ",{\"topic\":"));
        text_add_json(members, bytes_text(position->topic));
        (void)snprintf(numbers,
                       sizeof(numbers),
                       ",\"partition\":%" PRId32 ",\"batches\":%" PRId64 ",\"of\":%" PRId64 "}",
                       position->position.partition,
                       position->unanchored,
                       position->batches);
        text_add(members, bytes_text(numbers));
    }
}

/* Of the topic and the cluster that are read. */
static bool
is_read(const struct audit *audit, const char *topic, const char *of, const char *cluster)
{
    return strcmp(topic, audit->context->options.values[OPTION_TOPIC_APPLICATIONS]) == 0 &&
           strcmp(of, cluster) == 0;
}

/* The newest time that the topic knows of what is read; INT64_MIN: it says nothing. */
static int64_t newest_told(const struct audit *audit, const char *cluster)
{
    int64_t newest = INT64_MIN;
    for (size_t i = 0; i < audit->anchor_count; i++) {
        const struct audit_anchor *anchor = &audit->anchors[i];
        if (anchor->from_topic && is_read(audit, anchor->topic, anchor->cluster, cluster) &&
            anchor->evaluated_at_ms > newest) {
            newest = anchor->evaluated_at_ms;
        }
    }
    return newest;
}

/* A worker tells the head of every partition that it takes, so the topic knows all that were read
 * since it was made; a demo's times are those of its events and say nothing. */
static void accuse(struct audit *audit, const struct audit_topics *topics, const char *cluster)
{
    int64_t newest = newest_told(audit, cluster);
    if (newest == INT64_MIN || topics->anchors.shortened || audit->facts.demo) {
        return;
    }
    for (uint32_t i = 0; i < audit->position_count; i++) {
        const struct audit_position *position = &audit->positions[i];
        size_t first = audit_anchors_of(audit, position->id);
        bool named =
            first < audit->anchor_count && audit->anchors[first].progress_id == position->id;
        struct audit_place place = audit_place_of(position, position->position.next_offset, -1);
        if (is_read(audit, position->topic, position->cluster, cluster) && position->batches > 0 &&
            !named && position->position.evaluated_at_ms < newest - TOLD_WITHIN_MS) {
            audit_breach(&audit->report,
                         INVARIANT_I10,
                         &place,
                         "no anchor knows its %" PRId64
                         " batches, and %s knows later ones of other partitions: they were put in, "
                         "or workers told none then",
                         position->batches,
                         topics->anchors.name);
        }
    }
}

static void look_for_partitions(struct audit *audit, const char *cluster, uint32_t count)
{
    for (uint32_t i = 0; i < audit->position_count; i++) {
        const struct audit_position *position = &audit->positions[i];
        struct audit_place place = audit_place_of(position, -1, -1);
        if (is_read(audit, position->topic, position->cluster, cluster) &&
            position->position.partition >= (int64_t)count) {
            audit_breach(&audit->report,
                         INVARIANT_I3,
                         &place,
                         "a position of a partition that the topic has not: it has %" PRIu32,
                         count);
        }
    }
}

void audit_unanchored(struct audit *audit, struct audit_topics *topics)
{
    const char *cluster = NULL;
    uint32_t count = 0;
    list(audit);
    if (audit->context->options.values[OPTION_ANCHORS] != NULL ||
        (topics != NULL && topics->anchors.ends != NULL)) {
        note(audit);
    }
    /* Asked after the moment: a topic only grows, so it had no more partitions then. */
    if (topics != NULL && audit_topics_input(audit, topics, &cluster, &count)) {
        look_for_partitions(audit, cluster, count);
        accuse(audit, topics, cluster);
    }
}
