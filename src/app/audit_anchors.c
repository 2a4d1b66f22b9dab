/* Anchors: heads of the chain that somebody outside the database was told, against the chain. They
 * are read before the moment, so that what they are of is stored by then. */

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/app/command.h"

#include "anchor.h"
#include "audit.h"
#include "audit_outputs.h"
#include "lines.h"

/* A few names that come again and again. */
static const char *intern(struct audit *audit, struct bytes name)
{
    for (uint32_t i = 0; i < audit->name_count; i++) {
        if (bytes_is(name, audit->names[i])) {
            return audit->names[i];
        }
    }
    audit->names = realloc(audit->names, (audit->name_count + 1) * sizeof(*audit->names));
    CHECK(audit->names != NULL);
    audit->names[audit->name_count] = strndup((const char *)name.data, name.size);
    CHECK(audit->names[audit->name_count] != NULL);
    return audit->names[audit->name_count++];
}

static void keep(struct audit *audit, const struct anchor *anchor, bool from_topic, int64_t number)
{
    if (audit->anchor_count == audit->anchor_capacity) {
        audit->anchor_capacity = audit->anchor_capacity == 0 ? 1024 : 2 * audit->anchor_capacity;
        audit->anchors = realloc(audit->anchors, audit->anchor_capacity * sizeof(*audit->anchors));
        CHECK(audit->anchors != NULL);
    }
    struct audit_anchor *kept = &audit->anchors[audit->anchor_count++];
    *kept = (struct audit_anchor){.cluster = intern(audit, anchor->cluster),
                                  .topic = intern(audit, anchor->topic),
                                  .partition = anchor->partition,
                                  .next_offset = anchor->next_offset,
                                  .batch = anchor->batch,
                                  .evaluated_at_ms = anchor->evaluated_at_ms,
                                  .from_topic = from_topic,
                                  .number = number};
    memcpy(kept->link, anchor->link, SHA256_SIZE);
}

static void refuse(struct audit *audit, bool from_topic, int64_t number, const char *why)
{
    struct audit_place nowhere = AUDIT_NOWHERE;
    audit_breach(&audit->report,
                 INVARIANT_I10,
                 &nowhere,
                 "%s %" PRId64 ": %s",
                 from_topic ? "the audit topic's offset" : "--anchors, line",
                 number,
                 why);
}

static void look_at_line(struct audit *audit,
                         struct bytes line,
                         const struct ed25519 *key,
                         bool from_topic,
                         int64_t number)
{
    struct anchor anchor;
    json_t *event = NULL;
    struct err err;
    if (anchor_read(line, &anchor, &event, &err) &&
        (key == NULL || anchor_check(&anchor, key, &err))) {
        keep(audit, &anchor, from_topic, number);
    } else {
        refuse(audit, from_topic, number, err.text);
    }
    json_decref(event);
}

bool audit_output_anchor(struct audit_output *output, struct err *err)
{
    (void)err;
    look_at_line(output->audit, output->record->value, NULL, true, output->record->offset);
    return true;
}

bool audit_anchors_read(struct audit *audit, struct err *err)
{
    const struct options *options = &audit->context->options;
    const char *path = options->values[OPTION_ANCHORS];
    const char *public = options->values[OPTION_PUBLIC_KEY];
    struct ed25519 *key = NULL;
    struct lines lines;
    struct bytes line;
    int got = 0;
    if (path == NULL) {
        return true;
    }
    if (public != NULL && (key = ed25519_open(public, true, err)) == NULL) {
        return false;
    }
    if (!lines_open(&lines, path, err)) {
        ed25519_close(&key);
        return false;
    }
    while ((got = lines_next(&lines, &line, err)) == 1) {
        if (!line_blank(line)) {
            look_at_line(audit, line, key, false, lines.number);
        }
    }
    lines_close(&lines);
    ed25519_close(&key);
    return got == 0;
}

