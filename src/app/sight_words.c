#include "sight_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "mentor/core/application.h"
#include "mentor/core/date.h"

#include "danish.h"
#include "json_path.h"

static const char *const questions[RULE_COUNT] = {
    [RULE_D01] = "Er CPR-nummeret ugyldigt?",
    [RULE_D02] = "Er CPR-nummeret uden kontrolciffer?",
    [RULE_D03] = "Er et CVR- eller P-nummer ugyldigt?",
    [RULE_D04] = "Er kommunen ukendt eller uden for regelsættet?",
    [RULE_D05] = "Mangler en nødvendig oplysning?",
    [RULE_D06] = "Er samme version afgjort før med andet indhold?",
    [RULE_D07] = "Mangler prisgrundlaget, eller passer det ikke til mentoren?",
    [RULE_D08] = "Er et tal uden for det, der kan behandles?",
    [RULE_E01] = "Er forløbet uden for ordningen?",
    [RULE_E02] = "Er det et tilbud til en borger uden for lovens målgrupper?",
    [RULE_E03] = "Er målgruppen lukket for nye forløb?",
    [RULE_E04] = "Er borgeren i et introduktionsprogram?",
    [RULE_E05] = "Er borgeren under 18 år?",
    [RULE_E06] = "Har borgeren ret til mentor efter udskrivning fra psykiatrien?",
    [RULE_E07] = "Har borgeren ret til mentor ved begyndelsen af en uddannelse?",
    [RULE_N01] = "Mangler kommunens vurdering?",
    [RULE_N02] = "Er mentor vurderet ikke at være afgørende?",
    [RULE_F01] = "Ligger hjælpen inden for det, arbejdsgiveren selv skal give?",
    [RULE_F02] = "Kompenserer hjælpen for en varig funktionsnedsættelse?",
    [RULE_M01] = "Er borgeren sin egen mentor?",
    [RULE_M02] = "Er mentor i familie med borgeren eller ejer af virksomheden?",
    [RULE_M03] = "Passer en ekstern mentor sit eget arbejde i timerne?",
    [RULE_P01] = "Slutter perioden efter den seneste slutdag?",
    [RULE_P02] = "Følger perioden tæt på en bevilget periode, uden grunde til det?",
    [RULE_P03] = "Begynder perioden før afgørelsen?",
    [RULE_P04] = "Overlapper perioden en bevilget periode?",
    [RULE_H01] = "Er der flere minutter om ugen end kommunens grænse?",
    [RULE_K01] = "Er timen dyrere end kommunens grænse?",
    [RULE_K02] = "Er der søgt om udgifter, som ikke kan dækkes?",
    [RULE_K03] = "Er uddannelsen af mentor uden grund, eller mentor ekstern?",
    [RULE_K04] = "Er uddannelsen af mentor dyrere end kommunens grænse?",
    [RULE_X01] = "Bygger et afslag på en oplysning, som borgeren først skal høres om?",
    [RULE_Q01] = "Ligger en tidligere hændelse om borgeren uafgjort hen?",
    [RULE_L01] = "Begynder en ny lov inden periodens slutning?",
};

