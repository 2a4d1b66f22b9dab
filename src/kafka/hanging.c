#include "hanging.h"

#include <inttypes.h>
#include <stdlib.h>

#include "mentor/base/clock.h"
#include "mentor/base/err.h"
#include "mentor/base/log.h"

#include "bounds.h"
#include "undo.h"

enum {
    ASK_MS = 5000,
    END_MS = 500, /* a transaction of another worker takes a third of it, but for a slow one's: */
    END_SLOW_MS = 2000,
    END_PAUSE_MS = 20,
    READ_MS = 10000,
    READ_PAUSE_MS = 100,
    PENDING_MS = 2000,
};

enum found {
    FOUND_NOT, /* *err */
    FOUND_NOTHING,
    FOUND_UNTOLD, /* something that is not ended, and that nobody counts as out */
    FOUND_TOLD,   /* likewise, and some of it counts as out: *err */
};

/* An output topic, as it was when the look at it began. */
struct look {
    struct outlet *outlet;
    const char *topic;
    const rd_kafka_topic_partition_list_t *told;
    const atomic_bool *stop;
    int wait_ms;
    struct topic_reader reader; /* of all that is there, committed or not */
    const struct topic_bounds *bounds;
    uint32_t count;
    int64_t *stable; /* beside bounds: the first offset that is not decided; -1: none below high */
};

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self) / 1000;
}

static bool is_stopped(const atomic_bool *stop)
{
    return stop != NULL && *stop;
}

/* How many partitions have something that is not ended; -1: *err. */
static int ask_stable(struct look *look, struct err *err)
{
    int hang = 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)look->count);
    for (uint32_t i = 0; i < look->count; i++) {
        (void)rd_kafka_topic_partition_list_add(list, look->topic, look->bounds[i].partition);
    }
    /* A producer's isolation level is read_committed, as any other client's. */
    rd_kafka_resp_err_t code = bounds_ask(look->outlet->rk, list, RD_KAFKA_OFFSET_END, ASK_MS);
    for (uint32_t i = 0; i < look->count; i++) {
        bool hangs = list->elems[i].offset < look->bounds[i].high;
        look->stable[i] = hangs ? list->elems[i].offset : -1;
        hang += hangs;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return hang;
    }
    (void)err_set(err,
                  ERR_RETRY,
                  "what is ended in %s cannot be had: %s",
                  look->topic,
                  rd_kafka_err2str(code));
    return -1;
}

/* As ask_stable, when it has been asked for long enough. */
static int await_stable(struct look *look, struct err *err)
{
    struct clock clock = clock_system();
    int64_t until = now_ms() + look->wait_ms;
    int hang = 0;
    while ((hang = ask_stable(look, err)) > 0 && now_ms() < until && !is_stopped(look->stop)) {
        clock.sleep_ms(clock.self, END_PAUSE_MS);
    }
    return hang;
}

static bool counts_as_out(const struct look *look, const struct record *record)
{
    const struct header *topic = record_header(record, "mentor-topic");
    const char *ours = look->outlet->settings.topic_applications;
    int64_t partition = 0;
    int64_t offset = 0;
    if (topic == NULL || !bytes_is(topic->value, ours) ||
        !record_number(record, "mentor-partition", &partition) ||
        !record_number(record, "mentor-offset", &offset)) {
        return false; /* an earlier undo's, or nothing of ours */
    }
    for (int i = 0; i < look->told->cnt; i++) {
        if (look->told->elems[i].partition == partition) {
            return offset < look->told->elems[i].offset;
        }
    }
    return false; /* its owner's affair */
}

/* Reads what hangs in one partition. */
static enum found read_hanging(struct look *look, uint32_t place, struct err *err)
{
    const struct topic_bounds *bounds = &look->bounds[place];
    struct topic_reader *reader = &look->reader;
    int64_t *from = malloc(look->count * sizeof(*from));
    CHECK(from != NULL);
    for (uint32_t i = 0; i < look->count; i++) {
        from[i] = i == place ? look->stable[i] : -1;
    }
    bool begun = reader->start(reader->self, from, err);
    free(from);
    if (!begun) {
        return FOUND_NOT;
    }
    for (int64_t until = now_ms() + READ_MS; now_ms() < until && !is_stopped(look->stop);) {
        struct record record;
        int got = reader->next(reader->self, READ_PAUSE_MS, &record, err);
        if (got < 0) {
            err->kind = ERR_RETRY; /* also when the log has lost what hung meanwhile */
            return FOUND_NOT;
        }
        if (got == 0 ? reader->at_end(reader->self) : record.offset >= bounds->high) {
            return FOUND_UNTOLD;
        }
        if (got > 0 && counts_as_out(look, &record)) {
            (void)err_set(err,
                          ERR_RETRY,
                          "%s/%" PRId32 " is not ended from %" PRId64 " on, and the output at "
                          "%" PRId64 " there counts as out: a transaction that is open ends within "
                          "20 s; if this is said again, see the README's \"Lost ends\"",
                          look->topic,
                          bounds->partition,
                          look->stable[place],
                          record.offset);
            return FOUND_TOLD;
        }
    }
    (void)err_set(err,
                  ERR_RETRY,
                  "what hangs in %s/%" PRId32 " from %" PRId64 " on was not read to its end",
                  look->topic,
                  bounds->partition,
                  look->stable[place]);
    return FOUND_NOT;
}

