#include "audit_order.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/base/endian_be.h"

#include "audit.h"

void audit_order_init(struct audit_order *order)
{
    *order = (struct audit_order){.most = AUDIT_ORDER_MOST};
    order->maybe = calloc(AUDIT_ORDER_BITS / 64, sizeof(*order->maybe));
    CHECK(order->maybe != NULL);
    CHECK(pthread_mutex_init(&order->mutex, NULL) == 0);
    CHECK(pthread_cond_init(&order->changed, NULL) == 0);
}

void audit_order_release(struct audit_order *order)
{
    keeper_release(&order->citizens);
    free(order->maybe);
    (void)pthread_cond_destroy(&order->changed);
    (void)pthread_mutex_destroy(&order->mutex);
}

/* A citizen_ref is a digest: any of its bytes spread. */
static uint32_t bit_of(const uint8_t ref[KEEPER_KEY_SIZE])
{
    return get_be32(ref) % AUDIT_ORDER_BITS;
}

void audit_order_citizen(struct audit_order *order, const struct chronicle_row *row)
{
    if (row->seq <= 1 || order->known || order->too_many) {
        return;
    }
    order->too_many = row->seq > order->most - order->decisions;
    if (order->too_many) {
        keeper_release(&order->citizens);
        return;
    }
    order->decisions += row->seq;
    order->maybe[bit_of(row->key) / 64] |= UINT64_C(1) << bit_of(row->key) % 64;
    keeper_row_set(keeper_row(&order->citizens, row->key), row->seq, (struct bytes){0});
}

void audit_order_known(struct audit_order *order)
{
    (void)pthread_mutex_lock(&order->mutex);
    order->known = true;
    (void)pthread_cond_broadcast(&order->changed);
    (void)pthread_mutex_unlock(&order->mutex);
}

void audit_order_await(struct audit_order *order)
{
    (void)pthread_mutex_lock(&order->mutex);
    while (!order->known) {
        (void)pthread_cond_wait(&order->changed, &order->mutex);
    }
    (void)pthread_mutex_unlock(&order->mutex);
}

/* However many the rows count, as many as there are. */
static void add(struct audit_numbers *numbers, const struct audit_number *number)
{
    if (numbers->count == numbers->capacity) {
        numbers->capacity = numbers->capacity == 0 ? 1024 : 2 * numbers->capacity;
        numbers->items = realloc(numbers->items, numbers->capacity * sizeof(*numbers->items));
        CHECK(numbers->items != NULL);
    }
    numbers->items[numbers->count++] = *number;
}

void audit_order_decision(struct audit_job *job, const struct chronicle_decision *row)
{
    const struct stored_output *stored = &row->archived.stored;
    struct audit *audit = job->audit;
    const struct audit_order *order = &audit->order;
    uint32_t bit = bit_of(stored->citizen_ref);
    bool maybe = (order->maybe[bit / 64] >> bit % 64 & 1) != 0;
    const struct keeper_row *citizen = !maybe || order->too_many || audit->locating
                                           ? NULL
                                           : keeper_find(&order->citizens, stored->citizen_ref);
    if (citizen != NULL) {
        add(&job->numbers,
            &(struct audit_number){
                .citizen = citizen,
                .progress_id = row->progress_id,
                .number = stored->citizen_seq,
                .offset = stored->offset,
            });
    }
}

static int by_number(const void *a, const void *b)
{
    const struct audit_number *left = a;
    const struct audit_number *right = b;
    int order = (left->citizen > right->citizen) - (left->citizen < right->citizen);
    if (order == 0) {
        order = (left->progress_id > right->progress_id) - (left->progress_id < right->progress_id);
    }
    if (order == 0) {
        order = (left->number > right->number) - (left->number < right->number);
    }
    return order != 0 ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

static void name(struct audit *audit,
                 int64_t progress_id,
                 int64_t offset,
                 const uint8_t *citizen,
                 const int64_t numbers[2])
{
    struct audit_place place = audit_place_of(audit_position_of(audit, progress_id), offset, -1);
    place.citizen = citizen;
    audit_breach(&audit->report,
                 INVARIANT_I8,
                 &place,
                 "it is the citizen's decision %" PRId64 ", and decision %" PRId64
                 " of the same partition does not lie before it",
                 numbers[1],
                 numbers[0]);
}

/* Where the database found them. */
static bool ask(struct audit *audit, struct err *err)
{
    const struct chronicle_oddity *rows = NULL;
    uint32_t count = AUDIT_NAMED;
    if (!audit->chronicle.disorders(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        name(audit,
             rows[i].progress_id,
             rows[i].offset,
             rows[i].damaged ? NULL : rows[i].key,
             (const int64_t[]){rows[i].expected, rows[i].found});
    }
    return true;
}

bool audit_order_check(struct audit *audit, struct err *err)
{
    struct audit_numbers all = {0};
    int named = 0;
    if (audit->order.too_many) {
        return ask(audit, err);
    }
    for (uint32_t i = 0; i < audit->job_count; i++) {
        for (size_t j = 0; j < audit->jobs[i].numbers.count; j++) {
            add(&all, &audit->jobs[i].numbers.items[j]);
        }
    }
    if (all.count > 0) {
        qsort(all.items, all.count, sizeof(*all.items), by_number);
    }
    for (size_t i = 1; i < all.count && named < AUDIT_NAMED; i++) {
        const struct audit_number *before = &all.items[i - 1];
        const struct audit_number *after = &all.items[i];
        if (before->citizen == after->citizen && before->progress_id == after->progress_id &&
            (before->offset >= after->offset || before->number == after->number)) {
            name(audit,
                 after->progress_id,
                 after->offset,
                 after->citizen->key,
                 (const int64_t[]){before->number, after->number});
            named++;
        }
    }
    free(all.items);
    return true;
}
