#include <inttypes.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"

#include "bounds.h"
#include "settings.h"

enum {
    AGAIN_MS = 100, /* a partition just made has no leader for a moment */
};

static bool
look(rd_kafka_t *rk, const char *name, int wait_ms, int64_t **ends, int32_t *count, struct err *err)
{
    *count = bounds_partitions(rk, name, wait_ms, err);
    if (*count <= 0) {
        return *count < 0 ? false : err_set(err, ERR_RETRY, "topic %s is not there", name);
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(*count);
    rd_kafka_topic_partition_list_add_range(list, name, 0, *count - 1);
    rd_kafka_resp_err_t code = bounds_ask(rk, list, RD_KAFKA_OFFSET_END, wait_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        *ends = calloc((size_t)*count, sizeof(**ends));
        CHECK(*ends != NULL);
        for (int i = 0; i < list->cnt; i++) {
            (*ends)[list->elems[i].partition] = list->elems[i].offset;
        }
    } else {
        (void)err_set(err,
                      ERR_RETRY,
                      "where the logs of %s end cannot be had: %s",
                      name,
                      rd_kafka_err2str(code));
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool kafka_ends(const struct kafka_settings *settings,
                uint32_t wait_ms,
                int64_t **ends,
                int32_t *count,
                struct err *err)
{
    struct clock clock = clock_system();
    int64_t until_us = clock.mono_us(clock.self) + wait_ms * INT64_C(1000);
    rd_kafka_conf_t *conf = settings_conf(settings, CLIENT_CHECK, err);
    if (conf == NULL) {
        return false;
    }
    /* Our consumers' answer would stop at the first transaction that is open. */
    CHECK(rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", NULL, 0) ==
          RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = client_new(conf, CLIENT_CHECK, err);
    if (rk == NULL) {
        return false;
    }
    bool done = false;
    while (!(done = look(rk, settings->topic_applications, (int)wait_ms, ends, count, err)) &&
           err->kind == ERR_RETRY && clock.mono_us(clock.self) < until_us) {
        clock.sleep_ms(clock.self, AGAIN_MS);
    }
    rd_kafka_destroy(rk);
    return done;
}
