#include "support/fake_sink.h"

#include <inttypes.h>

#include "support/fake_ports.h"
#include "support/fake_store.h"

static bool sink_begin(void *self, int32_t partition, int64_t emitted_offset, struct err *err)
{
    (void)self;
    (void)err;
    world.partitions[partition].acked = emitted_offset;
    world.partitions[partition].sent_to = emitted_offset;
    return true;
}

/* What is sent again is the same, byte for byte. */
static void compare_sent(struct world_partition *partition, const struct record *record)
{
    assert_in_range(record->offset, 0, WORLD_RECORDS * 2 - 1);
    struct bytes *first = &partition->first_sent[record->offset];
    struct bytes packed;
    struct bytes all;
    assert_true(headers_pack(record->headers, record->header_count, &world.arena, &packed));
    uint8_t *joined = arena_alloc(&world.arena, packed.size + record->value.size);
    assert_non_null(joined);
    memcpy(joined, packed.data, packed.size);
    if (record->value.size > 0) {
        memcpy(joined + packed.size, record->value.data, record->value.size);
    }
    all = bytes_of(joined, packed.size + record->value.size);
    if (first->size == 0) {
        *first = all;
    }
    assert_true(bytes_equal(*first, all));
}

static bool sink_send(void *self, const struct record *record, bool dlq, struct err *err)
{
    (void)self;
    struct world_partition *partition = &world.partitions[record->partition];
    if (world.send_count++ == world.send_fails_at) {
        return err_set(
            err, world.send_fenced ? ERR_FENCED : ERR_RETRY, "the producer must be rebuilt");
    }
    /* I12: stored, and the group knows, before anything goes out; in source order. */
    assert_true(record->offset < partition->position.next_offset);
    assert_true(record->offset < partition->committed_next);
    assert_true(record->offset >= partition->sent_to);
    partition->sent_to = record->offset + 1;
    compare_sent(partition, record);
    append(partition->sent, "%" PRId64 ":%s ", record->offset, dlq ? "dlq" : "decision");
    return true;
}

static bool sink_sent(void *self, int32_t partition, int64_t next_offset, struct err *err)
{
    (void)self;
    (void)err;
    struct world_partition *mine = &world.partitions[partition];
    assert_true(next_offset >= mine->sent_to);
    mine->sent_to = next_offset;
    if (!world.hold_acks) {
        mine->acked = next_offset;
    }
    return true;
}

static bool sink_settled(void *self, int32_t partition, int64_t *emitted_offset, struct err *err)
{
    (void)self;
    (void)err;
    *emitted_offset = world.partitions[partition].acked;
    return true;
}

static bool sink_flush(void *self, uint32_t wait_ms, struct err *err)
{
    (void)self;
    (void)wait_ms;
    (void)err;
    for (int i = 0; i < WORLD_PARTITIONS; i++) {
        world.partitions[i].acked = world.partitions[i].sent_to;
    }
    return true;
}

static bool sink_purge(void *self, struct err *err)
{
    (void)self;
    (void)err;
    return true;
}

struct sink fake_sink(void)
{
    return (struct sink){.begin = sink_begin,
                         .send = sink_send,
                         .sent = sink_sent,
                         .settled = sink_settled,
                         .flush = sink_flush,
                         .purge = sink_purge};
}
