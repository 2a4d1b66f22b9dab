#include "members.h"

#include <inttypes.h>
#include <stdio.h>

#include "mentor/wire/rfc3339.h"

static void fail(struct members *members, const char *name)
{
    members->failed = members->failed == NULL ? name : members->failed;
}

struct bytes member_text(struct members *members, const char *name)
{
    const json_t *value = json_object_get(members->object, name);
    if (!json_is_string(value)) {
        fail(members, name);
        return (struct bytes){0};
    }
    return bytes_of(json_string_value(value), json_string_length(value));
}

int64_t member_number(struct members *members, const char *name, int64_t most)
{
    const json_t *value = json_object_get(members->object, name);
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > most) {
        fail(members, name);
        return 0;
    }
    return number;
}

void member_hex(struct members *members, const char *name, size_t size, uint8_t *to)
{
    struct bytes text = member_text(members, name);
    if (text.size != 2 * size || !hex_decode((const char *)text.data, size, to)) {
        fail(members, name);
    }
}

int64_t member_moment(struct members *members, const char *name)
{
    struct rfc3339 moment = {0};
    if (!rfc3339_parse(member_text(members, name), &moment)) {
        fail(members, name);
    }
    return rfc3339_ms(moment);
}

void add_hex_member(struct text *line, const char *name, const uint8_t *data, size_t size)
{
    text_add(line, bytes_text(name));
    text_add(line, bytes_text("\""));
    text_add_hex(line, bytes_of(data, size));
    text_add(line, bytes_text("\""));
}

void add_moment_member(struct text *line, const char *name, int64_t ms)
{
    char moment[RFC3339_SIZE];
    text_add(line, bytes_text(name));
    text_add_json(line, bytes_of(moment, rfc3339_format(rfc3339_of_ms(ms), moment)));
}

void add_number_member(struct text *line, const char *name, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    text_add(line, bytes_text(name));
    text_add(line, bytes_text(text));
}
