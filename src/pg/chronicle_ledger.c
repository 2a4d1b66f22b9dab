/* Positions, the ledger by batch and by position, and what was refused. */

#include "mentor/base/err.h"

#include "chronicle.h"
#include "stored.h"

enum {
    R_PAYLOAD = 18, /* of sql/chronicle_refusals.sql */
    R_COLUMNS = R_PAYLOAD + STORED_REFUSAL_COLUMNS,
};

bool chronicle_facts(void *self, struct chronicle_facts *facts, struct err *err)
{
    struct pg_chronicle *chronicle = self;
    const PGresult *found = chronicle_search(chronicle, CHRONICLE_facts, &(struct params){0}, err);
    if (found == NULL) {
        return false;
    }
    if (PQntuples(found) != 1) {
        return err_set(
            err, ERR_FATAL, "a migration was interrupted: run `mentord db migrate` again");
    }
    bool any = !field_null(found, 0, 1);
    *facts = (struct chronicle_facts){.demo = field_bool(found, 0, 0),
                                      .batch_first = any ? field_int8(found, 0, 1) : 0,
                                      .batch_last = any ? field_int8(found, 0, 2) : 0,
                                      .decided = field_int8(found, 0, 3),
                                      .ranges = field_int8(found, 0, 4),
                                      .refused = field_int8(found, 0, 5)};
    return true;
}

/* Of sql/chronicle_positions.sql. */
static const struct field_column position_columns[] = {
    {"id", 8},
    {"cluster", FIELD_ANY},
    {"topic", FIELD_ANY},
    {"consumer_group", FIELD_ANY},
    {"partition", 4},
    {"epoch", 8},
    {"next_offset", 8},
    {"emitted_offset", 8},
    {"evaluated_at_ms", 8},
    {"last_offset", 8},
    {"last_digest", SHA256_SIZE},
    {"takeovers", 4},
    {"next_offset", 8}, /* of its ledger's beginning */
    {"first_offset", 8},
    {"batch", 8},
    {"link", SHA256_SIZE},
    {"seen_offset", 8},
};
enum {
    POSITION_COLUMNS = sizeof(position_columns) / sizeof(position_columns[0]),
};

