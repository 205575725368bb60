/* A table of words and how often each was seen. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

struct word {
    char *text;     /* bytes, not terminated; owned by the table */
    size_t length;  /* bytes */
    uint64_t count;
};

struct words {
    struct word *slots;
    size_t capacity; /* a power of two, or 0 before the first word */
    size_t used;
};

/* Adds `count` to a word. Ends the program when memory runs out. */
void words_add(struct words *table, const char *text, size_t length, uint64_t count);

/* All words in byte order; the caller frees the array, the texts stay with the table. */
struct word *words_by_text(const struct words *table);

/* All words, most frequent first, equals in byte order; the caller frees the array. */
struct word *words_by_count(const struct words *table);

/* realloc that ends the program when memory runs out. */
void *grow(void *old, size_t bytes);

#endif
