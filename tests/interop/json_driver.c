/*
 * Our ProtoJSON for another program to check. Frames on stdin, answers on stdout, both u32be sizes.
 * In: A or D (an Application or a Decision as JSON) or a or d (as protobuf), size, bytes. Out: +
 * and the other form, or - and why.
 */

#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/arena.h"
#include "mentor/wire/json.h"

enum {
    ARENA_SIZE = 64 * 1024 * 1024,
    FRAME_MAX = 16 * 1024 * 1024,
    SIZE_BYTES = 4,
};

static void answer(char sign, struct bytes bytes)
{
    const uint8_t head[] = {(uint8_t)sign,
                            (uint8_t)(bytes.size >> 24),
                            (uint8_t)(bytes.size >> 16),
                            (uint8_t)(bytes.size >> 8),
                            (uint8_t)bytes.size};
    CHECK(fwrite(head, sizeof(head), 1, stdout) == 1);
    CHECK(fwrite(bytes.data, 1, bytes.size, stdout) == bytes.size);
    CHECK(fflush(stdout) == 0);
}

static void from_json(enum json_message kind, struct bytes frame, struct arena *arena)
{
    char why[256] = "not JSON";
    struct bytes value = {0};
    json_t *json = json_loadb((const char *)frame.data, frame.size, JSON_REJECT_DUPLICATES, NULL);
    bool read = json != NULL && json_to_protobuf(kind, json, arena, &value, why, sizeof(why));
    answer(read ? '+' : '-', read ? value : bytes_text(why));
    json_decref(json);
}

static void from_protobuf(enum json_message kind, struct bytes frame, struct arena *arena)
{
    struct text text = {0};
    bool written = protobuf_to_json(kind, frame, arena, &text);
    answer(written ? '+' : '-', bytes_of(text.data, text.size));
    text_release(&text);
}

int main(void)
{
    struct arena arena;
    CHECK(arena_init(&arena, ARENA_SIZE));
    uint8_t head[1 + SIZE_BYTES];
    while (fread(head, sizeof(head), 1, stdin) == 1) {
        size_t size =
            (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        CHECK(size <= FRAME_MAX);
        uint8_t *frame = malloc(size + 1);
        CHECK(frame != NULL);
        CHECK(fread(frame, 1, size, stdin) == size);
        enum json_message kind =
            head[0] == 'A' || head[0] == 'a' ? JSON_APPLICATION : JSON_DECISION;
        struct arena_mark mark = arena_mark(&arena);
        if (head[0] == 'A' || head[0] == 'D') {
            from_json(kind, bytes_of(frame, size), &arena);
        } else {
            from_protobuf(kind, bytes_of(frame, size), &arena);
        }
        arena_rewind(&arena, mark);
        free(frame);
    }
    arena_release(&arena);
    return 0;
}
