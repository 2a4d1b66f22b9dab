#ifndef MENTOR_HTTP_HTTP_H
#define MENTOR_HTTP_HTTP_H

/* A small HTTP server for metrics and probes: GET and HEAD, one thread, no TLS, no names looked up.
 */

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "mentor/base/check.h"
#include "mentor/port/pages.h"

struct err;
struct http;

/*
 * PORT, :PORT, ADDRESS:PORT or [ADDRESS]:PORT. Loopback (127.0.0.1) unless an address is told;
 * addresses in numbers, port 0 to 65535, 0 for any that is free. ERR_FATAL says what is wrong.
 */
MUST_CHECK bool http_address(const char *listen,
                             struct sockaddr_storage *address,
                             socklen_t *size,
                             struct err *err);

/*
 * Listens and answers until http_close. ERR_FATAL: the address cannot be read; ERR_RETRY: it cannot
 * be listened on (it is in use, or not ours). Logs http.listening with the address it got. The
 * pages outlive it.
 */
MUST_CHECK struct http *http_open(const char *listen, const struct pages *pages, struct err *err);
/* Ends the answers that are under way first; no page is asked for after it. */
void http_close(struct http **http);

#endif /* MENTOR_HTTP_HTTP_H */
