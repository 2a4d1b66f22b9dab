#include "danish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *danish_number(int64_t number, char text[DANISH_SIZE])
{
    char digits[24];
    int size = snprintf(digits, sizeof(digits), "%" PRId64, number < 0 ? -number : number);
    char *to = text;
    if (number < 0) {
        *to++ = '-';
    }
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) {
            *to++ = '.';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

const char *danish_kroner(int64_t ore, char text[DANISH_SIZE])
{
    int64_t whole = ore < 0 ? -ore : ore;
    char kroner[DANISH_SIZE];
    (void)snprintf(text,
                   DANISH_SIZE,
                   "%s%s,%02d",
                   ore < 0 ? "-" : "",
                   danish_number(whole / 100, kroner),
                   (int)(whole % 100));
    return text;
}

const char *danish_percent(int64_t bp, char text[DANISH_SIZE])
{
    char whole[DANISH_SIZE];
    (void)snprintf(text, DANISH_SIZE, "%s,%02d", danish_number(bp / 100, whole), (int)(bp % 100));
    size_t size = strlen(text);
    while (text[size - 1] == '0') {
        text[--size] = '\0';
    }
    if (text[size - 1] == ',') {
        text[size - 1] = '\0';
    }
    return text;
}
