/* mentord rulebook: check one, show it, test it, compare two; list what is stored, and put one in
 * force. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"
#include "mentor/wire/json.h"
#include "mentor/wire/rfc3339.h"

#include "rulebook_cases.h"
#include "rulebook_diff.h"
#include "rulebook_shadow.h"
#include "rulebook_show.h"

static void complain(void *self, const char *name, int line, int column, const char *text)
{
    int *count = self;
    (*count)++;
    (void)fprintf(stderr, "%s:%d:%d: %s\n", name, line, column, text);
}

static struct rulebook *open_file(const char *path, int *code)
{
    int complaints = 0;
    struct err err;
    struct rulebook_complaints to = {.complain = complain, .self = &complaints};
    struct rulebook *rulebook = rulebook_open(path, &to, &err);
    if (rulebook == NULL) {
        *code = complaints > 0 ? EXIT_NO : command_fail(&err, EXIT_FAILED);
    }
    return rulebook;
}

static int lint(struct context *context, const struct rulebook *rulebook, const char *path)
{
    (void)fprintf(context->out,
                  "%s: good: %.*s %.*s, %u laws\n",
                  path,
                  BYTES_ARGS(rulebook->name),
                  BYTES_ARGS(rulebook->version),
                  rulebook->law_count);
    return EXIT_DONE;
}

static int show(struct context *context, const struct rulebook *rulebook, const char *path)
{
    (void)path;
    rulebook_show(rulebook, context->out);
    return EXIT_DONE;
}

typedef int rulebook_fn(struct context *context, const struct rulebook *rulebook, const char *path);

static int with_file(struct context *context, rulebook_fn *run)
{
    const struct options *options = &context->options;
    const char *path = options->operand_count >= 2                ? options->operands[1]
                       : options->values[OPTION_RULEBOOK] != NULL ? options->values[OPTION_RULEBOOK]
                                                                  : context->rulebook;
    int code = EXIT_FAILED;
    struct rulebook *rulebook = open_file(path, &code);
    if (rulebook != NULL) {
        code = run(context, rulebook, path);
    }
    rulebook_close(&rulebook);
    return code;
}

static int test(struct context *context, const struct rulebook *rulebook, const char *path)
{
    (void)path;
    return rulebook_cases(context, rulebook, context->options.operands[2]);
}

static void print_change(void *self, const char *path, const char *before, const char *after)
{
    struct context *context = self;
    if (!options_flag(&context->options, OPTION_JSON)) {
        (void)fprintf(context->out, "%s: %s -> %s\n", path, before, after);
        return;
    }
    struct text text = {0};
    text_add(&text, bytes_text("{\"path\":"));
    text_add_json(&text, bytes_text(path));
    text_add(&text, bytes_text(",\"before\":"));
    text_add_json(&text, bytes_text(before));
    text_add(&text, bytes_text(",\"after\":"));
    text_add_json(&text, bytes_text(after));
    (void)fprintf(context->out, "%.*s}\n", (int)text.size, text.data);
    text_release(&text);
}

/* A file, else the version of a stored rulebook. */
static struct rulebook *open_either(struct context *context, const char *what, int *code)
{
    const struct archived_rulebook *stored = NULL;
    struct archive archive;
    struct bytes yaml = {0};
    struct err err;
    uint32_t count = 0;
    if (access(what, F_OK) == 0) {
        return open_file(what, code);
    }
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !archive.rulebooks(archive.self, &stored, &count, &err)) {
        *code = command_fail(&err, EXIT_FAILED);
        return NULL;
    }
    uint32_t i = 0;
    while (i < count && strcmp(stored[i].version, what) != 0) {
        i++;
    }
    if (i == count) {
        (void)err_set(
            &err,
            ERR_FATAL,
            "%s is neither a file nor the version of a stored rulebook; see mentord rulebook list",
            what);
        *code = command_fail(&err, EXIT_FAILED);
        return NULL;
    }
    uint8_t sha256[SHA256_SIZE];
    memcpy(sha256, stored[i].sha256, SHA256_SIZE);
    struct rulebook *rulebook = archive.rulebook(archive.self, sha256, &yaml, &err)
                                    ? rulebook_parse(what, yaml, NULL, &err)
                                    : NULL;
    if (rulebook == NULL) {
        *code = command_fail(&err, EXIT_FAILED);
    }
    return rulebook;
}

