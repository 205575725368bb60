#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "../common/files.h"
#include "../common/real.h"

static const double Rate = 1.0, Momentum = 0.9, Decay = 0.0005, Rough = 1024;

static int64_t whole(double x)
{
    return real_round(x * ONE);
}

static void sum(int64_t *to, int64_t more)
{
    if (__builtin_add_overflow(*to, more, to))
        exit(fail(BAD_DATA, "a sum does not fit into 64 bits: give the column in a larger unit"));
}

static void standardise(const struct model *model, const double *features, double *to)
{
    for (int f = 0; f < model->features; f++)
        to[f] = (features[f] - (double)model->middle[f] / ONE) / ((double)model->scale[f] / ONE);
    to[model->features] = 1;
}

int model_guess(const struct model *model, const double *features, double *probabilities)
{
    double x[FEATURES + 1], most = 0, total = 0;
    int best = 0;
    standardise(model, features, x);
    for (int c = 0; c < model->classes; c++) {
        probabilities[c] = 0;
        for (int f = 0; f <= model->features; f++)
            probabilities[c] += (double)model->weights[c][f] / ONE * x[f];
        if (c == 0 || probabilities[c] > most)
            most = probabilities[c], best = c;
    }
    for (int c = 0; c < model->classes; c++)
        total += probabilities[c] = real_exp(probabilities[c] - most);
    for (int c = 0; c < model->classes; c++)
        probabilities[c] /= total;
    return best;
}

void model_learn(const struct model *model, const double *features, int label, struct gradient *gradient)
{
    double x[FEATURES + 1], probabilities[CLASSES];
    gradient->rows++;
    if (model->round == 0 && model->scale[0] == 0) {
        for (int f = 0; f < model->features; f++) {
            int64_t value = real_round(features[f] * Rough), square;
            if (__builtin_mul_overflow(value, value, &square))
                exit(fail(BAD_DATA, "a value is too large: give the column in a larger unit"));
            sum(&gradient->totals[f], value);
            sum(&gradient->squares[f], square);
        }
        return;
    }
    gradient->hits += model_guess(model, features, probabilities) == label;
    standardise(model, features, x);
    double sure = probabilities[label] > 1e-30 ? probabilities[label] : 1e-30;
    sum(&gradient->loss, whole(-real_log(sure)));
    for (int c = 0; c < model->classes; c++)
        for (int f = 0; f <= model->features; f++)
            sum(&gradient->sums[c][f], whole((probabilities[c] - (c == label)) * x[f]));
}

void model_begin(struct model *model, const struct gradient *gradient)
{
    double n = (double)gradient->rows;
    for (int f = 0; f < model->features; f++) {
        double middle = (double)gradient->totals[f] / n, square = (double)gradient->squares[f] / n - middle * middle;
        model->middle[f] = whole(middle / Rough);
        model->scale[f] = whole(square > 0 ? real_sqrt(square) / Rough : 1);
    }
}

void model_step(struct model *model, const struct gradient *gradient)
{
    double n = (double)gradient->rows;
    for (int c = 0; c < model->classes; c++) {
        for (int f = 0; f <= model->features; f++) {
            double weight = (double)model->weights[c][f] / ONE, slope = (double)gradient->sums[c][f] / ONE / n + Decay * weight;
            double speed = Momentum * (double)model->speed[c][f] / ONE - Rate * slope;
            model->speed[c][f] = whole(speed);
            model->weights[c][f] = whole(weight + speed);
        }
    }
    model->loss = real_round((double)gradient->loss / n);
    model->round++;
}

void gradient_add(struct gradient *to, const struct gradient *more)
{
    to->rows += more->rows, to->hits += more->hits, to->skipped += more->skipped;
    to->tests += more->tests, to->test_hits += more->test_hits;
    sum(&to->loss, more->loss);
    for (int f = 0; f < FEATURES; f++) {
        sum(&to->totals[f], more->totals[f]);
        sum(&to->squares[f], more->squares[f]);
    }
    for (int c = 0; c < CLASSES; c++)
        for (int f = 0; f <= FEATURES; f++)
            sum(&to->sums[c][f], more->sums[c][f]);
}
