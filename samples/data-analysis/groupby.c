/*
 * groupby: rows, mean, deviation, least and most of columns of a CSV, for each value of others.
 *
 *   groupby part --by NAMES [--of NAMES] [--columns NAMES]    rows from standard input; writes what can be added up
 *   groupby merge [--sort key|rows|mean] [--top N] [DIR]      adds all that below DIR (/in): a table, and /out/groups.csv
 *
 * NAMES are column names with commas between. --columns gives the names of all columns in order, for parts that the header did
 * not go to; a row that equals them is the header. Without it the first row is the header.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/files.h"
#include "../common/csv.h"
#include "table.h"

struct query {
    struct row names, by, of;
    int by_at[FIELDS], of_at[MEASURES];
};

static int column_of(const struct row *names, const char *name)
{
    for (int i = 0; i < names->fields; i++)
        if (strcmp(csv_field(names, i), name) == 0)
            return i;
    exit(fail(BAD_DATA, "there is no column '%s'", name));
}

static void resolve(struct query *query)
{
    for (int i = 0; i < query->by.fields; i++)
        query->by_at[i] = column_of(&query->names, csv_field(&query->by, i));
    for (int i = 0; i < query->of.fields; i++)
        query->of_at[i] = column_of(&query->names, csv_field(&query->of, i));
}

static int is_header(const struct query *query, const struct row *row)
{
    if (row->fields != query->names.fields)
        return 0;
    for (int i = 0; i < row->fields; i++)
        if (strcmp(csv_field(row, i), csv_field(&query->names, i)) != 0)
            return 0;
    return 1;
}

/* The values that make a group, on one line of text. */
static void key_of(const struct query *query, const struct row *row, char **key, size_t *room)
{
    size_t length = 0;
    for (int i = 0; i < query->by.fields; i++) {
        const char *value = csv_field(row, query->by_at[i]);
        size_t more = strlen(value) + 4;
        if (length + more > *room)
            *key = grow(*key, *room = (length + more) * 2);
        length += (size_t)sprintf(*key + length, "%s%s", i == 0 ? "" : " / ", *value == 0 ? "-" : value);
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)(*key)[i] < ' ')
            (*key)[i] = ' ';
}

static void print_part(const struct query *query, const struct table *table)
{
    struct group **groups = table_sorted(table);
    for (int i = 0; i < query->of.fields; i++)
        printf("column\t%d\t%s\n", i, csv_field(&query->of, i));
    for (size_t g = 0; g < table->used; g++) {
        printf("rows\t%s\t%" PRIu64 "\n", groups[g]->key, groups[g]->rows);
        for (int i = 0; i < query->of.fields; i++) {
            const struct measure *m = &groups[g]->measures[i];
            printf("sums\t%s\t%d\t%" PRIu64 "\t%" PRIu64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s\n", groups[g]->key, i, m->count, m->missing,
                   m->least, m->most, wide_text(m->sum), wide_text(m->squares));
        }
    }
    free(groups);
}

static int part(struct query *query)
{
    struct table table = { 0 };
    struct row row = { 0 };
    char *key = NULL;
    size_t room = 0;
    if (query->names.fields == 0 && !csv_read(&query->names))
        return flushed();
    resolve(query);
    for (uint64_t number = 1; csv_read(&row); number++) {
        if (is_header(query, &row))
            continue;
        if (row.fields != query->names.fields)
            return fail(BAD_DATA, "row %" PRIu64 " of this part has %d fields, not %d", number, row.fields, query->names.fields);
        key_of(query, &row, &key, &room);
        struct group *group = table_find(&table, key);
        group->rows++;
        for (int i = 0; i < query->of.fields; i++) {
            int64_t value;
            struct measure one = { .missing = 1 };
            if (parse_millionths(csv_field(&row, query->of_at[i]), &value) == 0)
                one = measure_of(value);
            measure_add(&group->measures[i], &one);
        }
    }
    print_part(query, &table);
    return flushed();
}

struct merged {
    struct table table;
    char *columns[MEASURES];
    int measures, parts;
};

