#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "../common/files.h"

static struct group *slot_of(struct group *slots, size_t capacity, const char *key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a, 64 bit */
    for (const char *at = key; *at != 0; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    size_t at = (size_t)hash & (capacity - 1);
    while (slots[at].key != NULL && strcmp(slots[at].key, key) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void make_room(struct table *table)
{
    if (table->used * 2 < table->capacity)
        return;
    size_t capacity = table->capacity == 0 ? 256 : table->capacity * 2;
    struct group *slots = grow(NULL, capacity * sizeof *slots);
    memset(slots, 0, capacity * sizeof *slots);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].key != NULL)
            *slot_of(slots, capacity, table->slots[i].key) = table->slots[i];
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
}

struct group *table_find(struct table *table, const char *key)
{
    make_room(table);
    struct group *group = slot_of(table->slots, table->capacity, key);
    if (group->key == NULL) {
        group->key = strcpy(grow(NULL, strlen(key) + 1), key);
        table->used++;
    }
    return group;
}

struct measure measure_of(int64_t millionths)
{
    return (struct measure){ 1, 0, millionths, millionths, millionths, (wide)millionths * millionths };
}

void measure_add(struct measure *to, const struct measure *more)
{
    if (more->count > 0) {
        to->least = to->count == 0 || more->least < to->least ? more->least : to->least;
        to->most = to->count == 0 || more->most > to->most ? more->most : to->most;
    }
    to->count += more->count;
    to->missing += more->missing;
    if (__builtin_add_overflow(to->sum, more->sum, &to->sum) || __builtin_add_overflow(to->squares, more->squares, &to->squares))
        exit(fail(BAD_DATA, "a sum does not fit into 128 bits: give the column in a larger unit"));
}

static int by_key(const void *left, const void *right)
{
    return strcmp((*(struct group *const *)left)->key, (*(struct group *const *)right)->key);
}

struct group **table_sorted(const struct table *table)
{
    struct group **list = grow(NULL, (table->used + 1) * sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].key != NULL)
            list[n++] = &table->slots[i];
    qsort(list, n, sizeof *list, by_key);
    return list;
}

int parse_millionths(const char *text, int64_t *value)
{
    int negative = *text == '-', digits = 0, whole = 0, rounded = 0;
    int64_t number = 0;
    text += *text == '-' || *text == '+';
    for (; *text >= '0' && *text <= '9'; text++, digits++) {
        whole += number > 0 || *text != '0';
        if (whole > 10)
            return 1;
        number = number * 10 + (*text - '0');
    }
    int place = 0;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++, digits++, place++) {
            if (place < DIGITS)
                number = number * 10 + (*text - '0');
            else if (place == DIGITS)
                rounded = *text >= '5';
        }
    }
    for (; place < DIGITS; place++)
        number *= 10;
    number += rounded;
    *value = negative ? -number : number;
    return digits == 0 || *text != 0;
}

const char *wide_text(wide value)
{
    static char texts[4][48];
    static int next;
    char *text = texts[next++ & 3] + 47;
    int negative = value < 0;
    *text = 0;
    do {
        int digit = (int)(value % 10);
        *--text = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value != 0);
    if (negative)
        *--text = '-';
    return text;
}

int wide_parse(const char *text, wide *value)
{
    int negative = *text == '-';
    text += negative;
    *value = 0;
    if (*text == 0)
        return 1;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, *text - '0', value))
            return 1;
    *value = negative ? -*value : *value;
    return *text != 0;
}
