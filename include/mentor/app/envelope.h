#ifndef MENTOR_APP_ENVELOPE_H
#define MENTOR_APP_ENVELOPE_H

/* A record's headers as a CloudEvent and a gRPC call (contract.md § 2), judged before its value is
 * looked at. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/core/history.h"
#include "mentor/core/status.h"
#include "mentor/port/record.h"

enum {
    ENVELOPE_HEADER_MAX = 512, /* bytes of a required ce_ header */
    ENVELOPE_KEY_MAX = 64,     /* bytes of the record key */
};

/* Slices borrow from the record. What is absent is empty. */
struct envelope {
    struct bytes id;
    struct bytes source;
    struct bytes type;
    struct bytes subject;
    bool has_time;
    int64_t time_ms; /* ce_time, rounded down */
    bool has_timeout;
    int64_t timeout_ms;       /* grpc-timeout, rounded down */
    struct bytes traceparent; /* empty also when malformed */
    struct bytes tracestate;
    int64_t redrives;        /* mentor-redrives; 0 when absent or no number */
    struct bytes redrive_of; /* mentor-redrive-of as it stands; app/closing.h judges it */
};

/* The checks of the disposition table down to UNIMPLEMENTED, in its order. *envelope holds what was
 * read. */
enum reason envelope_read(const struct record *record, struct envelope *envelope);

/* Only what a redrive put there; the rest of *envelope is empty. */
void envelope_read_redrive(const struct record *record, struct envelope *envelope);

/* First 16 bytes of SHA-256(u32be(len(source)) ‖ source ‖ u32be(len(id)) ‖ id). */
void envelope_event_key(const struct envelope *envelope, uint8_t key[EVENT_KEY_SIZE]);

/* How late, or -1: evaluated_at - ce_time - grpc-timeout when above 0. */
int64_t envelope_late_ms(const struct envelope *envelope, int64_t evaluated_at_ms);

/* The ten digits occur in it. */
bool envelope_holds(struct bytes text, struct bytes cpr);

#endif /* MENTOR_APP_ENVELOPE_H */
