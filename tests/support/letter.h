#ifndef TESTS_SUPPORT_LETTER_H
#define TESTS_SUPPORT_LETTER_H

/* A record of the input topic with good headers, to be varied. */

#include <stdio.h>
#include <string.h>

#include "mentor/port/record.h"

#include "support/proto.h"

enum {
    LETTER_HEADERS_MAX = 48,
};

#define LETTER_ID "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

struct letter {
    struct record record;
    struct header headers[LETTER_HEADERS_MAX];
};

static inline void letter_add(struct letter *letter, const char *name, const char *value)
{
    assert_in_range(letter->record.header_count, 0, LETTER_HEADERS_MAX - 1);
    letter->headers[letter->record.header_count++] =
        (struct header){bytes_text(name), bytes_text(value)};
}

/* In place of the one that is there. NULL: a null value. */
static inline void letter_set(struct letter *letter, const char *name, const char *value)
{
    for (uint32_t i = 0; i < letter->record.header_count; i++) {
        if (bytes_is(letter->headers[i].name, name)) {
            letter->headers[i].value = bytes_text(value);
            return;
        }
    }
    letter_add(letter, name, value);
}

static inline void letter_drop(struct letter *letter, const char *name)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < letter->record.header_count; i++) {
        if (!bytes_is(letter->headers[i].name, name)) {
            letter->headers[kept++] = letter->headers[i];
        }
    }
    letter->record.header_count = kept;
}

static inline void letter_begin(struct letter *letter, struct bytes value)
{
    *letter = (struct letter){0};
    letter->record = (struct record){
        .partition = 3,
        .offset = 42,
        .has_key = true,
        .key = bytes_text("citizen-1"),
        .has_value = true,
        .value = value,
        .headers = letter->headers,
    };
    letter_add(letter, "ce_specversion", "1.0");
    letter_add(letter, "ce_id", "a-1");
    letter_add(letter, "ce_source", "urn:oio:cvr-nr:64502018");
    letter_add(letter, "ce_type", "dk.mentor.application.submitted.v1");
    letter_add(letter, "content-type", "application/protobuf");
}

/* What a letter's value says; approved under the rulebook of facts.h when decided 2026-03-02. */
struct content {
    const char *id;
    uint32_t version;
    const char *cpr;
    const char *start;
    const char *end;
    uint32_t minutes;
    uint32_t relation;
};

static inline struct content content_default(void)
{
    return (struct content){
        .id = LETTER_ID,
        .version = 1,
        .cpr = "1403760101",
        .start = "2026-03-09",
        .end = "2026-06-07",
        .minutes = 180,
        .relation = 1,
    };
}

static inline void content_people(const struct content *content, struct proto *out)
{
    static struct proto inner;
    inner.size = 0;
    proto_text(&inner, 1, content->cpr);
    proto_number(&inner, 2, 100);
    proto_message(out, 4, &inner);
    inner.size = 0;
    proto_text(&inner, 1, "99000007");
    proto_text(&inner, 3, "Værkstedet");
    proto_message(out, 5, &inner);
    inner.size = 0;
    proto_number(&inner, 1, 1);
    proto_number(&inner, 3, 2);
    proto_message(out, 6, &inner);
    inner.size = 0;
    proto_number(&inner, 1, 1);
    proto_text(&inner, 2, "Kollega");
    proto_text(&inner, 3, "70102030");
    proto_number(&inner, 4, content->relation);
    proto_text(&inner, 5, "20 år");
    proto_message(out, 7, &inner);
}

/* Canonical, as it stands. */
static inline struct bytes content_write(const struct content *content, struct proto *out)
{
    static struct proto inner;
    static struct proto wage;
    out->size = 0;
    proto_text(out, 1, content->id);
    if (content->version > 0) {
        proto_number(out, 2, content->version);
    }
    proto_text(out, 3, "0217");
    content_people(content, out);
    inner.size = 0;
    proto_text(&inner, 1, "Fast job");
    proto_text(&inner, 2, "Struktur");
    proto_number(&inner, 3, content->minutes);
    proto_text(&inner, 4, content->start);
    proto_text(&inner, 5, content->end);
    proto_message(out, 8, &inner);
    wage.size = 0;
    proto_number(&wage, 1, 18500);
    inner.size = 0;
    proto_message(&inner, 1, &wage);
    proto_message(out, 9, &inner);
    inner.size = 0;
    proto_number(&inner, 1, 1);
    proto_number(&inner, 2, 1);
    proto_message(out, 10, &inner);
    return proto_bytes(out);
}

#endif /* TESTS_SUPPORT_LETTER_H */
