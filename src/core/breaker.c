#include "mentor/core/breaker.h"

static bool refused_at(const struct breaker *breaker, uint32_t place)
{
    return (breaker->bits[place / 8] >> place % 8 & 1) != 0;
}

void breaker_add(struct breaker *breaker, bool refused)
{
    uint32_t place = breaker->next;
    uint8_t bit = (uint8_t)(1U << place % 8);
    bool leaves = breaker->count == BREAKER_WINDOW && refused_at(breaker, place);
    breaker->refused = (uint16_t)(breaker->refused + (refused ? 1 : 0) - (leaves ? 1 : 0));
    breaker->bits[place / 8] =
        (uint8_t)(refused ? breaker->bits[place / 8] | bit : breaker->bits[place / 8] & ~bit);
    breaker->next = (uint16_t)((place + 1) % BREAKER_WINDOW);
    breaker->count = (uint16_t)(breaker->count + (breaker->count < BREAKER_WINDOW ? 1 : 0));
}

void breaker_pack(const struct breaker *breaker, uint8_t packed[BREAKER_PACKED_SIZE])
{
    packed[0] = (uint8_t)(breaker->count >> 8);
    packed[1] = (uint8_t)breaker->count;
    packed[2] = (uint8_t)(breaker->next >> 8);
    packed[3] = (uint8_t)breaker->next;
    memcpy(packed + 4, breaker->bits, sizeof(breaker->bits));
}

bool breaker_unpack(struct bytes packed, struct breaker *breaker)
{
    *breaker = (struct breaker){0};
    if (packed.size == 0) {
        return true;
    }
    if (packed.size != BREAKER_PACKED_SIZE) {
        return false;
    }
    uint16_t count = (uint16_t)(packed.data[0] << 8 | packed.data[1]);
    uint16_t next = (uint16_t)(packed.data[2] << 8 | packed.data[3]);
    if (count > BREAKER_WINDOW || next >= BREAKER_WINDOW ||
        (count < BREAKER_WINDOW && next != count)) {
        return false;
    }
    breaker->count = count;
    breaker->next = next;
    memcpy(breaker->bits, packed.data + 4, sizeof(breaker->bits));
    for (uint32_t i = 0; i < count; i++) {
        breaker->refused = (uint16_t)(breaker->refused + (refused_at(breaker, i) ? 1 : 0));
    }
    return true;
}
