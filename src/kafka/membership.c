#include "membership.h"

#include <string.h>

#include "mentor/base/err.h"

/* How librdkafka writes it: magic, generation, group, member. There is no other way to ask for the
 * generation. */
static const char magic[] = "CGMDv2:";

enum {
    MAGIC_SIZE = sizeof(magic) - 1,
    UNKNOWN_FORM = -2,
};

/* -1: of nobody. */
static int32_t generation_of(const rd_kafka_consumer_group_metadata_t *membership)
{
    void *written = NULL;
    size_t size = 0;
    int32_t generation = UNKNOWN_FORM;
    rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_write(membership, &written, &size);
    CHECK(error == NULL);
    if (size > MAGIC_SIZE + sizeof(generation) && memcmp(written, magic, MAGIC_SIZE) == 0) {
        memcpy(&generation, (const char *)written + MAGIC_SIZE, sizeof(generation));
    }
    rd_kafka_mem_free(NULL, written);
    return generation;
}

rd_kafka_consumer_group_metadata_t *membership_take(rd_kafka_t *rk, struct err *err)
{
    rd_kafka_consumer_group_metadata_t *membership = rd_kafka_consumer_group_metadata(rk);
    CHECK(membership != NULL); /* it is a consumer with a group */
    int32_t generation = generation_of(membership);
    if (generation >= 0 && !rd_kafka_assignment_lost(rk)) {
        return membership;
    }
    rd_kafka_consumer_group_metadata_destroy(membership);
    if (generation == UNKNOWN_FORM) {
        (void)err_set(err,
                      ERR_FATAL,
                      "librdkafka %s keeps the group's generation to itself; use --emit idempotent",
                      rd_kafka_version_str());
    } else {
        (void)err_set(err, ERR_FENCED, "the group has taken the partitions away");
    }
    return NULL;
}

int32_t membership_generation(rd_kafka_t *rk)
{
    rd_kafka_consumer_group_metadata_t *membership = rd_kafka_consumer_group_metadata(rk);
    CHECK(membership != NULL);
    int32_t generation = generation_of(membership);
    rd_kafka_consumer_group_metadata_destroy(membership);
    return generation;
}

bool membership_fenced(rd_kafka_resp_err_t code)
{
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
        RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
        RD_KAFKA_RESP_ERR__FENCED,
        RD_KAFKA_RESP_ERR__UNKNOWN_GROUP,
        RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (code == codes[i]) {
            return true;
        }
    }
    return false;
}

bool membership_holds(rd_kafka_t *rk)
{
    struct err ignored;
    rd_kafka_consumer_group_metadata_t *membership =
        rk == NULL ? NULL : membership_take(rk, &ignored);
    if (membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(membership);
    }
    return membership != NULL;
}
