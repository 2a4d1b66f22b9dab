#ifndef MENTOR_SRC_APP_RULEBOOK_CASES_H
#define MENTOR_SRC_APP_RULEBOOK_CASES_H

/*
 * Private to app/: a municipality's own cases against a rulebook. A case is a line as `decide`
 * takes it, evaluated at its own time, with the CloudEvents attribute `expect`: the outcome, the
 * rules found in their order, and the frame's total in øre when there is one ("APPROVED D02 L01
 * 893607"); or the gRPC status of a line that is not decided ("INVALID_ARGUMENT").
 */

struct context;
struct rulebook;

/* Prints what differs and a summary; returns the exit code. */
int rulebook_cases(struct context *context, const struct rulebook *rulebook, const char *path);

#endif /* MENTOR_SRC_APP_RULEBOOK_CASES_H */