bool chronicle_positions(void *self,
                         const struct chronicle_position **rows,
                         uint32_t *count,
                         struct err *err)
{
    struct pg_chronicle *chronicle = self;
    const PGresult *found = chronicle_ask(chronicle, CHRONICLE_positions, &(struct params){0}, err);
    struct chronicle_position *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        struct bytes fields[POSITION_COLUMNS];
        field_row(found, row, fields, POSITION_COLUMNS);
        const char *damaged = field_repair(fields, position_columns, POSITION_COLUMNS);
        out[row] = (struct chronicle_position){.damaged = damaged,
                                               .id = int8_of(fields[0]),
                                               .cluster = field_text(found, row, 1),
                                               .topic = field_text(found, row, 2),
                                               .group = field_text(found, row, 3),
                                               .position = {.partition = int4_of(fields[4]),
                                                            .progress_id = int8_of(fields[0]),
                                                            .epoch = int8_of(fields[5]),
                                                            .next_offset = int8_of(fields[6]),
                                                            .emitted_offset = int8_of(fields[7]),
                                                            .seen_offset = int8_of(fields[16]),
                                                            .evaluated_at_ms = int8_of(fields[8]),
                                                            .last_offset = int8_of(fields[9]),
                                                            .takeovers = int4_of(fields[11]),
                                                            .batch = int8_of(fields[14])},
                                               .first_offset = int8_of(fields[12]),
                                               .chain_offset = int8_of(fields[13])};
        copy_of(fields[10], out[row].position.last_digest, SHA256_SIZE);
        copy_of(fields[15], out[row].position.link, SHA256_SIZE);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

bool chronicle_rulebooks(void *self,
                         const struct chronicle_rulebook **rows,
                         uint32_t *count,
                         struct err *err)
{
    struct pg_chronicle *chronicle = self;
    const PGresult *found = chronicle_ask(chronicle, CHRONICLE_rulebooks, &(struct params){0}, err);
    struct chronicle_rulebook *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        out[row].yaml = field_bytes(found, row, 1);
        out[row].name = field_text(found, row, 2);
        out[row].version = field_text(found, row, 3);
        if (!field_fits(found, row, 0, out[row].sha256, SHA256_SIZE)) {
            continue; /* zeros: no file's hash */
        }
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

/* Of sql/chronicle_batches.sql and sql/chronicle_ranges.sql. */
static const struct field_column range_columns[] = {
    {"id", 8},
    {"progress_id", 8},
    {"first_offset", 8},
    {"next_offset", 8},
    {"epoch", 8},
    {"evaluated_at_ms", 8},
    {"decided", 8},
    {"duplicate", 8},
    {"dlq", 8},
    {"skipped", 8},
    {"gap", 8},
    {"rulebook", SHA256_SIZE},
    {"entries", FIELD_ANY},
    {"root", SHA256_SIZE},
    {"link", SHA256_SIZE},
};
enum {
    RANGE_COLUMNS = sizeof(range_columns) / sizeof(range_columns[0]),
};

static bool hand_out_ranges(struct pg_chronicle *chronicle,
                            const PGresult *found,
                            const struct chronicle_range **rows,
                            uint32_t *count,
                            struct err *err)
{
    struct chronicle_range *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        struct bytes fields[RANGE_COLUMNS];
        field_row(found, row, fields, RANGE_COLUMNS);
        const char *damaged = field_repair(fields, range_columns, RANGE_COLUMNS);
        out[row] = (struct chronicle_range){.damaged = damaged,
                                            .batch = int8_of(fields[0]),
                                            .progress_id = int8_of(fields[1]),
                                            .first_offset = int8_of(fields[2]),
                                            .next_offset = int8_of(fields[3]),
                                            .epoch = int8_of(fields[4]),
                                            .evaluated_at_ms = int8_of(fields[5]),
                                            .counts = {[FATE_DECIDED] = int8_of(fields[6]),
                                                       [FATE_DUPLICATE] = int8_of(fields[7]),
                                                       [FATE_DLQ] = int8_of(fields[8]),
                                                       [FATE_SKIPPED] = int8_of(fields[9]),
                                                       [FATE_GAP] = int8_of(fields[10])},
                                            .entries = fields[12]};
        copy_of(fields[11], out[row].rulebook, SHA256_SIZE);
        copy_of(fields[13], out[row].root, SHA256_SIZE);
        copy_of(fields[14], out[row].link, SHA256_SIZE);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}

bool chronicle_next_batch(void *self, int64_t from, int64_t *batch, struct err *err)
{
    struct params params = {0};
    params_int8(&params, from);
    const PGresult *found = chronicle_ask(self, CHRONICLE_next_batch, &params, err);
    if (found != NULL) {
        *batch = field_null(found, 0, 0) ? INT64_MAX : field_int8(found, 0, 0);
    }
    return found != NULL;
}

bool chronicle_batches(void *self,
                       int64_t batch,
                       int64_t batch_end,
                       const struct chronicle_range **rows,
                       uint32_t *count,
                       struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    params_int8(&params, batch);
    params_int8(&params, batch_end);
    return hand_out_ranges(
        chronicle, chronicle_ask(chronicle, CHRONICLE_batches, &params, err), rows, count, err);
}

bool chronicle_ranges(void *self,
                      const struct chronicle_place *after,
                      const struct chronicle_range **rows,
                      uint32_t *count,
                      struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    params_int8(&params, after->progress_id);
    params_int8(&params, after->next_offset);
    params_int8(&params, after->batch);
    params_int4(&params, (int32_t)*count);
    return hand_out_ranges(
        chronicle, chronicle_ask(chronicle, CHRONICLE_ranges, &params, err), rows, count, err);
}

/* A null is -1: nothing lies there. */
static int64_t place_at(const PGresult *found, int row, int column)
{
    return field_null(found, row, column) ? -1 : field_int8(found, row, column);
}

/* The first of sql/chronicle_refusals.sql. */
static const struct field_column refusal_columns[] = {
    {"progress_id", 8},
    {"source_offset", 8},
    {"batch", 8},
    {"arms", 1},
    {"state", FIELD_ANY},
    {"citizen_ref", FIELD_NULL_TOO},
    {"reason", FIELD_ANY},
    {"redrives", 8},
    {"key", FIELD_NULL_TOO},
    {"value", FIELD_NULL_TOO},
    {"headers", FIELD_ANY},
    {"redriven_progress_id", FIELD_NULL_TOO},
    {"redriven_offset", FIELD_NULL_TOO},
    {"redriven_batch", FIELD_NULL_TOO},
    {"redriven_index", FIELD_NULL_TOO},
    {"at_ms", 8},
    {"status", 4},
    {"value_sha256", FIELD_NULL_TOO},
};
_Static_assert(sizeof(refusal_columns) / sizeof(refusal_columns[0]) == R_PAYLOAD, "one a column");

static void
fill_refusal(struct vault *vault, const PGresult *found, int row, struct chronicle_refusal *refusal)
{
    struct bytes fields[R_COLUMNS];
    field_row(found, row, fields, R_COLUMNS);
    const char *damaged = field_repair(fields, refusal_columns, R_PAYLOAD);
    *refusal = (struct chronicle_refusal){
        .progress_id = int8_of(fields[0]),
        .batch = int8_of(fields[2]),
        .arms = bool_of(fields[3]),
        .state = stored_state(field_text(found, row, 4)),
        .has_citizen = !field_null(found, row, 5),
        .redriven_progress_id = place_at(found, row, 11),
        .redriven_offset = place_at(found, row, 12),
        .redriven_batch = place_at(found, row, 13),
        .redriven_index = field_null(found, row, 14) ? -1 : field_int4(found, row, 14),
        .at_ms = int8_of(fields[15]),
        .status = int4_of(fields[16]),
        .value_sha256 = fields[17],
        .stored = {.damaged = damaged,
                   .offset = int8_of(fields[1]),
                   .dlq = true,
                   .reason = stored_reason(field_text(found, row, 6)),
                   .redrives = int8_of(fields[7]),
                   .has_key = fields[8].data != NULL,
                   .key = fields[8],
                   .has_value = fields[9].data != NULL,
                   .value = fields[9],
                   .headers = fields[10]}};
    if (refusal->has_citizen && !fits_of(fields[5], refusal->citizen_ref, CITIZEN_REF_SIZE)) {
        refusal->stored.damaged = "citizen_ref";
    }
    refusal->payload = stored_refusal(vault,
                                      fields + R_PAYLOAD,
                                      refusal->stored.offset,
                                      &refusal->stored.headers,
                                      &refusal->stored.value);
}

bool chronicle_refusals(void *self,
                        int64_t progress_id,
                        int64_t offset,
                        const struct chronicle_refusal **rows,
                        uint32_t *count,
                        struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    params_int8(&params, progress_id);
    params_int8(&params, offset);
    params_int4(&params, (int32_t)*count);
    vault_drop(&chronicle->vault);
    const PGresult *found = chronicle_ask(chronicle, CHRONICLE_refusals, &params, err);
    struct chronicle_refusal *out =
        found == NULL ? NULL : chronicle_hand_out(chronicle, PQntuples(found), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(found); row++) {
        fill_refusal(&chronicle->vault, found, row, &out[row]);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
}
