#ifndef MENTOR_CORE_STATUS_H
#define MENTOR_CORE_STATUS_H

/* gRPC's status codes, and why a record did not become a decision: one table, listed in the README.
 */

#include <stdbool.h>

/* X(name, decimal code): https://grpc.io/docs/guides/status-codes/ */
#define STATUSES(X)                                                                                \
    X(OK, 0)                                                                                       \
    X(CANCELLED, 1)                                                                                \
    X(UNKNOWN, 2)                                                                                  \
    X(INVALID_ARGUMENT, 3)                                                                         \
    X(DEADLINE_EXCEEDED, 4)                                                                        \
    X(NOT_FOUND, 5)                                                                                \
    X(ALREADY_EXISTS, 6)                                                                           \
    X(PERMISSION_DENIED, 7)                                                                        \
    X(RESOURCE_EXHAUSTED, 8)                                                                       \
    X(FAILED_PRECONDITION, 9)                                                                      \
    X(ABORTED, 10)                                                                                 \
    X(OUT_OF_RANGE, 11)                                                                            \
    X(UNIMPLEMENTED, 12)                                                                           \
    X(INTERNAL, 13)                                                                                \
    X(UNAVAILABLE, 14)                                                                             \
    X(DATA_LOSS, 15)                                                                               \
    X(UNAUTHENTICATED, 16)

enum status {
#define X(name, code) STATUS_##name = (code),
    STATUSES(X)
#undef X
    STATUS_COUNT
};

/*
 * X(NAME, "mentor-reason", status, "what came and what to do"). Ids are stable: letters, dashboards
 * and scripts depend on them. The text goes into grpc-message and holds nothing of the record.
 */
#define REASONS(X)                                                                                          \
    X(NONE, "", OK, "")                                                                                     \
    X(VALUE_TOO_LARGE,                                                                                      \
      "value-too-large",                                                                                    \
      RESOURCE_EXHAUSTED,                                                                                   \
      "value is over 256 KiB; send a smaller application")                                                  \
    X(HEADERS_TOO_LARGE,                                                                                    \
      "headers-too-large",                                                                                  \
      RESOURCE_EXHAUSTED,                                                                                   \
      "headers are over 1000 or 1 MiB together; send fewer (only the known ones are kept)")                 \
    X(LINE_TOO_LARGE,                                                                                       \
      "line-too-large",                                                                                     \
      RESOURCE_EXHAUSTED,                                                                                   \
      "line is over 4 MiB; send a smaller application")                                                     \
    X(HEADER_MISSING,                                                                                       \
      "header-missing",                                                                                     \
      INVALID_ARGUMENT,                                                                                     \
      "a required header (ce_specversion, ce_id, ce_source, ce_type) is missing or empty")                  \
    X(HEADER_INVALID,                                                                                       \
      "header-invalid",                                                                                     \
      INVALID_ARGUMENT,                                                                                     \
      "a required ce_ header is not UTF-8 or over 512 bytes")                                               \
    X(SPECVERSION_UNKNOWN, "specversion-unknown", INVALID_ARGUMENT, "ce_specversion is not 1.0")            \
    X(HEADER_TWICE, "header-twice", INVALID_ARGUMENT, "a ce_ or grpc- header occurs twice")                 \
    X(TIME_INVALID, "time-invalid", INVALID_ARGUMENT, "ce_time is not RFC 3339")                            \
    X(TIMEOUT_INVALID,                                                                                      \
      "timeout-invalid",                                                                                    \
      INVALID_ARGUMENT,                                                                                     \
      "grpc-timeout is not 1 to 8 digits and a unit of H M S m u n")                                        \
    X(KEY_INVALID,                                                                                          \
      "key-invalid",                                                                                        \
      INVALID_ARGUMENT,                                                                                     \
      "the record key is missing, empty or over 64 bytes")                                                  \
    X(VALUE_NULL, "value-null", INVALID_ARGUMENT, "the value is null")                                      \
    X(METHOD_UNKNOWN, "method-unknown", UNIMPLEMENTED, "grpc-method is no method of this service")          \
    X(TYPE_UNKNOWN, "type-unknown", UNIMPLEMENTED, "ce_type is no event type of this service")              \
    X(JSON_INVALID,                                                                                         \
      "json-invalid",                                                                                       \
      INVALID_ARGUMENT,                                                                                     \
      "the line is not a CloudEvent or an Application in JSON")                                             \
    X(UNDECODABLE, "undecodable", INVALID_ARGUMENT, "the value is not a protobuf Application")              \
    X(FIELD_TWICE, "field-twice", INVALID_ARGUMENT, "a singular message or a oneof occurs twice")           \
    X(WIRE_TYPE, "wire-type", INVALID_ARGUMENT, "a known field has another wire type, or a group")          \
    X(TIMESTAMP_INVALID,                                                                                    \
      "timestamp-invalid",                                                                                  \
      INVALID_ARGUMENT,                                                                                     \
      "a timestamp is outside years 1 to 9999 or its nanos")                                                \
    X(TEXT_INVALID, "text-invalid", INVALID_ARGUMENT, "a string is not UTF-8 or holds a NUL")               \
    X(TEXT_TOO_LONG, "text-too-long", INVALID_ARGUMENT, "a string is over 16 KiB")                          \
    X(LIST_TOO_LONG, "list-too-long", INVALID_ARGUMENT, "a list has over 64 items")                         \
    X(APPLICATION_ID_INVALID,                                                                               \
      "application-id-invalid",                                                                             \
      INVALID_ARGUMENT,                                                                                     \
      "application_id is not a UUID")                                                                       \
    X(VERSION_INVALID, "version-invalid", INVALID_ARGUMENT, "version is 0; the first is 1")                 \
    X(CPR_IN_METADATA,                                                                                      \
      "cpr-in-metadata",                                                                                    \
      INVALID_ARGUMENT,                                                                                     \
      "the key, ce_id, ce_source or ce_subject holds the CPR number; use a pseudonym")                      \
    X(DUPLICATE_EVENT, "duplicate-event", ALREADY_EXISTS, "this event is decided already")                  \
    X(EVENT_CONFLICT,                                                                                       \
      "event-conflict",                                                                                     \
      ABORTED,                                                                                              \
      "this event id is decided already with other content; send changes under a new event id and version") \
    X(DUPLICATE_CONTENT,                                                                                    \
      "duplicate-content",                                                                                  \
      ALREADY_EXISTS,                                                                                       \
      "this content is decided already under another event id")                                             \
    X(VERSION_OUTDATED,                                                                                     \
      "version-outdated",                                                                                   \
      FAILED_PRECONDITION,                                                                                  \
      "a newer version of the application is decided already")                                              \
    X(NO_LAW,                                                                                               \
      "no-law",                                                                                             \
      FAILED_PRECONDITION,                                                                                  \
      "the rulebook has no law in force on the decision date")                                              \
    X(RECORD_FAILED,                                                                                        \
      "record-failed",                                                                                      \
      INTERNAL,                                                                                             \
      "the core or the database fails on this record alone; it is kept for a developer to look at")

enum reason {
#define X(name, id, status, text) REASON_##name,
    REASONS(X)
#undef X
    REASON_COUNT
};

const char *status_name(enum status status);
const char *reason_id(enum reason reason);
enum status reason_status(enum reason reason);
const char *reason_text(enum reason reason);

/* The DLQ record leaves a fact unknown, so the citizen's next application is looked at by a person
 * (Q01). */
bool reason_arms(enum reason reason);

#endif /* MENTOR_CORE_STATUS_H */
