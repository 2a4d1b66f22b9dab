/* What the database finds by itself: rows that contradict each other. */

#include <inttypes.h>

#include "audit.h"

/* I8: a citizen's decisions that lie in another order than their numbers. */
static bool disorders(struct audit *audit, struct err *err)
{
    const struct chronicle_oddity *rows = NULL;
    uint32_t count = AUDIT_NAMED;
    if (!audit->chronicle.disorders(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct audit_place place =
            audit_place_of(audit_position_of(audit, rows[i].progress_id), rows[i].offset, -1);
        place.citizen = rows[i].damaged ? NULL : rows[i].key;
        audit_breach(&audit->report,
                     INVARIANT_I8,
                     &place,
                     "it is the citizen's decision %" PRId64 ", and decision %" PRId64
                     " of the same partition does not lie before it",
                     rows[i].found,
                     rows[i].expected);
    }
    return true;
}

/* P: citizens whose `armed` is not what quarantine says. */
static bool misarmed(struct audit *audit, struct err *err)
{
    const struct chronicle_oddity *rows = NULL;
    uint32_t count = AUDIT_NAMED;
    if (!audit->chronicle.misarmed(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct audit_place place = AUDIT_NOWHERE;
        place.citizen = rows[i].damaged ? NULL : rows[i].key;
        audit_breach(&audit->report,
                     INVARIANT_P,
                     &place,
                     "%" PRId64 " open rows of quarantine arm the citizen, the row says %" PRId64,
                     rows[i].expected,
                     rows[i].found);
    }
    return true;
}

bool audit_oddities(struct audit *audit, struct err *err)
{
    return disorders(audit, err) && misarmed(audit, err);
}
