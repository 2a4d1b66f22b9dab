#include "field.h"

const char *field_repair(struct bytes *fields, const struct field_column *columns, int count)
{
    static const uint8_t zeros[FIELD_NULL_TOO];
    const char *damaged = NULL;
    for (int i = count - 1; i >= 0; i--) {
        uint8_t size = columns[i].size;
        bool sound = size == FIELD_NULL_TOO ||
                     (size == FIELD_ANY ? fields[i].data != NULL : fields[i].size == size);
        if (!sound) {
            fields[i] = bytes_of(zeros, size);
            damaged = columns[i].name;
        }
    }
    return damaged;
}
