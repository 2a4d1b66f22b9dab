/*
 * How a record becomes a decision that is told once: take-over, batch, lost reply, emission, group
 * commit, zombie, and a database that lost commits. Two workers, one partition, N records. spin tries every
 * order of steps with up to FAULTS faults; tests/model/run does so, and then again with one guard left out at a time
 * (the NO_… switches), where it must find a way to break the promise.
 *
 * A step here is one that the worker cannot do half of: a request that was answered. Anything may happen between two
 * steps, so a zombie is a worker whose next step comes late. Behind each step: the C that does it.
 */

#ifndef N
#define N 2
#endif
#ifndef FAULTS
#define FAULTS 3
#endif
#define NOBODY 2
#define OTHERS_MOST 4 /* takes that no fault explains: two starts, a hand-over, one more */

/* The states of core/cycle.c. READ and DECIDE are a part of CONSUME, OPEN of BACKOFF; EMIT of COMMIT; TAKE and RESEND
 * are two. */
mtype = {JOIN, TAKE, COMPARE, RESEND, SEND, CONSUME, WRITE, COMMIT, SETTLE, LEAVE, BACKOFF, HALTED}

/* PostgreSQL: deploy/migrations, mentord.progress; fate is what mentord.decision and the ledger hold: 1 as first decided, 2 as
 * decided again, which is another decision, since it is made at another time. */
typedef database {
    byte epoch;
    byte next;
    byte emitted;
    byte fate[N] /* 0: none */
}
database db;
database replica; /* where its replication stopped, once it has */
bool replication_ended;
bool failed_over;
bool broken[2]; /* a session that failing over cut, and its worker has not noticed */

/* A write that the worker has given up and the server may still do: WRITE with its reply lost. */
typedef request {
    bool is;
    bit by;
    byte epoch;
    byte from;
    byte to;
    byte decision
}
request late;

/* Kafka: the group, what it has committed (offset, metadata "mode,epoch,next,head"; the head, of the hash chain, is left out here), the topic of decisions. */
byte owner = NOBODY;
bool revoking; /* the group wants the partition back from its owner */
bool member[2];
bool fresh[2]; /* assigned, and not taken since */
bool lost[2];  /* thrown out, and not yet told: SOURCE_LOST */
byte group_epoch;
byte group_next;
byte group_offset;
byte told[N]; /* the decision in the topic; 0: none */

/* What a worker has in memory: app/worker.h, and kafka/ring.c for what was sent. */
typedef worker {
    mtype at = JOIN;
    bool taken;
    byte epoch;
    byte next;
    byte acked;  /* outputs below are acknowledged */
    byte sent;   /* outputs below are handed to the producer */
    byte queue[N];
    byte to; /* the batch in hand: next up to here */
    byte decision
}
worker w[2];

byte faults = FAULTS;
byte takes;           /* since the start, not by a fault */
byte holder = NOBODY; /* who took the partition last */
byte ever[N];         /* bits 1, 2: this decision was stored at some time, lost since or not */
bool tried[N];        /* it was decided once, stored or not */

hidden byte i; /* within one step */
hidden byte who;
hidden byte ok;

/* The promises. */

inline check_database()
{
    assert(db.emitted <= db.next);                      /* I7 */
    for (i : 0 .. N - 1) {
        assert((db.fate[i] != 0) == (i < db.next));     /* I3: each offset below next has a fate, no other has */
        assert(i >= db.emitted || told[i] != 0)         /* I5: what is marked as told was told */
    }
}

/* Stores a batch. Fenced (ok is false) when the partition has another epoch or position. src/pg/sql/write_progress.sql */
inline store(me, its_epoch, low, high, its_decision, its_acked)
{
    ok =
#ifndef NO_EPOCH
        db.epoch == its_epoch &&
#endif
        db.next == low;                                 /* a safety net: without it spin finds nothing */
    if
    :: ok ->
        assert(failed_over || holder == me);            /* a zombie stores nothing */
        assert(group_next <= db.next);                  /* none decides what the group knows to be lost */
        for (i : low .. high - 1) {
            assert(db.fate[i] == 0);                    /* no fate twice */
            db.fate[i] = its_decision;
            ever[i] = ever[i] | its_decision
        }
        db.next = high;
        if
        :: its_acked > db.emitted && its_acked <= db.next -> db.emitted = its_acked
        :: else
        fi;
        check_database()
    :: else
    fi
}

