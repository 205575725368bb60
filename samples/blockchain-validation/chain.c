#include "chain.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/files.h"
#include "block.h"

enum { LIMBS = 8, SHOWN = 10, NOBODY = -1 };

/* 256 bits, least significant first. */
struct work {
    uint32_t limb[LIMBS];
};

struct link {
    uint8_t hash[HASH], previous[HASH]; /* as people write them: most significant byte first */
    uint32_t bits, time;
    uint64_t transactions, bytes;
    long parent; /* NOBODY: not among the blocks given */
    int weighed;
    struct work total;
};

struct chain {
    struct link *links;
    long count, room, parts, repeated;
    uint64_t rejected, junk;
    char *complaints;
    size_t complained;
    long *slots;
    size_t capacity;
};

static int compare(const struct work *left, const struct work *right)
{
    for (int i = LIMBS - 1; i >= 0; i--)
        if (left->limb[i] != right->limb[i])
            return left->limb[i] > right->limb[i] ? 1 : -1;
    return 0;
}

static void add(struct work *sum, const struct work *more)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)sum->limb[i] + more->limb[i];
        sum->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* How many hashes a block of that target takes on average: 2^256 / (target + 1), which is ~target / (target + 1) + 1. */
static struct work work_of(uint32_t bits)
{
    uint8_t target[HASH];
    struct work one = { { 1 } }, up = { 0 }, down = { 0 }, rest = { 0 }, quotient = { 0 };
    target_of(bits, target);
    for (int i = 0; i < HASH; i++) {
        up.limb[i / 4] |= (uint32_t)(uint8_t)~target[i] << (8 * (i % 4));
        down.limb[i / 4] |= (uint32_t)target[i] << (8 * (i % 4));
    }
    add(&down, &one);
    for (int bit = 255; bit >= 0; bit--) {
        struct work doubled = rest;
        add(&rest, &doubled);
        rest.limb[0] |= up.limb[bit / 32] >> (bit % 32) & 1;
        if (compare(&rest, &down) < 0)
            continue;
        uint64_t borrow = 0;
        for (int i = 0; i < LIMBS; i++) {
            uint64_t from = (uint64_t)rest.limb[i] - down.limb[i] - borrow;
            rest.limb[i] = (uint32_t)from;
            borrow = from >> 32 & 1;
        }
        quotient.limb[bit / 32] |= (uint32_t)1 << (bit % 32);
    }
    add(&quotient, &one);
    return quotient;
}

static int read_hash(const char *text, uint8_t hash[HASH])
{
    for (int i = 0; i < HASH; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return 1;
        hash[i] = (uint8_t)byte;
    }
    return text[2 * HASH] != 0;
}

