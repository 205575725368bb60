#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void *grow(void *old, size_t bytes)
{
    void *memory = realloc(old, bytes);
    if (memory == NULL)
        exit(fail(NO_MEMORY, "out of memory"));
    return memory;
}

int fail(int code, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    vfprintf(stderr, format, rest);
    va_end(rest);
    fputc('\n', stderr);
    return code;
}

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "stderr") != 0;
}

int walk(const char *path, visit *visitor, void *state)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return fail(NO_INPUT, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return visitor(path, state);
    struct dirent **entries;
    int count = scandir(path, &entries, wanted, by_name), result = 0;
    if (count < 0)
        return fail(NO_INPUT, "cannot list %s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (result == 0) {
            size_t length = strlen(path) + strlen(entries[i]->d_name) + 2;
            char *inner = grow(NULL, length);
            snprintf(inner, length, "%s/%s", path, entries[i]->d_name);
            result = walk(inner, visitor, state);
            free(inner);
        }
        free(entries[i]);
    }
    free(entries);
    return result;
}

int exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

char *read_all(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    size_t room = 1 << 16, used = 0, got;
    char *text = grow(NULL, room + 1);
    while ((got = fread(text + used, 1, room - used, file)) > 0) {
        used += got;
        if (used == room)
            text = grow(text, (room *= 2) + 1);
    }
    int bad = ferror(file);
    fclose(file);
    if (bad) {
        free(text);
        return NULL;
    }
    text[used] = 0;
    *length = used;
    return text;
}

int flushed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : fail(NO_OUTPUT, "cannot write to standard output: %s", strerror(errno));
}

long number(const char *text, long least, long most)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == 0 || *end != 0 || value < least || value > most)
        exit(fail(USAGE, "'%s' is not a whole number from %ld to %ld", text, least, most));
    return value;
}
