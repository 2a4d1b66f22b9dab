#ifndef MENTOR_PORT_LEDGER_H
#define MENTOR_PORT_LEDGER_H

/*
 * batch.entries: the fate of every offset of one partition in one batch, from batch.first_offset to
 * batch.next_offset without holes, in order. Numbers are big-endian.
 *
 *   u8   fate (enum fate, low 7 bits) | 0x80 when there is an event key
 *   skipped, gap:               u64 offsets covered
 *   decided, duplicate, dlq:    one offset
 *                               [16] event key, when there is one
 *                               [32] SHA-256 of the value as it came
 *   decided:                    [32] SHA-256 of the output; u32 index of the decision in its batch
 *   duplicate, dlq:             u8 length and text of the reason's id (stable: core/status.h)
 *
 * So a decided record takes 85 bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/chronicle.h"

struct arena;

enum {
    LEDGER_REASON_MAX = 64,
    LEDGER_ENTRY_MAX = 1 + EVENT_KEY_SIZE + SHA256_SIZE + SHA256_SIZE + 4 + 1 + LEDGER_REASON_MAX,
};

/* Writes at most LEDGER_ENTRY_MAX bytes; returns how many. entry->offset is implied by what came
 * before. */
size_t ledger_pack(const struct ledger_entry *entry, uint8_t *to);

/*
 * Reads the entry at *packed and moves past it; *offset is where it begins and then where the next
 * one does. False at the end and on bytes that are no ledger: packed->size is 0 only at the end.
 */
MUST_CHECK bool ledger_next(struct bytes *packed, int64_t *offset, struct ledger_entry *entry);

/*
 * Packs the fates of a batch, range by range, and links each range to its position's head
 * (core/chain.h). The batch is whole but for that; packed entries lie in the arena, which has room
 * for them. Costs four blocks of SHA-256 a fate.
 */
void ledger_write(struct batch *batch, const struct position *positions, struct arena *arena);

#endif /* MENTOR_PORT_LEDGER_H */