static int diff(struct context *context)
{
    const struct rulebook_changes changes = {print_change, context};
    int code = EXIT_FAILED;
    struct rulebook *before = open_either(context, context->options.operands[1], &code);
    struct rulebook *after =
        before == NULL ? NULL : open_either(context, context->options.operands[2], &code);
    if (after != NULL) {
        code = rulebook_diff(before, after, &changes) > 0 ? EXIT_NO : EXIT_DONE;
    }
    rulebook_close(&before);
    rulebook_close(&after);
    return code;
}

static void print_time(FILE *out, const char *before, int64_t ms, const char *after)
{
    char time[RFC3339_SIZE];
    size_t size = rfc3339_format(rfc3339_of_ms(ms), time);
    (void)fprintf(out, "%s%.*s%s", before, (int)size, time, after);
}

static void print_stored(FILE *out, const struct archived_rulebook *row)
{
    char hex[2 * SHA256_SIZE];
    hex_encode(row->sha256, SHA256_SIZE, hex);
    (void)fprintf(out, "%s %s  %.16s…  ", row->name, row->version, hex);
    if (row->published) {
        print_time(out, "from ", row->effective_from_ms, ", published by ");
        (void)fprintf(out, "%s%s\n", row->published_by, row->in_force ? ", in force" : "");
    } else {
        (void)fprintf(out, "not published\n");
    }
}

static void add_time(struct text *line, const char *name, int64_t ms)
{
    char time[RFC3339_SIZE];
    size_t size = rfc3339_format(rfc3339_of_ms(ms), time);
    text_add(line, bytes_text(name));
    text_add_json(line, bytes_of(time, size));
}

static void print_stored_json(FILE *out, const struct archived_rulebook *row)
{
    struct text line = {0};
    char hex[2 * SHA256_SIZE];
    hex_encode(row->sha256, SHA256_SIZE, hex);
    text_add(&line, bytes_text("{\"name\":"));
    text_add_json(&line, bytes_text(row->name));
    text_add(&line, bytes_text(",\"version\":"));
    text_add_json(&line, bytes_text(row->version));
    text_add(&line, bytes_text(",\"sha256\":"));
    text_add_json(&line, bytes_of(hex, sizeof(hex)));
    add_time(&line, ",\"storedAt\":", row->stored_at_ms);
    if (row->published) {
        add_time(&line, ",\"effectiveFrom\":", row->effective_from_ms);
        add_time(&line, ",\"publishedAt\":", row->published_at_ms);
        text_add(&line, bytes_text(",\"publishedBy\":"));
        text_add_json(&line, bytes_text(row->published_by));
    }
    text_add(&line, bytes_text(row->in_force ? ",\"inForce\":true}\n" : ",\"inForce\":false}\n"));
    (void)fwrite(line.data, 1, line.size, out);
    text_release(&line);
}

