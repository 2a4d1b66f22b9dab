/*
 * Goal: ProtoJSON is read and written as contract.md § 4 says, each refusal tells where and what
 * and never a value, and the walk knows every field of the messages. tests/interop asks Google's
 * library about the same.
 */

#include <stdio.h>

#include <mentor/v1/service.pb-c.h>

#include "mentor/base/arena.h"
#include "mentor/wire/json.h"

#include "support/test.h"

#define CPR "0101011234"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    return arena_init(&arena, (size_t)1 << 20) ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static bool read_json(
    enum json_message kind, const char *from, struct arena *into, struct bytes *out, char why[256])
{
    json_t *json = json_loads(from, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    why[0] = '\0';
    bool read = json_to_protobuf(kind, json, into, out, why, 256);
    json_decref(json);
    return read;
}

static void assert_text(const struct text *text, const char *want)
{
    assert_int_equal(text->size, strlen(want));
    assert_memory_equal(text->data, want, text->size);
}

struct pair {
    enum json_message kind;
    const char *from;
    const char *want; /* what is written of what was read; NULL: the same */
};

static const struct pair pairs[] = {
    {JSON_APPLICATION, "{}", NULL},
    {JSON_APPLICATION, "{\"applicationId\":\"a\",\"version\":1}", NULL},
    {JSON_APPLICATION,
     "{\"version\":1,\"application_id\":\"a\"}",
     "{\"applicationId\":\"a\",\"version\":1}"},
    {JSON_APPLICATION, "{\"applicationId\":\"\",\"version\":0,\"citizen\":null}", "{}"},
    {JSON_APPLICATION, "{\"citizen\":{}}", NULL},
    {JSON_APPLICATION, "{\"version\":\"4294967295\"}", "{\"version\":4294967295}"},
    {JSON_APPLICATION, "{\"version\":1.0}", "{\"version\":1}"},
    {JSON_APPLICATION, "{\"version\":2e3}", "{\"version\":2000}"},
    {JSON_APPLICATION, "{\"version\":\"-0\"}", "{}"},
    {JSON_APPLICATION,
     "{\"citizen\":{\"targetGroup\":\"TARGET_GROUP_FLEX_JOB\",\"introductionProgramme\":true}}",
     NULL},
    {JSON_APPLICATION,
     "{\"citizen\":{\"targetGroup\":9,\"introductionProgramme\":false}}",
     "{\"citizen\":{\"targetGroup\":\"TARGET_GROUP_FLEX_JOB\"}}"},
    {JSON_APPLICATION, "{\"citizen\":{\"targetGroup\":-2147483648}}", NULL},
    {JSON_APPLICATION,
     "{\"citizen\":{\"targetGroup\":\"TARGET_GROUP_UNSPECIFIED\"}}",
     "{\"citizen\":{}}"},
    {JSON_APPLICATION, "{\"cost\":{\"wage\":{}}}", NULL},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"hourlyOre\":0}}}",
     "{\"cost\":{\"wage\":{\"hourlyOre\":\"0\"}}}"},
    {JSON_APPLICATION,
     "{\"cost\":{\"fee\":{\"hourlyOre\":0},\"wage\":null}}",
     "{\"cost\":{\"fee\":{}}}"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"monthlyOre\":-9223372036854775808}}}",
     "{\"cost\":{\"wage\":{\"monthlyOre\":\"-9223372036854775808\"}}}"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"monthlyOre\":\"9223372036854775807\",\"holidayBp\":1}}}",
     NULL},
    {JSON_APPLICATION, "{\"cost\":{\"other\":[]}}", "{\"cost\":{}}"},
    {JSON_APPLICATION,
     "{\"cost\":{\"other\":[{},{\"kind\":\"OTHER_COST_KIND_OVERHEAD\",\"costOre\":\"7\"},{}]}}",
     NULL},
    {JSON_APPLICATION,
     "{\"submittedAt\":\"2026-03-02T10:00:00.5+01:00\"}",
     "{\"submittedAt\":\"2026-03-02T09:00:00.500Z\"}"},
    {JSON_APPLICATION, "{\"submittedAt\":\"1970-01-01T00:00:00Z\"}", NULL},
    {JSON_APPLICATION,
     "{\"caseNumber\":\"\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\\u00e6\\ud83d\\ude42\\u007f\"}",
     "{\"caseNumber\":\"\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\/æ🙂\x7f\"}"},
    {JSON_DECISION,
     "{\"companyPNumber\":\"1\",\"findings\":[{\"textDa\":\"æ\"}]}",
     "{\"findings\":[{\"textDa\":\"æ\"}],\"companyPNumber\":\"1\"}"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"AP/+\"}}", NULL},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"_-8\"}}", "{\"rulebook\":{\"sha256\":\"/+8=\"}}"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"\"}}", "{\"rulebook\":{}}"},
    {JSON_DECISION, "{\"source\":{\"partition\":-2147483648,\"offset\":\"1\"}}", NULL},
};

