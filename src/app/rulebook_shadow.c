#include "rulebook_shadow.h"

#include <inttypes.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "members.h"

enum {
    LISTED_MOST = 1000,
    LISTED_FOR_PEOPLE = 20,
};

/* `from`: the rows of one candidate beside one rulebook; they stand together. */
static uint32_t pair_end(const struct archived_shadow *rows,
                         uint32_t from,
                         uint32_t count,
                         struct shadow_count *sum)
{
    uint32_t at = from;
    *sum = (struct shadow_count){0};
    while (at < count &&
           memcmp(rows[at].candidate_sha256, rows[from].candidate_sha256, SHA256_SIZE) == 0 &&
           memcmp(rows[at].count.rulebook_sha256, rows[from].count.rulebook_sha256, SHA256_SIZE) ==
               0) {
        sum->decided += rows[at].count.decided;
        sum->diverged += rows[at].count.diverged;
        sum->granted_ore += rows[at].count.granted_ore;
        sum->candidate_ore += rows[at].count.candidate_ore;
        at++;
    }
    return at;
}

static const char *outcome_word(enum outcome outcome)
{
    static const char *const words[] = {"FAILED", "APPROVED", "REJECTED", "REFERRED"};
    return (uint32_t)outcome < sizeof(words) / sizeof(words[0]) ? words[outcome] : "UNKNOWN";
}

static void print_pair(FILE *out,
                       const struct archived_shadow *rows,
                       uint32_t count,
                       const struct shadow_count *sum)
{
    (void)fprintf(out,
                  "%s %s beside %s %s: %" PRId64 " decided, %" PRId64 " diverge\n"
                  "  granted %" PRId64 " øre, by the candidate %" PRId64 ", difference %+" PRId64
                  "\n",
                  rows->candidate_name,
                  rows->candidate_version,
                  rows->name,
                  rows->version,
                  sum->decided,
                  sum->diverged,
                  sum->granted_ore,
                  sum->candidate_ore,
                  sum->candidate_ore - sum->granted_ore);
    for (uint32_t i = 0; i < count; i++) {
        const struct shadow_count *row = &rows[i].count;
        (void)fprintf(out,
                      "  %-8s -> %-8s %10" PRId64 ", %" PRId64 " diverge, %+" PRId64 " øre\n",
                      outcome_word(row->outcome),
                      outcome_word(row->candidate_outcome),
                      row->decided,
                      row->diverged,
                      row->candidate_ore - row->granted_ore);
    }
}

static void add_text(struct text *line, const char *key, const char *value)
{
    text_add(line, bytes_text(key));
    text_add_json(line, bytes_text(value));
}

static void add_count(struct text *line, const struct shadow_count *count)
{
    add_number_member(line, "\"decided\":", count->decided);
    add_number_member(line, ",\"diverged\":", count->diverged);
    add_number_member(line, ",\"grantedOre\":", count->granted_ore);
    add_number_member(line, ",\"candidateOre\":", count->candidate_ore);
}

static void print_pair_json(FILE *out,
                            const struct archived_shadow *rows,
                            uint32_t count,
                            const struct shadow_count *sum)
{
    struct text line = {0};
    add_text(&line, "{\"candidate\":{\"name\":", rows->candidate_name);
    add_text(&line, ",\"version\":", rows->candidate_version);
    add_hex_member(&line, ",\"sha256\":", rows->candidate_sha256, SHA256_SIZE);
    add_text(&line, "},\"rulebook\":{\"name\":", rows->name);
    add_text(&line, ",\"version\":", rows->version);
    add_hex_member(&line, ",\"sha256\":", rows->count.rulebook_sha256, SHA256_SIZE);
    text_add(&line, bytes_text("},"));
    add_count(&line, sum);
    text_add(&line, bytes_text(",\"outcomes\":["));
    for (uint32_t i = 0; i < count; i++) {
        add_text(&line, i == 0 ? "{\"from\":" : ",{\"from\":", outcome_word(rows[i].count.outcome));
        add_text(&line, ",\"to\":", outcome_word(rows[i].count.candidate_outcome));
        text_add(&line, bytes_text(","));
        add_count(&line, &rows[i].count);
        text_add(&line, bytes_text("}"));
    }
    text_add(&line, bytes_text("]}\n"));
    (void)fwrite(line.data, 1, line.size, out);
    text_release(&line);
}

