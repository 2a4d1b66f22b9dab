/* What the database finds by itself: rows that contradict each other. */

#include <inttypes.h>

#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

#include "audit.h"

/* P: citizens whose `armed` is not what quarantine says. */
static bool misarmed(struct audit *audit, struct err *err)
{
    const struct chronicle_oddity *rows = NULL;
    uint32_t count = AUDIT_NAMED;
    if (!audit->chronicle.misarmed(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct audit_place place = AUDIT_NOWHERE;
        place.citizen = rows[i].damaged ? NULL : rows[i].key;
        audit_breach(&audit->report,
                     INVARIANT_P,
                     &place,
                     "%" PRId64 " open rows of quarantine arm the citizen, the row says %" PRId64,
                     rows[i].expected,
                     rows[i].found);
    }
    return true;
}

/* P: rows that point at nothing. */
static bool loose_ends(struct audit *audit, struct err *err)
{
    static const char *const texts[CHRONICLE_LOOSE_COUNT] = {
#define X(name, text) [CHRONICLE_LOOSE_##name] = (text),
        CHRONICLE_LOOSE(X)
#undef X
    };
    const struct chronicle_end *rows = NULL;
    uint32_t count = AUDIT_NAMED;
    if (!audit->chronicle.loose_ends(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct audit_place place =
            audit_place_of(audit_position_of(audit, rows[i].progress_id), rows[i].offset, -1);
        place.citizen = rows[i].has_citizen ? rows[i].citizen_ref : NULL;
        audit_breach(&audit->report,
                     INVARIANT_P,
                     &place,
                     "%s%" PRId64,
                     texts[rows[i].loose],
                     rows[i].number);
    }
    return true;
}

/* P: under its row's name and version a rulebook is found, and refused when it changed. */
static bool misnamed(struct audit *audit, struct err *err)
{
    const struct chronicle_rulebook *rows = NULL;
    uint32_t count = 0;
    if (!audit->chronicle.rulebooks(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct err why;
        struct rulebook *rulebook = rulebook_parse("stored", rows[i].yaml, NULL, &why);
        if (rulebook != NULL && !(bytes_is(rulebook->name, rows[i].name) &&
                                  bytes_is(rulebook->version, rows[i].version))) {
            struct audit_place nowhere = AUDIT_NOWHERE;
            audit_breach(&audit->report,
                         INVARIANT_P,
                         &nowhere,
                         "the rulebook %.*s %.*s is stored under another name or version",
                         BYTES_ARGS(rulebook->name),
                         BYTES_ARGS(rulebook->version));
        }
        rulebook_close(&rulebook);
    }
    return true;
}

/* Its rows lie behind the last batch that can be asked for. */
static void beyond(struct audit *audit)
{
    struct audit_place place = AUDIT_NOWHERE;
    place.batch = audit->facts.batch_last;
    if (place.batch == INT64_MAX) {
        audit_breach(
            &audit->report, INVARIANT_I3, &place, "no batch has this number, and rows say so");
    }
}

/* P: what the database refuses by itself, it refuses no longer. */
static bool unguarded(struct audit *audit, struct err *err)
{
    const char *missing = NULL;
    if (!audit->chronicle.guards(audit->chronicle.self, &missing, err)) {
        return false;
    }
    if (missing != NULL) {
        struct audit_place nowhere = AUDIT_NOWHERE;
        audit_breach(&audit->report,
                     INVARIANT_P,
                     &nowhere,
                     "what refuses a change of what is stored is gone, off or altered: %s",
                     missing);
    }
    return true;
}

bool audit_oddities(struct audit *audit, struct err *err)
{
    beyond(audit);
    return misarmed(audit, err) && loose_ends(audit, err) && misnamed(audit, err) &&
           unguarded(audit, err);
}