#define GIVEN "mangler", "oplyst"
static const struct {
    const char *what;
    const char *no; /* of a flag, else its unit */
    const char *yes;
} words[LOOK_COUNT] = {
    [LOOK_CPR_DIGITS] = {"CPR-nummeret har ti cifre", "nej", "ja"},
    [LOOK_CPR_DATE] = {"CPR-nummerets dag findes", "nej", "ja"},
    [LOOK_CPR_CHECK_DIGIT] = {"CPR-nummerets kontrolciffer passer", "nej", "ja"},
    [LOOK_AGE] = {"alder på afgørelsesdagen", " år", ""},
    [LOOK_CVR_VALID] = {"virksomhedens CVR-nummer", "ugyldigt", "gyldigt"},
    [LOOK_P_NUMBER_DIGITS] = {"P-nummeret har ti cifre", "nej", "ja"},
    [LOOK_P_NUMBER_IS_CPR] = {"P-nummeret er CPR-nummeret", "nej", "ja"},
    [LOOK_SUPPLIER_CVR_VALID] = {"leverandørens CVR-nummer", "ugyldigt", "gyldigt"},
    [LOOK_MUNICIPALITY_KNOWN] = {"kommunekoden findes", "nej", "ja"},
    [LOOK_MUNICIPALITY_SERVED] = {"regelsættet gælder kommunen", "nej", "ja"},
    [LOOK_COMPANY_NAME] = {"virksomhedens navn", GIVEN},
    [LOOK_ACTIVITY_KIND] = {"forløb", "", ""},
    [LOOK_OFFER] = {"forløbet er et tilbud", "nej", "ja"},
    [LOOK_AIM] = {"mål: forløbet at", "", ""},
    [LOOK_MENTOR_KIND] = {"mentor", "", ""},
    [LOOK_MENTOR_NAME] = {"mentors navn", GIVEN},
    [LOOK_MENTOR_CONTACT] = {"kontakt til mentor", GIVEN},
    [LOOK_RELATION] = {"mentors forhold til borgeren", "", ""},
    [LOOK_QUALIFICATIONS] = {"mentors kvalifikationer", GIVEN},
    [LOOK_OWN_WORK] = {"mentor passer eget arbejde i timerne", "nej", "ja"},
    [LOOK_GOAL] = {"formål", GIVEN},
    [LOOK_TASKS] = {"opgaver", GIVEN},
    [LOOK_MINUTES_PER_WEEK] = {"minutter om ugen", " min.", ""},
    [LOOK_START_DATE] = {"første dag", "", ""},
    [LOOK_END_DATE] = {"sidste dag", "", ""},
    [LOOK_DAYS] = {"periodens længde", " dage", ""},
    [LOOK_CONFLICT] = {"samme version afgjort før", "nej", "ja"},
    [LOOK_BASIS] = {"prisgrundlag", "", ""},
    [LOOK_RATE] = {"løn opgjort som", "", ""},
    [LOOK_WAGE_HOURLY] = {"timeløn", "", ""},
    [LOOK_WAGE_MONTHLY] = {"månedsløn", "", ""},
    [LOOK_WAGE_HOLIDAY] = {"feriepenge", "", ""},
    [LOOK_WAGE_PENSION] = {"pension", "", ""},
    [LOOK_WAGE_OTHER] = {"andre arbejdsgiverbidrag for en time", "", ""},
    [LOOK_FEE_HOURLY] = {"honorar for en time", "", ""},
    [LOOK_FEE_VAT] = {"moms", "", ""},
    [LOOK_UNIT] = {"en time med alle tillæg", "", ""},
    [LOOK_TRAINING] = {"uddannelse af mentor", "", ""},
    [LOOK_NECESSITY] = {"grund til uddannelsen", GIVEN},
    [LOOK_OTHER_COST] = {"anden udgift", "", ""},
    [LOOK_OTHER_COSTS] = {"andre udgifter", "", ""},
    [LOOK_TARGET_GROUP] = {"målgruppe", "", ""},
    [LOOK_CLOSED_FROM] = {"målgruppen er lukket fra", "", ""},
    [LOOK_COURSE_GRANTED_ON] = {"forløbet er bevilget", "", ""},
    [LOOK_INTRODUCTION_PROGRAMME] = {"i introduktionsprogram", "nej", "ja"},
    [LOOK_DISCHARGE_RIGHT] = {"ret efter udskrivning fra psykiatrien", "nej", "ja"},
    [LOOK_EDUCATION_RIGHT] = {"loven giver ret ved uddannelse", "nej", "ja"},
    [LOOK_EDUCATION_ADMISSION] = {"optaget på uddannelsen", "", ""},
    [LOOK_RIGHT_FOUND] = {"har ret ved uddannelse (E07)", "nej", "ja"},
    [LOOK_DECISIVE] = {"mentor er afgørende", "", ""},
    [LOOK_BEYOND_NORMAL] = {"ud over det sædvanlige", "", ""},
    [LOOK_COMPENSATES] = {"kompenserer for varig funktionsnedsættelse", "nej", "ja"},
    [LOOK_GAP] = {"fra den seneste bevilling sluttede", " dage", ""},
    [LOOK_RENEWAL_REASONS] = {"grunde til en ny periode", GIVEN},
    [LOOK_OVERLAPS] = {"bevilgede perioder, der overlappes", "", ""},
    [LOOK_ADVERSE_FACT] = {"belastende oplysning fra en anden", "nej", "ja"},
    [LOOK_REJECTS] = {"fund, der giver afslag", "", ""},
    [LOOK_QUARANTINED] = {"tidligere hændelse ligger i karantæne", "nej", "ja"},
    [LOOK_NEXT_LAW] = {"næste lov gælder fra", "", ""},
};

const char *sight_question(enum rule_id rule)
{
    CHECK(rule < RULE_COUNT);
    return questions[rule];
}

const char *sight_what(enum look look)
{
    CHECK(look < LOOK_COUNT);
    return words[look].what;
}

