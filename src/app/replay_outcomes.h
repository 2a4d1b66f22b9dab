#ifndef MENTOR_SRC_APP_REPLAY_OUTCOMES_H
#define MENTOR_SRC_APP_REPLAY_OUTCOMES_H

/* Private to app/: the outcomes of a file, to be found by the application and event they answer.
 * Only digests are kept of them, so that a file of any size goes in. */

#include "mentor/base/sha256.h"
#include "mentor/port/record.h"

#include "keeper.h"

struct arena;
struct lines;

enum {
    KNOWN_TOPIC_SIZE = 250,
    KNOWN_HEADERS = 4, /* that are compared beside the value */
};

/* An outcome of the file. */
struct known {
    uint8_t digest[SHA256_SIZE]; /* event_digest() */
    uint8_t rulebook[SHA256_SIZE];
    int64_t evaluated_at_ms;
    int32_t partition;
    int64_t offset;
    int64_t line;
    int64_t at; /* bytes before it */
    bool quarantined;
    bool used; /* its application stands in the file, too */
    uint16_t topic_size;
    char topic[KNOWN_TOPIC_SIZE];
};

enum known_news {
    KNOWN_NEW,
    KNOWN_AGAIN,   /* told twice, the same */
    KNOWN_DIFFERS, /* another outcome of the same event is known */
    KNOWN_NOTHING, /* it does not say how it was made */
};

enum known_kind {
    KNOWN_EITHER,
    KNOWN_OUTCOME,
    KNOWN_APPLICATION,
};

/* What a line is, where its type stands as we write it: half of the parsing is spared by that. In a
 * text quotes have a backslash before them, and no message has a field of that name. */
enum known_kind known_kind_of(struct bytes line);
/* Whether the record is an outcome event, by its type. */
bool known_is_outcome(const struct record *record);
/* Remembers the outcome that stands in the line read last. *known is filled; on KNOWN_DIFFERS with
 * the one before. The arena is used. */
enum known_news known_note(struct keeper *outcomes,
                           const struct lines *lines,
                           const struct record *record,
                           struct arena *arena,
                           struct known *known);
/*
 * The outcome of that application's event, once: false when there is none, and when it was handed
 * out before, *again then. The event's source is not in an outcome, so its id alone tells.
 */
bool known_take(struct keeper *outcomes,
                struct bytes application_id,
                struct bytes event_id,
                struct known *known,
                bool *again);
/* Outcomes that were not handed out. */
int64_t known_left(const struct keeper *outcomes);

/* What joins an outcome with the event that it answers. */
void known_pair(struct bytes application_id, struct bytes event_id, uint8_t key[KEEPER_KEY_SIZE]);
/* Of an outcome as it is sent, but for mentor-seq: a file may hold a part of what came before. */
void known_digest(const struct record *record, uint8_t digest[SHA256_SIZE]);
/* What is compared beside the value: name without ce_, and value, empty when there is none. */
const char *known_header(const struct record *record, int i, struct bytes *value);

#endif /* MENTOR_SRC_APP_REPLAY_OUTCOMES_H */
