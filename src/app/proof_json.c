/* A proof as one JSON object, and back. */

#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"

#include "members.h"
#include "proof.h"

static const char type[] = "dk.mentor.audit.proof.v1";

static void add_link(struct text *line, const struct proof_link *link)
{
    add_number_member(line, "{\"batch\":", link->batch);
    add_number_member(line, ",\"first_offset\":", link->chained.first_offset);
    add_number_member(line, ",\"next_offset\":", link->chained.next_offset);
    add_number_member(line, ",\"epoch\":", link->chained.epoch);
    add_moment_member(line, ",\"evaluated_at\":", link->chained.evaluated_at_ms);
    add_hex_member(line, ",\"root\":", link->chained.root, SHA256_SIZE);
    add_hex_member(line, ",\"link\":", link->link, SHA256_SIZE);
    text_add(line, bytes_text("}"));
}

void proof_write(const struct proof *proof, struct text *line)
{
    char uuid[UUID_TEXT_SIZE];
    uint8_t digest[SHA256_SIZE];
    uuid_format(proof->decision_id, uuid);
    sha256_of(bytes_of(proof->output, proof->output_size), digest);
    text_add(line, bytes_text("{\"type\":"));
    text_add_json(line, bytes_text(type));
    text_add(line, bytes_text(",\"decision_id\":"));
    text_add_json(line, bytes_of(uuid, UUID_TEXT_SIZE));
    add_hex_member(line, ",\"output_sha256\":", digest, SHA256_SIZE);
    add_hex_member(line, ",\"output\":", proof->output, proof->output_size);
    text_add(line, bytes_text(",\"cluster\":"));
    text_add_json(line, bytes_text(proof->cluster));
    text_add(line, bytes_text(",\"topic\":"));
    text_add_json(line, bytes_text(proof->topic));
    add_number_member(line, ",\"partition\":", proof->partition);
    add_number_member(line, ",\"offset\":", proof->offset);
    add_hex_member(line, ",\"entry\":", proof->entry, proof->entry_size);
    add_number_member(line, ",\"index\":", proof->index);
    add_number_member(line, ",\"count\":", proof->count);
    text_add(line, bytes_text(",\"path\":["));
    for (uint32_t i = 0; i < proof->path_count; i++) {
        add_hex_member(line, i == 0 ? "" : ",", proof->path[i], SHA256_SIZE);
    }
    add_hex_member(line, "],\"previous\":", proof->previous, SHA256_SIZE);
    text_add(line, bytes_text(",\"links\":["));
    for (uint32_t i = 0; i < proof->link_count; i++) {
        text_add(line, bytes_text(i == 0 ? "" : ","));
        add_link(line, &proof->links[i]);
    }
    add_number_member(line, "],\"head\":{\"batch\":", proof->head_batch);
    add_number_member(line, ",\"next_offset\":", proof->head_offset);
    add_hex_member(line, ",\"link\":", proof->head, SHA256_SIZE);
    text_add(line, bytes_text("}}"));
}

/* Hex of any length; owned by the caller. */
static uint8_t *read_bytes(struct members *members, const char *name, size_t *size)
{
    struct bytes text = member_text(members, name);
    uint8_t *data = malloc(text.size / 2 + 1);
    CHECK(data != NULL);
    *size = text.size / 2;
    if (text.size % 2 != 0 || !hex_decode((const char *)text.data, *size, data)) {
        members->failed = members->failed == NULL ? name : members->failed;
    }
    return data;
}

static char *read_text(struct members *members, const char *name)
{
    struct bytes text = member_text(members, name);
    char *copy = calloc(text.size + 1, 1);
    CHECK(copy != NULL);
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return copy;
}

