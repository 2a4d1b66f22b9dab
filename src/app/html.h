#ifndef MENTOR_SRC_APP_HTML_H
#define MENTOR_SRC_APP_HTML_H

/* Private to app/: text within HTML. Nothing that is written can be mistaken for markup. */

#include <stdio.h>

/* A page in Danish that loads nothing: up to its heading, which is the title. `style` is CSS. */
void html_begin(FILE *out, const char *title, const char *style);
void html_end(FILE *out);

/* In an element or a quoted attribute. */
void html_escaped(FILE *out, const char *text);
/* <name attributes>text</name>; `attributes` as they are, with a space before, or "". */
void html_element(FILE *out, const char *name, const char *attributes, const char *text);
/* The same, on a line of its own. */
void html_line(FILE *out, const char *name, const char *attributes, const char *text);

#endif /* MENTOR_SRC_APP_HTML_H */
