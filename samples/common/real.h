/*
 * Exponential and logarithm out of + - * / alone, which IEEE 754 rounds exactly: the same bits on every machine and in every
 * build, which a C library's own do not promise. Good to a few units in the last place.
 */
#ifndef SAMPLES_REAL_H
#define SAMPLES_REAL_H

#include <stdint.h>

double real_exp(double x);

/* Of a number above 0. */
double real_log(double x);

/* Correctly rounded by IEEE 754 everywhere. */
double real_sqrt(double x);

/* The nearest whole number; halves go away from 0. */
int64_t real_round(double x);

#endif