/* NULL: the database has no such position. */
static const struct audit_position *position_of(const struct audit *audit,
                                                const struct audit_anchor *anchor)
{
    for (uint32_t i = 0; i < audit->position_count; i++) {
        const struct audit_position *position = &audit->positions[i];
        if (position->position.partition == anchor->partition &&
            strcmp(position->topic, anchor->topic) == 0 &&
            strcmp(position->cluster, anchor->cluster) == 0) {
            return position;
        }
    }
    return NULL;
}

static int by_place(const void *a, const void *b)
{
    const struct audit_anchor *left = a;
    const struct audit_anchor *right = b;
    if (left->progress_id != right->progress_id) {
        return left->progress_id < right->progress_id ? -1 : 1;
    }
    return (left->next_offset > right->next_offset) - (left->next_offset < right->next_offset);
}

static struct audit_place place_of(const struct audit_anchor *anchor)
{
    struct audit_place place = AUDIT_NOWHERE;
    place.topic = anchor->topic;
    place.partition = anchor->partition;
    place.offset = anchor->next_offset;
    place.batch = anchor->batch;
    return place;
}

/* What the topic said is what workers wrote, and they sign nothing: a forged one can accuse, and
 * vouches for nothing when signed ones are asked for. */
bool audit_anchor_vouches(const struct audit *audit, const struct audit_anchor *anchor)
{
    return !anchor->from_topic || audit->context->options.values[OPTION_PUBLIC_KEY] == NULL;
}

void audit_anchors_sort(struct audit *audit)
{
    for (size_t i = 0; i < audit->anchor_count; i++) {
        struct audit_anchor *anchor = &audit->anchors[i];
        const struct audit_position *position = position_of(audit, anchor);
        struct audit_place place = place_of(anchor);
        anchor->progress_id = position == NULL ? -1 : position->id;
        if (position == NULL) {
            audit_breach(&audit->report,
                         INVARIANT_I10,
                         &place,
                         "an anchor of cluster %s, and the database has no such position",
                         anchor->cluster);
        }
    }
    if (audit->anchor_count > 0) {
        qsort(audit->anchors, audit->anchor_count, sizeof(*audit->anchors), by_place);
    }
}

/* The first of the position: anchors are sorted. */
size_t audit_anchors_of(const struct audit *audit, int64_t progress_id)
{
    size_t low = 0;
    size_t high = audit->anchor_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (audit->anchors[middle].progress_id < progress_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void audit_anchors_compare(struct audit_chain *chain, bool end)
{
    struct audit *audit = chain->audit;
    for (; chain->anchor < audit->anchor_count; chain->anchor++) {
        const struct audit_anchor *anchor = &audit->anchors[chain->anchor];
        struct audit_place place = place_of(anchor);
        if (anchor->progress_id != chain->position->id ||
            (anchor->next_offset > chain->next_offset && !end)) {
            break;
        }
        if (anchor->next_offset > chain->next_offset) {
            audit_breach(&audit->report,
                         INVARIANT_I10,
                         &place,
                         "it was anchored up to here, and the ledger ends at %" PRId64
                         ": batches at its end were removed",
                         chain->next_offset);
        } else if (anchor->next_offset < chain->next_offset) {
            audit_breach(&audit->report,
                         INVARIANT_I10,
                         &place,
                         "it was anchored up to here, and no batch ends here any more: the ledger "
                         "was made anew");
        } else if (memcmp(anchor->link, chain->link, SHA256_SIZE) != 0) {
            audit_breach(&audit->report,
                         INVARIANT_I10,
                         &place,
                         "the anchored link is another than the ledger's: what lies before was "
                         "altered, and the chain made anew");
        } else if (audit_anchor_vouches(audit, anchor)) {
            chain->anchored = chain->batches;
        }
    }
}

void audit_anchors_release(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->name_count; i++) {
        free(audit->names[i]);
    }
    free(audit->names);
    free(audit->anchors);
}
