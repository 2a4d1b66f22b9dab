#include "place.h"

enum {
    DIGITS_MAX = 18, /* no int64_t overflows */
};

/* The last part of the text, behind its last slash; text loses it. */
static struct bytes cut_last(struct bytes *text)
{
    size_t at = text->size;
    while (at > 0 && text->data[at - 1] != '/') {
        at--;
    }
    struct bytes last = bytes_of(text->data + at, text->size - at);
    text->size = at > 0 ? at - 1 : 0;
    return last;
}

static bool parse_number(struct bytes text, int64_t most, int64_t *number)
{
    *number = 0;
    if (text.size == 0 || text.size > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        *number = *number * 10 + (text.data[i] - '0');
    }
    return *number <= most;
}

bool place_parse(struct bytes text, struct place *place)
{
    int64_t partition = 0;
    *place = (struct place){0};
    if (!parse_number(cut_last(&text), INT64_MAX, &place->offset) ||
        !parse_number(cut_last(&text), INT32_MAX, &partition)) {
        return false;
    }
    place->partition = (int32_t)partition;
    place->topic = text;
    return true;
}
