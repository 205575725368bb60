/* One Bitcoin block as on the wire: its header, its transactions, and the rules that need nothing but the block. */
#ifndef BLOCK_H
#define BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

enum { HEADER = 80, LARGEST_BLOCK = 4000000, REASON = 96 };

struct network {
    const char *name;
    uint8_t magic[4];     /* before each block in a file */
    uint32_t easiest;     /* the largest target, compact */
};

/* main, testnet3, testnet4, signet, regtest; NULL for another name. */
const struct network *network_named(const char *name);

struct block {
    uint8_t hash[HASH], previous[HASH]; /* in the order of the wire */
    uint32_t time, bits;
    uint64_t transactions;
};

/*
 * Checks proof of work, every transaction's form, the Merkle root, and with witnesses their commitment (BIP 141). 0, or 1 with
 * the reason. The header's fields are filled in when there is a header at all.
 */
int block_check(const uint8_t *bytes, size_t length, const struct network *network, struct block *block, char reason[REASON]);

/* The target of compact bits as 256 bits, least significant byte first. 0, or 1 when it is negative, zero or too large. */
int target_of(uint32_t bits, uint8_t target[HASH]);

#endif
