#ifndef MENTOR_SRC_APP_WHATIF_PAGE_H
#define MENTOR_SRC_APP_WHATIF_PAGE_H

/*
 * Private to app/: what a what-if's report is made of; a form says how it looks. Texts are UTF-8.
 * A chart shows nothing that no table beside it says.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    WHATIF_COLUMNS_MAX = 8,
    WHATIF_CELL_SIZE = 96,
    WHATIF_BARS_MAX = 36,
};

struct whatif_column {
    const char *name; /* borrowed */
    bool number;      /* to the right */
};

/* Zeroed is empty; whatif_table_release() in the end. */
struct whatif_table {
    const char *caption; /* borrowed */
    struct whatif_column columns[WHATIF_COLUMNS_MAX];
    uint32_t column_count;
    char (*cells)[WHATIF_CELL_SIZE]; /* owned; row by row */
    uint32_t cell_count;
    uint32_t cell_capacity;
    bool total; /* the last row is the sum */
};

void whatif_table_begin(struct whatif_table *table, const char *caption);
void whatif_table_release(struct whatif_table *table);
void whatif_table_column(struct whatif_table *table, const char *name, bool number);
/* The next cell; a longer text is cut. */
void whatif_table_text(struct whatif_table *table, const char *text);
void whatif_table_number(struct whatif_table *table, int64_t number);
void whatif_table_kroner(struct whatif_table *table, int64_t ore);
/* The same with its sign: +1.234,00. */
void whatif_table_change(struct whatif_table *table, int64_t ore);

/* A row of a chart. */
struct whatif_bar {
    char label[WHATIF_CELL_SIZE];
    int64_t before;
    int64_t after;
};

enum whatif_chart_kind {
    WHATIF_BARS,       /* before and after side by side */
    WHATIF_DIFFERENCE, /* after less before, to both sides of a line */
};

struct whatif_chart {
    enum whatif_chart_kind kind;
    const char *title; /* borrowed, as the next */
    const char *note;  /* what it leaves out; "" */
    bool kroner;       /* øre; else a count */
    struct whatif_bar bars[WHATIF_BARS_MAX];
    uint32_t bar_count;
};

/* `number` as it stands beside a bar: kroner without øre, or a count. */
const char *whatif_chart_text(const struct whatif_chart *chart, int64_t number, char *text);

struct whatif_page;
struct whatif_form {
    void (*begin)(struct whatif_page *page, const char *title);
    void (*heading)(struct whatif_page *page, const char *text);
    void (*paragraph)(struct whatif_page *page, const char *text);
    void (*warning)(struct whatif_page *page, const char *text);
    void (*table)(struct whatif_page *page, const struct whatif_table *table);
    void (*chart)(struct whatif_page *page, const struct whatif_chart *chart);
    void (*end)(struct whatif_page *page);
};

struct whatif_page {
    FILE *out;
    const struct whatif_form *form;
    uint32_t charts; /* so far */
};

/* `how` is one of the form's; a longer text is cut. */
__attribute__((format(printf, 3, 4))) void whatif_say(struct whatif_page *page,
                                                      void (*how)(struct whatif_page *page,
                                                                  const char *text),
                                                      const char *format,
                                                      ...);
/* The table, unless it has no rows. */
void whatif_tell(struct whatif_page *page, const struct whatif_table *table);

/* For a terminal; without charts. */
extern const struct whatif_form whatif_as_text;
/* One file that loads nothing; charts are inline SVG. */
extern const struct whatif_form whatif_as_html;

#endif /* MENTOR_SRC_APP_WHATIF_PAGE_H */
