/* SHA-256 (FIPS 180-4). */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { HASH = 32 };

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t length);
void sha256_end(struct sha256 *sha, uint8_t hash[HASH]);

void sha256(const void *bytes, size_t length, uint8_t hash[HASH]);

/* SHA-256 of SHA-256, as Bitcoin takes it of headers, transactions and pairs of hashes. */
void sha256_twice(const void *bytes, size_t length, uint8_t hash[HASH]);

#endif
