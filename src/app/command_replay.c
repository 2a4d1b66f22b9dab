/* mentord replay: the log decided again, as it was or under other rules. */

#include <string.h>

#include "mentor/app/command.h"

#include "replay.h"

/* X(name): int replay_name(context, range). */
#define REPLAYS(X) X(verify) X(whatif)

static const struct {
    const char *name;
    int (*run)(struct context *context, const struct replay_range *range);
} replays[] = {
#define X(name) {#name, replay_##name},
    REPLAYS(X)
#undef X
};

int command_replay(struct context *context)
{
    const struct options *options = &context->options;
    struct replay_range range;
    for (size_t i = 0; i < sizeof(replays) / sizeof(replays[0]); i++) {
        if (options->operand_count == 1 && strcmp(options->operands[0], replays[i].name) == 0) {
            return replay_range_of(context, &range) ? replays[i].run(context, &range) : EXIT_USAGE;
        }
    }
    return command_usage(context, "replay: verify or whatif");
}
