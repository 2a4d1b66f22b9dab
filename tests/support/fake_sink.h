#ifndef TESTS_SUPPORT_FAKE_SINK_H
#define TESTS_SUPPORT_FAKE_SINK_H

/* The sink of fake_ports.h. */

#include "mentor/port/sink.h"

struct sink fake_sink(void);

#endif /* TESTS_SUPPORT_FAKE_SINK_H */
