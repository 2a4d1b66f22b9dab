/* What the database finds by itself: rows that contradict each other. */

#include <inttypes.h>

#include "audit.h"

/* P: citizens whose `armed` is not what quarantine says. */
bool audit_oddities(struct audit *audit, struct err *err)
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
