/* A what-if's report on a terminal. */

#include <string.h>

#include "danish.h"
#include "whatif_page.h"

static void begin(struct whatif_page *page, const char *title)
{
    (void)fprintf(page->out, "%s\n", title);
}

static void heading(struct whatif_page *page, const char *text)
{
    (void)fprintf(page->out, "\n%s\n", text);
}

static void paragraph(struct whatif_page *page, const char *text)
{
    (void)fprintf(page->out, "%s\n", text);
}

static void pad(FILE *out, const char *text, size_t width, bool right)
{
    size_t size = danish_columns(text, strlen(text));
    int gap = size < width ? (int)(width - size) : 0;
    (void)fprintf(out, "%*s%s%*s", right ? gap : 0, "", text, right ? 0 : gap, "");
}

static void print_line(FILE *out,
                       const struct whatif_table *table,
                       const size_t *widths,
                       const char (*cells)[WHATIF_CELL_SIZE])
{
    for (uint32_t c = 0; c < table->column_count; c++) {
        const char *text = cells == NULL ? table->columns[c].name : cells[c];
        bool last = c + 1 == table->column_count && !table->columns[c].number;
        (void)fputs("  ", out);
        pad(out, text, last ? 0 : widths[c], table->columns[c].number);
    }
    (void)fputc('\n', out);
}

static void print_table(struct whatif_page *page, const struct whatif_table *table)
{
    size_t widths[WHATIF_COLUMNS_MAX] = {0};
    const char(*cells)[WHATIF_CELL_SIZE] = (const char(*)[WHATIF_CELL_SIZE])table->cells;
    for (uint32_t c = 0; c < table->column_count; c++) {
        widths[c] = danish_columns(table->columns[c].name, strlen(table->columns[c].name));
        for (uint32_t i = c; i < table->cell_count; i += table->column_count) {
            size_t width = danish_columns(cells[i], strlen(cells[i]));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    (void)fprintf(page->out, "\n%s\n", table->caption);
    print_line(page->out, table, widths, NULL);
    for (uint32_t i = 0; i < table->cell_count; i += table->column_count) {
        print_line(page->out, table, widths, &cells[i]);
    }
}

/* The table beside it says the same. */
static void leave_out(struct whatif_page *page, const struct whatif_chart *chart)
{
    (void)page;
    (void)chart;
}

static void end(struct whatif_page *page)
{
    (void)fflush(page->out);
}

const struct whatif_form whatif_as_text = {
    begin, heading, paragraph, paragraph, print_table, leave_out, end};
