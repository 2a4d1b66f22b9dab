#ifndef MENTOR_SRC_APP_JSON_PATH_H
#define MENTOR_SRC_APP_JSON_PATH_H

/* Private to app/: values of nested ProtoJSON objects by path, "support.startDate". What is absent
 * is NULL, "" or 0. All is borrowed from the object. */

#include <jansson.h>
#include <stdint.h>

const json_t *json_at(const json_t *object, const char *path);
const char *json_text_at(const json_t *object, const char *path);
/* Also of an int64, which is a string in ProtoJSON. */
int64_t json_number_at(const json_t *object, const char *path);

#endif /* MENTOR_SRC_APP_JSON_PATH_H */
