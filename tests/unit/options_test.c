/*
 * Goal: a setting comes from the flag, else the environment, else the file, else the default; what
 * is no setting, no value or a secret in a process list is refused, saying which and where.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mentor/app/options.h"
#include "mentor/base/err.h"

#include "support/test.h"

enum {
    ARGUMENTS_MAX = 80,
};

static struct options options;
static struct err err;
static char path[] = "/tmp/mentord-options-XXXXXX";
static char second_path[] = "/tmp/mentord-options-XXXXXX";

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
    (void)state;
    int first = mkstemp(path);
    int second = mkstemp(second_path);
    return first >= 0 && second >= 0 && close(first) == 0 && close(second) == 0 ? 0 : -1;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(path) == 0 && unlink(second_path) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    options_release(&options);
    static const char *const names[] = {"MENTORD_GROUP",
                                        "MENTORD_BATCH",
                                        "MENTORD_DATABASE_URL",
                                        "MENTORD_CONFIG",
                                        "MENTORD_KAFKA",
                                        "MENTORD_NO_FOLLOW",
                                        "MENTORD_KAFKA_BROKERS"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)unsetenv(names[i]); /* NOLINT(concurrency-mt-unsafe) */
    }
    return 0;
}

static void set_environment(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0); /* NOLINT(concurrency-mt-unsafe) */
}

