#include "rulebooks.h"

#include <stdlib.h>

#include "mentor/core/rulebook.h"
#include "mentor/rulebook/load.h"

#include "load.h"
#include "sim.h"

static const char *const texts[RULEBOOKS] = {"0", "1", "2", "3"};

const struct rulebook *rulebook_at(uint32_t number)
{
    static struct rulebook *made[RULEBOOKS];
    CHECK(number < RULEBOOKS);
    if (number == 0) {
        return load_rulebook();
    }
    if (made[number] == NULL) {
        struct rulebook *rulebook = malloc(sizeof(*rulebook));
        CHECK(rulebook != NULL);
        *rulebook = *load_rulebook();
        rulebook->version = bytes_text(texts[number]);
        memset(rulebook->sha256, (int)number, SHA256_SIZE);
        for (int i = 0; i < MUNICIPALITY_COUNT; i++) { /* the letters ask for 120 to 210 */
            rulebook->parameters[i].max_minutes_per_week = 100 + 30 * (int64_t)number;
        }
        made[number] = rulebook;
    }
    return made[number];
}

uint32_t rulebook_number(const uint8_t sha256[SHA256_SIZE])
{
    uint32_t number = 0;
    while (number < RULEBOOKS && memcmp(rulebook_at(number)->sha256, sha256, SHA256_SIZE) != 0) {
        number++;
    }
    return number;
}

void rulebook_stored(uint32_t number, struct stored_rulebook *stored)
{
    *stored = (struct stored_rulebook){
        .name = "dk-test", .version = texts[number], .yaml = bytes_text(texts[number])};
}

/* In place of src/rulebook/load.c: a copy, so that one used after it is closed is found out. */
struct rulebook *rulebook_parse(const char *name,
                                struct bytes yaml,
                                const struct rulebook_complaints *complaints,
                                struct err *err)
{
    struct rulebook *rulebook = malloc(sizeof(*rulebook));
    (void)name;
    (void)complaints;
    (void)err;
    CHECK(rulebook != NULL);
    *rulebook = *rulebook_at((uint32_t)(yaml.data[0] - '0'));
    return rulebook;
}

void rulebook_close(struct rulebook **rulebook)
{
    if (*rulebook != NULL) {
        memset(*rulebook, 0xee, sizeof(**rulebook));
    }
    free(*rulebook);
    *rulebook = NULL;
}

/* Publications. As src/pg/sql/read_clock.sql. */

static const struct publication *publication_of(uint32_t rulebook)
{
    for (uint32_t i = 0; i < sim.database.publication_count; i++) {
        if (sim.database.publications[i].rulebook == rulebook) {
            return &sim.database.publications[i];
        }
    }
    return NULL;
}

uint32_t publications_in_force(uint32_t count, int64_t moment_ms)
{
    const struct publication *in_force = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct publication *row = &sim.database.publications[i];
        if (row->effective_ms <= moment_ms &&
            (in_force == NULL || row->effective_ms >= in_force->effective_ms)) {
            in_force = row;
        }
    }
    return in_force == NULL ? 0 : in_force->rulebook;
}

bool publications_before(uint32_t number, uint32_t other)
{
    const struct publication *mine = publication_of(number);
    const struct publication *others = publication_of(other);
    if (mine == NULL || others == NULL) {
        return mine == NULL && others != NULL;
    }
    return mine->effective_ms < others->effective_ms ||
           (mine->effective_ms == others->effective_ms && mine < others);
}

/* Each once, as the table's key demands; one whose commit was lost may be published again. */
static void publish(void *what, uint64_t number)
{
    struct database *database = &sim.database;
    if (!database_up()) {
        sim_at(sim.now_us + sim_between(100000, 2000000), publish, what, number);
        return;
    }
    if (publication_of((uint32_t)number) != NULL) {
        return;
    }
    int64_t later_ms = sim_one_in(3) ? 0 : sim_between(-1500, 6000);
    database->publications[database->publication_count++] =
        (struct publication){(uint32_t)number, database_clock_ms() + later_ms};
    sim_count(FAULT_PUBLISHED);
    sim_trace("rulebook %u is published, from %+lld ms", (unsigned)number, (long long)later_ms);
    database_committed(false);
    if (sim_one_in(2)) { /* whoever published it looks whether it is there */
        sim_at(sim.now_us + sim_between(1000000, 8000000), publish, what, number);
    }
}

void publications_begin(int64_t until_us)
{
    uint32_t count = 1 + sim_below(RULEBOOKS - 1);
    for (uint32_t number = 1; number <= count; number++) {
        sim_at(sim_between(0, until_us), publish, NULL, number);
    }
}
