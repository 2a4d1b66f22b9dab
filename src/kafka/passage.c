#include "passage.h"

#include <stdlib.h>

#include "mentor/base/check.h"
#include "mentor/base/guard.h"

struct passage *passage_at(struct passages *passages, int32_t partition)
{
    CHECK(partition >= 0);
    uint32_t count = (uint32_t)partition + 1;
    if (count > passages->count) {
        passages->passages = realloc(passages->passages, count * sizeof(struct passage));
        CHECK(passages->passages != NULL);
        for (uint32_t i = passages->count; i < count; i++) {
            passages->passages[i] = (struct passage){.passed = {.partition = (int32_t)i}};
        }
        passages->count = count;
    }
    return &passages->passages[partition];
}

void passage_begin(struct passage *passage, int64_t emitted_offset)
{
    *passage = (struct passage){
        .begun = true,
        .passed = {.partition = passage->passed.partition, .emitted_offset = emitted_offset},
        .carried = -1,
        .emitted = emitted_offset,
    };
}

void passage_sent(struct passage *passage, int64_t next_offset)
{
    passage->resent = true;
    if (next_offset > passage->passed.emitted_offset) {
        passage->passed.emitted_offset = next_offset;
    }
}

void passage_pass(struct passage *passage, int64_t next_offset)
{
    if (next_offset > passage->passed.emitted_offset) {
        passage->passed.emitted_offset = next_offset;
    } else {
        passage->again = true;
    }
}

void passages_forget(struct passages *passages)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        passages->passages[i].begun = !GUARD(TXN_FORGET);
    }
}

void passages_release(struct passages *passages)
{
    free(passages->passages);
    *passages = (struct passages){.passages = NULL};
}

static bool has_moved(const struct passage *passage)
{
    return passage->begun && passage->passed.epoch > 0 &&
           (!passage->told || passage->again || passage->passed.emitted_offset > passage->emitted);
}

bool passages_moved(const struct passages *passages)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        if (has_moved(&passages->passages[i])) {
            return true;
        }
    }
    return false;
}

uint32_t passages_load(struct passages *passages, struct position *positions)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < passages->count; i++) {
        struct passage *passage = &passages->passages[i];
        passage->carried = -1;
        if (has_moved(passage)) {
            CHECK(count < PARTITIONS_MAX);
            CHECK(passage->passed.emitted_offset <=
                  passage->passed.next_offset); /* told before it was sent */
            passage->carried = passage->passed.emitted_offset;
            passage->again = false;
            positions[count++] = passage->passed;
        }
    }
    return count;
}

void passages_arrive(struct passages *passages)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        struct passage *passage = &passages->passages[i];
        if (passage->carried >= 0) {
            passage->emitted = passage->carried;
            passage->told = true;
            passage->carried = -1;
        }
    }
}

/* What is sent again lies below what is emitted, wherever that is. */
void passages_mark(struct passages *passages)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        struct passage *passage = &passages->passages[i];
        bool whole = passage->told && passage->resent && !passage->again;
        passage->marked = whole ? passage->emitted : passage->seen;
    }
}

uint32_t passages_marked(const struct passages *passages, struct position *positions)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < passages->count; i++) {
        const struct passage *passage = &passages->passages[i];
        if (passage->begun && passage->marked > passage->seen) {
            CHECK(count < PARTITIONS_MAX);
            positions[count++] = passage->passed;
        }
    }
    return count;
}

void passages_see(struct passages *passages)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        passages->passages[i].seen = passages->passages[i].marked;
    }
}

bool passages_unseen(const struct passages *passages)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        const struct passage *passage = &passages->passages[i];
        if (passage->begun && passage->told && passage->emitted > passage->seen) {
            return true;
        }
    }
    return false;
}
