/* What is stored of each record: decisions, quarantine, and the ledger that says which fate each
 * offset had. */

#include "store_write.h"

enum {
    /* Decisions of one statement, about 2 KB each: what a core's cache holds while the server takes
     * them from the message into its page. */
    DECISION_ROWS = 250,
    DECISION_SENDS = 20, /* at most, of a flush's statements */
};

static const struct position *position_of(const struct write *write,
                                          const struct batch_entry *entry)
{
    return &write->positions[entry->slot];
}

/* In the order of sql/write_decisions.sql, from $5. */
enum decision_column {
    D_PROGRESS_ID,
    D_SOURCE_OFFSET,
    D_APPLICATION_ID,
    D_VERSION,
    D_APPLICATION_SEQ,
    D_CITIZEN_REF,
    D_CITIZEN_SEQ,
    D_DECISION_ID,
    D_OUTCOME,
    D_TOTAL_ORE,
    D_START_DATE,
    D_END_DATE,
    D_EVALUATED_AT_MS,
    D_LATE_MS,
    D_CONFLICT,
    D_QUARANTINED,
    D_PERIODS,
    D_HEADERS,
    D_TRACE,
    D_INPUT,
    D_OUTPUT,
    D_KEY_ID,
    D_COUNT,
};

static const enum array_type decision_types[D_COUNT] = {
    [D_PROGRESS_ID] = ARRAY_INT8,     [D_SOURCE_OFFSET] = ARRAY_INT8,
    [D_APPLICATION_ID] = ARRAY_UUID,  [D_VERSION] = ARRAY_INT8,
    [D_APPLICATION_SEQ] = ARRAY_INT8, [D_CITIZEN_REF] = ARRAY_BYTEA,
    [D_CITIZEN_SEQ] = ARRAY_INT8,     [D_DECISION_ID] = ARRAY_UUID,
    [D_OUTCOME] = ARRAY_INT2,         [D_TOTAL_ORE] = ARRAY_INT8,
    [D_START_DATE] = ARRAY_DATE,      [D_END_DATE] = ARRAY_DATE,
    [D_EVALUATED_AT_MS] = ARRAY_INT8, [D_LATE_MS] = ARRAY_INT8,
    [D_CONFLICT] = ARRAY_BOOL,        [D_QUARANTINED] = ARRAY_BOOL,
    [D_PERIODS] = ARRAY_BYTEA,        [D_HEADERS] = ARRAY_BYTEA,
    [D_TRACE] = ARRAY_BYTEA,          [D_INPUT] = ARRAY_BYTEA,
    [D_OUTPUT] = ARRAY_BYTEA,         [D_KEY_ID] = ARRAY_INT8,
};

static void add_decision(const struct write *write, const struct batch_decision *decision)
{
    struct array *columns = write->store->arrays;
    const struct batch_entry *entry = &write->batch->entries[decision->entry];
    array_int8(&columns[D_PROGRESS_ID], position_of(write, entry)->progress_id);
    array_int8(&columns[D_SOURCE_OFFSET], entry->offset);
    array_bytes(&columns[D_APPLICATION_ID], bytes_of(decision->application_id, UUID_SIZE));
    array_int8(&columns[D_VERSION], decision->version);
    array_int8(&columns[D_APPLICATION_SEQ], decision->application_seq);
    array_bytes(&columns[D_CITIZEN_REF], bytes_of(decision->citizen_ref, CITIZEN_REF_SIZE));
    array_int8(&columns[D_CITIZEN_SEQ], decision->citizen_seq);
    array_bytes(&columns[D_DECISION_ID], bytes_of(decision->decision_id, UUID_SIZE));
    array_int2(&columns[D_OUTCOME], (int16_t)decision->outcome);
    if (decision->has_frame) {
        array_int8(&columns[D_TOTAL_ORE], decision->total_ore);
    } else {
        array_null(&columns[D_TOTAL_ORE]);
    }
    if (decision->has_period) {
        array_date(&columns[D_START_DATE], decision->start);
        array_date(&columns[D_END_DATE], decision->end);
    } else {
        array_null(&columns[D_START_DATE]);
        array_null(&columns[D_END_DATE]);
    }
    array_int8(&columns[D_EVALUATED_AT_MS], decision->evaluated_at_ms);
    array_int8(&columns[D_LATE_MS], decision->late_ms);
    array_bool(&columns[D_CONFLICT], decision->conflict);
    array_bool(&columns[D_QUARANTINED], decision->quarantined);
    array_bytes(&columns[D_PERIODS], decision->periods);
    array_bytes(&columns[D_TRACE], decision->trace);
    array_bytes(&columns[D_OUTPUT], decision->output);
    const struct write_payload payload = {
        .place = {VAULT_DECISION, position_of(write, entry)->progress_id, entry->offset},
        .citizen = decision->citizen,
        .headers = decision->headers,
        .value = entry->record->value,
        .has_value = true,
    };
    write_payload(write, &payload, &columns[D_KEY_ID], &columns[D_HEADERS], &columns[D_INPUT]);
}

