/* mentord audit keygen, sign: anchors that a third party can tell to be ours. */

#include <inttypes.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"

#include "anchor.h"
#include "audit_tools.h"
#include "lines.h"

int audit_keygen(struct context *context, const char *path)
{
    struct err err;
    if (!ed25519_make(path, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    (void)fprintf(context->out,
                  "%s: the private key; keep it away from the database and its administrators\n"
                  "%s.pub: the public key; give it to those who verify\n",
                  path,
                  path);
    return EXIT_DONE;
}

static bool
sign_line(struct context *context, struct bytes line, const struct ed25519 *key, struct err *err)
{
    struct anchor anchor;
    json_t *event = NULL;
    struct text out = {0};
    bool done = anchor_read(line, &anchor, &event, err) && anchor_sign(&anchor, key, err);
    if (done) {
        anchor_write(&anchor, &out);
        text_add(&out, bytes_text("\n"));
        (void)fwrite(out.data, 1, out.size, context->out);
    }
    text_release(&out);
    json_decref(event);
    return done;
}

static bool
sign_lines(struct context *context, struct lines *lines, const struct ed25519 *key, struct err *err)
{
    struct bytes line;
    int got = 0;
    while ((got = lines_next(lines, &line, err)) == 1) {
        struct err why;
        if (!line_blank(line) && !sign_line(context, line, key, &why)) {
            return err_set(err, ERR_FATAL, "line %" PRId64 ": %.200s", lines->number, why.text);
        }
    }
    return got == 0;
}

int audit_sign(struct context *context, const char *path)
{
    const char *key_path = context->options.values[OPTION_KEY];
    struct lines lines;
    struct err err;
    if (key_path == NULL) {
        return command_usage(context, "audit sign: --key FILE is missing; audit keygen makes one");
    }
    struct ed25519 *key = ed25519_open(key_path, false, &err);
    if (key == NULL) {
        return command_fail(&err, EXIT_FAILED);
    }
    bool done = lines_open(&lines, path, &err);
    if (done) {
        done = sign_lines(context, &lines, key, &err);
        lines_close(&lines);
    }
    ed25519_close(&key);
    return done ? EXIT_DONE : command_fail(&err, EXIT_FAILED);
}
