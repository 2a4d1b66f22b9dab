#ifndef KAFKA_PASSAGE_H
#define KAFKA_PASSAGE_H

/* How far the outputs of each source partition have come: handed over, in a transaction, committed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/batch.h"

struct passage {
    bool begun;
    bool told;              /* the group has this epoch's metadata */
    bool resent;            /* what was stored before it was begun is handed over */
    bool again;             /* something from below was handed over, and has to be carried */
    struct position passed; /* emitted_offset: no record below has an output not handed over; epoch
                               0 until the worker tells it */
    int64_t carried;        /* likewise in the transaction under way; -1: it is not */
    int64_t emitted;        /* likewise committed */
    int64_t marked;         /* likewise, as of lookout.h's mark */
    int64_t seen;           /* sink.seen */
};

struct passages {
    struct passage *passages; /* by partition; owned */
    uint32_t count;
};

/* Made when it is asked for. Borrowed until the next passage_at. */
struct passage *passage_at(struct passages *passages, int32_t partition);
/* From this offset on; what was known is forgotten. */
void passage_begin(struct passage *passage, int64_t emitted_offset);
/* No record below has an output that was not handed over. */
void passage_sent(struct passage *passage, int64_t next_offset);
/* An output was handed over, of the record before next_offset. */
void passage_pass(struct passage *passage, int64_t next_offset);
/* Until it is begun again nothing of any of them is carried. */
void passages_forget(struct passages *passages);
void passages_release(struct passages *passages);

/* Whether a transaction has something to tell. */
bool passages_moved(const struct passages *passages);
/* Puts what was handed over so far into a transaction: its positions, at most PARTITIONS_MAX. */
uint32_t passages_load(struct passages *passages, struct position *positions);
/* That transaction is committed. */
void passages_arrive(struct passages *passages);

/* lookout.h: a mark, and that what lies before it is seen. */
void passages_mark(struct passages *passages);
void passages_see(struct passages *passages);
/* Those of the mark: at most PARTITIONS_MAX. */
uint32_t passages_marked(const struct passages *passages, struct position *positions);
/* Some are committed and not seen. */
bool passages_unseen(const struct passages *passages);

#endif /* KAFKA_PASSAGE_H */
