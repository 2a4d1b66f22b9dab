#ifndef MENTOR_SRC_APP_DANISH_H
#define MENTOR_SRC_APP_DANISH_H

/* Private to app/: numbers, dates and the protocol's words as a caseworker reads them (da_DK),
 * without the machine's locale. */

#include <stddef.h>
#include <stdint.h>

enum {
    DANISH_SIZE = 40,
};

/* 893607 gives 8.936,07. Returns `text`. */
const char *danish_kroner(int64_t ore, char text[DANISH_SIZE]);
/* 2340 gives 2.340. */
const char *danish_number(int64_t number, char text[DANISH_SIZE]);
/* Basis points: 1250 gives 12,5. */
const char *danish_percent(int64_t bp, char text[DANISH_SIZE]);

/* 2026-03-09 gives 09.03.2026; "" gives "ikke oplyst"; what is no date is returned as it is. */
const char *danish_date(const char *iso, char text[DANISH_SIZE]);
/* An enum's proto name in Danish; one without a Danish word is returned as it is. */
const char *danish_word(const char *name);

/* A municipality's name by its index (core/identifier.h); below 0 there is none. */
const char *danish_municipality(int32_t index);

/* Columns that UTF-8 of `size` bytes takes: its continuation bytes take none. */
size_t danish_columns(const char *text, size_t size);

/* Bytes of the character at `text`, valid UTF-8, when it prints nothing itself and may change what
 * stands around it: controls, line separators, marks of direction. 0: it is none. */
size_t danish_unprintable(const char *text);

#endif /* MENTOR_SRC_APP_DANISH_H */