static int merge_line(struct merged *merged, char *line)
{
    char *cells[9] = { 0 };
    int count = 0;
    for (char *cell = line; cell != NULL && count < 9; count++) {
        cells[count] = cell;
        if ((cell = strchr(cell, '\t')) != NULL)
            *cell++ = 0;
    }
    if (count == 3 && strcmp(cells[0], "column") == 0) {
        int at = (int)number(cells[1], 0, MEASURES - 1);
        if (merged->columns[at] == NULL)
            merged->columns[at] = strcpy(grow(NULL, strlen(cells[2]) + 1), cells[2]);
        merged->measures = at >= merged->measures ? at + 1 : merged->measures;
        return strcmp(merged->columns[at], cells[2]);
    }
    if (count == 3 && strcmp(cells[0], "rows") == 0) {
        table_find(&merged->table, cells[1])->rows += strtoull(cells[2], NULL, 10);
        return 0;
    }
    struct measure more = { 0 };
    if (count != 9 || strcmp(cells[0], "sums") != 0 || wide_parse(cells[7], &more.sum) != 0 || wide_parse(cells[8], &more.squares) != 0)
        return 1;
    more.count = strtoull(cells[3], NULL, 10), more.missing = strtoull(cells[4], NULL, 10);
    more.least = strtoll(cells[5], NULL, 10), more.most = strtoll(cells[6], NULL, 10);
    measure_add(&table_find(&merged->table, cells[1])->measures[number(cells[2], 0, MEASURES - 1)], &more);
    return 0;
}

static int merge_file(const char *path, void *state)
{
    struct merged *merged = state;
    size_t length;
    char *text = read_all(path, &length);
    if (text == NULL)
        return fail(NO_INPUT, "cannot read %s", path);
    int line_number = 1;
    for (char *line = text, *end; *line != 0; line = end + 1, line_number++) {
        if ((end = strchr(line, '\n')) != NULL)
            *end = 0;
        if (end == NULL || merge_line(merged, line) != 0)
            return fail(BAD_DATA, "%s:%d does not go together with the other parts", path, line_number);
    }
    free(text);
    merged->parts++;
    return 0;
}

static double mean_of(const struct measure *m)
{
    return m->count == 0 ? NAN : (double)m->sum / (double)m->count / UNIT;
}

/* Of a sample (n - 1). The squares are taken about a whole number next to the mean, exactly, so that nothing cancels. */
static double deviation_of(const struct measure *m)
{
    if (m->count < 2)
        return NAN;
    wide n = (wide)m->count, middle = m->sum / n, rest = m->sum % n;
    wide about = m->squares - n * middle * middle - 2 * middle * rest;
    double least = (double)about - (double)rest * (double)rest / (double)n;
    return sqrt((least < 0 ? 0 : least) / (double)(n - 1)) / UNIT;
}

static int by_rows(const void *left, const void *right)
{
    const struct group *a = *(struct group *const *)left, *b = *(struct group *const *)right;
    return a->rows != b->rows ? (a->rows < b->rows ? 1 : -1) : strcmp(a->key, b->key);
}

static int by_mean(const void *left, const void *right)
{
    const struct group *a = *(struct group *const *)left, *b = *(struct group *const *)right;
    double x = mean_of(&a->measures[0]), y = mean_of(&b->measures[0]);
    if (isnan(x) || isnan(y) || x == y)
        return isnan(x) != isnan(y) ? isnan(x) - isnan(y) : strcmp(a->key, b->key);
    return x < y ? 1 : -1;
}

static void print_row(const struct merged *merged, const char *key, uint64_t rows, const struct measure *measures, int width)
{
    printf("%-*s %9" PRIu64, width, key, rows);
    for (int i = 0; i < merged->measures; i++) {
        const struct measure *m = &measures[i];
        if (m->count == 0)
            printf("  %12s %12s %12s %12s", "-", "-", "-", "-");
        else if (m->count == 1)
            printf("  %12.3f %12s", mean_of(m), "-");
        else
            printf("  %12.3f %12.3f", mean_of(m), deviation_of(m));
        if (m->count > 0)
            printf(" %12.3f %12.3f", (double)m->least / UNIT, (double)m->most / UNIT);
    }
    putchar('\n');
}

