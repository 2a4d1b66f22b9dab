/* What candidates would have decided, as workers with --shadow have counted it. */

#include "archive.h"
#include "field.h"
#include "sql_embedded.h"

bool archive_shadow_counts(void *self,
                           const struct archived_shadow **rows,
                           uint32_t *count,
                           struct err *err)
{
    static const struct statement ask = {"archive_shadow", sql_archive_shadow};
    struct pg_archive *archive = self;
    if (!archive_ready(archive, err) || !archive_ask(archive, &ask, &(struct params){0}, err)) {
        return false;
    }
    const PGresult *got = session_result(&archive->session, 0);
    struct archived_shadow *out = archive_hand_out(archive, PQntuples(got), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(got); row++) {
        struct archived_shadow *to = &out[row];
        field_copy(got, row, 0, to->candidate_sha256, SHA256_SIZE);
        to->candidate_name = field_text(got, row, 1);
        to->candidate_version = field_text(got, row, 2);
        field_copy(got, row, 3, to->count.rulebook_sha256, SHA256_SIZE);
        to->name = field_text(got, row, 4);
        to->version = field_text(got, row, 5);
        to->count.outcome = (enum outcome)int2_of(field_bytes(got, row, 6));
        to->count.candidate_outcome = (enum outcome)int2_of(field_bytes(got, row, 7));
        to->count.decided = field_int8(got, row, 8);
        to->count.diverged = field_int8(got, row, 9);
        to->count.granted_ore = field_int8(got, row, 10);
        to->count.candidate_ore = field_int8(got, row, 11);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(got);
    return true;
}

static void take_rules(char to[SHADOW_RULES_SIZE], struct bytes text)
{
    size_t size = text.size < SHADOW_RULES_SIZE - 1 ? text.size : SHADOW_RULES_SIZE - 1;
    memcpy(to, text.data, size);
    to[size] = '\0';
}

bool archive_divergences(void *self,
                         uint32_t most,
                         const struct archived_divergence **rows,
                         uint32_t *count,
                         struct err *err)
{
    static const struct statement ask = {"archive_divergences", sql_archive_divergences};
    struct pg_archive *archive = self;
    struct params params = {0};
    params_int4(&params, (int32_t)most);
    if (!archive_ready(archive, err) || !archive_ask(archive, &ask, &params, err)) {
        return false;
    }
    const PGresult *got = session_result(&archive->session, 0);
    struct archived_divergence *out = archive_hand_out(archive, PQntuples(got), sizeof(*out), err);
    if (out == NULL) {
        return false;
    }
    for (int row = 0; row < PQntuples(got); row++) {
        struct shadow_divergence *to = &out[row].divergence;
        field_copy(got, row, 0, out[row].candidate_sha256, SHA256_SIZE);
        field_copy(got, row, 1, to->rulebook_sha256, SHA256_SIZE);
        out[row].partition = field_int4(got, row, 2);
        to->offset = field_int8(got, row, 3);
        field_copy(got, row, 4, to->application_id, UUID_SIZE);
        to->version = (uint32_t)field_int8(got, row, 5);
        to->evaluated_at_ms = field_int8(got, row, 6);
        to->outcome = (enum outcome)int2_of(field_bytes(got, row, 7));
        to->candidate_outcome = (enum outcome)int2_of(field_bytes(got, row, 8));
        take_rules(to->rules, field_bytes(got, row, 9));
        take_rules(to->candidate_rules, field_bytes(got, row, 10));
        to->granted_ore = field_int8(got, row, 11);
        to->candidate_ore = field_int8(got, row, 12);
    }
    *rows = out;
    *count = (uint32_t)PQntuples(got);
    return true;
}
