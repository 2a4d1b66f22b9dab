/* The projections' rows, and rows that contradict each other. */

#include "chronicle.h"

static bool rows_between(struct pg_chronicle *chronicle,
                         enum chronicle_statement statement,
                         const uint8_t *from,
                         const uint8_t *to,
                         const struct chronicle_row **rows,
                         uint32_t *count,
                         struct err *err)
{
    struct params params = {0};
    params_bytes(&params, bytes_of(from, CHRONICLE_KEY_SIZE));
    params_bytes(&params, bytes_of(to, CHRONICLE_KEY_SIZE));
    params_int4(&params, (int32_t)*count);
    const PGresult *found = chronicle_ask(chronicle, statement, &params, err);
    struct chronicle_row *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        out[row].seq = field_int8(found, row, 1);
        out[row].state = field_bytes(found, row, 2);
        field_copy(found, row, 0, out[row].key, CHRONICLE_KEY_SIZE);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

bool chronicle_applications(void *self,
                            const uint8_t from[CHRONICLE_KEY_SIZE],
                            const uint8_t to[CHRONICLE_KEY_SIZE],
                            const struct chronicle_row **rows,
                            uint32_t *count,
                            struct err *err)
{
    return rows_between(self, CHRONICLE_applications, from, to, rows, count, err);
}

bool chronicle_citizens(void *self,
                        const uint8_t from[CHRONICLE_KEY_SIZE],
                        const uint8_t to[CHRONICLE_KEY_SIZE],
                        const struct chronicle_row **rows,
                        uint32_t *count,
                        struct err *err)
{
    return rows_between(self, CHRONICLE_citizens, from, to, rows, count, err);
}

static bool oddities(struct pg_chronicle *chronicle,
                     enum chronicle_statement statement,
                     const struct chronicle_oddity **rows,
                     uint32_t *count,
                     struct err *err)
{
    struct params params = {0};
    params_int4(&params, (int32_t)*count);
    const PGresult *found = chronicle_search(chronicle, statement, &params, err);
    struct chronicle_oddity *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        out[row] = (struct chronicle_oddity){.progress_id = field_int8(found, row, 1),
                                             .offset = field_int8(found, row, 2),
                                             .expected = field_int8(found, row, 3),
                                             .found = field_int8(found, row, 4)};
        field_copy(found, row, 0, out[row].key, CITIZEN_REF_SIZE);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

bool chronicle_disorders(void *self,
                         const struct chronicle_oddity **rows,
                         uint32_t *count,
                         struct err *err)
{
    return oddities(self, CHRONICLE_disorders, rows, count, err);
}

bool chronicle_misarmed(void *self,
                        const struct chronicle_oddity **rows,
                        uint32_t *count,
                        struct err *err)
{
    return oddities(self, CHRONICLE_misarmed, rows, count, err);
}
