#ifndef MENTOR_SRC_APP_DLQ_H
#define MENTOR_SRC_APP_DLQ_H

/* Private to app/: what the subcommands of `dlq` share. */

#include "mentor/app/command.h"
#include "mentor/port/archive.h"

#include "place.h"

struct arena;

/* Which rows a person means, from the options. */
struct dlq_filter {
    const char *reason; /* id; NULL: any */
    bool has_application;
    uint8_t application[UUID_SIZE];
    int64_t since_ms; /* INT64_MIN and INT64_MAX where not given */
    int64_t until_ms;
};

/* False: a usage error, said by now. */
MUST_CHECK bool dlq_filter_of(const struct context *context, struct dlq_filter *filter);
bool dlq_filter_takes(const struct dlq_filter *filter, const struct archived_quarantine *row);

/* The row at a place, borrowed until the archive's next call; NULL and *err when there is none. */
const struct archived_quarantine *dlq_row(const struct archive *archive,
                                          const struct place *place,
                                          const char *text,
                                          struct err *err);

/* dlq redrive: open rows onto the input topic again. The exit code. */
int dlq_redrive(struct context *context, const struct archive *archive, struct arena *arena);

#endif /* MENTOR_SRC_APP_DLQ_H */
