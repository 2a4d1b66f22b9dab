#include "support/fake_ports.h"

#include <inttypes.h>
#include <stdio.h>

#include "mentor/base/log.h"

#include "support/facts.h"
#include "support/fake_sink.h"
#include "support/fake_store.h"

struct world world;
struct content world_content;

static uint32_t batch_most;

/* clock */

static int64_t clock_wall(void *self)
{
    (void)self;
    return world.now_ms;
}

static int64_t clock_mono(void *self)
{
    (void)self;
    return world.now_us;
}

static void clock_sleep(void *self, uint32_t ms)
{
    (void)self;
    world.now_us += (int64_t)ms * 1000;
}

/* source */

static enum source_event
next_of(struct world_partition *partition, int32_t number, struct record *record)
{
    if (!partition->started) {
        return SOURCE_NOTHING;
    }
    if (partition->cursor < partition->log_count) {
        *record = partition->log[partition->cursor++];
        record->partition = number;
        world.record_count++;
        return SOURCE_RECORD;
    }
    if (!partition->ended) {
        partition->ended = true;
        *record = (struct record){.partition = number, .offset = partition->high};
        return SOURCE_END;
    }
    return SOURCE_NOTHING;
}

static enum source_event poll_events(struct record *record)
{
    if (!world.assigned) {
        world.assigned = true;
        for (int i = 0; i < WORLD_PARTITIONS; i++) {
            world.partitions[i].cursor = WORLD_RECORDS; /* until start() */
            world.partitions[i].ended = true;
        }
        return SOURCE_ASSIGNED;
    }
    if (!world.reading && world.revoke_when_stopped) {
        world.revoke_when_stopped = false;
        world.revoking = world.revoke_as == SOURCE_REVOKED;
        return world.revoke_as;
    }
    if (world.revoke_at_record >= 0 && world.record_count >= world.revoke_at_record) {
        world.revoke_at_record = -1;
        if (world.revoke_as == SOURCE_LOST) {
            world.assigned = false; /* a revocation alone still takes commits, until stop() */
        }
        world.revoking = world.revoke_as == SOURCE_REVOKED;
        world.stop = world.stop || world.stop_when_revoked;
        *record = (struct record){0};
        return world.revoke_as;
    }
    for (uint32_t i = 0; i < WORLD_PARTITIONS && world.reading; i++) {
        /* In no order to rely on: the first is another one each time they are taken. */
        uint32_t at = (i + world.take_count + 1) % WORLD_PARTITIONS;
        enum source_event event = next_of(&world.partitions[at], (int32_t)at, record);
        if (event != SOURCE_NOTHING) {
            return event;
        }
    }
    return SOURCE_NOTHING;
}

static enum source_event
source_poll(void *self, uint32_t wait_ms, struct record *record, struct err *err)
{
    (void)self;
    (void)err;
    assert_in_range(world.poll_count++, 0, WORLD_POLLS_MAX);
    enum source_event event = poll_events(record);
    if (event == SOURCE_NOTHING) {
        world.now_us += (int64_t)wait_ms * 1000;
        world.idle_count++;
        if (world.when_idle != NULL && world.idle_count == 50) {
            world.when_idle();
            world.when_idle = NULL;
        }
        world.stop =
            world.stop || world.idle_count > (world.idle_most == 0 ? 100 : world.idle_most);
    } else {
        world.now_us += 1;
        world.idle_count = 0;
    }
    return event;
}

static void source_release(void *self, uint32_t count)
{
    (void)self;
    (void)count;
}

static uint32_t source_partitions(void *self, const int32_t **partitions)
{
    static const int32_t all[WORLD_PARTITIONS] = {1, 0}; /* in no order */
    (void)self;
    *partitions = all;
    return WORLD_PARTITIONS;
}

