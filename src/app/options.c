#include "mentor/app/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"

enum {
    FILE_MAX = 1024 * 1024,
};

static const struct option {
    const char *name;
    enum option_kind kind;
    const char *value;
    const char *fallback;
    int64_t low;
    int64_t high;
    uint32_t commands;
    const char *help;
} table[OPTIONS_END] = {
#define X(id, name, kind, value, fallback, low, high, commands, help)                              \
    [OPTION_##id] = {name, kind, value, fallback, low, high, commands, help},
    OPTIONS(X)
#undef X
};

char *options_read_file(const char *path, size_t *size, struct err *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)err_set(err, ERR_FATAL, "%s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    char *data = malloc(FILE_MAX + 1);
    size_t got = data == NULL ? 0 : fread(data, 1, FILE_MAX + 1, file);
    if (data == NULL || ferror(file) != 0 || got > FILE_MAX) {
        (void)err_set(err, ERR_FATAL, "%s: cannot be read, or is over 1 MiB", path);
        free(data);
        data = NULL;
    } else {
        data[got] = '\0';
        *size = got;
    }
    (void)fclose(file);
    return data;
}

/* A name may mean something else to another command: the one that these take, else any. */
static int find_option(const char *name, size_t size, uint32_t commands)
{
    int found = -1;
    for (int i = 0; i < OPTIONS_END; i++) {
        if (strlen(table[i].name) == size && memcmp(table[i].name, name, size) == 0) {
            if ((table[i].commands & commands) != 0) {
                return i;
            }
            found = i;
        }
    }
    return found;
}

static bool parse_number(const struct option *option, const char *value, int64_t *number)
{
    *number = 0;
    size_t size = strlen(value);
    if (size == 0 || size > 18 || strspn(value, "0123456789") != size) {
        return false;
    }
    for (; *value != '\0'; value++) {
        *number = *number * 10 + (*value - '0');
    }
    return *number >= option->low && *number <= option->high;
}

/* Properties that hold secrets: their values stand in a file or the environment, not in a process
 * list. */
static bool secret_property(const char *pair)
{
    static const char *const words[] = {"password", "secret", "ssl.key.pem", "oauthbearer.config"};
    size_t size = strcspn(pair, "=");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = strstr(pair, words[i]);
        if (at != NULL && (size_t)(at - pair) < size) {
            return true;
        }
    }
    return false;
}

/* postgresql://user:password@host or password=… in a connection string. */
static bool url_has_password(const char *url)
{
    const char *slashes = strstr(url, "://");
    const char *at = slashes == NULL ? NULL : strchr(slashes + 3, '@');
    const char *colon = slashes == NULL ? NULL : strchr(slashes + 3, ':');
    return strstr(url, "password") != NULL || (at != NULL && colon != NULL && colon < at);
}

static bool
add_property(struct options *options, const char *pair, const char *from, struct err *err)
{
    const char *equals = strchr(pair, '=');
    if (equals == NULL || equals == pair) {
        return err_set(err, ERR_FATAL, "%s: a property is KEY=VALUE", from);
    }
    if (options->kafka_count == OPTION_LIST_MAX) {
        return err_set(err, ERR_FATAL, "%s: over %d properties", from, OPTION_LIST_MAX);
    }
    options->kafka[options->kafka_count++] = pair;
    return true;
}

/* One value from one place; the first place that gives it wins, so places are read in order of
 * rank. */
static bool set(struct options *options,
                int id,
                const char *value,
                const char *from,
                bool flag,
                struct err *err)
{
    const struct option *option = &table[id];
    if (option->kind == OPTION_LIST) {
        if (flag && secret_property(value)) {
            return err_set(err,
                           ERR_FATAL,
                           "--%s %.*s: a secret does not belong in a process list; put it into the "
                           "file of --kafka-config",
                           option->name,
                           (int)strcspn(value, "="),
                           value);
        }
        return add_property(options, value, from, err);
    }
    if (options->given[id]) {
        return true;
    }
    if (flag && id == OPTION_DATABASE_URL && url_has_password(value)) {
        return err_set(err,
                       ERR_FATAL,
                       "--database-url: a URL with a password does not belong in a process list; "
                       "use MENTORD_DATABASE_URL, PGPASSFILE or a file of --config");
    }
    if (option->kind == OPTION_NUMBER && !parse_number(option, value, &options->numbers[id])) {
        return err_set(err,
                       ERR_FATAL,
                       "%s: '%s' is no number from %lld to %lld",
                       from,
                       value,
                       (long long)option->low,
                       (long long)option->high);
    }
    if (option->kind == OPTION_FLAG && strcmp(value, "true") != 0 && strcmp(value, "false") != 0) {
        return err_set(err, ERR_FATAL, "%s: '%s' is neither true nor false", from, value);
    }
    options->values[id] = value;
    options->given[id] = true;
    return true;
}

