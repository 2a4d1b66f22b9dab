/* Goal: keys fall where Java's producers put them; the values are those of Kafka's own UtilsTest
 * and DefaultPartitioner. */

#include "mentor/core/partition.h"

#include "support/test.h"

struct sample {
    const char *key;
    uint32_t hash; /* Utils.murmur2, from Kafka's UtilsTest.testMurmur2 */
};

static struct sample samples[] = {
    {"21", (uint32_t)-973932308},
    {"foobar", (uint32_t)-790332482},
    {"a-little-bit-long-string", (uint32_t)-985981536},
    {"a-little-bit-longer-string", (uint32_t)-1486304829},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", (uint32_t)-58897971},
};

static void a_key_falls_where_java_puts_it(void **state)
{
    const struct sample *sample = *state;
    for (int32_t count = 1; count < 100; count++) {
        assert_int_equal(partition_of_key(bytes_text(sample->key), count),
                         (int32_t)(sample->hash & 0x7fffffff) % count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_key_falls_where_java_puts_it, &samples[0]),
        cmocka_unit_test_prestate(a_key_falls_where_java_puts_it, &samples[1]),
        cmocka_unit_test_prestate(a_key_falls_where_java_puts_it, &samples[2]),
        cmocka_unit_test_prestate(a_key_falls_where_java_puts_it, &samples[3]),
        cmocka_unit_test_prestate(a_key_falls_where_java_puts_it, &samples[4]),
    };
    return cmocka_run_group_tests_name("core/partition", tests, NULL, NULL);
}
