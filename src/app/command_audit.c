/* mentord audit verify: proves the ledger, and that nothing is lost, doubled or altered. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/rulebook_file.h"

#include "audit.h"
#include "audit_tools.h"
#include "erasure.h"

static char *copy(const char *text)
{
    char *to = strdup(text);
    CHECK(to != NULL);
    return to;
}

static void release_positions(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->position_count; i++) {
        free(audit->positions[i].cluster);
        free(audit->positions[i].topic);
        free(audit->positions[i].group);
        free(audit->positions[i].dues);
    }
    free(audit->positions);
    audit->positions = NULL;
    audit->position_count = 0;
}

static bool make_dues(struct audit_position *position, struct err *err)
{
    int64_t size = position->position.next_offset - position->first_offset;
    if (size > 0) {
        position->dues = calloc((size_t)size, sizeof(*position->dues));
    }
    return size <= 0 || position->dues != NULL ||
           err_set(err,
                   ERR_FATAL,
                   "no memory to remember %" PRId64
                   " outputs, 16 bytes each; run it without --kafka",
                   size);
}

/* A second time: what the group has committed stays as it was read the first time. */
static bool read_positions(struct audit *audit, bool dues, struct err *err)
{
    const struct chronicle_position *rows = NULL;
    uint32_t count = 0;
    if (!audit->chronicle.positions(audit->chronicle.self, &rows, &count, err)) {
        return false;
    }
    struct audit_position *positions = calloc((size_t)count + 1, sizeof(*positions));
    CHECK(positions != NULL);
    bool done = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct audit_position *before = audit_position_of(audit, rows[i].id);
        positions[i] = (struct audit_position){
            .id = rows[i].id,
            .cluster = copy(rows[i].cluster),
            .topic = copy(rows[i].topic),
            .group = copy(rows[i].group),
            .position = rows[i].position,
            .damaged = rows[i].damaged,
            .first_offset = rows[i].first_offset,
            .chain_offset = rows[i].chain_offset,
            .committed = before == NULL ? -1 : before->committed,
            .committed_epoch = before == NULL ? -1 : before->committed_epoch,
            .committed_next = before == NULL ? -1 : before->committed_next,
        };
        if (before != NULL && before->committed_head) {
            positions[i].committed_head = true;
            memcpy(positions[i].head, before->head, SHA256_SIZE);
        }
        done = done && (!dues || make_dues(&positions[i], err));
    }
    release_positions(audit);
    audit->positions = positions;
    audit->position_count = count;
    return done;
}

static void refused(void *self, const char hex[2 * SHA256_SIZE + 1])
{
    struct audit *audit = self;
    struct audit_place nowhere = AUDIT_NOWHERE;
    audit_breach(&audit->report,
                 INVARIANT_I2,
                 &nowhere,
                 "the stored rulebook %.16s… is not the one it is stored as",
                 hex);
}

static void note_limits(struct audit *audit)
{
    const char **notes = audit->report.notes;
    notes[INVARIANT_I10] = "no anchor: one made anew whole, or cut at its end, cannot be told";
    if (!audit->has_citizen_key) {
        notes[INVARIANT_I2] = "citizen_ref as stored: no citizen secret is set";
    }
    if (!audit->topics) {
        notes[INVARIANT_I4] = "topics: only with --kafka";
        notes[INVARIANT_I5] = "only with --kafka";
        notes[INVARIANT_I9] = "only with --kafka";
        notes[INVARIANT_I12] = "only with --kafka";
    }
}

/* Kafka's positions and ends are asked for before the moment: what they say must be stored by then.
 */
static bool look_before(struct audit *audit, struct audit_topics **topics, struct err *err)
{
    struct context *context = audit->context;
    if (!context->edges.chronicle(
            context->edges.self, &context->options, NULL, &audit->chronicle, err) ||
        !read_positions(audit, false, err) || !audit_topics_committed(audit, err)) {
        return false;
    }
    *topics = audit_topics_open(audit, err);
    return *topics != NULL && audit_topics_anchors(audit, *topics, err);
}

