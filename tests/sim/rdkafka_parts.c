/* Lists, errors and names: nothing of a broker. */

#include <stdio.h>

#include "rdkafka.h"
#include "sim.h"

enum {
    LIST_MOST = 8,
};

struct rd_kafka_error_s {
    rd_kafka_resp_err_t code;
    bool retriable;
};

rd_kafka_error_t *rdkafka_error(rd_kafka_resp_err_t code, bool retriable)
{
    rd_kafka_error_t *error = sim_alloc(sizeof(*error));
    *error = (rd_kafka_error_t){code, retriable};
    return error;
}

rd_kafka_resp_err_t rd_kafka_error_code(const rd_kafka_error_t *error)
{
    return error == NULL ? RD_KAFKA_RESP_ERR_NO_ERROR : error->code;
}

int rd_kafka_error_is_retriable(const rd_kafka_error_t *error)
{
    return error->retriable;
}

void rd_kafka_error_destroy(rd_kafka_error_t *error)
{
    (void)error;
}

const char *rd_kafka_err2str(rd_kafka_resp_err_t code)
{
    char *text = sim_alloc(16);
    (void)snprintf(text, 16, "error %d", (int)code);
    return text;
}

const char *rd_kafka_err2name(rd_kafka_resp_err_t code)
{
    return rd_kafka_err2str(code);
}

const char *rd_kafka_error_string(const rd_kafka_error_t *error)
{
    return rd_kafka_err2str(error->code);
}

rd_kafka_resp_err_t rd_kafka_last_error(void)
{
    return RD_KAFKA_RESP_ERR__FAIL;
}

const char *rd_kafka_version_str(void)
{
    return "modelled";
}

void rd_kafka_mem_free(rd_kafka_t *rk, void *memory)
{
    (void)rk;
    (void)memory; /* gone with the world */
}

const char *rd_kafka_topic_name(const rd_kafka_topic_t *topic)
{
    return topic->name;
}

rd_kafka_topic_partition_list_t *rd_kafka_topic_partition_list_new(int size)
{
    rd_kafka_topic_partition_list_t *list = sim_alloc(sizeof(*list));
    CHECK(size <= LIST_MOST);
    list->size = LIST_MOST;
    list->elems = sim_alloc(LIST_MOST * sizeof(*list->elems));
    return list;
}

rd_kafka_topic_partition_t *rd_kafka_topic_partition_list_add(rd_kafka_topic_partition_list_t *list,
                                                              const char *topic,
                                                              int32_t partition)
{
    CHECK(list->cnt < list->size);
    rd_kafka_topic_partition_t *at = &list->elems[list->cnt++];
    *at = (rd_kafka_topic_partition_t){.partition = partition, .offset = RD_KAFKA_OFFSET_INVALID};
    if (topic != NULL) {
        size_t size = strlen(topic) + 1;
        at->topic = memcpy(sim_alloc(size), topic, size);
    }
    return at;
}

rd_kafka_topic_partition_list_t *
rd_kafka_topic_partition_list_copy(const rd_kafka_topic_partition_list_t *from)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(from->cnt);
    for (int i = 0; i < from->cnt; i++) {
        *rd_kafka_topic_partition_list_add(list, NULL, 0) = from->elems[i];
    }
    return list;
}

void rd_kafka_topic_partition_list_destroy(rd_kafka_topic_partition_list_t *list)
{
    (void)list;
}
