#ifndef MENTOR_SRC_APP_ALLOCATIONS_H
#define MENTOR_SRC_APP_ALLOCATIONS_H

/* Private to app/: heap allocations of this thread so far, ours and every library's; -1 under a
 * sanitizer. */

#include <stdint.h>

int64_t allocations_count(void);

#endif /* MENTOR_SRC_APP_ALLOCATIONS_H */
