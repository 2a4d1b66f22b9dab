/*
 * Any bytes as the value of a record: refused with a reason, or decoded, decided and encoded
 * without a CHECK, and what is encoded again decodes to the same content.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/base/check.h"
#include "mentor/base/uuid.h"
#include "mentor/core/application.h"
#include "mentor/core/date.h"
#include "mentor/core/decide.h"
#include "mentor/core/rulebook.h"
#include "mentor/wire/cloudevent.h"
#include "mentor/wire/wire.h"

#include "fuzz/seed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    ARENA_SIZE = 32 * 1024 * 1024,
    DAY_MS = 86400000,
};

static struct arena arena;
static struct rulebook rulebook;
static struct bytes seed; /* protobuf; in the arena, below every mark */
static uint8_t spoiled[WIRE_VALUE_MAX];

static void open_once(void)
{
    if (arena.base != NULL) {
        return;
    }
    CHECK(arena_init(&arena, ARENA_SIZE));
    struct record record = {0};
    char why[256];
    CHECK(cloudevent_read(bytes_text(seed_line), 0, &arena, &record, why, sizeof(why)) ==
          REASON_NONE);
    seed = record.value;
    rulebook.name = bytes_text("fuzz");
    rulebook.version = bytes_text("1");
    rulebook.renewal_gap_days = 31;
    for (uint32_t i = 0; i < MUNICIPALITY_COUNT; i++) {
        rulebook.serves[i] = true;
        rulebook.parameters[i] = (struct parameters){.max_minutes_per_week = 600,
                                                     .max_unit_ore = 40000,
                                                     .max_fee_ore = 60000,
                                                     .max_training_ore = 500000};
    }
    rulebook.law_count = 2;
    for (uint32_t i = 0; i < rulebook.law_count; i++) {
        struct law *law = &rulebook.laws[i];
        law->from = i == 0 ? DATE_FIRST : 20000;
        date_format(law->from, law->from_text);
        law->education_right = i == 0;
        law->closed_count = i;
        law->closed[0] = (struct closed_group){.group = 8, .from = 20100};
    }
}

static void decide_and_encode(const struct application *application, struct bytes value)
{
    uint8_t digest[SHA256_SIZE] = {0};
    memcpy(digest, value.data, value.size < sizeof(digest) ? value.size : sizeof(digest));
    struct matter matter = {.application = application, .rulebook = &rulebook};
    matter.evaluated_at_ms = (int64_t)DAY_MS * (15000 + digest[value.size % sizeof(digest)] * 40);
    matter.law = rulebook_law(&rulebook, date_in_denmark(matter.evaluated_at_ms));
    CHECK(matter.law != NULL);
    matter.conflict = value.size % 5 == 0;
    matter.quarantined = value.size % 7 == 0;
    struct decision decision;
    decide(&matter, &decision);
    CHECK(decision.outcome != OUTCOME_NONE);
    CHECK(!decision.has_frame || decision.outcome != OUTCOME_IS_REJECTED);
    const struct wire_source source = {
        .topic = bytes_text("t"), .offset = 1, .event_id = bytes_text("e")};
    struct bytes out = {0};
    CHECK(wire_encode_decision(&decision, &source, &arena, &out));
    struct bytes id = {0};
    CHECK(wire_decision_application_id(out, &id));
    CHECK(bytes_equal(id, application->application_id));
}

/* What was accepted is accepted in its canonical form too, which is its own canonical form. */
static void canonical_holds(struct bytes value, bool canonical)
{
    struct bytes once = {0};
    struct bytes twice = {0};
    struct application application;
    bool is_canonical = false;
    CHECK(wire_canonical_application(value, &arena, &once));
    CHECK(!canonical || bytes_equal(once, value));
    CHECK(wire_decode_application(once, &application, &is_canonical) == REASON_NONE);
    CHECK(wire_canonical_application(once, &arena, &twice));
    CHECK(bytes_equal(once, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    const struct arena_mark mark = arena_mark(&arena);
    const struct bytes value =
        bytes_of(spoiled, seed_spoil(seed.data, seed.size, data, size, spoiled, sizeof(spoiled)));
    struct application application;
    bool canonical = false;
    if (wire_decode_application(value, &application, &canonical) == REASON_NONE) {
        canonical_holds(value, canonical);
        if (uuid_parse(application.application_id, application.id) && application.version > 0) {
            decide_and_encode(&application, value); /* others are refused before */
        }
    }
    arena_rewind(&arena, mark);
    return 0;
}