static const char *hex(const uint8_t hash[HASH])
{
    static char texts[4][2 * HASH + 1];
    static int next;
    char *text = texts[next++ & 3];
    for (int i = 0; i < HASH; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    return text;
}

/* Where the number of that block stands, or would. The last bytes of a hash are as good as random. */
static long *slot_of(const struct chain *chain, const uint8_t *hash)
{
    size_t at = 0;
    for (int i = HASH - 8; i < HASH; i++)
        at = at << 8 | hash[i];
    for (at &= chain->capacity - 1; chain->slots[at] != NOBODY; at = (at + 1) & (chain->capacity - 1))
        if (memcmp(chain->links[chain->slots[at]].hash, hash, HASH) == 0)
            break;
    return &chain->slots[at];
}

static void keep(struct chain *chain, const struct link *link)
{
    if (chain->count * 2 >= (long)chain->capacity) {
        chain->capacity = chain->capacity == 0 ? 4096 : chain->capacity * 2;
        chain->slots = grow(chain->slots, chain->capacity * sizeof *chain->slots);
        for (size_t i = 0; i < chain->capacity; i++)
            chain->slots[i] = NOBODY;
        for (long i = 0; i < chain->count; i++)
            *slot_of(chain, chain->links[i].hash) = i;
    }
    long *slot = slot_of(chain, link->hash);
    if (*slot != NOBODY) {
        chain->repeated++;
        return;
    }
    if (chain->count == chain->room)
        chain->links = grow(chain->links, (size_t)(chain->room = chain->room == 0 ? 4096 : chain->room * 2) * sizeof *link);
    *slot = chain->count;
    chain->links[chain->count++] = *link;
}

static void complain(struct chain *chain, const char *line)
{
    size_t length = strlen(line);
    chain->complaints = grow(chain->complaints, chain->complained + length + 2);
    memcpy(chain->complaints + chain->complained, line, length);
    chain->complained += length;
    chain->complaints[chain->complained++] = '\n';
    chain->complaints[chain->complained] = 0;
}

static int read_line(struct chain *chain, char *line)
{
    char hash[65], previous[65];
    struct link link = { .parent = NOBODY };
    if (strncmp(line, "rejected\t", 9) == 0)
        return chain->rejected++, complain(chain, line), 0;
    if (strncmp(line, "junk\t", 5) == 0)
        return chain->junk++, complain(chain, line), 0;
    if (sscanf(line, "block\t%64s\t%64s\t%8" SCNx32 "\t%" SCNu32 "\t%" SCNu64 "\t%" SCNu64, hash, previous, &link.bits, &link.time,
               &link.transactions, &link.bytes) != 6
        || read_hash(hash, link.hash) != 0 || read_hash(previous, link.previous) != 0)
        return 1;
    keep(chain, &link);
    return 0;
}

static int read_part(const char *path, void *state)
{
    struct chain *chain = state;
    size_t length;
    char *text = read_all(path, &length);
    if (text == NULL)
        return fail(NO_INPUT, "cannot read %s", path);
    int result = 0, number = 1;
    for (char *line = text, *end; result == 0 && *line != 0; line = end + 1, number++) {
        end = strchr(line, '\n');
        if (end != NULL)
            *end = 0;
        if (end == NULL || read_line(chain, line) != 0)
            result = fail(BAD_DATA, "%s:%d is not a line that `blockchain check` writes", path, number);
        if (end == NULL)
            break;
    }
    free(text);
    chain->parts++;
    return result;
}

/* Each block's work with all work before it, without recursion: chains are long. */
static long heaviest(struct chain *chain)
{
    long best = NOBODY, *stack = grow(NULL, (size_t)(chain->count + 1) * sizeof *stack);
    uint32_t bits = 0;
    struct work own = { 0 };
    for (long i = 0; i < chain->count; i++) {
        long depth = 0;
        for (long at = i; at != NOBODY && !chain->links[at].weighed && depth <= chain->count; at = chain->links[at].parent)
            chain->links[at].weighed = 1, stack[depth++] = at;
        while (depth-- > 0) {
            struct link *link = &chain->links[stack[depth]];
            if (bits != link->bits)
                own = work_of(bits = link->bits);
            link->total = own;
            if (link->parent != NOBODY)
                add(&link->total, &chain->links[link->parent].total);
        }
        if (best == NOBODY || compare(&chain->links[i].total, &chain->links[best].total) > 0)
            best = i;
    }
    free(stack);
    return best;
}

static const char *day(uint32_t seconds)
{
    static char texts[2][16];
    static int next;
    time_t when = (time_t)seconds;
    struct tm *parts = gmtime(&when);
    char *text = texts[next++ & 1];
    strftime(text, sizeof *texts, "%Y-%m-%d", parts);
    return text;
}

static void print_work(const struct work *work)
{
    int limb = LIMBS - 1;
    while (limb > 0 && work->limb[limb] == 0)
        limb--;
    printf("work       %" PRIx32, work->limb[limb]);
    while (limb-- > 0)
        printf("%08" PRIx32, work->limb[limb]);
    puts(" hashes, in hexadecimal");
}

/* What was given begins with the earliest block that goes on from none of the others. */
static long beginning(const struct chain *chain)
{
    long first = NOBODY;
    for (long i = 0; i < chain->count; i++)
        if (chain->links[i].parent == NOBODY && (first == NOBODY || chain->links[i].time < chain->links[first].time))
            first = i;
    return first;
}

/* Prints the other blocks that go on from none; says how many. */
static long print_gaps(const struct chain *chain)
{
    long gaps = 0, first = beginning(chain);
    for (long i = 0; i < chain->count; i++)
        if (chain->links[i].parent == NOBODY && i != first && ++gaps <= SHOWN)
            printf("gap        block %s\n           needs %s, which is missing or rejected\n", hex(chain->links[i].hash),
                   hex(chain->links[i].previous));
    if (gaps > SHOWN)
        printf("gap        and %ld more\n", gaps - SHOWN);
    return gaps;
}

static void report(struct chain *chain)
{
    static const uint8_t nothing[HASH];
    uint64_t transactions = 0, bytes = 0;
    long length = 0, root = NOBODY, tip, gaps = 0;
    for (long i = 0; i < chain->count; i++) {
        chain->links[i].parent = *slot_of(chain, chain->links[i].previous);
        transactions += chain->links[i].transactions;
        bytes += chain->links[i].bytes;
    }
    tip = chain->count == 0 ? NOBODY : heaviest(chain);
    for (long at = tip; at != NOBODY && length < chain->count; at = chain->links[at].parent)
        root = at, length++;
    printf("blocks     %ld in %ld parts, %" PRIu64 " transactions, %" PRIu64 " bytes\n", chain->count, chain->parts, transactions, bytes);
    if (chain->repeated > 0)
        printf("repeated   %ld blocks were given more than once\n", chain->repeated);
    if (tip != NOBODY) {
        const struct link *first = &chain->links[root], *last = &chain->links[tip];
        int genesis = memcmp(first->previous, nothing, HASH) == 0;
        printf("chain      %ld blocks, %s to %s%s\n", length, day(first->time), day(last->time), genesis ? ", from the genesis block" : "");
        printf("after      %s\nfirst      %s\nlast       %s\n", hex(first->previous), hex(first->hash), hex(last->hash));
        print_work(&last->total);
        gaps = print_gaps(chain);
        printf("beside     %ld blocks are not part of that chain\n", chain->count - length);
    }
    if (chain->complained > 0)
        fputs(chain->complaints, stdout);
    printf("verdict    ");
    if (chain->count > 0 && gaps == 0 && chain->rejected + chain->junk == 0)
        puts("valid: every block holds, and every link between them");
    else
        printf("NOT valid: %" PRIu64 " blocks rejected, %" PRIu64 " pieces that are no block, %ld gaps\n", chain->rejected, chain->junk, gaps);
}

int chain_merge(const char *folder)
{
    struct chain chain = { 0 };
    int result = walk(folder, read_part, &chain);
    if (result != 0)
        return result;
    report(&chain);
    free(chain.links);
    free(chain.slots);
    free(chain.complaints);
    return flushed();
}
