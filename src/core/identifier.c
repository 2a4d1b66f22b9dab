#include "mentor/core/identifier.h"

#include "mentor/base/check.h"
#include "mentor/core/date.h"

bool digits_are(struct bytes text, size_t count)
{
    if (text.size != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return true;
}

/* The sum of each digit times its weight. */
static int32_t weighted(struct bytes text, const int8_t *weights)
{
    int32_t sum = 0;
    for (size_t i = 0; i < text.size; i++) {
        sum += (text.data[i] - '0') * weights[i];
    }
    return sum;
}

static int32_t two(struct bytes text, size_t at)
{
    return (text.data[at] - '0') * 10 + (text.data[at + 1] - '0');
}

/* The century by the seventh digit, rules.md § 3. */
static int32_t cpr_year(int32_t year, int32_t seventh)
{
    if (seventh <= 3) {
        return 1900 + year;
    }
    if (seventh == 4 || seventh == 9) {
        return year <= 36 ? 2000 + year : 1900 + year;
    }
    return year <= 57 ? 2000 + year : 1800 + year;
}

bool cpr_parse(struct bytes text, int32_t *birth)
{
    if (!digits_are(text, CPR_SIZE)) {
        return false;
    }
    struct civil civil = {cpr_year(two(text, 4), text.data[6] - '0'), two(text, 2), two(text, 0)};
    if (civil.year < 1900 || civil.month < 1 || civil.month > 12 || civil.day < 1 ||
        civil.day > date_month_days(civil.year, civil.month)) {
        return false; /* 0000000000 has no such date */
    }
    *birth = date_of_civil(civil);
    return true;
}

bool cpr_mod11(struct bytes text)
{
    static const int8_t weights[] = {4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    CHECK(text.size == CPR_SIZE);
    return weighted(text, weights) % 11 == 0;
}

int32_t cpr_age(int32_t birth, int32_t today)
{
    struct civil born = date_civil(birth);
    struct civil now = date_civil(today);
    bool had = now.month > born.month || (now.month == born.month && now.day >= born.day);
    return now.year - born.year - (had ? 0 : 1);
}

bool cvr_valid(struct bytes text)
{
    static const int8_t weights[] = {2, 7, 6, 5, 4, 3, 2, 1};
    if (!digits_are(text, CVR_SIZE)) {
        return false;
    }
    int32_t sum = weighted(text, weights);
    return sum > 0 && sum % 11 == 0; /* 0: 00000000 */
}

/* Statistics Denmark's list of municipalities, 2007 on. Christiansø (0411) is none. */
static const char municipalities[MUNICIPALITY_COUNT][MUNICIPALITY_SIZE + 1] = {
    "0101", "0147", "0151", "0153", "0155", "0157", "0159", "0161", "0163", "0165", "0167",
    "0169", "0173", "0175", "0183", "0185", "0187", "0190", "0201", "0210", "0217", "0219",
    "0223", "0230", "0240", "0250", "0253", "0259", "0260", "0265", "0269", "0270", "0306",
    "0316", "0320", "0326", "0329", "0330", "0336", "0340", "0350", "0360", "0370", "0376",
    "0390", "0400", "0410", "0420", "0430", "0440", "0450", "0461", "0479", "0480", "0482",
    "0492", "0510", "0530", "0540", "0550", "0561", "0563", "0573", "0575", "0580", "0607",
    "0615", "0621", "0630", "0657", "0661", "0665", "0671", "0706", "0707", "0710", "0727",
    "0730", "0740", "0741", "0746", "0751", "0756", "0760", "0766", "0773", "0779", "0787",
    "0791", "0810", "0813", "0820", "0825", "0840", "0846", "0849", "0851", "0860",
};

int32_t municipality_index(struct bytes code)
{
    if (code.size != MUNICIPALITY_SIZE) {
        return -1;
    }
    int32_t low = 0;
    int32_t high = MUNICIPALITY_COUNT;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        int order = memcmp(code.data, municipalities[middle], MUNICIPALITY_SIZE);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

const char *municipality_code(uint32_t index)
{
    CHECK(index < MUNICIPALITY_COUNT);
    return municipalities[index];
}
