#include "option.h"

#include "../common/real.h"
#include "philox.h"

/* Two independent normal numbers (Marsaglia's polar method); what is refused is drawn again under the next counter. */
static void normals(uint32_t seed, uint64_t path, uint32_t pair, double out[2])
{
    const uint32_t key[2] = { seed, 0 };
    for (uint32_t attempt = 0;; attempt++) {
        const uint32_t counter[4] = { (uint32_t)path, (uint32_t)(path >> 32), pair, attempt };
        uint32_t bits[4];
        philox(counter, key, bits);
        double x = (double)((uint64_t)bits[0] << 21 | bits[1] >> 11) * 0x1p-52 - 1;
        double y = (double)((uint64_t)bits[2] << 21 | bits[3] >> 11) * 0x1p-52 - 1;
        double square = x * x + y * y;
        if (square >= 1 || square == 0)
            continue;
        double stretch = real_sqrt(-2 * real_log(square) / square);
        out[0] = x * stretch, out[1] = y * stretch;
        return;
    }
}

static double above(double value, double strike)
{
    return value > strike ? value - strike : 0;
}

void option_path(const struct market *market, uint32_t seed, uint64_t path, double pays[PAYOFFS])
{
    double step = market->years / market->steps, sigma = market->volatility, discount = real_exp(-market->rate * market->years);
    double drift = (market->rate - sigma * sigma / 2) * step, shock = sigma * real_sqrt(step);
    double height = real_log(market->spot), heights = 0, prices = 0, price = market->spot, z[2];
    for (int i = 0; i < market->steps; i++) {
        if (i % 2 == 0)
            normals(seed, path, (uint32_t)i / 2, z);
        height += drift + shock * z[i % 2];
        price = real_exp(height);
        heights += height;
        prices += price;
    }
    pays[EUROPEAN] = discount * above(price, market->strike);
    pays[GEOMETRIC] = discount * above(real_exp(heights / market->steps), market->strike);
    pays[ARITHMETIC] = discount * above(prices / market->steps, market->strike);
    pays[DIFFERENCE] = pays[ARITHMETIC] - pays[GEOMETRIC];
}

/* The normal distribution, by its series about 0; right to the last digits for |x| < 6. */
static double normal_below(double x)
{
    double term = x, sum = x;
    for (int i = 3; i < 200; i += 2)
        sum += term *= x * x / i;
    return 0.5 + sum * real_exp(-x * x / 2) * 0.39894228040143267794;
}

/* The discounted call on a number whose logarithm is normal with that mean and variance. */
static double call(const struct market *market, double mean, double variance)
{
    double deviation = real_sqrt(variance), d2 = (mean - real_log(market->strike)) / deviation, d1 = d2 + deviation;
    return real_exp(-market->rate * market->years)
        * (real_exp(mean + variance / 2) * normal_below(d1) - market->strike * normal_below(d2));
}

double option_european(const struct market *market)
{
    double variance = market->volatility * market->volatility * market->years;
    return call(market, real_log(market->spot) + market->rate * market->years - variance / 2, variance);
}

double option_geometric(const struct market *market)
{
    double n = market->steps, square = market->volatility * market->volatility;
    return call(market, real_log(market->spot) + (market->rate - square / 2) * market->years * (n + 1) / (2 * n),
                square * market->years * (n + 1) * (2 * n + 1) / (6 * n * n));
}
