/* Goal: gRPC's codes by name, and each reason with its status, a stable id and whether it arms Q01
 * (contract.md § 2). */

#include <string.h>

#include "mentor/core/status.h"

#include "support/test.h"

static void the_codes_are_those_of_grpc(void **state)
{
    (void)state;
    static const char *const names[] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };
    assert_int_equal(STATUS_COUNT, sizeof(names) / sizeof(names[0]));
    for (int i = 0; i < STATUS_COUNT; i++) {
        assert_string_equal(status_name((enum status)i), names[i]);
    }
}

static const struct {
    enum reason reason;
    const char *id;
    enum status status;
    bool arms;
} table[] = {
    {REASON_NONE, "", STATUS_OK, false},
    {REASON_VALUE_TOO_LARGE, "value-too-large", STATUS_RESOURCE_EXHAUSTED, true},
    {REASON_HEADERS_TOO_LARGE, "headers-too-large", STATUS_RESOURCE_EXHAUSTED, true},
    {REASON_LINE_TOO_LARGE, "line-too-large", STATUS_RESOURCE_EXHAUSTED, true},
    {REASON_HEADER_MISSING, "header-missing", STATUS_INVALID_ARGUMENT, true},
    {REASON_HEADER_INVALID, "header-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_SPECVERSION_UNKNOWN, "specversion-unknown", STATUS_INVALID_ARGUMENT, true},
    {REASON_HEADER_TWICE, "header-twice", STATUS_INVALID_ARGUMENT, true},
    {REASON_TIME_INVALID, "time-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_TIMEOUT_INVALID, "timeout-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_KEY_INVALID, "key-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_VALUE_NULL, "value-null", STATUS_INVALID_ARGUMENT, true},
    {REASON_METHOD_UNKNOWN, "method-unknown", STATUS_UNIMPLEMENTED, true},
    {REASON_TYPE_UNKNOWN, "type-unknown", STATUS_UNIMPLEMENTED, true},
    {REASON_JSON_INVALID, "json-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_UNDECODABLE, "undecodable", STATUS_INVALID_ARGUMENT, true},
    {REASON_FIELD_TWICE, "field-twice", STATUS_INVALID_ARGUMENT, true},
    {REASON_WIRE_TYPE, "wire-type", STATUS_INVALID_ARGUMENT, true},
    {REASON_TIMESTAMP_INVALID, "timestamp-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_TEXT_INVALID, "text-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_TEXT_TOO_LONG, "text-too-long", STATUS_INVALID_ARGUMENT, true},
    {REASON_LIST_TOO_LONG, "list-too-long", STATUS_INVALID_ARGUMENT, true},
    {REASON_APPLICATION_ID_INVALID, "application-id-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_VERSION_INVALID, "version-invalid", STATUS_INVALID_ARGUMENT, true},
    {REASON_CPR_IN_METADATA, "cpr-in-metadata", STATUS_INVALID_ARGUMENT, true},
    {REASON_DUPLICATE_EVENT, "duplicate-event", STATUS_ALREADY_EXISTS, false},
    {REASON_EVENT_CONFLICT, "event-conflict", STATUS_ABORTED, false},
    {REASON_DUPLICATE_CONTENT, "duplicate-content", STATUS_ALREADY_EXISTS, false},
    {REASON_VERSION_OUTDATED, "version-outdated", STATUS_FAILED_PRECONDITION, false},
    {REASON_NO_LAW, "no-law", STATUS_FAILED_PRECONDITION, false},
    {REASON_RECORD_FAILED, "record-failed", STATUS_INTERNAL, true},
};

static void each_reason_has_its_id_status_and_consequence(void **state)
{
    (void)state;
    assert_int_equal(REASON_COUNT, sizeof(table) / sizeof(table[0]));
    for (int i = 0; i < REASON_COUNT; i++) {
        assert_string_equal(reason_id(table[i].reason), table[i].id);
        assert_int_equal(reason_status(table[i].reason), table[i].status);
        assert_int_equal(reason_arms(table[i].reason), table[i].arms);
    }
}

/* It goes into a header as it stands and into JSON: plain ASCII, no per cent sign to be encoded. */
static void a_text_says_something_in_plain_ascii(void **state)
{
    (void)state;
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        const char *text = reason_text((enum reason)i);
        assert_in_range(strlen(text), 10, 200);
        for (; *text != '\0'; text++) {
            assert_in_range(*text, ' ', '~');
            assert_int_not_equal(*text, '%');
        }
    }
    assert_string_equal(reason_text(REASON_NONE), "");
}

static void ids_are_given_once(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(reason_id((enum reason)i), reason_id((enum reason)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_are_those_of_grpc),
        cmocka_unit_test(each_reason_has_its_id_status_and_consequence),
        cmocka_unit_test(a_text_says_something_in_plain_ascii),
        cmocka_unit_test(ids_are_given_once),
    };
    return cmocka_run_group_tests_name("core/status", tests, NULL, NULL);
}
