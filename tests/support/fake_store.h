#ifndef TESTS_SUPPORT_FAKE_STORE_H
#define TESTS_SUPPORT_FAKE_STORE_H

/* The store of fake_ports.h. */

#include "mentor/port/store.h"

struct store fake_store(void);

/* Appends to a text of WORLD_TEXT bytes. */
__attribute__((format(printf, 2, 3))) void append(char *text, const char *format, ...);

#endif /* TESTS_SUPPORT_FAKE_STORE_H */