/* A commit of the group's offset with metadata, acknowledged; refused (ok is false) from one that is no member.
 * src/kafka/offsets.c: offsets_commit */
inline group_commit(me)
{
    ok = member[me];
    if
    :: ok ->
        group_epoch = w[me].epoch;
        group_next = w[me].next;
        group_offset = w[me].acked;
        assert(group_offset <= group_next);             /* I7 */
        assert(failed_over || group_next <= db.next)
    :: else
    fi
}

/* src/kafka/producer.c: sink_purge, and ring_begin */
inline purge(me)
{
    w[me].sent = w[me].acked;
    for (i : 0 .. N - 1) {
        w[me].queue[i] = 0
    }
}

inline clear_batch(me)
{
    w[me].to = 0;
    w[me].decision = 0
}

inline clear_position(me)
{
    w[me].taken = false;
    w[me].epoch = 0;
    w[me].next = 0;
    w[me].acked = 0
}

inline forget(me)
{
    clear_position(me);
    clear_batch(me);
    fresh[me] = false;
    lost[me] = false;
    purge(me)
}

/* Out of the group, whose partition is free again. */
inline quit(me)
{
    member[me] = false;
    if
    :: owner == me -> owner = NOBODY; revoking = false
    :: else
    fi
}

inline enqueue(me, from, upto, what)
{
    for (i : from .. upto - 1) {
        w[me].queue[i] = what
    }
    w[me].sent = upto
}

#ifdef NO_BUMP /* nothing can be told by epochs then */
#define AHEAD(me) (group_offset > w[me].next || group_next > w[me].next)
#else
#define AHEAD(me) (group_offset > w[me].next || group_next > w[me].next || group_epoch >= w[me].epoch)
#endif
#ifdef NO_SECOND_LOOK
#define STILL_OURS(me) true
#else
#define STILL_OURS(me) (db.epoch == w[me].epoch) /* else a later owner has said it */
#endif
#define ASKED(me) (lost[me] || (revoking && owner == me))