/* argv[*at] is --name, --name=value or --name value. */
static bool take_flag(struct options *options,
                      int argc,
                      char *const *argv,
                      int *at,
                      uint32_t commands,
                      struct err *err)
{
    const char *name = argv[*at] + 2;
    size_t size = strcspn(name, "=");
    if (size == 4 && memcmp(name, "help", 4) == 0) {
        options->help = true;
        return true;
    }
    int id = find_option(name, size, commands);
    if (id < 0 || (table[id].commands & commands) == 0) {
        return err_set(err,
                       ERR_FATAL,
                       "--%.*s: %s takes no such option; see mentord help %s",
                       (int)size,
                       name,
                       options->command,
                       options->command);
    }
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    if (id == OPTION_KAFKA && (commands & FOR_AUDIT) != 0) {
        options->values[id] = "true"; /* over the topics too; a property may follow */
        if (value == NULL && (*at + 1 >= argc || strchr(argv[*at + 1], '=') == NULL)) {
            return true;
        }
    }
    if (value == NULL && table[id].kind == OPTION_FLAG) {
        value = "true";
    } else if (value == NULL) {
        if (*at + 1 >= argc) {
            return err_set(
                err, ERR_FATAL, "--%s: needs a value: %s", table[id].name, table[id].value);
        }
        value = argv[++*at];
    }
    char from[64];
    (void)snprintf(from, sizeof(from), "--%s", table[id].name);
    options->given[id] = false; /* of a repeated flag the last stands, as with most programs */
    return set(options, id, value, from, true, err);
}

static bool take_arguments(
    struct options *options, int argc, char *const *argv, uint32_t commands, struct err *err)
{
    bool operands_only = false;
    for (int i = 2; i < argc; i++) {
        if (!operands_only && strcmp(argv[i], "--") == 0) {
            operands_only = true;
        } else if (!operands_only && strcmp(argv[i], "-h") == 0) {
            options->help = true;
        } else if (!operands_only && strncmp(argv[i], "--", 2) == 0) {
            if (!take_flag(options, argc, argv, &i, commands, err)) {
                return false;
            }
        } else if (!operands_only && argv[i][0] == '-' && argv[i][1] != '\0') {
            return err_set(err, ERR_FATAL, "%s: no such option; long ones begin with --", argv[i]);
        } else if (options->operand_count == OPTION_OPERANDS_MAX) {
            return err_set(err, ERR_FATAL, "%s: too many arguments", argv[i]);
        } else {
            options->operands[options->operand_count++] = argv[i];
        }
    }
    return true;
}

static bool take_environment(struct options *options, uint32_t commands, struct err *err)
{
    for (int id = 0; id < OPTIONS_END; id++) {
        char name[64] = "MENTORD_";
        size_t at = strlen(name);
        for (const char *c = table[id].name; *c != '\0'; c++) {
            name[at++] = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        }
        name[at] = '\0';
        const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): before any thread */
        if (value != NULL && value[0] != '\0' && (table[id].commands & commands) != 0 &&
            !set(options, id, value, name, false, err)) {
            return false;
        }
    }
    return true;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r", text[size - 1]) != NULL) {
        text[--size] = '\0';
    }
    return text;
}

/* Calls for each line that is not blank and no comment; the line is trimmed and lives as long as
 * `text`. */