/* Arguments in one text, divided by spaces. */
static bool load(const char *line, uint32_t commands)
{
    static char memory[1024];
    char *argv[ARGUMENTS_MAX] = {0};
    char program[] = "mentord";
    int argc = 0;
    options_release(&options);
    err = (struct err){0};
    assert_in_range(strlen(line), 1, sizeof(memory) - 1);
    memcpy(memory, line, strlen(line) + 1);
    argv[argc++] = program;
    for (char *at = memory; at != NULL;) {
        assert_in_range(argc, 0, ARGUMENTS_MAX - 1);
        argv[argc++] = at;
        at = strchr(at, ' ');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    return options_load(&options, argc, argv, commands, &err);
}

static void assert_refused(const char *line, uint32_t commands, const char *words)
{
    if (load(line, commands)) {
        fail_msg("accepted: %s", line);
    }
    assert_int_equal(err.kind, ERR_FATAL);
    if (strstr(err.text, words) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", line, err.text, words);
    }
}

static void without_anything_the_defaults_stand(void **state)
{
    (void)state;
    assert_true(load("worker", FOR_WORKER));
    assert_string_equal(options.command, "worker");
    assert_string_equal(options.values[OPTION_KAFKA_BROKERS], "127.0.0.1:9092");
    assert_string_equal(options.values[OPTION_TOPIC_APPLICATIONS], "mentor.applications.v1");
    assert_string_equal(options.values[OPTION_TOPIC_DECISIONS], "mentor.decisions.v1");
    assert_string_equal(options.values[OPTION_TOPIC_DLQ], "mentor.applications.dlq.v1");
    assert_string_equal(options.values[OPTION_AT], "now");
    assert_int_equal(options.numbers[OPTION_BATCH], 2000);
    assert_false(options.given[OPTION_BATCH]);
    assert_null(options.values[OPTION_DATABASE_URL]);
    assert_false(options_flag(&options, OPTION_NO_FOLLOW));
    assert_int_equal(options.operand_count, 0);
    assert_false(options.help);
}

static void the_flag_goes_before_environment_file_and_default(void **state)
{
    (void)state;
    char line[256];
    write_file(path, "# settings\n\n  group = from-file  \r\nbatch=30\n topic-dlq = a = b\n");
    (void)snprintf(line, sizeof(line), "worker --config %s", path);
    assert_true(load(line, FOR_WORKER));
    assert_string_equal(options.values[OPTION_GROUP], "from-file");
    assert_int_equal(options.numbers[OPTION_BATCH], 30);
    assert_string_equal(options.values[OPTION_TOPIC_DLQ], "a = b");

    set_environment("MENTORD_GROUP", "from-environment");
    set_environment("MENTORD_BATCH", "20");
    assert_true(load(line, FOR_WORKER));
    assert_string_equal(options.values[OPTION_GROUP], "from-environment");
    assert_int_equal(options.numbers[OPTION_BATCH], 20);

    (void)snprintf(line, sizeof(line), "worker --group=from-flag --batch 10 --config %s", path);
    assert_true(load(line, FOR_WORKER));
    assert_string_equal(options.values[OPTION_GROUP], "from-flag");
    assert_int_equal(options.numbers[OPTION_BATCH], 10);
    assert_true(options.given[OPTION_BATCH]);

    set_environment("MENTORD_GROUP", ""); /* as if it were not there */
    set_environment("MENTORD_CONFIG", path);
    assert_true(load("worker", FOR_WORKER));
    assert_string_equal(options.values[OPTION_GROUP], "from-file");
}

/* The first of the table too, and a value of one character. */
static void every_place_gives_every_setting(void **state)
{
    (void)state;
    char line[256];
    (void)snprintf(line, sizeof(line), "worker --config %s", path);
    write_file(path, "kafka-brokers = a:1\ndatabase-url = postgresql://u:s3cret@h/d\n");
    assert_true(load(line, FOR_WORKER));
    assert_string_equal(options.values[OPTION_KAFKA_BROKERS], "a:1");
    assert_string_equal(options.values[OPTION_DATABASE_URL], "postgresql://u:s3cret@h/d");
    set_environment("MENTORD_KAFKA_BROKERS", "b:2");
    set_environment("MENTORD_BATCH", "7");
    assert_true(load(line, FOR_WORKER));
    assert_string_equal(options.values[OPTION_KAFKA_BROKERS], "b:2");
    assert_int_equal(options.numbers[OPTION_BATCH], 7);
    assert_true(load("worker --kafka-brokers c:3", FOR_WORKER));
    assert_string_equal(options.values[OPTION_KAFKA_BROKERS], "c:3");
}

static void of_a_repeated_flag_the_last_stands(void **state)
{
    (void)state;
    assert_true(load("worker --group a --group=b", FOR_WORKER));
    assert_string_equal(options.values[OPTION_GROUP], "b");
    assert_true(load("worker --batch=1 --batch=2", FOR_WORKER));
    assert_int_equal(options.numbers[OPTION_BATCH], 2);
}

static void numbers_have_their_limits(void **state)
{
    (void)state;
    assert_true(load("worker --batch 1", FOR_WORKER));
    assert_true(load("worker --batch 5000", FOR_WORKER));
    assert_refused("worker --batch 0", FOR_WORKER, "--batch: '0' is no number from 1 to 5000");
    assert_refused("worker --batch 5001", FOR_WORKER, "1 to 5000");
    assert_refused("worker --batch 10x", FOR_WORKER, "'10x'");
    assert_refused("worker --batch -1", FOR_WORKER, "--batch");
    assert_refused("worker --batch=", FOR_WORKER, "--batch");
    assert_true(load("publish --rate 0", FOR_PUBLISH));
    assert_refused("publish --rate=", FOR_PUBLISH, "--rate");
    assert_refused("worker --batch 9999999999999999999", FOR_WORKER, "--batch");
    set_environment("MENTORD_BATCH", "many");
    assert_refused("worker", FOR_WORKER, "MENTORD_BATCH");
}

static void a_flag_is_true_alone_or_as_said(void **state)
{
    (void)state;
    assert_true(load("tail --no-follow x", FOR_TAIL));
    assert_true(options_flag(&options, OPTION_NO_FOLLOW));
    assert_int_equal(options.operand_count, 1);
    assert_true(load("tail --no-follow=false", FOR_TAIL));
    assert_false(options_flag(&options, OPTION_NO_FOLLOW));
    assert_refused("tail --no-follow=yes", FOR_TAIL, "neither true nor false");
    set_environment("MENTORD_NO_FOLLOW", "true");
    assert_true(load("tail", FOR_TAIL));
    assert_true(options_flag(&options, OPTION_NO_FOLLOW));
}

static void what_is_no_option_is_refused(void **state)
{
    (void)state;
    assert_refused("worker --colour red", FOR_WORKER, "--colour");
    assert_refused("worker --no-follow", FOR_WORKER, "takes no such option"); /* tail's */
    assert_refused("worker --group", FOR_WORKER, "needs a value");
    assert_refused("worker -x", FOR_WORKER, "-x");
    assert_refused("worker --grou x", FOR_WORKER, "--grou");
    char too_many[512] = "decide";
    for (int i = 0; i <= OPTION_OPERANDS_MAX; i++) {
        memcpy(too_many + strlen(too_many), " x", sizeof(" x"));
    }
    assert_refused(too_many, FOR_DECIDE, "too many");
}

static void operands_and_help_are_kept_apart(void **state)
{
    (void)state;
    assert_true(load("decide - --at event -- --at", FOR_DECIDE));
    assert_int_equal(options.operand_count, 2);
    assert_string_equal(options.operands[0], "-");
    assert_string_equal(options.operands[1], "--at");
    assert_string_equal(options.values[OPTION_AT], "event");
    assert_true(load("decide --help", FOR_DECIDE));
    assert_true(options.help);
    assert_true(load("decide -h", FOR_DECIDE));
    assert_true(options.help);
}

static void a_bad_file_is_refused_with_its_line(void **state)
{
    (void)state;
    char line[256];
    char words[256];
    (void)snprintf(line, sizeof(line), "worker --config %s", path);
    write_file(path, "group = a\nno setting\n");
    (void)snprintf(words, sizeof(words), "%s:2: ", path);
    assert_refused(line, FOR_WORKER, words);
    write_file(path, "colour = red\n");
    assert_refused(line, FOR_WORKER, "'colour'");
    write_file(path, "config = other\n");
    assert_refused(line, FOR_WORKER, "'config'");
    write_file(path, "\n# x\nbatch = 0\n");
    (void)snprintf(words, sizeof(words), "%s:3: ", path);
    assert_refused(line, FOR_WORKER, words);
    write_file(path, "no-follow = true\n"); /* another command's: one file serves all */
    assert_true(load(line, FOR_WORKER));
    assert_refused(
        "worker --config /nonexistent/file", FOR_WORKER, "/nonexistent/file: cannot be read");
}

static void properties_come_from_flags_environment_and_files(void **state)
{
    (void)state;
    char line[256];
    write_file(path, "kafka = linger.ms=5\n");
    write_file(second_path, "# properties\nsasl.password = s3cret=\nclient.id=x\n");
    set_environment("MENTORD_KAFKA", "acks=all");
    (void)snprintf(line,
                   sizeof(line),
                   "worker --kafka a.b=1 --kafka c.d=2 --config %s --kafka-config %s",
                   path,
                   second_path);
    assert_true(load(line, FOR_WORKER));
    static const char *const want[] = {
        "a.b=1", "c.d=2", "acks=all", "linger.ms=5", "sasl.password=s3cret=", "client.id=x"};
    assert_int_equal(options.kafka_count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_string_equal(options.kafka[i], want[i]);
    }
    assert_refused("worker --kafka acks", FOR_WORKER, "KEY=VALUE");
    assert_refused("worker --kafka =1", FOR_WORKER, "KEY=VALUE");
}

static void a_secret_is_refused_as_a_flag_and_not_said_again(void **state)
{
    (void)state;
    static const char *const secrets[] = {
        "worker --kafka sasl.password=s3cret",
        "worker --kafka=ssl.key.password=s3cret",
        "worker --kafka ssl.keystore.password=s3cret",
        "worker --kafka ssl.key.pem=s3cret",
        "worker --kafka sasl.oauthbearer.client.secret=s3cret",
        "worker --kafka sasl.oauthbearer.config=s3cret",
        "worker --database-url postgresql://u:s3cret@h/d",
        "worker --database-url=postgresql://h/d?password=s3cret",
        "worker --database-url=password=s3cret",
    };
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        assert_refused(secrets[i], FOR_WORKER, "process list");
        assert_null(strstr(err.text, "s3cret"));
    }
    assert_true(load("worker --database-url postgresql://u@h:5432/d", FOR_WORKER));
    assert_true(load("worker --kafka client.id=my-password", FOR_WORKER));
    set_environment("MENTORD_DATABASE_URL", "postgresql://u:s3cret@h/d");
    set_environment("MENTORD_KAFKA", "sasl.password=s3cret");
    assert_true(load("worker", FOR_WORKER));
    assert_string_equal(options.values[OPTION_DATABASE_URL], "postgresql://u:s3cret@h/d");
}

