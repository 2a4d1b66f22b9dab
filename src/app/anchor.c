#include "anchor.h"

#include <inttypes.h>
#include <stdio.h>

#include "mentor/base/endian_be.h"
#include "mentor/base/err.h"

#include "members.h"

static const char type[] = "dk.mentor.audit.anchor.v1";

void anchor_write(const struct anchor *anchor, struct text *line)
{
    char place[32];
    struct text subject = {0};
    (void)snprintf(place, sizeof(place), "/%" PRId32, anchor->partition);
    text_add(&subject, anchor->topic);
    text_add(&subject, bytes_text(place));
    text_add(line, bytes_text("{\"specversion\":\"1.0\",\"source\":\"mentord\",\"type\":"));
    text_add_json(line, bytes_text(type));
    text_add(line, bytes_text(",\"subject\":"));
    text_add_json(line, bytes_of(subject.data, subject.size));
    (void)snprintf(place, sizeof(place), "/%" PRId64, anchor->next_offset);
    text_add(&subject, bytes_text(place));
    text_add(line, bytes_text(",\"id\":"));
    text_add_json(line, bytes_of(subject.data, subject.size));
    text_release(&subject);
    add_moment_member(line, ",\"time\":", anchor->evaluated_at_ms);
    text_add(line, bytes_text(",\"datacontenttype\":\"application/json\""));
    if (anchor->is_signed) {
        add_hex_member(line, ",\"keyid\":", anchor->key_id, ED25519_ID_SIZE);
        add_hex_member(line, ",\"signature\":", anchor->signature, ED25519_SIGNATURE_SIZE);
    }
    text_add(line, bytes_text(",\"data\":{\"cluster\":"));
    text_add_json(line, anchor->cluster);
    text_add(line, bytes_text(",\"topic\":"));
    text_add_json(line, anchor->topic);
    add_number_member(line, ",\"partition\":", anchor->partition);
    add_number_member(line, ",\"next_offset\":", anchor->next_offset);
    add_number_member(line, ",\"batch\":", anchor->batch);
    add_hex_member(line, ",\"link\":", anchor->link, SHA256_SIZE);
    add_moment_member(line, ",\"evaluated_at\":", anchor->evaluated_at_ms);
    text_add(line, bytes_text("}}"));
}

static const char *read_members(const json_t *event, struct anchor *anchor)
{
    struct members outer = {event, NULL};
    struct members data = {json_object_get(event, "data"), NULL};
    if (!bytes_is(member_text(&outer, "type"), type)) {
        return "type";
    }
    *anchor = (struct anchor){.cluster = member_text(&data, "cluster"),
                              .topic = member_text(&data, "topic"),
                              .partition = (int32_t)member_number(&data, "partition", INT32_MAX),
                              .next_offset = member_number(&data, "next_offset", INT64_MAX),
                              .batch = member_number(&data, "batch", INT64_MAX),
                              .evaluated_at_ms = member_moment(&data, "evaluated_at"),
                              .is_signed = json_object_get(event, "signature") != NULL};
    member_hex(&data, "link", SHA256_SIZE, anchor->link);
    if (anchor->is_signed) {
        member_hex(&outer, "signature", ED25519_SIGNATURE_SIZE, anchor->signature);
        member_hex(&outer, "keyid", ED25519_ID_SIZE, anchor->key_id);
    }
    return outer.failed != NULL ? outer.failed : data.failed;
}

bool anchor_read(struct bytes line, struct anchor *anchor, json_t **event, struct err *err)
{
    json_error_t why;
    *event = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &why);
    const char *failed = *event == NULL ? "" : read_members(*event, anchor);
    if (failed == NULL) {
        return true;
    }
    json_decref(*event);
    *event = NULL;
    return failed[0] == '\0' ? err_set(err, ERR_FATAL, "no JSON object: %s", why.text)
                             : err_set(err, ERR_FATAL, "no %s: %s is wrong", type, failed);
}

static void add_number(struct text *to, uint64_t number)
{
    uint8_t bytes[8];
    put_be64(bytes, number);
    text_add(to, bytes_of(bytes, sizeof(bytes)));
}

/* What is signed: all that the data say, in one form. Released by the caller. */
static struct text statement_of(const struct anchor *anchor)
{
    struct text statement = {0};
    text_add(&statement, bytes_text(type));
    add_number(&statement, anchor->cluster.size);
    text_add(&statement, anchor->cluster);
    add_number(&statement, anchor->topic.size);
    text_add(&statement, anchor->topic);
    add_number(&statement, (uint64_t)anchor->partition);
    add_number(&statement, (uint64_t)anchor->next_offset);
    add_number(&statement, (uint64_t)anchor->batch);
    add_number(&statement, (uint64_t)anchor->evaluated_at_ms);
    text_add(&statement, bytes_of(anchor->link, SHA256_SIZE));
    return statement;
}

bool anchor_sign(struct anchor *anchor, const struct ed25519 *key, struct err *err)
{
    struct text statement = statement_of(anchor);
    bool done = ed25519_sign(key, bytes_of(statement.data, statement.size), anchor->signature, err);
    text_release(&statement);
    ed25519_id(key, anchor->key_id);
    anchor->is_signed = done;
    return done;
}

bool anchor_check(const struct anchor *anchor, const struct ed25519 *key, struct err *err)
{
    uint8_t id[ED25519_ID_SIZE];
    ed25519_id(key, id);
    if (!anchor->is_signed) {
        return err_set(err, ERR_HALT, "the anchor is not signed");
    }
    if (memcmp(id, anchor->key_id, ED25519_ID_SIZE) != 0) {
        return err_set(err, ERR_HALT, "the anchor is signed by another key");
    }
    struct text statement = statement_of(anchor);
    bool holds = ed25519_verify(key, bytes_of(statement.data, statement.size), anchor->signature);
    text_release(&statement);
    return holds || err_set(err, ERR_HALT, "the anchor's signature does not fit what it says");
}
