/*
 * Goal: one scan of the raw bytes finds every thing that protobuf-c would merge, cut or accept in
 * silence (contract.md § 2), and says of each way of writing whether it is the canonical one.
 */

#include "mentor/core/application.h"
#include "mentor/wire/wire.h"

#include "support/proto.h"

struct sample {
    const char *name;
    struct bytes value;
    enum reason reason;
    bool canonical; /* where the reason is REASON_NONE */
};

/* clang-format off */
#define BYTES(text) {(const uint8_t *)(text), sizeof(text) - 1}
#define CANONICAL(name, text) {name, BYTES(text), REASON_NONE, true}
#define ACCEPTED(name, text) {name, BYTES(text), REASON_NONE, false}
#define REFUSED(name, text, why) {name, BYTES(text), REASON_##why, false}

static struct sample samples[] = {
    CANONICAL("nothing at all", ""),
    CANONICAL("an id and a version", "\x0a\x01" "x" "\x10\x01"),
    CANONICAL("an empty message, whose presence counts", "\x22\x00"),
    CANONICAL("a wage of nothing", "\x4a\x02\x0a\x00"),
    CANONICAL("a rate of 0 that is set", "\x4a\x04\x0a\x02\x08\x00"),
    CANONICAL("two other costs", "\x4a\x04\x22\x00\x22\x00"),
    CANONICAL("an enum number that is not known", "\x22\x02\x10\x63"),
    CANONICAL("a negative amount in ten bytes", "\x4a\x0d\x1a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    CANONICAL("an unknown varint at the end", "\x10\x01\xf8\x01\x05"),
    CANONICAL("an unknown 64-bit", "\xf9\x01" "12345678"),
    CANONICAL("an unknown string, whatever it holds", "\xfa\x01\x02\x00\xff"),
    CANONICAL("an unknown 32-bit", "\xfd\x01" "1234"),
    CANONICAL("an unknown zero is kept", "\xf8\x01\x00"),
    CANONICAL("the highest field number", "\xf8\xff\xff\xff\x0f\x00"),
    CANONICAL("a timestamp of 1970", "\x5a\x00"),
    CANONICAL("the first second of year 1", "\x5a\x0b\x08\x80\x92\xb8\xc3\x98\xfe\xff\xff\xff\x01"),
    CANONICAL("the last second of year 9999", "\x5a\x07\x08\xff\x82\xd1\xff\xaf\x07"),
    CANONICAL("the last nanosecond", "\x5a\x06\x10\xff\x93\xeb\xdc\x03"),

    ACCEPTED("fields out of order", "\x10\x01\x0a\x01" "x"),
    ACCEPTED("a string that is there and empty", "\x0a\x00"),
    ACCEPTED("a number that is there and 0", "\x10\x00"),
    ACCEPTED("a false that is there", "\x22\x02\x18\x00"),
    ACCEPTED("an unspecified enum that is there", "\x22\x02\x10\x00"),
    ACCEPTED("an over-long tag", "\x90\x00\x01"),
    ACCEPTED("an over-long number", "\x10\x81\x00"),
    ACCEPTED("an over-long length", "\x0a\x81\x00x"),
    ACCEPTED("an over-long length of a message", "\x22\x80\x00"),
    ACCEPTED("an over-long tag of an unknown field", "\xf8\x81\x00\x05"),
    ACCEPTED("an over-long unknown number", "\xf8\x01\x85\x00"),
    ACCEPTED("a scalar twice: the last stands", "\x10\x01\x10\x02"),
    ACCEPTED("a string twice: the last stands", "\x0a\x01x\x0a\x01y"),
    ACCEPTED("a known field behind an unknown one", "\xf8\x01\x05\x10\x01"),
    ACCEPTED("a uint32 of more than 32 bits", "\x10\x81\x80\x80\x80\x10"),
    ACCEPTED("a bool of 2", "\x22\x02\x18\x02"),
    ACCEPTED("an enum of more than 32 bits", "\x22\x06\x10\x81\x80\x80\x80\x10"),
    ACCEPTED("a negative enum in five bytes", "\x22\x06\x10\xff\xff\xff\xff\x0f"),
    ACCEPTED("bits above the 64th", "\x4a\x0d\x1a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"),
    ACCEPTED("an inner message out of order", "\x4a\x07\x1a\x05\x12\x01x\x08\x01"),

    REFUSED("a tag cut short", "\x90", UNDECODABLE),
    REFUSED("a field number of 0", "\x00\x01", UNDECODABLE),
    REFUSED("a number that is missing", "\x10", UNDECODABLE),
    REFUSED("a number cut short", "\x10\x81", UNDECODABLE),
    REFUSED("a number of eleven bytes", "\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", UNDECODABLE),
    REFUSED("a length that is missing", "\x0a", UNDECODABLE),
    REFUSED("a length past the end", "\x0a\x02x", UNDECODABLE),
    REFUSED("a length of 2^63", "\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", UNDECODABLE),
    REFUSED("a length past its message", "\x22\x02\x0a\x01x", UNDECODABLE),
    REFUSED("a tag over 32 bits", "\x88\x80\x80\x80\x10\x00", UNDECODABLE),
    REFUSED("an unknown 64-bit cut short", "\xf9\x01" "1234567", UNDECODABLE),
    REFUSED("an unknown 32-bit cut short", "\xfd\x01" "123", UNDECODABLE),
    REFUSED("an unknown string cut short", "\xfa\x01\x03" "ab", UNDECODABLE),
    REFUSED("an unknown wire type 6", "\xfe\x01\x00", UNDECODABLE),
    REFUSED("an unknown wire type 7", "\xff\x01\x00", UNDECODABLE),
    REFUSED("JSON", "{\"applicationId\":\"x\"}", WIRE_TYPE),

    REFUSED("an unknown group", "\xfb\x01\xfc\x01", WIRE_TYPE),
    REFUSED("an end of a group", "\xfc\x01", WIRE_TYPE),
    REFUSED("a group of a known field", "\x13\x14", WIRE_TYPE),
    REFUSED("a number as a string", "\x12\x01\x01", WIRE_TYPE),
    REFUSED("a string as a number", "\x08\x01", WIRE_TYPE),
    REFUSED("a message as a number", "\x20\x01", WIRE_TYPE),
    REFUSED("a number as 32 bits", "\x15" "1234", WIRE_TYPE),
    REFUSED("a number as 64 bits", "\x11" "12345678", WIRE_TYPE),
    REFUSED("an amount as a string, inside", "\x4a\x04\x1a\x02\x0a\x00", WIRE_TYPE),

    REFUSED("a citizen twice", "\x22\x00\x22\x00", FIELD_TWICE),
    REFUSED("a citizen twice with an unknown field between", "\x22\x00\xf8\x01\x05\x22\x00", FIELD_TWICE),
    REFUSED("a timestamp twice", "\x5a\x00\x5a\x00", FIELD_TWICE),
    REFUSED("a wage twice", "\x4a\x04\x0a\x00\x0a\x00", FIELD_TWICE),
    REFUSED("a wage and a fee", "\x4a\x04\x0a\x00\x12\x00", FIELD_TWICE),
    REFUSED("a fee and a wage", "\x4a\x04\x12\x00\x0a\x00", FIELD_TWICE),
    REFUSED("an hourly rate twice", "\x4a\x06\x0a\x04\x08\x01\x08\x01", FIELD_TWICE),
    REFUSED("an hourly rate and a monthly one", "\x4a\x06\x0a\x04\x08\x01\x10\x01", FIELD_TWICE),
    REFUSED("a training twice", "\x4a\x04\x1a\x00\x1a\x00", FIELD_TWICE),

    REFUSED("a second before year 1", "\x5a\x0b\x08\xff\x91\xb8\xc3\x98\xfe\xff\xff\xff\x01", TIMESTAMP_INVALID),
    REFUSED("a second after year 9999", "\x5a\x07\x08\x80\x83\xd1\xff\xaf\x07", TIMESTAMP_INVALID),
    REFUSED("a nanosecond too many", "\x5a\x06\x10\x80\x94\xeb\xdc\x03", TIMESTAMP_INVALID),
    REFUSED("nanoseconds below 0", "\x5a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", TIMESTAMP_INVALID),
    REFUSED("an inner timestamp", "\x52\x09\x3a\x07\x08\x80\x83\xd1\xff\xaf\x07", TIMESTAMP_INVALID),

    REFUSED("a NUL in a string", "\x0a\x03" "a\0b", TEXT_INVALID),
    REFUSED("a NUL alone", "\x0a\x01\0", TEXT_INVALID),
    REFUSED("a surrogate", "\x0a\x03\xed\xa0\x80", TEXT_INVALID),
    REFUSED("Latin-1", "\x0a\x01\xe6", TEXT_INVALID),
    REFUSED("a NUL in a string that no rule reads", "\x62\x01\0", TEXT_INVALID),
};
/* clang-format on */

static void the_bytes_are_judged(void **state)
{
    const struct sample *sample = *state;
    struct application application;
    bool canonical = !sample->canonical;
    assert_int_equal(wire_decode_application(sample->value, &application, &canonical),
                     sample->reason);
    if (sample->reason == REASON_NONE) {
        assert_int_equal(canonical, sample->canonical);
    }
}

/* Unpadded at its end, so that ASan sees a read past it. */
static void a_sample_cut_short_anywhere_is_read_no_further(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t size = 0; size <= samples[i].value.size; size++) {
            uint8_t *copy = test_malloc(size + 1);
            memcpy(copy + 1, samples[i].value.data, size);
            struct application application;
            bool canonical = false;
            enum reason reason =
                wire_decode_application(bytes_of(copy + 1, size), &application, &canonical);
            assert_in_range(reason, REASON_NONE, REASON_LIST_TOO_LONG);
            test_free(copy);
        }
    }
}

