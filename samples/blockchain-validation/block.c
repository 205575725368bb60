#include "block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/files.h"

static const struct network networks[] = {
    { "main", { 0xf9, 0xbe, 0xb4, 0xd9 }, 0x1d00ffff },
    { "testnet3", { 0x0b, 0x11, 0x09, 0x07 }, 0x1d00ffff },
    { "testnet4", { 0x1c, 0x16, 0x3f, 0x28 }, 0x1d00ffff },
    { "signet", { 0x0a, 0x03, 0xcf, 0x40 }, 0x1e0377ae },
    { "regtest", { 0xfa, 0xbf, 0xb5, 0xda }, 0x207fffff },
};

const struct network *network_named(const char *name)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (strcmp(networks[i].name, name) == 0)
            return &networks[i];
    return NULL;
}

/* Reads forward; `bad` stays set once something was missing, and what is read then is zero. */
struct reader {
    const uint8_t *at, *end;
    int bad;
};

static const uint8_t *take(struct reader *reader, uint64_t length)
{
    if (reader->bad || length > (uint64_t)(reader->end - reader->at)) {
        reader->bad = 1;
        return NULL;
    }
    reader->at += length;
    return reader->at - length;
}

static uint64_t little(struct reader *reader, int bytes)
{
    const uint8_t *from = take(reader, (uint64_t)bytes);
    uint64_t value = 0;
    for (int i = 0; from != NULL && i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

/* A count in its shortest form, as the network demands it. */
static uint64_t count_of(struct reader *reader)
{
    uint64_t first = little(reader, 1);
    if (first < 253)
        return first;
    int bytes = first == 253 ? 2 : first == 254 ? 4 : 8;
    uint64_t value = little(reader, bytes);
    if (value < (bytes == 2 ? 253 : bytes == 4 ? 0x10000 : 0x100000000u))
        reader->bad = 1;
    return value;
}

int target_of(uint32_t bits, uint8_t target[HASH])
{
    int size = (int)(bits >> 24);
    uint32_t digits = bits & 0x7fffff;
    memset(target, 0, HASH);
    if ((bits & 0x800000) != 0 || digits == 0)
        return 1;
    for (int i = 0; i < 3; i++) {
        uint8_t digit = (uint8_t)(digits >> (8 * i));
        int place = size - 3 + i;
        if (place >= HASH && digit != 0)
            return 1;
        if (place >= 0 && place < HASH)
            target[place] = digit;
    }
    for (int i = 0; i < HASH; i++)
        if (target[i] != 0)
            return 0;
    return 1;
}

/* Greater than, of numbers whose last byte counts most. */
static int above(const uint8_t left[HASH], const uint8_t right[HASH])
{
    for (int i = HASH - 1; i >= 0; i--)
        if (left[i] != right[i])
            return left[i] > right[i];
    return 0;
}

static int work_is_missing(const struct block *block, const struct network *network, char *reason)
{
    uint8_t target[HASH], easiest[HASH];
    target_of(network->easiest, easiest);
    if (target_of(block->bits, target) != 0 || above(target, easiest))
        return snprintf(reason, REASON, "its target %08x is not one of this network", (unsigned)block->bits), 1;
    if (above(block->hash, target))
        return snprintf(reason, REASON, "no proof of work: its hash is above the target"), 1;
    return 0;
}

struct transaction {
    uint8_t id[HASH], witness_id[HASH];
    int has_witness;
    const uint8_t *commitment; /* the last output's that has one; NULL without */
    const uint8_t *reserved;   /* the first input's only witness item of 32 bytes; NULL without */
};

static void read_outputs(struct reader *reader, struct transaction *tx)
{
    static const uint8_t mark[] = { 0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed };
    uint64_t outputs = count_of(reader);
    for (uint64_t i = 0; i < outputs && !reader->bad; i++) {
        little(reader, 8);
        uint64_t length = count_of(reader);
        const uint8_t *script = take(reader, length);
        if (script != NULL && length >= sizeof mark + HASH && memcmp(script, mark, sizeof mark) == 0)
            tx->commitment = script + sizeof mark;
    }
}

static void read_witnesses(struct reader *reader, uint64_t inputs, struct transaction *tx)
{
    int any = 0;
    for (uint64_t i = 0; i < inputs && !reader->bad; i++) {
        uint64_t items = count_of(reader);
        any |= items > 0;
        for (uint64_t j = 0; j < items && !reader->bad; j++) {
            uint64_t length = count_of(reader);
            const uint8_t *item = take(reader, length);
            if (i == 0 && items == 1 && length == HASH)
                tx->reserved = item;
        }
    }
    /* A marker without a single witness would give one transaction two forms. */
    reader->bad |= !any;
}

static int read_transaction(struct reader *reader, struct transaction *tx)
{
    struct sha256 sha;
    const uint8_t *start = reader->at;
    memset(tx, 0, sizeof *tx);
    little(reader, 4);
    const uint8_t *body = reader->at;
    if (reader->end - reader->at >= 2 && body[0] == 0 && body[1] == 1) {
        tx->has_witness = 1;
        body = reader->at += 2;
    }
    uint64_t inputs = count_of(reader);
    reader->bad |= inputs == 0;
    for (uint64_t i = 0; i < inputs && !reader->bad; i++) {
        take(reader, HASH + 4);
        take(reader, count_of(reader));
        take(reader, 4);
    }
    read_outputs(reader, tx);
    const uint8_t *witnesses = reader->at;
    if (tx->has_witness)
        read_witnesses(reader, inputs, tx);
    const uint8_t *lock = take(reader, 4);
    if (reader->bad)
        return 1;
    /* The id leaves marker and witnesses out. */
    sha256_begin(&sha);
    sha256_add(&sha, start, 4);
    sha256_add(&sha, body, (size_t)(witnesses - body));
    sha256_add(&sha, lock, 4);
    sha256_end(&sha, tx->id);
    sha256(tx->id, HASH, tx->id);
    sha256_twice(start, (size_t)(reader->at - start), tx->witness_id);
    return 0;
}

/*
 * The root of hashes, which are overwritten. An odd level's last hash is paired with itself; therefore a list with a repeated
 * tail has the same root as the list without (CVE-2012-2459), which `repeated` tells.
 */
static void merkle_root(uint8_t (*hashes)[HASH], size_t count, int *repeated)
{
    for (; count > 1; count = (count + 1) / 2) {
        for (size_t i = 0; i + 1 < count; i += 2)
            *repeated |= memcmp(hashes[i], hashes[i + 1], HASH) == 0;
        for (size_t i = 0; i < count; i += 2) {
            uint8_t pair[2 * HASH];
            memcpy(pair, hashes[i], HASH);
            memcpy(pair + HASH, hashes[i + 1 < count ? i + 1 : i], HASH);
            sha256_twice(pair, sizeof pair, hashes[i / 2]);
        }
    }
}

static int witnesses_are_wrong(uint8_t (*ids)[HASH], size_t count, const struct transaction *coinbase, char *reason)
{
    if (coinbase->commitment == NULL || coinbase->reserved == NULL)
        return snprintf(reason, REASON, "it has witnesses that its first transaction does not commit to"), 1;
    uint8_t both[2 * HASH], hash[HASH];
    int repeated = 0;
    memset(ids[0], 0, HASH);
    merkle_root(ids, count, &repeated);
    memcpy(both, ids[0], HASH);
    memcpy(both + HASH, coinbase->reserved, HASH);
    sha256_twice(both, sizeof both, hash);
    if (memcmp(hash, coinbase->commitment, HASH) != 0)
        return snprintf(reason, REASON, "its witnesses are not those that it commits to"), 1;
    return 0;
}

static int transactions_are_wrong(struct reader *reader, struct block *block, const uint8_t root[HASH], char *reason)
{
    uint64_t count = block->transactions = count_of(reader);
    /* The smallest transaction has 60 bytes: more cannot be there, and memory is not asked for them. */
    if (reader->bad || count == 0 || count > (uint64_t)(reader->end - reader->at) / 60)
        return snprintf(reason, REASON, "its number of transactions is impossible"), 1;
    uint8_t (*ids)[HASH] = grow(NULL, (size_t)count * HASH), (*witness_ids)[HASH] = grow(NULL, (size_t)count * HASH);
    struct transaction tx, coinbase = { 0 };
    int witnesses = 0, repeated = 0, wrong = 0;
    for (uint64_t i = 0; i < count && !wrong; i++) {
        if (read_transaction(reader, &tx) != 0) {
            wrong = 1;
            snprintf(reason, REASON, "transaction %llu of %llu cannot be read", (unsigned long long)i + 1, (unsigned long long)count);
            break;
        }
        if (i == 0)
            coinbase = tx;
        witnesses |= tx.has_witness;
        memcpy(ids[i], tx.id, HASH);
        memcpy(witness_ids[i], tx.witness_id, HASH);
    }
    if (!wrong && reader->at != reader->end) {
        wrong = 1;
        snprintf(reason, REASON, "%td bytes follow its last transaction", reader->end - reader->at);
    }
    if (!wrong) {
        merkle_root(ids, (size_t)count, &repeated);
        wrong = repeated || memcmp(ids[0], root, HASH) != 0;
        snprintf(reason, REASON, repeated ? "its transactions repeat each other (CVE-2012-2459)"
                                          : "its transactions do not have the Merkle root of its header");
    }
    if (!wrong && witnesses)
        wrong = witnesses_are_wrong(witness_ids, (size_t)count, &coinbase, reason);
    free(ids);
    free(witness_ids);
    return wrong;
}

int block_check(const uint8_t *bytes, size_t length, const struct network *network, struct block *block, char reason[REASON])
{
    struct reader reader = { bytes, bytes + length, 0 };
    memset(block, 0, sizeof *block);
    const uint8_t *header = take(&reader, HEADER);
    if (header == NULL)
        return snprintf(reason, REASON, "it is shorter than a header"), 1;
    struct reader fields = { header + 4 + 2 * HASH, header + HEADER, 0 };
    sha256_twice(header, HEADER, block->hash);
    memcpy(block->previous, header + 4, HASH);
    block->time = (uint32_t)little(&fields, 4);
    block->bits = (uint32_t)little(&fields, 4);
    return work_is_missing(block, network, reason) || transactions_are_wrong(&reader, block, header + 4 + HASH, reason);
}
