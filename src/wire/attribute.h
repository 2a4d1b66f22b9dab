#ifndef MENTOR_SRC_WIRE_ATTRIBUTE_H
#define MENTOR_SRC_WIRE_ATTRIBUTE_H

/*
 * Kafka headers and the attributes that stand for them in a line. ce_x is x; headers without a
 * CloudEvents name have one here, without the hyphen. In a DLQ line ce_x is `eventx`, because
 * specversion, id, source and type there are the line's own.
 */

#include <stdbool.h>

#include "mentor/base/bytes.h"

#define ATTRIBUTE_CE_PREFIX    "ce_"
#define ATTRIBUTE_EVENT_PREFIX "event"

/* Lower-case letters and digits, at least one. */
bool attribute_name_valid(struct bytes name);

/* The header in the table that this attribute stands for, or NULL. */
const char *attribute_header(struct bytes attribute);

/*
 * The attribute that stands for this header, without `event`; *is_ce says that the header is ce_x.
 * Borrows from the header. false: none does, so that a line cannot hold the header.
 */
MUST_CHECK bool attribute_of_header(struct bytes header, struct bytes *attribute, bool *is_ce);

#endif /* MENTOR_SRC_WIRE_ATTRIBUTE_H */
