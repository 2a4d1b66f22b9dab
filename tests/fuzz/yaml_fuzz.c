/*
 * Any bytes as a rulebook: refused with a place and a reason, or read into something that the core
 * can use without a CHECK. Nothing is leaked either way.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mentor/base/check.h"
#include "mentor/base/err.h"
#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *self, const char *name, int line, int column, const char *text)
{
    CHECK(name != NULL);
    CHECK(line >= 1);
    CHECK(column >= 1);
    CHECK(strstr(text, "; ") != NULL || strlen(text) > 300); /* what; what to do */
    ++*(uint32_t *)self;
}

static void check_law(const struct rulebook *rulebook, const struct law *law)
{
    CHECK(rulebook_law(rulebook, law->from) == law);
    CHECK(law->closed_count <= RULEBOOK_CLOSED_GROUPS_MAX);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        struct bytes text = law->text_da[rule];
        CHECK(text.size > 0 && bytes_utf8(text) && rulebook->text_en[rule].size > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t told = 0;
    struct err err = {0};
    struct rulebook_complaints complaints = {count, &told};
    struct rulebook *rulebook =
        rulebook_parse("fuzz.yaml", bytes_of(data, size), &complaints, &err);
    CHECK((rulebook == NULL) == (told > 0));
    CHECK((rulebook == NULL) == (err.kind == ERR_FATAL));
    if (rulebook != NULL) {
        CHECK(rulebook->law_count > 0);
        for (uint32_t i = 0; i < rulebook->law_count; i++) {
            check_law(rulebook, &rulebook->laws[i]);
        }
    }
    rulebook_close(&rulebook);
    return 0;
}
