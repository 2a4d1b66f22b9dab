/* A proof out of the ledger, and whether one holds. proof_json.c writes and reads it. */

#include "proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/port/ledger.h"

enum {
    PAGE = 256,
};

void proof_release(struct proof *proof)
{
    free(proof->cluster);
    free(proof->topic);
    free(proof->output);
    free(proof->entry);
    free(proof->links);
    *proof = (struct proof){0};
}

static void *copy(const void *from, size_t size)
{
    void *to = malloc(size + 1);
    CHECK(to != NULL);
    if (size > 0) {
        memcpy(to, from, size);
    }
    return to;
}

static struct proof_link link_of(const struct chronicle_range *range)
{
    struct proof_link link = {.batch = range->batch,
                              .chained = {.first_offset = range->first_offset,
                                          .next_offset = range->next_offset,
                                          .epoch = range->epoch,
                                          .evaluated_at_ms = range->evaluated_at_ms}};
    memcpy(link.chained.root, range->root, SHA256_SIZE);
    memcpy(link.link, range->link, SHA256_SIZE);
    return link;
}

static void add_link(struct proof *proof, const struct chronicle_range *range)
{
    uint32_t count = proof->link_count;
    if ((count & (count - 1)) == 0) { /* 0 and powers of two */
        proof->links =
            realloc(proof->links, (count == 0 ? 1 : (size_t)2 * count) * sizeof(*proof->links));
        CHECK(proof->links != NULL);
    }
    proof->links[proof->link_count++] = link_of(range);
}

/* The leaves of a batch's range, and which is the offset's. false: there is none. */
static bool prove_entry(struct proof *proof, const struct chronicle_range *range)
{
    struct bytes packed = range->entries;
    struct ledger_entry entry;
    int64_t offset = range->first_offset;
    size_t capacity = (size_t)(range->next_offset - range->first_offset);
    uint8_t(*leaves)[SHA256_SIZE] = calloc(packed.size + 1 < capacity ? packed.size + 1 : capacity,
                                           sizeof(*leaves)); /* an entry is a byte or more */
    CHECK(leaves != NULL);
    proof->count = 0;
    for (struct bytes from = packed; ledger_next(&packed, &offset, &entry); from = packed) {
        struct bytes one = bytes_of(from.data, from.size - packed.size);
        if (offset > range->next_offset) {
            break;
        }
        if (entry.offset == proof->offset) {
            free(proof->entry);
            proof->entry = copy(one.data, one.size);
            proof->entry_size = one.size;
            proof->index = proof->count;
        }
        chain_leaf(entry.offset, range->evaluated_at_ms, one, leaves[proof->count++]);
    }
    if (proof->entry != NULL) {
        proof->path_count = chain_path(
            (const uint8_t(*)[SHA256_SIZE])leaves, proof->count, proof->index, proof->path);
    }
    free(leaves);
    return proof->entry != NULL;
}

