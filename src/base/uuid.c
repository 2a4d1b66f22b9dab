#include "mentor/base/uuid.h"

/* Where each run of hex digits begins, and how many bytes it holds. */
static const struct {
    size_t at;
    size_t size;
} groups[] = {{0, 4}, {9, 2}, {14, 2}, {19, 2}, {24, 6}};

bool uuid_parse(struct bytes text, uint8_t uuid[UUID_SIZE])
{
    if (text.size != UUID_TEXT_SIZE) {
        return false;
    }
    const char *from = (const char *)text.data;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (groups[i].at > 0 && from[groups[i].at - 1] != '-') {
            return false;
        }
        if (!hex_decode(from + groups[i].at, groups[i].size, uuid)) {
            return false;
        }
        uuid += groups[i].size;
    }
    return true;
}

void uuid_format(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT_SIZE])
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (groups[i].at > 0) {
            text[groups[i].at - 1] = '-';
        }
        hex_encode(uuid, groups[i].size, text + groups[i].at);
        uuid += groups[i].size;
    }
}
