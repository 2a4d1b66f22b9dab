#include "whole.h"

#include "mentor/base/bytes.h"

/* Up to here every whole number is a double of its own, so that what was written is what is read.
 */
#define DOUBLE_WHOLE_MAX INT64_C(9007199254740991)

static bool whole_of_text(struct bytes text, struct whole *whole)
{
    whole->negative = text.size > 0 && text.data[0] == '-';
    size_t at = whole->negative ? 1 : 0;
    if (at == text.size || (text.data[at] == '0' && text.size - at > 1)) {
        return false;
    }
    whole->magnitude = 0;
    for (; at < text.size; at++) {
        if (text.data[at] < '0' || text.data[at] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(text.data[at] - '0');
        if (whole->magnitude > (UINT64_MAX - digit) / 10) {
            return false;
        }
        whole->magnitude = whole->magnitude * 10 + digit;
    }
    return true;
}

static bool whole_of_real(double real, int64_t *number)
{
    if (!(real >= -(double)DOUBLE_WHOLE_MAX && real <= (double)DOUBLE_WHOLE_MAX)) {
        return false;
    }
    *number = (int64_t)real;
    return (double)*number >= real && (double)*number <= real; /* no fraction was cut off */
}

bool whole_of(const json_t *json, struct whole *whole)
{
    if (json_is_string(json)) {
        return whole_of_text(bytes_of(json_string_value(json), json_string_length(json)), whole);
    }
    int64_t number = json_integer_value(json);
    if (!json_is_number(json) ||
        (json_is_real(json) && !whole_of_real(json_real_value(json), &number))) {
        return false;
    }
    whole->negative = number < 0;
    whole->magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    return true;
}
