#include "sealing.h"

#include "mentor/base/endian_be.h"
#include "mentor/base/err.h"
#include "mentor/pg/pg.h"

#include "audit.h"
#include "sim.h"

enum {
    KEY_ID_SIZE = 8,
};

static uint8_t master[SEAL_KEY_SIZE];
static struct vault inspector;

const uint8_t *sealing_master(void)
{
    return master;
}

const struct db_key *sealing_key(int64_t id)
{
    for (uint32_t i = 0; i < sim.database.key_count && id != 0; i++) {
        if (sim.database.keys[i].id == id) {
            return &sim.database.keys[i];
        }
    }
    return NULL;
}

/* Administrators */

static void again(void (*run)(void *what, uint64_t life), uint64_t which)
{
    sim_at(sim.now_us + sim_between(200000, 3000000), run, NULL, which);
}

static void erase(void *unused, uint64_t which)
{
    (void)unused;
    if (sim.plot.ending || audit.halted) {
        return;
    }
    if (!database_up() || sim.database.citizen_count == 0) {
        again(erase, which);
        return;
    }
    struct transaction *transaction = sim_alloc(sizeof(*transaction));
    transaction->kind = TRANSACTION_ERASE;
    transaction->whole = true;
    transaction->citizen = (uint32_t)(which % sim.database.citizen_count);
    database_enter(transaction);
    if (sim_one_in(2)) {
        again(erase, which + 1); /* whoever was refused tries again; and there are others */
    }
}

static struct db_fate *open_refusal(void)
{
    struct db_fate *found = NULL;
    for (uint32_t p = 0; p < sim.broker.partition_count; p++) {
        for (int64_t offset = 0; offset < BROKER_OFFSETS; offset++) {
            struct db_fate *fate = &sim.database.fates[p][offset];
            if (fate->stored && fate->fate == FATE_DLQ && !fate->closed &&
                (found == NULL || sim_one_in(3))) {
                found = fate;
            }
        }
    }
    return found;
}

static void dismiss(void *unused, uint64_t which)
{
    (void)unused;
    struct db_fate *fate = database_up() ? open_refusal() : NULL;
    if (sim.plot.ending || audit.halted) {
        return;
    }
    if (fate != NULL) {
        struct transaction *transaction = sim_alloc(sizeof(*transaction));
        transaction->kind = TRANSACTION_DISMISS;
        transaction->whole = true;
        transaction->refusal = fate;
        transaction->citizen = UINT32_MAX;
        if (fate->arms && fate->has_citizen) {
            transaction->citizen =
                (uint32_t)(database_citizen(fate->citizen_ref) - sim.database.citizens);
        }
        database_enter(transaction);
    } else if (which > 0) {
        again(dismiss, which - 1);
    }
}

void sealing_begin(int64_t until_us)
{
    for (size_t i = 0; i < sizeof(master); i++) {
        master[i] = (uint8_t)sim_below(256);
    }
    for (uint32_t i = 1 + sim_below(3); i > 0; i--) {
        sim_at(sim_between(0, until_us), erase, NULL, sim_below(DB_CITIZENS));
    }
    for (uint32_t i = sim_below(3); i > 0; i--) {
        sim_at(sim_between(0, until_us), dismiss, NULL, 10);
    }
}

/* The row says nothing: it goes. */
static void forget_citizen(uint32_t citizen)
{
    const struct citizen_row *row = &sim.database.citizens[citizen];
    if (row->seq == 0 && row->armed == 0 && sim.database.citizen_keys[citizen] == 0) {
        sim.database.citizen_there[citizen] = false;
    }
}

static bool of_key(const struct db_fate *fate, int64_t key, enum fate kind)
{
    return fate->stored && fate->fate == kind && fate->payload.key == key && !fate->erased;
}

bool sealing_may_erase(uint32_t citizen)
{
    int64_t key = sim.database.citizen_keys[citizen];
    for (uint32_t p = 0; p < sim.broker.partition_count && key != 0; p++) {
        int64_t emitted = sim.database.positions[p].position.emitted_offset;
        for (int64_t offset = emitted; offset < BROKER_OFFSETS; offset++) {
            if (of_key(&sim.database.fates[p][offset], key, FATE_DLQ)) {
                return !guard_stands(GUARD_ERASURE_WAITS);
            }
        }
    }
    return true;
}

