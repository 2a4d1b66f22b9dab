#include "outgoing.h"

enum {
    RECORD_OVERHEAD = 96, /* the batch's 61 bytes, and a record's lengths, deltas and attributes */
    HEADER_OVERHEAD = 10,
};

/* librdkafka takes what it copies as void *. */
static void *unconst(const void *data)
{
    union {
        const void *in;
        void *out;
    } both = {.in = data};
    return both.out;
}

static rd_kafka_headers_t *headers_of(const struct record *record)
{
    if (record->header_count == 0) {
        return NULL;
    }
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    CHECK(headers != NULL);
    for (uint32_t i = 0; i < record->header_count; i++) {
        const struct header *from = &record->headers[i];
        /* NULL is a null value; an empty one has an address. */
        const void *value = from->value.data;
        rd_kafka_resp_err_t code = rd_kafka_header_add(headers,
                                                       (const char *)from->name.data,
                                                       (ssize_t)from->name.size,
                                                       value,
                                                       (ssize_t)from->value.size);
        CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return headers;
}

static rd_kafka_vu_t mem(rd_kafka_vtype_t type, bool present, struct bytes bytes)
{
    const void *data = bytes.size == 0 ? "" : (const void *)bytes.data;
    return (rd_kafka_vu_t){
        .vtype = type,
        .u.mem = {.ptr = present ? unconst(data) : NULL, .size = present ? bytes.size : 0},
    };
}

rd_kafka_resp_err_t
outgoing_queue(rd_kafka_t *rk, rd_kafka_topic_t *topic, const struct record *record, void *opaque)
{
    rd_kafka_headers_t *headers = headers_of(record);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = RD_KAFKA_PARTITION_UA},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque},
        mem(RD_KAFKA_VTYPE_VALUE, record->has_value, record->value),
        mem(RD_KAFKA_VTYPE_KEY, record->has_key, record->key),
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t count = sizeof(parts) / sizeof(parts[0]) - (headers == NULL ? 1 : 0);
    rd_kafka_error_t *error = rd_kafka_produceva(rk, parts, count);
    if (error == NULL) {
        return RD_KAFKA_RESP_ERR_NO_ERROR; /* the headers are librdkafka's now */
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers != NULL) {
        rd_kafka_headers_destroy(headers);
    }
    return code;
}

size_t outgoing_size(const struct record *record)
{
    size_t size = RECORD_OVERHEAD + record->key.size + record->value.size;
    for (uint32_t i = 0; i < record->header_count; i++) {
        size += HEADER_OVERHEAD + record->headers[i].name.size + record->headers[i].value.size;
    }
    return size;
}
