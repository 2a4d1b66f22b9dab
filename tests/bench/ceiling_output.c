#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mentor/base/check.h"
#include "mentor/base/uuid.h"

#include "ceiling.h"

enum {
    LINE_MAX_SIZE = 65536,
    SAMPLES_MAX = 4096,
};

static void add_sample(struct samples *samples, const char *line)
{
    size_t size = (strcspn(line, "\n") - 2) / 2;
    uint8_t *output = malloc(size + 1);
    CHECK(output != NULL);
    CHECK(hex_decode(line + 2, size, output));
    samples->items[samples->count++] = (struct sample){
        .approved = line[0] == '1',
        .output = bytes_of(output, size),
    };
}

bool samples_load(struct samples *samples, const char *path, struct err *err)
{
    static char line[LINE_MAX_SIZE];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return err_set(err, ERR_FATAL, "%s: %s", path, strerror(errno));
    }
    samples->items = calloc(SAMPLES_MAX, sizeof(*samples->items));
    CHECK(samples->items != NULL);
    while (samples->count < SAMPLES_MAX && fgets(line, sizeof(line), file) != NULL) {
        if (strlen(line) > 2) {
            add_sample(samples, line);
        }
    }
    (void)fclose(file);
    return samples->count > 0 || err_set(err, ERR_FATAL, "%s: no lines of `0|1 HEX`", path);
}

void samples_release(struct samples *samples)
{
    for (uint32_t i = 0; i < samples->count; i++) {
        free((void *)(uintptr_t)samples->items[i].output.data); /* NOLINT */
    }
    free(samples->items);
    *samples = (struct samples){.items = NULL};
}

static struct header header(const char *name, struct bytes value)
{
    return (struct header){.name = bytes_text(name), .value = value};
}

/* The names and sizes of src/app/outcome.c. */
static bool send_decision(struct ceiling *ceiling, const struct batch_decision *decision)
{
    const struct batch_entry *entry = &ceiling->batch.entries[decision->entry];
    char id[UUID_TEXT_SIZE + 1] = "0197a3c2-5d4e-7f10-8a2b-000000000000";
    char subject[UUID_TEXT_SIZE + 1] = "5d4e97a3-5d4e-4f10-8a2b-000000000000";
    hex_encode(decision->decision_id, 4, id);
    hex_encode(decision->decision_id + 4, 6, id + 24);
    hex_encode(decision->application_id, 4, subject);
    hex_encode(decision->application_id + 4, 6, subject + 24);
    struct header headers[] = {
        header("ce_specversion", bytes_text("1.0")),
        header("ce_id", bytes_of(id, UUID_TEXT_SIZE)),
        header("ce_source", bytes_text("mentord")),
        header("ce_type", bytes_text("dk.mentor.application.approved.v1")),
        header("ce_subject", bytes_of(subject, UUID_TEXT_SIZE)),
        header("ce_time", bytes_text("2026-03-02T09:00:00.123Z")),
        header("content-type", bytes_text("application/protobuf")),
        header("mentor-seq", bytes_text("1")),
        header("grpc-status", bytes_text("0")),
        header("grpc-message", bytes_text("")),
    };
    struct record record = {
        .partition = entry->record->partition,
        .offset = entry->offset,
        .has_key = true,
        .key = entry->record->key,
        .has_value = true,
        .value = decision->output,
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
    };
    return ceiling->sink.send(ceiling->sink.self, &record, false, &ceiling->err);
}

bool ceiling_send(struct ceiling *ceiling)
{
    const struct batch *batch = &ceiling->batch;
    for (uint32_t i = 0; i < batch->decision_count; i++) {
        if (!send_decision(ceiling, &batch->decisions[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < batch->range_count; i++) {
        const struct batch_range *range = &batch->ranges[i];
        int32_t partition = ceiling->positions[range->slot].partition;
        if (!ceiling->sink.sent(ceiling->sink.self, partition, range->to, &ceiling->err)) {
            return false;
        }
    }
    return true;
}
