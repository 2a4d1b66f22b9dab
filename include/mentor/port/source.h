#ifndef MENTOR_PORT_SOURCE_H
#define MENTOR_PORT_SOURCE_H

/* Where records come from: a Kafka consumer group's member, or a test's model of one. One thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/batch.h"
#include "mentor/port/recall.h"

struct err;

enum source_event {
    SOURCE_NOTHING, /* nothing came within wait_ms */
    SOURCE_RECORD,  /* *record is filled; borrowed until release() */
    SOURCE_END, /* record->partition, record->offset: the log ends there; what lies between has no
                   record */
    SOURCE_ASSIGNED, /* partitions(); take them, then start(). Also while others are still ours, in
                        their place: the group was joined anew by itself. Those are settled first,
                        and stop() ends their reading */
    SOURCE_REVOKED,  /* all partitions go: settle, then stop(). What was polled and not stored is
                        dropped */
    SOURCE_LOST,     /* as revoked, but they are another's already, or the session timed out while
                        the broker was away */
    SOURCE_RESET,    /* record->partition: the position is outside the log; ask bounds() */
    SOURCE_FAILED, /* *err is set. No broker answers: poll again; a client that failed joins anew by
                      that */
};

/* store.undoing. False with *err: not told. */
typedef bool undoing_fn(void *context,
                        const char *transactional_id,
                        const struct undo_mark *marks,
                        uint32_t count,
                        struct err *err);

struct source {
    enum source_event (*poll)(void *self, uint32_t wait_ms, struct record *record, struct err *err);
    /* Ends the life of the `count` records that were polled longest ago; UINT32_MAX: of all. */
    void (*release)(void *self, uint32_t count);
    /* The partitions just assigned, borrowed until the next poll. Returns their number. Before it
     * is called, what the calls below say of assigned ones is said of those of before. */
    uint32_t (*partitions)(void *self, const int32_t **partitions);
    /* Begin reading each at `offsets[i]`. */
    bool (*start)(void *self,
                  const struct position *positions,
                  const int64_t *offsets,
                  uint32_t count,
                  struct err *err);
    /*
     * Ends reading, after SOURCE_REVOKED or SOURCE_LOST, or on our own. In the last case the
     * partitions stay ours and the group announces nothing new: start() again, or leave().
     */
    bool (*stop)(void *self, struct err *err);
    /* The first offset in the log and the one after the last. */
    bool (*bounds)(void *self, int32_t partition, int64_t *low, int64_t *high, struct err *err);
    /* How many partitions the topic has by now. A round trip; ERR_RETRY when nobody answers. */
    bool (*count)(void *self, int32_t *count, struct err *err);
    /* What the group has committed for the partition: offset -1 when nothing; metadata is
     * NUL-terminated. */
    bool (*committed)(void *self,
                      int32_t partition,
                      int64_t *offset,
                      char *metadata,
                      uint32_t size,
                      struct err *err);
    /*
     * Who is told before transactions are aborted that the broker may have called complete and has
     * not ended: of which partitions something pends or hangs; not done when that fails. Called
     * within other calls, also the sink's, on the same thread. NULL in a source that never does so.
     */
    void (*undoing)(void *self, undoing_fn *tell, void *context);
    /*
     * Reads back what the output topics hold of these partitions' outputs, in order of partition,
     * once all of that is ended; the caller releases them, also after a failure. ERR_RETRY while
     * something is not. Takes as long as reading does; progress is logged. NULL likewise.
     */
    bool (*recall)(void *self, struct recall *recalls, uint32_t count, struct err *err);
    /*
     * Commits emitted_offset with metadata (port/note.h) for each position, acknowledged.
     * ERR_FENCED when the group has moved on; ERR_RETRY without an answer within 5 s, and from when
     * the group has given others instead until partitions() is called. In
     * transactional mode nothing goes out: the positions are told with the outputs sent after this.
     */
    bool (*commit)(void *self, const struct position *positions, uint32_t count, struct err *err);
    /*
     * The group confirms, also while nothing is read, that partitions assigned before are still
     * ours; the positions as they were told last. Errors as commit.
     */
    bool (*prove)(void *self, const struct position *positions, uint32_t count, struct err *err);
    /*
     * Leaves the group and ends the life of every record; a later poll joins it again. Takes about
     * 6 s when the broker is away, 10 s more when a commit is still without an answer.
     */
    bool (*leave)(void *self, struct err *err);
    void *self;
};

#endif /* MENTOR_PORT_SOURCE_H */
