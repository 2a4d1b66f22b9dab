/* mentord bench: its own measurements. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mentor/app/command.h"
#include "mentor/app/judge.h"
#include "mentor/app/rulebook_file.h"
#include "mentor/base/arena.h"
#include "mentor/base/err.h"
#include "mentor/rulebook/load.h"
#include "mentor/wire/cloudevent.h"

#include "allocations.h"

enum {
    ARENA_SIZE = 16 * 1024 * 1024,
    ROUNDS = 5,
    DEFAULT_COUNT = 200000,
};

/* The mechanic, case 1 of the acceptance cases, with the texts of a real application. */
static const char mechanic[] =
    "{\"specversion\":\"1.0\",\"id\":\"bench-1\",\"source\":\"urn:oio:cvr-nr:64502018\","
    "\"type\":\"dk.mentor.application.submitted.v1\",\"time\":\"2026-03-02T09:00:00Z\",\"data\":{"
    "\"applicationId\":\"5f0c9a52-6c1e-4f7a-9a86-0d6d8a6f1b11\",\"version\":1,\"municipalityCode\":\"0217\","
    "\"citizen\":{\"cpr\":\"1403760101\",\"targetGroup\":\"TARGET_GROUP_OUTSIDE_SECTION_6\"},"
    "\"company\":{\"cvr\":\"99000007\",\"name\":\"Værkstedet ApS\",\"contactName\":\"Leder\","
    "\"contactEmail\":\"leder@example.dk\"},"
    "\"activity\":{\"kind\":\"ACTIVITY_KIND_ORDINARY_EMPLOYMENT\",\"title\":\"Mekaniker\",\"aim\":\"AIM_OBTAIN\"},"
    "\"mentor\":{\"kind\":\"MENTOR_KIND_EMPLOYEE\",\"name\":\"Kollega\",\"contact\":\"+45 00000000\","
    "\"relation\":\"RELATION_NONE\",\"qualifications\":\"20 år i faget\"},"
    "\"support\":{\"goal\":\"At fastholde ansættelsen\",\"tasks\":\"Planlægning af dagen, pauser og kontakt til "
    "kolleger\",\"minutesPerWeek\":180,\"startDate\":\"2026-03-09\",\"endDate\":\"2026-06-07\"},"
    "\"cost\":{\"wage\":{\"hourlyOre\":\"18500\",\"holidayBp\":1250,\"pensionBp\":1000,\"otherOrePerHour\":\"250\"}},"
    "\"assessment\":{\"decisive\":\"ANSWER_YES\",\"beyondNormal\":\"ANSWER_YES\",\"assessedBy\":\"abc\"}}}";

struct bench {
    struct clock clock;
    const struct rulebook *rulebook;
    struct hmac_key citizen_key;
    struct record record;
    struct arena arena; /* owned */
    size_t output;      /* bytes of one decision */
};

/* One application from record to encoded decision, as the worker does it. */
static bool decide_once(struct bench *bench)
{
    struct arena_mark mark = arena_mark(&bench->arena);
    struct application_row application = {0};
    struct citizen_row citizen = {0};
    struct judge judge = {.rulebook = bench->rulebook, .evaluated_at_ms = INT64_C(1772442000000)};
    struct request request;
    struct judgement judgement;
    request_read(&request, &bench->record, REASON_NONE, &bench->citizen_key, &bench->arena);
    bool done =
        request.reason == REASON_NONE &&
        judge_request(&judge, &request, &application, &citizen, &bench->arena, &judgement) ==
            REASON_NONE;
    bench->output = done ? judgement.output.size : 0;
    arena_rewind(&bench->arena, mark);
    return done;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static bool measure(struct bench *bench, int64_t count, double *nanoseconds, double *allocations)
{
    double rounds[ROUNDS];
    int64_t before = allocations_count();
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begun = bench->clock.mono_us(bench->clock.self);
        for (int64_t i = 0; i < count; i++) {
            if (!decide_once(bench)) {
                return false;
            }
        }
        rounds[round] =
            (double)(bench->clock.mono_us(bench->clock.self) - begun) * 1000.0 / (double)count;
    }
    *allocations =
        before < 0 ? -1.0 : (double)(allocations_count() - before) / (double)(ROUNDS * count);
    qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
    *nanoseconds = rounds[ROUNDS / 2];
    return true;
}

static int bench_core(struct context *context, struct bench *bench, struct err *err)
{
    int64_t count = context->options.numbers[OPTION_COUNT];
    double nanoseconds = 0;
    double allocations = 0;
    char why[256] = "";
    count = count == 0 ? DEFAULT_COUNT : count;
    if (cloudevent_read(bytes_text(mechanic), 0, &bench->arena, &bench->record, why, sizeof(why)) !=
        REASON_NONE) {
        (void)err_set(err, ERR_FATAL, "the sample application cannot be read: %s", why);
        return command_fail(err, EXIT_FAILED);
    }
    bench->record.has_key = true;
    bench->record.key = bytes_text("bench");
    if (!measure(bench, count, &nanoseconds, &allocations)) {
        (void)err_set(err, ERR_FATAL, "the sample application is not decided by this rulebook");
        return command_fail(err, EXIT_FAILED);
    }
    (void)fprintf(
        context->out,
        options_flag(&context->options, OPTION_JSON)
            ? "{\"bench\":\"core\",\"applications\":%" PRId64
              ",\"rounds\":%d,\"ns_per_application\":%.0f,\"allocations_per_application\":%.3f,"
              "\"bytes_in\":%zu,\"bytes_out\":%zu}\n"
            : "core: %" PRId64
              " applications, %d rounds, median %.0f ns, %.3f allocations an application, "
              "%zu bytes in, %zu bytes out\n",
        count,
        ROUNDS,
        nanoseconds,
        allocations,
        bench->record.value.size,
        bench->output);
    return EXIT_DONE;
}

int command_bench(struct context *context)
{
    struct bench bench = {.clock = context->clock};
    struct err err;
    int code = EXIT_FAILED;
    if (context->options.operand_count != 1 || strcmp(context->options.operands[0], "core") != 0) {
        return command_usage(context, "bench: core");
    }
    struct rulebook *rulebook = rulebook_of(context, &err);
    bench.rulebook = rulebook;
    hmac_key_init(&bench.citizen_key, bytes_text("bench"));
    if (rulebook == NULL) {
        code = command_fail(&err, EXIT_FAILED);
    } else if (!arena_init(&bench.arena, ARENA_SIZE)) {
        (void)err_set(&err, ERR_FATAL, "no memory");
        code = command_fail(&err, EXIT_FAILED);
    } else {
        code = bench_core(context, &bench, &err);
    }
    arena_release(&bench.arena);
    rulebook_close(&rulebook);
    return code;
}
