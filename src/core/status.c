#include "mentor/core/status.h"

#include "mentor/base/check.h"

static const char *const statuses[STATUS_COUNT] = {
#define X(name, code) [code] = #name,
    STATUSES(X)
#undef X
};

static const struct {
    const char *id;
    enum status status;
    const char *text;
} reasons[REASON_COUNT] = {
#define X(name, id, status, text) [REASON_##name] = {(id), STATUS_##status, (text)},
    REASONS(X)
#undef X
};

const char *status_name(enum status status)
{
    CHECK(status < STATUS_COUNT);
    return statuses[status];
}

const char *reason_id(enum reason reason)
{
    CHECK(reason < REASON_COUNT);
    return reasons[reason].id;
}

enum status reason_status(enum reason reason)
{
    CHECK(reason < REASON_COUNT);
    return reasons[reason].status;
}

const char *reason_text(enum reason reason)
{
    CHECK(reason < REASON_COUNT);
    return reasons[reason].text;
}

bool reason_arms(enum reason reason)
{
    enum status status = reason_status(reason);
    return status == STATUS_RESOURCE_EXHAUSTED || status == STATUS_INVALID_ARGUMENT ||
           status == STATUS_UNIMPLEMENTED || status == STATUS_INTERNAL;
}
