/*
 * sim: runs worlds. A seed that fails is printed and replays exactly.
 *
 *   sim --seeds N [--from SEED] [--jobs N]   N seeds from SEED (1) on, spread over processes
 *   sim --seed SEED [--trace]                one, and what happens in it
 *   sim --mutants [--seeds N]                takes away each guard in turn: each must be found out
 * within N seeds
 *   --without GUARD                          with any of these: without that guard
 *   --like GUARD                             likewise: in the worlds it is needed in, with it
 *   --emit idempotent|transactional|mixed    likewise: workers of this mode alone
 */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/wait.h>

#include "mentor/base/clock.h"

#include "sim.h"

enum {
    JOBS_MAX = 64,
    REPORT_EVERY = 256,
    FAILURES_SHOWN = 10,
    MUTANT_SEEDS = 400000,
    COVERED_BY = 50000, /* seeds */
    EXIT_RED = 1,
    EXIT_WRONG_USAGE = 64,
};

static const struct {
    const char *name;
    const char *what;
} guards[GUARD_COUNT] = {
#define X(upper, name, what) [GUARD_##upper] = {name, what},
    GUARDS(X)
#undef X
};

/* Worlds in which a guard is needed soon: they are searched when it is taken away. */
static const struct emphasis emphases[GUARD_COUNT] = {
    [GUARD_EVICTION] = {.plot = PLOT_FROZEN},
    [GUARD_POSITION_CAS] = {.plot = PLOT_LOST},
    [GUARD_LOCKED_READ] = {.plot = PLOT_DATABASE},
    [GUARD_TXN_FENCE] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_BROKER},
    [GUARD_TXN_OFFSETS] = {.emits = EMIT_TRANSACTIONAL},
    [GUARD_TXN_ABORT] = {.emits = EMIT_TRANSACTIONAL},
    [GUARD_TXN_STABLE] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_FROZEN},
    [GUARD_TXN_EXACT] = {.emits = EMIT_TRANSACTIONAL},
    [GUARD_TXN_TOLD] = {.emits = EMIT_TRANSACTIONAL},
    [GUARD_TXN_UNKNOWN] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_BROKER},
    [GUARD_UNDO] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_UNDO_OUTPUTS] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_ORPHAN_KEPT] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_UNDO_KEPT] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_HANGING_TOLD] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_UNSEEN] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_RECALL] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_ENDED] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_ENDS},
    [GUARD_HANGING] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_BROKER},
    [GUARD_ORPHAN_HANGING] = {.emits = EMIT_TRANSACTIONAL, .plot = PLOT_BROKER},
    [GUARD_TXN_FORGET] = {.emits = EMIT_TRANSACTIONAL},
    [GUARD_CLOCK_FLOOR] = {.plot = PLOT_DATABASE},
    [GUARD_METADATA] = {.plot = PLOT_LOST},
    [GUARD_KEY_CAS] = {.seals = true},
    [GUARD_KEY_COMPARED] = {.seals = true},
    [GUARD_ERASURE_WAITS] = {.seals = true, .plot = PLOT_FROZEN},
    [GUARD_ERASED_ROW] = {.seals = true},
    [GUARD_HALT_OWNED] = {.seals = true, .plot = PLOT_FROZEN},
    [GUARD_KEY_ROW] = {.seals = true, .plot = PLOT_LOST},
    [GUARD_RULEBOOK_MOMENT] = {.follows = true, .plot = PLOT_DATABASE},
    [GUARD_GENERATION] = {.plot = PLOT_BROKER},
    [GUARD_UNMARK] = {.grows = true, .plot = PLOT_DATABASE},
    [GUARD_SETTLE_FENCED] = {.grows = true, .plot = PLOT_FROZEN},
    [GUARD_LOOK_AGAIN] = {.grows = true},
    [GUARD_NEW_WAITS] = {.grows = true},
    [GUARD_OLD_WAITS] = {.grows = true},
    [GUARD_END_MET] = {.grows = true},
    [GUARD_GROWTH_KNOWN] = {.grows = true},
    [GUARD_STRAY_ASKED] = {.grows = true},
    [GUARD_RULEBOOK_LOST] = {.follows = true, .plot = PLOT_LOST},
};

