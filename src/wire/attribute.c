#include "attribute.h"

static const struct {
    const char *attribute;
    const char *header; /* NULL: the attribute is no header */
} names[] = {
    {"data", NULL},
    {"keybase64", NULL},
    {"datacontenttype", "content-type"},
    {"grpctimeout", "grpc-timeout"},
    {"grpcmethod", "grpc-method"},
    {"grpcstatus", "grpc-status"},
    {"grpcmessage", "grpc-message"},
    {"traceparent", "traceparent"},
    {"tracestate", "tracestate"},
    {"mentorseq", "mentor-seq"},
    {"mentorlatems", "mentor-late-ms"},
    {"mentorreason", "mentor-reason"},
    {"mentortopic", "mentor-topic"},
    {"mentorpartition", "mentor-partition"},
    {"mentoroffset", "mentor-offset"},
    {"mentorredrives", "mentor-redrives"},
    {"mentorredriveof", "mentor-redrive-of"},
};

enum {
    NAME_COUNT = sizeof(names) / sizeof(names[0]),
};

bool attribute_name_valid(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        bool digit = name.data[i] >= '0' && name.data[i] <= '9';
        if (!digit && !(name.data[i] >= 'a' && name.data[i] <= 'z')) {
            return false;
        }
    }
    return name.size > 0;
}

static size_t find_attribute(struct bytes attribute)
{
    size_t i = 0;
    while (i < NAME_COUNT && !bytes_is(attribute, names[i].attribute)) {
        i++;
    }
    return i;
}

const char *attribute_header(struct bytes attribute)
{
    size_t i = find_attribute(attribute);
    return i < NAME_COUNT ? names[i].header : NULL;
}

bool attribute_of_header(struct bytes header, struct bytes *attribute, bool *is_ce)
{
    const size_t prefix = strlen(ATTRIBUTE_CE_PREFIX);
    *is_ce = header.size > prefix && memcmp(header.data, ATTRIBUTE_CE_PREFIX, prefix) == 0;
    if (*is_ce) {
        *attribute = bytes_of(header.data + prefix, header.size - prefix);
        /* ce_traceparent would come back as traceparent. */
        return attribute_name_valid(*attribute) && find_attribute(*attribute) == NAME_COUNT;
    }
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i].header != NULL && bytes_is(header, names[i].header)) {
            *attribute = bytes_text(names[i].attribute);
            return true;
        }
    }
    return false;
}
