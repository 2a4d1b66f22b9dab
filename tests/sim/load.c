#include "load.h"

#include <stdio.h>

#include "sim.h"
#include "support/facts.h"
#include "support/letter.h"

enum {
    CITIZENS = 4,
    APPLICATIONS = 6,
    RECORDS_LEAST = 4,
    RECORDS_MOST = 28,
    HEADERS = 5,
};

/* Citizens who belong to nobody (rules.md section 5). Of their keys some move between old
 * partitions from 2 to 3 and from 3 to 4, and to a new one from 2 to 4. */
static const char *const cprs[CITIZENS] = {"1403760101", "2305941102", "0811024101", "1902681101"};
static const char *const keys[CITIZENS] = {"citizen-1", "citizen-8", "citizen-9", "citizen-15"};
static const char *const periods[][2] = {
    {"2026-03-09", "2026-06-07"},
    {"2026-03-16", "2026-05-10"},
    {"2026-04-13", "2026-06-28"},
    {"2026-09-07", "2026-11-29"},
};

static struct {
    uint32_t versions[APPLICATIONS];
    uint32_t citizens[APPLICATIONS];
    struct log_entry *records[RECORDS_MOST];
    uint32_t record_count;
    uint32_t event_count;
    bool cross; /* citizens are found in more than one partition */
} load;

const struct hmac_key *load_citizen_key(void)
{
    static struct hmac_key key;
    static bool made;
    if (!made) {
        hmac_key_init(&key, bytes_text("secret"));
        made = true;
    }
    return &key;
}

const struct rulebook *load_rulebook(void)
{
    return facts_rulebook();
}

static struct bytes event_id(uint32_t number)
{
    char text[16];
    int size = snprintf(text, sizeof(text), "e-%u", number);
    return sim_keep(bytes_of(text, (size_t)size));
}

static void add_headers(struct record *record, struct bytes id)
{
    struct header *headers = sim_alloc(HEADERS * sizeof(*headers));
    headers[0] = (struct header){bytes_text("ce_specversion"), bytes_text("1.0")};
    headers[1] = (struct header){bytes_text("ce_id"), id};
    headers[2] = (struct header){bytes_text("ce_source"), bytes_text("urn:oio:cvr-nr:64502018")};
    headers[3] =
        (struct header){bytes_text("ce_type"), bytes_text("dk.mentor.application.submitted.v1")};
    headers[4] = (struct header){bytes_text("content-type"), bytes_text("application/protobuf")};
    record->headers = headers;
    record->header_count = HEADERS;
}

/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
static struct bytes value_of(uint32_t application, uint32_t citizen, uint32_t version)
{
    static struct proto proto;
    static char id[] = "3f2504e0-4f89-41d3-9a0c-0305e82c3300";
    struct content content = content_default();
    uint32_t period = sim_below(sizeof(periods) / sizeof(periods[0]));
    id[sizeof(id) - 2] = (char)('0' + application);
    content.id = id;
    content.version = version;
    content.cpr = cprs[citizen];
    content.minutes = 120 + 30 * sim_below(4);
    content.start = periods[period][0];
    content.end = periods[period][1];
    return sim_keep(content_write(&content, &proto));
}

/* A new event of an application: mostly its next version. */
static void new_event(struct log_entry *entry, uint32_t application)
{
    uint32_t citizen = load.citizens[application];
    uint32_t version = ++load.versions[application];
    if (load.cross && sim_one_in(6)) {
        citizen = sim_below(CITIZENS); /* a corrected CPR */
    }
    if (version > 1 && sim_one_in(6)) {
        version -= 1 + sim_below(version - 1); /* one that comes late, or conflicts */
    }
    entry->cpr = cprs[citizen];
    entry->record = (struct record){
        .has_key = true,
        .key = bytes_text(keys[citizen]),
        .has_value = true,
        .value = value_of(application, citizen, version),
    };
    add_headers(&entry->record, event_id(++load.event_count));
}

/* What came before, again: the same event, its content under another id, or its id with other
 * content. */
static void old_event(struct log_entry *entry, uint32_t application)
{
    *entry = *load.records[sim_below(load.record_count)];
    entry->poison = false;
    switch (sim_below(4)) {
    case 0:
        add_headers(&entry->record, event_id(++load.event_count));
        break;
    case 1:
        entry->record.value = value_of(application, load.citizens[application], 1);
        entry->cpr = cprs[load.citizens[application]];
        break;
    default:
        break;
    }
}

static struct log_entry *make(void)
{
    struct log_entry *entry = sim_alloc(sizeof(*entry));
    uint32_t application = sim_below(APPLICATIONS);
    if (load.record_count > 0 && sim_one_in(5)) {
        old_event(entry, application);
    } else {
        new_event(entry, application);
        entry->poison = sim_one_in(16) && !sim.plot.calm;
    }
    if (sim_one_in(14)) { /* what nobody can read */
        if (sim_one_in(2)) {
            entry->record.value = bytes_text("\xff\xff\xff no protobuf");
            entry->cpr = NULL;
        } else {
            entry->record.header_count = 3;
        }
    }
    load.records[load.record_count++] = entry;
    return entry;
}

static void append(void *what, uint64_t unused)
{
    static const struct log_entry hole = {.hole = true};
    const struct log_entry *entry = what;
    (void)unused;
    uint32_t partition =
        load.cross ? sim_below(sim.broker.partition_count) : growth_place(entry->record.key);
    sim.broker.appended++;
    if (sim.broker.log[partition].high > BROKER_OFFSETS - 3) {
        return; /* no room, with a hole behind it */
    }
    broker_append(partition, entry);
    sim.counts.records++;
    if (sim_one_in(6)) {
        sim_count(FAULT_HOLE);
        broker_append(partition, &hole);
    }
}

bool load_ordered(void)
{
    return !load.cross;
}

void load_begin(int64_t until_us)
{
    uint32_t count = RECORDS_LEAST + sim_below(RECORDS_MOST - RECORDS_LEAST);
    uint32_t citizens = 1 + sim_below(CITIZENS);
    memset(&load, 0, sizeof(load));
    load.cross = sim_one_in(2);
    for (uint32_t i = 0; i < APPLICATIONS; i++) {
        load.citizens[i] = sim_below(citizens);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct log_entry *entry = make();
        sim.broker.planned++;
        sim_at(sim_one_in(2) ? 0 : sim_between(0, until_us), append, entry, 0);
    }
}
