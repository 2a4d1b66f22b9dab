#ifndef MENTOR_PORT_PAGES_H
#define MENTOR_PORT_PAGES_H

/* What the program shows to those who watch it: asked for by name, from a thread of the server's.
 */

#include <stdbool.h>
#include <stddef.h>

struct page {
    int status;       /* HTTP's: 200, 503 */
    const char *type; /* Content-Type, a literal */
    char *body;       /* *owned* by whoever asked: free() */
    size_t size;
};

struct pages {
    /* Fills *page; false when there is none at that path. Never waits for anybody. */
    bool (*make)(void *self, const char *path, struct page *page);
    void *self;
};

#endif /* MENTOR_PORT_PAGES_H */
