#include "bounds.h"

#include "mentor/base/err.h"

rd_kafka_resp_err_t
bounds_ask(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int64_t end, int wait_ms)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = end; /* in the protocol both ends are timestamps too */
    }
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, wait_ms);
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        code = list->elems[i].err;
    }
    return code;
}

int bounds_partitions(rd_kafka_t *rk, const char *name, int wait_ms, struct err *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    if (topic == NULL) {
        (void)err_set(err, ERR_FATAL, "%s is no topic name", name);
        return -1;
    }
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &metadata, wait_ms);
    int count = 0;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (metadata->topic_cnt == 1) {
            code = metadata->topics[0].err;
            count = metadata->topics[0].partition_cnt;
        }
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(topic);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? count : 0;
    }
    (void)err_set(err, ERR_RETRY, "topic %s cannot be looked up: %s", name, rd_kafka_err2str(code));
    return -1;
}