static void print_divergence(FILE *out, const struct archived_divergence *row)
{
    const struct shadow_divergence *told = &row->divergence;
    char time[RFC3339_SIZE];
    char id[UUID_TEXT_SIZE];
    size_t size = rfc3339_format(rfc3339_of_ms(told->evaluated_at_ms), time);
    uuid_format(told->application_id, id);
    (void)fprintf(out,
                  "  %.*s  %.*s version %u  %s -> %s  %s | %s  %" PRId64 " -> %" PRId64 " øre\n",
                  (int)size,
                  time,
                  UUID_TEXT_SIZE,
                  id,
                  told->version,
                  outcome_word(told->outcome),
                  outcome_word(told->candidate_outcome),
                  told->rules,
                  told->candidate_rules,
                  told->granted_ore,
                  told->candidate_ore);
}

static void print_divergence_json(FILE *out, const struct archived_divergence *row)
{
    const struct shadow_divergence *told = &row->divergence;
    struct text line = {0};
    char id[UUID_TEXT_SIZE];
    uuid_format(told->application_id, id);
    text_add(&line, bytes_text("{\"divergence\":{\"applicationId\":"));
    text_add_json(&line, bytes_of(id, UUID_TEXT_SIZE));
    add_number_member(&line, ",\"version\":", told->version);
    add_moment_member(&line, ",\"evaluatedAt\":", told->evaluated_at_ms);
    add_number_member(&line, ",\"partition\":", row->partition);
    add_number_member(&line, ",\"offset\":", told->offset);
    add_hex_member(&line, ",\"candidate\":", row->candidate_sha256, SHA256_SIZE);
    add_hex_member(&line, ",\"rulebook\":", told->rulebook_sha256, SHA256_SIZE);
    add_text(&line, ",\"from\":", outcome_word(told->outcome));
    add_text(&line, ",\"to\":", outcome_word(told->candidate_outcome));
    add_text(&line, ",\"rules\":", told->rules);
    add_text(&line, ",\"candidateRules\":", told->candidate_rules);
    add_number_member(&line, ",\"grantedOre\":", told->granted_ore);
    add_number_member(&line, ",\"candidateOre\":", told->candidate_ore);
    text_add(&line, bytes_text("}}\n"));
    (void)fwrite(line.data, 1, line.size, out);
    text_release(&line);
}

static bool
print_pairs(struct context *context, struct archive *archive, bool json, struct err *err)
{
    const struct archived_shadow *rows = NULL;
    uint32_t count = 0;
    if (!archive->shadow_counts(archive->self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t from = 0, to = 0; from < count; from = to) {
        struct shadow_count sum;
        to = pair_end(rows, from, count, &sum);
        (json ? print_pair_json : print_pair)(context->out, &rows[from], to - from, &sum);
    }
    if (count == 0 && !json) {
        (void)fputs("no worker has run with --shadow on this database\n", context->out);
    }
    return true;
}

int rulebook_shadow(struct context *context)
{
    bool json = options_flag(&context->options, OPTION_JSON);
    const struct archived_divergence *rows = NULL;
    struct archive archive;
    struct err err;
    uint32_t count = 0;
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !print_pairs(context, &archive, json, &err) ||
        !archive.divergences(
            archive.self, json ? LISTED_MOST : LISTED_FOR_PEOPLE, &rows, &count, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (count > 0 && !json) {
        (void)fputs("the newest divergences:\n", context->out);
    }
    for (uint32_t i = 0; i < count; i++) {
        (json ? print_divergence_json : print_divergence)(context->out, &rows[i]);
    }
    return EXIT_DONE;
}
