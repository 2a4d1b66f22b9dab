#ifndef TESTS_SUPPORT_FAKE_PORTS_H
#define TESTS_SUPPORT_FAKE_PORTS_H

/*
 * The worker's ports in memory: a log, a group, a store with compare-and-set, a sink. They keep the
 * ports' promises and check the worker's: a batch tiles its partition, nothing is sent that is not
 * stored and said to the group first. Faults are named by a test. One world at a time.
 */

#include <stdatomic.h>

#include "mentor/app/worker.h"
#include "mentor/port/note.h"
#include "mentor/port/sink.h"
#include "mentor/port/source.h"
#include "mentor/port/store.h"

#include "support/letter.h"

enum {
    WORLD_PARTITIONS = 2,
    WORLD_NOTED_MS = 1000,
    WORLD_RECORDS = 64, /* a partition */
    WORLD_ROWS = 64,
    WORLD_PLAN = 16,
    WORLD_PUBLICATIONS = 4,
    WORLD_TEXT = 4096,
    WORLD_POLLS_MAX = 20000,
};

/* What a write does instead of what it should. */
enum write_fault {
    WRITE_FINE,
    WRITE_STALE,
    WRITE_POISON, /* whatever it holds */
    WRITE_FENCED, /* another worker has taken the partition */
    WRITE_STORED_BUT_LOST,
    WRITE_NOT_STORED,
};

struct world_partition {
    struct record log[WORLD_RECORDS];
    uint32_t log_count;
    int64_t low;
    int64_t high;
    uint32_t cursor;
    int64_t start; /* where reading began last */
    bool ended;    /* SOURCE_END is given out */
    bool started;  /* start() named it; what it did not name is not read */

    struct position position; /* the store's */
    bool known;
    bool released;
    uint32_t tried_by; /* the process behind so many others; 0: none */
    struct stored_output outputs[WORLD_RECORDS];
    uint32_t output_count;
    bool closed[WORLD_RECORDS]; /* beside outputs: a row of the quarantine that was redriven */
    bool has_citizen[WORLD_RECORDS];
    uint8_t citizens[WORLD_RECORDS][CITIZEN_REF_SIZE];
    char fates[WORLD_TEXT];

    int64_t committed; /* the group's */
    char metadata[NOTE_SIZE];
    int64_t committed_next;

    int64_t acked; /* the sink's */
    int64_t sent_to;
    char sent[WORLD_TEXT];
    struct bytes first_sent[WORLD_RECORDS * 2]; /* by offset: what was sent first */
};

/* A rulebook that is published; of those whose time has come the last one is in force. */
struct world_publication {
    int64_t from_ms;
    struct bytes yaml; /* borrowed */
    uint8_t sha256[SHA256_SIZE];
};

struct world {
    struct arena arena;
    struct worker worker;
    atomic_bool stop;
    int64_t now_us;
    struct world_partition partitions[WORLD_PARTITIONS];
    struct application_row applications[WORLD_ROWS];
    uint32_t application_count;
    struct citizen_row citizens[WORLD_ROWS];
    uint32_t citizen_count;
    int64_t now_ms;
    struct world_publication publications[WORLD_PUBLICATIONS];
    uint32_t publication_count;

    /* faults */
    enum write_fault plan[WORLD_PLAN]; /* of each write in turn */
    const char *poison;                /* a decision of this event cannot be stored */
    void (*after_read)(void);          /* once */
    void (*before_committed)(void);    /* once */
    void (*while_taking)(void);        /* once: before the positions are read */
    void (*after_take)(void);          /* once: before the worker does anything else */
    uint32_t bounds_fails_at;          /* counted over all, from 1; 0 never */
    uint32_t facts_fails;              /* so many times: no broker says what the topic is like */
    int64_t facts_fails_from;          /* likewise, from then */
    int64_t facts_fails_until;         /* to then */
    int64_t facts_stale_until;         /* the broker knows one partition fewer until then */
    uint32_t rulebook_fails;           /* so often a rulebook is not fetched */
    uint32_t shadow_fails;             /* so often its counts are not stored */
    uint32_t tried_lost;               /* so often what is tried is stored, and the answer lost */
    uint32_t emitted_fails;            /* so often; nothing is marked */
    int64_t revoke_at_record;          /* counted over all; -1 never */
    enum source_event revoke_as;
    bool revoke_when_stopped;
    bool stop_when_revoked;
    uint32_t committed_fails; /* so many times: the broker does not say what the group committed */
    bool noted;               /* what may be missing of partition 0 is to be read back */
    uint32_t written;         /* its outputs by offset, as bits: in the output topics, */
    uint32_t visible;         /* and seen */
    bool demo;                /* the database was made by `db migrate --demo` */
    int64_t send_fails_at;    /* counted over all; -1 never */
    bool send_fenced;         /* then the producer's id has another */
    bool hold_acks;           /* until a flush */
    uint32_t breaker_most;    /* the worker's */
    const struct rulebook *candidate; /* likewise, from world_restart() on */
    uint32_t resume_at;      /* a person resumes a stopped partition at that ask; 0 never */
    bool count_deaths;       /* a take without a release before is a take-over */
    bool stop_at_write;      /* SIGTERM comes while it is written */
    uint32_t idle_most;      /* polls without anything before it is stopped; 0: 100 */
    void (*when_idle)(void); /* once, after some of them */

    /* what happened */
    char writes[WORLD_TEXT];   /* entries of each write in turn */
    char tried[WORLD_TEXT];    /* offsets tried alone */
    char closings[WORLD_TEXT]; /* rows closed: place:fate:new place */
    uint32_t redriven_count;
    uint32_t rulebook_count;                       /* fetched */
    struct shadow_count shadow_counts[WORLD_PLAN]; /* added up */
    uint32_t shadow_count;
    struct shadow_divergence divergences[WORLD_RECORDS];
    uint32_t divergence_count;
    uint32_t shadow_calls;
    uint32_t resumed_count;
    uint32_t write_count;
    uint32_t read_count;
    uint32_t take_count;
    uint32_t lives; /* processes before this one */
    uint32_t leave_count;
    uint32_t bounds_count;
    uint32_t facts_count;
    uint32_t stop_count;
    uint32_t mark_count; /* emitted offsets were stored outside a batch, and not to give back */
    uint32_t poll_count;
    uint32_t idle_count;
    int64_t record_count;
    int64_t send_count;
    bool assigned;
    bool reading;
    bool revoking; /* the group wants its partitions back and waits for stop() or leave() */
};

extern struct world world;

void world_begin(uint32_t batch_most);
void world_end(void);
/* For each test: a hundred records a batch, or so many; and world_content begins anew. */
extern struct content world_content;
int world_set_up(void **state);
int world_set_up_with(uint32_t most);
int world_tear_down(void **state);
/* The record is copied. */
void world_add(int32_t partition, int64_t offset, const struct record *record);
/* A record with this content under this event id, keyed by the CPR's last four digits. */
void world_publish(int32_t partition,
                   int64_t offset,
                   const char *event_id,
                   const struct content *content);
/* world_content on partition 0, an offset each from `from` to before `to`: version offset + 1,
 * event a-<offset>. */
void world_publish_versions(int64_t from, int64_t to);
/* `yaml` lives as long as the world. */
void world_publish_rulebook(int64_t from_ms, const char *yaml);
/* Runs the worker until there is nothing to do. false: it halted. */
bool world_run(void);
/* Another worker's process in this one's place: what it kept in memory is gone. */
void world_restart(void);

#endif /* TESTS_SUPPORT_FAKE_PORTS_H */