proctype working(bit me)
{
end:
    do
    /* step_join.c: step_join, serve. A poll joins; the assignment is told. */
    :: atomic { w[me].at == JOIN && !member[me] && !lost[me] ->
        member[me] = true;
        revoking = (owner != NOBODY) }
    :: atomic { w[me].at == JOIN && owner == me && fresh[me] && !revoking -> w[me].at = TAKE }
    :: atomic { w[me].at == JOIN && ASKED(me) -> w[me].at = SETTLE }

    /* step_join.c: step_take; pg/store_take.c: store_take, sql/take.sql. A new epoch, the position under lock. */
    :: atomic { w[me].at == TAKE ->
        clear_position(me);
        clear_batch(me);
        purge(me);
        broken[me] = false;
#ifndef NO_BUMP
        db.epoch++;
#endif
        takes++;
        assert(takes <= OTHERS_MOST + 3 * FAULTS);      /* no two workers fence each other for ever */
        holder = me;
        if
        :: w[me].epoch = db.epoch;
           w[me].next = db.next;
           w[me].acked = db.emitted;
           w[me].sent = db.emitted;
           w[me].at = COMPARE
        :: faults > 0 -> faults--; w[me].at = BACKOFF   /* its reply is lost */
        fi }

    /* step_join.c: agree. What the group knows against what the database says. */
    :: atomic { w[me].at == COMPARE ->
#ifdef NO_WAIT_TO_COMPARE
        w[me].taken = true;
        fresh[me] = false;
#endif
        if
#ifndef NO_COMPARE
        :: AHEAD(me) && STILL_OURS(me) ->
           assert(failed_over);                         /* no false alarm */
           forget(me);
           quit(me);
           w[me].at = HALTED
        :: AHEAD(me) && !STILL_OURS(me) -> w[me].at = LEAVE
        :: !AHEAD(me) ->
#else
        ::
#endif
           w[me].taken = true;
           fresh[me] = false;
           w[me].at = RESEND
        :: faults > 0 -> faults--; w[me].at = BACKOFF   /* no answer from the broker */
        fi }

    /* step_join.c: step_resend. The group hears of the epoch, then what is stored and not told is told. */
    :: atomic { w[me].at == RESEND ->
        group_commit(me);
        w[me].at = (ok -> SEND : LEAVE) }
    :: atomic { w[me].at == SEND ->
#ifndef NO_RESEND
        for (i : w[me].acked .. w[me].next - 1) {
#ifdef NO_STORED_BYTES
            w[me].queue[i] = 3 - db.fate[i]             /* decided again, later */
#else
            w[me].queue[i] = db.fate[i]                 /* pg/store_unsent.c: store_unsent */
#endif
        }
        w[me].sent = w[me].next;
#else
        w[me].acked = w[me].next;
        w[me].sent = w[me].next;
#endif
        w[me].at = CONSUME }

    /* step_consume.c, step_decide.c: a batch, decided. */
    :: atomic { w[me].at == CONSUME && w[me].next < N ->
        select(i : w[me].next + 1 .. N);
        w[me].to = i;
        w[me].decision = (tried[w[me].next] -> 2 : 1);
        for (i : w[me].next .. w[me].to - 1) {
            tried[i] = true
        }
#ifdef NO_WAIT_FOR_WRITE
        enqueue(me, w[me].next, w[me].to, w[me].decision);
#endif
        w[me].at = WRITE }
    /* step_consume.c: mark_emitted; pg/sql/emitted.sql. (Under load the next batch carries the mark.) */
    :: atomic { w[me].at == CONSUME && w[me].next == N && w[me].acked > db.emitted ->
        if
        :: db.epoch != w[me].epoch -> w[me].at = LEAVE
        :: db.epoch == w[me].epoch && w[me].acked > db.next ->
           assert(failed_over);                         /* constraint progress_order: ERR_HALT */
           forget(me);
           quit(me);
           w[me].at = HALTED
        :: else ->
           db.emitted = (w[me].acked > db.emitted -> w[me].acked : db.emitted);
           check_database();
           group_commit(me);
           w[me].at = (ok -> CONSUME : LEAVE)
        fi }
    :: atomic { w[me].at == CONSUME && ASKED(me) -> w[me].at = SETTLE }
    /* pg/session.c: lost. Noticed with the next record at the latest. */
    :: atomic { w[me].at == CONSUME && broken[me] -> w[me].at = BACKOFF }

    /* step_store.c: step_write; pg/store_write.c: store_write. Only by the session that took the partition: after failing
     * over an epoch may come a second time. */
#ifndef NO_SESSION
    :: atomic { w[me].at == WRITE && broken[me] -> clear_batch(me); w[me].at = BACKOFF }
    :: atomic { w[me].at == WRITE && !broken[me] ->
#else
    :: atomic { w[me].at == WRITE ->
#endif
        if
        :: store(me, w[me].epoch, w[me].next, w[me].to, w[me].decision, w[me].acked);
           if
           :: ok ->
              w[me].next = w[me].to;
              w[me].at = COMMIT
           :: else -> w[me].at = LEAVE
           fi
        :: faults > 0 && !late.is ->                    /* its reply is lost: done, to be done, or never */
           faults--;
           late.is = true;
           late.by = me;
           late.epoch = w[me].epoch;
           late.from = w[me].next;
           late.to = w[me].to;
           late.decision = w[me].decision;
#ifdef NO_DOUBT
           w[me].next = w[me].to;
           w[me].at = COMMIT
#else
           clear_batch(me);
           w[me].at = BACKOFF
#endif
        fi }

    /* step_store.c: step_commit, step_emit; kafka/producer.c: sink_send. The group knows `next` before any output of the batch
     * is handed to the producer; from there it goes whenever it goes. */
    :: atomic { w[me].at == COMMIT ->
        if
#ifdef NO_METADATA
        :: ok = true;
#else
        :: group_commit(me);
#endif
#ifdef NO_REFUSAL
           ok = true;
#endif
           if
           :: ok ->
              enqueue(me, w[me].sent, w[me].to, w[me].decision);
#ifdef NO_ACKNOWLEDGEMENT
              w[me].acked = w[me].sent;
#endif
              clear_batch(me);
              w[me].at = CONSUME
           :: else -> w[me].at = LEAVE
           fi
        :: faults > 0 -> faults--; group_commit(me); clear_batch(me); w[me].at = BACKOFF
        :: faults > 0 -> faults--; clear_batch(me); w[me].at = BACKOFF
        fi }

    /* step_leave.c: step_settle; pg/store_take.c: store_emitted; kafka/consumer.c: source_stop */
    :: atomic { w[me].at == SETTLE ->
        if
        :: w[me].taken && db.epoch == w[me].epoch && w[me].acked <= db.next ->
           db.emitted = (w[me].acked > db.emitted -> w[me].acked : db.emitted);
           check_database();
           group_commit(me)
        :: true                                         /* unsettled: the next owner sends again */
        fi;
        if
        :: owner == me && !lost[me] -> owner = NOBODY; revoking = false
        :: else
        fi;
        forget(me);
        w[me].at = JOIN }

    /* step_leave.c: step_leave. One that is fenced leaves the group and joins again. */
    :: atomic { w[me].at == LEAVE ->
#ifdef NO_REJOIN
        w[me].at = TAKE
#else
        quit(me);
        forget(me);
        w[me].at = JOIN
#endif
        }

    /* step_join.c: step_backoff, then step_join: what was taken proves its membership by a commit. */
    :: atomic { w[me].at == BACKOFF ->
        if
        :: ASKED(me) -> w[me].at = SETTLE
        :: else ->
           if
           :: w[me].taken ->
              group_commit(me);
              w[me].at = (ok -> TAKE : LEAVE)
           :: else -> w[me].at = TAKE
           fi
        fi }
    od
}

/* Brokers, servers, networks, the operating system. */
proctype world()
{
end:
    do
    /* The group gives the partition to one of its members. */
    :: atomic { owner == NOBODY && (member[0] || member[1]) ->
        if
        :: member[0] -> owner = 0
        :: member[1] -> owner = 1
        fi;
        fresh[owner] = true }

    /* An output arrives and is acknowledged. */
    :: atomic { w[0].sent > w[0].acked || w[1].sent > w[1].acked ->
        if
        :: w[0].sent > w[0].acked -> who = 0
        :: w[1].sent > w[1].acked -> who = 1
        fi;
        i = w[who].acked;
        if
        :: w[who].queue[i] != 0 ->
           assert((ever[i] & w[who].queue[i]) != 0);            /* I12: of what was stored only */
           assert(told[i] == 0 || told[i] == w[who].queue[i]);  /* I9: never another decision of it */
           assert(i == 0 || told[i - 1] != 0);                  /* I8: in source order */
           told[i] = w[who].queue[i];
           w[who].queue[i] = 0
        :: else
        fi;
        w[who].acked++ }

    /* The write that was given up is done after all, or never. */
    :: atomic { late.is ->
        if
        :: store(late.by, late.epoch, late.from, late.to, late.decision, 0)
        :: true
        fi;
        late.is = false;
        late.by = 0;
        late.epoch = 0;
        late.from = 0;
        late.to = 0;
        late.decision = 0 }

    /* Faults. */

    /* kill -9; started again it is a member anew. */
    :: atomic { faults > 0 ->
        select(i : 0 .. 1);
        who = i;
        if
        :: w[who].at != HALTED ->
           faults--;
           quit(who);
           forget(who);
           w[who].at = JOIN
        :: else
        fi }

    /* The session of a frozen owner times out. */
    :: atomic { faults > 0 && owner != NOBODY ->
        faults--;
        lost[owner] = true;
        who = owner;
        quit(who) }

    /* A standby that lags takes the primary's place. */
    :: atomic { faults > 0 && !replication_ended && !failed_over ->
        replication_ended = true;
        replica.epoch = db.epoch;
        replica.next = db.next;
        replica.emitted = db.emitted;
        for (i : 0 .. N - 1) {
            replica.fate[i] = db.fate[i]
        }
        i = 0 }
    :: atomic { faults > 0 && replication_ended ->
        faults--;
        replication_ended = false;
        failed_over = true;
        broken[0] = true;
        broken[1] = true;
        db.epoch = replica.epoch;
        db.next = replica.next;
        db.emitted = replica.emitted;
        for (i : 0 .. N - 1) {
            db.fate[i] = replica.fate[i];
            replica.fate[i] = 0
        }
        replica.epoch = 0;
        replica.next = 0;
        replica.emitted = 0;
        late.is = false;
        late.by = 0;
        late.epoch = 0;
        late.from = 0;
        late.to = 0;
        late.decision = 0 }

    /* No more of them: what then? */
    :: atomic { faults > 0 -> faults = 0; replication_ended = false }
    od
}

/* When nothing can move any more, everything is decided and told, or both have halted over a database that lost commits. */
proctype finish()
{
end:
    do
    :: atomic { timeout ->
        if
        :: w[0].at == HALTED && w[1].at == HALTED -> assert(failed_over)
        :: else ->
           assert(db.next == N && db.emitted == N);
           for (i : 0 .. N - 1) {
               assert(told[i] == db.fate[i])
           }
        fi;
        break }
    od
}

init
{
    atomic {
        run working(0);
        run working(1);
        run world();
        run finish()
    }
}
