#ifndef MENTOR_SRC_APP_REPLAY_REPORT_H
#define MENTOR_SRC_APP_REPLAY_REPORT_H

/*
 * Private to app/: what a replay that verifies has decided again, and what came out otherwise.
 * Divergences are printed as they are found, a summary at the end. May be called by several
 * threads.
 */

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mentor/base/bytes.h"
#include "mentor/base/clock.h"
#include "mentor/core/rulebook.h"
#include "mentor/port/payload.h"

#include "replay.h"

struct arena;
struct chronicle_decision;
struct rejudged;
struct stored_output;

/* How many decisions of each law of each rulebook, and how many were not decided again. */
struct replay_tally {
    const struct rulebooks *rulebooks; /* borrowed */
    int64_t *decisions;                /* owned; [rulebook][law] */
    int64_t total;
    int64_t unread[PAYLOAD_STATE_COUNT]; /* whose application is erased or sealed; not in total */
};

void replay_tally_init(struct replay_tally *tally, const struct rulebooks *rulebooks);
void replay_tally_release(struct replay_tally *tally);
/* The law is one of the rulebook's. */
void replay_tally_add(struct replay_tally *tally,
                      const struct rulebook *rulebook,
                      const struct law *law);
/* Adds another's of the same rulebooks. */
void replay_tally_join(struct replay_tally *tally, const struct replay_tally *other);

enum {
    REPLAY_NOTES_MAX = 12,
    REPLAY_NOTE_SIZE = 256,
    REPLAY_DAMAGED_SIZE = 96,
};

struct replay_report {
    FILE *out;
    bool json;
    const char *source; /* "the archive" */
    struct clock clock;
    int64_t begun_us;
    pthread_mutex_t mutex;
    int64_t divergences;
    char notes[REPLAY_NOTES_MAX][REPLAY_NOTE_SIZE]; /* what could not be compared, and why */
    uint32_t note_count;
};

void replay_report_begin(
    struct replay_report *report, FILE *out, bool json, const char *source, struct clock clock);
__attribute__((format(printf, 2, 3))) void
replay_note(struct replay_report *report, const char *format, ...);

/*
 * A divergence under way: where it is, then what has changed, then told. Values are *stolen*; NULL
 * is what a side does not have.
 */
json_t *replay_divergence(const char *what);
void replay_divergence_place(json_t *divergence,
                             const char *topic,
                             int32_t partition,
                             int64_t offset);
void replay_divergence_number(json_t *divergence, const char *name, int64_t number);
void replay_divergence_application(json_t *divergence, const uint8_t id[UUID_SIZE]);
void replay_change(json_t *divergence, const char *path, json_t *stored, json_t *made);
/* Every field that two Decisions have otherwise. The arena is used and rewound. */
void replay_change_outputs(json_t *divergence,
                           struct bytes stored,
                           struct bytes made,
                           struct arena *arena);
/* The columns of a stored row that are otherwise; `parts` as rejudge_compare() gave them. */
void replay_change_columns(json_t *divergence,
                           uint32_t parts,
                           const struct chronicle_decision *row,
                           const struct rejudged *made);
/* Prints and *releases* it. */
void replay_diverged(struct replay_report *report, json_t *divergence);

/* What a divergence says of a row whose `damaged` column holds no such value. */
const char *replay_damaged(const struct stored_output *stored, char what[REPLAY_DAMAGED_SIZE]);

/* The end, with its exit code: the summary of what was decided again; or, `tally` NULL, that it
 * could not be done, and *err on stderr. */
MUST_CHECK int replay_report_close(struct replay_report *report,
                                   const struct replay_tally *tally,
                                   const struct err *err);

#endif /* MENTOR_SRC_APP_REPLAY_REPORT_H */
