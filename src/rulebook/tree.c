#include "tree.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "mentor/base/arena.h"
#include "mentor/base/check.h"

#include "complaint.h"

enum {
    DEPTH_MAX = 16,
    NODES_MAX = 65536, /* eight times what a rulebook with every law and every municipality has */
    ALIGNMENT_ROOM = 32,
};

static const char empty_file[] = "an empty file; write a rulebook, as dk-2026.yaml shows";

/* A list or map that is still open. */
struct level {
    struct node *node;
    struct node *last; /* its last child */
};

struct growing {
    struct complaints *complaints;
    struct arena *arena;
    struct bytes yaml;
    struct node *root;
    struct level levels[DEPTH_MAX];
    uint32_t depth;
    uint32_t documents;
    bool done;
};

size_t tree_capacity(size_t size)
{
    /* A node takes a byte of YAML at least; an escape of two bytes becomes three at most. */
    size_t nodes = size < NODES_MAX ? size + 1 : NODES_MAX;
    return nodes * (sizeof(struct node) + ALIGNMENT_ROOM) + 2 * size;
}

static bool complain_at(struct growing *growing, yaml_mark_t mark, const char *text)
{
    return complaint_add(growing->complaints, (int)mark.line + 1, (int)mark.column + 1, "%s", text);
}

