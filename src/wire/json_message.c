#include "json_message.h"

#include "mentor/v1/application.pb-c.h"
#include "mentor/v1/decision.pb-c.h"

#define S32(type)                                                                                  \
    [PROTOBUF_C_TYPE_##type] = {JSON_SHAPE_SIGNED, sizeof(int32_t), UINT64_C(1) << 31, INT32_MAX}
#define S64(type)                                                                                  \
    [PROTOBUF_C_TYPE_##type] = {JSON_SHAPE_SIGNED, sizeof(int64_t), UINT64_C(1) << 63, INT64_MAX}
#define U32(type) [PROTOBUF_C_TYPE_##type] = {JSON_SHAPE_UNSIGNED, sizeof(uint32_t), 0, UINT32_MAX}
#define U64(type) [PROTOBUF_C_TYPE_##type] = {JSON_SHAPE_UNSIGNED, sizeof(uint64_t), 0, UINT64_MAX}

static const struct json_type types[] = {
    S32(INT32),
    S32(SINT32),
    S32(SFIXED32),
    S64(INT64),
    S64(SINT64),
    S64(SFIXED64),
    U32(UINT32),
    U32(FIXED32),
    U64(UINT64),
    U64(FIXED64),
    [PROTOBUF_C_TYPE_BOOL] = {JSON_SHAPE_BOOL, sizeof(protobuf_c_boolean), 0, 0},
    [PROTOBUF_C_TYPE_ENUM] = {JSON_SHAPE_ENUM, sizeof(int32_t), UINT64_C(1) << 31, INT32_MAX},
    [PROTOBUF_C_TYPE_STRING] = {JSON_SHAPE_TEXT, sizeof(char *), 0, 0},
    [PROTOBUF_C_TYPE_BYTES] = {JSON_SHAPE_BYTES, sizeof(ProtobufCBinaryData), 0, 0},
    [PROTOBUF_C_TYPE_MESSAGE] = {JSON_SHAPE_MESSAGE, sizeof(ProtobufCMessage *), 0, 0},
};

const struct json_type *json_type_of(const ProtobufCFieldDescriptor *field)
{
    CHECK((size_t)field->type < sizeof(types) / sizeof(types[0]));
    CHECK(types[field->type].shape != JSON_SHAPE_NONE);
    return &types[field->type];
}

const ProtobufCMessageDescriptor *json_descriptor(enum json_message kind)
{
    return kind == JSON_APPLICATION ? &mentor__v1__application__descriptor
                                    : &mentor__v1__decision__descriptor;
}

bool json_name_presentable(const char *name)
{
    enum {
        NAME_MAX_SIZE = 40,
        NAME_MAX_DIGITS = 5,
    };
    size_t size = 0;
    size_t digits = 0;
    for (; name[size] != '\0'; size++) {
        char at = name[size];
        bool digit = at >= '0' && at <= '9';
        bool letter = (at >= 'a' && at <= 'z') || (at >= 'A' && at <= 'Z');
        digits += digit;
        if (size >= NAME_MAX_SIZE || !(letter || (size > 0 && (digit || at == '_')))) {
            return false;
        }
    }
    return size > 0 && digits <= NAME_MAX_DIGITS;
}
