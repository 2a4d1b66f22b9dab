/* The projections' rows, against what the decisions say (audit_sum.h). */

#include <inttypes.h>
#include <string.h>

#include "audit.h"

typedef void look_fn(struct audit_job *job, const struct chronicle_row *row);

static void tell_damaged(struct audit_job *job, const struct chronicle_row *row, const char *kind)
{
    struct audit_place place = AUDIT_NOWHERE;
    audit_breach(&job->audit->report,
                 INVARIANT_P,
                 &place,
                 "the row of %s with the key %02x%02x%02x%02x… and the number %" PRId64
                 " was altered: its %s is none",
                 kind,
                 row->key[0],
                 row->key[1],
                 row->key[2],
                 row->key[3],
                 row->seq,
                 row->damaged);
}

/* `kind`: whose, for people. */
static bool each_row(struct audit_job *job, look_fn *look, const char *kind)
{
    for (uint32_t count = AUDIT_PAGE; count == AUDIT_PAGE;) {
        const struct chronicle_row *rows = NULL;
        if (!job->chronicle.more_rows(job->chronicle.self, &rows, &count, &job->err)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            job->checked[INVARIANT_P]++;
            if (rows[i].damaged == NULL) {
                look(job, &rows[i]);
            } else { /* what it said is missed below */
                tell_damaged(job, &rows[i], kind);
            }
        }
    }
    audit_report_add(&job->audit->report, job->checked, 0);
    memset(job->checked, 0, sizeof(job->checked));
    return true;
}

/* I1: an event twice. Few events an application, so each pair is compared. */
static void compare_events(struct audit_job *job, const struct chronicle_row *row)
{
    struct audit_place place = AUDIT_NOWHERE;
    place.application = row->key;
    for (uint32_t i = 1; i < history_event_count(row->state); i++) {
        struct history_event event = history_event_at(row->state, i);
        for (uint32_t j = 0; j < i; j++) {
            struct history_event other = history_event_at(row->state, j);
            if (memcmp(event.event_key, other.event_key, EVENT_KEY_SIZE) != 0) {
                continue;
            }
            place.batch = event.batch;
            place.index = event.index;
            audit_breach(&job->audit->report,
                         INVARIANT_I1,
                         &place,
                         "the event is decided in batch %lld index %d already",
                         (long long)other.batch,
                         other.index);
            break;
        }
    }
}

static void look_at_application(struct audit_job *job, const struct chronicle_row *row)
{
    struct audit_place place = AUDIT_NOWHERE;
    place.application = row->key;
    uint32_t count = history_event_count(row->state);
    if (!history_events_valid(row->state) || row->seq != count) {
        audit_breach(&job->audit->report,
                     INVARIANT_P,
                     &place,
                     "the application's row counts %lld decisions and holds %u",
                     (long long)row->seq,
                     count);
    }
    job->checked[INVARIANT_I1] += count;
    compare_events(job, row);
    for (uint32_t i = 0; i < count; i++) {
        struct history_event event = history_event_at(row->state, i);
        struct audit_item item = {
            .heap = AUDIT_APPLICATIONS, .number = (int64_t)i + 1, .place = AUDIT_NOWHERE};
        memcpy(item.key, row->key, AUDIT_SUM_KEY_SIZE);
        memcpy(item.event_key, event.event_key, EVENT_KEY_SIZE);
        item.place.batch = event.batch;
        item.place.index = event.index;
        audit_put(job,
                  AUDIT_KEPT,
                  &item,
                  bytes_of(row->state.data + (size_t)i * HISTORY_EVENT_SIZE, HISTORY_EVENT_SIZE));
    }
}

static void look_at_citizen(struct audit_job *job, const struct chronicle_row *row)
{
    struct audit_item item = {.heap = AUDIT_CITIZENS, .number = row->seq, .place = AUDIT_NOWHERE};
    audit_order_citizen(&job->audit->order, row);
    memcpy(item.key, row->key, AUDIT_SUM_KEY_SIZE);
    if (row->seq > 0) {
        audit_put(job, AUDIT_KEPT, &item, row->state);
    } else if (row->state.size > 0) {
        struct audit_place place = AUDIT_NOWHERE;
        place.citizen = row->key;
        audit_breach(&job->audit->report,
                     INVARIANT_P,
                     &place,
                     "the citizen's row holds periods and counts no decision");
    }
}

bool audit_applications(struct audit_job *job)
{
    return job->chronicle.applications(job->chronicle.self, &job->err) &&
           each_row(job, look_at_application, "an application");
}

bool audit_citizens(struct audit_job *job)
{
    bool done = job->chronicle.citizens(job->chronicle.self, &job->err) &&
                each_row(job, look_at_citizen, "a citizen");
    audit_order_known(&job->audit->order);
    return done;
}
