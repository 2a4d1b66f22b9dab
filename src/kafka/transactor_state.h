#ifndef KAFKA_TRANSACTOR_STATE_H
#define KAFKA_TRANSACTOR_STATE_H

/* Private to the transactor: transactor.c has the thread and the sink, transactor_group.c what the
 * consumer asks of it. */

#include <pthread.h>

#include "consumer.h"
#include "lookout.h"
#include "passage.h"
#include "transaction.h"
#include "transactor.h"

struct transactor {
    struct outlet outlet;
    char id[KAFKA_TRANSACTIONAL_ID_SIZE];
    struct consumer *consumer; /* borrowed */
    pthread_t thread;
    atomic_bool drop; /* what is under way is not wanted any more */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool quit;
    bool busy;      /* the thread has the client, and the cargo that is not filling */
    bool due;       /* there is reason to go */
    bool ready;     /* the client's first call is answered, and it is not broken */
    bool doubted;   /* something was aborted, or may have been, and its end was not seen */
    struct err why; /* when it is not: of what broke */
    rd_kafka_consumer_group_metadata_t *membership; /* owned; NULL: none */
    struct passages passages;
    struct lookout lookout; /* the thread's, as the client */
    struct cargo cargos[2];
    struct cargo *filling;
};

/* Under the mutex: ends what is under way, one way or the other, and forgets what was to follow. */
void transactor_stop(struct transactor *transactor);
/* Likewise: a client whose id's past is resolved: what an earlier one left is committed or aborted.
 * One that has no answer yet is asked again: a new one would begin with finding the coordinator. */
MUST_CHECK bool transactor_ready(struct transactor *transactor, struct err *err);
MUST_CHECK bool transactor_is_member(const struct transactor *transactor, struct err *err);

/* sink.ended, without the mutex. */
bool transactor_ended(void *self, bool now, struct err *err);

#endif /* KAFKA_TRANSACTOR_STATE_H */
