#include "vault.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/base/endian_be.h"
#include "mentor/base/err.h"
#include "mentor/base/guard.h"
#include "mentor/pg/pg.h"

#include "field.h"
#include "session.h"
#include "sql_embedded.h"

enum {
    CACHE = 4096, /* data keys; a power of two */
    HEADERS_SIZE = 4,
    PLACE_SIZE = 1 + 8 + 8,
    KEY_CITIZEN_MAX = 16,
    KEY_PLACE_MAX = 1 + 8 + KEY_CITIZEN_MAX,
};

/* With its row's text: a server that lost commits gives an id a second time, to another key. */
struct vault_cached {
    int64_t id; /* 0: none */
    uint8_t key[SEAL_KEY_SIZE];
    uint8_t wrapped[VAULT_WRAPPED_SIZE];
};

struct vault_room {
    struct vault_room *next;
    uint8_t data[];
};

bool vault_init(struct vault *vault, const struct pg_settings *settings, struct err *err)
{
    *vault = (struct vault){0};
    if (settings->master_key == NULL) {
        return true;
    }
    memcpy(vault->master, settings->master_key, SEAL_KEY_SIZE);
    if (settings->new_master_key != NULL) {
        vault->has_other = true;
        memcpy(vault->other, settings->new_master_key, SEAL_KEY_SIZE);
    }
    vault->wrapping = sealer_open();
    vault->sealing = sealer_open();
    vault->cached = calloc(CACHE, sizeof(*vault->cached));
    vault->is_open = vault->wrapping != NULL && vault->sealing != NULL && vault->cached != NULL;
    if (!vault->is_open) {
        vault_release(vault);
        return err_set(err, ERR_FATAL, "sealing: no memory, or this libcrypto has no AES-256-GCM");
    }
    return true;
}

void vault_release(struct vault *vault)
{
    vault_drop(vault);
    sealer_close(&vault->wrapping);
    sealer_close(&vault->sealing);
    if (vault->cached != NULL) {
        seal_wipe(vault->cached, CACHE * sizeof(*vault->cached));
    }
    free(vault->cached);
    seal_wipe(vault, sizeof(*vault));
}

void vault_fingerprint(const uint8_t master[SEAL_KEY_SIZE], uint8_t fingerprint[SHA256_SIZE])
{
    struct hmac_key key;
    hmac_key_init(&key, bytes_of(master, SEAL_KEY_SIZE));
    hmac_of(&key, bytes_text("mentord master key"), fingerprint);
    seal_wipe(&key, sizeof(key));
}

static bool ask(struct session *session,
                const struct statement *statement,
                const struct params *params,
                struct err *err)
{
    return session_send_once(session, statement, params, err) && session_run(session, err);
}

static bool is_of(const PGresult *rows, int row, const uint8_t master[SEAL_KEY_SIZE])
{
    uint8_t fingerprint[SHA256_SIZE];
    vault_fingerprint(master, fingerprint);
    return row < PQntuples(rows) &&
           bytes_equal(field_bytes(rows, row, 1), bytes_of(fingerprint, sizeof(fingerprint)));
}

static void swap(struct vault *vault)
{
    uint8_t master[SEAL_KEY_SIZE];
    memcpy(master, vault->master, SEAL_KEY_SIZE);
    memcpy(vault->master, vault->other, SEAL_KEY_SIZE);
    memcpy(vault->other, master, SEAL_KEY_SIZE);
    seal_wipe(master, sizeof(master));
}

/* `rows`: vault_master.sql. */
static bool choose(struct vault *vault, const PGresult *rows, struct err *err)
{
    if (vault->has_other && is_of(rows, 0, vault->other)) {
        swap(vault);
    }
    if (!is_of(rows, 0, vault->master)) {
        return err_set(err,
                       ERR_FATAL,
                       is_of(rows, 1, vault->master)
                           ? "--master-key-file: this database's master key was changed by "
                             "`mentord audit rekey`; give the new one as --new-master-key-file"
                           : "--master-key-file: this database is sealed with another master key; "
                             "give the one that it was last used with");
    }
    if (!field_bool(rows, 0, 2) && !(vault->has_other && is_of(rows, 1, vault->other))) {
        return err_set(err,
                       ERR_FATAL,
                       "`mentord audit rekey` has not come to its end: give the old master key as "
                       "--master-key-file and the new one as --new-master-key-file until it has");
    }
    vault->number = int2_of(field_bytes(rows, 0, 0));
    return true;
}

