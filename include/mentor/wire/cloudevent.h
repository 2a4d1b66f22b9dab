#ifndef MENTOR_WIRE_CLOUDEVENT_H
#define MENTOR_WIRE_CLOUDEVENT_H

/*
 * A line of a file (CloudEvents structured JSON, contract.md § 4) to a record with Kafka's
 * binary-mode headers, and back, so that a file and a topic are decided by the same code. Attribute
 * x-y of a header is xy in a line: the table in attribute.c pairs the names that have a hyphen
 * (grpc-timeout, grpc-method, mentor-seq, mentor-late-ms, …).
 */

#include <stdbool.h>

#include "mentor/base/bytes.h"
#include "mentor/core/status.h"
#include "mentor/port/record.h"
#include "mentor/wire/json.h"

struct arena;
struct text;

enum {
    CLOUDEVENT_LINE_MAX = 4 * 1024 * 1024,
};

#define CLOUDEVENT_SUBMITTED "dk.mentor.application.submitted.v1"
#define CLOUDEVENT_APPROVED  "dk.mentor.application.approved.v1"
#define CLOUDEVENT_REJECTED  "dk.mentor.application.rejected.v1"
#define CLOUDEVENT_REFERRED  "dk.mentor.application.referred.v1"
#define CLOUDEVENT_DLQ       "dk.mentor.dlq.v1"
/* A line behind a decision's; not read back. */
#define CLOUDEVENT_EXPLANATION "dk.mentor.explanation.v1"

/* The message that an event of this type holds. false: no type of ours, *message is left alone. */
bool cloudevent_message(struct bytes type, enum json_message *message);

/*
 * Fills *record: headers in the line's order and value in the arena; the key from `keybase64`, else
 * none (the caller knows the citizen). A bare Application (no specversion) gets id
 * `<application_id>/<version>`, source `mentord`, the application's type and `now_ms` as time. A
 * DLQ line gives the record back as it was refused. A missing attribute gives no header, so that
 * the envelope's rules judge files as they judge topics. With `data` the content-type is
 * application/protobuf; with `data_base64` it is what `datacontenttype` says. REASON_NONE,
 * JSON_INVALID or LINE_TOO_LARGE; `why` as in wire/json.h. Nothing borrows from `line` afterwards.
 */
MUST_CHECK enum reason cloudevent_read(struct bytes line,
                                       int64_t now_ms,
                                       struct arena *arena,
                                       struct record *record,
                                       char *why,
                                       size_t why_size);

/*
 * An outcome or application record (by its ce_type) as a line without its newline, appended.
 * Attributes in the order specversion, id, source, type, subject, time, then the others as the
 * headers came, then data. `content-type` is left out. A record whose value cannot be decoded, or
 * of another type, becomes `data_base64`, with its content-type as `datacontenttype`. Left out too:
 * a header that is null, empty, not UTF-8 or with a NUL, the second of a name, and one that is
 * neither ce_ and a CloudEvents name nor in the table; only specversion is always there, then
 * empty, because a line without it is a bare Application. false: the arena is full, nothing is
 * appended.
 */
MUST_CHECK bool
cloudevent_write(const struct record *record, struct arena *arena, struct text *out);

/*
 * A DLQ record as a line: type dk.mentor.dlq.v1, id topic/partition/offset (from its mentor-
 * headers), source `mentord`, key as `keybase64`, its own ce_x as `eventx` (eventid, eventtype, …),
 * the other headers as above, data_base64.
 */
MUST_CHECK bool
cloudevent_write_dlq(const struct record *record, struct arena *arena, struct text *out);

#endif /* MENTOR_WIRE_CLOUDEVENT_H */
