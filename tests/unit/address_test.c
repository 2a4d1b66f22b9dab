/* Goal: --metrics-listen is loopback unless an address is told, and nothing half understood is
 * listened on. */

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "mentor/base/err.h"
#include "mentor/http/http.h"

#include "support/test.h"

static void good(const char *listen, const char *expected)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    struct err err;
    char host[INET6_ADDRSTRLEN] = "";
    char text[64];
    assert_true(http_address(listen, &address, &size, &err));
    if (address.ss_family == AF_INET) {
        struct sockaddr_in four;
        assert_int_equal(size, sizeof(four));
        memcpy(&four, &address, sizeof(four));
        assert_non_null(inet_ntop(AF_INET, &four.sin_addr, host, sizeof(host)));
        (void)snprintf(text, sizeof(text), "%s %d", host, ntohs(four.sin_port));
    } else {
        struct sockaddr_in6 six;
        assert_int_equal(size, sizeof(six));
        memcpy(&six, &address, sizeof(six));
        assert_non_null(inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof(host)));
        (void)snprintf(text, sizeof(text), "%s %d", host, ntohs(six.sin6_port));
    }
    assert_string_equal(text, expected);
}

static void a_port_alone_is_loopback(void **state)
{
    (void)state;
    good("9464", "127.0.0.1 9464");
    good(":9464", "127.0.0.1 9464");
    good("0", "127.0.0.1 0");
    good("65535", "127.0.0.1 65535");
}

static void an_address_is_taken_as_it_is(void **state)
{
    (void)state;
    good("0.0.0.0:9464", "0.0.0.0 9464");
    good("10.1.2.3:80", "10.1.2.3 80");
    good("[::1]:9464", "::1 9464");
    good("[::]:9464", ":: 9464");
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        ":",
                                        "x",
                                        "-1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "0x10",
                                        "65536",
                                        "99999",
                                        "100000",
                                        "18446744073709551617",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:x",
                                        "127.0.0:1",
                                        "256.0.0.1:1",
                                        "localhost:9464",
                                        "::1:9464",
                                        "[::1]",
                                        "[::1:9464",
                                        "::1]:9464",
                                        "[]:1",
                                        "[127.0.0.1:1",
                                        "[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1]:1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct sockaddr_storage address;
        socklen_t size = 0;
        struct err err = {0};
        if (http_address(wrong[i], &address, &size, &err)) {
            fail_msg("'%s' was understood", wrong[i]);
        }
        assert_int_equal(err.kind, ERR_FATAL);
        assert_non_null(strstr(err.text, "--metrics-listen"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_alone_is_loopback),
        cmocka_unit_test(an_address_is_taken_as_it_is),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
