/* The projections' rows, and rows that contradict each other. */

#include "chronicle.h"
#include "schema.h"
#include "sql_embedded.h"

/* All of a table: with a plan that scans. */
static bool begin(struct pg_chronicle *chronicle, const struct statement *copy, struct err *err)
{
    struct params params = {0};
    params_text(&params, "on");
    return chronicle_ask(chronicle, CHRONICLE_planner, &params, err) != NULL &&
           chronicle_copy(chronicle, copy, err);
}

bool chronicle_applications(void *self, struct err *err)
{
    static const struct statement copy = {"chronicle_applications", sql_chronicle_applications};
    return begin(self, &copy, err);
}

bool chronicle_citizens(void *self, struct err *err)
{
    static const struct statement copy = {"chronicle_citizens", sql_chronicle_citizens};
    return begin(self, &copy, err);
}

bool chronicle_repeated(void *self, struct err *err)
{
    static const struct statement copy = {"chronicle_repeated", sql_chronicle_repeated};
    return begin(self, &copy, err);
}

bool chronicle_more_rows(void *self,
                         const struct chronicle_row **rows,
                         uint32_t *count,
                         struct err *err)
{
    static const struct field_column columns[] = {
        {"key", CHRONICLE_KEY_SIZE}, {"number", 8}, {"state", FIELD_ANY}};
    struct pg_chronicle *chronicle = self;
    uint32_t most = *count < CHRONICLE_MESSAGES_MAX ? *count : CHRONICLE_MESSAGES_MAX;
    struct chronicle_row *out = chronicle_hand_out(chronicle, (int)most, sizeof(*out), err);
    struct bytes fields[3];
    int got = out == NULL ? -1 : 1;
    *count = 0;
    chronicle_copy_drop(chronicle);
    while (got == 1 && *count < most &&
           (got = chronicle_copy_next(chronicle, fields, 3, err)) == 1) {
        struct chronicle_row *row = &out[(*count)++];
        const char *damaged = field_repair(fields, columns, 3);
        *row = (struct chronicle_row){
            .damaged = damaged, .seq = int8_of(fields[1]), .state = fields[2]};
        copy_of(fields[0], row->key, CHRONICLE_KEY_SIZE);
    }
    *rows = out;
    if (got != 0) {
        return got > 0;
    }
    struct params params = {0};
    params_text(&params, "off");
    return chronicle_ask(chronicle, CHRONICLE_planner, &params, err) != NULL;
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
        out[row].damaged = !field_fits(found, row, 0, out[row].key, CITIZEN_REF_SIZE);
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

bool chronicle_loose_ends(void *self,
                          const struct chronicle_end **rows,
                          uint32_t *count,
                          struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    params_int4(&params, (int32_t)*count);
    const PGresult *found = chronicle_search(chronicle, CHRONICLE_loose_ends, &params, err);
    struct chronicle_end *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        int32_t loose = field_int4(found, row, 0);
        CHECK(loose >= 0 && loose < CHRONICLE_LOOSE_COUNT);
        out[row] = (struct chronicle_end){.loose = (enum chronicle_loose)loose,
                                          .progress_id = field_int8(found, row, 2),
                                          .offset = field_int8(found, row, 3),
                                          .number = field_int8(found, row, 4)};
        out[row].has_citizen = field_fits(found, row, 1, out[row].citizen_ref, CITIZEN_REF_SIZE);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

bool chronicle_guards(void *self, const char **missing, struct err *err)
{
    const struct migration *migrations = NULL;
    uint32_t count = schema_migrations(&migrations);
    struct array texts = {0};
    struct params params = {0};
    array_begin(&texts, ARRAY_TEXT);
    for (uint32_t i = 0; i < count; i++) {
        array_bytes(&texts, bytes_text(migrations[i].sql));
    }
    params_array(&params, &texts);
    const PGresult *found = chronicle_search(self, CHRONICLE_guards, &params, err);
    array_release(&texts);
    if (found != NULL) {
        *missing = field_null(found, 0, 0) ? NULL : field_text(found, 0, 0);
    }
    return found != NULL;
}
