#ifndef MENTOR_WIRE_SERVICE_H
#define MENTOR_WIRE_SERVICE_H

/* The service's methods, from protobuf-c's generated service descriptor. */

#include <stdint.h>

#include "mentor/base/bytes.h"

/* Index of the method that `/mentor.v1.MentorGrantService/NAME` names, or -1. */
int32_t service_method(struct bytes path);
/* Methods in the descriptor; app/envelope.c pairs event types with them. */
uint32_t service_method_count(void);
/* The method's name; borrowed for ever. */
const char *service_method_name(uint32_t method);

#endif /* MENTOR_WIRE_SERVICE_H */