static enum found look_at(struct look *look, struct err *err)
{
    int hang = await_stable(look, err);
    if (hang < 0) {
        return FOUND_NOT;
    }
    enum found finding = hang == 0 ? FOUND_NOTHING : FOUND_UNTOLD;
    for (uint32_t i = 0; i < look->count && finding == FOUND_UNTOLD; i++) {
        if (look->stable[i] >= 0) {
            finding = read_hanging(look, i, err);
        }
    }
    return finding;
}

/* What all looks at output topics have in common: `look` without a topic. */
static enum found find(struct look look, const char *topic, struct err *err)
{
    struct reader *opened = reader_open_uncommitted(&look.outlet->settings, topic, err);
    if (opened == NULL) {
        return FOUND_NOT;
    }
    struct topic_reader reader = reader_port(opened);
    look.topic = topic;
    look.reader = reader;
    enum found finding = FOUND_NOT;
    if (reader.bounds(reader.self, ASK_MS, &look.bounds, &look.count, err)) {
        look.stable = calloc(look.count, sizeof(*look.stable));
        CHECK(look.stable != NULL);
        finding = look_at(&look, err);
        free(look.stable);
    }
    reader_close(&opened);
    return finding;
}

static enum found find_all(struct look look, int wait_ms, struct err *err)
{
    look.wait_ms = wait_ms;
    enum found decisions = find(look, look.outlet->settings.topic_decisions, err);
    if (decisions == FOUND_NOT || decisions == FOUND_TOLD) {
        return decisions;
    }
    enum found dlq = find(look, look.outlet->settings.topic_dlq, err);
    return dlq == FOUND_NOTHING ? decisions : dlq;
}

static uint32_t count_unseen(const rd_kafka_topic_partition_list_t *list)
{
    uint32_t unseen = 0;
    for (int i = 0; i < list->cnt; i++) {
        unseen += list->elems[i].offset == UNDO_UNSEEN;
    }
    return unseen;
}

/*
 * Whether an offset of the group goes on pending, also of other workers' partitions: it may be of
 * the very transaction that hangs, and is committed or aborted with it, but not without
 * (offsets_prove and the orphan's heir see to that).
 */
static enum undo_pending ask_pending(const struct look *look, struct err *err)
{
    struct clock clock = clock_system();
    rd_kafka_t *rk = look->outlet->rk;
    const struct kafka_settings *settings = &look->outlet->settings;
    enum undo_pending pending = UNDO_UNKNOWN;
    rd_kafka_topic_partition_list_t *list = undo_all(rk, settings, err);
    if (list == NULL) {
        return UNDO_UNKNOWN;
    }
    for (int64_t until = now_ms() + PENDING_MS;
         pending != UNDO_NONE && now_ms() < until && !is_stopped(look->stop);) {
        enum undo_pending answer = undo_ask(rk, settings->group, list);
        if (answer != UNDO_UNKNOWN) {
            pending = count_unseen(list) == 0 ? UNDO_NONE : UNDO_SOME;
        }
        if (pending != UNDO_NONE) {
            clock.sleep_ms(clock.self, END_PAUSE_MS);
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (pending == UNDO_SOME) {
        (void)err_set(err,
                      ERR_RETRY,
                      "offsets of group %s are pending in a transaction; one that is open ends "
                      "within 20 s; if this is said again, see the README's \"Lost ends\"",
                      settings->group);
    } else if (pending == UNDO_UNKNOWN) {
        (void)undo_unanswered(settings, err);
    }
    return pending;
}

enum hanging hanging_end(struct outlet *outlet,
                         const rd_kafka_topic_partition_list_t *told,
                         const atomic_bool *stop,
                         struct err *err)
{
    struct look look = {.outlet = outlet, .told = told, .stop = stop};
    enum found finding = find_all(look, END_MS, err);
    if (finding == FOUND_NOTHING) {
        return HANGING_NOTHING;
    }
    if (finding == FOUND_TOLD) {
        return HANGING_TOLD;
    }
    enum undo_pending pending = finding == FOUND_UNTOLD ? ask_pending(&look, err) : UNDO_UNKNOWN;
    if (pending == UNDO_SOME) {
        return HANGING_PENDING;
    }
    if (pending == UNDO_UNKNOWN || is_stopped(stop) || !undo_run(outlet, NULL, NULL, err)) {
        return HANGING_UNKNOWN;
    }
    finding = find_all(look, END_SLOW_MS, err);
    if (finding == FOUND_UNTOLD) {
        (void)err_set(err,
                      ERR_RETRY,
                      "a transaction of another producer is open in %s or %s",
                      outlet->settings.topic_decisions,
                      outlet->settings.topic_dlq);
        return HANGING_OTHERS;
    }
    if (finding != FOUND_NOTHING) {
        return HANGING_UNKNOWN;
    }
    LOG(LOG_LEVEL_WARN,
        "transaction.undone",
        LOG_TEXT("topic", outlet->settings.topic_decisions),
        LOG_TEXT("why",
                 "the broker had called a transaction aborted and written no end of it "
                 "(KAFKA-20734)"),
        LOG_TEXT("then", "it was aborted again"));
    return HANGING_NOTHING;
}
