/* A statement's rows, as an array a column. */

#include "store.h"

void store_columns(struct pg_store *store, const enum array_type *types, uint32_t count)
{
    CHECK(count <= STORE_ARRAYS);
    for (uint32_t i = 0; i < count; i++) {
        array_begin(&store->arrays[i], types[i]);
    }
}

void store_put_columns(struct pg_store *store, struct params *params, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        params_array(params, &store->arrays[i]);
    }
}
