#include "bounds.h"

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
