#ifndef KAFKA_RDLOG_H
#define KAFKA_RDLOG_H

/* librdkafka's own lines, as ours: event kafka.log, few enough that an absent broker does not
 * flood. */

#include <stdbool.h>
#include <stdint.h>

#include <librdkafka/rdkafka.h>

enum {
    RDLOG_BURST = 3,                /* lines of one facility … */
    RDLOG_WINDOW_US = 10 * 1000000, /* … within this long */
};

struct rdlog_limit {
    int64_t since_us;
    uint32_t count;
};

/* Whether a line may pass now; *suppressed is how many did not since the window before, told once.
 */
bool rdlog_admit(struct rdlog_limit *limit, int64_t now_us, uint32_t *suppressed);

/* For rd_kafka_conf_set_log_cb; from any thread. */
void rdlog_callback(const rd_kafka_t *rk, int level, const char *facility, const char *text);

/* An error that a poll handed out and that passes by itself; limited likewise. */
void rdlog_passing(const rd_kafka_t *rk, rd_kafka_resp_err_t code, const char *text);

#endif /* KAFKA_RDLOG_H */
