#include "params.h"

#include "mentor/base/check.h"
#include "mentor/base/endian_be.h"

static void add(struct params *params, const void *value, size_t size)
{
    CHECK(params->count < PARAMS_MAX);
    params->values[params->count] = value == NULL ? "" : value; /* libpq takes NULL for a null */
    params->lengths[params->count] = (int)size;
    params->count++;
}

void params_bytes(struct params *params, struct bytes value)
{
    add(params, value.data, value.size);
}

void params_text(struct params *params, const char *text)
{
    params_bytes(params, bytes_text(text));
}

void params_bool(struct params *params, bool value)
{
    params->scratch[params->count][0] = value ? 1 : 0;
    add(params, params->scratch[params->count], 1);
}

void params_int4(struct params *params, int32_t value)
{
    put_be32(params->scratch[params->count], (uint32_t)value);
    add(params, params->scratch[params->count], 4);
}

void params_int8(struct params *params, int64_t value)
{
    put_be64(params->scratch[params->count], (uint64_t)value);
    add(params, params->scratch[params->count], 8);
}

void params_array(struct params *params, struct array *array)
{
    struct bytes parameter = {0};
    if (!array_finish(array, &parameter)) {
        params->failed = true;
    }
    params_bytes(params, parameter);
}
