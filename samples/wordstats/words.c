#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *grow(void *old, size_t bytes)
{
    void *memory = realloc(old, bytes);
    if (memory == NULL) {
        fputs("wordstats: out of memory\n", stderr);
        exit(70);
    }
    return memory;
}

/* FNV-1a, 64 bit. */
static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash;
}

static struct word *slot_of(struct word *slots, size_t capacity, const char *text, size_t length)
{
    size_t at = (size_t)hash_of(text, length) & (capacity - 1);
    while (slots[at].text != NULL && (slots[at].length != length || memcmp(slots[at].text, text, length) != 0))
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void make_room(struct words *table)
{
    if (table->used * 2 < table->capacity)
        return;
    size_t capacity = table->capacity == 0 ? 1024 : table->capacity * 2;
    struct word *slots = grow(NULL, capacity * sizeof *slots);
    memset(slots, 0, capacity * sizeof *slots);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].text != NULL)
            *slot_of(slots, capacity, table->slots[i].text, table->slots[i].length) = table->slots[i];
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
}

void words_add(struct words *table, const char *text, size_t length, uint64_t count)
{
    make_room(table);
    struct word *word = slot_of(table->slots, table->capacity, text, length);
    if (word->text == NULL) {
        word->text = grow(NULL, length);
        memcpy(word->text, text, length);
        word->length = length;
        table->used++;
    }
    word->count += count;
}

static int compare_text(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_count(const void *left, const void *right)
{
    const struct word *a = left, *b = right;
    return a->count != b->count ? (a->count < b->count ? 1 : -1) : compare_text(left, right);
}

static struct word *sorted(const struct words *table, int (*compare)(const void *, const void *))
{
    struct word *list = grow(NULL, (table->used + 1) * sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].text != NULL)
            list[n++] = table->slots[i];
    qsort(list, n, sizeof *list, compare);
    return list;
}

struct word *words_by_text(const struct words *table)
{
    return sorted(table, compare_text);
}

struct word *words_by_count(const struct words *table)
{
    return sorted(table, compare_count);
}
