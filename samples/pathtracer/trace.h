/* Light along one path. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

#include "vec.h"

/* Random numbers of one sample (xorshift64*), seeded by pixel and sample, never by band: any split gives the same image. */
struct dice { uint64_t state; };

struct dice dice_for(uint32_t pixel, uint32_t sample);
double roll(struct dice *dice);

/* A random point of the unit disc around the origin; z is the square of its distance from it. */
vec roll_disc(struct dice *dice);

/* The light that arrives at `from` out of `direction`. */
vec trace(vec from, vec direction, struct dice *dice);

#endif
