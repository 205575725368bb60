/* What is known of each group: numbers that can be added exactly, in any order. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { MEASURES = 8, DIGITS = 6, UNIT = 1000000 };

typedef __int128 wide;

/* Values in millionths, so that sums are whole numbers. */
struct measure {
    uint64_t count, missing;
    int64_t least, most;
    wide sum, squares;
};

struct group {
    char *key;
    uint64_t rows;
    struct measure measures[MEASURES];
};

struct table {
    struct group *slots;
    size_t used, capacity;
};

/* The group of that name, made when it is new. */
struct group *table_find(struct table *table, const char *key);

/* Adds what is known of one to another. Ends the program when a sum does not fit: nothing is ever rounded. */
void measure_add(struct measure *to, const struct measure *more);

/* One value. */
struct measure measure_of(int64_t millionths);

/* All groups in byte order of their keys, to be freed. */
struct group **table_sorted(const struct table *table);

/* A decimal number in millionths; further digits are rounded. 0, or 1 when it is none or is 10^10 and more. */
int parse_millionths(const char *text, int64_t *value);

/* The wide number as decimal digits, in a buffer that the fourth call after this one uses again. */
const char *wide_text(wide value);

/* 0, or 1 when the text is no number. */
int wide_parse(const char *text, wide *value);

#endif