void sealing_erase(uint32_t citizen)
{
    int64_t id = sim.database.citizen_keys[citizen];
    sim_trace("citizen %u is erased%s", citizen, id == 0 ? ", and had no key" : "");
    if (id == 0) {
        return;
    }
    sim_count(FAULT_ERASED);
    for (uint32_t i = 0; i < sim.database.key_count; i++) {
        if (sim.database.keys[i].id == id) {
            sim.database.keys[i].destroyed = true;
            memset(sim.database.keys[i].wrapped, 0, VAULT_WRAPPED_SIZE);
        }
    }
    sim.database.citizen_keys[citizen] = 0;
    if (guard_stands(GUARD_ERASED_ROW)) {
        forget_citizen(citizen);
    }
    for (uint32_t p = 0; p < sim.broker.partition_count; p++) {
        for (int64_t offset = 0; offset < BROKER_OFFSETS; offset++) {
            struct db_fate *fate = &sim.database.fates[p][offset];
            fate->erased =
                fate->erased || of_key(fate, id, FATE_DECIDED) || of_key(fate, id, FATE_DLQ);
        }
    }
}

void sealing_dismiss(struct db_fate *fate)
{
    if (fate->closed) {
        return; /* by another administrator */
    }
    sim_count(FAULT_DISMISSED);
    fate->closed = true;
    if (fate->arms && fate->has_citizen) {
        struct citizen_row *row = database_citizen(fate->citizen_ref);
        row->armed -= row->armed > 0;
        forget_citizen((uint32_t)(row - sim.database.citizens));
    }
}

/* Looking */

static struct vault_place place_of(const struct db_fate *fate)
{
    int64_t place = fate - &sim.database.fates[0][0];
    return (struct vault_place){fate->fate == FATE_DECIDED ? VAULT_DECISION : VAULT_QUARANTINE,
                                place / BROKER_OFFSETS + 1,
                                place % BROKER_OFFSETS};
}

/* By the key that this row of citizen_key has, whatever the payload says. */
static enum payload_state open_with(const struct db_fate *fate,
                                    const struct db_key *key,
                                    struct bytes *headers,
                                    struct bytes *value)
{
    static const uint8_t yes = 1;
    struct err err;
    uint8_t id[KEY_ID_SIZE];
    if (inspector.cached == NULL) {
        const struct pg_settings settings = {.master_key = master};
        CHECK(vault_init(&inspector, &settings, &err));
    }
    memcpy(inspector.master, master, SEAL_KEY_SIZE);
    vault_drop(&inspector);
    *headers = fate->payload.headers;
    *value = fate->payload.value;
    struct vault_row row = {.place = place_of(fate)};
    if (fate->erased && key == NULL) {
        row.by_citizen = bytes_of(&yes, 1);
    }
    if (fate->payload.key != 0) {
        put_be64(id, (uint64_t)(key == NULL ? fate->payload.key : key->id));
        row.key_id = bytes_of(id, sizeof(id));
    }
    const struct db_key *with = key == NULL ? sealing_key(fate->payload.key) : key;
    if (with != NULL && with->has_citizen) {
        row.citizen_ref = bytes_of(with->citizen_ref, CITIZEN_REF_SIZE);
    }
    if (with != NULL && !with->destroyed) {
        row.wrapped = bytes_of(with->wrapped, VAULT_WRAPPED_SIZE);
    }
    return vault_read(&inspector, &row, headers, value).state;
}

enum payload_state
sealing_open(const struct db_fate *fate, struct bytes *headers, struct bytes *value)
{
    return open_with(fate, NULL, headers, value);
}

void sealing_check(int32_t partition, int64_t offset)
{
    const struct db_fate *fate = &sim.database.fates[partition][offset];
    const struct record *record = &sim.broker.log[partition].at[offset].record;
    struct bytes headers;
    struct bytes value;
    if (!fate->stored || (fate->fate != FATE_DECIDED && fate->fate != FATE_DLQ)) {
        return;
    }
    enum payload_state state = sealing_open(fate, &headers, &value);
    if ((fate->payload.key != 0) != sim.plot.seals) {
        sim_breach("the payload of %d/%lld is stored in clear", partition, (long long)offset);
    } else if (state != (fate->erased ? PAYLOAD_ERASED : PAYLOAD_WHOLE)) {
        sim_breach("the payload of %d/%lld: %s", partition, (long long)offset, payload_text(state));
    } else if (!fate->erased && !bytes_equal(value, record->value)) {
        sim_breach("the payload of %d/%lld is not what came", partition, (long long)offset);
    }
    for (uint32_t i = 0; i < sim.database.key_count && fate->erased; i++) {
        if (!sim.database.keys[i].destroyed &&
            open_with(fate, &sim.database.keys[i], &headers, &value) == PAYLOAD_WHOLE) {
            sim_breach("the payload of %d/%lld is erased, and key %u opens it",
                       partition,
                       (long long)offset,
                       i);
        }
    }
}
