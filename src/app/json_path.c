#include "json_path.h"

#include <stdlib.h>
#include <string.h>

#include "mentor/base/check.h"

const json_t *json_at(const json_t *object, const char *path)
{
    while (object != NULL && *path != '\0') {
        char name[48];
        size_t size = strcspn(path, ".");
        CHECK(size < sizeof(name));
        memcpy(name, path, size);
        name[size] = '\0';
        object = json_object_get(object, name);
        path += path[size] == '.' ? size + 1 : size;
    }
    return object;
}

const char *json_text_at(const json_t *object, const char *path)
{
    const char *text = json_string_value(json_at(object, path));
    return text == NULL ? "" : text;
}

int64_t json_number_at(const json_t *object, const char *path)
{
    const json_t *value = json_at(object, path);
    const char *text = json_string_value(value);
    return text != NULL ? strtoll(text, NULL, 10) : (int64_t)json_integer_value(value);
}
