#include "mentor/rulebook/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/arena.h"
#include "mentor/base/check.h"
#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"

#include "complaint.h"
#include "parts.h"
#include "value.h"

enum {
    FILE_SIZE_MAX = 4 * 1024 * 1024,
    RENEWAL_GAP_DAYS_MAX = 3660,

    /* All that can be kept: each string aligned, the texts once a law. */
    KEPT_WORD = RULEBOOK_WORD_MAX + 16,
    KEPT_TEXT = VALUE_TEXT_MAX + 16,
    KEPT_LAW = (2 + RULE_COUNT) * KEPT_WORD + (RULE_COUNT + 1) * KEPT_TEXT,
    KEPT_ALL = 2 * KEPT_WORD + RULE_COUNT * KEPT_TEXT + RULEBOOK_LAWS_MAX * KEPT_LAW + 16,
};

/* What the caller's pointer points into: the rulebook, and the arena that it borrows from. */
struct loaded {
    struct rulebook rulebook; /* first: a pointer to it is one to this */
    struct arena arena;
};

struct bytes filling_keep(struct filling *filling, struct bytes text)
{
    struct bytes kept = {0};
    bool room = bytes_copy(filling->arena, text, &kept);
    CHECK(room); /* KEPT_ALL counts every string */
    return kept;
}

static void rulebook_fill(struct filling *filling, const struct node *root)
{
    enum {
        NAME,
        VERSION,
        SERVES,
        GAP,
        PARAMETERS,
        LAWS,
        TEXTS,
        COMPLAINT,
        COUNT,
    };
    static const char *const names[COUNT] = {"name",
                                             "version",
                                             "serves",
                                             "renewal_gap_days",
                                             "parameters",
                                             "laws",
                                             "texts",
                                             "complaint_da"};
    struct complaints *complaints = filling->complaints;
    struct rulebook *rulebook = filling->rulebook;
    const struct node *found[COUNT];
    struct bytes text = {0};
    int64_t days = 0;
    if (!value_map(complaints, root, names, COUNT, found)) {
        return;
    }
    if (value_word(complaints, found[NAME], &text)) {
        rulebook->name = filling_keep(filling, text);
    }
    if (value_word(complaints, found[VERSION], &text)) {
        rulebook->version = filling_keep(filling, text);
    }
    serves_load(filling, found[SERVES]);
    if (value_number(complaints, found[GAP], RENEWAL_GAP_DAYS_MAX, &days)) {
        rulebook->renewal_gap_days = (int32_t)days;
    }
    parameters_load(filling, found[PARAMETERS]);
    laws_load(filling, found[LAWS]);
    texts_load(filling, found[TEXTS]);
    complaint_text_load(filling, found[COMPLAINT]);
}

static struct loaded *loaded_new(struct bytes yaml)
{
    struct loaded *loaded = calloc(1, sizeof(*loaded));
    if (loaded == NULL) {
        return NULL;
    }
    if (!arena_init(&loaded->arena, KEPT_ALL + yaml.size)) {
        free(loaded);
        return NULL;
    }
    return loaded;
}

struct rulebook *rulebook_parse(const char *name,
                                struct bytes yaml,
                                const struct rulebook_complaints *complaints,
                                struct err *err)
{
    struct complaints told = {.name = name, .to = complaints, .err = err};
    if (yaml.size > FILE_SIZE_MAX) {
        complaint_add(&told, 1, 1, "over 4 MiB; a rulebook is far smaller, give the right file");
        return NULL;
    }
    struct arena tree = {0};
    struct loaded *loaded = loaded_new(yaml);
    struct rulebook *rulebook = NULL;
    if (loaded == NULL || !arena_init(&tree, tree_capacity(yaml.size))) {
        err_set(err, ERR_FATAL, "%s: out of memory; free some and try again", name);
        goto out;
    }
    rulebook = &loaded->rulebook;
    struct filling filling = {&told, &loaded->arena, rulebook};
    rulebook->source = filling_keep(&filling, yaml);
    sha256_of(yaml, rulebook->sha256);
    const struct node *root = tree_read(&told, yaml, &tree);
    if (root != NULL) {
        rulebook_fill(&filling, root);
    }
    if (told.count > 0) {
        rulebook = NULL;
    }

out:
    if (rulebook == NULL && loaded != NULL) {
        struct rulebook *half = &loaded->rulebook;
        rulebook_close(&half);
    }
    arena_release(&tree);
    return rulebook;
}

/* For what errno says. */
static void refuse_file(const char *path, struct err *err)
{
    char why[128] = "it cannot be read";
    (void)strerror_r(errno, why, sizeof(why));
    err_set(err, ERR_FATAL, "%s: %s; give a rulebook that can be read", path, why);
}

struct rulebook *
rulebook_open(const char *path, const struct rulebook_complaints *complaints, struct err *err)
{
    struct rulebook *rulebook = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        refuse_file(path, err);
        return NULL;
    }
    data = malloc(FILE_SIZE_MAX + 1); /* one more than allowed: rulebook_parse sees that there is */
    if (data == NULL) {
        err_set(err, ERR_FATAL, "%s: out of memory; free some and try again", path);
        goto out;
    }
    size = fread(data, 1, FILE_SIZE_MAX + 1, file);
    if (ferror(file)) {
        refuse_file(path, err);
        goto out;
    }
    rulebook = rulebook_parse(path, bytes_of(data, size), complaints, err);

out:
    free(data);
    (void)fclose(file);
    return rulebook;
}

void rulebook_close(struct rulebook **rulebook)
{
    if (rulebook == NULL || *rulebook == NULL) {
        return;
    }
    struct loaded *loaded = (struct loaded *)*rulebook;
    arena_release(&loaded->arena);
    free(loaded);
    *rulebook = NULL;
}
