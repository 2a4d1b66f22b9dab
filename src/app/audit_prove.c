/* mentord audit prove, check-proof: that a decision stands in the ledger, shown to somebody who has
 * no access to it. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/wire/wire.h"

#include "audit_tools.h"
#include "json_path.h"
#include "lines.h"
#include "proof.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
};

/* What is done with each anchor of --anchors; false: *err. */
typedef bool anchor_fn(void *context, const struct anchor *anchor, struct err *err);

static bool each_line(struct lines *lines, anchor_fn *look, void *context, struct err *err)
{
    struct bytes line;
    int got = 0;
    bool done = true;
    while (done && (got = lines_next(lines, &line, err)) == 1) {
        struct anchor anchor;
        json_t *event = NULL;
        struct err why;
        if (line_blank(line)) {
            continue;
        }
        if (!anchor_read(line, &anchor, &event, &why)) {
            return err_set(
                err, ERR_FATAL, "--anchors, line %" PRId64 ": %.200s", lines->number, why.text);
        }
        done = look(context, &anchor, err);
        json_decref(event);
    }
    return done && got == 0;
}

static bool each_anchor(struct context *context, anchor_fn *look, void *self, struct err *err)
{
    struct lines lines;
    if (!lines_open(&lines, context->options.values[OPTION_ANCHORS], err)) {
        return false;
    }
    bool done = each_line(&lines, look, self, err);
    lines_close(&lines);
    return done;
}

/* The first anchor of the proof's position that its batch lies below. */
struct nearest {
    const struct proof *proof;
    int64_t next_offset; /* -1: none */
};

static bool look_for_nearest(void *self, const struct anchor *anchor, struct err *err)
{
    struct nearest *nearest = self;
    const struct proof *proof = nearest->proof;
    (void)err;
    if (anchor->partition == proof->partition && bytes_is(anchor->topic, proof->topic) &&
        bytes_is(anchor->cluster, proof->cluster) &&
        anchor->next_offset >= proof->links[0].chained.next_offset &&
        (nearest->next_offset < 0 || anchor->next_offset < nearest->next_offset)) {
        nearest->next_offset = anchor->next_offset;
    }
    return true;
}

static bool make(struct context *context,
                 struct chronicle *chronicle,
                 const struct archived_decision *decision,
                 struct proof *proof,
                 struct err *err)
{
    struct nearest nearest = {proof, -1};
    if (!proof_make(chronicle, decision, -1, proof, err)) {
        return false;
    }
    if (context->options.values[OPTION_ANCHORS] == NULL) {
        return true;
    }
    if (!each_anchor(context, look_for_nearest, &nearest, err)) {
        proof_release(proof);
        return false;
    }
    if (nearest.next_offset < 0) {
        return true; /* not anchored yet: the head is stated */
    }
    proof_release(proof);
    return proof_make(chronicle, decision, nearest.next_offset, proof, err);
}

int audit_prove(struct context *context, const char *application)
{
    struct archive archive;
    struct chronicle chronicle;
    const struct archived_decision *rows = NULL;
    uint8_t id[UUID_SIZE];
    uint32_t count = 0;
    struct err err;
    if (!uuid_parse(bytes_text(application), id)) {
        return command_usage(context, "%s: an application id is a UUID", application);
    }
    if (!context->edges.archive(context->edges.self, &context->options, &archive, &err) ||
        !context->edges.chronicle(context->edges.self, &context->options, NULL, &chronicle, &err) ||
        !archive.application(archive.self, id, &rows, &count, &err)) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (count == 0) {
        (void)err_set(&err, ERR_HALT, "%s: no decision on this application is stored", application);
        return command_fail(&err, EXIT_NO);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct proof proof;
        struct text line = {0};
        if (!make(context, &chronicle, &rows[i], &proof, &err)) {
            return command_fail(&err, err.kind == ERR_HALT ? EXIT_NO : EXIT_FAILED);
        }
        proof_write(&proof, &line);
        text_add(&line, bytes_text("\n"));
        (void)fwrite(line.data, 1, line.size, context->out);
        text_release(&line);
        proof_release(&proof);
    }
    return EXIT_DONE;
}

/* The output's own words: whose decision it is, and of which record. */
static bool
check_words(const struct proof *proof, struct arena *arena, json_t **decision, struct err *err)
{
    struct bytes output = bytes_of(proof->output, proof->output_size);
    struct wire_source source;
    uint8_t id[UUID_SIZE];
    *decision = protobuf_to_value(JSON_DECISION, output, arena);
    if (*decision == NULL || !wire_decision_source(output, arena, &source)) {
        return err_set(err, ERR_HALT, "output: it is no decision");
    }
    if (!uuid_parse(bytes_text(json_text_at(*decision, "decisionId")), id) ||
        memcmp(id, proof->decision_id, UUID_SIZE) != 0) {
        return err_set(err, ERR_HALT, "output: it is another decision than the proof is of");
    }
    return (source.partition == proof->partition && source.offset == proof->offset &&
            bytes_is(source.topic, proof->topic)) ||
           err_set(err, ERR_HALT, "output: it names another record than the proof does");
}

