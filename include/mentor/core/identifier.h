#ifndef MENTOR_CORE_IDENTIFIER_H
#define MENTOR_CORE_IDENTIFIER_H

/* CPR, CVR and P-numbers and municipality codes: form, checksum, nothing looked up. rules.md § 3.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/bytes.h"

enum {
    CPR_SIZE = 10,
    CVR_SIZE = 8,
    P_NUMBER_SIZE = 10,
    MUNICIPALITY_SIZE = 4,
    MUNICIPALITY_COUNT = 98,
};

bool digits_are(struct bytes text, size_t count);

/* Ten digits with a date that exists, born 1900 or later; *birth is that day. 0000000000 is none.
 */
MUST_CHECK bool cpr_parse(struct bytes text, int32_t *birth);
/* The check digit holds. Ten digits given. Since 2007 numbers are issued without it. */
bool cpr_mod11(struct bytes text);
/* Birthdays had on `today`; someone born on 29 February turns on 1 March. */
int32_t cpr_age(int32_t birth, int32_t today);

bool cvr_valid(struct bytes text);

/* Index into the sorted list of the 98 (0 to 97), or -1. */
int32_t municipality_index(struct bytes code);
/* Of an index below 98: four digits and a terminator. */
const char *municipality_code(uint32_t index);

#endif /* MENTOR_CORE_IDENTIFIER_H */
