#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/rulebook/load.h"

bool complaint_add(struct complaints *complaints, int line, int column, const char *format, ...)
{
    complaints->count++;
    if (complaints->count > COMPLAINTS_MAX) {
        return false;
    }
    char text[COMPLAINT_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (complaints->count == 1) {
        err_set(complaints->err, ERR_FATAL, "%s:%d:%d: %s", complaints->name, line, column, text);
    }
    const struct rulebook_complaints *to = complaints->to;
    if (to != NULL && to->complain != NULL) {
        to->complain(to->self, complaints->name, line, column, text);
    }
    return false;
}

struct complaint_shown complaint_show(struct bytes text)
{
    static const char more[] = "...";
    struct complaint_shown shown = {{0}};
    bool whole = text.size < sizeof(shown.text);
    size_t size = whole ? text.size : sizeof(shown.text) - sizeof(more);
    while (!whole && size > 0 && (text.data[size] & 0xc0) == 0x80) {
        size--; /* not in the middle of a character */
    }
    for (size_t i = 0; i < size; i++) {
        bool printable = text.data[i] >= 0x20 && text.data[i] != 0x7f;
        shown.text[i] = (char)(printable ? text.data[i] : (uint8_t)'?');
    }
    if (!whole) {
        memcpy(shown.text + size, more, sizeof(more));
    }
    return shown;
}
