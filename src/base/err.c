#include "mentor/base/err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, arguments);
    va_end(arguments);
    for (char *at = err->text; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\r') {
            *at = ' '; /* libpq and librdkafka write several lines */
        }
    }
    err->kind = kind;
    return false;
}
