/* What the ledger and quarantine hold against what was looked at. The jobs read the ledger by batch
 * and the walk by position: a row that one of them passes by would be proved by halves. */

#include <inttypes.h>

#include "audit.h"

static void compare(
    struct audit *audit, enum invariant invariant, const char *what, int64_t stored, int64_t seen)
{
    if (stored != seen) {
        struct audit_place nowhere = AUDIT_NOWHERE;
        audit_breach(&audit->report,
                     invariant,
                     &nowhere,
                     "%" PRId64 " %s are stored, and %" PRId64
                     " could be looked at: the rest lack what they are read by, or stand there "
                     "twice",
                     stored,
                     what,
                     seen);
    }
}

void audit_counts(struct audit *audit)
{
    int64_t read = 0;
    for (uint32_t i = 0; i < audit->job_count; i++) {
        read += audit->jobs[i].ranges;
    }
    compare(audit, INVARIANT_I3, "ranges of the ledger by batch", audit->facts.ranges, read);
    compare(audit,
            INVARIANT_I10,
            "ranges of the ledger by position",
            audit->facts.ranges,
            audit->ranges_walked);
    compare(
        audit, INVARIANT_I11, "rows of quarantine", audit->facts.refused, audit->refusals_walked);
}
