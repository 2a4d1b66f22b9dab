#include "mentor/wire/service.h"

#include <mentor/v1/service.pb-c.h>

static const ProtobufCServiceDescriptor *const service =
    &mentor__v1__mentor_grant_service__descriptor;

int32_t service_method(struct bytes path)
{
    size_t prefix = strlen(service->name);
    char name[64];
    if (path.size < prefix + 2 || path.data[0] != '/' || path.data[prefix + 1] != '/' ||
        memcmp(path.data + 1, service->name, prefix) != 0) {
        return -1;
    }
    size_t size = path.size - prefix - 2;
    if (size >= sizeof(name)) {
        return -1;
    }
    memcpy(name, path.data + prefix + 2, size);
    name[size] = '\0';
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(service, name);
    return method == NULL || strlen(name) != size ? -1 : (int32_t)(method - service->methods);
}

uint32_t service_method_count(void)
{
    return service->n_methods;
}

const char *service_method_name(uint32_t method)
{
    CHECK(method < service->n_methods);
    return service->methods[method].name;
}