static bool source_start(void *self,
                         const struct position *positions,
                         const int64_t *offsets,
                         uint32_t count,
                         struct err *err)
{
    (void)self;
    (void)err;
    world.reading = true;
    assert_false(world.revoking);
    for (int i = 0; i < WORLD_PARTITIONS; i++) {
        world.partitions[i].started = false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct world_partition *partition = &world.partitions[positions[i].partition];
        partition->started = true;
        partition->start = offsets[i];
        partition->ended = false;
        partition->cursor = 0;
        while (partition->cursor < partition->log_count &&
               partition->log[partition->cursor].offset < offsets[i]) {
            partition->cursor++;
        }
    }
    return true;
}

static bool source_stop(void *self, struct err *err)
{
    (void)self;
    (void)err;
    world.stop_count++;
    world.reading = false;
    world.assigned = world.assigned && !world.revoking; /* on its own a member keeps what it has */
    world.revoking = false;
    return true;
}

static bool
source_bounds(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err)
{
    (void)self;
    if (++world.bounds_count == world.bounds_fails_at) {
        return err_set(err, ERR_RETRY, "no broker answers");
    }
    *low = world.partitions[partition].low;
    *high = world.partitions[partition].high;
    return true;
}

static bool source_committed(
    void *self, int32_t partition, int64_t *offset, char *metadata, uint32_t size, struct err *err)
{
    (void)self;
    if (world.before_committed != NULL) {
        void (*act)(void) = world.before_committed;
        world.before_committed = NULL;
        act();
    }
    if (world.committed_fails > 0) {
        world.committed_fails--;
        return err_set(err, ERR_RETRY, "no answer");
    }
    *offset = world.partitions[partition].committed;
    (void)snprintf(metadata, size, "%s", world.partitions[partition].metadata);
    return true;
}

static bool
source_commit(void *self, const struct position *positions, uint32_t count, struct err *err)
{
    (void)self;
    if (!world.assigned) {
        return err_set(err, ERR_FENCED, "the group has moved on");
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct position *position = &positions[i];
        struct world_partition *partition = &world.partitions[position->partition];
        assert_true(position->emitted_offset <= position->next_offset);
        assert_true(position->next_offset <= partition->position.next_offset);
        assert_true(world.worker.transactional || /* where a transaction tells the group first */
                    position->emitted_offset <= partition->position.emitted_offset);
        partition->committed = position->emitted_offset;
        partition->committed_next = position->next_offset;
        (void)note_write(position, false, partition->metadata);
    }
    return true;
}

static bool source_leave(void *self, struct err *err)
{
    (void)self;
    (void)err;
    world.leave_count++;
    world.revoking = false;
    world.assigned = false;
    return true;
}

/* What is missing may be sent again, from anywhere. */
static bool source_recall(void *self, struct recall *recalls, uint32_t count, struct err *err)
{
    struct recall *recall = &recalls[0];
    (void)self;
    (void)err;
    assert_int_equal(count, 1);
    assert_int_equal(recall->since_ms, WORLD_NOTED_MS);
    for (int64_t offset = 31; offset >= 0; offset--) {
        if ((world.written >> offset & 1) != 0) {
            recall_add(&recall->written, offset);
        }
        if ((world.visible >> offset & 1) != 0) {
            recall_add(&recall->visible, offset);
        }
    }
    recall_sort(recall);
    world.partitions[recall->partition].sent_to = 0;
    return true;
}

/* the world */

static bool
facts(void *self, uint32_t wait_ms, const char **cluster, int32_t *partition_count, struct err *err)
{
    (void)self;
    (void)wait_ms;
    if (world.facts_fails > 0) {
        world.facts_fails--;
        return err_set(err, ERR_RETRY, "no broker answers");
    }
    if (world.now_us >= world.facts_fails_from && world.now_us < world.facts_fails_until) {
        return err_set(err, ERR_RETRY, "no broker answers");
    }
    *cluster = "cluster-1";
    *partition_count = WORLD_PARTITIONS - (world.now_us < world.facts_stale_until ? 1 : 0);
    world.facts_count++;
    return true;
}

static bool demo(void *self, bool *is_demo, struct err *err)
{
    (void)self;
    (void)err;
    *is_demo = world.demo;
    return true;
}

