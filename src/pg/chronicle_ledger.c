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
                                      .batch_end = any ? field_int8(found, 0, 2) + 1 : 0};
    return true;
}

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
        out[row] =
            (struct chronicle_position){.id = field_int8(found, row, 0),
                                        .cluster = field_text(found, row, 1),
                                        .topic = field_text(found, row, 2),
                                        .group = field_text(found, row, 3),
                                        .position = {.partition = field_int4(found, row, 4),
                                                     .progress_id = field_int8(found, row, 0),
                                                     .epoch = field_int8(found, row, 5),
                                                     .next_offset = field_int8(found, row, 6),
                                                     .emitted_offset = field_int8(found, row, 7),
                                                     .evaluated_at_ms = field_int8(found, row, 8),
                                                     .last_offset = field_int8(found, row, 9),
                                                     .takeovers = field_int4(found, row, 11)},
                                        .first_offset = field_int8(found, row, 12),
                                        .chain_offset = field_int8(found, row, 13)};
        out[row].position.batch = field_int8(found, row, 14);
        if (!field_fits(found, row, 15, out[row].position.link, SHA256_SIZE)) {
            out[row].damaged = "link";
        }
        if (!field_fits(found, row, 10, out[row].position.last_digest, SHA256_SIZE)) {
            out[row].damaged = "last_digest";
        }
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
        out[row] = (struct chronicle_range){.batch = field_int8(found, row, 0),
                                            .progress_id = field_int8(found, row, 1),
                                            .first_offset = field_int8(found, row, 2),
                                            .next_offset = field_int8(found, row, 3),
                                            .epoch = field_int8(found, row, 4),
                                            .evaluated_at_ms = field_int8(found, row, 5),
                                            .counts = {[FATE_DECIDED] = field_int8(found, row, 6),
                                                       [FATE_DUPLICATE] = field_int8(found, row, 7),
                                                       [FATE_DLQ] = field_int8(found, row, 8),
                                                       [FATE_SKIPPED] = field_int8(found, row, 9),
                                                       [FATE_GAP] = field_int8(found, row, 10)},
                                            .entries = field_bytes(found, row, 12)};
        if (!field_fits(found, row, 11, out[row].rulebook, SHA256_SIZE)) {
            out[row].damaged = "rulebook";
        }
        if (!field_fits(found, row, 13, out[row].root, SHA256_SIZE)) {
            out[row].damaged = "root";
        }
        if (!field_fits(found, row, 14, out[row].link, SHA256_SIZE)) {
            out[row].damaged = "link";
        }
    }
    *rows = out;
    *count = (uint32_t)PQntuples(found);
    return true;
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
                      int64_t progress_id,
                      int64_t next_offset,
                      const struct chronicle_range **rows,
                      uint32_t *count,
                      struct err *err)
{
    struct pg_chronicle *chronicle = self;
    struct params params = {0};
    params_int8(&params, progress_id);
    params_int8(&params, next_offset);
    params_int4(&params, (int32_t)*count);
    return hand_out_ranges(
        chronicle, chronicle_ask(chronicle, CHRONICLE_ranges, &params, err), rows, count, err);
}

/* A null is -1: nothing lies there. */
static int64_t place_at(const PGresult *found, int row, int column)
{
    return field_null(found, row, column) ? -1 : field_int8(found, row, column);
}

static void
fill_refusal(struct vault *vault, const PGresult *found, int row, struct chronicle_refusal *refusal)
{
    struct bytes fields[R_COLUMNS];
    field_row(found, row, fields, R_COLUMNS);
    *refusal = (struct chronicle_refusal){
        .progress_id = field_int8(found, row, 0),
        .batch = field_int8(found, row, 2),
        .arms = field_bool(found, row, 3),
        .state = stored_state(field_text(found, row, 4)),
        .has_citizen = !field_null(found, row, 5),
        .redriven_progress_id = place_at(found, row, 11),
        .redriven_offset = place_at(found, row, 12),
        .redriven_batch = place_at(found, row, 13),
        .redriven_index = field_null(found, row, 14) ? -1 : field_int4(found, row, 14),
        .at_ms = field_int8(found, row, 15),
        .status = field_int4(found, row, 16),
        .value_sha256 = field_bytes(found, row, 17),
        .stored = {.offset = field_int8(found, row, 1),
                   .dlq = true,
                   .reason = stored_reason(field_text(found, row, 6)),
                   .redrives = field_int8(found, row, 7),
                   .has_key = !field_null(found, row, 8),
                   .key = field_bytes(found, row, 8),
                   .has_value = !field_null(found, row, 9),
                   .value = field_bytes(found, row, 9),
                   .headers = field_bytes(found, row, 10)}};
    if (refusal->has_citizen &&
        !field_fits(found, row, 5, refusal->citizen_ref, CITIZEN_REF_SIZE)) {
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
