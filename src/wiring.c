/* Which Kafka and which PostgreSQL the commands get. */

#include "wiring.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mentor/app/edges.h"
#include "mentor/app/master_key.h"
#include "mentor/app/options.h"
#include "mentor/app/outcome.h"
#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"
#include "mentor/http/http.h"
#include "mentor/kafka/kafka.h"
#include "mentor/pg/pg.h"

#include "wiring_lane.h"

/* Everything a command may have opened. */
struct wiring {
    struct kafka_settings kafka;
    struct kafka_property properties[OPTION_LIST_MAX];
    char *keys[OPTION_LIST_MAX]; /* owned */
    struct pg_settings pg;
    uint8_t master_key[SEAL_KEY_SIZE];
    uint8_t new_master_key[SEAL_KEY_SIZE];
    char owner[OWNER_SIZE];
    char life[OWNER_SIZE + 20];
    char name[RULEBOOK_WORD_SIZE];
    char version[RULEBOOK_WORD_SIZE];
    struct pg_rulebook rulebook;
    struct wiring_lane lanes[LANES_MAX];
    struct reader *readers[READERS_MAX];
    uint32_t reader_count;
    struct kafka_settings watched; /* as `kafka`, of the group that is looked at */
    struct consumer *watcher;
    struct writer *writer;
    struct pg_archive *archive;
    struct http *http;
    struct pg_chronicle *chronicles[CHRONICLES_MAX];
    uint32_t chronicle_count;
};

static bool wire_kafka(struct wiring *wiring, const struct options *options, struct err *err)
{
    if (wiring->kafka.brokers != NULL) {
        return true;
    }
    wiring->kafka = (struct kafka_settings){
        .brokers = options->values[OPTION_KAFKA_BROKERS],
        .group = options->values[OPTION_GROUP],
        .topic_applications = options->values[OPTION_TOPIC_APPLICATIONS],
        .topic_decisions = options->values[OPTION_TOPIC_DECISIONS],
        .topic_dlq = options->values[OPTION_TOPIC_DLQ],
        .origin = outcome_origin,
        .properties = wiring->properties,
        .property_count = options->kafka_count,
    };
    for (uint32_t i = 0; i < options->kafka_count; i++) {
        size_t size = strcspn(options->kafka[i], "=");
        wiring->keys[i] = strndup(options->kafka[i], size);
        if (wiring->keys[i] == NULL) {
            return err_set(err, ERR_FATAL, "no memory");
        }
        wiring->properties[i] =
            (struct kafka_property){wiring->keys[i], options->kafka[i] + size + 1};
    }
    return kafka_settings_check(&wiring->kafka, err);
}

static bool wire_pg(struct wiring *wiring, const struct options *options, struct err *err)
{
    char host[64] = "";
    bool sealed = false;
    bool rekeyed = false;
    if (wiring->pg.owner != NULL) {
        return true; /* lanes read it in their threads */
    }
    if (!master_key_of(options, OPTION_MASTER_KEY_FILE, wiring->master_key, &sealed, err) ||
        !master_key_of(
            options, OPTION_NEW_MASTER_KEY_FILE, wiring->new_master_key, &rekeyed, err)) {
        return false;
    }
    if (rekeyed && !sealed) {
        return err_set(err, ERR_FATAL, "--new-master-key-file goes with --master-key-file");
    }
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(wiring->owner, sizeof(wiring->owner), "%s/%ld", host, (long)getpid());
    struct clock clock = clock_system();
    (void)snprintf(wiring->life,
                   sizeof(wiring->life),
                   "%s/%" PRIx64,
                   wiring->owner,
                   (uint64_t)(clock.mono_us(clock.self) ^ clock.wall_ms(clock.self)));
    wiring->pg = (struct pg_settings){.url = options->values[OPTION_DATABASE_URL],
                                      .owner = wiring->owner,
                                      .life = wiring->life,
                                      .master_key = sealed ? wiring->master_key : NULL,
                                      .new_master_key = rekeyed ? wiring->new_master_key : NULL};
    return true;
}

static void wire_rulebook(struct wiring *wiring, const struct rulebook *rulebook)
{
    (void)snprintf(wiring->name, sizeof(wiring->name), "%.*s", BYTES_ARGS(rulebook->name));
    (void)snprintf(wiring->version, sizeof(wiring->version), "%.*s", BYTES_ARGS(rulebook->version));
    wiring->rulebook = (struct pg_rulebook){
        .name = wiring->name,
        .version = wiring->version,
        .yaml = rulebook->source,
    };
    memcpy(wiring->rulebook.sha256, rulebook->sha256, SHA256_SIZE);
}

static bool open_worker(void *self,
                        const struct options *options,
                        const struct rulebook *rulebook,
                        uint32_t number,
                        struct worker_edges *worker,
                        struct err *err)
{
    struct wiring *wiring = self;
    struct wiring_lane *lane = &wiring->lanes[number];
    wire_rulebook(wiring, rulebook);
    if (!wire_pg(wiring, options, err) || !wire_kafka(wiring, options, err)) {
        return false;
    }
    lane->kafka = wiring->kafka;
    lane->kafka.lane = number;
    lane->pg = wiring->pg;
    return wiring_lane_open(lane, options, &wiring->rulebook, worker, err);
}