/* The position of that id; what it has is copied. */
static bool prove_position(struct chronicle *chronicle,
                           int64_t progress_id,
                           struct proof *proof,
                           int64_t *chain_offset,
                           struct err *err)
{
    const struct chronicle_position *rows = NULL;
    uint32_t count = 0;
    if (!chronicle->positions(chronicle->self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (rows[i].id == progress_id) {
            proof->cluster = copy(rows[i].cluster, strlen(rows[i].cluster) + 1);
            proof->topic = copy(rows[i].topic, strlen(rows[i].topic) + 1);
            proof->head_batch = rows[i].position.batch;
            proof->head_offset = rows[i].position.next_offset;
            memcpy(proof->head, rows[i].position.link, SHA256_SIZE);
            *chain_offset = rows[i].chain_offset;
            return true;
        }
    }
    return err_set(err, ERR_HALT, "the ledger has a range of a position that there is not");
}

/* The range of the decision's batch that its entry lies in. */
static bool prove_batch(struct chronicle *chronicle,
                        const struct archived_decision *decision,
                        struct proof *proof,
                        int64_t *progress_id,
                        struct err *err)
{
    const struct chronicle_range *rows = NULL;
    uint32_t count = 0;
    if (!chronicle->batches(
            chronicle->self, decision->batch, decision->batch + 1, &rows, &count, err)) {
        return false;
    }
    uint8_t digest[SHA256_SIZE];
    sha256_of(decision->stored.output, digest);
    for (uint32_t i = 0; i < count; i++) {
        struct ledger_entry entry = {.fate = FATE_GAP};
        int64_t offset = decision->offset;
        if (offset < rows[i].first_offset || offset >= rows[i].next_offset ||
            !prove_entry(proof, &rows[i])) {
            continue;
        }
        struct bytes one = bytes_of(proof->entry, proof->entry_size);
        if (ledger_next(&one, &offset, &entry) && entry.fate == FATE_DECIDED &&
            entry.index == (uint32_t)decision->index &&
            memcmp(entry.output_digest, digest, SHA256_SIZE) == 0) {
            *progress_id = rows[i].progress_id;
            add_link(proof, &rows[i]);
            return true;
        }
        free(proof->entry);
        proof->entry = NULL;
    }
    return err_set(err,
                   ERR_HALT,
                   "batch %" PRId64 ", index %d: the ledger does not hold this decision's output; "
                   "see mentord audit verify",
                   decision->batch,
                   decision->index);
}

/* What its link follows: the range that ends where it begins, or the genesis. */
static bool prove_previous(struct chronicle *chronicle,
                           int64_t progress_id,
                           int64_t chain_offset,
                           struct proof *proof,
                           struct err *err)
{
    const struct chronicle_range *rows = NULL;
    int64_t first = proof->links[0].chained.first_offset;
    uint32_t count = 1;
    const struct chronicle_place after = {progress_id, first - 1, INT64_MAX};
    if (!chronicle->ranges(chronicle->self, &after, &rows, &count, err)) {
        return false;
    }
    if (count > 0 && rows[0].progress_id == progress_id && rows[0].next_offset == first) {
        memcpy(proof->previous, rows[0].link, SHA256_SIZE);
    } else {
        chain_genesis(bytes_text(proof->cluster),
                      bytes_text(proof->topic),
                      proof->partition,
                      chain_offset,
                      proof->previous);
    }
    return true;
}

/* The links after its own, up to `until` or the head. */
static bool prove_links(struct chronicle *chronicle,
                        int64_t progress_id,
                        int64_t until,
                        struct proof *proof,
                        struct err *err)
{
    const uint32_t most = until < 0 ? PROOF_LINKS_MAX : PROOF_ANCHOR_LINKS_MAX;
    int64_t goal = until < 0 ? proof->head_offset : until;
    int64_t at = proof->links[0].chained.next_offset;
    while (at < goal && proof->link_count <= most) {
        const struct chronicle_range *rows = NULL;
        uint32_t count = PAGE;
        const struct chronicle_place after = {progress_id, at, INT64_MAX};
        if (!chronicle->ranges(chronicle->self, &after, &rows, &count, err)) {
            return false;
        }
        if (count == 0 || rows[0].progress_id != progress_id) {
            break;
        }
        for (uint32_t i = 0; i < count && rows[i].progress_id == progress_id && at < goal; i++) {
            add_link(proof, &rows[i]);
            at = rows[i].next_offset;
        }
    }
    if (at < goal && until >= 0 && proof->link_count > most) {
        return err_set(err,
                       ERR_FATAL,
                       "partition %d: the nearest anchor, at offset %" PRId64
                       ", is over %d batches after the decision's; give --anchors that are nearer",
                       proof->partition,
                       until,
                       PROOF_ANCHOR_LINKS_MAX);
    }
    if (at != goal && until >= 0) {
        return err_set(err,
                       ERR_HALT,
                       "partition %d: no batch ends at offset %" PRId64 ", which is anchored; see "
                       "mentord audit verify",
                       proof->partition,
                       until);
    }
    if (at != goal) { /* too far: its own link and the head are stated */
        proof->link_count = 1;
    }
    return true;
}

bool proof_make(struct chronicle *chronicle,
                const struct archived_decision *decision,
                int64_t until,
                struct proof *proof,
                struct err *err)
{
    int64_t progress_id = 0;
    int64_t chain_offset = 0;
    struct bytes output = decision->stored.output;
    *proof = (struct proof){.partition = decision->partition, .offset = decision->offset};
    memcpy(proof->decision_id, decision->stored.decision_id, UUID_SIZE);
    proof->output = copy(output.data, output.size);
    proof->output_size = output.size;
    if (prove_batch(chronicle, decision, proof, &progress_id, err) &&
        prove_position(chronicle, progress_id, proof, &chain_offset, err) &&
        prove_previous(chronicle, progress_id, chain_offset, proof, err) &&
        prove_links(chronicle, progress_id, until, proof, err)) {
        return true;
    }
    proof_release(proof);
    return false;
}

static bool check_entry(const struct proof *proof, struct err *err)
{
    struct bytes rest = bytes_of(proof->entry, proof->entry_size);
    struct ledger_entry entry;
    int64_t offset = proof->offset;
    uint8_t digest[SHA256_SIZE];
    if (!ledger_next(&rest, &offset, &entry) || rest.size > 0 || entry.fate != FATE_DECIDED) {
        return err_set(err, ERR_HALT, "entry: it is no ledger entry of a decision");
    }
    sha256_of(bytes_of(proof->output, proof->output_size), digest);
    return memcmp(digest, entry.output_digest, SHA256_SIZE) == 0 ||
           err_set(err, ERR_HALT, "output: its SHA-256 is not the one in the ledger's entry");
}

static bool check_path(const struct proof *proof, struct err *err)
{
    const struct chain_batch *batch = &proof->links[0].chained;
    uint8_t leaf[SHA256_SIZE];
    uint8_t root[SHA256_SIZE];
    chain_leaf(
        proof->offset, batch->evaluated_at_ms, bytes_of(proof->entry, proof->entry_size), leaf);
    if (proof->offset < batch->first_offset || proof->offset >= batch->next_offset) {
        return err_set(err, ERR_HALT, "offset: it does not lie in the batch");
    }
    return (chain_path_root(leaf,
                            proof->count,
                            proof->index,
                            (const uint8_t(*)[SHA256_SIZE])proof->path,
                            proof->path_count,
                            root) &&
            memcmp(root, batch->root, SHA256_SIZE) == 0) ||
           err_set(err, ERR_HALT, "path: the entry's leaf does not lead to the batch's root");
}

bool proof_check(const struct proof *proof, struct err *err)
{
    uint8_t link[SHA256_SIZE];
    if (!check_entry(proof, err) || !check_path(proof, err)) {
        return false;
    }
    memcpy(link, proof->previous, SHA256_SIZE);
    for (uint32_t i = 0; i < proof->link_count; i++) {
        const struct proof_link *at = &proof->links[i];
        chain_link(link, &at->chained, link);
        if (memcmp(link, at->link, SHA256_SIZE) != 0 ||
            (i > 0 && (at->chained.first_offset != proof->links[i - 1].chained.next_offset ||
                       at->batch <= proof->links[i - 1].batch))) {
            return err_set(err,
                           ERR_HALT,
                           "%s: the link of batch %" PRId64 " does not follow the one before it",
                           i == 0 ? "link" : "links",
                           at->batch);
        }
    }
    const struct proof_link *last = &proof->links[proof->link_count - 1];
    bool is_head = last->chained.next_offset == proof->head_offset;
    bool fits =
        is_head
            ? last->batch == proof->head_batch && memcmp(last->link, proof->head, SHA256_SIZE) == 0
            : last->chained.next_offset < proof->head_offset && last->batch < proof->head_batch;
    return fits || err_set(err, ERR_HALT, "head: it is not the last link, nor after it");
}

const uint8_t *proof_link_at(const struct proof *proof, const struct anchor *anchor)
{
    if (!bytes_is(anchor->cluster, proof->cluster) || !bytes_is(anchor->topic, proof->topic) ||
        anchor->partition != proof->partition) {
        return NULL;
    }
    for (uint32_t i = 0; i < proof->link_count; i++) {
        if (proof->links[i].chained.next_offset == anchor->next_offset) {
            return proof->links[i].link;
        }
    }
    return NULL;
}