static void json_is_read_and_written_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct bytes value;
        struct text text = {0};
        char why[256];
        if (!read_json(pairs[i].kind, pairs[i].from, &arena, &value, why)) {
            fail_msg("%s: %s", pairs[i].from, why);
        }
        size_t used = arena.used;
        assert_true(protobuf_to_json(pairs[i].kind, value, &arena, &text));
        assert_int_equal(arena.used, used);
        assert_text(&text, pairs[i].want != NULL ? pairs[i].want : pairs[i].from);
        text_release(&text);
    }
}

struct refusal {
    enum json_message kind;
    const char *from;
    const char *why;
};

static const struct refusal refusals[] = {
    {JSON_APPLICATION, "[]", "not an object"},
    {JSON_APPLICATION, "{\"nope\":1}", "nope: unknown field"},
    {JSON_APPLICATION, "{\"" CPR "\":1}", "holds a field that is unknown"},
    {JSON_APPLICATION, "{\"x" CPR "\":1}", "holds a field that is unknown"},
    {JSON_APPLICATION, "{\"\":1}", "holds a field that is unknown"},
    {JSON_APPLICATION, "{\"company\":{\"a b\":1}}", "company: holds a field that is unknown"},
    {JSON_APPLICATION, "{\"Version\":1}", "Version: unknown field"},
    {JSON_APPLICATION, "{\"applicationid\":1}", "applicationid: unknown field"},
    {JSON_APPLICATION, "{\"application_Id\":1}", "application_Id: unknown field"},
    {JSON_APPLICATION,
     "{\"applicationId\":\"" CPR "\",\"application_id\":null}",
     "application_id: given twice"},
    {JSON_APPLICATION, "{\"applicationId\":1010112345}", "application_id: not a string"},
    {JSON_APPLICATION, "{\"version\":\"x" CPR "\"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":\"010\"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":\"+1\"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":\"-\"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":\"\"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":\"1 \"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":\"1.0\"}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":1.5}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":1e300}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":true}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":{}}", "version: not a whole number"},
    {JSON_APPLICATION, "{\"version\":-1}", "version: number out of range"},
    {JSON_APPLICATION, "{\"version\":4294967296}", "version: number out of range"},
    {JSON_APPLICATION,
     "{\"citizen\":{\"targetGroup\":\"FLEX_JOB\"}}",
     "citizen.target_group: no value of this enum"},
    {JSON_APPLICATION,
     "{\"citizen\":{\"targetGroup\":2147483648}}",
     "citizen.target_group: number out of range"},
    {JSON_APPLICATION,
     "{\"citizen\":{\"targetGroup\":1.5}}",
     "citizen.target_group: not a whole number"},
    {JSON_APPLICATION,
     "{\"citizen\":{\"introductionProgramme\":1}}",
     "citizen.introduction_programme: not true or false"},
    {JSON_APPLICATION,
     "{\"citizen\":{\"introductionProgramme\":\"true\"}}",
     "citizen.introduction_programme: not true or false"},
    {JSON_APPLICATION, "{\"cost\":[]}", "cost: not an object"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{},\"fee\":{}}}",
     "cost.fee: another member of this oneof is given too"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"monthlyOre\":0,\"hourlyOre\":0}}}",
     "cost.wage.hourly_ore: another member of this oneof is given too"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"hourlyOre\":\"9223372036854775808\"}}}",
     "cost.wage.hourly_ore: number out of range"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"hourlyOre\":\"-9223372036854775809\"}}}",
     "cost.wage.hourly_ore: number out of range"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"hourlyOre\":\"18446744073709551616\"}}}",
     "cost.wage.hourly_ore: not a whole number"},
    {JSON_APPLICATION,
     "{\"cost\":{\"wage\":{\"hourlyOre\":9007199254740992.0}}}",
     "cost.wage.hourly_ore: not a whole number"},
    {JSON_APPLICATION, "{\"cost\":{\"other\":{}}}", "cost.other: not a list"},
    {JSON_APPLICATION, "{\"cost\":{\"other\":[{},null]}}", "cost.other[1]: not an object"},
    {JSON_APPLICATION,
     "{\"cost\":{\"other\":[{\"costOre\":\"x\"}]}}",
     "cost.other[0].cost_ore: not a whole number"},
    {JSON_APPLICATION,
     "{\"submittedAt\":\"" CPR "\"}",
     "submitted_at: not a timestamp as 2026-03-02T09:00:00Z"},
    {JSON_APPLICATION,
     "{\"submittedAt\":{\"seconds\":1}}",
     "submitted_at: not a timestamp as 2026-03-02T09:00:00Z"},
    {JSON_DECISION,
     "{\"source\":{\"partition\":2147483648}}",
     "source.partition: number out of range"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":1}}", "rulebook.sha256: not a string of base64"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"A\"}}", "rulebook.sha256: not base64"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"AP/+=\"}}", "rulebook.sha256: not base64"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"A===\"}}", "rulebook.sha256: not base64"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"_w=\"}}", "rulebook.sha256: not base64"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"AP /\"}}", "rulebook.sha256: not base64"},
    {JSON_DECISION, "{\"rulebook\":{\"sha256\":\"_x\"}}", "rulebook.sha256: not base64"},
};

