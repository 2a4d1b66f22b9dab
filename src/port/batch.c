#include "mentor/port/batch.h"

#include "mentor/base/check.h"

const char *fate_name(enum fate fate)
{
    static const char *const names[FATE_COUNT] = {
        [FATE_DECIDED] = "decided",
        [FATE_DUPLICATE] = "duplicate",
        [FATE_DLQ] = "dlq",
        [FATE_SKIPPED] = "skipped",
        [FATE_GAP] = "gap",
    };
    CHECK(fate < FATE_COUNT);
    return names[fate];
}
