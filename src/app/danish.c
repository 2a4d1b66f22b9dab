#include "danish.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mentor/core/date.h"

const char *danish_number(int64_t number, char text[DANISH_SIZE])
{
    char digits[24];
    int size = snprintf(digits, sizeof(digits), "%" PRId64, number < 0 ? -number : number);
    char *to = text;
    if (number < 0) {
        *to++ = '-';
    }
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) {
            *to++ = '.';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

const char *danish_kroner(int64_t ore, char text[DANISH_SIZE])
{
    int64_t whole = ore < 0 ? -ore : ore;
    char kroner[DANISH_SIZE];
    (void)snprintf(text,
                   DANISH_SIZE,
                   "%s%s,%02d",
                   ore < 0 ? "-" : "",
                   danish_number(whole / 100, kroner),
                   (int)(whole % 100));
    return text;
}

const char *danish_percent(int64_t bp, char text[DANISH_SIZE])
{
    char whole[DANISH_SIZE];
    (void)snprintf(text, DANISH_SIZE, "%s,%02d", danish_number(bp / 100, whole), (int)(bp % 100));
    size_t size = strlen(text);
    while (text[size - 1] == '0') {
        text[--size] = '\0';
    }
    if (text[size - 1] == ',') {
        text[size - 1] = '\0';
    }
    return text;
}

const char *danish_date(const char *iso, char text[DANISH_SIZE])
{
    int32_t day = 0;
    if (!date_parse(bytes_text(iso), &day)) {
        return iso[0] == '\0' ? "ikke oplyst" : iso;
    }
    date_format_danish(day, text);
    text[DATE_TEXT_SIZE] = '\0';
    return text;
}

const char *danish_word(const char *name)
{
    static const char *const words[][2] = {
        {"", "ikke oplyst"},
        {"OUTCOME_APPROVED", "BEVILGET"},
        {"OUTCOME_REJECTED", "AFSLAG"},
        {"OUTCOME_REFERRED", "TIL SAGSBEHANDLER"},
        {"TARGET_GROUP_UNEMPLOYMENT_BENEFIT", "dagpengemodtager"},
        {"TARGET_GROUP_CASH_BENEFIT_JOB_READY", "jobparat kontanthjælpsmodtager"},
        {"TARGET_GROUP_CASH_BENEFIT_ACTIVITY_READY", "aktivitetsparat kontanthjælpsmodtager"},
        {"TARGET_GROUP_EDUCATION_BENEFIT_EDUCATION_READY",
         "uddannelsesparat uddannelseshjælpsmodtager"},
        {"TARGET_GROUP_EDUCATION_BENEFIT_ACTIVITY_READY",
         "aktivitetsparat uddannelseshjælpsmodtager"},
        {"TARGET_GROUP_SICKNESS_BENEFIT", "sygedagpengemodtager"},
        {"TARGET_GROUP_JOB_CLARIFICATION", "i jobafklaringsforløb"},
        {"TARGET_GROUP_RESOURCE_PROGRAMME", "i ressourceforløb"},
        {"TARGET_GROUP_FLEX_JOB", "visiteret til fleksjob"},
        {"TARGET_GROUP_REHABILITATION", "revalidend"},
        {"TARGET_GROUP_DISABILITY_PENSION", "førtidspensionist"},
        {"TARGET_GROUP_SELF_SUPPORTING", "selvforsørgende"},
        {"TARGET_GROUP_UNDER_18", "ung under 18 år"},
        {"TARGET_GROUP_OUTSIDE_SECTION_6", "uden for målgrupperne i § 6"},
        {"ACTIVITY_KIND_ORDINARY_EMPLOYMENT", "ordinær ansættelse"},
        {"ACTIVITY_KIND_FLEX_JOB", "fleksjob"},
        {"ACTIVITY_KIND_ORDINARY_EDUCATION", "ordinær uddannelse"},
        {"ACTIVITY_KIND_COMPANY_INTERNSHIP", "virksomhedspraktik"},
        {"ACTIVITY_KIND_WAGE_SUBSIDY", "løntilskud"},
        {"ACTIVITY_KIND_GUIDANCE_OR_UPSKILLING", "vejledning og opkvalificering"},
        {"ACTIVITY_KIND_UTILITY_WORK", "nytteindsats"},
        {"ACTIVITY_KIND_OTHER_ACTIVITY", "andet forløb"},
        {"ACTIVITY_KIND_NOT_COVERED", "forløb uden for ordningen"},
        {"AIM_OBTAIN", "opnå"},
        {"AIM_KEEP", "fastholde"},
        {"MENTOR_KIND_EMPLOYEE", "medarbejder, frikøbt"},
        {"MENTOR_KIND_EXTERNAL", "ekstern konsulent"},
        {"RELATION_NONE", "intet"},
        {"RELATION_SELF", "borgeren selv"},
        {"RELATION_FAMILY", "familie"},
        {"RELATION_OWNER", "ejer af virksomheden"},
        {"wage", "løn"},
        {"fee", "honorar"},
        {"hourly", "timeløn"},
        {"monthly", "månedsløn"},
        {"OTHER_COST_KIND_OVERHEAD", "overhead"},
        {"OTHER_COST_KIND_TRANSPORT_TIME", "transporttid"},
        {"OTHER_COST_KIND_TRANSPORT_EXPENSE", "transportudgifter"},
        {"OTHER_COST_KIND_SICK_PAY", "mentors løn under sygdom"},
        {"ANSWER_YES", "ja"},
        {"ANSWER_NO", "nej"},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], name) == 0) {
            return words[i][1];
        }
    }
    return name;
}

size_t danish_columns(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

size_t danish_unprintable(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < ' ' || at[0] == 0x7f) {
        return at[0] == '\0' ? 0 : 1;
    }
    if ((at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) || (at[0] == 0xd8 && at[1] == 0x9c)) {
        return 2; /* C1 controls; U+061C */
    }
    bool general = at[0] == 0xe2 && at[1] == 0x80 &&
                   ((at[2] >= 0x8b && at[2] <= 0x8f) || (at[2] >= 0xa8 && at[2] <= 0xae));
    bool isolate = at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa0 && at[2] <= 0xaf;
    bool mark = at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf;
    return general || isolate || mark ? 3 : 0;
}
