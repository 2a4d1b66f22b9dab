#include "follow.h"

#include <stdio.h>
#include <stdlib.h>

#include "mentor/app/worker.h"
#include "mentor/base/guard.h"
#include "mentor/base/log.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

/* What is shown of a rulebook. It stays until the worker is released, since other threads read it;
 * a rulebook changes a few times a year. */
struct worker_shown {
    struct metrics_rulebook rulebook;
    struct worker_shown *before;
};

static void show(struct worker *worker, const struct rulebook *rulebook)
{
    struct metrics_rulebook told = {0};
    (void)snprintf(told.name, sizeof(told.name), "%.*s", BYTES_ARGS(rulebook->name));
    (void)snprintf(told.version, sizeof(told.version), "%.*s", BYTES_ARGS(rulebook->version));
    hex_encode(rulebook->sha256, SHA256_SIZE, told.sha256);
    if (worker->shown != NULL && strcmp(worker->shown->rulebook.sha256, told.sha256) == 0) {
        return;
    }
    struct worker_shown *shown = malloc(sizeof(*shown));
    CHECK(shown != NULL);
    *shown = (struct worker_shown){told, worker->shown};
    worker->shown = shown;
    metrics_rulebook_set(&worker->metrics, &shown->rulebook);
}

static bool same(const struct rulebook *rulebook, const uint8_t sha256[SHA256_SIZE])
{
    return rulebook != NULL && memcmp(rulebook->sha256, sha256, SHA256_SIZE) == 0;
}

void follow_begin(struct worker *worker)
{
    worker->deciding = worker->rulebook;
    rulebook_close(&worker->published);
    show(worker, worker->rulebook);
}

static struct rulebook *load(struct worker *worker, const uint8_t sha256[SHA256_SIZE])
{
    struct store *store = &worker->edges.store;
    struct stored_rulebook stored;
    struct err err;
    char hex[2 * SHA256_SIZE];
    if (!store->rulebook(store->self, sha256, &stored, &worker->err)) {
        return NULL;
    }
    hex_encode(sha256, SHA256_SIZE, hex);
    struct rulebook *rulebook = rulebook_parse(stored.version, stored.yaml, NULL, &err);
    if (rulebook == NULL) {
        (void)err_set(
            &worker->err,
            ERR_HALT,
            "rulebook %.40s %.40s, sha256 %.16s…, is published and in force, and this mentord cannot "
            "load it: %.120s. Use a mentord that can, or publish another one; --rulebook FILE decides "
            "by a file instead",
            stored.name,
            stored.version,
            hex,
            err.text);
    } else if (!same(rulebook, sha256)) {
        (void)err_set(
            &worker->err,
            ERR_HALT,
            "rulebook %.40s %.40s, sha256 %.16s…, is stored with other bytes than its hash "
            "says: they were altered; run `mentord audit verify` and restore them",
            stored.name,
            stored.version,
            hex);
        rulebook_close(&rulebook);
    }
    return rulebook;
}

/* `loaded`: `next` is new, and takes the place of the one that was loaded before. */
static void change(struct worker *worker, const struct rulebook *next, struct rulebook *loaded)
{
    const struct metrics_rulebook *before = metrics_rulebook(&worker->metrics);
    show(worker, next);
    worker->deciding = next;
    if (loaded != NULL) {
        rulebook_close(&worker->published);
        worker->published = loaded;
    }
    LOG(LOG_LEVEL_INFO,
        "rulebook.changed",
        LOG_TEXT("name", before->name),
        LOG_TEXT("from", before->version),
        LOG_TEXT("from_sha256", before->sha256),
        LOG_TEXT("to", worker->shown->rulebook.version),
        LOG_TEXT("to_sha256", worker->shown->rulebook.sha256),
        LOG_NUMBER("batch", worker->batch.read.batch_id));
}

bool follow_publication(struct worker *worker)
{
    const struct batch_read *read = &worker->batch.read;
    const struct rulebook *next = GUARD(RULEBOOK_LOST) ? worker->rulebook : worker->deciding;
    struct rulebook *loaded = NULL;
    if (!worker->follows) {
        return true;
    }
    if (read->published && !same(worker->rulebook, read->rulebook_sha256)) {
        if (!same(worker->published, read->rulebook_sha256)) {
            loaded = load(worker, read->rulebook_sha256);
            if (loaded == NULL) {
                return false;
            }
        }
        next = loaded != NULL ? loaded : worker->published;
    }
    if (next != worker->deciding) {
        change(worker, next, loaded);
    }
    return true;
}

void follow_release(struct worker *worker)
{
    rulebook_close(&worker->published);
    while (worker->shown != NULL) {
        struct worker_shown *shown = worker->shown;
        worker->shown = shown->before;
        free(shown);
    }
}
