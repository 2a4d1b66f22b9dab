/* Goal: what makes a producer's name ours alone survives whatever the group is called. */

#include "mentor/base/bytes.h"
#include "mentor/kafka/kafka.h"

#include "support/test.h"

enum {
    GROUP_MAX = 249,
    LIFE_MAX = 115,
};

struct named {
    char id[KAFKA_TRANSACTIONAL_ID_SIZE];
};

static struct named name(const char *group, const char *life, uint32_t lane)
{
    struct named named;
    struct kafka_settings settings = {.group = group, .lane = lane};
    kafka_transactional_id(&settings, life, named.id);
    return named;
}

/* As long as wiring.c makes them: a host, a process, a time. */
static const char *longest_life(char life[LIFE_MAX + 1], char last)
{
    memset(life, 'h', LIFE_MAX - 1);
    life[LIFE_MAX - 1] = last;
    life[LIFE_MAX] = '\0';
    return life;
}

static void a_short_group_is_named_whole(void **state)
{
    (void)state;
    assert_string_equal(name("mentord", "host/17/4ab", 2).id, "mentord/host/17/4ab/2");
}

static void a_long_group_leaves_lives_and_lanes_apart(void **state)
{
    (void)state;
    char group[GROUP_MAX + 1];
    char one[LIFE_MAX + 1];
    char other[LIFE_MAX + 1];
    memset(group, 'g', GROUP_MAX);
    group[GROUP_MAX] = '\0';
    struct named first = name(group, longest_life(one, '1'), UINT32_MAX);
    assert_true(strlen(first.id) < KAFKA_TRANSACTIONAL_ID_SIZE);
    assert_string_not_equal(first.id, name(group, longest_life(other, '2'), UINT32_MAX).id);
    assert_string_not_equal(first.id, name(group, one, UINT32_MAX - 1).id);
    assert_int_equal(strspn(first.id, "g"), 128);
    assert_string_equal(strstr(first.id, "1/4294967295"), "1/4294967295");
}

static void a_group_is_not_cut_in_a_character(void **state)
{
    (void)state;
    static const char euro[] = "\xe2\x82\xac"; /* 128 bytes end within one */
    char group[GROUP_MAX + 1] = "";
    for (size_t at = 0; at + 3 <= GROUP_MAX; at += 3) {
        memcpy(group + at, euro, 3);
    }
    struct named named = name(group, "host/17/4ab", 0);
    assert_true(bytes_utf8(bytes_text(named.id)));
    assert_int_equal(strlen(named.id), 126 + strlen("/host/17/4ab/0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_group_is_named_whole),
        cmocka_unit_test(a_long_group_leaves_lives_and_lanes_apart),
        cmocka_unit_test(a_group_is_not_cut_in_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
