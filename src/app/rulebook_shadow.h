#ifndef MENTOR_SRC_APP_RULEBOOK_SHADOW_H
#define MENTOR_SRC_APP_RULEBOOK_SHADOW_H

/* `mentord rulebook shadow`: what candidates would have decided. The exit code. */

struct context;

int rulebook_shadow(struct context *context);

#endif /* MENTOR_SRC_APP_RULEBOOK_SHADOW_H */