static bool
each_line(char *text,
          const char *path,
          bool (*take)(struct options *options, char *line, const char *from, struct err *err),
          struct options *options,
          struct err *err)
{
    int number = 1;
    for (char *next = text; next != NULL; number++) {
        char *line = next;
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        line = trim(line);
        char from[256];
        (void)snprintf(from, sizeof(from), "%s:%d", path, number);
        if (line[0] != '\0' && line[0] != '#' && !take(options, line, from, err)) {
            return false;
        }
    }
    return true;
}

static bool take_config_line(struct options *options, char *line, const char *from, struct err *err)
{
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return err_set(err, ERR_FATAL, "%s: a line is `name = value`", from);
    }
    *equals = '\0';
    char *name = trim(line);
    int id = find_option(name, strlen(name), options->commands);
    if (id < 0 || id == OPTION_CONFIG) {
        return err_set(err, ERR_FATAL, "%s: no setting is called '%s'", from, name);
    }
    return set(options, id, trim(equals + 1), from, false, err);
}

static bool
take_property_line(struct options *options, char *line, const char *from, struct err *err)
{
    char *equals = strchr(line, '=');
    if (equals != NULL) { /* KEY = VALUE as well */
        char *value = trim(equals + 1);
        *equals = '\0';
        char *key = trim(line);
        size_t size = strlen(key);
        memmove(line, key, size);
        line[size] = '=';
        memmove(line + size + 1, value, strlen(value) + 1);
    }
    return add_property(options, line, from, err);
}

static bool take_files(struct options *options, struct err *err)
{
    size_t size = 0;
    const char *config = options->values[OPTION_CONFIG];
    if (config != NULL) {
        options->files[0] = options_read_file(config, &size, err);
        if (options->files[0] == NULL ||
            !each_line(options->files[0], config, take_config_line, options, err)) {
            return false;
        }
    }
    const char *properties = options->values[OPTION_KAFKA_CONFIG];
    if (properties != NULL) {
        options->files[1] = options_read_file(properties, &size, err);
        if (options->files[1] == NULL ||
            !each_line(options->files[1], properties, take_property_line, options, err)) {
            return false;
        }
    }
    return true;
}

bool options_load(
    struct options *options, int argc, char *const *argv, uint32_t commands, struct err *err)
{
    *options = (struct options){.command = argv[1], .commands = commands};
    if (!take_arguments(options, argc, argv, commands, err) ||
        !take_environment(options, commands, err) || !take_files(options, err)) {
        return false;
    }
    for (int id = 0; id < OPTIONS_END; id++) {
        if (!options->given[id] && table[id].fallback != NULL) {
            options->values[id] = table[id].fallback;
            if (table[id].kind == OPTION_NUMBER) {
                CHECK(parse_number(&table[id], table[id].fallback, &options->numbers[id]));
            }
        }
    }
    return true;
}

void options_release(struct options *options)
{
    free(options->files[0]);
    free(options->files[1]);
    *options = (struct options){0};
}

bool options_flag(const struct options *options, enum option_id option)
{
    return options->values[option] != NULL && strcmp(options->values[option], "true") == 0;
}

void options_describe(FILE *out, uint32_t commands, bool markdown)
{
    if (markdown) {
        (void)fprintf(out, "| option | default | what |\n|---|---|---|\n");
    }
    for (int id = 0; id < OPTIONS_END; id++) {
        const struct option *option = &table[id];
        const char *gap = option->value[0] == '\0' ? "" : " ";
        const char *fallback =
            option->fallback == NULL || option->kind == OPTION_FLAG ? "" : option->fallback;
        if ((option->commands & commands) == 0) {
            continue;
        }
        if (markdown) {
            (void)fprintf(out, "| `--%s%s", option->name, gap);
            for (const char *c = option->value; *c != '\0'; c++) {
                (void)fprintf(out, "%s%c", *c == '|' ? "\\" : "", *c); /* a bar ends a cell */
            }
            (void)fprintf(out, "` | %s | %s |\n", fallback, option->help);
            continue;
        }
        (void)fprintf(
            out, "  --%s%s%s\n        %s", option->name, gap, option->value, option->help);
        if (fallback[0] != '\0') {
            (void)fprintf(out, " [%s]", fallback);
        }
        (void)fputc('\n', out);
    }
}
