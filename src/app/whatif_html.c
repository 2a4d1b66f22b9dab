/* A what-if's report as one HTML file: nothing is loaded from elsewhere, and a printer gets A4. */

#include <inttypes.h>
#include <string.h>

#include "html.h"
#include "whatif_page.h"

enum {
    WIDTH = 720, /* of a chart, in its own units; the page scales it */
    LABELS = 170,
    FIGURES = 130,
    ROW = 40,
    BAR = 14,
    TOP = 34, /* the legend */
};

static const char style[] =
    "body { font: 1rem/1.5 Georgia, serif; color: #111; background: #fff; max-width: 60rem;"
    " margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }\n"
    ".warning { border-left: 0.4rem solid #8a1c00; padding: 0.3rem 0.8rem; font-weight: bold; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: 0.92rem;"
    " font-variant-numeric: tabular-nums; }\n"
    "caption { text-align: left; font-weight: bold; padding: 0.3rem 0; }\n"
    "th, td { border-bottom: 1px solid #767676; padding: 0.25rem 0.5rem; text-align: left;"
    " vertical-align: top; }\n"
    "th { font-weight: bold; } tbody th { font-weight: normal; }\n"
    ".n { text-align: right; white-space: nowrap; }\n"
    "tr.sum th, tr.sum td { border-top: 2px solid #111; font-weight: bold; }\n"
    "figure { margin: 1.2rem 0; } figcaption { color: #333; font-size: 0.9rem; }\n"
    "svg { width: 100%; height: auto; } svg text { font: 13px Georgia, serif; fill: #111; }\n"
    ".before { fill: #c5d5ea; stroke: #17375e; } .after { fill: #17375e; stroke: #17375e; }\n"
    ".less { fill: #8a1c00; } .axis { stroke: #111; }\n"
    "@media print { @page { size: A4; margin: 2cm; } body { margin: 0; max-width: none; }"
    " h2 { break-after: avoid; } tr, figure { break-inside: avoid; }"
    " * { print-color-adjust: exact; } }\n";

static void begin(struct whatif_page *page, const char *title)
{
    html_begin(page->out, title, style);
}

static void heading(struct whatif_page *page, const char *text)
{
    html_line(page->out, "h2", "", text);
}

static void paragraph(struct whatif_page *page, const char *text)
{
    html_line(page->out, "p", "", text);
}

static void warning(struct whatif_page *page, const char *text)
{
    html_line(page->out, "p", " class=\"warning\" role=\"note\"", text);
}

static void print_row(FILE *out, const struct whatif_table *table, uint32_t at)
{
    bool sum = table->total && at + table->column_count == table->cell_count;
    (void)fputs(sum ? "<tr class=\"sum\">" : "<tr>", out);
    for (uint32_t c = 0; c < table->column_count; c++) {
        bool number = table->columns[c].number;
        html_element(out,
                     c == 0 ? "th" : "td",
                     c == 0   ? " scope=\"row\""
                     : number ? " class=\"n\""
                              : "",
                     table->cells[at + c]);
    }
    (void)fputs("</tr>\n", out);
}

static void print_table(struct whatif_page *page, const struct whatif_table *table)
{
    FILE *out = page->out;
    (void)fputs("<table>\n", out);
    html_element(out, "caption", "", table->caption);
    (void)fputs("\n<thead><tr>", out);
    for (uint32_t c = 0; c < table->column_count; c++) {
        html_element(out,
                     "th",
                     table->columns[c].number ? " scope=\"col\" class=\"n\"" : " scope=\"col\"",
                     table->columns[c].name);
    }
    (void)fputs("</tr></thead>\n<tbody>\n", out);
    for (uint32_t at = 0; at < table->cell_count; at += table->column_count) {
        print_row(out, table, at);
    }
    (void)fputs("</tbody>\n</table>\n", out);
}

static int64_t size_of(int64_t number)
{
    return number < 0 ? -number : number;
}

static int64_t largest(const struct whatif_chart *chart)
{
    int64_t most = 1;
    for (uint32_t i = 0; i < chart->bar_count; i++) {
        const struct whatif_bar *bar = &chart->bars[i];
        int64_t a = chart->kind == WHATIF_BARS ? bar->before : size_of(bar->after - bar->before);
        int64_t b = chart->kind == WHATIF_BARS ? bar->after : 0;
        most = a > most ? a : most;
        most = b > most ? b : most;
    }
    return most;
}