static void print_table(const struct merged *merged, struct group **groups, size_t top)
{
    struct group all = { 0 };
    int width = 9;
    for (size_t g = 0; g < merged->table.used; g++) {
        all.rows += groups[g]->rows;
        if (g < top && (int)strlen(groups[g]->key) > width)
            width = (int)strlen(groups[g]->key);
        for (int i = 0; i < merged->measures; i++)
            measure_add(&all.measures[i], &groups[g]->measures[i]);
    }
    printf("%" PRIu64 " rows in %d parts, %zu groups\n\n%-*s %9s", all.rows, merged->parts, merged->table.used, width, "group", "rows");
    for (int i = 0; i < merged->measures; i++)
        printf("  %.12s:%*s %12s %12s %12s", merged->columns[i], 11 - (int)strnlen(merged->columns[i], 12), "mean", "deviation", "least", "most");
    putchar('\n');
    for (size_t g = 0; g < merged->table.used && g < top; g++)
        print_row(merged, groups[g]->key, groups[g]->rows, groups[g]->measures, width);
    if (merged->table.used > top)
        printf("and %zu more in groups.csv\n", merged->table.used - top);
    print_row(merged, "all", all.rows, all.measures, width);
    for (int i = 0; i < merged->measures; i++)
        if (all.measures[i].missing > 0)
            printf("without a number for %s: %" PRIu64 "\n", merged->columns[i], all.measures[i].missing);
}

static void write_quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != 0; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static int write_csv(const struct merged *merged, struct group **groups, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    fputs("group,rows,column,count,missing,mean,deviation,least,most,sum\n", file);
    for (size_t g = 0; g < merged->table.used; g++)
        for (int i = 0; i < merged->measures; i++) {
            const struct measure *m = &groups[g]->measures[i];
            write_quoted(file, groups[g]->key);
            fprintf(file, ",%" PRIu64 ",", groups[g]->rows);
            write_quoted(file, merged->columns[i]);
            fprintf(file, ",%" PRIu64 ",%" PRIu64, m->count, m->missing);
            if (m->count > 0)
                fprintf(file, ",%.6f,%.6f,%.6f,%.6f,%se-6\n", mean_of(m), m->count > 1 ? deviation_of(m) : 0.0, (double)m->least / UNIT,
                        (double)m->most / UNIT, wide_text(m->sum));
            else
                fputs(",,,,,\n", file);
        }
    return fclose(file) == 0 ? 0 : fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
}

static int merge(const char *folder, const char *sort, size_t top)
{
    struct merged merged = { 0 };
    int result = walk(folder, merge_file, &merged);
    if (result != 0)
        return result;
    struct group **groups = table_sorted(&merged.table);
    if (exists("/out"))
        result = write_csv(&merged, groups, "/out/groups.csv");
    if (strcmp(sort, "key") != 0)
        qsort(groups, merged.table.used, sizeof *groups, strcmp(sort, "mean") == 0 ? by_mean : by_rows);
    print_table(&merged, groups, top);
    return result != 0 ? result : flushed();
}

static int usage(void)
{
    return fail(USAGE, "usage: groupby part --by NAMES [--of NAMES] [--columns NAMES] < CSV | groupby merge [--sort key|rows|mean] [--top N] [DIR]");
}

int main(int argc, char **argv)
{
    static struct query query;
    const char *verb = argc > 1 ? argv[1] : "", *sort = "rows", *folder = "/in";
    size_t top = 20;
    int at = 2;
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        const char *value = argv[at + 1];
        if (strcmp(argv[at], "--by") == 0)
            csv_split(&query.by, value);
        else if (strcmp(argv[at], "--of") == 0)
            csv_split(&query.of, value);
        else if (strcmp(argv[at], "--columns") == 0)
            csv_split(&query.names, value);
        else if (strcmp(argv[at], "--sort") == 0 && (strcmp(value, "key") == 0 || strcmp(value, "rows") == 0 || strcmp(value, "mean") == 0))
            sort = value;
        else if (strcmp(argv[at], "--top") == 0)
            top = (size_t)number(value, 1, 1000000);
        else
            return usage();
    }
    if (query.of.fields > MEASURES)
        return fail(USAGE, "--of takes %d columns at most", MEASURES);
    if (strcmp(verb, "part") == 0 && at == argc && query.by.fields > 0)
        return part(&query);
    if (strcmp(verb, "merge") == 0 && argc - at <= 1)
        return merge(at < argc ? argv[at] : folder, sort, top);
    return usage();
}