bool vault_check(struct vault *vault, struct session *session, bool claim, struct err *err)
{
    static const struct statement set = {"vault_claim", sql_vault_claim};
    static const struct statement look = {"vault_master", sql_vault_master};
    uint8_t ours[SHA256_SIZE];
    struct params params = {0};
    if (vault->is_open) {
        vault_fingerprint(vault->master, ours);
        params_bytes(&params, bytes_of(ours, sizeof(ours)));
    }
    if ((vault->is_open && claim && !ask(session, &set, &params, err)) ||
        !ask(session, &look, &(struct params){0}, err)) {
        return false;
    }
    const PGresult *rows = session_result(session, 0);
    bool sealed = PQntuples(rows) > 0;
    if (sealed && !vault->is_open && claim) {
        return err_set(err,
                       ERR_FATAL,
                       "this database is sealed with a master key: give the worker its "
                       "--master-key-file");
    }
    return !sealed || !vault->is_open || choose(vault, rows, err);
}

static struct bytes
key_place(int64_t id, struct bytes citizen_ref, uint8_t place[static KEY_PLACE_MAX])
{
    CHECK(citizen_ref.size <= KEY_CITIZEN_MAX);
    place[0] = 'K';
    put_be64(place + 1, (uint64_t)id);
    if (citizen_ref.size > 0) {
        memcpy(place + 9, citizen_ref.data, citizen_ref.size);
    }
    return bytes_of(place, 9 + citizen_ref.size);
}

static struct bytes payload_place(const struct vault_place *at, uint8_t place[static PLACE_SIZE])
{
    place[0] = (uint8_t)at->table;
    put_be64(place + 1, (uint64_t)at->progress_id);
    put_be64(place + 9, (uint64_t)at->offset);
    return bytes_of(place, PLACE_SIZE);
}

/* Ids are a batch's number and a place in it; those of a batch lie side by side. */
static struct vault_cached *slot_of(struct vault *vault, int64_t id)
{
    uint64_t spread = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);
    return &vault->cached[spread >> 52];
}
_Static_assert(CACHE == 1 << 12, "slot_of takes the highest 12 bits");

static void remember(struct vault *vault,
                     int64_t id,
                     const uint8_t key[SEAL_KEY_SIZE],
                     const uint8_t wrapped[VAULT_WRAPPED_SIZE])
{
    struct vault_cached *slot = slot_of(vault, id);
    slot->id = id;
    memcpy(slot->key, key, SEAL_KEY_SIZE);
    memcpy(slot->wrapped, wrapped, VAULT_WRAPPED_SIZE);
}

/* NULL: it is to be unwrapped. */
static const uint8_t *remembered(struct vault *vault, int64_t id, struct bytes wrapped)
{
    const struct vault_cached *slot = slot_of(vault, id);
    bool same = wrapped.size == VAULT_WRAPPED_SIZE &&
                memcmp(slot->wrapped, wrapped.data, VAULT_WRAPPED_SIZE) == 0;
    return slot->id == id && (same || !GUARD(KEY_ROW)) ? slot->key : NULL;
}

void vault_make_key(struct vault *vault,
                    int64_t id,
                    struct bytes citizen_ref,
                    uint8_t key[SEAL_KEY_SIZE],
                    uint8_t wrapped[VAULT_WRAPPED_SIZE])
{
    uint8_t place[KEY_PLACE_MAX];
    struct bytes part = bytes_of(key, SEAL_KEY_SIZE);
    sealer_random_key(vault->sealing, key);
    sealer_seal(
        vault->wrapping, vault->master, key_place(id, citizen_ref, place), &part, 1, wrapped);
    remember(vault, id, key, wrapped);
}

bool vault_learn_key(struct vault *vault,
                     int64_t id,
                     struct bytes citizen_ref,
                     struct bytes wrapped,
                     uint8_t key[SEAL_KEY_SIZE])
{
    uint8_t place[KEY_PLACE_MAX];
    const uint8_t *known = remembered(vault, id, wrapped);
    if (known != NULL) {
        memcpy(key, known, SEAL_KEY_SIZE);
        return true;
    }
    if (wrapped.size != VAULT_WRAPPED_SIZE || citizen_ref.size > KEY_CITIZEN_MAX) {
        return false;
    }
    struct bytes at = key_place(id, citizen_ref, place);
    if (!sealer_unseal(vault->wrapping, vault->master, at, wrapped, key) &&
        !(vault->has_other && sealer_unseal(vault->wrapping, vault->other, at, wrapped, key))) {
        return false;
    }
    remember(vault, id, key, wrapped.data);
    return true;
}

