/* An option on a share whose price is a geometric Brownian motion, watched at equal steps. */
#ifndef OPTION_H
#define OPTION_H

#include <stdint.h>

enum { PAYOFFS = 4, EUROPEAN = 0, GEOMETRIC = 1, ARITHMETIC = 2, DIFFERENCE = 3 };

struct market {
    double spot, strike, rate, volatility, years;
    int steps;
};

/*
 * What one path pays, as of today: a European call, calls on the geometric and on the arithmetic mean, and the difference of the
 * last two. A path is known by its number and the seed, and by nothing else.
 */
void option_path(const struct market *market, uint32_t seed, uint64_t path, double pays[PAYOFFS]);

/* Prices that can be written down: Black and Scholes' for the European call, Kemna and Vorst's for the geometric mean. */
double option_european(const struct market *market);
double option_geometric(const struct market *market);

#endif
