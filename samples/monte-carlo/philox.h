/*
 * Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): random numbers by their
 * number. There is no state that parts would have to share or to advance.
 */
#ifndef PHILOX_H
#define PHILOX_H

#include <stdint.h>

/* 128 random bits for a counter under a key. */
void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
