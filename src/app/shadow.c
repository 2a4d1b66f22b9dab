#include "shadow.h"

#include <stdio.h>
#include <stdlib.h>

#include "mentor/app/judge.h"
#include "mentor/app/worker.h"
#include "mentor/base/log.h"
#include "mentor/core/rulebook.h"
#include "mentor/port/shadow.h"

#include "steps.h"

/* Beside one decision of the batch in hand; in its arena. */
struct verdict {
    enum outcome outcome; /* OUTCOME_NONE: the candidate could not decide */
    bool diverged;
    int64_t granted_ore; /* of the one that decided */
    int64_t candidate_ore;
    uint64_t rules; /* a bit each, as in findings.rules */
    uint64_t candidate_rules;
};

/* Not stored yet. */
struct shadow {
    char name[RULEBOOK_WORD_SIZE];
    char version[RULEBOOK_WORD_SIZE];
    struct verdict *verdicts;    /* in the arena; one a decision */
    struct shadow_count *counts; /* owned */
    uint32_t count_count;
    uint32_t count_room;
    struct shadow_divergence divergences[SHADOW_LISTED_MAX];
    uint32_t divergence_count;
    int64_t next_us; /* when it is stored next */
};

bool shadow_init(struct worker *worker)
{
    const struct rulebook *candidate = worker->candidate;
    if (candidate == NULL) {
        return true;
    }
    worker->shadow = calloc(1, sizeof(*worker->shadow));
    if (worker->shadow == NULL) {
        return false;
    }
    struct shadow *shadow = worker->shadow;
    (void)snprintf(shadow->name, sizeof(shadow->name), "%.*s", BYTES_ARGS(candidate->name));
    (void)snprintf(
        shadow->version, sizeof(shadow->version), "%.*s", BYTES_ARGS(candidate->version));
    return true;
}

void shadow_release(struct worker *worker)
{
    if (worker->shadow != NULL) {
        free(worker->shadow->counts);
        free(worker->shadow);
        worker->shadow = NULL;
    }
}

void shadow_batch(struct worker *worker)
{
    if (worker->shadow != NULL) {
        worker->shadow->verdicts =
            batch_alloc(worker, worker->batch_count, sizeof(*worker->shadow->verdicts));
    }
}

static bool same_findings(const struct findings *a, const struct findings *b)
{
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0;
}

static int64_t granted(const struct decision *decision)
{
    return decision->outcome == OUTCOME_IS_APPROVED && decision->has_frame
               ? decision->frame.total_ore
               : 0;
}

void shadow_judge(struct worker *worker, uint32_t index, const struct judgement *judgement)
{
    const struct decision *made = &judgement->decision;
    struct matter matter = judgement->matter;
    struct decision other;
    if (worker->shadow == NULL) {
        return;
    }
    struct verdict *verdict = &worker->shadow->verdicts[index];
    *verdict = (struct verdict){.granted_ore = granted(made), .rules = made->findings.rules};
    matter.rulebook = worker->candidate;
    matter.law = rulebook_law(worker->candidate, made->decision_date);
    if (matter.law == NULL) {
        verdict->diverged = true;
        return;
    }
    decide(&matter, &other);
    verdict->outcome = other.outcome;
    verdict->candidate_ore = granted(&other);
    verdict->candidate_rules = other.findings.rules;
    verdict->diverged = other.outcome != made->outcome || other.has_frame != made->has_frame ||
                        (made->has_frame && other.frame.total_ore != made->frame.total_ore) ||
                        !same_findings(&other.findings, &made->findings);
}

/* The row that a decision counts in; made when there is none. A batch has few kinds, and they come
 * in runs: the last one first. */
static struct shadow_count *count_of(struct shadow *shadow, const struct shadow_count *key)
{
    for (uint32_t i = shadow->count_count; i > 0; i--) {
        struct shadow_count *count = &shadow->counts[i - 1];
        if (count->progress_id == key->progress_id && count->outcome == key->outcome &&
            count->candidate_outcome == key->candidate_outcome &&
            memcmp(count->rulebook_sha256, key->rulebook_sha256, SHA256_SIZE) == 0) {
            return count;
        }
    }
    if (shadow->count_count == shadow->count_room) {
        uint32_t room = 2 * shadow->count_room + 32;
        struct shadow_count *counts = realloc(shadow->counts, room * sizeof(*counts));
        CHECK(counts != NULL);
        shadow->counts = counts;
        shadow->count_room = room;
    }
    shadow->counts[shadow->count_count] = *key;
    return &shadow->counts[shadow->count_count++];
}

