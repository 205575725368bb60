/*
 * wordstats: counts lines, words and bytes, word lengths, and the most frequent words.
 *
 *   wordstats count          reads text from stdin, writes its counts as tab-separated lines
 *   wordstats merge [DIR]    sums all such files below DIR (default /in), writes a report
 *
 * A word is a run of ASCII letters, digits, apostrophes inside it, and bytes above 127, in lower case. No word crosses a
 * line, so the sum over any split by lines is the count of the whole.
 */
#include "words.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LONGEST = 32, TOP = 20, BAR = 40 };

struct stats {
    uint64_t lines, words, bytes;
    uint64_t lengths[LONGEST + 1]; /* in characters; the last one takes everything longer */
    struct words table;
};

static int failed(const char *what, const char *path)
{
    fprintf(stderr, "wordstats: %s %s: %s\n", what, path, strerror(errno));
    return 66;
}

static void add_word(struct stats *stats, char *text, size_t length)
{
    while (length > 0 && text[length - 1] == '\'')
        length--;
    while (length > 0 && text[0] == '\'')
        text++, length--;
    if (length == 0)
        return;
    size_t characters = 0;
    for (size_t i = 0; i < length; i++)
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    stats->words++;
    stats->lengths[characters > LONGEST ? LONGEST : characters]++;
    words_add(&stats->table, text, length, 1);
}

static int is_word_byte(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'' || c > 127;
}

static int count(void)
{
    struct stats stats = { 0 };
    char *word = NULL;
    size_t length = 0, room = 0;
    static unsigned char chunk[1 << 16];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
        stats.bytes += got;
        for (size_t i = 0; i < got; i++) {
            int c = chunk[i];
            stats.lines += c == '\n';
            if (is_word_byte(c)) {
                if (length == room)
                    word = grow(word, room = room == 0 ? 64 : room * 2);
                word[length++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            } else if (length > 0) {
                add_word(&stats, word, length);
                length = 0;
            }
        }
    }
    if (ferror(stdin))
        return failed("cannot read", "stdin");
    if (length > 0)
        add_word(&stats, word, length);

    printf("lines\t%" PRIu64 "\nwords\t%" PRIu64 "\nbytes\t%" PRIu64 "\n", stats.lines, stats.words, stats.bytes);
    for (int i = 1; i <= LONGEST; i++)
        if (stats.lengths[i] > 0)
            printf("length\t%d\t%" PRIu64 "\n", i, stats.lengths[i]);
    struct word *list = words_by_text(&stats.table);
    for (size_t i = 0; i < stats.table.used; i++)
        printf("word\t%.*s\t%" PRIu64 "\n", (int)list[i].length, list[i].text, list[i].count);
    return fflush(stdout) == 0 ? 0 : failed("cannot write", "stdout");
}

static int merge_line(struct stats *stats, char *line)
{
    char *kind = strtok(line, "\t\n"), *first = strtok(NULL, "\t\n"), *second = strtok(NULL, "\t\n");
    if (kind == NULL || first == NULL)
        return 0;
    if (strcmp(kind, "lines") == 0)
        stats->lines += strtoull(first, NULL, 10);
    else if (strcmp(kind, "words") == 0)
        stats->words += strtoull(first, NULL, 10);
    else if (strcmp(kind, "bytes") == 0)
        stats->bytes += strtoull(first, NULL, 10);
    else if (second != NULL && strcmp(kind, "word") == 0)
        words_add(&stats->table, first, strlen(first), strtoull(second, NULL, 10));
    else if (second != NULL && strcmp(kind, "length") == 0 && atoi(first) >= 1 && atoi(first) <= LONGEST)
        stats->lengths[atoi(first)] += strtoull(second, NULL, 10);
    else
        return 0;
    return 1;
}

static int merge_file(struct stats *stats, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return failed("cannot open", path);
    char *line = NULL;
    size_t room = 0;
    for (int number = 1; getline(&line, &room, file) >= 0; number++) {
        if (merge_line(stats, line))
            continue;
        fprintf(stderr, "wordstats: %s:%d is not a line that `wordstats count` writes\n", path, number);
        return 65;
    }
    free(line);
    fclose(file);
    return 0;
}

/* Every file below a folder, except the `stderr` that a part may leave beside its `stdout`. */
static int merge_folder(struct stats *stats, const char *folder, int *files)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return failed("cannot open", folder);
    struct dirent *entry;
    int result = 0;
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "stderr") == 0)
            continue;
        size_t length = strlen(folder) + strlen(entry->d_name) + 2;
        char *path = grow(NULL, length);
        snprintf(path, length, "%s/%s", folder, entry->d_name);
        struct stat about;
        if (stat(path, &about) != 0)
            result = failed("cannot look at", path);
        else if (S_ISDIR(about.st_mode))
            result = merge_folder(stats, path, files);
        else
            result = merge_file(stats, path), ++*files;
        free(path);
    }
    closedir(dir);
    return result;
}

static void print_report(const struct stats *stats, int files)
{
    printf("%d parts, %" PRIu64 " lines, %" PRIu64 " words, %zu different, %" PRIu64 " bytes\n\nletters     words\n",
           files, stats->lines, stats->words, stats->table.used, stats->bytes);
    uint64_t most = 1;
    for (int i = 1; i <= LONGEST; i++)
        most = stats->lengths[i] > most ? stats->lengths[i] : most;
    for (int i = 1; i <= LONGEST; i++) {
        if (stats->lengths[i] == 0)
            continue;
        printf("%5d%c %10" PRIu64 " ", i, i == LONGEST ? '+' : ' ', stats->lengths[i]);
        for (uint64_t bar = (stats->lengths[i] * BAR + most - 1) / most; bar > 0; bar--)
            putchar('#');
        putchar('\n');
    }
    struct word *list = words_by_count(&stats->table);
    puts("\n  times  word");
    for (size_t i = 0; i < stats->table.used && i < TOP; i++)
        printf("%7" PRIu64 "  %.*s\n", list[i].count, (int)list[i].length, list[i].text);
    free(list);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "count") == 0)
        return count();
    if ((argc == 2 || argc == 3) && strcmp(argv[1], "merge") == 0) {
        struct stats stats = { 0 };
        int files = 0;
        int result = merge_folder(&stats, argc == 3 ? argv[2] : "/in", &files);
        if (result != 0)
            return result;
        print_report(&stats, files);
        return fflush(stdout) == 0 ? 0 : failed("cannot write", "stdout");
    }
    fputs("usage: wordstats count < TEXT | wordstats merge [DIR]\n", stderr);
    return 64;
}