struct range {
    uint64_t from;
    uint64_t count;
    uint64_t step; /* jobs take turns, so that the first failure is near the first seed */
};

/* What a job tells, again and again; the last one is its sum. */
struct report {
    struct counts counts;
    uint64_t failed;
    uint64_t first; /* seed that failed */
    char breach[SIM_TEXT];
};

static int64_t now_us(void)
{
    struct clock clock = clock_system();
    return clock.mono_us(clock.self);
}

/* Until the first failure when `stop_at_red`. */
static void work(struct range range, bool stop_at_red, int out)
{
    struct report report = {0};
    for (uint64_t i = 0; i < range.count; i++) {
        uint64_t seed = range.from + i * range.step;
        if (!sim_run(seed) && report.failed++ == 0) {
            report.first = seed;
            memcpy(report.breach, sim.breach, sizeof(report.breach));
        }
        bool last = i + 1 == range.count || (stop_at_red && report.failed > 0) ||
                    report.failed >= FAILURES_SHOWN;
        if (last || i % REPORT_EVERY == 0) {
            report.counts = sim.counts;
            CHECK(write(out, &report, sizeof(report)) == (ssize_t)sizeof(report));
        }
        if (last) {
            return;
        }
    }
}

static void add(struct report *sum, const struct report *one)
{
    const uint64_t *from = (const uint64_t *)(const void *)&one->counts;
    uint64_t *to = (uint64_t *)(void *)&sum->counts;
    for (size_t i = 0; i < sizeof(sum->counts) / sizeof(*to); i++) {
        to[i] += from[i];
    }
    if (one->failed > 0 && (sum->failed == 0 || one->first < sum->first)) {
        sum->first = one->first;
        memcpy(sum->breach, one->breach, sizeof(sum->breach));
    }
    sum->failed += one->failed;
}

static void progress(const struct report *reports, uint32_t jobs, uint64_t count, int64_t begun_us)
{
    static int64_t said_us;
    int64_t now = now_us();
    uint64_t seeds = 0;
    if (isatty(STDERR_FILENO) == 0 || now - said_us < 500000) {
        return;
    }
    said_us = now;
    for (uint32_t i = 0; i < jobs; i++) {
        seeds += reports[i].counts.seeds;
    }
    (void)fprintf(stderr,
                  "\r%" PRIu64 " of %" PRIu64 " seeds, %.0f/s ",
                  seeds,
                  count,
                  (double)seeds * 1e6 / (double)(now - begun_us + 1));
}

/* Spreads the seeds over processes. A job that dies is a failure too. */
static struct report spread(uint64_t from, uint64_t count, uint32_t jobs, bool stop_at_red)
{
    int64_t begun_us = now_us();
    static struct report reports[JOBS_MAX];
    struct report sum = {0};
    pid_t pids[JOBS_MAX];
    struct pollfd ends[JOBS_MAX];
    int pipes[2];
    memset(reports, 0, sizeof(reports));
    CHECK(fflush(stdout) == 0);
    for (uint32_t i = 0; i < jobs; i++) {
        struct range range = {from + i, (count + jobs - 1 - i) / jobs, jobs};
        CHECK(pipe(pipes) == 0);
        pids[i] = fork();
        CHECK(pids[i] >= 0);
        if (pids[i] == 0) {
            work(range, stop_at_red, pipes[1]);
            _exit(0);
        }
        (void)close(pipes[1]);
        ends[i] = (struct pollfd){.fd = pipes[0], .events = POLLIN};
    }
    for (uint32_t open = jobs; open > 0;) { /* all at once: a job whose pipe is full stands still */
        CHECK(poll(ends, jobs, -1) > 0);
        for (uint32_t i = 0; i < jobs; i++) {
            if (ends[i].revents == 0) {
                continue;
            }
            if (read(ends[i].fd, &reports[i], sizeof(*reports)) != (ssize_t)sizeof(*reports)) {
                (void)close(ends[i].fd);
                ends[i].fd = -1; /* poll() passes it over */
                open--;
            }
            progress(reports, jobs, count, begun_us);
        }
    }
    for (uint32_t i = 0; i < jobs; i++) {
        int status = 0;
        (void)waitpid(pids[i], &status, 0);
        if (status != 0) {
            reports[i].failed++;
            (void)snprintf(reports[i].breach, sizeof(reports[i].breach), "a job died: %d", status);
        }
        add(&sum, &reports[i]);
    }
    if (isatty(STDERR_FILENO) != 0) {
        (void)fputs("\r\033[K", stderr);
    }
    return sum;
}

