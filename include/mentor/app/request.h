#ifndef MENTOR_APP_REQUEST_H
#define MENTOR_APP_REQUEST_H

/* One record made ready: all that can be known of it without history. */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/app/envelope.h"
#include "mentor/base/sha256.h"
#include "mentor/core/application.h"
#include "mentor/core/status.h"
#include "mentor/port/record.h"

struct arena;

struct request {
    const struct record *record; /* borrowed */
    struct envelope envelope;
    enum reason reason;                /* REASON_NONE: may be decided */
    uint8_t input_digest[SHA256_SIZE]; /* of the value as it came */
    bool has_event_key;                /* the envelope was accepted */
    uint8_t event_key[EVENT_KEY_SIZE];
    bool has_citizen; /* a ten-digit CPR could be read */
    uint8_t citizen_ref[CITIZEN_REF_SIZE];
    uint8_t content[SHA256_SIZE]; /* REASON_NONE: of the canonical message */
    struct application
        *application; /* in the arena, borrows from record; what was read, also when refused */
};

/*
 * Never fails: whatever came has a reason. The arena keeps the application; a full one is
 * RECORD_FAILED. `given` is a reason found before (a line of JSON that is none): it stands unless
 * the envelope's comes first. Without a citizen_key citizen_ref stays zero.
 */
void request_read(struct request *request,
                  const struct record *record,
                  enum reason given,
                  const struct hmac_key *citizen_key,
                  struct arena *arena);

/* Of a record that was decided before and is compared with no other: input_digest and content stay
 * zero. */
void request_read_again(struct request *request,
                        const struct record *record,
                        const struct hmac_key *citizen_key,
                        struct arena *arena);

/* A record that is looked into no further, since that ended the process before: RECORD_FAILED. */
void request_condemn(struct request *request, const struct record *record);

#endif /* MENTOR_APP_REQUEST_H */
