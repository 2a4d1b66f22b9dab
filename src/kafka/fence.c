/* A dead worker's transaction, ended by whoever takes over from it. */

#include "mentor/base/err.h"
#include "mentor/kafka/kafka.h"

#include "outlet.h"
#include "transaction.h"

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)message; /* nothing is sent */
    (void)opaque;
}

bool kafka_fence(const struct kafka_settings *settings,
                 const char *transactional_id,
                 struct err *err)
{
    struct outlet outlet;
    outlet_init(&outlet, settings);
    bool done = outlet_open(&outlet, transactional_id, on_delivery, NULL, err) &&
                transaction_init(&outlet, err);
    outlet_close(&outlet);
    return done;
}
