/*
 * libmicrohttpd with one thread of its own, which waits in poll() and answers one request after the
 * other. Its own error log stays off: a peer that hangs up is no event of ours.
 */

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/base/err.h"
#include "mentor/base/log.h"
#include "mentor/http/http.h"

enum {
    CONNECTIONS_MAX = 32,
    CONNECTION_MEMORY = 16 * 1024,
    IDLE_SECONDS = 10, /* a connection that says nothing is closed */
};

struct http {
    struct MHD_Daemon *daemon;
    struct pages pages;
};

static enum MHD_Result answer(struct MHD_Connection *connection, const struct page *page)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page->size, page->body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(page->body);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result result = MHD_queue_response(connection, (unsigned int)page->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned int status, const char *text)
{
    struct page page = {
        .status = (int)status, .type = "text/plain; charset=utf-8", .body = strdup(text)};
    page.size = strlen(text);
    return page.body == NULL ? MHD_NO : answer(connection, &page);
}

/* Called first with the head alone, where *seen is NULL, then until the body, which nobody should
 * send, has come. libmicrohttpd's form. */
/* NOLINTBEGIN(bugprone-easily-swappable-parameters,readability-function-size) */
static enum MHD_Result on_request(void *self,
                                  struct MHD_Connection *connection,
                                  const char *path,
                                  const char *method,
                                  const char *version,
                                  const char *body,
                                  size_t *body_size,
                                  void **seen)
/* NOLINTEND(bugprone-easily-swappable-parameters,readability-function-size) */
{
    struct http *http = self;
    struct page page;
    (void)version;
    (void)body;
    if (*seen == NULL) {
        *seen = http;
        return MHD_YES;
    }
    if (*body_size > 0) {
        *body_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
    }
    if (!http->pages.make(http->pages.self, path, &page)) {
        return refuse(connection, MHD_HTTP_NOT_FOUND, "/metrics, /healthz and /readyz are here\n");
    }
    return answer(connection, &page);
}

static void log_listening(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_LISTEN_FD);
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    char host[64] = "";
    char port[8] = "";
    if (info != NULL && getsockname(info->listen_fd, (struct sockaddr *)&address, &size) == 0) {
        (void)getnameinfo((struct sockaddr *)&address,
                          size,
                          host,
                          sizeof(host),
                          port,
                          sizeof(port),
                          NI_NUMERICHOST | NI_NUMERICSERV);
    }
    LOG(LOG_LEVEL_INFO, "http.listening", LOG_TEXT("address", host), LOG_TEXT("port", port));
}

struct http *http_open(const char *listen, const struct pages *pages, struct err *err)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    if (!http_address(listen, &address, &size, err)) {
        return NULL;
    }
    struct http *http = calloc(1, sizeof(*http));
    CHECK(http != NULL);
    http->pages = *pages;
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    if (address.ss_family == AF_INET6) {
        flags |= MHD_USE_IPv6;
    }
    errno = 0;
    http->daemon = MHD_start_daemon(flags,
                                    0,
                                    NULL,
                                    NULL,
                                    on_request,
                                    http,
                                    MHD_OPTION_SOCK_ADDR,
                                    (struct sockaddr *)&address,
                                    MHD_OPTION_CONNECTION_LIMIT,
                                    (unsigned int)CONNECTIONS_MAX,
                                    MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                    (size_t)CONNECTION_MEMORY,
                                    MHD_OPTION_CONNECTION_TIMEOUT,
                                    (unsigned int)IDLE_SECONDS,
                                    MHD_OPTION_END);
    if (http->daemon == NULL) {
        char why[64] = "";
        (void)strerror_r(errno, why, sizeof(why));
        (void)err_set(err, ERR_RETRY, "--metrics-listen: cannot listen on %.100s: %s", listen, why);
        free(http);
        return NULL;
    }
    log_listening(http->daemon);
    return http;
}

void http_close(struct http **http)
{
    if (http == NULL || *http == NULL) {
        return;
    }
    MHD_stop_daemon((*http)->daemon);
    free(*http);
    *http = NULL;
}
