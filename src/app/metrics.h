#ifndef MENTOR_SRC_APP_METRICS_H
#define MENTOR_SRC_APP_METRICS_H

/* Private to app/: between metrics.c, which counts, and metrics_page.c, which shows. */

#include "mentor/app/metrics.h"

extern const int64_t metrics_bounds_us[METRIC_BUCKETS];
extern const int64_t metrics_bounds_records[METRIC_BUCKETS];

/* The fate of a record that has a reason. */
enum fate metrics_fate_of(enum reason reason);
int64_t metrics_cell(const struct metrics *metrics, uint32_t cell);

#endif /* MENTOR_SRC_APP_METRICS_H */
