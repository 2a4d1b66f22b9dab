#include "rdlog.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "mentor/base/clock.h"
#include "mentor/base/log.h"

enum {
    FACILITIES_MAX = 48, /* librdkafka has more, but not in use at once; the last one is shared */
    LEVEL_CRITICAL = 2,  /* syslog's */
    LEVEL_WARNING = 4,
    LEVEL_DEBUG = 7,
};

static struct {
    pthread_mutex_t mutex;
    struct {
        char name[24];
        struct rdlog_limit limit;
    } facilities[FACILITIES_MAX];
    uint32_t count;
} seen = {.mutex = PTHREAD_MUTEX_INITIALIZER};

bool rdlog_admit(struct rdlog_limit *limit, int64_t now_us, uint32_t *suppressed)
{
    *suppressed = 0;
    if (limit->count == 0 || now_us - limit->since_us >= RDLOG_WINDOW_US) {
        *suppressed = limit->count > RDLOG_BURST ? limit->count - RDLOG_BURST : 0;
        *limit = (struct rdlog_limit){.since_us = now_us, .count = 1};
        return true;
    }
    limit->count++;
    return limit->count <= RDLOG_BURST;
}

static bool admit(const char *facility, uint32_t *suppressed)
{
    struct clock clock = clock_system();
    (void)pthread_mutex_lock(&seen.mutex);
    uint32_t at = 0;
    while (at < seen.count && strcmp(seen.facilities[at].name, facility) != 0) {
        at++;
    }
    if (at == seen.count && seen.count < FACILITIES_MAX) {
        (void)snprintf(seen.facilities[at].name, sizeof(seen.facilities[at].name), "%s", facility);
        seen.count++;
    }
    if (at == FACILITIES_MAX) {
        at--;
    }
    bool passes = rdlog_admit(&seen.facilities[at].limit, clock.mono_us(clock.self), suppressed);
    (void)pthread_mutex_unlock(&seen.mutex);
    return passes;
}

/* A broker that is away is an error to librdkafka and a matter of waiting to us: at most a warning.
 */
static enum log_level level_of(int level, const char *facility, const char *text)
{
    /* Every client is given every property, a producer that is made again drops what it holds, and
     * a transactional one closes connections that are silent (outlet.c), while a broker that is
     * away says so by each connection that fails. */
    bool expected = strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "TERMINATE") == 0 ||
                    (strcmp(facility, "ERROR") == 0 && strstr(text, "brokers are down") != NULL);
    if (expected || level >= LEVEL_DEBUG) {
        return LOG_LEVEL_DEBUG;
    }
    if (level <= LEVEL_CRITICAL) {
        return LOG_LEVEL_ERROR;
    }
    return level <= LEVEL_WARNING ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
}

void rdlog_callback(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    enum log_level ours = level_of(level, facility, text);
    uint32_t suppressed = 0;
    if (ours != LOG_LEVEL_DEBUG && !admit(facility, &suppressed)) {
        return;
    }
    LOG(ours,
        "kafka.log",
        LOG_TEXT("client", rk == NULL ? "" : rd_kafka_name(rk)),
        LOG_TEXT("facility", facility),
        LOG_TEXT("text", text),
        LOG_NUMBER("suppressed", suppressed));
}

void rdlog_passing(const rd_kafka_t *rk, rd_kafka_resp_err_t code, const char *text)
{
    char
        facility[24]; /* one limit a code: a denied topic is not drowned by a broker that is away */
    (void)snprintf(facility, sizeof(facility), "POLL%d", (int)code);
    rdlog_callback(rk, LEVEL_WARNING, facility, text);
}
