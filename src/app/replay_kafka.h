#ifndef MENTOR_SRC_APP_REPLAY_KAFKA_H
#define MENTOR_SRC_APP_REPLAY_KAFKA_H

/*
 * Private to app/: between the files of `replay verify --source kafka`. The ledger says in which
 * order records were taken, under which rulebook and when; what was considered is built up anew
 * from the records alone, and must come to what is stored.
 */

#include "mentor/base/sha256.h"

#include "keeper.h"
#include "replay_feed.h"
#include "replay_report.h"

struct kafka_replay {
    struct context *context;
    const struct replay_range *range;
    struct replay_walk walk; /* the moment: ledger, rulebooks, positions; it has no jobs */
    struct replay_report report;
    struct replay_tally tally;
    struct hmac_key citizen_key;
    bool has_citizen_key;
    struct feed feed;
    struct keeper applications; /* as the records have left them so far */
    struct keeper citizens;
    struct arena arena; /* owned; rewound for each record */

    struct chronicle decisions; /* of the same moment: the stored decisions beside the ledger */
    const struct chronicle_decision *page;
    uint32_t page_count;
    uint32_t page_at;
    bool page_last;

    int64_t duplicates;   /* that came to the same fate */
    int64_t refused;      /* likewise, to the DLQ */
    int64_t failed;       /* refused as INTERNAL: what failed then is not known */
    int64_t gone;         /* decided ones whose record the log does not have any more */
    int64_t gone_refused; /* likewise, duplicate and DLQ */
};

/* One partition's range of one batch, on the way through its entries. */
struct stretch {
    const struct chronicle_range *range;
    const struct replay_position *position; /* NULL: not known */
    struct feed_partition *from;            /* NULL: of another topic or cluster */
    struct bytes packed;
    int64_t offset;
    struct ledger_entry entry; /* the next */
    bool has_entry;
    int64_t next_index; /* of the next decided one; INT64_MAX when there is none */
};

/* replay_fate.c: the entry's record made again, and its rows moved on. `row` is the stored decision
 * of a decided entry, NULL when there is none. False: *err. */
MUST_CHECK bool replay_fate(struct kafka_replay *kafka,
                            const struct stretch *stretch,
                            const struct chronicle_decision *row,
                            struct err *err);
/* A divergence at the stretch's entry. */
json_t *replay_fate_begin(const struct stretch *stretch, const char *what);

#endif /* MENTOR_SRC_APP_REPLAY_KAFKA_H */
