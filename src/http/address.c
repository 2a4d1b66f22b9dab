/* Where to listen, from one word. */

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "mentor/base/err.h"
#include "mentor/http/http.h"

enum {
    HOST_SIZE = INET6_ADDRSTRLEN,
    PORT_MAX = 65535,
};

static bool read_port(const char *text, uint16_t *port)
{
    char *end = NULL;
    size_t size = strlen(text);
    if (size == 0 || size > 5 || strspn(text, "0123456789") != size) {
        return false;
    }
    long number = strtol(text, &end, 10);
    *port = (uint16_t)number;
    return number <= PORT_MAX;
}

/* Host without its brackets and port; a host that is not told is loopback. */
static bool split(const char *listen, char host[HOST_SIZE], const char **port)
{
    const char *colon = strrchr(listen, ':');
    const char *from = listen;
    size_t size = colon == NULL ? 0 : (size_t)(colon - listen);
    *port = colon == NULL ? listen : colon + 1;
    if (size == 0) {
        from = "127.0.0.1";
        size = strlen(from);
    } else if (from[0] == '[') {
        if (size < 3 || from[size - 1] != ']') {
            return false;
        }
        from++;
        size -= 2;
    } else if (memchr(from, ':', size) != NULL) {
        return false; /* whose is the last colon? */
    }
    if (size >= HOST_SIZE) {
        return false;
    }
    memcpy(host, from, size);
    host[size] = '\0';
    return true;
}

bool http_address(const char *listen,
                  struct sockaddr_storage *address,
                  socklen_t *size,
                  struct err *err)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    char host[HOST_SIZE];
    const char *text = NULL;
    uint16_t port = 0;
    *address = (struct sockaddr_storage){0};
    if (split(listen, host, &text) && read_port(text, &port)) {
        four.sin_port = htons(port);
        six.sin6_port = htons(port);
        if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
            memcpy(address, &four, sizeof(four));
            *size = sizeof(four);
            return true;
        }
        if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
            memcpy(address, &six, sizeof(six));
            *size = sizeof(six);
            return true;
        }
    }
    return err_set(err,
                   ERR_FATAL,
                   "--metrics-listen: '%.100s' is neither PORT nor ADDRESS:PORT, the address in "
                   "numbers, as 127.0.0.1:9464 or [::1]:9464",
                   listen);
}
