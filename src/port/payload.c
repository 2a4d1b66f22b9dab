#include "mentor/port/payload.h"

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