static void put_text(FILE *out, double x, int y, const char *anchor, const char *text)
{
    (void)fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
    html_escaped(out, text);
    (void)fputs("</text>\n", out);
}

static void put_bar(FILE *out, double x, int y, double width, const char *class)
{
    (void)fprintf(out,
                  "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
                  class,
                  x,
                  y,
                  width,
                  BAR);
}

static void put_pair(
    FILE *out, const struct whatif_chart *chart, const struct whatif_bar *bar, int y, double scale)
{
    char text[WHATIF_CELL_SIZE];
    double before = (double)bar->before * scale;
    double after = (double)bar->after * scale;
    put_bar(out, LABELS, y + 3, before, "before");
    put_bar(out, LABELS, y + 4 + BAR, after, "after");
    put_text(
        out, LABELS + before + 6, y + 14, "start", whatif_chart_text(chart, bar->before, text));
    put_text(
        out, LABELS + after + 6, y + 15 + BAR, "start", whatif_chart_text(chart, bar->after, text));
}

static void put_difference(
    FILE *out, const struct whatif_chart *chart, const struct whatif_bar *bar, int y, double scale)
{
    const double middle = LABELS + FIGURES + (WIDTH - LABELS - 2.0 * FIGURES) / 2;
    int64_t difference = bar->after - bar->before;
    double width = (double)size_of(difference) * scale;
    char text[WHATIF_CELL_SIZE];
    (void)whatif_chart_text(chart, difference, text);
    if (difference < 0) {
        put_bar(out, middle - width, y + 10, width, "less");
        put_text(out, middle - width - 6, y + 22, "end", text);
    } else {
        put_bar(out, middle, y + 10, width, "after");
        put_text(out, middle + width + 6, y + 22, "start", text);
    }
    (void)fprintf(out,
                  "<line class=\"axis\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
                  middle,
                  y + 4,
                  middle,
                  y + ROW - 4);
}

static void put_legend(FILE *out)
{
    put_bar(out, LABELS, 8, BAR, "before");
    put_text(out, LABELS + BAR + 6.0, 20, "start", "før");
    put_bar(out, LABELS + 80, 8, BAR, "after");
    put_text(out, LABELS + 80 + BAR + 6.0, 20, "start", "efter");
}

static void print_chart(struct whatif_page *page, const struct whatif_chart *chart)
{
    FILE *out = page->out;
    bool pair = chart->kind == WHATIF_BARS;
    int room = pair ? WIDTH - LABELS - FIGURES : (WIDTH - LABELS - 2 * FIGURES) / 2;
    double scale = (double)room / (double)largest(chart);
    int top = pair ? TOP : 4;
    uint32_t number = ++page->charts;
    if (chart->bar_count == 0) {
        return;
    }
    (void)fprintf(out,
                  "<figure>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"c%" PRIu32
                  "\">\n",
                  WIDTH,
                  top + ROW * (int)chart->bar_count + 4,
                  number);
    (void)fprintf(out, "<title id=\"c%" PRIu32 "\">", number);
    html_escaped(out, chart->title);
    (void)fputs(". Tallene står i tabellen nedenfor.</title>\n", out);
    if (pair) {
        put_legend(out);
    }
    for (uint32_t i = 0; i < chart->bar_count; i++) {
        int y = top + ROW * (int)i;
        put_text(out, LABELS - 8.0, y + 22, "end", chart->bars[i].label);
        (pair ? put_pair : put_difference)(out, chart, &chart->bars[i], y, scale);
    }
    (void)fputs("</svg>\n<figcaption>", out);
    html_escaped(out, chart->title);
    (void)fputs(chart->note[0] == '\0' ? "." : ". ", out);
    html_escaped(out, chart->note);
    (void)fputs("</figcaption>\n</figure>\n", out);
}

static void end(struct whatif_page *page)
{
    html_end(page->out);
}

const struct whatif_form whatif_as_html = {
    begin, heading, paragraph, warning, print_table, print_chart, end};
