#include "mentor/app/command.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "mentor/app/metrics.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/core/status.h"

static const struct command {
    const char *name;
    uint32_t bit;
    const char *operands;
    const char *summary;
    int (*run)(struct context *context);
} commands[] = {
#define X(name, bit, operands, summary) {#name, bit, operands, summary, command_##name},
    COMMANDS(X)
#undef X
};

enum {
    COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]),
    JOBS_MAX = 16,
    FLUSH_MS = 30000,
    FLUSH_STOPPED_MS = 2000,
    FLUSH_SLICE_MS = 200,
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int command_fail(const struct err *err, int code)
{
    (void)fprintf(stderr, "mentord: %s\n", err->text);
    return code;
}

bool command_flush(const struct context *context, struct topic_writer *writer, struct err *err)
{
    const struct clock *clock = &context->clock;
    int64_t begun_us = clock->mono_us(clock->self);
    while (!writer->flush(writer->self, FLUSH_SLICE_MS, err)) {
        int64_t most_ms = *context->stop ? FLUSH_STOPPED_MS : FLUSH_MS;
        if (err->kind != ERR_RETRY || clock->mono_us(clock->self) - begun_us > most_ms * 1000) {
            return false;
        }
    }
    return true;
}

uint32_t command_jobs(const struct options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t jobs = options->numbers[OPTION_JOBS];
    jobs = jobs > 0 ? jobs : processors;
    return jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : (uint32_t)jobs;
}

int command_usage(const struct context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("mentord: ", stderr);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    const char *command = context->options.command;
    if (command != NULL && find_command(command) != NULL && strcmp(command, "help") != 0) {
        (void)fprintf(stderr, "; see mentord help %s\n", command);
    } else {
        (void)fputs("; see mentord help\n", stderr);
    }
    return EXIT_USAGE;
}

static void describe_command(FILE *out, const struct command *command)
{
    (void)fprintf(out,
                  "mentord %s%s%s%s\n\n%s\n",
                  command->name,
                  command->operands[0] == '\0' ? "" : " ",
                  command->operands,
                  command->bit == 0 ? "" : " [OPTION]…",
                  command->summary);
    if (command->bit != 0) {
        (void)fputs(
            "\nOptions (also as MENTORD_NAME in the environment, or in the file of --config):\n",
            out);
        options_describe(out, command->bit, false);
    }
    (void)fputs(
        "\nExit codes: 0 done, 1 could not do it, 2 did it but the answer is no, 64 usage.\n", out);
}

static void describe_reasons(FILE *out)
{
    (void)fputs("| mentor-reason | gRPC status | what |\n|---|---|---|\n", out);
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        enum reason reason = (enum reason)i;
        (void)fprintf(out,
                      "| `%s` | %s | %s |\n",
                      reason_id(reason),
                      status_name(reason_status(reason)),
                      reason_text(reason));
    }
}

int command_help(struct context *context)
{
    const char *name = context->options.operand_count > 0 ? context->options.operands[0] : NULL;
    if (name != NULL && strcmp(name, "options") == 0) {
        options_describe(context->out, FOR_ALL, true); /* the README's table, as is the next */
        return EXIT_DONE;
    }
    if (name != NULL && strcmp(name, "reasons") == 0) {
        describe_reasons(context->out);
        return EXIT_DONE;
    }
    if (name != NULL && strcmp(name, "metrics") == 0) {
        metrics_describe(context->out);
        return EXIT_DONE;
    }
    if (name != NULL) {
        const struct command *command = find_command(name);
        if (command == NULL) {
            return command_usage(context, "%s: no such command", name);
        }
        describe_command(context->out, command);
        return EXIT_DONE;
    }
    (void)fputs(
        "mentord decides applications for a mentor (mentorordningen): from Kafka, by the rulebook, into "
        "PostgreSQL, and out as events.\n\n",
        context->out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)fprintf(context->out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fputs(
        "\nmentord help COMMAND tells how to use one; help options, help reasons and help metrics "
        "list all of them.\n",
        context->out);
    return EXIT_DONE;
}

int command_version(struct context *context)
{
    if (context->options.operand_count > 0) {
        return command_usage(context, "version takes no arguments");
    }
    (void)fprintf(context->out, "mentord %s\n", context->version);
    return EXIT_DONE;
}

static bool open_log(const struct options *options, struct err *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    const char *form = options->values[OPTION_LOG];
    const char *level = options->values[OPTION_LOG_LEVEL];
    bool json = strcmp(form, "json") == 0;
    if (!json && strcmp(form, "logfmt") != 0) {
        return err_set(err, ERR_FATAL, "--log: '%s' is neither logfmt nor json", form);
    }
    for (int i = 0; i < 4; i++) {
        if (strcmp(level, levels[i]) == 0) {
            log_open(json, (enum log_level)i);
            return true;
        }
    }
    return err_set(err, ERR_FATAL, "--log-level: '%s' is none of debug, info, warn, error", level);
}

int command_run(struct context *context, int argc, char *const *argv)
{
    struct err err;
    if (argc < 2) {
        return command_usage(context, "a command is needed");
    }
    bool asks_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    bool asks_version = strcmp(argv[1], "--version") == 0;
    const struct command *command = find_command(asks_help      ? "help"
                                                 : asks_version ? "version"
                                                                : argv[1]);
    if (command == NULL) {
        return command_usage(context, "%s: no such command", argv[1]);
    }
    if (!options_load(&context->options, argc, argv, command->bit, &err) ||
        (command->bit != 0 && !open_log(&context->options, &err))) {
        options_release(&context->options);
        return command_fail(&err, EXIT_USAGE);
    }
    int code = EXIT_DONE;
    if (context->options.help && command->bit != 0) {
        describe_command(context->out, command);
    } else {
        code = command->run(context);
    }
    if (fflush(context->out) != 0 || ferror(context->out) != 0) {
        (void)fputs("mentord: the output could not be written; is the disk full?\n", stderr);
        code = EXIT_FAILED;
    }
    options_release(&context->options);
    return code;
}
