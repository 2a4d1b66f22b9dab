#ifndef MENTOR_SRC_APP_WHATIF_H
#define MENTOR_SRC_APP_WHATIF_H

/*
 * Private to app/: one stored decision under other rules. A case is decided twice by the core, by
 * the rulebook it pins and by the candidate, at the time it was evaluated; the first must come to
 * what is stored. Nothing is written, nothing is asked.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/port/chronicle.h"

#include "keeper.h"

struct rulebook;

enum {
    /* Outcomes; OUTCOME_NONE: no law is in force then, so nothing would have been decided. */
    WHATIF_ENDS = OUTCOME_IS_REFERRED + 1,
    WHATIF_ANYWHERE = -2,    /* no municipality's index */
    WHATIF_WHOLE_BP = 10000, /* a sample of all citizens */
};

struct whatif_side {
    enum outcome outcome;
    uint64_t rules;      /* a bit for each rule found, core/finding.h */
    int64_t granted_ore; /* of an approval; 0 otherwise: what is indicative is not granted */
};

struct whatif_result {
    int64_t batch;
    int32_t index;
    int32_t partition; /* -1: of no known position */
    int64_t offset;
    uint8_t application_id[UUID_SIZE];
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    int64_t version;
    int32_t municipality; /* index, core/identifier.h; -1 for none of them */
    int32_t day;          /* of the decision, in Denmark */
    bool conflict;        /* D06: never the decided version */
    bool by_history;      /* it changes only since an earlier decision of the citizen does */
    bool disordered;      /* it lies after a later decision of the citizen's that changes */
    bool superseded;      /* a newer version of the application is decided in the range */
    struct whatif_side before;
    struct whatif_side after;
};

enum whatif_verdict {
    WHATIF_COUNTED,
    WHATIF_OUTSIDE,     /* of another municipality */
    WHATIF_ERASED,      /* its input is gone, by a recorded act: with its citizen's key */
    WHATIF_RETIRED,     /* likewise, by its age */
    WHATIF_SEALED,      /* its input is sealed, and no master key is given */
    WHATIF_MISSING,     /* a log that has its outcome only */
    WHATIF_UNREADABLE,  /* its input or history cannot be read; also sealed, and it does not open */
    WHATIF_NO_RULEBOOK, /* its own is not stored, or not readable */
    WHATIF_UNLIKE,      /* its own rulebook comes to something else than what is stored */
    WHATIF_VERDICTS,
};

/*
 * How the citizens' earlier decisions differ from what is stored: the periods that only the
 * candidate grants, and those that it does not; history_period, by citizen_ref. Zeroed is empty.
 */
struct whatif_history {
    bool stored; /* given: earlier decisions stand as they were made */
    struct keeper gained;
    struct keeper lost;
    uint8_t *periods; /* owned; of the case in hand */
    size_t capacity;
};

void whatif_history_release(struct whatif_history *history);
/* What the citizen's history would have been; borrowed from the row or until the next call. */
struct bytes whatif_history_of(struct whatif_history *history, const struct chronicle_case *row);
/* A later decision of the citizen's has been noted, and had something to change. */
bool whatif_history_late(const struct whatif_history *history, const struct chronicle_case *row);
/* The row's decision granted this period before, and would after. */
void whatif_history_note(struct whatif_history *history,
                         const struct chronicle_case *row,
                         const struct history_period *period,
                         bool before,
                         bool after);
/* The row's decision is not decided again: it stands as it was made. */
void whatif_history_keep(struct whatif_history *history, const struct chronicle_case *row);

struct whatif {
    const struct rulebook *own; /* NULL: it is not stored */
    const struct rulebook *candidate;
    int32_t municipality; /* the only one, or WHATIF_ANYWHERE */
};

/* A citizen's cases in order; *history moves to what the next one must see. *result is filled when
 * counted. */
enum whatif_verdict whatif_case(const struct whatif *whatif,
                                const struct chronicle_case *row,
                                struct whatif_history *history,
                                struct whatif_result *result);

/* The outcome is another; or that, what is found or what is granted. */
bool whatif_flipped(const struct whatif_result *result);
bool whatif_changed(const struct whatif_result *result);

#endif /* MENTOR_SRC_APP_WHATIF_H */
