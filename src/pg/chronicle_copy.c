/* Rows out of a binary COPY: https://www.postgresql.org/docs/current/sql-copy.html, Binary Format.
 */

#include "mentor/base/err.h"

#include "chronicle.h"

enum {
    FILE_HEADER_SIZE = 19, /* signature, flags, no extension: before the first row */
};

/* How many fields, then each with its size; -1 is null. */
static bool read_fields(struct bytes message, struct bytes *fields, int count)
{
    const uint8_t *at = message.data + 2;
    const uint8_t *end = message.data + message.size;
    if (message.size < 2 || int2_of(bytes_of(message.data, 2)) != count) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (end - at < 4) {
            return false;
        }
        uint32_t size = get_be32(at);
        at += 4;
        fields[i] = (struct bytes){0};
        if (size == UINT32_MAX) {
            continue;
        }
        if ((size_t)(end - at) < size) {
            return false;
        }
        fields[i] = bytes_of(at, size);
        at += size;
    }
    return at == end;
}

bool chronicle_copy(struct pg_chronicle *chronicle, const struct statement *copy, struct err *err)
{
    chronicle->copy_begins = true;
    return session_copy(&chronicle->session, copy, err);
}

void chronicle_copy_drop(struct pg_chronicle *chronicle)
{
    for (uint32_t i = 0; i < chronicle->message_count; i++) {
        PQfreemem(chronicle->messages[i]);
    }
    chronicle->message_count = 0;
    vault_drop(&chronicle->vault);
}

int chronicle_copy_next(struct pg_chronicle *chronicle,
                        struct bytes *fields,
                        int count,
                        struct err *err)
{
    char *data = NULL;
    int size = 0;
    int got = session_copy_next(&chronicle->session, &data, &size, err);
    if (got <= 0) {
        return got;
    }
    CHECK(chronicle->message_count <= CHRONICLE_MESSAGES_MAX);
    chronicle->messages[chronicle->message_count++] = data;
    struct bytes message = bytes_of(data, (size_t)size);
    if (chronicle->copy_begins && message.size >= FILE_HEADER_SIZE) {
        message = bytes_of(message.data + FILE_HEADER_SIZE, message.size - FILE_HEADER_SIZE);
    }
    chronicle->copy_begins = false;
    if (message.size == 2 &&
        int2_of(message) == -1) { /* the trailer; only the end comes after it */
        return session_copy_next(&chronicle->session, &data, &size, err);
    }
    if (!read_fields(message, fields, count)) {
        (void)err_set(err, ERR_FATAL, "PostgreSQL: a copied row has another form than asked for");
        return -1;
    }
    return 1;
}
