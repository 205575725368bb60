/* What the samples share: memory, files below a folder in a fixed order, sentences on standard error. */
#ifndef SAMPLES_FILES_H
#define SAMPLES_FILES_H

#include <stddef.h>

/* Exit codes after sysexits.h. */
enum { USAGE = 64, BAD_DATA = 65, NO_INPUT = 66, NO_MEMORY = 70, NO_OUTPUT = 74 };

/* realloc that ends the program when memory runs out. */
void *grow(void *old, size_t bytes);

/* Writes a sentence to standard error, as printf does, and gives `code` back. */
int fail(int code, const char *format, ...);

/* A visitor returns 0 to go on; anything else ends the walk and is its result. */
typedef int visit(const char *path, void *state);

/*
 * Every file below a path in byte order of the names, so that the same folder always reads the same way; hidden files and the
 * `stderr` that a part leaves beside its `stdout` are passed over. A path that is a file is visited itself.
 */
int walk(const char *path, visit *visitor, void *state);

/* 1 when something is there. */
int exists(const char *path);

/* A whole file with a zero behind it, to be freed; NULL when it cannot be read. */
char *read_all(const char *path, size_t *length);

/* 0, or NO_OUTPUT when standard output could not be written. */
int flushed(void);

/* A whole number in a range; a usage error (exit) otherwise. */
long number(const char *text, long least, long most);

#endif
