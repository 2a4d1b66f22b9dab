#include "newest.h"

#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/wire.h"

static bool is_of(const struct wire_provenance *told, const uint8_t application_id[UUID_SIZE])
{
    uint8_t id[UUID_SIZE];
    return uuid_parse(told->application_id, id) && memcmp(id, application_id, UUID_SIZE) == 0;
}

/* A version rises with each decision; D06 is of the one that stands. */
static bool follows(const struct wire_provenance *told, uint32_t version)
{
    return told->conflict ? told->version == version : told->version > version;
}

bool newest_decided(const uint8_t application_id[UUID_SIZE],
                    const struct archived_decision *rows,
                    uint32_t count,
                    struct arena *arena,
                    uint32_t *newest,
                    struct err *err)
{
    struct arena_mark mark = arena_mark(arena);
    uint32_t version = 0;
    CHECK(count > 0);
    for (uint32_t i = 0; i < count; i++) {
        struct wire_provenance told;
        bool fits = wire_decision_provenance(rows[i].stored.output, arena, &told) &&
                    is_of(&told, application_id) && told.conflict == rows[i].conflict &&
                    follows(&told, version);
        if (fits && !told.conflict) {
            version = told.version;
            *newest = i;
        }
        arena_rewind(arena, mark);
        if (!fits) {
            return err_set(err,
                           ERR_FATAL,
                           "batch %lld, index %d: which version it decided, or whether one, its "
                           "outcome and its row do not say alike, so no letter is written; run "
                           "`mentord audit verify`",
                           (long long)rows[i].batch,
                           rows[i].index);
        }
    }
    return true;
}
