/* mentord replay whatif --source kafka: the outcomes' topic, and of the input topic what they name.
 * No database: what an outcome says of where it came from joins the two. */

#include "mentor/app/command.h"
#include "mentor/app/request.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/arena.h"

#include "progress.h"
#include "replay_outcomes.h"
#include "topic_all.h"
#include "whatif_source.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
};

struct reading {
    struct whatif_log *log;
    struct hmac_key citizen_key;
    struct arena arena; /* owned; rewound for each record */
    struct topic_all decisions;
    struct topic_all applications;
    struct progress progress;
};

static void take_outcome(void *self, const struct record *record)
{
    struct reading *reading = self;
    arena_rewind(&reading->arena, (struct arena_mark){0});
    if (known_is_outcome(record)) {
        whatif_log_outcome(reading->log, record, &reading->arena);
    } else {
        reading->log->counts.unreadable++;
    }
    progress_add(&reading->progress, 1);
}

/* Only what an outcome names was decided: the others are duplicates, refused, or still to come. */
static void take_application(void *self, const struct record *record)
{
    struct reading *reading = self;
    struct request request;
    progress_add(&reading->progress, 1);
    if (!whatif_log_wants(reading->log, record->partition, record->offset)) {
        reading->log->counts.undecided++;
        return;
    }
    arena_rewind(&reading->arena, (struct arena_mark){0});
    request_read(&request, record, REASON_NONE, &reading->citizen_key, &reading->arena);
    if (request.reason != REASON_NONE) {
        reading->log->counts.refused++;
        return;
    }
    whatif_log_application(reading->log, &request, 0);
}

/* The outcomes' ends are asked for first: an outcome that is read then has its application below
 * the input's. */
static bool read_topics(struct reading *reading, const struct context *context, struct err *err)
{
    const char *const *names = context->options.values;
    return topic_all_open(&reading->decisions, context, names[OPTION_TOPIC_DECISIONS], err) &&
           topic_all_open(&reading->applications, context, names[OPTION_TOPIC_APPLICATIONS], err) &&
           topic_all_read(&reading->decisions, take_outcome, reading, err) &&
           topic_all_read(&reading->applications, take_application, reading, err);
}

bool whatif_kafka(struct whatif_log *log, const struct context *context, struct err *err)
{
    struct reading reading = {.log = log};
    log->by_place = true;
    log->topic = bytes_text(context->options.values[OPTION_TOPIC_APPLICATIONS]);
    hmac_key_init(&reading.citizen_key, bytes_text("-")); /* every one has its outcome's */
    if (!arena_init(&reading.arena, ARENA_SIZE)) {
        return err_set(err, ERR_FATAL, "no memory");
    }
    progress_begin(&reading.progress, context->clock, "records");
    bool done = read_topics(&reading, context, err);
    progress_end(&reading.progress);
    if (done) {
        log->counts.cut = topic_all_cut(&reading.decisions) + topic_all_cut(&reading.applications);
        whatif_log_close(log);
    }
    topic_all_release(&reading.decisions);
    topic_all_release(&reading.applications);
    arena_release(&reading.arena);
    return done;
}
