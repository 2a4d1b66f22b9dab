#include "mentor/core/rulebook.h"

const struct law *rulebook_law(const struct rulebook *rulebook, int32_t day)
{
    const struct law *law = NULL;
    for (uint32_t i = 0; i < rulebook->law_count && rulebook->laws[i].from <= day; i++) {
        law = &rulebook->laws[i];
    }
    return law;
}
