#include "mentor/port/payload.h"

#include <stddef.h>

#include "mentor/base/check.h"

const char *payload_text(enum payload_state state)
{
    static const char *const texts[PAYLOAD_STATE_COUNT] = {
        [PAYLOAD_WHOLE] = "its application is there",
        [PAYLOAD_LOCKED] = "its application is sealed; give --master-key-file",
        [PAYLOAD_BROKEN] =
            "its application is sealed and does not open: another master key, or it was altered",
        [PAYLOAD_ERASED] = "its application was erased with the citizen's key",
        [PAYLOAD_RETIRED] = "its application was erased by its age",
    };
    CHECK(state < PAYLOAD_STATE_COUNT);
    return texts[state];
}

static const struct {
    const char *name;
    const char *kind;
} unread[PAYLOAD_STATE_COUNT] = {
    [PAYLOAD_LOCKED] = {"sealed", "sealed, and no --master-key-file is given"},
    [PAYLOAD_ERASED] = {"erased", "erased with their citizens' keys"},
    [PAYLOAD_RETIRED] = {"retired", "erased by age"},
};

bool payload_unread(enum payload_state state)
{
    CHECK(state < PAYLOAD_STATE_COUNT);
    return unread[state].name != NULL;
}

const char *payload_name(enum payload_state state)
{
    CHECK(payload_unread(state));
    return unread[state].name;
}

const char *payload_kind(enum payload_state state)
{
    CHECK(payload_unread(state));
    return unread[state].kind;
}
