#ifndef MENTOR_SRC_APP_AUDIT_TOOLS_H
#define MENTOR_SRC_APP_AUDIT_TOOLS_H

/* Private to app/: `mentord audit` beside verify, each with its operand; the exit code. */

struct context;

/* audit_sign.c: keys, and anchors signed by them. */
int audit_keygen(struct context *context, const char *path);
int audit_sign(struct context *context, const char *path);
/* audit_prove.c: one application's decisions, and what is said of them checked with no database. */
int audit_prove(struct context *context, const char *application);
int audit_check_proof(struct context *context, const char *path);

#endif /* MENTOR_SRC_APP_AUDIT_TOOLS_H */
