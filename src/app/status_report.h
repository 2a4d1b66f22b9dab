#ifndef MENTOR_SRC_APP_STATUS_REPORT_H
#define MENTOR_SRC_APP_STATUS_REPORT_H

/* What `mentord status` says, for people and for machines. */

#include <stdint.h>

#include "mentor/port/archive.h"
#include "mentor/port/topic.h"
#include "mentor/wire/json.h"

/* All borrowed. */
struct status_report {
    const struct archived_status *status;
    const struct topic_bounds
        *bounds; /* in order of partition; none when the broker said nothing */
    uint32_t bound_count;
    const char *unknown; /* why it said nothing */
    int64_t per_second;  /* records since the last look; -1 for no look before */
};

void status_text(const struct status_report *report, struct text *out);
/* One line. */
void status_json(const struct status_report *report, struct text *out);

#endif /* MENTOR_SRC_APP_STATUS_REPORT_H */
