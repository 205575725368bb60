#include "philox.h"

#include <string.h>

void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4], k0 = key[0], k1 = key[1];
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t left = (uint64_t)0xD2511F53u * c[0], right = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = { (uint32_t)(right >> 32) ^ c[1] ^ k0, (uint32_t)right, (uint32_t)(left >> 32) ^ c[3] ^ k1, (uint32_t)left };
        memcpy(c, next, sizeof c);
    }
    memcpy(out, c, sizeof c);
}