static void refused_json_says_where_and_what_and_no_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct bytes value;
        char why[256];
        if (read_json(refusals[i].kind, refusals[i].from, &arena, &value, why)) {
            fail_msg("%s is read", refusals[i].from);
        }
        assert_string_equal(why, refusals[i].why);
        assert_null(strstr(why, CPR));
    }
}

static void a_short_why_is_cut_off_within_its_size(void **state)
{
    (void)state;
    json_t *json = json_loads("{\"cost\":{\"wage\":{\"hourlyOre\":\"x\"}}}", 0, NULL);
    struct bytes value;
    char whole[64];
    assert_false(json_to_protobuf(JSON_APPLICATION, json, &arena, &value, whole, sizeof(whole)));
    for (size_t size = 0; size < sizeof(whole); size++) {
        char why[64];
        memset(why, '#', sizeof(why));
        assert_false(json_to_protobuf(JSON_APPLICATION, json, &arena, &value, why, size));
        if (size > 0) {
            assert_memory_equal(why, whole, strlen(why));
            assert_true(strlen(why) < size);
        }
        for (size_t i = size; i < sizeof(why); i++) {
            assert_int_equal(why[i], '#');
        }
    }
    json_decref(json);
}

static const char everywhere[] =
    "{\"rulebook\":{\"sha256\":\"AP/+\"},\"findings\":[{\"rule\":\"P01\"},{\"rule\":\"D01\"}],"
    "\"evaluatedAt\":\"2026-03-02T09:00:00Z\"}";

static void a_full_arena_is_said_wherever_it_comes(void **state)
{
    (void)state;
    bool read = false;
    for (size_t capacity = 1; !read; capacity += 8) {
        struct arena small;
        struct bytes value;
        char why[256];
        assert_true(arena_init(&small, capacity));
        read = read_json(JSON_DECISION, everywhere, &small, &value, why);
        assert_string_equal(why, read ? "" : "line needs more memory than a line may take");
        arena_release(&small);
    }
}

static void a_writer_without_memory_appends_nothing(void **state)
{
    (void)state;
    struct bytes value;
    char why[256];
    assert_true(read_json(JSON_DECISION, everywhere, &arena, &value, why));
    struct text text = {0};
    text_add(&text, bytes_text("before"));
    bool written = false;
    for (size_t capacity = 1; !written; capacity += 8) {
        struct arena small;
        assert_true(arena_init(&small, capacity));
        written = protobuf_to_json(JSON_DECISION, value, &small, &text);
        assert_int_equal(small.used, 0);
        if (!written) {
            assert_text(&text, "before");
        }
        arena_release(&small);
    }
    text_release(&text);
}

static void hex_is_appended(void **state)
{
    (void)state;
    struct text text = {0};
    text_add(&text, bytes_text("x"));
    text_add_hex(&text, bytes_of("\x00\xab\x7f", 3));
    text_add_hex(&text, (struct bytes){0});
    assert_text(&text, "x00ab7f");
    text_release(&text);
}

