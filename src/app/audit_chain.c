/* I10 along each position: every batch's link follows that of the one before it, from the genesis
 * to the head. */

#include <inttypes.h>

#include "mentor/core/chain.h"

#include "audit.h"

void audit_chain_begin(struct audit_chain *chain,
                       struct audit *audit,
                       struct audit_position *position)
{
    *chain = (struct audit_chain){.audit = audit,
                                  .position = position,
                                  .batch = 0,
                                  .next_offset = position->chain_offset,
                                  .anchor = audit_anchors_of(audit, position->id)};
    position->chained = true;
    chain_genesis(bytes_text(position->cluster),
                  bytes_text(position->topic),
                  position->position.partition,
                  position->chain_offset,
                  chain->link);
}

/* The group was told the head at this offset by the owner then (port/note.h). */
static void compare_note(struct audit_chain *chain)
{
    struct audit_position *position = chain->position;
    if (!position->committed_head || position->committed_next != chain->next_offset) {
        return;
    }
    position->committed_head = false; /* found */
    if (memcmp(position->head, chain->link, SHA256_SIZE) != 0) {
        struct audit_place place = audit_place_of(position, chain->next_offset, chain->batch);
        audit_breach(
            &chain->audit->report,
            INVARIANT_I10,
            &place,
            "the group's metadata in Kafka has another link up to here: the chain was made "
            "anew");
    }
}

void audit_chain_follow(struct audit_chain *chain, const struct chronicle_range *range)
{
    struct chain_batch batch = {.first_offset = range->first_offset,
                                .next_offset = range->next_offset,
                                .epoch = range->epoch,
                                .evaluated_at_ms = range->evaluated_at_ms};
    uint8_t link[SHA256_SIZE];
    compare_note(chain);
    audit_anchors_compare(chain, false);
    memcpy(batch.root, range->root, SHA256_SIZE);
    chain_link(chain->link, &batch, link);
    if (memcmp(link, range->link, SHA256_SIZE) != 0) {
        struct audit_place place =
            audit_place_of(chain->position, range->first_offset, range->batch);
        char before[48] = "the genesis";
        if (chain->batch > 0) {
            (void)snprintf(before, sizeof(before), "batch %" PRId64, chain->batch);
        }
        audit_breach(&chain->audit->report,
                     INVARIANT_I10,
                     &place,
                     "the chain breaks: its link does not follow %s, which ends at offset %" PRId64
                     "; batches were altered, removed, put in or moved",
                     before,
                     chain->next_offset);
    }
    /* From what is stored, so that one break is told once. */
    memcpy(chain->link, range->link, SHA256_SIZE);
    chain->batches++;
    chain->batch = range->batch;
    chain->next_offset = range->next_offset;
}

void audit_chain_end(struct audit_chain *chain)
{
    struct audit_position *position = chain->position;
    struct audit_place place = audit_place_of(position, chain->next_offset, chain->batch);
    compare_note(chain);
    audit_anchors_compare(chain, true);
    position->batches = chain->batches;
    position->unanchored = chain->batches - chain->anchored;
    if (memcmp(position->position.link, chain->link, SHA256_SIZE) != 0 ||
        position->position.batch != chain->batch) {
        audit_breach(&chain->audit->report,
                     INVARIANT_I10,
                     &place,
                     "the chain ends here, and the position's head is that of batch %" PRId64
                     " and offset %" PRId64,
                     position->position.batch,
                     position->position.next_offset);
    }
    if (position->committed_head) {
        audit_breach(&chain->audit->report,
                     INVARIANT_I10,
                     &place,
                     "the group's metadata in Kafka knows a link up to offset %" PRId64
                     ", where no batch ends",
                     position->committed_next);
    }
}
