#ifndef MENTOR_SRC_APP_ANCHOR_DESK_H
#define MENTOR_SRC_APP_ANCHOR_DESK_H

/*
 * Private to app/: where lanes leave their anchors. A thread of its own tells them to the topic and
 * the file, so that no batch waits for either; what cannot be told is logged, counted and tried
 * again, and a newer anchor of a partition takes the place of one that still waits.
 */

#include <stdint.h>

#include "mentor/base/check.h"

#include "anchor.h"

struct anchor_desk;
struct context;
struct err;

/* --anchor-file is opened at once: ERR_FATAL when it cannot be. NULL with ERR_NONE:
 * --anchor-every 0, no anchors. */
MUST_CHECK struct anchor_desk *anchor_desk_open(struct context *context, struct err *err);
/* Tells what is left, for as long as it takes to hear a broker's no or DRAIN_MS. */
void anchor_desk_close(struct anchor_desk **desk);

/* A head that is stored, by any thread; copied, but for its topic, which outlives the desk. */
void anchor_desk_put(struct anchor_desk *desk, const struct anchor *anchor);

/* Anchors told and failures to tell since it was asked last, of all: once each. */
void anchor_desk_counts(struct anchor_desk *desk, int64_t *told, int64_t *failed);

#endif /* MENTOR_SRC_APP_ANCHOR_DESK_H */
