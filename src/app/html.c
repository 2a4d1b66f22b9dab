#include "html.h"

void html_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            (void)fputs("&amp;", out);
            break;
        case '<':
            (void)fputs("&lt;", out);
            break;
        case '>':
            (void)fputs("&gt;", out);
            break;
        case '"':
            (void)fputs("&quot;", out);
            break;
        default:
            (void)fputc(*text, out);
        }
    }
}

void html_element(FILE *out, const char *name, const char *attributes, const char *text)
{
    (void)fprintf(out, "<%s%s>", name, attributes);
    html_escaped(out, text);
    (void)fprintf(out, "</%s>", name);
}