static void audit_takes_kafka_alone_or_with_a_property(void **state)
{
    (void)state;
    assert_true(load("audit verify", FOR_AUDIT));
    assert_false(options_flag(&options, OPTION_KAFKA));
    assert_true(load("audit verify --kafka", FOR_AUDIT));
    assert_true(options_flag(&options, OPTION_KAFKA));
    assert_int_equal(options.kafka_count, 0);
    assert_true(load("audit --kafka verify --json", FOR_AUDIT));
    assert_true(options_flag(&options, OPTION_KAFKA));
    assert_string_equal(options.operands[0], "verify");
    assert_true(load("audit verify --kafka client.id=a --kafka", FOR_AUDIT));
    assert_true(options_flag(&options, OPTION_KAFKA));
    assert_int_equal(options.kafka_count, 1);
    assert_string_equal(options.kafka[0], "client.id=a");
    assert_false(load("worker --kafka", FOR_WORKER));
}

/* A flag to one, a file's name to the other. */
static void a_name_may_mean_something_else_to_another_command(void **state)
{
    (void)state;
    assert_true(load("explain x --html --json", FOR_EXPLAIN));
    assert_true(options_flag(&options, OPTION_HTML));
    assert_null(options.values[OPTION_HTML_FILE]);
    assert_true(load("replay whatif --html report.html", FOR_REPLAY));
    assert_string_equal(options.values[OPTION_HTML_FILE], "report.html");
    assert_false(options_flag(&options, OPTION_HTML));
    assert_refused("replay whatif --html", FOR_REPLAY, "--html: needs a value");
    assert_refused("worker --html", FOR_WORKER, "takes no such option");
    write_file(path, "html = other.html\n");
    char line[128];
    (void)snprintf(line, sizeof(line), "replay whatif --config %s", path);
    assert_true(load(line, FOR_REPLAY));
    assert_string_equal(options.values[OPTION_HTML_FILE], "other.html");
    (void)snprintf(line, sizeof(line), "explain x --config %s", path);
    assert_refused(line, FOR_EXPLAIN, "neither true nor false");
}

