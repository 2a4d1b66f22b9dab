#include "rulebooks.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/core/rulebook.h"
#include "mentor/port/chronicle.h"
#include "mentor/rulebook/load.h"

void rulebooks_add(struct rulebooks *rulebooks, struct rulebook *rulebook)
{
    size_t size = ((size_t)rulebooks->count + 1) * sizeof(struct rulebook *);
    struct rulebook **items = realloc(rulebooks->items, size);
    CHECK(items != NULL);
    items[rulebooks->count++] = rulebook;
    rulebooks->items = items;
}

static void say_refused(void *self, const char hex[2 * SHA256_SIZE + 1])
{
    (void)self;
    (void)fprintf(
        stderr, "mentord: the stored rulebook %.16s… is not the one it is stored as\n", hex);
}

bool rulebooks_stored(struct rulebooks *rulebooks,
                      const struct chronicle *chronicle,
                      rulebooks_refused_fn *refused,
                      void *self,
                      struct err *err)
{
    const struct chronicle_rulebook *rows = NULL;
    uint32_t count = 0;
    if (!chronicle->rulebooks(chronicle->self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct err why;
        char hex[2 * SHA256_SIZE + 1] = "";
        hex_encode(rows[i].sha256, SHA256_SIZE, hex);
        struct rulebook *rulebook = rulebook_parse("stored", rows[i].yaml, NULL, &why);
        if (rulebook != NULL && memcmp(rulebook->sha256, rows[i].sha256, SHA256_SIZE) == 0) {
            rulebooks_add(rulebooks, rulebook);
        } else {
            (refused == NULL ? say_refused : refused)(self, hex);
            rulebook_close(&rulebook);
        }
    }
    return true;
}

static bool keep_file(struct rulebooks *rulebooks, const char *path, struct err *err)
{
    struct rulebook *rulebook = rulebook_open(path, NULL, err);
    if (rulebook != NULL) {
        rulebooks_add(rulebooks, rulebook);
    }
    return rulebook != NULL;
}

bool rulebooks_at(struct rulebooks *rulebooks, const char *path, struct err *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOTDIR
                   ? keep_file(rulebooks, path, err)
                   : err_set(err, ERR_FATAL, "%s: cannot be read: %s", path, strerror(errno));
    }
    bool done = true;
    const struct dirent *entry = NULL;
    /* One thread, and a stream of its own. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (done && (entry = readdir(folder)) != NULL) {
        char file[4096];
        size_t size = strlen(entry->d_name);
        if (size > 5 && strcmp(entry->d_name + size - 5, ".yaml") == 0) {
            int length = snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
            done = (length > 0 && (size_t)length < sizeof(file))
                       ? keep_file(rulebooks, file, err)
                       : err_set(err, ERR_FATAL, "%s: a name in it is too long", path);
        }
    }
    (void)closedir(folder);
    if (done && rulebooks->count == 0) {
        return err_set(err, ERR_FATAL, "%s: no rulebook (*.yaml) is in it", path);
    }
    return done;
}

const struct rulebook *rulebooks_find(const struct rulebooks *rulebooks,
                                      const uint8_t sha256[SHA256_SIZE])
{
    for (uint32_t i = 0; i < rulebooks->count; i++) {
        if (memcmp(rulebooks->items[i]->sha256, sha256, SHA256_SIZE) == 0) {
            return rulebooks->items[i];
        }
    }
    return NULL;
}

void rulebooks_release(struct rulebooks *rulebooks)
{
    for (uint32_t i = 0; i < rulebooks->count; i++) {
        rulebook_close(&rulebooks->items[i]);
    }
    free(rulebooks->items);
    *rulebooks = (struct rulebooks){0};
}