static enum reason decode(const struct proto *proto, struct application *application)
{
    bool canonical = false;
    return wire_decode_application(proto_bytes(proto), application, &canonical);
}

static void a_string_may_have_16_kib(void **state)
{
    (void)state;
    static struct proto proto;
    static char text[WIRE_TEXT_MAX + 2];
    struct application application;
    memset(text, 'x', sizeof(text) - 1);
    text[WIRE_TEXT_MAX] = '\0';
    proto.size = 0;
    proto_text(&proto, 1, text);
    assert_int_equal(decode(&proto, &application), REASON_NONE);
    assert_int_equal(application.application_id.size, 16384);
    text[WIRE_TEXT_MAX] = 'x';
    proto.size = 0;
    proto_text(&proto, 13, text); /* also where no rule reads it */
    assert_int_equal(decode(&proto, &application), REASON_TEXT_TOO_LONG);
    proto.size = 0;
    proto_text(&proto, 31, text); /* a newer field may be as long as it likes */
    assert_int_equal(decode(&proto, &application), REASON_NONE);
}

static void a_list_may_have_64_items(void **state)
{
    (void)state;
    static struct proto proto;
    static struct proto cost;
    static struct proto other;
    struct application application;
    cost.size = 0;
    for (uint64_t i = 0; i < 64; i++) {
        other.size = 0;
        proto_number(&other, 1, 1);
        proto_number(&other, 2, 1000 + i);
        proto_message(&cost, 4, &other);
    }
    proto.size = 0;
    proto_message(&proto, 9, &cost);
    assert_int_equal(decode(&proto, &application), REASON_NONE);
    assert_int_equal(application.cost.other_count, 64);
    assert_int_equal(application.cost.other_ore[0], 1000);
    assert_int_equal(application.cost.other_ore[63], 1063);
    proto_message(&cost, 4, &other);
    proto.size = 0;
    proto_message(&proto, 9, &cost);
    assert_int_equal(decode(&proto, &application), REASON_LIST_TOO_LONG);
}