/* "citizen.target_group" to "citizen.targetGroup", as ProtoJSON has it. */
static void camel_case(const char *path, char out[FIELD_PATH_MAX])
{
    size_t size = 0;
    for (; *path != '\0' && size + 1 < FIELD_PATH_MAX; path++) {
        if (*path == '_') {
            path++;
            out[size++] = (char)toupper((unsigned char)*path);
        } else {
            out[size++] = *path;
        }
    }
    out[size] = '\0';
}

/* A number that this version does not know counts as unspecified, and so it reads: "". */
static const char *enum_name(const struct sight *sight, const json_t *application)
{
    static const char *const bases[] = {"", "wage", "fee"};
    static const char *const rates[] = {"", "hourly", "monthly"};
    if (sight->look == LOOK_BASIS || sight->look == LOOK_RATE) {
        CHECK(sight->value >= 0);
        CHECK(sight->value <= WAGE_RATE_MONTHLY);
        return (sight->look == LOOK_BASIS ? bases : rates)[sight->value];
    }
    struct finding field = {.field = (uint8_t)look_field((enum look)sight->look)};
    char path[FIELD_PATH_MAX];
    char name[FIELD_PATH_MAX];
    (void)finding_path(&field, path);
    camel_case(path, name);
    return sight->value == 0 ? "" : json_text_at(application, name);
}

static const char *number_text(const struct sight *sight, int64_t number, char *text)
{
    char amount[DANISH_SIZE];
    switch (look_kind((enum look)sight->look)) {
    case SIGHT_FLAG:
        return number != 0 ? words[sight->look].yes : words[sight->look].no;
    case SIGHT_NUMBER:
        (void)snprintf(
            text, SIGHT_TEXT_SIZE, "%s%s", danish_number(number, amount), words[sight->look].no);
        return text;
    case SIGHT_ORE:
        (void)snprintf(text, SIGHT_TEXT_SIZE, "%s kr.", danish_kroner(number, amount));
        return text;
    case SIGHT_BP:
        (void)snprintf(text, SIGHT_TEXT_SIZE, "%s %%", danish_percent(number, amount));
        return text;
    case SIGHT_DATE:
        date_format_danish((int32_t)number, text);
        text[DATE_TEXT_SIZE] = '\0';
        return text;
    case SIGHT_ENUM:
        break;
    }
    UNREACHABLE("an enum has a name");
}

const char *
sight_value(const struct sight *sight, const json_t *application, char text[SIGHT_TEXT_SIZE])
{
    if (!sight->known) {
        return "ikke oplyst";
    }
    return look_kind((enum look)sight->look) == SIGHT_ENUM
               ? danish_word(enum_name(sight, application))
               : number_text(sight, sight->value, text);
}

const char *sight_wants(const struct sight *sight, char text[SIGHT_TEXT_SIZE])
{
    enum sight_kind kind = look_kind((enum look)sight->look);
    bool date = kind == SIGHT_DATE;
    char low[SIGHT_TEXT_SIZE];
    char high[SIGHT_TEXT_SIZE];
    bool has_least = sight->least != INT64_MIN;
    bool has_most = sight->most != INT64_MAX;
    if (kind == SIGHT_FLAG || (!has_least && !has_most)) {
        return "";
    }
    const char *least = has_least ? number_text(sight, sight->least, low) : "";
    const char *most = has_most ? number_text(sight, sight->most, high) : "";
    if (!has_most) {
        (void)snprintf(text, SIGHT_TEXT_SIZE, "%s %.40s", date ? "tidligst" : "mindst", least);
    } else if (!has_least) {
        (void)snprintf(text, SIGHT_TEXT_SIZE, "%s %.40s", date ? "senest" : "højst", most);
    } else if (sight->least == sight->most) {
        (void)snprintf(text, SIGHT_TEXT_SIZE, "%.40s", most);
    } else {
        (void)snprintf(text,
                       SIGHT_TEXT_SIZE,
                       "%.40s %s %.40s",
                       least,
                       sight->ends_only ? "eller" : "til",
                       most);
    }
    return text;
}

json_t *sight_json(const struct sight *sight, int64_t number, const json_t *application)
{
    char text[DATE_TEXT_SIZE];
    if (number == INT64_MIN || number == INT64_MAX) {
        return NULL;
    }
    switch (look_kind((enum look)sight->look)) {
    case SIGHT_FLAG:
        return json_boolean(number != 0);
    case SIGHT_ENUM:
        return json_string(enum_name(sight, application));
    case SIGHT_DATE:
        date_format((int32_t)number, text);
        return json_stringn(text, sizeof(text));
    case SIGHT_NUMBER:
    case SIGHT_ORE:
    case SIGHT_BP:
        break;
    }
    return json_integer(number);
}
