#ifndef PG_ARCHIVE_H
#define PG_ARCHIVE_H

/* Between the files of a person's side: pg_archive.c connects and reads, archive_status.c says how
 * it stands, archive_quarantine.c lists and closes, archive_rulebook.c publishes,
 * archive_erase.c erases, archive_rekey.c changes the master key. */

#include <stdbool.h>

#include "mentor/pg/pg.h"

#include "array.h"
#include "session.h"
#include "vault.h"

enum {
    ARCHIVE_ARRAYS = 2,
};

struct pg_archive {
    struct pg_settings settings;
    struct session session;
    struct vault vault;
    char *cluster; /* owned, of the topic opened last; "" before a worker has run */
    char *topic;
    char *group;
    struct array arrays[ARCHIVE_ARRAYS];
    void *rows; /* what the last call handed out */
    struct archived_status status;
    struct archived_behind *behind; /* owned, of that status */
};

/* Connected, again when the connection was lost, and knowing whose topic it is about. */
MUST_CHECK bool archive_ready(struct pg_archive *archive, struct err *err);
/* One statement, one flush. */
MUST_CHECK bool archive_ask(struct pg_archive *archive,
                            const struct statement *statement,
                            const struct params *params,
                            struct err *err);
/* Zeroed room for the rows that a call hands out; the call before it ends here. NULL: *err. */
MUST_CHECK void *
archive_hand_out(struct pg_archive *archive, int count, size_t size, struct err *err);

/* A column whose size was promised has another: ERR_HALT, always false. */
bool archive_damaged(const char *table, const char *column, struct err *err);

bool archive_status(void *self, const struct archived_status **status, struct err *err);
bool archive_quarantines(void *self,
                         bool open_only,
                         int32_t partition,
                         int64_t offset,
                         const struct archived_quarantine **rows,
                         uint32_t *count,
                         struct err *err);
bool archive_dismiss(
    void *self, int32_t partition, int64_t offset, const char *why, bool *found, struct err *err);
bool archive_resume(void *self, int32_t partition, bool *found, struct err *err);

bool archive_rulebooks(void *self,
                       const struct archived_rulebook **rulebooks,
                       uint32_t *count,
                       struct err *err);
bool archive_publish(void *self,
                     const struct archived_rulebook *rulebook,
                     struct bytes yaml,
                     bool *published,
                     struct err *err);
bool archive_shadow_counts(void *self,
                           const struct archived_shadow **rows,
                           uint32_t *count,
                           struct err *err);
bool archive_divergences(void *self,
                         uint32_t most,
                         const struct archived_divergence **rows,
                         uint32_t *count,
                         struct err *err);
bool archive_erase(void *self,
                   const struct archived_wish *wish,
                   struct archived_erasure *erasure,
                   struct err *err);
bool archive_rekey(void *self,
                   const char *why,
                   struct archived_rekeying *rekeying,
                   struct err *err);
bool archive_pulse(void *self, int64_t *open, struct err *err);

#endif /* PG_ARCHIVE_H */