static void what_was_read_before_is_given_also_when_refused(void **state)
{
    (void)state;
    static const char value[] = "\x0a\x01x\x22\x0c\x0a\x0a"
                                "1403760101"
                                "\x10";
    struct application application;
    bool canonical = false;
    assert_int_equal(
        wire_decode_application(bytes_of(value, sizeof(value) - 1), &application, &canonical),
        REASON_UNDECODABLE);
    assert_true(bytes_is(application.application_id, "x"));
    assert_true(bytes_is(application.cpr, "1403760101"));
}

int main(void)
{
    enum {
        SAMPLES = sizeof(samples) / sizeof(samples[0]),
    };
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_sample_cut_short_anywhere_is_read_no_further),
        cmocka_unit_test(a_string_may_have_16_kib),
        cmocka_unit_test(a_list_may_have_64_items),
        cmocka_unit_test(what_was_read_before_is_given_also_when_refused),
    };
    struct CMUnitTest tests[SAMPLES + sizeof(more) / sizeof(more[0])];
    for (size_t i = 0; i < SAMPLES; i++) {
        tests[i] =
            (struct CMUnitTest){samples[i].name, the_bytes_are_judged, NULL, NULL, &samples[i]};
    }
    memcpy(tests + SAMPLES, more, sizeof(more));
    return cmocka_run_group_tests_name("wire/decode", tests, NULL, NULL);
}
