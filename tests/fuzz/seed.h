#ifndef TESTS_FUZZ_SEED_H
#define TESTS_FUZZ_SEED_H

/*
 * Where a fuzzer begins, so that a run of seconds is past the outer shell: a whole application,
 * spoiled by edits that the fuzzer's bytes describe. Even first byte: the rest as it is. Odd: edits
 * of the seed, four bytes each (where, two bytes; how many are taken out; what is put in).
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    SEED_EDITS_MAX = 24,
};

static const char seed_line[] =
    "{\"specversion\":\"1.0\",\"id\":\"a-1\",\"source\":\"urn:x\",\"type\":\"dk.mentor.application.submitted.v1\","
    "\"time\":\"2026-03-02T09:00:00.5+01:00\",\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\","
    "\"grpctimeout\":\"10S\",\"data\":{\"applicationId\":\"6f9619ff-8b86-4d01-b42d-00cf4fc964ff\",\"version\":1,"
    "\"municipalityCode\":\"0217\",\"citizen\":{\"cpr\":\"1403760101\",\"targetGroup\":\"TARGET_GROUP_FLEX_JOB\","
    "\"introductionProgramme\":true,\"courseGrantedOn\":\"2026-01-05\"},\"company\":{\"cvr\":\"99000007\","
    "\"name\":\"V\\u00e6rk \\ud83d\\ude00\"},\"activity\":{\"kind\":4,\"aim\":\"AIM_KEEP\"},\"mentor\":{\"kind\":"
    "\"MENTOR_KIND_EMPLOYEE\",\"name\":\"K\",\"contact\":\"1\",\"relation\":\"RELATION_NONE\",\"qualifications\":\"q\"},"
    "\"support\":{\"goal\":\"g\",\"tasks\":\"t\",\"minutesPerWeek\":180,\"startDate\":\"2026-03-09\",\"endDate\":"
    "\"2026-06-07\"},\"cost\":{\"wage\":{\"monthlyOre\":\"3450000\",\"holidayBp\":100},\"training\":{\"costOre\":320000},"
    "\"other\":[{\"kind\":\"OTHER_COST_KIND_OVERHEAD\",\"costOre\":\"60000\"},{}]},\"assessment\":{\"decisive\":"
    "\"ANSWER_YES\",\"beyond_normal\":\"ANSWER_NO\",\"assessedAt\":\"2026-03-01T00:00:00Z\"}}}";

/* Writes to `out`, of `capacity` bytes, at least the seed's; returns how many. */
static inline size_t seed_spoil(const uint8_t *seed,
                                size_t seed_size,
                                const uint8_t *data,
                                size_t size,
                                uint8_t *out,
                                size_t capacity)
{
    if (size == 0 || data[0] % 2 == 0) {
        size_t rest = size == 0 ? 0 : size - 1;
        rest = rest < capacity ? rest : capacity;
        if (rest > 0) {
            memcpy(out, data + 1, rest);
        }
        return rest;
    }
    size_t length = seed_size;
    memcpy(out, seed, seed_size);
    data++;
    size--;
    for (unsigned edit = 0; size >= 4 && edit < SEED_EDITS_MAX; edit++, data += 4, size -= 4) {
        size_t at = ((size_t)data[0] * 256 + data[1]) % (length + 1);
        size_t cut = data[2] % 16;
        cut = cut < length - at ? cut : length - at;
        size_t put = data[2] < 128 && length - cut < capacity ? 1 : 0;
        memmove(out + at + put, out + at + cut, length - at - cut);
        if (put == 1) {
            out[at] = data[3];
        }
        length = length - cut + put;
    }
    return length;
}

#endif /* TESTS_FUZZ_SEED_H */