static const char *const phases[PHASE_COUNT] = {"asked", "under way", "answered"};

static void print_counts(const struct counts *counts, int64_t us)
{
    (void)printf("%" PRIu64 " seeds in %.1f s (%.0f/s): %" PRIu64 " steps, %" PRIu64
                 " records, %" PRIu64 " decisions, %" PRIu64 " outputs, %" PRIu64 " halted\n",
                 counts->seeds,
                 (double)us / 1e6,
                 (double)counts->seeds * 1e6 / (double)(us + 1),
                 counts->steps,
                 counts->records,
                 counts->decisions,
                 counts->outputs,
                 counts->halted);
    (void)printf("faults:");
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        (void)printf(" %s %" PRIu64, fault_name((enum fault)fault), counts->faults[fault]);
    }
    (void)printf("\ncrashes:");
    for (int label = 0; label < LABEL_COUNT; label++) {
        for (int phase = 0; phase < PHASE_COUNT; phase++) {
            if (counts->crashes[label][phase] > 0) {
                (void)printf(" %s/%s %" PRIu64,
                             label_name((enum label)label),
                             phases[phase],
                             counts->crashes[label][phase]);
            }
        }
    }
    (void)printf("\n");
}

/* Each place where a worker can be crashed, and each fault, must have been tried: how many were
 * not.
 */
static int print_coverage(const struct counts *counts)
{
    int places = 0;
    int missed = 0;
    for (int label = 0; label < LABEL_COUNT; label++) {
        bool reached = false;
        for (int phase = 0; phase < PHASE_COUNT; phase++) {
            bool here = counts->reached[label][phase] > 0;
            reached = reached || here;
            places += here;
            if (here && counts->crashes[label][phase] == 0) {
                missed++;
                (void)printf("FAILED never crashed in %s/%s\n",
                             label_name((enum label)label),
                             phases[phase]);
            }
        }
        if (!reached) {
            missed++;
            (void)printf("FAILED never in %s\n", label_name((enum label)label));
        }
    }
    int faults_missed = 0;
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        if (counts->faults[fault] == 0) {
            faults_missed++;
            (void)printf("FAILED never a fault %s\n", fault_name((enum fault)fault));
        }
    }
    (void)printf("coverage: crashed in %d of %d places, %d of %d faults\n",
                 places - missed,
                 places,
                 FAULT_COUNT - faults_missed,
                 (int)FAULT_COUNT);
    return missed + faults_missed;
}

static int run_seeds(uint64_t from, uint64_t count, uint32_t jobs)
{
    int64_t begun_us = now_us();
    struct report sum = spread(from, count, jobs, false);
    print_counts(&sum.counts, now_us() - begun_us);
    if (sum.counts.seeds >= COVERED_BY) {
        sum.failed += (uint64_t)print_coverage(&sum.counts);
    }
    if (sum.first > 0) {
        (void)printf("FAILED seed %" PRIu64 ": %s\n", sum.first, sum.breach);
        (void)printf("see it: tests/sim/run --seed %" PRIu64 " --trace\n", sum.first);
    }
    (void)printf("%" PRIu64 " passed, %" PRIu64 " failed, 0 skipped\n",
                 sum.counts.seeds - sum.failed,
                 sum.failed);
    return sum.failed > 0 ? EXIT_RED : 0;
}

static int run_one(uint64_t seed)
{
    bool well = sim_run(seed);
    if (!well) {
        (void)printf("FAILED seed %" PRIu64 ": %s\n", seed, sim.breach);
    }
    (void)printf("%d passed, %d failed, 0 skipped\n", well, !well);
    return well ? 0 : EXIT_RED;
}

