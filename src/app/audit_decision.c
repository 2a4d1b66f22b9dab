/* One stored decision: made again, and compared with what is stored and with what the ledger noted.
 */

#include "mentor/app/outcome.h"
#include "mentor/core/identifier.h"
#include "mentor/core/rulebook.h"

#include "audit.h"
#include "rejudge.h"

void audit_against_ledger(const struct audit_job *job,
                          const struct chronicle_decision *row,
                          const struct audit_expected *expected,
                          const struct audit_place *place)
{
    struct audit_report *report = &job->audit->report;
    const struct archived_decision *archived = &row->archived;
    uint8_t output[SHA256_SIZE];
    sha256_of(archived->stored.output, output);
    if (memcmp(output, expected->output, SHA256_SIZE) != 0) {
        audit_breach(report,
                     INVARIANT_I4,
                     place,
                     "the stored output is not the one that the ledger has the digest of");
    }
    if (memcmp(archived->rulebook_sha256, expected->rulebook, SHA256_SIZE) != 0) {
        audit_breach(report, INVARIANT_I2, place, "its rulebook is not its batch's");
    }
    if (!job->audit->facts.demo && archived->stored.evaluated_at_ms != expected->evaluated_at_ms) {
        audit_breach(
            report, INVARIANT_I2, place, "it was evaluated at another time than its batch");
    }
}

/* I13: the input that the ledger noted. */
static void input_against_ledger(const struct audit_job *job,
                                 const struct audit_expected *expected,
                                 const struct rejudged *made,
                                 const struct audit_place *place)
{
    struct audit_report *report = &job->audit->report;
    if (memcmp(made->request.input_digest, expected->input, SHA256_SIZE) != 0) {
        audit_breach(report,
                     INVARIANT_I13,
                     place,
                     "the stored input is not the one that the ledger has the digest of");
    }
    if (!expected->has_event_key ||
        memcmp(made->request.event_key, expected->event_key, EVENT_KEY_SIZE) != 0) {
        audit_breach(report,
                     INVARIANT_I13,
                     place,
                     "the stored event is another than the ledger has the key of");
    }
}

/* I14 on what is stored to be sent. */
static void against_cpr(const struct audit_job *job,
                        const struct chronicle_decision *row,
                        const struct rejudged *made,
                        const struct audit_place *place)
{
    const struct stored_output *stored = &row->archived.stored;
    struct bytes cpr = made->request.application->cpr;
    if (digits_are(cpr, CPR_SIZE) &&
        (envelope_holds(stored->output, cpr) || envelope_holds(stored->trace, cpr))) {
        audit_breach(&job->audit->report,
                     INVARIANT_I14,
                     place,
                     "the stored output holds the citizen's CPR number");
    }
}

void audit_expect_output(struct audit_job *job,
                         const struct chronicle_decision *row,
                         struct bytes output,
                         struct audit_position *position,
                         const struct audit_place *place)
{
    struct audit_due *due = position == NULL ? NULL : audit_due_at(position, row->archived.offset);
    struct outcome_source source = {.topic = bytes_text(place->topic),
                                    .partition = place->partition};
    struct stored_output sent = row->archived.stored;
    struct record record;
    sent.output = output;
    if (due != NULL && outcome_record(&sent, &source, &job->arena, &record)) {
        audit_due_of(&record, due);
        due->fate = FATE_DECIDED;
        due->known = true;
    }
}

void audit_sum_citizen(struct audit_job *job,
                       const struct chronicle_decision *row,
                       struct bytes left,
                       const struct audit_place *place)
{
    const struct archived_decision *archived = &row->archived;
    struct audit_item item = {
        .heap = AUDIT_CITIZENS, .number = archived->stored.citizen_seq, .place = *place};
    item.place.application = NULL;
    item.place.citizen = NULL;
    memcpy(item.key, archived->stored.citizen_ref, CITIZEN_REF_SIZE);
    audit_put(job, AUDIT_LEFT, &item, left);
    item.number--;
    if (item.number > 0) {
        audit_put(job, AUDIT_CONSIDERED, &item, archived->periods);
    } else if (item.number < 0 || archived->periods.size > 0) {
        audit_breach(&job->audit->report,
                     INVARIANT_I8,
                     place,
                     item.number < 0 ? "the citizen's decisions are numbered from 1"
                                     : "the citizen's first decision has considered earlier ones");
    }
}

/* What this decision says of its application and its citizen. */
static void sum_up(struct audit_job *job,
                   const struct chronicle_decision *row,
                   const struct rejudged *made,
                   const struct audit_place *place)
{
    const struct archived_decision *archived = &row->archived;
    struct bytes events = made->application.state;
    struct audit_item item = {
        .heap = AUDIT_APPLICATIONS, .number = archived->application_seq, .place = *place};
    item.place.application = NULL;
    item.place.citizen = NULL;
    memcpy(item.key, row->application_id, UUID_SIZE);
    memcpy(item.event_key, made->request.event_key, EVENT_KEY_SIZE);
    audit_put(job,
              AUDIT_LEFT,
              &item,
              bytes_of(events.data + events.size - HISTORY_EVENT_SIZE, HISTORY_EVENT_SIZE));
    audit_sum_citizen(job, row, made->citizen.state, place);
}

void audit_decision(struct audit_job *job,
                    const struct chronicle_decision *row,
                    const struct audit_expected *expected)
{
    struct audit *audit = job->audit;
    const struct archived_decision *archived = &row->archived;
    struct audit_position *position = audit_position_of(audit, row->progress_id);
    struct audit_place place = audit_place_of(position, archived->offset, archived->batch);
    place.index = archived->index;
    place.application = row->application_id;
    job->checked[INVARIANT_I4]++;
    job->checked[INVARIANT_I8]++;
    if (archived->stored.damaged != NULL) {
        audit_breach(&audit->report,
                     INVARIANT_I2,
                     &place,
                     "its %s was altered and is none",
                     archived->stored.damaged);
        return;
    }
    audit_order_decision(job, row);
    if (archived->payload.state != PAYLOAD_WHOLE) {
        audit_erased(job, row, expected, position, &place);
        return;
    }
    job->checked[INVARIANT_I2]++;
    job->checked[INVARIANT_I13]++;
    job->checked[INVARIANT_I14]++;
    struct rejudge given = {
        .rulebook = rulebooks_find(&audit->rulebooks, archived->rulebook_sha256),
        .topic = bytes_text(place.topic),
        .citizen_key = audit->has_citizen_key ? &audit->citizen_key : NULL,
    };
    struct rejudged made;
    const char *why = given.rulebook == NULL ? "its rulebook is not stored, or not readable"
                      : archived->core_version != CORE_VERSION
                          ? "another version of the core made it"
                          : rejudge(&given, row, &job->arena, &made);
    if (why != NULL) {
        audit_breach(&audit->report, INVARIANT_I2, &place, "it cannot be decided again: %s", why);
        return;
    }
    uint32_t differing = rejudge_compare(&given, row, &made);
    if (differing != 0) {
        audit_breach(&audit->report,
                     INVARIANT_I2,
                     &place,
                     "decided again, its %s is not what is stored",
                     rejudge_part_name(differing));
    }
    if (expected != NULL) {
        audit_against_ledger(job, row, expected, &place);
        input_against_ledger(job, expected, &made, &place);
    }
    against_cpr(job, row, &made, &place);
    /* the stored output may be anybody's */
    audit_expect_output(job, row, made.judgement.output, position, &place);
    audit_redrive(job, &made, row->progress_id, &place);
    sum_up(job, row, &made, &place);
}
