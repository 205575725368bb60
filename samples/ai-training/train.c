/*
 * train: learns to tell classes apart from rows of numbers, in rounds that many machines share.
 *
 *   train gradient COLUMNS LABEL CLASSES FEATURES [ROWS]    what rows say about the model of the last round
 *   train reduce                                            adds what all parts said and takes a step: /out/model
 *   train evaluate COLUMNS LABEL CLASSES FEATURES [ROWS]    how well a model does on rows
 *
 * Rows are standard input, or a file such as /in/penguins.csv.
 *
 * COLUMNS, CLASSES and FEATURES are names with commas between; COLUMNS names all columns in order, and a row that equals it is the
 * header. `gradient` reads /in/round/out/model when there is one, `reduce` what parts printed below /in/results, `evaluate` a file
 * named `model` anywhere below /in. Two rows of ten are kept out of the training, always the same ones.
 *
 * A first round measures the features. `reduce` leaves /out/stop when the loss hardly falls any more.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../common/csv.h"
#include "../common/files.h"
#include "model.h"
#include "text.h"

enum { ENOUGH = 10 }; /* the loss has to fall by more than one part in so many */

struct table {
    struct row columns, classes, features;
    int label, at[FEATURES];
};

static int find(const struct row *names, const char *name)
{
    for (int i = 0; i < names->fields; i++)
        if (strcmp(csv_field(names, i), name) == 0)
            return i;
    return -1;
}

static int read_table(struct table *table, char **args, struct model *model)
{
    csv_split(&table->columns, args[0]);
    csv_split(&table->classes, args[2]);
    csv_split(&table->features, args[3]);
    table->label = find(&table->columns, args[1]);
    if (table->label < 0 || table->classes.fields < 2 || table->classes.fields > CLASSES || table->features.fields > FEATURES)
        return fail(USAGE, "the label is no column, or there are fewer than 2 or more than %d classes or %d features", CLASSES, FEATURES);
    for (int f = 0; f < table->features.fields; f++)
        if ((table->at[f] = find(&table->columns, csv_field(&table->features, f))) < 0)
            return fail(USAGE, "there is no column '%s'", csv_field(&table->features, f));
    model->classes = table->classes.fields;
    model->features = table->features.fields;
    return 0;
}

/* Depends on the row alone, not on where it stands or in which part. */
static int is_kept_out(const struct row *row)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a, 64 bit, over all fields with their ends */
    for (int i = 0; i < row->fields; i++) {
        const char *field = csv_field(row, i);
        for (size_t at = 0, end = strlen(field); at <= end; at++)
            hash = (hash ^ (unsigned char)field[at]) * 1099511628211u;
    }
    return (hash >> 33) % 10 < 2;
}

/* 0: a row to use; 1: something is missing in it; 2: the header. */
static int read_row(const struct table *table, const struct row *row, double *features, int *label)
{
    if (row->fields == table->columns.fields && strcmp(csv_field(row, table->label), csv_field(&table->columns, table->label)) == 0)
        return 2;
    if (row->fields != table->columns.fields || (*label = find(&table->classes, csv_field(row, table->label))) < 0)
        return 1;
    for (int f = 0; f < table->features.fields; f++) {
        const char *text = csv_field(row, table->at[f]);
        char *end;
        features[f] = strtod(text, &end);
        /* Neither a gap nor `nan` nor `inf` is a number to learn from. */
        if (end == text || *end != 0 || !(features[f] > -1e6 && features[f] < 1e6))
            return 1;
    }
    return 0;
}

static int read_model(const char *path, struct model *model)
{
    size_t length;
    char *text = read_all(path, &length), *at = text;
    if (text == NULL)
        return fail(NO_INPUT, "cannot read %s", path);
    if (model_read(&at, model) != 0 || *at != 0)
        return fail(BAD_DATA, "%s is not a model that `train reduce` writes", path);
    free(text);
    return 0;
}

static int gradient(char **args, const char *rows_from)
{
    static struct table table;
    static struct model model, last;
    static struct gradient sums;
    struct row row = { 0 };
    double features[FEATURES], probabilities[CLASSES];
    int label, result = read_table(&table, args, &model);
    if (result == 0 && rows_from != NULL)
        result = csv_from(rows_from);
    if (result == 0 && exists("/in/round/out/model")) {
        if ((result = read_model("/in/round/out/model", &last)) == 0 && (last.classes != model.classes || last.features != model.features))
            return fail(BAD_DATA, "the last round's model has %d classes and %d features", last.classes, last.features);
        model = last;
    }
    while (result == 0 && csv_read(&row)) {
        int kind = read_row(&table, &row, features, &label);
        if (kind == 0 && is_kept_out(&row)) {
            sums.tests++;
            sums.test_hits += model.scale[0] > 0 && model_guess(&model, features, probabilities) == label;
        } else if (kind == 0) {
            model_learn(&model, features, label, &sums);
        }
        sums.skipped += kind == 1;
    }
    if (result != 0)
        return result;
    /* The model goes along: who adds gradients must know that they are of the same one. */
    model_write(stdout, &model);
    gradient_write(stdout, &model, &sums);
    return flushed();
}

struct merged {
    struct model model;
    struct gradient sums;
    int parts;
};

