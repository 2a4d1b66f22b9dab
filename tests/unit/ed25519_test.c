/* Goal: a key is made once and kept close; what it signs is told from anything else; other files
 * are refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "mentor/base/ed25519.h"
#include "mentor/base/err.h"

#include "support/test.h"

struct place {
    char folder[64];
    char path[96];
    char public[128];
};

static int begin(void **state)
{
    static struct place place;
    (void)snprintf(place.folder, sizeof(place.folder), "/tmp/ed25519_test.XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.path, sizeof(place.path), "%s/key", place.folder);
    (void)snprintf(place.public, sizeof(place.public), "%s.pub", place.path);
    *state = &place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    (void)unlink(place->path);
    (void)unlink(place->public);
    return rmdir(place->folder);
}

static void a_signature_fits_what_was_signed_alone(void **state)
{
    const struct place *place = *state;
    struct err err = {.kind = ERR_NONE};
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    uint8_t ids[2][ED25519_ID_SIZE];
    assert_true(ed25519_make(place->path, &err));
    struct ed25519 *private = ed25519_open(place->path, false, &err);
    struct ed25519 *public = ed25519_open(place->public, true, &err);
    assert_non_null(private);
    assert_non_null(public);
    ed25519_id(private, ids[0]);
    ed25519_id(public, ids[1]);
    assert_memory_equal(ids[0], ids[1], ED25519_ID_SIZE);
    assert_true(ed25519_sign(private, bytes_text("this"), signature, &err));
    assert_true(ed25519_verify(public, bytes_text("this"), signature));
    assert_false(ed25519_verify(public, bytes_text("that"), signature));
    signature[5] ^= 1;
    assert_false(ed25519_verify(public, bytes_text("this"), signature));
    assert_false(ed25519_sign(public, bytes_text("this"), signature, &err));
    ed25519_close(&private);
    ed25519_close(&public);
    ed25519_close(&public);
}

static void a_key_is_for_its_owner_and_made_once(void **state)
{
    const struct place *place = *state;
    struct err err = {.kind = ERR_NONE};
    struct stat about;
    assert_true(ed25519_make(place->path, &err));
    assert_int_equal(stat(place->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_false(ed25519_make(place->path, &err));
    assert_int_equal(unlink(place->path), 0);
    assert_false(ed25519_make(place->path, &err)); /* its public half would be another's */
    assert_int_equal(access(place->path, F_OK), -1);
}

static void other_files_are_refused(void **state)
{
    const struct place *place = *state;
    struct err err = {.kind = ERR_NONE};
    assert_null(ed25519_open(place->path, false, &err));
    assert_true(ed25519_make(place->path, &err));
    assert_null(ed25519_open(place->path, true, &err));
    assert_non_null(strstr(err.text, "no public Ed25519 key"));
    assert_null(ed25519_open(place->public, false, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_signature_fits_what_was_signed_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_key_is_for_its_owner_and_made_once, begin, end),
        cmocka_unit_test_setup_teardown(other_files_are_refused, begin, end),
    };
    return cmocka_run_group_tests_name("ed25519", tests, NULL, NULL);
}
