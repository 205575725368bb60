#include "real.h"

#include <math.h>
#include <string.h>

/* ln 2 in two pieces, the first with room for an exact product with an exponent (after fdlibm). */
static const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;

static double power_of_two(int exponent)
{
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double real_exp(double x)
{
    if (x < -700)
        return 0;
    if (x > 700)
        x = 700;
    int k = (int)real_round(x / (Ln2High + Ln2Low));
    double r = (x - k * Ln2High) - k * Ln2Low, sum = 1;
    /* |r| < 0.35: the terms after the fourteenth are below the last bit. */
    for (int i = 14; i >= 1; i--)
        sum = 1 + r * sum / i;
    return sum * power_of_two(k);
}

double real_log(double x)
{
    int exponent = 0;
    uint64_t bits;
    if (x < power_of_two(-1000))
        x *= power_of_two(60), exponent -= 60;
    memcpy(&bits, &x, sizeof bits);
    exponent += (int)(bits >> 52 & 0x7ff) - 1023;
    bits = (bits & 0xfffffffffffffu) | (uint64_t)1023 << 52;
    memcpy(&x, &bits, sizeof x);
    if (x > 1.4142135623730951)
        x /= 2, exponent++;
    /* ln x = 2 artanh((x - 1) / (x + 1)), and the fraction is below 0.172. */
    double f = (x - 1) / (x + 1), square = f * f, sum = 0;
    for (int i = 25; i >= 1; i -= 2)
        sum = sum * square + 1.0 / i;
    return exponent * Ln2High + (exponent * Ln2Low + 2 * f * sum);
}

double real_sqrt(double x)
{
    return sqrt(x);
}

int64_t real_round(double x)
{
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}
