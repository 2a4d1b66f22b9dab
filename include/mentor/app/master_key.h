#ifndef MENTOR_APP_MASTER_KEY_H
#define MENTOR_APP_MASTER_KEY_H

/* The master key that wraps the citizens' data keys (--master-key-file). */

#include <stdbool.h>
#include <stdint.h>

#include "mentor/app/options.h"
#include "mentor/base/check.h"
#include "mentor/base/seal.h"

struct err;

/*
 * `option`: --master-key-file or --new-master-key-file. Fills `key` when there is a file; *given
 * says so. The file holds 32 bytes, or 64 hex digits and at most a newline. ERR_FATAL for another
 * form, for a file that group or others may read, and for a setting that is the key itself; the
 * text never quotes the key.
 */
MUST_CHECK bool master_key_of(const struct options *options,
                              enum option_id option,
                              uint8_t key[SEAL_KEY_SIZE],
                              bool *given,
                              struct err *err);

#endif /* MENTOR_APP_MASTER_KEY_H */
