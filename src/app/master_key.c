#include "mentor/app/master_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>

#include "mentor/app/options.h"
#include "mentor/base/err.h"

enum {
    HEX_SIZE = 2 * SEAL_KEY_SIZE,
    READ_MOST = HEX_SIZE + 2, /* a newline, and one byte more than may be there */
};

/* Of the open file, so that it is the one that is read. */
static bool is_ours_alone(FILE *file, const char *path, struct err *err)
{
    struct stat facts;
    if (fstat(fileno(file), &facts) != 0) {
        return err_set(err, ERR_FATAL, "%s: cannot be looked at: %s", path, strerror(errno));
    }
    return (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0 ||
           err_set(err,
                   ERR_FATAL,
                   "%s: the master key may be read by its owner alone: chmod 400 it",
                   path);
}

static bool parse(const char *text, size_t size, uint8_t key[SEAL_KEY_SIZE])
{
    if (size == SEAL_KEY_SIZE) {
        memcpy(key, text, SEAL_KEY_SIZE);
        return true;
    }
    return (size == HEX_SIZE || (size == HEX_SIZE + 1 && text[HEX_SIZE] == '\n')) &&
           hex_decode(text, SEAL_KEY_SIZE, key);
}

bool master_key_of(const struct options *options,
                   enum option_id option,
                   uint8_t key[SEAL_KEY_SIZE],
                   bool *given,
                   struct err *err)
{
    const char *path = options->values[option];
    char text[READ_MOST];
    *given = path != NULL;
    if (path == NULL) {
        return true;
    }
    if (strlen(path) == HEX_SIZE && hex_decode(path, SEAL_KEY_SIZE, key)) {
        seal_wipe(key, SEAL_KEY_SIZE);
        return err_set(err,
                       ERR_FATAL,
                       "--%smaster-key-file: that is a key, not the file that holds it; it has "
                       "been in a process list or an environment now, so make another one",
                       option == OPTION_NEW_MASTER_KEY_FILE ? "new-" : "");
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return err_set(err, ERR_FATAL, "%s: cannot be read: %s", path, strerror(errno));
    }
    (void)setvbuf(file, NULL, _IONBF, 0); /* no copy in a buffer of libc's */
    bool done = is_ours_alone(file, path, err);
    size_t size = done ? fread(text, 1, sizeof(text), file) : 0;
    if (done && (ferror(file) != 0 || !parse(text, size, key))) {
        done = err_set(err, ERR_FATAL, "%s: a master key is 32 bytes, or 64 hex digits", path);
    }
    seal_wipe(text, sizeof(text));
    (void)fclose(file);
    return done;
}
