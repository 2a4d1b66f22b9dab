#ifndef MENTOR_SRC_APP_STATUS_RULEBOOK_H
#define MENTOR_SRC_APP_STATUS_RULEBOOK_H

/* Which rulebook decides, as `mentord status` says it: of the newest batch of all, and of each
 * partition's. */

#include "mentor/port/archive.h"
#include "mentor/wire/json.h"

/* One line, and one more for each partition whose newest batch has another. */
void status_rulebook_text(const struct archived_status *status, struct text *out);
/* "rulebook":{…}, with its comma. */
void status_rulebook_json(const struct archived_status *status, struct text *out);
/* "rulebook":"HEX", with its comma; null for a partition without a batch. */
void status_rulebook_json_of(const struct archived_position *position, struct text *out);

#endif /* MENTOR_SRC_APP_STATUS_RULEBOOK_H */
