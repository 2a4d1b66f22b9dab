#include "stub.h"

#include <stdlib.h>
#include <string.h>

#include "outgoing.h"

static bool begins(struct bytes name, const char *prefix)
{
    size_t size = strlen(prefix);
    return name.size >= size && memcmp(name.data, prefix, size) == 0;
}

void stub_init(struct stub *stub, const struct record *record, uint32_t limit)
{
    uint8_t digest[SHA256_SIZE];
    sha256_of(record->value, digest);
    hex_encode(digest, sizeof(digest), stub->digest);

    struct record *to = &stub->record;
    *to = *record;
    to->has_value = false;
    to->value = bytes_of(NULL, 0);
    bool all = outgoing_size(to) + sizeof(stub->digest) < limit;
    to->headers = calloc((size_t)record->header_count + 1, sizeof(struct header));
    CHECK(to->headers != NULL);
    to->header_count = 0;
    for (uint32_t i = 0; i < record->header_count; i++) {
        struct bytes name = record->headers[i].name;
        if (all || begins(name, "mentor-") || begins(name, "grpc-")) {
            to->headers[to->header_count++] = record->headers[i];
        }
    }
    to->headers[to->header_count++] = (struct header){
        .name = bytes_text("mentor-stub"),
        .value = bytes_of(stub->digest, sizeof(stub->digest)),
    };
}

void stub_release(struct stub *stub)
{
    free(stub->record.headers);
    *stub = (struct stub){.digest = {0}};
}
