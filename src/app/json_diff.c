#include "json_diff.h"

#include <stdio.h>
#include <string.h>

enum {
    PATH_SIZE = 256,
    LABEL_SIZE = 48,
};

struct diff {
    const struct json_changes *changes;
    char path[PATH_SIZE];
    uint32_t count;
};

/* Depth is the schema's: no message holds itself. NOLINTBEGIN(misc-no-recursion) */
static void compare(struct diff *diff, size_t size, const json_t *before, const json_t *after);

static void tell(struct diff *diff, const json_t *before, const json_t *after)
{
    diff->changes->change(diff->changes->self, diff->path, before, after);
    diff->count++;
}

/* Descends by one step of the path in three parts, and comes back. A path that
 * is too long is cut. */
static void descend(
    struct diff *diff, size_t size, const char *step[3], const json_t *before, const json_t *after)
{
    int more = snprintf(diff->path + size, PATH_SIZE - size, "%s%s%s", step[0], step[1], step[2]);
    size_t grown = size + (more < 0 ? 0 : (size_t)more);
    compare(diff, grown < PATH_SIZE ? grown : PATH_SIZE - 1, before, after);
    diff->path[size] = '\0';
}

static void compare_objects(struct diff *diff, size_t size, json_t *before, json_t *after)
{
    const char *name = NULL;
    json_t *value = NULL;
    const char *step[] = {size == 0 ? "" : ".", NULL, ""};
    json_object_foreach(before, name, value)
    {
        step[1] = name;
        descend(diff, size, step, value, json_object_get(after, name));
    }
    json_object_foreach(after, name, value)
    {
        if (json_object_get(before, name) == NULL) {
            step[1] = name;
            descend(diff, size, step, NULL, value);
        }
    }
}

/* What an item is known by: its rule and which one of that rule it is, else its place. */
static void label_of(const json_t *items, size_t at, char label[LABEL_SIZE])
{
    const char *rule = json_string_value(json_object_get(json_array_get(items, at), "rule"));
    uint32_t before = 0;
    if (rule == NULL) {
        (void)snprintf(label, LABEL_SIZE, "%zu", at);
        return;
    }
    for (size_t i = 0; i < at; i++) {
        const char *other = json_string_value(json_object_get(json_array_get(items, i), "rule"));
        before += other != NULL && strcmp(other, rule) == 0 ? 1 : 0;
    }
    if (before == 0) {
        (void)snprintf(label, LABEL_SIZE, "%.32s", rule);
    } else {
        (void)snprintf(label, LABEL_SIZE, "%.32s/%u", rule, before + 1);
    }
}

static const json_t *item_labelled(const json_t *items, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        char label[LABEL_SIZE];
        label_of(items, i, label);
        if (strcmp(label, wanted) == 0) {
            return json_array_get(items, i);
        }
    }
    return NULL;
}

static void
compare_arrays(struct diff *diff, size_t size, const json_t *before, const json_t *after)
{
    char label[LABEL_SIZE];
    const char *step[] = {"[", label, "]"};
    for (size_t i = 0; i < json_array_size(before); i++) {
        label_of(before, i, label);
        descend(diff, size, step, json_array_get(before, i), item_labelled(after, label));
    }
    for (size_t i = 0; i < json_array_size(after); i++) {
        label_of(after, i, label);
        if (item_labelled(before, label) == NULL) {
            descend(diff, size, step, NULL, json_array_get(after, i));
        }
    }
}

/* jansson's iteration takes no const object; it changes none. */
static json_t *object_of(const json_t *value)
{
    return (json_t *)(uintptr_t)value; /* NOLINT(performance-no-int-to-ptr) */
}

static void compare(struct diff *diff, size_t size, const json_t *before, const json_t *after)
{
    if (json_is_object(before) && json_is_object(after)) {
        compare_objects(diff, size, object_of(before), object_of(after));
    } else if (json_is_array(before) && json_is_array(after)) {
        compare_arrays(diff, size, before, after);
    } else if (json_equal(before, after) == 0) {
        tell(diff, before, after);
    }
}
/* NOLINTEND(misc-no-recursion) */

uint32_t json_diff(const json_t *before, const json_t *after, const struct json_changes *changes)
{
    struct diff diff = {.changes = changes};
    compare(&diff, 0, before, after);
    return diff.count;
}
