#ifndef TESTS_SUPPORT_FAKE_CHECK_H
#define TESTS_SUPPORT_FAKE_CHECK_H

/* What a batch says of itself before fake_store.c takes it. */

#include "mentor/port/batch.h"

/* Fails the test where rows, outputs and records disagree. */
void fake_check(const struct batch *batch);

#endif /* TESTS_SUPPORT_FAKE_CHECK_H */