static void the_bytes_are_canonical(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        0x10,
        0x02, /* version */
        0x22,
        0x00, /* an empty citizen */
        0x4a,
        0x04,
        0x0a,
        0x02,
        0x08,
        0x00, /* a oneof member's zero */
        0x5a,
        0x00, /* 1970 */
    };
    struct bytes value;
    char why[256];
    assert_true(read_json(JSON_APPLICATION,
                          "{\"submittedAt\":\"1970-01-01T00:00:00Z\",\"citizen\":{\"cpr\":\"\"},"
                          "\"cost\":{\"wage\":{\"hourlyOre\":0,\"holidayBp\":0},\"other\":[]},"
                          "\"version\":2,\"applicationId\":\"\"}",
                          &arena,
                          &value,
                          why));
    assert_int_equal(value.size, sizeof(want));
    assert_memory_equal(value.data, want, sizeof(want));
}

struct raw {
    const char *value;
    size_t size;
    const char *want; /* NULL: not written */
};

#define RAW(value, want)                                                                           \
    {                                                                                              \
        (value), sizeof(value) - 1, (want)                                                         \
    }

static const struct raw raws[] = {
    RAW("", "{}"),
    RAW("\x10\x00", "{}"),
    RAW("\x10\x01\xf8\x3f\x07", "{\"version\":1}"), /* field 1023 is a newer producer's */
    RAW("\x22\x02\x10\x4d", "{\"citizen\":{\"targetGroup\":77}}"),
    RAW("\x22\x02\x18\x7f", "{\"citizen\":{\"introductionProgramme\":true}}"),
    RAW("\x5a\x02\x08\x01", "{\"submittedAt\":\"1970-01-01T00:00:01Z\"}"),
    RAW("\x5a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        "{\"submittedAt\":\"1969-12-31T23:59:59Z\"}"),
    RAW("\x5a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", NULL), /* nanos -1 */
    RAW("\x5a\x06\x10\x80\x94\xeb\xdc\x03", NULL),                     /* nanos 1,000,000,000 */
    RAW("\x0a\x01\xff", NULL),                                         /* not UTF-8 */
    RAW("\x0a\x05"
        "a",
        NULL),
    RAW("\x10", NULL),
};

static void protobuf_is_written_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
        struct text text = {0};
        text_add(&text, bytes_text("before"));
        bool written = protobuf_to_json(
            JSON_APPLICATION, bytes_of(raws[i].value, raws[i].size), &arena, &text);
        if (written != (raws[i].want != NULL)) {
            fail_msg("case %zu: %.*s", i, (int)text.size, text.data);
        }
        char want[128];
        (void)snprintf(want, sizeof(want), "before%s", written ? raws[i].want : "");
        assert_text(&text, want);
        text_release(&text);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void walk(const ProtobufCMessageDescriptor *message)
{
    assert_true(message->n_fields <= 64);
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        assert_true(i == 0 || field->id > message->fields[i - 1].id);
        assert_true(field->label == PROTOBUF_C_LABEL_NONE ||
                    field->label == PROTOBUF_C_LABEL_REPEATED);
        assert_true(field->type != PROTOBUF_C_TYPE_FLOAT && field->type != PROTOBUF_C_TYPE_DOUBLE);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            walk(field->descriptor);
        }
    }
}

static void the_walk_knows_every_field_there_is(void **state)
{
    (void)state;
    const ProtobufCServiceDescriptor *service = &mentor__v1__mentor_grant_service__descriptor;
    for (unsigned i = 0; i < service->n_methods; i++) {
        walk(service->methods[i].input);
        walk(service->methods[i].output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_read_and_written_again),
        cmocka_unit_test(refused_json_says_where_and_what_and_no_value),
        cmocka_unit_test(a_short_why_is_cut_off_within_its_size),
        cmocka_unit_test(a_full_arena_is_said_wherever_it_comes),
        cmocka_unit_test(a_writer_without_memory_appends_nothing),
        cmocka_unit_test(hex_is_appended),
        cmocka_unit_test(the_bytes_are_canonical),
        cmocka_unit_test(protobuf_is_written_or_refused),
        cmocka_unit_test(the_walk_knows_every_field_there_is),
    };
    return cmocka_run_group_tests_name("wire/json", tests, open_arena, close_arena);
}
