#ifndef MENTOR_SRC_APP_NEWEST_H
#define MENTOR_SRC_APP_NEWEST_H

/* Private to app/: which of an application's decisions is the newest decided version. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/check.h"
#include "mentor/port/archive.h"

struct arena;
struct err;

/*
 * By the outcomes' own bytes: a D06 decision changes none, so no letter tells it. `count` is over
 * 0, the rows in the order of the archive. ERR_FATAL: an outcome cannot be read or is another
 * application's, a column or the order says otherwise than the outcomes; an older decision would be
 * told.
 */
MUST_CHECK bool newest_decided(const uint8_t application_id[UUID_SIZE],
                               const struct archived_decision *rows,
                               uint32_t count,
                               struct arena *arena,
                               uint32_t *newest,
                               struct err *err);

#endif /* MENTOR_SRC_APP_NEWEST_H */
