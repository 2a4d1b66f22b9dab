/* I11: a redriven record closes the row of quarantine that it names. */

#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "rejudge.h"

/* topic/partition/offset, as the DLQ's events are called. */
static bool parse(struct bytes text, struct bytes *topic, int32_t *partition, int64_t *offset)
{
    char copy[400];
    if (text.size >= sizeof(copy) || !bytes_plain_text(text)) {
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    char *last = strrchr(copy, '/');
    char *end = NULL;
    if (last == NULL) {
        return false;
    }
    *last = '\0';
    *offset = strtoll(last + 1, &end, 10);
    char *first = strrchr(copy, '/');
    if (first == NULL || *end != '\0' || end == last + 1) {
        return false;
    }
    *partition = (int32_t)strtol(first + 1, &end, 10);
    *topic = bytes_of(text.data, (size_t)(first - copy));
    return *end == '\0' && end != first + 1;
}

void audit_redrive(struct audit_job *job,
                   const struct rejudged *made,
                   const struct audit_place *place)
{
    struct audit *audit = job->audit;
    const struct header *header = record_header(&made->record, "mentor-redrive-of");
    struct bytes topic;
    int32_t partition = 0;
    struct audit_redrive redrive = {.place = *place};
    if (audit->locating || header == NULL ||
        !parse(header->value, &topic, &partition, &redrive.offset)) {
        return;
    }
    const struct audit_position *position = audit_position_named(audit, topic, partition);
    if (position == NULL) {
        return; /* anybody can write a header */
    }
    redrive.progress_id = position->id;
    redrive.place.application = NULL;
    memcpy(redrive.input, made->request.input_digest, SHA256_SIZE);
    (void)pthread_mutex_lock(&audit->mutex);
    if (audit->redrive_count == audit->redrive_capacity) {
        audit->redrive_capacity = audit->redrive_capacity == 0 ? 256 : 2 * audit->redrive_capacity;
        audit->redrives =
            realloc(audit->redrives, audit->redrive_capacity * sizeof(*audit->redrives));
        CHECK(audit->redrives != NULL);
    }
    audit->redrives[audit->redrive_count++] = redrive;
    (void)pthread_mutex_unlock(&audit->mutex);
}

/* The header is believed when the row holds the same value; then it is closed with the decision. */
bool audit_redrives(struct audit *audit, struct err *err)
{
    int64_t checked[INVARIANT_COUNT] = {[INVARIANT_I11] = (int64_t)audit->redrive_count};
    for (size_t i = 0; i < audit->redrive_count; i++) {
        const struct audit_redrive *redrive = &audit->redrives[i];
        const struct chronicle_refusal *row = NULL;
        uint32_t count = 1;
        if (!audit->chronicle.refusals(audit->chronicle.self,
                                       redrive->progress_id,
                                       redrive->offset - 1,
                                       &row,
                                       &count,
                                       err)) {
            return false;
        }
        if (count == 0 || row->progress_id != redrive->progress_id ||
            row->stored.offset != redrive->offset || row->state != QUARANTINE_OPEN ||
            row->payload.state != PAYLOAD_WHOLE) {
            continue;
        }
        uint8_t digest[SHA256_SIZE];
        sha256_of(row->stored.value, digest);
        if (memcmp(digest, redrive->input, SHA256_SIZE) == 0) {
            audit_breach(&audit->report,
                         INVARIANT_I11,
                         &redrive->place,
                         "it is the redriven record of offset %lld, whose row is open still",
                         (long long)redrive->offset);
        }
    }
    audit_report_add(&audit->report, checked, 0);
    return true;
}
