#include "whatif_page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/check.h"

#include "danish.h"

enum {
    TEXT_SIZE = 1024,
};

void whatif_table_begin(struct whatif_table *table, const char *caption)
{
    table->caption = caption;
    table->column_count = 0;
    table->cell_count = 0;
    table->total = false;
}

void whatif_table_release(struct whatif_table *table)
{
    free(table->cells);
    *table = (struct whatif_table){0};
}

void whatif_table_column(struct whatif_table *table, const char *name, bool number)
{
    CHECK(table->column_count < WHATIF_COLUMNS_MAX);
    table->columns[table->column_count++] = (struct whatif_column){name, number};
}

void whatif_table_text(struct whatif_table *table, const char *text)
{
    if (table->cell_count == table->cell_capacity) {
        table->cell_capacity = table->cell_capacity == 0 ? 256 : 2 * table->cell_capacity;
        table->cells = realloc(table->cells, (size_t)table->cell_capacity * WHATIF_CELL_SIZE);
        CHECK(table->cells != NULL);
    }
    (void)snprintf(table->cells[table->cell_count++], WHATIF_CELL_SIZE, "%s", text);
}

void whatif_table_number(struct whatif_table *table, int64_t number)
{
    char text[DANISH_SIZE];
    whatif_table_text(table, danish_number(number, text));
}

void whatif_table_kroner(struct whatif_table *table, int64_t ore)
{
    char text[DANISH_SIZE];
    whatif_table_text(table, danish_kroner(ore, text));
}

void whatif_table_change(struct whatif_table *table, int64_t ore)
{
    char kroner[DANISH_SIZE];
    char text[DANISH_SIZE + 1];
    (void)snprintf(text, sizeof(text), "%s%s", ore > 0 ? "+" : "", danish_kroner(ore, kroner));
    whatif_table_text(table, text);
}

const char *whatif_chart_text(const struct whatif_chart *chart, int64_t number, char *text)
{
    int64_t whole = chart->kroner ? (number < 0 ? number - 50 : number + 50) / 100 : number;
    char digits[DANISH_SIZE];
    bool sign = chart->kind == WHATIF_DIFFERENCE && whole > 0;
    (void)snprintf(text,
                   WHATIF_CELL_SIZE,
                   "%s%s%s",
                   sign ? "+" : "",
                   danish_number(whole, digits),
                   chart->kroner ? " kr." : "");
    return text;
}

void whatif_say(struct whatif_page *page,
                void (*how)(struct whatif_page *page, const char *text),
                const char *format,
                ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    /* clang 14 thinks va_start did nothing. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    how(page, text);
}

void whatif_tell(struct whatif_page *page, const struct whatif_table *table)
{
    if (table->cell_count > 0) {
        page->form->table(page, table);
    }
}