static void a_file_is_read_whole_up_to_a_mebibyte(void **state)
{
    (void)state;
    size_t size = 0;
    write_file(path, "abc\n");
    char *data = options_read_file(path, &size, &err);
    assert_non_null(data);
    assert_int_equal(size, 4);
    assert_string_equal(data, "abc\n");
    free(data);
    assert_int_equal(truncate(path, (off_t)1024 * 1024), 0);
    data = options_read_file(path, &size, &err);
    assert_non_null(data);
    assert_int_equal(size, 1024 * 1024);
    free(data);
    assert_int_equal(truncate(path, (off_t)1024 * 1024 + 1), 0);
    assert_null(options_read_file(path, &size, &err));
    assert_null(options_read_file("/", &size, &err));
}

static void help_lists_what_a_command_takes(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    options_describe(out, FOR_DECIDE, false);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "--rulebook FILE"));
    assert_non_null(strstr(text, "[now]"));
    assert_null(strstr(text, "--group"));
    free(text);
    out = open_memstream(&text, &size);
    assert_non_null(out);
    options_describe(out, FOR_DECIDE, true);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "| `--at now\\|event\\|RFC3339` | now | when to evaluate;"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_anything_the_defaults_stand, end),
        cmocka_unit_test_teardown(the_flag_goes_before_environment_file_and_default, end),
        cmocka_unit_test_teardown(every_place_gives_every_setting, end),
        cmocka_unit_test_teardown(of_a_repeated_flag_the_last_stands, end),
        cmocka_unit_test_teardown(numbers_have_their_limits, end),
        cmocka_unit_test_teardown(a_flag_is_true_alone_or_as_said, end),
        cmocka_unit_test_teardown(what_is_no_option_is_refused, end),
        cmocka_unit_test_teardown(operands_and_help_are_kept_apart, end),
        cmocka_unit_test_teardown(a_bad_file_is_refused_with_its_line, end),
        cmocka_unit_test_teardown(properties_come_from_flags_environment_and_files, end),
        cmocka_unit_test_teardown(a_secret_is_refused_as_a_flag_and_not_said_again, end),
        cmocka_unit_test_teardown(audit_takes_kafka_alone_or_with_a_property, end),
        cmocka_unit_test_teardown(a_name_may_mean_something_else_to_another_command, end),
        cmocka_unit_test_teardown(a_file_is_read_whole_up_to_a_mebibyte, end),
        cmocka_unit_test_teardown(help_lists_what_a_command_takes, end),
    };
    return cmocka_run_group_tests_name("app/options", tests, make_files, remove_files);
}
