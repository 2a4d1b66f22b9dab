/* What a reader must know of a log that is not the archive. */

#include <inttypes.h>

#include "danish.h"
#include "whatif_log.h"
#include "whatif_report.h"

/* X(member, "json", "what it means, behind the number") */
#define COUNTS(X)                                                                                   \
    X(decided_here,                                                                                 \
      "decidedHere",                                                                                \
      "ansøgninger har ingen afgørelse i loggen. De er også før-siden afgjort her: efter det "  \
      "gældende regelsæt, der er givet, og på hændelsens tidspunkt.")                               \
    X(undecided,                                                                                    \
      "undecided",                                                                                  \
      "ansøgninger har ingen afgørelse i loggen og er ikke med: det er gentagelser, forældede "  \
      "udgaver, uden gældende lov eller ikke afgjort endnu, eller det vides ikke, efter hvilket "  \
      "regelsæt de er afgjort.")                                                                    \
    X(refused, "refused", "linjer eller poster kan ikke læses som ansøgning og er ikke med.")       \
    X(unreadable, "unreadable", "afgørelser i loggen kan ikke læses og er ikke med.")               \
    X(contradicted, "contradicted", "hændelser har modstridende oplysninger i loggen.")             \
    X(nowhere,                                                                                      \
      "nowhere",                                                                                    \
      "afgørelser er ikke med: loggen siger ikke, på hvilken partition og plads de stod.")          \
    X(cut,                                                                                          \
      "cutPartitions",                                                                              \
      "partitioner har ikke længere deres første poster: hvad der stod i dem, er ikke med.")        \
    X(holes,                                                                                        \
      "missingBefore",                                                                              \
      "tidligere afgørelser til borgerne mangler i loggen efter deres numre: hvad de bevilgede, "  \
      "indgår ikke i historikken.")                                                                 \
    X(twice,                                                                                        \
      "numberedTwice",                                                                              \
      "afgørelser har samme nummer som en anden til samme borger: loggen er sat sammen af flere, " \
      "og historikken kan være en anden end den, der blev regnet med.")

void whatif_report_log(const struct whatif_report *report, struct whatif_page *page)
{
    char count[DANISH_SIZE];
    if (report->log == NULL) {
        return;
    }
    page->form->paragraph(page,
                          "Afgørelserne er læst af en log, ikke af arkivet: historikken er bygget "
                          "op af de afgørelser, der står i den.");
#define X(member, name, text)                                                                      \
    if (report->log->counts.member > 0) {                                                          \
        whatif_say(page,                                                                           \
                   page->form->warning,                                                            \
                   "%s %s",                                                                        \
                   danish_number(report->log->counts.member, count),                               \
                   text);                                                                          \
    }
    COUNTS(X)
#undef X
}

void whatif_report_log_json(const struct whatif_report *report, FILE *out)
{
    const char *gap = "";
    if (report->log == NULL) {
        return;
    }
    (void)fputs(",\"log\":{", out);
#define X(member, name, text)                                                                      \
    (void)fprintf(out, "%s\"" name "\":%" PRId64, gap, report->log->counts.member);                \
    gap = ",";
    COUNTS(X)
#undef X
    (void)fputc('}', out);
}
