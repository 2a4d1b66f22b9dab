/* mentord db: the schema. */

#include <string.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"

int command_db(struct context *context)
{
    const char *what = context->options.operand_count == 1 ? context->options.operands[0] : "";
    struct err err;
    bool current = false;
    if (strcmp(what, "migrate") == 0) {
        return context->edges.migrate(context->edges.self, &context->options, context->out, &err)
                   ? EXIT_DONE
                   : command_fail(&err, EXIT_FAILED);
    }
    if (strcmp(what, "status") == 0) {
        if (!context->edges.migrations(
                context->edges.self, &context->options, context->out, &current, &err)) {
            return command_fail(&err, EXIT_FAILED);
        }
        return current ? EXIT_DONE : EXIT_NO;
    }
    return command_usage(context, "db: migrate or status");
}