/* Rows `begin` to `end`. */
static bool send_decisions(const struct write *write, uint32_t begin, uint32_t end, struct err *err)
{
    store_columns(write->store, decision_types, D_COUNT);
    for (uint32_t i = begin; i < end; i++) {
        add_decision(write, &write->batch->decisions[i]);
    }
    struct params params = {0};
    params_int8(&params, write->batch->read.batch_id);
    params_bytes(&params, bytes_of(write->batch->rulebook_sha256, SHA256_SIZE));
    params_int4(&params, CORE_VERSION);
    params_int4(&params, (int32_t)begin);
    return write_send(write, STORE_write_decisions, &params, D_COUNT, err);
}

bool write_decisions(const struct write *write, struct err *err)
{
    uint32_t count = write->batch->decision_count;
    uint32_t rows = count / DECISION_SENDS + 1;
    rows = rows < DECISION_ROWS ? DECISION_ROWS : rows;
    for (uint32_t begin = 0; begin < count; begin += rows) {
        uint32_t end = count - begin < rows ? count : begin + rows;
        if (!send_decisions(write, begin, end, err)) {
            return false;
        }
    }
    return true;
}

static void add_optional(struct array *column, bool present, struct bytes value)
{
    if (present) {
        array_bytes(column, value);
    } else {
        array_null(column);
    }
}

/* Which range the entry lies in: it says when the record was looked at. */
static int64_t evaluated_at(const struct write *write, uint32_t slot)
{
    for (uint32_t i = 0; i < write->batch->range_count; i++) {
        if (write->batch->ranges[i].slot == slot) {
            return write->batch->ranges[i].evaluated_at_ms;
        }
    }
    UNREACHABLE("an entry without a range");
}

bool write_quarantines(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT2,
                                            ARRAY_BOOL,
                                            ARRAY_TEXT,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA,
                                            ARRAY_INT8,
                                            ARRAY_BYTEA};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    if (write->batch->quarantine_count == 0) {
        return true;
    }
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, COUNT);
    for (uint32_t i = 0; i < write->batch->quarantine_count; i++) {
        const struct batch_quarantine *row = &write->batch->quarantines[i];
        const struct batch_entry *entry = &write->batch->entries[row->entry];
        array_int8(&columns[0], position_of(write, entry)->progress_id);
        array_int8(&columns[1], entry->offset);
        array_int8(&columns[2], evaluated_at(write, entry->slot));
        array_int8(&columns[3], row->redrives);
        array_int2(&columns[4], (int16_t)reason_status(entry->reason));
        array_bool(&columns[5], row->arms);
        array_bytes(&columns[6], bytes_text(reason_id(entry->reason)));
        add_optional(&columns[7], row->has_citizen, bytes_of(row->citizen_ref, CITIZEN_REF_SIZE));
        add_optional(&columns[8], entry->record->has_key, entry->record->key);
        const struct write_payload payload = {
            .place = {VAULT_QUARANTINE, position_of(write, entry)->progress_id, entry->offset},
            .citizen = row->citizen,
            .headers = row->headers,
            .value = entry->record->value,
            .has_value = entry->record->has_value,
        };
        write_payload(write, &payload, &columns[11], &columns[10], &columns[9]);
        array_bytes(&columns[12], bytes_of(entry->input_digest, SHA256_SIZE));
    }
    struct params params = {0};
    params_int8(&params, write->batch->read.batch_id);
    return write_send(write, STORE_write_quarantines, &params, COUNT, err);
}

bool write_ledger(const struct write *write, struct err *err)
{
    static const enum array_type types[] = {ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_INT4,
                                            ARRAY_INT4,
                                            ARRAY_INT4,
                                            ARRAY_INT8,
                                            ARRAY_INT8,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA,
                                            ARRAY_BYTEA};
    enum {
        COUNT = sizeof(types) / sizeof(types[0]),
    };
    struct array *columns = write->store->arrays;
    store_columns(write->store, types, COUNT);
    for (uint32_t i = 0; i < write->batch->range_count; i++) {
        const struct batch_range *range = &write->batch->ranges[i];
        const struct position *position = &write->positions[range->slot];
        array_int8(&columns[0], position->progress_id);
        array_int8(&columns[1], range->from);
        array_int8(&columns[2], range->to);
        array_int8(&columns[3], position->epoch);
        array_int8(&columns[4], range->evaluated_at_ms);
        array_int4(&columns[5], (int32_t)range->covered[FATE_DECIDED]);
        array_int4(&columns[6], (int32_t)range->covered[FATE_DUPLICATE]);
        array_int4(&columns[7], (int32_t)range->covered[FATE_DLQ]);
        array_int8(&columns[8], range->covered[FATE_SKIPPED]);
        array_int8(&columns[9], range->covered[FATE_GAP]);
        array_bytes(&columns[10], range->entries);
        array_bytes(&columns[11], bytes_of(range->root, SHA256_SIZE));
        array_bytes(&columns[12], bytes_of(range->link, SHA256_SIZE));
    }
    struct params params = {0};
    params_int8(&params, write->batch->read.batch_id);
    params_text(&params, write->store->settings.owner);
    params_bytes(&params, bytes_of(write->batch->rulebook_sha256, SHA256_SIZE));
    return write_send(write, STORE_write_ledger, &params, COUNT, err);
}