static void write_rules(uint64_t rules, char text[SHADOW_RULES_SIZE])
{
    size_t size = 0;
    text[0] = '\0';
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if ((rules >> rule & 1) != 0) {
            size += (size_t)snprintf(text + size,
                                     SHADOW_RULES_SIZE - size,
                                     "%s%s",
                                     size == 0 ? "" : " ",
                                     rule_name((enum rule_id)rule));
        }
    }
}

static void
list(struct worker *worker, const struct batch_decision *decision, const struct verdict *verdict)
{
    struct shadow *shadow = worker->shadow;
    const struct batch_entry *entry = &worker->batch.entries[decision->entry];
    if (shadow->divergence_count == SHADOW_LISTED_MAX) {
        return;
    }
    struct shadow_divergence *row = &shadow->divergences[shadow->divergence_count++];
    *row = (struct shadow_divergence){
        .progress_id = worker->positions[entry->slot].progress_id,
        .offset = entry->offset,
        .version = decision->version,
        .evaluated_at_ms = decision->evaluated_at_ms,
        .outcome = decision->outcome,
        .candidate_outcome = verdict->outcome,
        .granted_ore = verdict->granted_ore,
        .candidate_ore = verdict->candidate_ore,
    };
    memcpy(row->rulebook_sha256, worker->batch.rulebook_sha256, SHA256_SIZE);
    memcpy(row->application_id, decision->application_id, UUID_SIZE);
    write_rules(verdict->rules, row->rules);
    write_rules(verdict->candidate_rules, row->candidate_rules);
}

void shadow_stored(struct worker *worker)
{
    struct shadow *shadow = worker->shadow;
    const struct batch *batch = &worker->batch;
    int64_t told[SHADOW_VERDICT_COUNT] = {0};
    for (uint32_t i = 0; shadow != NULL && i < batch->decision_count; i++) {
        const struct batch_decision *decision = &batch->decisions[i];
        const struct verdict *verdict = &shadow->verdicts[i];
        struct shadow_count key = {
            .progress_id = worker->positions[batch->entries[decision->entry].slot].progress_id,
            .outcome = decision->outcome,
            .candidate_outcome = verdict->outcome,
        };
        memcpy(key.rulebook_sha256, batch->rulebook_sha256, SHA256_SIZE);
        struct shadow_count *count = count_of(shadow, &key);
        count->decided++;
        count->diverged += verdict->diverged;
        count->granted_ore += verdict->granted_ore;
        count->candidate_ore += verdict->candidate_ore;
        if (verdict->diverged) {
            list(worker, decision, verdict);
        }
        told[verdict->outcome == OUTCOME_NONE ? SHADOW_FAILED
             : verdict->diverged              ? SHADOW_DIVERGED
                                              : SHADOW_SAME]++;
    }
    for (uint32_t i = 0; i < SHADOW_VERDICT_COUNT; i++) {
        metrics_add(&worker->metrics, METRIC_AT_SHADOW + i, told[i]);
    }
}

void shadow_report(struct worker *worker, bool now)
{
    struct shadow *shadow = worker->shadow;
    struct store *store = &worker->edges.store;
    if (shadow == NULL || shadow->count_count == 0) {
        return;
    }
    int64_t now_us = worker->clock.mono_us(worker->clock.self);
    if (now_us < shadow->next_us && !now) {
        return;
    }
    struct shadow_report report = {
        .candidate_name = shadow->name,
        .candidate_version = shadow->version,
        .counts = shadow->counts,
        .count_count = shadow->count_count,
        .divergences = shadow->divergences,
        .divergence_count = shadow->divergence_count,
    };
    struct err err;
    memcpy(report.candidate_sha256, worker->candidate->sha256, SHA256_SIZE);
    if (store->shadow(store->self, &report, &err)) {
        shadow->count_count = 0;
        shadow->divergence_count = 0;
        shadow->next_us = now_us + SHADOW_EVERY_US;
        return;
    }
    metrics_add(&worker->metrics, METRIC_AT_SHADOW_UNSTORED, 1);
    shadow->next_us = now_us + SHADOW_AFTER_FAILURE_US;
    LOG(LOG_LEVEL_WARN,
        "shadow.unstored",
        LOG_TEXT("why", err.text),
        LOG_TEXT("then", "decisions are not touched by it; its counts are kept and tried again"));
}