static bool look(struct audit *audit, struct audit_topics *topics, struct err *err)
{
    struct context *context = audit->context;
    struct chronicle *chronicle = &audit->chronicle;
    if (!context->edges.chronicle(context->edges.self, &context->options, NULL, chronicle, err) ||
        !chronicle->facts(chronicle->self, &audit->facts, err) ||
        !rulebooks_stored(&audit->rulebooks, chronicle, refused, audit, err) ||
        !read_positions(audit, audit->topics, err)) {
        return false;
    }
    audit_anchors_sort(audit);
    if (!audit_jobs_start(audit, err)) {
        return false;
    }
    struct err other;
    bool walked = audit_positions(audit, err);
    audit->stop = audit->stop || !walked;
    bool done = audit_jobs_wait(audit, walked ? err : &other) && walked;
    if (done) {
        audit_unanchored(audit, topics);
        audit_counts(audit);
        audit_lasts(audit);
    }
    return done && audit_order_check(audit, err) && audit_redrives(audit, err) &&
           (topics == NULL || audit_topics_run(audit, topics, err));
}

static bool verify(struct audit *audit, struct err *err)
{
    struct audit_topics *topics = NULL;
    bool done = audit_anchors_read(audit, err) &&
                (!audit->topics || look_before(audit, &topics, err)) && look(audit, topics, err);
    audit_topics_close(&topics);
    return done;
}

static void release(struct audit *audit)
{
    audit_jobs_release(audit);
    release_positions(audit);
    rulebooks_release(&audit->rulebooks);
    free(audit->items);
    free(audit->redrives);
    free(audit->redriven);
    audit_order_release(&audit->order);
    audit_anchors_release(audit);
    (void)pthread_mutex_destroy(&audit->mutex);
}

static int audit_verify(struct context *context)
{
    const struct options *options = &context->options;
    static struct audit audit;
    struct err err;
    if (options->values[OPTION_PUBLIC_KEY] != NULL && options->values[OPTION_ANCHORS] == NULL) {
        return command_usage(
            context,
            "--public-key is of signed anchors; give them by --anchors FILE: those of the topic "
            "are not signed");
    }
    audit.context = context;
    audit.topics = options_flag(options, OPTION_KAFKA);
    audit.job_count = command_jobs(options);
    if (!citizen_key_if_any(context, &audit.citizen_key, &audit.has_citizen_key, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    CHECK(pthread_mutex_init(&audit.mutex, NULL) == 0);
    audit_order_init(&audit.order);
    audit_report_begin(
        &audit.report, context->out, options_flag(options, OPTION_JSON), context->clock);
    note_limits(&audit);
    bool done = verify(&audit, &err);
    int code = EXIT_DONE;
    if (!done) {
        audit_report_abandon(&audit.report);
        code = command_fail(&err, EXIT_FAILED);
    } else if (!audit_report_end(&audit.report)) {
        code = EXIT_NO;
    }
    release(&audit);
    return code;
}

int command_audit(struct context *context)
{
    static const struct {
        const char *name;
        int (*run)(struct context *context);
    } plain[] = {
        {"verify", audit_verify},
        {"erase", audit_erase_citizen},
        {"retain", audit_retain},
        {"rekey", audit_rekey},
    };
    static const struct {
        const char *name;
        int (*run)(struct context *context, const char *operand);
        bool optional;
    } of_one[] = {
        {"prove", audit_prove, false},
        {"check-proof", audit_check_proof, false},
        {"keygen", audit_keygen, false},
        {"sign", audit_sign, true},
    };
    const struct options *options = &context->options;
    const char *what = options->operand_count > 0 ? options->operands[0] : "";
    const char *operand = options->operand_count == 2 ? options->operands[1] : NULL;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(what, plain[i].name) == 0 && options->operand_count == 1) {
            return plain[i].run(context);
        }
    }
    for (size_t i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++) {
        if (strcmp(what, of_one[i].name) == 0 && options->operand_count <= 2 &&
            (operand != NULL || of_one[i].optional)) {
            return of_one[i].run(context, operand);
        }
    }
    return command_usage(
        context,
        "audit: verify | prove APPLICATION_ID | check-proof FILE | keygen FILE | sign [ANCHORS] | erase | retain | rekey");
}
