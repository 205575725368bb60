/*
 * Softmax regression: a weight for each class and feature, and one more for each class. Numbers that travel between parts are
 * whole: 2^-32ths, so that sums do not depend on their order.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

enum { CLASSES = 16, FEATURES = 32 };

#define ONE 4294967296.0 /* 2^32 */

struct model {
    int classes, features;
    long round;                             /* how many times the weights were changed */
    int64_t middle[FEATURES];               /* of each feature over the training rows */
    int64_t scale[FEATURES];                /* its deviation */
    int64_t weights[CLASSES][FEATURES + 1];
    int64_t speed[CLASSES][FEATURES + 1];   /* of the descent */
    int64_t loss;                           /* before the last change; 0 before the first */
};

/* What a part says about its rows. */
struct gradient {
    uint64_t rows, hits, tests, test_hits, skipped;
    int64_t loss;
    int64_t sums[CLASSES][FEATURES + 1];
    /* Before the first round instead: features and their squares, in 1024ths. */
    int64_t totals[FEATURES], squares[FEATURES];
};

/* The class of features (raw), and the probabilities of all. */
int model_guess(const struct model *model, const double *features, double *probabilities);

/* Adds what one training row says. */
void model_learn(const struct model *model, const double *features, int label, struct gradient *gradient);

/* Middle and scale from totals: the model before its first round. */
void model_begin(struct model *model, const struct gradient *gradient);

/* Takes one step down. */
void model_step(struct model *model, const struct gradient *gradient);

/* Adds one part's sums to another's. */
void gradient_add(struct gradient *to, const struct gradient *more);

#endif
