#include "topic_next.h"

enum {
    POLL_MS = 200,
    STALL_POLLS = 150, /* half a minute */
};

int topic_next(const struct topic_reader *reader,
               const char *name,
               struct record *record,
               struct err *err)
{
    for (int idle = 0; !reader->at_end(reader->self); idle++) {
        int got = reader->next(reader->self, POLL_MS, record, err);
        if (got != 0) {
            return got;
        }
        if (idle >= STALL_POLLS) {
            (void)err_set(err, ERR_RETRY, "%s: the broker sends nothing, and not its end", name);
            return -1;
        }
    }
    return 0;
}
