/* Goal: a traceparent or tracestate that W3C Trace Context would not write is dropped, never a
 * reason to refuse. */

#include "mentor/app/envelope.h"

#include "support/letter.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

struct trace {
    const char *title;
    const char *name;
    const char *value;
    bool kept;
};

/* clang-format off */
static struct trace traces[] = {
    {"version 00", "traceparent", "00-" TRACE "-" PARENT "-01", true},
    {"flags of another kind", "traceparent", "00-" TRACE "-" PARENT "-ff", true},
    {"a version to come", "traceparent", "01-" TRACE "-" PARENT "-01", true},
    {"a version to come, with more behind", "traceparent", "cc-" TRACE "-" PARENT "-01-what-follows", true},
    {"version ff", "traceparent", "ff-" TRACE "-" PARENT "-01", false},
    {"version 00 with more behind", "traceparent", "00-" TRACE "-" PARENT "-01-x", false},
    {"a version to come, more behind without a hyphen", "traceparent", "01-" TRACE "-" PARENT "-01x", false},
    {"capitals", "traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", false},
    {"a trace of zeros", "traceparent", "00-00000000000000000000000000000000-" PARENT "-01", false},
    {"a parent of zeros", "traceparent", "00-" TRACE "-0000000000000000-01", false},
    {"one short", "traceparent", "00-" TRACE "-" PARENT "-0", false},
    {"another separator", "traceparent", "00_" TRACE "-" PARENT "-01", false},
    {"another separator, the second", "traceparent", "00-" TRACE "_" PARENT "-01", false},
    {"another separator, the third", "traceparent", "00-" TRACE "-" PARENT "_01", false},
    {"no hex in the version", "traceparent", "g0-" TRACE "-" PARENT "-01", false},
    {"no hex at the trace's start", "traceparent", "00-Xbf92f3577b34da6a3ce929d0e0e4736-" PARENT "-01", false},
    {"no hex", "traceparent", "00-" TRACE "-" PARENT "-0g", false},
    {"nothing", "traceparent", "", false},

    {"one member", "tracestate", "rojo=00f067aa0ba902b7", true},
    {"two members", "tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true},
    {"blanks around members", "tracestate", "rojo=1 ,\t congo=2", true},
    {"an empty member", "tracestate", "rojo=1,,congo=2", true},
    {"a tenant", "tracestate", "fw529a3039@dt=FfkT", true},
    {"all that a key may have", "tracestate", "a_-*/9=!", true},
    {"a space within the value", "tracestate", "a=b c", true},
    {"the last letter", "tracestate", "z=1", true},
    {"a tilde", "tracestate", "a=~", true},
    {"tabs around members", "tracestate", "\ta=1\t,\tb=2\t", true},
    {"a blank member", "tracestate", "a=1, \t,b=2", true},
    {"an equals sign for a value", "tracestate", "a==", false},
    {"a key that ends with an at sign", "tracestate", "a@=b", false},
    {"a key that begins with an at sign", "tracestate", "@a=b", false},
    {"no value", "tracestate", "rojo", false},
    {"an empty value", "tracestate", "rojo=", false},
    {"an empty key", "tracestate", "=1", false},
    {"a capital in the key", "tracestate", "Rojo=1", false},
    {"an equals sign in the value", "tracestate", "a=b=c", false},
    {"a control character in the value", "tracestate", "a=b\x01", false},
    {"a letter that is not ASCII", "tracestate", "a=\xc3\xa6", false},
    {"a second member that is malformed", "tracestate", "a=b,?", false},
    {"a key that begins with a hyphen", "tracestate", "-a=b", false},
    {"a key that is only an at sign", "tracestate", "@=b", false},
    {"two at signs in a key", "tracestate", "a@b@c=d", false},
};
/* clang-format on */

static void the_trace_is_kept_or_dropped(void **state)
{
    const struct trace *trace = *state;
    static struct letter letter;
    struct envelope envelope;
    letter_begin(&letter, bytes_text("value"));
    letter_set(&letter, trace->name, trace->value);
    assert_int_equal(envelope_read(&letter.record, &envelope), REASON_NONE);
    bool parent = strcmp(trace->name, "traceparent") == 0;
    struct bytes kept = parent ? envelope.traceparent : envelope.tracestate;
    struct bytes other = parent ? envelope.tracestate : envelope.traceparent;
    assert_true(bytes_is(kept, trace->kept ? trace->value : ""));
    assert_int_equal(other.size, 0);
}

static void assert_state(const char *value, bool kept)
{
    static struct letter letter;
    struct envelope envelope;
    letter_begin(&letter, bytes_text("value"));
    letter_set(&letter, "tracestate", value);
    assert_int_equal(envelope_read(&letter.record, &envelope), REASON_NONE);
    assert_int_equal(envelope.tracestate.size > 0, kept);
}

static void a_tracestate_has_at_most_32_members(void **state)
{
    (void)state;
    char text[256] = "";
    for (int i = 0; i < 33; i++) {
        size_t size = strlen(text);
        (void)snprintf(text + size, sizeof(text) - size, "%sk%d=v", i == 0 ? "" : ",", i);
        assert_state(text, i < 32);
    }
}

static void a_tracestate_may_have_512_bytes(void **state)
{
    (void)state;
    char text[513];
    memset(text, 'v', sizeof(text));
    memcpy(text, "a=", 2);
    memcpy(text + 256, ",b=", 3);
    text[512] = '\0';
    assert_state(text, true);
}

static void keys_and_values_have_at_most_256(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'k', sizeof(text));
    memcpy(text + 256, "=v", 3);
    assert_state(text, true);
    memset(text, 'k', sizeof(text));
    memcpy(text + 257, "=v", 3);
    assert_state(text, false);
    memset(text, 'v', sizeof(text));
    memcpy(text, "k=", 2);
    text[258] = '\0';
    assert_state(text, true);
    text[258] = 'v';
    text[259] = '\0';
    assert_state(text, false);
}

int main(void)
{
    enum {
        TRACES = sizeof(traces) / sizeof(traces[0]),
    };
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_tracestate_has_at_most_32_members),
        cmocka_unit_test(a_tracestate_may_have_512_bytes),
        cmocka_unit_test(keys_and_values_have_at_most_256),
    };
    struct CMUnitTest tests[TRACES + sizeof(more) / sizeof(more[0])];
    for (size_t i = 0; i < TRACES; i++) {
        tests[i] = (struct CMUnitTest){
            traces[i].title, the_trace_is_kept_or_dropped, NULL, NULL, &traces[i]};
    }
    memcpy(tests + TRACES, more, sizeof(more));
    return cmocka_run_group_tests_name("app/envelope: traces", tests, NULL, NULL);
}
