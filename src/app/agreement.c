/* What the group's offset in Kafka says of a partition that was just taken, against what the store
 * says. */

#include <inttypes.h>
#include <string.h>

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"
#include "mentor/port/note.h"

#include "steps.h"

enum {
    METADATA_SIZE = 256,
};

/* A group's offset with its metadata. */
struct told {
    int64_t offset; /* -1: none */
    char metadata[METADATA_SIZE];
    struct note note;
};

/* Ahead of the store means that the store lost commits. Idempotent mode tells the store first what
 * is emitted; a transaction tells Kafka first, of what is stored. */
static bool store_is_whole(const struct told *told, const struct position *position)
{
    const struct note *note = &told->note;
    int64_t most = note->mode == NOTE_IDEMPOTENT ? position->emitted_offset : position->next_offset;
    return told->offset <= most &&
           !(note->mode != NOTE_NONE &&
             (note->next > position->next_offset || note->epoch >= position->epoch));
}

/* The chain up to the same offset: other fates were stored than the owner before us knew of. */
static bool store_is_the_same(const struct told *told, const struct position *position)
{
    const struct note *note = &told->note;
    return !note->has_head || note->next != position->next_offset ||
           memcmp(note->head, position->link, SHA256_SIZE) == 0;
}

static bool halt(struct worker *worker,
                 const struct told *told,
                 const struct position *position,
                 const char *what)
{
    return err_set(&worker->err,
                   ERR_HALT,
                   "partition %d: the group's offset in Kafka (%" PRId64
                   ", \"%s\") against the database (epoch %" PRId64 ", next offset %" PRId64
                   ", emitted %" PRId64 "): %s",
                   position->partition,
                   told->offset,
                   told->metadata,
                   position->epoch,
                   position->next_offset,
                   position->emitted_offset,
                   what);
}

/* What is noted of it: then the group may say less than counts as emitted, and what is out is read
 * back. */
static bool ask_doubt(struct worker *worker, const struct told *told, struct position *position)
{
    struct store *store = &worker->edges.store;
    bool behind = told->offset < position->emitted_offset || told->offset < 0;
    position->recall_ms = -1;
    /* What an orphan left may have been noted since it was taken. */
    return store->doubt == NULL || (!behind && !position->noted && !worker->orphaned) ||
           store->doubt(store->self, position, &worker->err);
}

/* A transaction's offset is exact: what lies below is out, and nothing else is. Without one only
 * the other mode's promise is left: it emits again what it has not marked. */
static bool emitted_of(struct worker *worker, const struct told *told, struct position *position)
{
    bool unsure = position->emitted_offset < position->next_offset;
    /* A person's, whatever the topics hold: a lost transaction leaves what was there before it. */
    bool reset = unsure && told->note.mode == NOTE_NONE && told->offset >= 0;
    if (!ask_doubt(worker, told, position)) {
        return false;
    }
    if (told->note.mode == NOTE_TRANSACTIONAL && told->offset >= position->emitted_offset) {
        position->emitted_offset = GUARD(TXN_EXACT) ? told->offset : position->emitted_offset;
    } else if (!worker->transactional && told->note.mode == NOTE_TRANSACTIONAL) {
        LOG(LOG_LEVEL_WARN,
            "emit.undone",
            LOG_NUMBER("partition", position->partition),
            LOG_NUMBER("marked", position->emitted_offset),
            LOG_NUMBER("from", told->offset),
            LOG_TEXT("then", "emitted again: what Kafka was told last says that they are not out"));
        position->emitted_offset = told->offset; /* idempotent mode rather sends too much */
    } else if (position->recall_ms >= 0 && !reset) {
        return true;
    } else if (worker->transactional && told->note.mode == NOTE_TRANSACTIONAL) {
        return halt(
            worker,
            told,
            position,
            "Kafka has lost transactions that it had committed, or the offset was reset; see which outputs the topics hold, then start once with --emit idempotent");
    } else if (worker->transactional && told->note.mode == NOTE_IDEMPOTENT) {
        LOG(LOG_LEVEL_INFO,
            "emit.switched",
            LOG_NUMBER("partition", position->partition),
            LOG_NUMBER("from", position->emitted_offset),
            LOG_NUMBER("next", position->next_offset),
            LOG_TEXT("why",
                     "idempotent mode was here before; what it had not marked is emitted again"));
    } else if (worker->transactional && unsure) {
        return halt(
            worker,
            told,
            position,
            "the offset does not say which of the stored outputs are out; start once with --emit idempotent, which emits them again with the same ce_id");
    }
    return true;
}

static bool ask(struct worker *worker, int32_t partition, struct told *told)
{
    struct source *source = &worker->edges.source;
    *told = (struct told){.offset = -1};
    if (!source->committed(source->self,
                           partition,
                           &told->offset,
                           told->metadata,
                           sizeof(told->metadata),
                           &worker->err)) {
        return false;
    }
    told->note = note_read(told->metadata);
    return true;
}

/* Whoever took us for dead may have undone what we had sent, while we had nothing to send. */
static bool is_noted(struct worker *worker, struct position position)
{
    struct store *store = &worker->edges.store;
    if (store->doubt == NULL) {
        return false;
    }
    return !store->doubt(store->self, &position, &worker->err) ||
           (position.recall_ms >= 0 && !err_set(&worker->err,
                                                ERR_RETRY,
                                                "partition %d: which of its outputs are out is to "
                                                "be read back",
                                                position.partition));
}

bool worker_agrees_still(struct worker *worker)
{
    const struct sink *sink = &worker->edges.sink;
    for (uint32_t i = 0; i < worker->slot_count && worker->transactional; i++) {
        const struct position *position = &worker->positions[i];
        struct told told;
        if (!ask(worker, position->partition, &told)) {
            return false;
        }
        if (told.offset < position->emitted_offset) {
            return err_set(&worker->err,
                           ERR_RETRY,
                           "partition %d: the group's offset in Kafka is %" PRId64
                           ", below what it was told (%" PRId64 ")",
                           position->partition,
                           told.offset,
                           position->emitted_offset);
        }
        if (is_noted(worker, *position)) {
            return false;
        }
    }
    return sink->ended == NULL || sink->ended(sink->self, false, &worker->err);
}

bool worker_agree(struct worker *worker, struct position *position)
{
    struct store *store = &worker->edges.store;
    struct told told;
    if (!ask(worker, position->partition, &told)) {
        return false;
    }
    if (!store_is_whole(&told, position) && GUARD(METADATA)) {
        /* Or we stood still since we took it, and a successor has noted that: then we are fenced.
         */
        if (!store->emitted(store->self, position, 1, false, &worker->err)) {
            return false;
        }
        return halt(
            worker,
            &told,
            position,
            "the group is ahead of the database, which has lost commits or is another one; restore it, or take a fresh group and database and read the log again");
    }
    if (!store_is_the_same(&told, position)) {
        return halt(
            worker,
            &told,
            position,
            "the chain's head is another one in the database: what was decided there was altered, or lost and decided again; find out by `mentord audit verify` before anything is decided after it");
    }
    int64_t marked = position->emitted_offset;
    /* The store is told first, so that a successor does not take our word for a loss. */
    return emitted_of(worker, &told, position) &&
           (position->emitted_offset == marked ||
            store->emitted(store->self, position, 1, false, &worker->err));
}