bool vault_rewrap(struct vault *vault,
                  int64_t id,
                  struct bytes citizen_ref,
                  struct bytes wrapped,
                  uint8_t out[VAULT_WRAPPED_SIZE])
{
    uint8_t place[KEY_PLACE_MAX];
    uint8_t key[SEAL_KEY_SIZE] = {0};
    struct bytes part = bytes_of(key, sizeof(key));
    if (!vault_learn_key(vault, id, citizen_ref, wrapped, key)) {
        return false;
    }
    sealer_seal(vault->wrapping, vault->master, key_place(id, citizen_ref, place), &part, 1, out);
    seal_wipe(key, sizeof(key));
    return true;
}

void vault_seal(struct vault *vault,
                const uint8_t key[SEAL_KEY_SIZE],
                const struct vault_place *place,
                struct bytes headers,
                struct bytes value,
                uint8_t *out)
{
    uint8_t at[PLACE_SIZE];
    uint8_t size[HEADERS_SIZE];
    CHECK(headers.size <= UINT32_MAX);
    put_be32(size, (uint32_t)headers.size);
    const struct bytes parts[] = {bytes_of(size, sizeof(size)), headers, value};
    sealer_seal(vault->sealing, key, payload_place(place, at), parts, 3, out);
}

static bool open_sealed(struct vault *vault,
                        const struct vault_row *row,
                        struct bytes *headers,
                        struct bytes *value)
{
    uint8_t at[PLACE_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    int64_t id = int8_of(row->key_id);
    struct bytes sealed = *headers;
    if (sealed.size < VAULT_SEALED_MORE ||
        !vault_learn_key(vault, id, row->citizen_ref, row->wrapped, key)) {
        return false;
    }
    struct vault_room *room = malloc(sizeof(*room) + sealed.size);
    CHECK(room != NULL);
    room->next = vault->rooms;
    vault->rooms = room;
    size_t size = sealed.size - SEAL_OVERHEAD - HEADERS_SIZE;
    bool opened =
        sealer_unseal(vault->sealing, key, payload_place(&row->place, at), sealed, room->data);
    seal_wipe(key, sizeof(key));
    if (!opened || get_be32(room->data) > size) {
        return false;
    }
    *headers = bytes_of(room->data + HEADERS_SIZE, get_be32(room->data));
    *value = bytes_of(headers->data + headers->size, size - headers->size);
    return true;
}

struct payload vault_read(struct vault *vault,
                          const struct vault_row *row,
                          struct bytes *headers,
                          struct bytes *value)
{
    struct payload payload = {.state = PAYLOAD_WHOLE, .why = ""};
    if (row->by_citizen.size > 0) {
        payload.state = bool_of(row->by_citizen) ? PAYLOAD_ERASED : PAYLOAD_RETIRED;
        payload.gone_at_ms = row->gone_at_ms.size > 0 ? int8_of(row->gone_at_ms) : 0;
        payload.why = row->why.size > 0 ? (const char *)row->why.data : "";
    } else if (row->gone_at_ms.size > 0 || (row->key_id.size > 0 && row->wrapped.size == 0)) {
        /* Said to be erased, or its key is gone, and no erasure of it tells so. */
        payload.state = PAYLOAD_BROKEN;
    } else if (row->key_id.size > 0) {
        payload.state = !vault->is_open                           ? PAYLOAD_LOCKED
                        : open_sealed(vault, row, headers, value) ? PAYLOAD_WHOLE
                                                                  : PAYLOAD_BROKEN;
    }
    if (payload.state != PAYLOAD_WHOLE) {
        *headers = (struct bytes){0};
        *value = (struct bytes){0};
    }
    return payload;
}

void vault_drop(struct vault *vault)
{
    while (vault->rooms != NULL) {
        struct vault_room *room = vault->rooms;
        vault->rooms = room->next;
        free(room);
    }
}
