/* What did not come out even, named: items of the same key and number beside each other. */

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

static int by_number(const void *a, const void *b)
{
    const struct audit_item *left = a;
    const struct audit_item *right = b;
    int order = (left->heap > right->heap) - (left->heap < right->heap);
    if (order == 0) {
        order = memcmp(left->key, right->key, AUDIT_SUM_KEY_SIZE);
    }
    if (order == 0) {
        order = (left->number > right->number) - (left->number < right->number);
    }
    return order != 0 ? order : (left->side > right->side) - (left->side < right->side);
}

/* The items of one key and number, by side. */
struct group {
    const struct audit_item *first[AUDIT_KEPT + 1]; /* NULL for none */
    uint32_t counts[AUDIT_KEPT + 1];
};

static bool same_key(const struct audit_item *a, const struct audit_item *b)
{
    return a->heap == b->heap && memcmp(a->key, b->key, AUDIT_SUM_KEY_SIZE) == 0;
}

__attribute__((format(printf, 4, 5))) static void tell(struct audit *audit,
                                                       enum invariant invariant,
                                                       const struct audit_item *item,
                                                       const char *format,
                                                       ...);

static void tell(struct audit *audit,
                 enum invariant invariant,
                 const struct audit_item *item,
                 const char *format,
                 ...)
{
    char what[192];
    struct audit_place place = item->place;
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    if (item->heap == AUDIT_APPLICATIONS) {
        place.application = item->key;
    } else {
        place.citizen = item->key;
    }
    audit_breach(&audit->report, invariant, &place, "%s", what);
}

/* A row is there once, and ends where the decisions do. */
static void look_at_kept(struct audit *audit, const struct group *group)
{
    const struct audit_item *kept = group->first[AUDIT_KEPT];
    if (kept != NULL && (group->counts[AUDIT_KEPT] > 1 || group->first[AUDIT_CONSIDERED] != NULL)) {
        tell(audit,
             INVARIANT_P,
             kept,
             group->counts[AUDIT_KEPT] > 1
                 ? "its row knows decision %lld more than once"
                 : "its row ends with decision %lld, and the one after it is stored",
             (long long)kept->number);
    }
}

/* A number of an application: one decision, and the row's event of it. */
static void look_at_event(struct audit *audit, const struct group *group)
{
    const struct audit_item *left = group->first[AUDIT_LEFT];
    const struct audit_item *kept = group->first[AUDIT_KEPT];
    for (uint32_t i = 1; left != NULL && i < group->counts[AUDIT_LEFT]; i++) {
        tell(audit,
             INVARIANT_I8,
             &left[i],
             "it is the application's decision %lld, as is batch %lld index %d",
             (long long)left->number,
             (long long)left->place.batch,
             left->place.index);
    }
    if (left == NULL) {
        CHECK(kept != NULL);
        tell(audit,
             INVARIANT_I8,
             kept,
             "the application's row knows its decision %lld, and no such decision is stored",
             (long long)kept->number);
    } else if (kept == NULL) {
        tell(audit,
             INVARIANT_P,
             left,
             "the application's row does not know its decision %lld",
             (long long)left->number);
    } else if (memcmp(left->digest, kept->digest, SHA256_SIZE) != 0) {
        tell(audit,
             INVARIANT_P,
             left,
             "the application's row has its decision %lld otherwise",
             (long long)left->number);
    }
}

/* A number of a citizen: one decision, and who goes on from it: the next one, or the row. */
static void look_at_citizen(struct audit *audit, const struct group *group)
{
    const struct audit_item *left = group->first[AUDIT_LEFT];
    const struct audit_item *considered = group->first[AUDIT_CONSIDERED];
    const struct audit_item *kept = group->first[AUDIT_KEPT];
    for (uint32_t i = 1; left != NULL && i < group->counts[AUDIT_LEFT]; i++) {
        tell(audit,
             INVARIANT_I8,
             &left[i],
             "it is the citizen's decision %lld, as is batch %lld index %d",
             (long long)left->number,
             (long long)left->place.batch,
             left->place.index);
    }
    if (left == NULL && considered != NULL) {
        tell(audit,
             INVARIANT_I8,
             considered,
             "it is the citizen's decision %lld, and the one before it is not stored",
             (long long)considered->number + 1);
    } else if (left == NULL) {
        CHECK(kept != NULL);
        tell(audit,
             INVARIANT_P,
             kept,
             "the citizen's row counts %lld decisions, and the last is not stored",
             (long long)kept->number);
    } else if (considered != NULL && memcmp(left->digest, considered->digest, SHA256_SIZE) != 0) {
        tell(audit,
             INVARIANT_I2,
             considered,
             "the history it considered is not what the citizen's decision %lld left",
             (long long)left->number);
    } else if (considered == NULL && kept == NULL) {
        tell(audit,
             INVARIANT_P,
             left,
             "the citizen's row does not end with its last decision, %lld",
             (long long)left->number);
    } else if (kept != NULL && memcmp(left->digest, kept->digest, SHA256_SIZE) != 0) {
        tell(audit,
             INVARIANT_P,
             left,
             "the citizen's row is not what its decision %lld left",
             (long long)left->number);
    }
}

/* I1: one event in two decisions of an application. */
static void look_for_twins(struct audit *audit, const struct audit_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (items[i].side == AUDIT_LEFT && items[j].side == AUDIT_LEFT &&
                memcmp(items[i].event_key, items[j].event_key, EVENT_KEY_SIZE) == 0) {
                tell(audit,
                     INVARIANT_I1,
                     &items[i],
                     "its event is decided in batch %lld index %d as well",
                     (long long)items[j].place.batch,
                     items[j].place.index);
                break;
            }
        }
    }
}

/* All items of one key. */
static void look_at_key(struct audit *audit, const struct audit_item *items, size_t count)
{
    bool application = items[0].heap == AUDIT_APPLICATIONS;
    if (application) {
        look_for_twins(audit, items, count);
    }
    for (size_t i = 0; i < count;) {
        struct group group = {0};
        for (int64_t number = items[i].number; i < count && items[i].number == number; i++) {
            if (group.counts[items[i].side]++ == 0) {
                group.first[items[i].side] = &items[i];
            }
        }
        look_at_kept(audit, &group);
        if (application) {
            look_at_event(audit, &group);
        } else {
            look_at_citizen(audit, &group);
        }
    }
}

static int64_t told(const struct audit *audit)
{
    int64_t count = 0;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        count += audit->report.breaches[i];
    }
    return count;
}

void audit_locate(struct audit *audit)
{
    struct audit_item *items = audit->items;
    size_t count = audit->item_count;
    int64_t before = told(audit);
    if (count > 0) {
        qsort(items, count, sizeof(*items), by_number);
    }
    for (size_t key = 0, end = 0; key < count; key = end) {
        while (end < count && same_key(&items[key], &items[end])) {
            end++;
        }
        look_at_key(audit, &items[key], end - key);
    }
    if (told(audit) == before) { /* uneven, and nothing to show for it */
        struct audit_place nowhere = AUDIT_NOWHERE;
        audit_breach(
            &audit->report, INVARIANT_P, &nowhere, "decisions and rows do not come out even");
    }
}
