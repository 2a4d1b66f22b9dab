/*
 * Goal: whatever way the same facts are written, one canonical form comes out, equal to
 * protobuf-c's own packing; other facts give another.
 */

/* The initialisers that protoc-c generates cast const away. */
#pragma GCC diagnostic ignored "-Wcast-qual"

#include <mentor/v1/application.pb-c.h>

#include "mentor/base/arena.h"
#include "mentor/core/application.h"
#include "mentor/wire/wire.h"

#include "support/proto.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    return arena_init(&arena, (size_t)32 * 1024 * 1024) ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static int empty_arena(void **state)
{
    (void)state;
    arena_rewind(&arena, (struct arena_mark){0});
    return 0;
}

/* The canonical form, after the scan has accepted the bytes; it is a fixed point of both. */
static struct bytes canonical_of(struct bytes value)
{
    struct application application;
    struct bytes canonical;
    struct bytes again;
    bool flag = false;
    bool known = false;
    assert_int_equal(wire_decode_application(value, &application, &flag), REASON_NONE);
    assert_true(wire_canonical_application(value, &arena, &canonical));
    assert_int_equal(flag, bytes_equal(value, canonical));
    assert_int_equal(wire_decode_application(canonical, &application, &known), REASON_NONE);
    assert_true(known);
    assert_true(wire_canonical_application(canonical, &arena, &again));
    assert_true(bytes_equal(again, canonical));
    return canonical;
}

/* clang-format off */
#define BYTES(text) {(const uint8_t *)(text), sizeof(text) - 1}
struct pair {
    const char *name;
    struct bytes written;
    struct bytes want;
};

