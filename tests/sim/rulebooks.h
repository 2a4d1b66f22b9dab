#ifndef TESTS_SIM_RULEBOOKS_H
#define TESTS_SIM_RULEBOOKS_H

/*
 * The rulebooks of a world: number 0 is the workers' own, the others are published while they run.
 * They are known by number; in the place of the loader (rulebook/load.h) stands one that looks up
 * the text, since following is what is tried here, not YAML.
 */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/base/sha256.h"

struct rulebook;
struct stored_rulebook;

enum {
    RULEBOOKS = 4,
};

/* A row of mentord.publication, in order of published_at. */
struct publication {
    uint32_t rulebook;
    int64_t effective_ms;
};

const struct rulebook *rulebook_at(uint32_t number);
/* RULEBOOKS: of none of them. */
uint32_t rulebook_number(const uint8_t sha256[SHA256_SIZE]);
/* What the store keeps of it. */
void rulebook_stored(uint32_t number, struct stored_rulebook *stored);

/* Of the first `count` publications the one in force at that moment; 0: none is. */
uint32_t publications_in_force(uint32_t count, int64_t moment_ms);
/* Whether `number` comes before `other` in force: it began to be earlier. */
bool publications_before(uint32_t number, uint32_t other);
/* Some are published in this world, until then. */
void publications_begin(int64_t until_us);

#endif /* TESTS_SIM_RULEBOOKS_H */
