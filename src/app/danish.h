#ifndef MENTOR_SRC_APP_DANISH_H
#define MENTOR_SRC_APP_DANISH_H

/* Private to app/: numbers as a caseworker reads them (da_DK), without the machine's locale. */

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

#endif /* MENTOR_SRC_APP_DANISH_H */