static int list(struct context *context)
{
    const struct archived_rulebook *rows = NULL;
    struct archive archive;
    struct err err;
    uint32_t count = 0;
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !archive.rulebooks(archive.self, &rows, &count, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    bool json = options_flag(&context->options, OPTION_JSON);
    for (uint32_t i = 0; i < count; i++) {
        (json ? print_stored_json : print_stored)(context->out, &rows[i]);
    }
    return EXIT_DONE;
}

static bool effective_from(const struct context *context, int64_t *ms)
{
    const char *text = context->options.values[OPTION_EFFECTIVE_FROM];
    struct rfc3339 moment;
    int32_t day = 0;
    if (strcmp(text, "now") == 0) {
        *ms = context->clock.wall_ms(context->clock.self);
    } else if (date_parse(bytes_text(text), &day)) {
        *ms = date_begins_ms(day);
    } else if (rfc3339_parse(bytes_text(text), &moment)) {
        *ms = rfc3339_ms(moment);
    } else {
        return false;
    }
    return true;
}

/* When one that was just published decides, as the database has it: another of its name with a
 * later day may be in force already, or come. */
static bool say_when(struct context *context,
                     struct archive *archive,
                     const struct archived_rulebook *published,
                     struct err *err)
{
    const struct archived_rulebook *rows = NULL;
    const struct archived_rulebook *own = NULL;
    const struct archived_rulebook *next = NULL; /* the first after it */
    const struct archived_rulebook *now = NULL;  /* in force, and after it */
    uint32_t count = 0;
    FILE *out = context->out;
    if (!archive->rulebooks(archive->self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (memcmp(rows[i].sha256, published->sha256, SHA256_SIZE) == 0) {
            own = &rows[i];
        } else if (own != NULL && strcmp(rows[i].name, published->name) == 0) {
            next = next == NULL ? &rows[i] : next;
            now = rows[i].in_force ? &rows[i] : now;
        }
    }
    if (own == NULL) {
        return err_set(err,
                       ERR_FATAL,
                       "%s %s was published and is not there; see mentord rulebook list",
                       published->name,
                       published->version);
    }
    (void)fprintf(out, "%s %s ", own->name, own->version);
    if (now != NULL) {
        print_time(out, "decides nothing: its day is ", own->effective_from_ms, ", and ");
        (void)fprintf(out, "%s %s ", now->name, now->version);
        print_time(out, "is in force from ", now->effective_from_ms, " and stays\n");
        return true;
    }
    print_time(out,
               own->in_force ? "decides from now on, its day being " : "decides from ",
               own->effective_from_ms,
               own->in_force ? "" : " on");
    if (next != NULL) {
        (void)fprintf(out, ", until %s %s ", next->name, next->version);
        print_time(out, "does from ", next->effective_from_ms, " on");
    }
    (void)fputc('\n', out);
    return true;
}

static int publish(struct context *context, const struct rulebook *rulebook, const char *path)
{
    char name[RULEBOOK_WORD_SIZE];
    char version[RULEBOOK_WORD_SIZE];
    struct archived_rulebook row = {.name = name, .version = version};
    struct archive archive;
    struct err err;
    bool published = false;
    (void)snprintf(name, sizeof(name), "%.*s", BYTES_ARGS(rulebook->name));
    (void)snprintf(version, sizeof(version), "%.*s", BYTES_ARGS(rulebook->version));
    memcpy(row.sha256, rulebook->sha256, SHA256_SIZE);
    if (!effective_from(context, &row.effective_from_ms)) {
        return command_usage(
            context,
            "--effective-from: '%s' is neither now, a day as 2027-01-01 nor a time as "
            "2027-01-01T00:00:00+01:00",
            context->options.values[OPTION_EFFECTIVE_FROM]);
    }
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (!archive.publish(archive.self, &row, rulebook->source, &published, &err)) {
        return command_fail(&err, err.kind == ERR_HALT ? EXIT_NO : EXIT_FAILED);
    }
    if (!published) {
        (void)err_set(&err,
                      ERR_FATAL,
                      "%s: %s %s is published already; see mentord rulebook list",
                      path,
                      name,
                      version);
        return command_fail(&err, EXIT_NO);
    }
    return say_when(context, &archive, &row, &err) ? EXIT_DONE : command_fail(&err, EXIT_FAILED);
}

int command_rulebook(struct context *context)
{
    static const struct {
        const char *name;
        uint32_t least; /* operands, with the name */
        uint32_t most;
        rulebook_fn *with_file; /* else: */
        int (*run)(struct context *context);
    } table[] = {
        {"lint", 1, 2, lint, NULL},
        {"show", 1, 2, show, NULL},
        {"test", 3, 3, test, NULL},
        {"publish", 2, 2, publish, NULL},
        {"diff", 3, 3, NULL, diff},
        {"list", 1, 1, NULL, list},
        {"shadow", 1, 1, NULL, rulebook_shadow},
    };
    uint32_t count = context->options.operand_count;
    const char *what = count > 0 ? context->options.operands[0] : "";
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(what, table[i].name) == 0 && count >= table[i].least && count <= table[i].most) {
            return table[i].with_file != NULL ? with_file(context, table[i].with_file)
                                              : table[i].run(context);
        }
    }
    return command_usage(
        context,
        "rulebook: lint [FILE], show [FILE], test FILE CASES, diff A B, publish FILE, list or shadow");
}
