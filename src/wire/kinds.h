#ifndef MENTOR_SRC_WIRE_KINDS_H
#define MENTOR_SRC_WIRE_KINDS_H

/* Private to wire/: which field of the messages goes where in struct application. A new rule's
 * field is one line. */

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/* What a field means to the core. A field without a place is checked and passed over. */
enum place_kind {
    PLACE_NONE,
    PLACE_TEXT,
    PLACE_U32,
    PLACE_I64,
    PLACE_BOOL,
    PLACE_ENUM,
    PLACE_WAGE,    /* the message's presence is the basis */
    PLACE_FEE,     /* likewise */
    PLACE_HOURLY,  /* presence is the rate's kind */
    PLACE_MONTHLY, /* likewise */
    PLACE_OTHER,   /* one more item of the list */
    PLACE_ITEM,    /* the amount of the list's last item */
};

struct place {
    enum place_kind kind;
    uint16_t offset; /* in struct application */
};

/* A message type: how the scan reads it. A field without an entry in `places` is past the array's
 * end. */
struct kind {
    const ProtobufCMessageDescriptor *descriptor;
    const struct place *places;
    uint32_t place_count;
    const struct kind *const *children; /* by field number; for fields that are messages */
    bool timestamp;
};

extern const struct kind application_kind;

#endif /* MENTOR_SRC_WIRE_KINDS_H */
