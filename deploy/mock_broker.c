/*
 * librdkafka's mock cluster as a process, for the demo and for quick tests: nothing is stored, and
 * it proves nothing about transactions.
 *
 *     mentord-mock-broker NAME:PARTITIONS…
 *
 * Prints its bootstrap servers as one line, then runs until SIGTERM, SIGINT or the end of its
 * standard input; exit 0.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/select.h>

enum {
    EXIT_USAGE = 64,
    PARTITIONS_MAX = 1024,
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static int topic_create(rd_kafka_mock_cluster_t *cluster, const char *argument)
{
    char name[250]; /* Kafka takes 249 */
    const char *colon = strrchr(argument, ':');
    char *end = NULL;
    long partitions = colon == NULL ? 0 : strtol(colon + 1, &end, 10);
    if (colon == NULL || colon == argument || *end != '\0' || partitions < 1 ||
        partitions > PARTITIONS_MAX) {
        (void)fprintf(
            stderr, "mentord-mock-broker: %s is not NAME:PARTITIONS (1 to 1024)\n", argument);
        return EXIT_USAGE;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(colon - argument), argument);
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster, name, (int)partitions, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)fprintf(
            stderr, "mentord-mock-broker: topic %s: %s\n", argument, rd_kafka_err2str(code));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/* Until a signal or the end of the input; what is written to it is thrown away. */
static void run(const sigset_t *unblocked)
{
    while (!stop) {
        char thrown_away[256];
        fd_set input;
        FD_ZERO(&input);
        FD_SET(STDIN_FILENO, &input);
        int ready = pselect(STDIN_FILENO + 1, &input, NULL, NULL, NULL, unblocked);
        if (ready > 0 && read(STDIN_FILENO, thrown_away, sizeof(thrown_away)) <= 0) {
            return;
        }
        if (ready < 0 && errno != EINTR) {
            return;
        }
    }
}

int main(int count, char **arguments)
{
    /* Blocked before librdkafka's threads start, so that this one is the one to be interrupted. */
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t signals;
    sigset_t unblocked;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, &unblocked);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);

    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "log_level", "3", NULL, 0); /* it would miss bootstrap servers */
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        (void)fprintf(stderr, "mentord-mock-broker: %s\n", reason);
        return EXIT_FAILURE;
    }
    int result = EXIT_FAILURE;
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, 1);
    if (cluster == NULL) {
        (void)fprintf(stderr, "mentord-mock-broker: no listening socket on 127.0.0.1\n");
        goto destroy;
    }
    for (int i = 1; i < count; i++) {
        result = topic_create(cluster, arguments[i]);
        if (result != EXIT_SUCCESS) {
            goto close;
        }
    }
    (void)printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    (void)fflush(stdout);
    run(&unblocked);
    result = EXIT_SUCCESS;

close:
    rd_kafka_mock_cluster_destroy(cluster);
destroy:
    rd_kafka_destroy(rk);
    return result;
}
