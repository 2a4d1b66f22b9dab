#include "mentor/app/rulebook_file.h"

#include <stdlib.h>

#include "mentor/app/command.h"
#include "mentor/base/err.h"
#include "mentor/rulebook/load.h"

struct rulebook *rulebook_of(const struct context *context, struct err *err)
{
    const char *path = context->options.values[OPTION_RULEBOOK];
    return rulebook_open(path != NULL ? path : context->rulebook, NULL, err);
}

bool citizen_key_of(const struct context *context,
                    bool fallback,
                    struct hmac_key *key,
                    struct err *err)
{
    const char *path = context->options.values[OPTION_CITIZEN_SECRET_FILE];
    if (path != NULL) {
        size_t size = 0;
        char *secret = options_read_file(path, &size, err);
        if (secret == NULL) {
            return false;
        }
        size -= size > 0 && secret[size - 1] == '\n';
        bool empty = size == 0;
        hmac_key_init(key, bytes_of(secret, size));
        memset(secret, 0, size);
        free(secret);
        return !empty || err_set(err, ERR_FATAL, "%s: the citizen secret is empty", path);
    }
    const char *secret = getenv("MENTORD_CITIZEN_SECRET"); /* NOLINT(concurrency-mt-unsafe) */
    if (secret == NULL || secret[0] == '\0') {
        if (!fallback) {
            return err_set(
                err,
                ERR_FATAL,
                "no citizen secret: set MENTORD_CITIZEN_SECRET or --citizen-secret-file; "
                "citizens are pseudonymised with it");
        }
        (void)fputs(
            "mentord: no citizen secret is set; citizen_ref is made with the key mentord-dev\n",
            stderr);
        secret = "mentord-dev";
    }
    hmac_key_init(key, bytes_text(secret));
    return true;
}

bool citizen_key_if_any(const struct context *context,
                        struct hmac_key *key,
                        bool *any,
                        struct err *err)
{
    const char *secret = getenv("MENTORD_CITIZEN_SECRET"); /* NOLINT(concurrency-mt-unsafe) */
    *any = context->options.values[OPTION_CITIZEN_SECRET_FILE] != NULL ||
           (secret != NULL && secret[0] != '\0');
    return !*any || citizen_key_of(context, false, key, err);
}
