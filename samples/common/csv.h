/* Comma-separated values (RFC 4180) from standard input, or from a file. */
#ifndef CSV_H
#define CSV_H

#include <stddef.h>

enum { FIELDS = 256 };

struct row {
    char *text;          /* fields one after another, each ended by a zero */
    size_t room;
    size_t starts[FIELDS];
    int fields;
};

/* Rows come from that file from now on. 0, or NO_INPUT with a sentence. */
int csv_from(const char *path);

/* Reads a row: 1, or 0 at the end. A line without anything is passed over. Ends the program when a row has too many fields. */
int csv_read(struct row *row);

/* A row out of a line of text, such as names given as an argument. */
void csv_split(struct row *row, const char *line);

const char *csv_field(const struct row *row, int field);

#endif