static struct pair pairs[] = {
    {"as it stands", BYTES("\x0a\x01x\x10\x01\x22\x00"), BYTES("\x0a\x01x\x10\x01\x22\x00")},
    {"out of order", BYTES("\x22\x00\x10\x01\x0a\x01x"), BYTES("\x0a\x01x\x10\x01\x22\x00")},
    {"defaults written out", BYTES("\x0a\x00\x10\x00\x1a\x00\x22\x04\x10\x00\x18\x00"), BYTES("\x22\x00")},
    {"over-long varints and lengths", BYTES("\x8a\x00\x81\x00x\x90\x80\x00\x81\x80\x00"), BYTES("\x0a\x01x\x10\x01")},
    {"the last of a repeated scalar", BYTES("\x10\x01\x10\x02\x0a\x01x\x0a\x01y"), BYTES("\x0a\x01y\x10\x02")},
    {"a scalar set and set back", BYTES("\x10\x01\x10\x00"), BYTES("")},
    {"a string set and set back", BYTES("\x0a\x01x\x0a\x00"), BYTES("")},
    {"a bool of 2", BYTES("\x22\x02\x18\x02"), BYTES("\x22\x02\x18\x01")},
    {"a uint32 of more bits", BYTES("\x10\x81\x80\x80\x80\x10"), BYTES("\x10\x01")},
    {"a negative enum in five bytes", BYTES("\x22\x06\x10\xff\xff\xff\xff\x0f"),
     BYTES("\x22\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {"inner fields out of order", BYTES("\x4a\x07\x1a\x05\x12\x01x\x08\x01"), BYTES("\x4a\x07\x1a\x05\x08\x01\x12\x01x")},
    {"a rate of 0 that is set", BYTES("\x4a\x04\x0a\x02\x08\x00"), BYTES("\x4a\x04\x0a\x02\x08\x00")},
    {"a rate of 0, over-long", BYTES("\x4a\x05\x0a\x03\x08\x80\x00"), BYTES("\x4a\x04\x0a\x02\x08\x00")},
    {"an unknown field in front", BYTES("\xf8\x01\x05\x10\x01"), BYTES("\x10\x01\xf8\x01\x05")},
    {"unknown fields in arrival order, also repeated", BYTES("\xf8\x02\x07\xf8\x01\x05\x10\x01\xf8\x02\x06"),
     BYTES("\x10\x01\xf8\x02\x07\xf8\x01\x05\xf8\x02\x06")},
    {"an over-long unknown varint", BYTES("\xf8\x81\x00\x85\x80\x00"), BYTES("\xf8\x01\x05")},
    {"an over-long unknown 128", BYTES("\xf8\x01\x80\x81\x00"), BYTES("\xf8\x01\x80\x01")},
    {"unknown fixed fields that look like varints",
     BYTES("\xf9\x01\x80\x00\x00\x00\x00\x00\x00\x00\xfd\x01\x81\x80\x00\x00"),
     BYTES("\xf9\x01\x80\x00\x00\x00\x00\x00\x00\x00\xfd\x01\x81\x80\x00\x00")},
    {"unknown fields in a wage", BYTES("\x4a\x06\x0a\x04\xf8\x01\x85\x00"), BYTES("\x4a\x05\x0a\x03\xf8\x01\x05")},
    {"an over-long unknown length", BYTES("\xfa\x01\x82\x80\x00" "ab"), BYTES("\xfa\x01\x02" "ab")},
    {"unknown bits above the 64th", BYTES("\xf8\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
     BYTES("\xf8\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {"unknown fixed fields as they are", BYTES("\xf9\x01" "12345678" "\xfd\x01" "1234\x10\x01"),
     BYTES("\x10\x01\xf9\x01" "12345678" "\xfd\x01" "1234")},
    {"unknown fields stay in their message", BYTES("\x22\x08\xf8\x81\x00\x85\x00\x0a\x01x"), BYTES("\x22\x06\x0a\x01x\xf8\x01\x05")},
    {"unknown fields in a oneof's member", BYTES("\x4a\x09\x12\x07\xf8\x01\x85\x00\x10\x88\x0e"),
     BYTES("\x4a\x08\x12\x06\x10\x88\x0e\xf8\x01\x05")},
    {"unknown fields in a list's items", BYTES("\x4a\x0c\x22\x04\xf8\x01\x85\x00\x22\x04\xf8\x01\x86\x00"),
     BYTES("\x4a\x0a\x22\x03\xf8\x01\x05\x22\x03\xf8\x01\x06")},
    {"bytes within an unknown field are nobody's to change", BYTES("\xfa\x01\x03\x10\x81\x00"), BYTES("\xfa\x01\x03\x10\x81\x00")},
};
/* clang-format on */

static void the_form_is_the_one_wanted(void **state)
{
    const struct pair *pair = *state;
    struct bytes got = canonical_of(pair->written);
    assert_int_equal(got.size, pair->want.size);
    assert_memory_equal(got.data, pair->want.data, got.size);
}

/* protobuf-c reads tags and lengths of five bytes at most: the scan must not promise more. */
static void what_the_scan_accepts_has_a_canonical_form(void **state)
{
    (void)state;
    static const struct bytes values[] = {
        BYTES("\x90\x80\x80\x80\x80\x00\x01"),
        BYTES("\x0a\x81\x80\x80\x80\x80\x00x"),
        BYTES("\x22\x80\x80\x80\x80\x80\x00"),
        BYTES("\xf8\x81\x80\x80\x80\x00\x05"),
        BYTES("\xfa\x01\x81\x80\x80\x80\x80\x00x"),
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct application application;
        struct bytes canonical;
        bool flag = false;
        enum reason reason = wire_decode_application(values[i], &application, &flag);
        if (reason == REASON_NONE) {
            assert_true(wire_canonical_application(values[i], &arena, &canonical));
        } else {
            assert_int_equal(reason, REASON_UNDECODABLE);
        }
    }
}

static void other_facts_have_another_form(void **state)
{
    (void)state;
    static const struct bytes facts[] = {
        BYTES(""),
        BYTES("\x22\x00"),                 /* a citizen of whom nothing is said */
        BYTES("\x4a\x00"),                 /* a cost without a basis */
        BYTES("\x4a\x02\x0a\x00"),         /* a wage without a rate */
        BYTES("\x4a\x02\x12\x00"),         /* a fee */
        BYTES("\x4a\x04\x0a\x02\x08\x00"), /* an hourly rate of 0 */
        BYTES("\x4a\x04\x0a\x02\x10\x00"), /* a monthly rate of 0 */
        BYTES("\x4a\x02\x22\x00"),         /* another cost of which nothing is said */
        BYTES("\x4a\x04\x22\x00\x22\x00"), /* two of them */
        BYTES("\xf8\x01\x00"),             /* an unknown 0 */
        BYTES("\xf8\x01\x01"),
        BYTES("\x0a\x01x"),
        BYTES("\x0a\x01X"),
    };
    const size_t count = sizeof(facts) / sizeof(facts[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(bytes_equal(canonical_of(facts[i]), canonical_of(facts[j])));
        }
    }
}

static void the_form_is_protobuf_cs_own(void **state)
{
    (void)state;
    char id[] = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    char cpr[] = "1403760101";
    char name[] = "Autoværkstedet";
    Mentor__V1__Application message = MENTOR__V1__APPLICATION__INIT;
    Mentor__V1__Citizen citizen = MENTOR__V1__CITIZEN__INIT;
    Mentor__V1__Company company = MENTOR__V1__COMPANY__INIT;
    Mentor__V1__Cost cost = MENTOR__V1__COST__INIT;
    Mentor__V1__Wage wage = MENTOR__V1__WAGE__INIT;
    Google__Protobuf__Timestamp when = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    message.application_id = id;
    message.version = 300;
    message.citizen = &citizen;
    citizen.cpr = cpr;
    message.company = &company;
    company.name = name;
    message.cost = &cost;
    cost.basis_case = MENTOR__V1__COST__BASIS_WAGE;
    cost.wage = &wage;
    wage.rate_case = MENTOR__V1__WAGE__RATE_HOURLY_ORE;
    wage.other_ore_per_hour = -1;
    message.submitted_at = &when;
    when.seconds = -5;
    uint8_t packed[512];
    size_t size = mentor__v1__application__pack(&message, packed);
    struct bytes got = canonical_of(bytes_of(packed, size));
    assert_true(bytes_equal(got, bytes_of(packed, size)));

    /* The same fields backwards, as a producer in another language may write them. */
    static struct proto inner;
    static struct proto outer;
    static struct proto proto;
    proto.size = 0;
    inner.size = 0;
    proto_number(&inner, 1, (uint64_t)-5);
    proto_message(&proto, 11, &inner);
    inner.size = 0;
    proto_number(&inner, 5, UINT64_MAX);
    proto_number(&inner, 1, 0);
    outer.size = 0;
    proto_message(&outer, 1, &inner);
    proto_message(&proto, 9, &outer);
    inner.size = 0;
    proto_text(&inner, 3, name);
    proto_text(&inner, 1, "");
    proto_message(&proto, 5, &inner);
    inner.size = 0;
    proto_text(&inner, 1, cpr);
    proto_message(&proto, 4, &inner);
    proto_number(&proto, 2, 300);
    proto_text(&proto, 1, id);
    assert_true(bytes_equal(canonical_of(proto_bytes(&proto)), bytes_of(packed, size)));
}

static void a_full_arena_is_said_so(void **state)
{
    (void)state;
    static const uint8_t value[] = "\x0a\x01x";
    struct arena small;
    struct bytes out;
    for (size_t capacity = 1; capacity < 400; capacity++) {
        assert_true(arena_init(&small, capacity));
        if (wire_canonical_application(bytes_of(value, 3), &small, &out)) {
            assert_memory_equal(out.data, value, 3);
        }
        arena_release(&small);
    }
    assert_true(arena_init(&small, 16));
    assert_false(wire_canonical_application(bytes_of(value, 3), &small, &out));
    arena_release(&small);
}

int main(void)
{
    enum {
        PAIRS = sizeof(pairs) / sizeof(pairs[0]),
    };
    const struct CMUnitTest more[] = {
        cmocka_unit_test_setup(what_the_scan_accepts_has_a_canonical_form, empty_arena),
        cmocka_unit_test_setup(other_facts_have_another_form, empty_arena),
        cmocka_unit_test_setup(the_form_is_protobuf_cs_own, empty_arena),
        cmocka_unit_test(a_full_arena_is_said_so),
    };
    struct CMUnitTest tests[PAIRS + sizeof(more) / sizeof(more[0])];
    for (size_t i = 0; i < PAIRS; i++) {
        tests[i] =
            (struct CMUnitTest){pairs[i].name, the_form_is_the_one_wanted, NULL, NULL, &pairs[i]};
    }
    memcpy(tests + PAIRS, more, sizeof(more));
    return cmocka_run_group_tests_name("wire/canonical", tests, open_arena, close_arena);
}