static bool
open_archive(void *self, const struct options *options, struct archive *archive, struct err *err)
{
    struct wiring *wiring = self;
    wiring->archive = wire_pg(wiring, options, err) ? pg_archive_open(&wiring->pg, err) : NULL;
    if (wiring->archive == NULL) {
        return false;
    }
    *archive = pg_archive_port(wiring->archive);
    return true;
}

static bool open_chronicle(void *self,
                           const struct options *options,
                           const char *moment,
                           struct chronicle *chronicle,
                           struct err *err)
{
    struct wiring *wiring = self;
    CHECK(wiring->chronicle_count < CHRONICLES_MAX);
    struct pg_chronicle *opened =
        wire_pg(wiring, options, err) ? pg_chronicle_open(&wiring->pg, moment, err) : NULL;
    if (opened == NULL) {
        return false;
    }
    wiring->chronicles[wiring->chronicle_count++] = opened;
    *chronicle = pg_chronicle_port(opened);
    return true;
}

static bool open_reader(void *self,
                        const struct options *options,
                        const char *topic,
                        struct topic_reader *reader,
                        struct err *err)
{
    struct wiring *wiring = self;
    if (!wire_kafka(wiring, options, err)) {
        return false;
    }
    CHECK(wiring->reader_count < READERS_MAX);
    struct reader *opened = reader_open(&wiring->kafka, topic, err);
    if (opened == NULL) {
        return false;
    }
    wiring->readers[wiring->reader_count++] = opened;
    *reader = reader_port(opened);
    return true;
}

static bool open_group(void *self,
                       const struct options *options,
                       const char *group,
                       struct source *source,
                       struct err *err)
{
    struct wiring *wiring = self;
    if (!wire_kafka(wiring, options, err)) {
        return false;
    }
    wiring->watched = wiring->kafka;
    wiring->watched.group = group;
    wiring->watcher = consumer_open(&wiring->watched, err);
    if (wiring->watcher == NULL) {
        return false;
    }
    *source = consumer_source(wiring->watcher);
    return true;
}

static bool open_writer(void *self,
                        const struct options *options,
                        const char *topic,
                        struct topic_writer *writer,
                        struct err *err)
{
    struct wiring *wiring = self;
    if (!wire_kafka(wiring, options, err)) {
        return false;
    }
    writer_close(&wiring->writer);
    wiring->writer = writer_open(&wiring->kafka, topic, err);
    if (wiring->writer == NULL) {
        return false;
    }
    *writer = writer_port(wiring->writer);
    return true;
}

static bool serve(void *self, const char *listen, const struct pages *pages, struct err *err)
{
    struct wiring *wiring = self;
    wiring->http = http_open(listen, pages, err);
    return wiring->http != NULL;
}

static void unserve(void *self)
{
    struct wiring *wiring = self;
    http_close(&wiring->http);
}

static bool migrate(void *self, const struct options *options, FILE *out, struct err *err)
{
    struct wiring *wiring = self;
    return wire_pg(wiring, options, err) &&
           pg_migrate(&wiring->pg, options_flag(options, OPTION_DEMO), out, err);
}

static bool
migrations(void *self, const struct options *options, FILE *out, bool *current, struct err *err)
{
    struct wiring *wiring = self;
    return wire_pg(wiring, options, err) &&
           pg_migrate_status(&wiring->pg, options_flag(options, OPTION_JSON), out, current, err);
}

void wiring_close(struct wiring **wiring_)
{
    struct wiring *wiring = *wiring_;
    for (uint32_t i = 0; i < READERS_MAX; i++) {
        reader_close(&wiring->readers[i]);
    }
    consumer_close(&wiring->watcher);
    writer_close(&wiring->writer);
    pg_archive_close(&wiring->archive);
    for (uint32_t i = 0; i < CHRONICLES_MAX; i++) {
        pg_chronicle_close(&wiring->chronicles[i]);
    }
    for (uint32_t i = 0; i < LANES_MAX; i++) {
        wiring_lane_close(&wiring->lanes[i]);
    }
    for (uint32_t i = 0; i < OPTION_LIST_MAX; i++) {
        free(wiring->keys[i]);
    }
    seal_wipe(wiring->master_key, sizeof(wiring->master_key));
    seal_wipe(wiring->new_master_key, sizeof(wiring->new_master_key));
    free(wiring);
    *wiring_ = NULL;
}

struct wiring *wiring_open(void)
{
    struct wiring *wiring = calloc(1, sizeof(*wiring));
    CHECK(wiring != NULL);
    return wiring;
}

struct edges wiring_edges(struct wiring *wiring)
{
    return (struct edges){
        .worker = open_worker,
        .archive = open_archive,
        .chronicle = open_chronicle,
        .reader = open_reader,
        .group = open_group,
        .writer = open_writer,
        .serve = serve,
        .unserve = unserve,
        .migrate = migrate,
        .migrations = migrations,
        .self = wiring,
    };
}
