#include "audit_sum.h"

#include <stdlib.h>

bool audit_sum_init(struct audit_sum *sum, const struct siphash_key *key)
{
    sum->key = *key;
    sum->buckets = calloc(AUDIT_SUM_BUCKETS, sizeof(*sum->buckets));
    return sum->buckets != NULL;
}

void audit_sum_release(struct audit_sum *sum)
{
    free(sum->buckets);
    *sum = (struct audit_sum){0};
}

uint32_t audit_sum_bucket(const uint8_t key[AUDIT_SUM_KEY_SIZE])
{
    return (uint32_t)key[0] << 4 | key[1] >> 4;
}

static void weigh(const struct audit_sum *sum,
                  const uint8_t *key,
                  int64_t number,
                  struct bytes what,
                  uint64_t weight[2])
{
    struct siphash sip;
    siphash_init(&sip, &sum->key);
    siphash_add(&sip, bytes_of(key, AUDIT_SUM_KEY_SIZE));
    siphash_add(&sip, bytes_of(&number, sizeof(number)));
    siphash_add(&sip, what);
    siphash_finish(&sip, weight);
}

void audit_sum_add(struct audit_sum *sum,
                   const uint8_t key[AUDIT_SUM_KEY_SIZE],
                   int64_t number,
                   struct bytes what)
{
    uint64_t *bucket = sum->buckets[audit_sum_bucket(key)];
    uint64_t weight[2];
    weigh(sum, key, number, what, weight);
    bucket[0] += weight[0];
    bucket[1] += weight[1];
}

void audit_sum_take(struct audit_sum *sum,
                    const uint8_t key[AUDIT_SUM_KEY_SIZE],
                    int64_t number,
                    struct bytes what)
{
    uint64_t *bucket = sum->buckets[audit_sum_bucket(key)];
    uint64_t weight[2];
    weigh(sum, key, number, what, weight);
    bucket[0] -= weight[0];
    bucket[1] -= weight[1];
}

void audit_sum_join(struct audit_sum *sum, const struct audit_sum *other)
{
    for (uint32_t i = 0; i < AUDIT_SUM_BUCKETS; i++) {
        sum->buckets[i][0] += other->buckets[i][0];
        sum->buckets[i][1] += other->buckets[i][1];
    }
}

bool audit_sum_settled(const struct audit_sum *sum, uint32_t bucket)
{
    return sum->buckets[bucket][0] == 0 && sum->buckets[bucket][1] == 0;
}

uint32_t audit_sum_unsettled(const struct audit_sum *sum)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < AUDIT_SUM_BUCKETS; i++) {
        count += audit_sum_settled(sum, i) ? 0 : 1;
    }
    return count;
}
