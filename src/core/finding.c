#include "mentor/core/finding.h"

#include <stdio.h>
#include <string.h>

#include "mentor/base/check.h"

_Static_assert(RULE_COUNT <= 64, "findings.rules holds a bit for each");
_Static_assert(FIELD_COUNT <= 64, "findings.fields holds a bit for each");

static const struct {
    const char *name;
    enum weight weight;
} rules[RULE_COUNT] = {
#define X(id, weight) [RULE_##id] = {#id, weight},
    RULES(X)
#undef X
};

static const char *const paths[FIELD_COUNT] = {
#define X(name, path) [FIELD_##name] = (path),
    FIELDS(X)
#undef X
};

const char *rule_name(enum rule_id rule)
{
    CHECK(rule < RULE_COUNT);
    return rules[rule].name;
}

enum weight rule_weight(enum rule_id rule)
{
    CHECK(rule < RULE_COUNT);
    return rules[rule].weight;
}

int rule_find(const char *name)
{
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if (strcmp(rules[rule].name, name) == 0) {
            return rule;
        }
    }
    return -1;
}

void findings_clear(struct findings *findings)
{
    findings->count = 0;
    findings->rules = 0;
    findings->fields = 0;
}

static bool invalidates(enum rule_id rule)
{
    return rule == RULE_D01 || rule == RULE_D03 || rule == RULE_D04 || rule == RULE_D05 ||
           rule == RULE_D07 || rule == RULE_D08;
}

void findings_add(struct findings *findings, enum rule_id rule, enum field_id field, uint32_t index)
{
    CHECK(findings->count < FINDINGS_MAX);
    CHECK(index <= UINT8_MAX);
    findings->items[findings->count++] =
        (struct finding){(uint8_t)rule, (uint8_t)field, (uint8_t)index};
    findings->rules |= UINT64_C(1) << rule;
    if (invalidates(rule)) {
        findings->fields |= UINT64_C(1) << field;
    }
}

bool findings_has(const struct findings *findings, enum rule_id rule)
{
    return (findings->rules >> rule & 1) != 0;
}

bool findings_has_weight(const struct findings *findings, enum weight weight)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        if (rules[findings->items[i].rule].weight == weight) {
            return true;
        }
    }
    return false;
}

bool findings_invalid(const struct findings *findings, enum field_id field)
{
    return (findings->fields >> field & 1) != 0;
}

uint32_t finding_path(const struct finding *finding, char path[FIELD_PATH_MAX])
{
    const char *text = paths[finding->field];
    if (strchr(text, '%') == NULL) {
        size_t size = strlen(text);
        memcpy(path, text, size + 1);
        return (uint32_t)size;
    }
    const char *mark = strstr(text, "%u");
    int size = snprintf(path,
                        FIELD_PATH_MAX,
                        "%.*s%u%s",
                        (int)(mark - text),
                        text,
                        (unsigned)finding->index,
                        mark + 2);
    return (uint32_t)size;
}
