#ifndef MENTOR_SRC_APP_LETTER_H
#define MENTOR_SRC_APP_LETTER_H

/*
 * Private to app/: the two letters of rules.md § 4, in Danish. The citizen's has the full reasons
 * with references and the complaint guidance. The company's has hours, money and period; it is
 * written from numbers, dates and enums alone, so that no diagnosis, benefit type, CPR number or
 * free text can reach it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum letter_reader {
    LETTER_TO_CITIZEN,
    LETTER_TO_COMPANY,
};

struct letter {
    enum letter_reader reader;
    const json_t *application; /* ProtoJSON of the input */
    const json_t *decision;    /* ProtoJSON of the outcome */
    const char *act;           /* the law that was followed, in words; "" when it is not known */
};

/* What a letter is made of; a form says how it looks. Texts are UTF-8 and borrowed. */
struct letter_page;
struct letter_form {
    void (*begin)(struct letter_page *page, const char *title);
    void (*heading)(struct letter_page *page, const char *text);
    void (*paragraph)(struct letter_page *page, const char *text);
    void (*item)(struct letter_page *page, const char *text, const char *reference); /* "": none */
    void (*row)(struct letter_page *page, const char *what, const char *value);
    void (*end)(struct letter_page *page);
};

enum letter_group {
    LETTER_ALONE, /* nothing is open */
    LETTER_ITEMS,
    LETTER_ROWS,
};

struct letter_page {
    FILE *out;
    enum letter_group open;
};

/* 76 columns, for a printer or a mail. */
extern const struct letter_form letter_as_text;
/* One file, nothing loaded from elsewhere; printable, with headings, table scopes and lang. */
extern const struct letter_form letter_as_html;

void letter_write(const struct letter *letter, const struct letter_form *form, FILE *out);

#endif /* MENTOR_SRC_APP_LETTER_H */
