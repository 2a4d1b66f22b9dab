#include <inttypes.h>
#include <stdio.h>

#include "mentor/base/bytes.h"
#include "mentor/kafka/kafka.h"

enum {
    GROUP_SHARE = 128, /* room for 126 bytes of a life's name and of its lane's */
};

/* Not in the middle of a character: PostgreSQL would refuse the name. */
static int group_share(const char *group)
{
    size_t size = strlen(group);
    bool whole = size <= GROUP_SHARE;
    size = whole ? size : GROUP_SHARE;
    while (!whole && size > 0 && ((unsigned char)group[size] & 0xc0) == 0x80) {
        size--;
    }
    return (int)size;
}

void kafka_transactional_id(const struct kafka_settings *settings,
                            const char *life,
                            char id[KAFKA_TRANSACTIONAL_ID_SIZE])
{
    int size = snprintf(id,
                        KAFKA_TRANSACTIONAL_ID_SIZE,
                        "%.*s/%s/%" PRIu32,
                        group_share(settings->group),
                        settings->group,
                        life,
                        settings->lane);
    CHECK(size > 0);
    CHECK(size < KAFKA_TRANSACTIONAL_ID_SIZE); /* what is cut off is what makes it ours */
}
