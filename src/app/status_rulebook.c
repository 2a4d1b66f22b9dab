#include "status_rulebook.h"

#include <stdio.h>
#include <string.h>

#include "members.h"

enum {
    PLACE_SIZE = 48,
    SHOWN = 8, /* bytes, in hex, that a person needs */
};

static void add(struct text *out, const char *text)
{
    text_add(out, bytes_text(text));
}

static void add_name(struct text *out, const char *version, const uint8_t sha256[SHA256_SIZE])
{
    add(out, version);
    add(out, ", sha256 ");
    text_add_hex(out, bytes_of(sha256, SHOWN));
    add(out, "…\n");
}

void status_rulebook_text(const struct archived_status *status, struct text *out)
{
    if (status->rulebook_name[0] == '\0') {
        add(out, "rulebook    none yet: nothing is decided\n");
        return;
    }
    add(out, "rulebook    ");
    add(out, status->rulebook_name);
    add(out, " ");
    add_name(out, status->rulebook_version, status->rulebook_sha256);
    for (uint32_t i = 0; i < status->position_count; i++) {
        const struct archived_position *position = &status->positions[i];
        char place[PLACE_SIZE];
        if (position->rulebook_version[0] != '\0' &&
            memcmp(position->rulebook_sha256, status->rulebook_sha256, SHA256_SIZE) != 0) {
            (void)snprintf(
                place, sizeof(place), "            partition %d last by ", position->partition);
            add(out, place);
            add_name(out, position->rulebook_version, position->rulebook_sha256);
        }
    }
}

static void add_pair(struct text *out, const char *key, const char *value)
{
    add(out, key);
    text_add_json(out, bytes_text(value));
    add(out, ",");
}

void status_rulebook_json(const struct archived_status *status, struct text *out)
{
    if (status->rulebook_name[0] == '\0') {
        add(out, "\"rulebook\":null,");
        return;
    }
    add(out, "\"rulebook\":{");
    add_pair(out, "\"name\":", status->rulebook_name);
    add_pair(out, "\"version\":", status->rulebook_version);
    add_hex_member(out, "\"sha256\":", status->rulebook_sha256, SHA256_SIZE);
    add(out, "},");
}

void status_rulebook_json_of(const struct archived_position *position, struct text *out)
{
    if (position->rulebook_version[0] == '\0') {
        add(out, "\"rulebook\":null,");
        return;
    }
    add_hex_member(out, "\"rulebook\":", position->rulebook_sha256, SHA256_SIZE);
    add(out, ",");
}