static int add_part(const char *path, void *state)
{
    struct merged *merged = state;
    static struct model model;
    static struct gradient sums;
    const char *name = strrchr(path, '/');
    size_t length;
    if (name == NULL || strcmp(name, "/stdout") != 0)
        return 0;
    char *text = read_all(path, &length), *at = text;
    if (text == NULL)
        return fail(NO_INPUT, "cannot read %s", path);
    if (model_read(&at, &model) != 0 || gradient_read(&at, &model, &sums) != 0 || *at != 0)
        return fail(BAD_DATA, "%s is not what `train gradient` writes", path);
    if (merged->parts++ > 0 && memcmp(&merged->model, &model, sizeof model) != 0)
        return fail(BAD_DATA, "%s is about another model than the parts before it", path);
    merged->model = model;
    gradient_add(&merged->sums, &sums);
    free(text);
    return 0;
}

static int write_file(const char *path, const struct model *model)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    model_write(file, model);
    return fclose(file) == 0 ? 0 : fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
}

static double percent(uint64_t of, uint64_t all)
{
    return all == 0 ? 0 : 100.0 * (double)of / (double)all;
}

static int reduce(const char *from, const char *to)
{
    static struct merged merged;
    int result = walk(from, add_part, &merged);
    if (result == 0 && (merged.parts == 0 || merged.sums.rows == 0))
        result = fail(BAD_DATA, "there is nothing to learn from below %s", from);
    if (result != 0)
        return result;
    char path[4096];
    int64_t before = merged.model.loss;
    int first = merged.model.scale[0] == 0;
    if (first) {
        model_begin(&merged.model, &merged.sums);
        printf("round 0: %" PRIu64 " rows to learn from, %" PRIu64 " kept out, %" PRIu64 " skipped, in %d parts\n", merged.sums.rows,
               merged.sums.tests, merged.sums.skipped, merged.parts);
    } else {
        model_step(&merged.model, &merged.sums);
        printf("round %ld: loss %.6f, accuracy %.2f %%, on rows kept out %.2f %%\n", merged.model.round, (double)merged.model.loss / ONE,
               percent(merged.sums.hits, merged.sums.rows), percent(merged.sums.test_hits, merged.sums.tests));
    }
    snprintf(path, sizeof path, "%s/model", to);
    result = write_file(path, &merged.model);
    if (result == 0 && before > 0 && merged.model.loss > before - before / ENOUGH) {
        snprintf(path, sizeof path, "%s/stop", to);
        result = write_file(path, &merged.model);
    }
    return result != 0 ? result : flushed();
}

static int find_model(const char *path, void *state)
{
    const char *name = strrchr(path, '/');
    if (name != NULL && strcmp(name, "/model") == 0)
        snprintf(state, 4096, "%s", path);
    return 0;
}

static int evaluate(char **args, const char *rows_from, const char *below)
{
    static struct table table;
    static struct model model, given;
    uint64_t seen[CLASSES][CLASSES] = { 0 }, rows = 0, hits = 0, tests = 0, test_hits = 0;
    struct row row = { 0 };
    double features[FEATURES], probabilities[CLASSES];
    char path[4096] = "";
    int label, result = read_table(&table, args, &given);
    if (result == 0 && rows_from != NULL)
        result = csv_from(rows_from);
    if (result == 0)
        result = walk(below, find_model, path);
    if (result == 0)
        result = *path == 0 ? fail(NO_INPUT, "there is no file named model below %s", below) : read_model(path, &model);
    if (result == 0 && (model.classes != given.classes || model.features != given.features))
        result = fail(BAD_DATA, "%s has %d classes and %d features", path, model.classes, model.features);
    while (result == 0 && csv_read(&row)) {
        if (read_row(&table, &row, features, &label) != 0)
            continue;
        int guess = model_guess(&model, features, probabilities), kept_out = is_kept_out(&row);
        seen[label][guess]++, rows++, hits += guess == label;
        tests += (uint64_t)kept_out, test_hits += kept_out && guess == label;
    }
    if (result != 0)
        return result;
    printf("%-16s", "is / taken for");
    for (int c = 0; c < model.classes; c++)
        printf(" %12s", csv_field(&table.classes, c));
    for (int c = 0; c < model.classes; c++) {
        printf("\n%-16s", csv_field(&table.classes, c));
        for (int d = 0; d < model.classes; d++)
            printf(" %12" PRIu64, seen[c][d]);
    }
    printf("\n\naccuracy %.2f %% of %" PRIu64 " rows, %.2f %% of the %" PRIu64 " that were kept out\n", percent(hits, rows), rows,
           percent(test_hits, tests), tests);
    return flushed();
}

int main(int argc, char **argv)
{
    if ((argc == 6 || argc == 7) && strcmp(argv[1], "gradient") == 0)
        return gradient(argv + 2, argc == 7 ? argv[6] : NULL);
    if ((argc == 2 || argc == 4) && strcmp(argv[1], "reduce") == 0)
        return reduce(argc == 4 ? argv[2] : "/in/results", argc == 4 ? argv[3] : "/out");
    if (argc >= 6 && argc <= 8 && strcmp(argv[1], "evaluate") == 0)
        return evaluate(argv + 2, argc > 6 ? argv[6] : NULL, argc > 7 ? argv[7] : "/in");
    return fail(USAGE, "usage: train gradient|evaluate COLUMNS LABEL CLASSES FEATURES [ROWS] | train reduce [FROM TO]");
}