/* A guard that can go without the simulator finding out is not tested. */
static int run_mutants(uint64_t from, uint64_t count, uint32_t jobs)
{
    int missed = 0;
    for (int guard = 0; guard < GUARD_COUNT; guard++) {
        guard_remove((enum guard)guard);
        sim.emphasis = emphases[guard];
        struct report sum = spread(from, count, jobs, true);
        guard_remove(GUARD_COUNT);
        bool found = sum.failed > 0;
        bool blameless = found && sim_run(sum.first); /* it is the guard, not the seed */
        missed += !blameless;
        (void)printf("%s without %-16s %s: ",
                     blameless ? "ok " : "FAILED",
                     guards[guard].name,
                     guards[guard].what);
        if (found && !blameless) {
            (void)printf("seed %" PRIu64 " fails with it too: %s\n", sum.first, sim.breach);
        } else if (found) {
            (void)printf("seed %" PRIu64 ": %s\n", sum.first, sum.breach);
        } else {
            (void)printf("not found out in %" PRIu64 " seeds\n", sum.counts.seeds);
        }
    }
    (void)printf("%d passed, %d failed, 0 skipped\n", GUARD_COUNT - missed, missed);
    return missed > 0 ? EXIT_RED : 0;
}

static bool guard_named(const char *name, enum guard *guard)
{
    for (int i = 0; i < GUARD_COUNT; i++) {
        if (strcmp(guards[i].name, name) == 0) {
            *guard = (enum guard)i;
            return true;
        }
    }
    return false;
}

static bool emission_named(const char *name, enum emission *emission)
{
    static const char *const names[] = {[EMIT_ANY] = "any",
                                        [EMIT_IDEMPOTENT] = "idempotent",
                                        [EMIT_TRANSACTIONAL] = "transactional",
                                        [EMIT_MIXED] = "mixed"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            *emission = (enum emission)i;
            return true;
        }
    }
    return false;
}

static int usage(const char *what)
{
    (void)fprintf(stderr, "sim: %s; see the head of tests/sim/run.c\n", what);
    return EXIT_WRONG_USAGE;
}

struct wish {
    uint64_t from;
    uint64_t count;
    uint64_t seed;
    uint64_t jobs;
    bool one;
    bool mutants;
};

/* A number's flag and where it goes. */
static uint64_t *number_of(struct wish *wish, const char *flag)
{
    if (strcmp(flag, "--seed") == 0) {
        wish->one = true;
        return &wish->seed;
    }
    return strcmp(flag, "--seeds") == 0  ? &wish->count
           : strcmp(flag, "--from") == 0 ? &wish->from
           : strcmp(flag, "--jobs") == 0 ? &wish->jobs
                                         : NULL;
}

static bool names_guard(const char *flag)
{
    return strcmp(flag, "--without") == 0 || strcmp(flag, "--like") == 0;
}

static bool guard_take(const char *flag, const char *name)
{
    enum guard guard = GUARD_COUNT;
    if (!guard_named(name, &guard)) {
        return false;
    }
    if (strcmp(flag, "--without") == 0) {
        guard_remove(guard);
    }
    sim.emphasis = emphases[guard];
    return true;
}

int main(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct wish wish = {.from = 1, .jobs = cores > 0 ? (uint64_t)cores : 1};
    for (int i = 1; i < argc; i++) {
        uint64_t *number = number_of(&wish, argv[i]);
        if (strcmp(argv[i], "--trace") == 0) {
            sim.tracing = true;
        } else if (strcmp(argv[i], "--mutants") == 0) {
            wish.mutants = true;
        } else if (i + 1 == argc) { /* NOLINT(bugprone-branch-clone): the others need a value */
            return usage(argv[i]);
        } else if (number != NULL) {
            *number = strtoull(argv[++i], NULL, 10);
        } else if (names_guard(argv[i]) && guard_take(argv[i], argv[i + 1])) {
            i++;
        } else if (strcmp(argv[i], "--emit") == 0 &&
                   emission_named(argv[++i], &sim.emphasis.emits)) {
            continue;
        } else {
            return usage(argv[i]);
        }
    }
    uint32_t jobs = (uint32_t)(wish.jobs < 1 ? 1 : wish.jobs > JOBS_MAX ? JOBS_MAX : wish.jobs);
    if (wish.one) {
        return run_one(wish.seed);
    }
    if (wish.mutants) {
        return run_mutants(wish.from, wish.count > 0 ? wish.count : MUTANT_SEEDS, jobs);
    }
    return wish.count > 0 ? run_seeds(wish.from, wish.count, jobs) : usage("--seeds N");
}