struct held {
    const struct proof *proof;
    const struct ed25519 *key; /* NULL: signatures are not asked for */
    int64_t next_offset;       /* of an anchor that knows one of its links; -1: none */
    int64_t evaluated_at_ms;
};

static bool hold(void *self, const struct anchor *anchor, struct err *err)
{
    struct held *held = self;
    const uint8_t *link = proof_link_at(held->proof, anchor);
    if (link == NULL) {
        return true;
    }
    if (held->key != NULL && !anchor_check(anchor, held->key, err)) {
        return false;
    }
    if (memcmp(link, anchor->link, SHA256_SIZE) != 0) {
        return err_set(err,
                       ERR_HALT,
                       "anchor: at offset %" PRId64 " another link was anchored than the proof has",
                       anchor->next_offset);
    }
    held->next_offset = anchor->next_offset;
    held->evaluated_at_ms = anchor->evaluated_at_ms;
    return true;
}

static bool check_anchors(struct context *context, struct held *held, struct err *err)
{
    return each_anchor(context, hold, held, err) &&
           (held->next_offset >= 0 ||
            err_set(err, ERR_HALT, "anchor: none of the anchors knows one of the proof's links"));
}

static void tell(struct context *context,
                 const struct proof *proof,
                 const json_t *decision,
                 const struct held *held)
{
    const struct proof_link *last = &proof->links[proof->link_count - 1];
    char hex[2 * SHA256_SIZE];
    (void)fprintf(context->out,
                  "holds: decision %s of application %s, %s, evaluated %s; %s/%" PRId32 "/%" PRId64
                  "\n",
                  json_text_at(decision, "decisionId"),
                  json_text_at(decision, "applicationId"),
                  json_text_at(decision, "outcome"),
                  json_text_at(decision, "evaluatedAt"),
                  proof->topic,
                  proof->partition,
                  proof->offset);
    if (held->next_offset >= 0) {
        (void)fprintf(context->out,
                      "  anchored%s up to offset %" PRId64 "\n",
                      held->key == NULL ? "" : " and signed",
                      held->next_offset);
        return;
    }
    hex_encode(last->link, SHA256_SIZE, hex);
    (void)fprintf(context->out,
                  "  no anchor was given: it holds if the link up to offset %" PRId64
                  " is %.64s in a record that nobody could alter\n",
                  last->chained.next_offset,
                  hex);
}

static bool check_line(struct context *context,
                       struct bytes line,
                       const struct ed25519 *key,
                       struct arena *arena,
                       struct err *err)
{
    struct proof proof;
    struct held held = {&proof, key, -1, 0};
    json_t *decision = NULL;
    if (!proof_read(line, &proof, err)) {
        return false;
    }
    struct arena_mark mark = arena_mark(arena);
    bool holds =
        proof_check(&proof, err) && check_words(&proof, arena, &decision, err) &&
        (context->options.values[OPTION_ANCHORS] == NULL || check_anchors(context, &held, err));
    if (holds) {
        tell(context, &proof, decision, &held);
    }
    arena_rewind(arena, mark);
    json_decref(decision);
    proof_release(&proof);
    return holds;
}

/* All proofs of a file; the exit code. */
static int check_lines(struct context *context,
                       struct lines *lines,
                       const struct ed25519 *key,
                       struct arena *arena)
{
    struct bytes line;
    struct err err;
    int got = 0;
    int code = EXIT_DONE;
    int64_t count = 0;
    while ((got = lines_next(lines, &line, &err)) == 1) {
        if (line_blank(line)) {
            continue;
        }
        count++;
        if (!check_line(context, line, key, arena, &err)) {
            struct err why;
            (void)err_set(&why,
                          err.kind,
                          "line %" PRId64 ", the proof does not hold: %.300s",
                          lines->number,
                          err.text);
            code = command_fail(&why, err.kind == ERR_HALT ? EXIT_NO : EXIT_FAILED);
        }
    }
    if (got < 0) {
        return command_fail(&err, EXIT_FAILED);
    }
    if (count == 0) {
        (void)err_set(&err, ERR_HALT, "%s: there is no proof in it", context->options.operands[1]);
        return command_fail(&err, EXIT_NO);
    }
    return code;
}

int audit_check_proof(struct context *context, const char *path)
{
    const char *public = context->options.values[OPTION_PUBLIC_KEY];
    struct ed25519 *key = NULL;
    struct arena arena = {0};
    struct lines lines;
    struct err err;
    if (public != NULL && context->options.values[OPTION_ANCHORS] == NULL) {
        return command_usage(context, "--public-key is of anchors; give --anchors FILE");
    }
    if (public != NULL && (key = ed25519_open(public, true, &err)) == NULL) {
        return command_fail(&err, EXIT_FAILED);
    }
    int code = EXIT_FAILED;
    if (!arena_init(&arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        (void)command_fail(&err, EXIT_FAILED);
    } else if (!lines_open(&lines, path, &err)) {
        (void)command_fail(&err, EXIT_FAILED);
    } else {
        code = check_lines(context, &lines, key, &arena);
        lines_close(&lines);
    }
    arena_release(&arena);
    ed25519_close(&key);
    return code;
}
