#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void write_list(FILE *to, const char *name, const int64_t *list, int count)
{
    fputs(name, to);
    for (int i = 0; i < count; i++)
        fprintf(to, " %" PRId64, list[i]);
    fputc('\n', to);
}

/* The next line must have that name and so many numbers. */
static int read_list(char **at, const char *name, int64_t *list, int count)
{
    size_t length = strlen(name);
    if (strncmp(*at, name, length) != 0)
        return 1;
    *at += length;
    for (int i = 0; i < count; i++) {
        char *end;
        if (**at != ' ')
            return 1;
        list[i] = strtoll(*at + 1, &end, 10);
        if (end == *at + 1)
            return 1;
        *at = end;
    }
    return *(*at)++ != '\n';
}

void model_write(FILE *to, const struct model *model)
{
    int64_t head[] = { model->round, model->classes, model->features, model->loss };
    write_list(to, "model", head, 4);
    write_list(to, "middle", model->middle, model->features);
    write_list(to, "scale", model->scale, model->features);
    for (int c = 0; c < model->classes; c++) {
        write_list(to, "weights", model->weights[c], model->features + 1);
        write_list(to, "speed", model->speed[c], model->features + 1);
    }
}

int model_read(char **at, struct model *model)
{
    int64_t head[4];
    memset(model, 0, sizeof *model);
    if (read_list(at, "model", head, 4) != 0 || head[1] < 2 || head[1] > CLASSES || head[2] < 1 || head[2] > FEATURES)
        return 1;
    model->round = (long)head[0], model->classes = (int)head[1], model->features = (int)head[2], model->loss = head[3];
    if (read_list(at, "middle", model->middle, model->features) != 0 || read_list(at, "scale", model->scale, model->features) != 0)
        return 1;
    for (int c = 0; c < model->classes; c++)
        if (read_list(at, "weights", model->weights[c], model->features + 1) != 0
            || read_list(at, "speed", model->speed[c], model->features + 1) != 0)
            return 1;
    return 0;
}

void gradient_write(FILE *to, const struct model *model, const struct gradient *gradient)
{
    int64_t head[] = { (int64_t)gradient->rows, (int64_t)gradient->hits, (int64_t)gradient->tests, (int64_t)gradient->test_hits,
                       (int64_t)gradient->skipped, gradient->loss };
    write_list(to, "gradient", head, 6);
    write_list(to, "totals", gradient->totals, model->features);
    write_list(to, "squares", gradient->squares, model->features);
    for (int c = 0; c < model->classes; c++)
        write_list(to, "sums", gradient->sums[c], model->features + 1);
}

int gradient_read(char **at, const struct model *model, struct gradient *gradient)
{
    int64_t head[6];
    memset(gradient, 0, sizeof *gradient);
    if (read_list(at, "gradient", head, 6) != 0 || read_list(at, "totals", gradient->totals, model->features) != 0
        || read_list(at, "squares", gradient->squares, model->features) != 0)
        return 1;
    gradient->rows = (uint64_t)head[0], gradient->hits = (uint64_t)head[1], gradient->tests = (uint64_t)head[2];
    gradient->test_hits = (uint64_t)head[3], gradient->skipped = (uint64_t)head[4], gradient->loss = head[5];
    for (int c = 0; c < model->classes; c++)
        if (read_list(at, "sums", gradient->sums[c], model->features + 1) != 0)
            return 1;
    return 0;
}
