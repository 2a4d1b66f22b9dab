#ifndef MENTOR_SRC_APP_WHATIF_REPORT_H
#define MENTOR_SRC_APP_WHATIF_REPORT_H

/* Private to app/: what a what-if came to, for a reader in Danish and for machines. */

#include <stdbool.h>
#include <stdio.h>

#include "whatif_page.h"
#include "whatif_tally.h"

struct whatif_log;

struct whatif_report {
    const struct whatif_tally *tally;
    const struct rulebook *candidate;
    const struct whatif_log *log; /* NULL: the archive */
    bool stored;                  /* earlier decisions stand as they were made */
    bool one_municipality;        /* the others' decisions were left aside */
    int32_t sample_bp;            /* 10000: all citizens */
    const char *version;          /* of the program */
    double seconds;
};

/* The whole report in that form. */
void whatif_report_write(const struct whatif_report *report,
                         const struct whatif_form *form,
                         FILE *out);
/* One JSON object and a newline. */
void whatif_report_json(const struct whatif_report *report, FILE *out);

/* What its log lacks, and what was decided in its place: as warnings, and as a member of the JSON
 * object, with its comma. The archive: nothing. */
void whatif_report_log(const struct whatif_report *report, struct whatif_page *page);
void whatif_report_log_json(const struct whatif_report *report, FILE *out);

/* Its part about money. The table is scratch. */
void whatif_report_money(const struct whatif_report *report,
                         struct whatif_page *page,
                         struct whatif_table *table);

/* An outcome's name in JSON and CSV: as in mentor.v1; UNDECIDED where no law is in force. */
const char *whatif_outcome(enum outcome outcome);

#endif /* MENTOR_SRC_APP_WHATIF_REPORT_H */