/* For what libyaml tells the byte of, or we found ourselves. */
static bool complain_at_byte(struct growing *growing, size_t offset, const char *text)
{
    yaml_mark_t mark = {0, 0, 0};
    for (size_t i = 0; i < offset && i < growing->yaml.size; i++) {
        uint8_t byte = growing->yaml.data[i];
        if (byte == '\n') {
            mark.line++;
            mark.column = 0;
        } else if ((byte & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return complain_at(growing, mark, text);
}

/* A new node as the next child of the innermost open level; NULL when there is no room. */
static struct node *grow(struct growing *growing, enum node_kind kind, yaml_mark_t mark)
{
    struct node *node = arena_alloc(growing->arena, sizeof(*node));
    if (node == NULL) {
        (void)complain_at(growing, mark, "too many values for a rulebook; split the file");
        return NULL;
    }
    *node = (struct node){.kind = kind, .line = (int)mark.line + 1, .column = (int)mark.column + 1};
    if (growing->depth == 0) {
        growing->root = node;
        return node;
    }
    struct level *level = &growing->levels[growing->depth - 1];
    CHECK(level->node != NULL);
    if (level->last == NULL) {
        level->node->first = node;
    } else {
        level->last->next = node;
    }
    level->last = node;
    return node;
}

/* Anchors and tags are told, and the node is read as if they were not there. */
static void refuse_properties(struct growing *growing,
                              const yaml_char_t *anchor,
                              const yaml_char_t *tag,
                              yaml_mark_t mark)
{
    if (anchor != NULL) {
        (void)complain_at(growing, mark, "an anchor (&); write each value out where it belongs");
    }
    if (tag != NULL) {
        (void)complain_at(growing, mark, "a tag (!); leave it out");
    }
}

static bool grow_scalar(struct growing *growing, const yaml_event_t *event)
{
    yaml_mark_t start = event->start_mark;
    size_t size = event->data.scalar.length;
    refuse_properties(growing, event->data.scalar.anchor, event->data.scalar.tag, start);
    struct node *node = grow(growing, NODE_SCALAR, start);
    if (node == NULL) {
        return false;
    }
    uint8_t *text = arena_alloc(growing->arena, size + 1);
    if (text == NULL) {
        return complain_at(growing, start, "too much text for a rulebook; split the file");
    }
    memcpy(text, event->data.scalar.value, size);
    text[size] = '\0';
    node->text = bytes_of(text, size);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static bool open_level(struct growing *growing, enum node_kind kind, yaml_mark_t mark)
{
    if (growing->depth == DEPTH_MAX) {
        return complain_at(growing, mark, "nested too deeply for a rulebook; take levels out");
    }
    struct node *node = grow(growing, kind, mark);
    if (node == NULL) {
        return false;
    }
    growing->levels[growing->depth++] = (struct level){node, NULL};
    return true;
}

static bool start_document(struct growing *growing, const yaml_event_t *event)
{
    if (growing->documents++ > 0) {
        return complain_at(
            growing, event->start_mark, "a second document; a rulebook is one document a file");
    }
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
        (void)complain_at(growing, event->start_mark, "a directive (%); leave the line out");
    }
    return true;
}

/* False when reading must stop. */
static bool take(struct growing *growing, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return start_document(growing, event);
    case YAML_ALIAS_EVENT:
        (void)complain_at(
            growing, event->start_mark, "an alias (*); write each value out where it belongs");
        return grow(growing, NODE_REFUSED, event->start_mark) != NULL;
    case YAML_SCALAR_EVENT:
        return grow_scalar(growing, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(growing,
                          event->data.sequence_start.anchor,
                          event->data.sequence_start.tag,
                          event->start_mark);
        return open_level(growing, NODE_LIST, event->start_mark);
    case YAML_MAPPING_START_EVENT:
        refuse_properties(growing,
                          event->data.mapping_start.anchor,
                          event->data.mapping_start.tag,
                          event->start_mark);
        return open_level(growing, NODE_MAP, event->start_mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        growing->depth--;
        return true;
    case YAML_STREAM_END_EVENT:
        growing->done = true;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static bool refuse_syntax(struct growing *growing, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return complain_at_byte(growing, 0, "out of memory; free some and try again");
    }
    char text[256];
    (void)snprintf(text,
                   sizeof(text),
                   "no YAML: %s%s%s; correct it here or just above",
                   parser->problem == NULL ? "it cannot be read" : parser->problem,
                   parser->context == NULL ? "" : ", ",
                   parser->context == NULL ? "" : parser->context);
    if (parser->error == YAML_READER_ERROR) {
        return complain_at_byte(growing, parser->problem_offset, text);
    }
    return complain_at(growing, parser->problem_mark, text);
}

/* Bytes before the first that is not UTF-8. */
static size_t utf8_prefix(struct bytes text)
{
    size_t at = 0;
    size_t size = 1;
    while (at < text.size) {
        if (size > 4 || size > text.size - at) {
            return at;
        }
        if (bytes_utf8(bytes_of(text.data + at, size))) {
            at += size;
            size = 1;
        } else {
            size++;
        }
    }
    return at;
}

/* What libyaml would accept, or tell no place of. */
static bool refuse_bytes(struct growing *growing)
{
    struct bytes yaml = growing->yaml;
    if (yaml.size == 0) {
        return complain_at_byte(growing, 0, empty_file); /* libyaml takes no NULL */
    }
    static const char *const marks[] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct bytes mark = bytes_text(marks[i]);
        if (yaml.size >= mark.size && memcmp(yaml.data, mark.data, mark.size) == 0) {
            return complain_at_byte(
                growing, 0, "a byte order mark; save the file as UTF-8 without one");
        }
    }
    if (bytes_utf8(yaml)) {
        return true;
    }
    return complain_at_byte(growing, utf8_prefix(yaml), "not UTF-8; save the file as UTF-8");
}

const struct node *tree_read(struct complaints *complaints, struct bytes yaml, struct arena *arena)
{
    struct growing growing = {.complaints = complaints, .arena = arena, .yaml = yaml};
    if (!refuse_bytes(&growing)) {
        return NULL;
    }
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        (void)complain_at_byte(&growing, 0, "out of memory; free some and try again");
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, yaml.data, yaml.size);
    bool readable = true;
    while (readable && !growing.done) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            readable = refuse_syntax(&growing, &parser);
            break;
        }
        readable = take(&growing, &event);
        yaml_event_delete(&event);
    }
    if (readable && growing.documents == 0) {
        (void)complain_at_byte(&growing, 0, empty_file);
    }
    yaml_parser_delete(&parser);
    return readable ? growing.root : NULL;
}