static void read_path(struct members *members, struct proof *proof)
{
    const json_t *path = json_object_get(members->object, "path");
    size_t count = json_array_size(path);
    bool fits = json_is_array(path) && count <= CHAIN_PATH_MAX;
    for (size_t i = 0; i < count && fits; i++) {
        const json_t *one = json_array_get(path, i);
        fits = json_is_string(one) && json_string_length(one) == (size_t)2 * SHA256_SIZE &&
               hex_decode(json_string_value(one), SHA256_SIZE, proof->path[i]);
    }
    proof->path_count = fits ? (uint32_t)count : 0;
    if (!fits && members->failed == NULL) {
        members->failed = "path";
    }
}

static struct proof_link read_link(struct members *members)
{
    struct proof_link link = {
        .batch = member_number(members, "batch", INT64_MAX),
        .chained = {.first_offset = member_number(members, "first_offset", INT64_MAX),
                    .next_offset = member_number(members, "next_offset", INT64_MAX),
                    .epoch = member_number(members, "epoch", INT64_MAX),
                    .evaluated_at_ms = member_moment(members, "evaluated_at")}};
    member_hex(members, "root", SHA256_SIZE, link.chained.root);
    member_hex(members, "link", SHA256_SIZE, link.link);
    return link;
}

static void read_links(struct members *members, struct proof *proof)
{
    const json_t *links = json_object_get(members->object, "links");
    size_t count = json_array_size(links);
    proof->links = calloc(count + 1, sizeof(*proof->links));
    CHECK(proof->links != NULL);
    bool fits = count > 0 && count <= UINT32_MAX;
    for (size_t i = 0; i < count && fits; i++) {
        struct members link = {json_array_get(links, i), NULL};
        proof->links[i] = read_link(&link);
        fits = link.failed == NULL;
    }
    proof->link_count = (uint32_t)count;
    if (!fits && members->failed == NULL) {
        members->failed = "links";
    }
}

static const char *read_all(const json_t *object, struct proof *proof)
{
    struct members members = {object, NULL};
    struct members head = {json_object_get(object, "head"), NULL};
    if (!bytes_is(member_text(&members, "type"), type)) {
        return "type";
    }
    *proof = (struct proof){.cluster = read_text(&members, "cluster"),
                            .topic = read_text(&members, "topic"),
                            .partition = (int32_t)member_number(&members, "partition", INT32_MAX),
                            .offset = member_number(&members, "offset", INT64_MAX),
                            .index = (uint32_t)member_number(&members, "index", UINT32_MAX),
                            .count = (uint32_t)member_number(&members, "count", UINT32_MAX),
                            .head_batch = member_number(&head, "batch", INT64_MAX),
                            .head_offset = member_number(&head, "next_offset", INT64_MAX)};
    proof->output = read_bytes(&members, "output", &proof->output_size);
    proof->entry = read_bytes(&members, "entry", &proof->entry_size);
    member_hex(&members, "previous", SHA256_SIZE, proof->previous);
    member_hex(&head, "link", SHA256_SIZE, proof->head);
    read_path(&members, proof);
    read_links(&members, proof);
    if (!uuid_parse(member_text(&members, "decision_id"), proof->decision_id)) {
        return "decision_id";
    }
    uint8_t stated[SHA256_SIZE] = {0};
    uint8_t digest[SHA256_SIZE];
    member_hex(&members, "output_sha256", SHA256_SIZE, stated);
    sha256_of(bytes_of(proof->output, proof->output_size), digest);
    if (members.failed == NULL && memcmp(stated, digest, SHA256_SIZE) != 0) {
        return "output_sha256";
    }
    return members.failed != NULL ? members.failed : head.failed;
}

bool proof_read(struct bytes line, struct proof *proof, struct err *err)
{
    json_error_t why;
    *proof = (struct proof){0};
    json_t *object = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &why);
    if (object == NULL) {
        return err_set(err, ERR_FATAL, "no JSON object: %s", why.text);
    }
    const char *failed = read_all(object, proof);
    json_decref(object);
    if (failed != NULL) {
        proof_release(proof);
        return err_set(err, ERR_HALT, "%s: it is missing, or is not what it must be", failed);
    }
    return true;
}
