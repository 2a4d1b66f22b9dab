/* mentord audit rekey: the master key is changed, and every data key wrapped with the new one. */

#include <inttypes.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"

#include "erasure.h"
#include "progress.h"

static const char *word(bool value)
{
    return value ? "true" : "false";
}

static void
print_json(const struct context *context, const struct archived_rekeying *rekeying, bool dry)
{
    (void)fprintf(context->out,
                  "{\"begun\":%s,\"finished\":%s,\"dryRun\":%s,\"keysLeft\":%" PRId64
                  ",\"keysRewrapped\":%" PRId64 ",\"keysUnopened\":%" PRId64 "}\n",
                  word(rekeying->begun),
                  word(rekeying->finished),
                  word(dry),
                  rekeying->left,
                  rekeying->rewrapped,
                  rekeying->unopened);
}

static void
print_text(const struct context *context, const struct archived_rekeying *rekeying, bool dry)
{
    if (dry) {
        (void)fprintf(context->out,
                      "%s, %" PRId64 " data keys are to be wrapped with the new master key\n",
                      rekeying->finished ? "finished"
                      : rekeying->begun  ? "begun"
                                         : "not begun",
                      rekeying->left);
    } else if (rekeying->finished) {
        (void)fprintf(context->out,
                      "finished: %" PRId64
                      " data keys wrapped with the new master key; from now on "
                      "give it alone, as --master-key-file. Backups made before need the old one\n",
                      rekeying->rewrapped);
    }
}

static bool run(struct context *context, struct archived_rekeying *rekeying, struct err *err)
{
    const char *why = context->options.values[OPTION_WHY];
    bool dry = options_flag(&context->options, OPTION_DRY_RUN);
    struct archive archive;
    struct progress progress;
    *rekeying = (struct archived_rekeying){0};
    if (!context->edges.archive(context->edges.self, &context->options, &archive, err) ||
        !archive.rekey(archive.self, why, rekeying, err)) {
        return false;
    }
    progress_begin(&progress, context->clock, "keys");
    bool done = true;
    while (done && !dry && !rekeying->finished && !rekeying->stuck) {
        int64_t before = rekeying->rewrapped;
        done = archive.rekey(archive.self, why, rekeying, err);
        progress_add(&progress, rekeying->rewrapped - before);
    }
    progress_end(&progress);
    return done;
}

int audit_rekey(struct context *context)
{
    const struct options *options = &context->options;
    bool dry = options_flag(options, OPTION_DRY_RUN);
    struct archived_rekeying rekeying;
    struct err err;
    if (options->values[OPTION_MASTER_KEY_FILE] == NULL ||
        options->values[OPTION_NEW_MASTER_KEY_FILE] == NULL) {
        return command_usage(context,
                             "audit rekey: needs --master-key-file, the old one, and "
                             "--new-master-key-file");
    }
    if (!erasure_has_why(context)) {
        return EXIT_USAGE;
    }
    if (!run(context, &rekeying, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    (options_flag(options, OPTION_JSON) ? print_json : print_text)(context, &rekeying, dry);
    if (!rekeying.stuck) {
        return EXIT_DONE;
    }
    (void)err_set(&err,
                  ERR_FATAL,
                  "%" PRId64 " data keys (mentord.citizen_key, id %" PRId64 " is one) do not open "
                  "with the old master key; all are changed but them and those in rows with them: "
                  "restore them or erase their citizens, and run it again; until then give both "
                  "master keys",
                  rekeying.unopened,
                  rekeying.first_unopened);
    return command_fail(&err, EXIT_NO);
}