static void start_worker(void)
{
    world.worker = (struct worker){
        .edges =
            {
                .source = {source_poll,
                           source_release,
                           source_partitions,
                           source_start,
                           source_stop,
                           source_bounds,
                           NULL, /* no topic grows here */
                           source_committed,
                           NULL, /* nothing is undone here */
                           source_recall,
                           source_commit,
                           source_commit,
                           source_leave,
                           NULL},
                .store = fake_store(),
                .sink = fake_sink(),
                .facts = facts,
                .demo = demo,
            },
        .clock = {clock_wall, clock_mono, clock_sleep, NULL},
        .rulebook = facts_rulebook(),
        .topic = bytes_text("mentor.applications.v1"),
        .batch_most = batch_most,
        .breaker_most = world.breaker_most,
        .candidate = world.candidate,
        .stop = &world.stop,
    };
    hmac_key_init(&world.worker.citizen_key, bytes_text("secret"));
    assert_true(worker_init(&world.worker));
}

void world_begin(uint32_t most)
{
    log_open(false, LOG_LEVEL_ERROR);
    memset(&world, 0, sizeof(world));
    assert_true(arena_init(&world.arena, (size_t)64 * 1024 * 1024));
    world.now_ms = noon_of("2026-03-02");
    world.now_us = 1000000;
    world.revoke_at_record = -1;
    world.revoke_as = SOURCE_REVOKED;
    world.send_fails_at = -1;
    for (int i = 0; i < WORLD_PARTITIONS; i++) {
        world.partitions[i].committed = -1;
    }
    batch_most = most;
    start_worker();
}

void world_end(void)
{
    worker_release(&world.worker);
    arena_release(&world.arena);
}

void world_restart(void)
{
    worker_release(&world.worker);
    world.lives++;
    world.assigned = false;
    world.stop = false;
    world.idle_count = 0;
    start_worker();
}

static struct bytes keep(struct bytes from)
{
    struct bytes copy = {0};
    assert_true(bytes_copy(&world.arena, from, &copy));
    return copy;
}

void world_add(int32_t partition, int64_t offset, const struct record *record)
{
    struct world_partition *mine = &world.partitions[partition];
    assert_in_range(mine->log_count, 0, WORLD_RECORDS - 1);
    struct record *copy = &mine->log[mine->log_count++];
    struct bytes packed;
    *copy = *record;
    copy->offset = offset;
    copy->key = keep(record->key);
    copy->value = keep(record->value);
    assert_true(headers_pack(record->headers, record->header_count, &world.arena, &packed));
    assert_true(headers_unpack(packed, &world.arena, &copy->headers, &copy->header_count));
    mine->high = offset + 1;
}

void world_publish(int32_t partition,
                   int64_t offset,
                   const char *event_id,
                   const struct content *content)
{
    static struct proto proto;
    static struct letter letter;
    letter_begin(&letter, content_write(content, &proto));
    letter_set(&letter, "ce_id", event_id);
    letter.record.key = bytes_text(content->cpr + strlen(content->cpr) - 4);
    world_add(partition, offset, &letter.record);
}

void world_publish_versions(int64_t from, int64_t to)
{
    for (int64_t offset = from; offset < to; offset++) {
        char event[24];
        (void)snprintf(event, sizeof(event), "a-%" PRId64, offset);
        world_content.version = (uint32_t)offset + 1;
        world_publish(0, offset, event, &world_content);
    }
}

void world_publish_rulebook(int64_t from_ms, const char *yaml)
{
    assert_in_range(world.publication_count, 0, WORLD_PUBLICATIONS - 1);
    struct world_publication *publication = &world.publications[world.publication_count++];
    publication->from_ms = from_ms;
    publication->yaml = bytes_text(yaml);
    sha256_of(publication->yaml, publication->sha256);
}

int world_set_up_with(uint32_t most)
{
    world_begin(most);
    world_content = content_default();
    return 0;
}

int world_set_up(void **state)
{
    (void)state;
    return world_set_up_with(100);
}

int world_tear_down(void **state)
{
    (void)state;
    world_end();
    return 0;
}

bool world_run(void)
{
    return worker_run(&world.worker);
}
