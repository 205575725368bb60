/*
 * blockchain: validates Bitcoin's block files, and a copy of a Rxelon ledger.
 *
 *   blockchain check [--network N] [--xor KEY] [PATH…]   files of blocks below each PATH (/in), or standard input without any
 *   blockchain merge [DIR]                               what the parts of `check` wrote becomes one chain and a verdict
 *   blockchain cut BLOCKS [DIR]                          standard input becomes files of so many blocks in DIR (/out)
 *   blockchain ledger [DIR]                              a folder that `rxelon mirror` wrote (/in)
 *
 * A file of blocks is what a Bitcoin node keeps as blk*.dat: magic, size in four bytes, block, again and again. Newer nodes hide
 * them behind eight bytes of blocks/xor.dat, which --xor takes in hexadecimal.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/files.h"
#include "block.h"
#include "chain.h"
#include "ledger.h"

enum { KEY = 8 };

struct source {
    const struct network *network;
    uint8_t key[KEY];
    FILE *file;
    const char *name;
    uint64_t offset;
    uint8_t *block;  /* of LARGEST_BLOCK bytes */
    uint64_t files;
};

static int next_byte(struct source *source)
{
    int byte = getc(source->file);
    return byte == EOF ? EOF : (byte ^ source->key[source->offset++ % KEY]) & 0xff;
}

/* Stands behind the next magic afterwards: 1, or 0 at the end. Zeros between blocks are room that the node had reserved. */
static int find_magic(struct source *source)
{
    uint8_t window[4] = { 0 };
    uint64_t start = source->offset, junk = 0, junk_at = 0;
    int byte = 0, found = 0;
    while (!found && (byte = next_byte(source)) != EOF) {
        /* What leaves the window is no part of a magic any more. */
        if (source->offset - start > 4 && window[0] != 0 && junk++ == 0)
            junk_at = source->offset - 5;
        memmove(window, window + 1, 3);
        window[3] = (uint8_t)byte;
        found = source->offset - start >= 4 && memcmp(window, source->network->magic, 4) == 0;
    }
    for (int i = 0; i < 4 && !found; i++)
        if (window[i] != 0 && junk++ == 0)
            junk_at = source->offset - 4 + (uint64_t)i;
    if (junk > 0)
        printf("junk\t%s\t%" PRIu64 "\tbytes that belong to no block\n", source->name, junk_at);
    return found;
}

/* The next block: its length; 0 at the end. What is no block is told and passed over. */
static size_t next_block(struct source *source, uint64_t *at)
{
    while (find_magic(source)) {
        uint32_t size = 0;
        *at = source->offset - 4;
        for (int i = 0, byte; i < 4; i++)
            size |= (byte = next_byte(source)) == EOF ? 0 : (uint32_t)byte << (8 * i);
        if (size < HEADER || size > LARGEST_BLOCK) {
            printf("rejected\t%s\t%" PRIu64 "\t-\tits size is impossible: %" PRIu32 " bytes\n", source->name, *at, size);
            continue;
        }
        size_t got = 0;
        for (int byte; got < size && (byte = next_byte(source)) != EOF; got++)
            source->block[got] = (uint8_t)byte;
        if (got == size)
            return size;
        printf("rejected\t%s\t%" PRIu64 "\t-\tthe file ends before it does\n", source->name, *at);
    }
    return 0;
}

static void print_hash(const uint8_t hash[HASH])
{
    putchar('\t');
    for (int i = HASH - 1; i >= 0; i--)
        printf("%02x", hash[i]);
}

static void check_stream(struct source *source)
{
    size_t length;
    uint64_t at;
    source->offset = 0;
    while ((length = next_block(source, &at)) > 0) {
        struct block block;
        char reason[REASON];
        if (block_check(source->block, length, source->network, &block, reason) != 0) {
            printf("rejected\t%s\t%" PRIu64, source->name, at);
            print_hash(block.hash);
            printf("\t%s\n", reason);
            continue;
        }
        fputs("block", stdout);
        print_hash(block.hash);
        print_hash(block.previous);
        printf("\t%08" PRIx32 "\t%" PRIu32 "\t%" PRIu64 "\t%zu\n", block.bits, block.time, block.transactions, length);
    }
}

static int check_file(const char *path, void *state)
{
    struct source *source = state;
    const char *slash = strrchr(path, '/');
    source->file = fopen(path, "rb");
    if (source->file == NULL)
        return fail(NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    source->name = slash == NULL ? path : slash + 1;
    source->files++;
    check_stream(source);
    int bad = ferror(source->file);
    fclose(source->file);
    return bad ? fail(NO_INPUT, "cannot read %s", path) : 0;
}

static void use_stdin(struct source *source)
{
    source->file = stdin;
    source->name = "stdin";
    check_stream(source);
}

static int check(struct source *source, int count, char **paths)
{
    int result = 0;
    for (int i = 0; i < count && result == 0; i++)
        result = walk(paths[i], check_file, source);
    if (count == 0 && exists("/in"))
        result = walk("/in", check_file, source);
    if (result == 0 && source->files == 0)
        use_stdin(source);
    return result != 0 ? result : flushed();
}

static int cut(struct source *source, long most, const char *folder)
{
    size_t length;
    uint64_t at, blocks = 0;
    char path[4096];
    FILE *to = NULL;
    source->file = stdin;
    source->name = "stdin";
    while ((length = next_block(source, &at)) > 0) {
        if (blocks % (uint64_t)most == 0) {
            snprintf(path, sizeof path, "%s/blocks-%05" PRIu64 ".dat", folder, blocks / (uint64_t)most);
            if ((to != NULL && fclose(to) != 0) || (to = fopen(path, "wb")) == NULL)
                return fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
        }
        uint8_t size[4] = { (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), (uint8_t)(length >> 24) };
        if (fwrite(source->network->magic, 4, 1, to) != 1 || fwrite(size, 4, 1, to) != 1 || fwrite(source->block, length, 1, to) != 1)
            return fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
        blocks++;
    }
    if (to != NULL && fclose(to) != 0)
        return fail(NO_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    printf("%" PRIu64 " blocks in %" PRIu64 " files\n", blocks, (blocks + (uint64_t)most - 1) / (uint64_t)most);
    return flushed();
}

static int read_key(const char *text, uint8_t key[KEY])
{
    for (int i = 0; i < KEY; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1 || text[2 * i + 1] == 0)
            return 1;
        key[i] = (uint8_t)byte;
    }
    return text[2 * KEY] != 0;
}

static int usage(void)
{
    return fail(USAGE, "usage: blockchain check [--network main|testnet3|testnet4|signet|regtest] [--xor KEY] [PATH...] | merge [DIR] |"
                       " cut [--network N] [--xor KEY] BLOCKS [DIR] | ledger [DIR]");
}

int main(int argc, char **argv)
{
    struct source source = { .network = network_named("main") };
    const char *verb = argc > 1 ? argv[1] : "";
    int at = 2;
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        if (strcmp(argv[at], "--network") == 0 && network_named(argv[at + 1]) != NULL)
            source.network = network_named(argv[at + 1]);
        else if (strcmp(argv[at], "--xor") != 0 || strlen(argv[at + 1]) != 2 * KEY || read_key(argv[at + 1], source.key) != 0)
            return usage();
    }
    int rest = argc - at;
    source.block = grow(NULL, LARGEST_BLOCK);
    if (strcmp(verb, "check") == 0)
        return check(&source, rest, argv + at);
    if (strcmp(verb, "cut") == 0 && (rest == 1 || rest == 2))
        return cut(&source, number(argv[at], 1, 1000000), rest == 2 ? argv[at + 1] : "/out");
    if (strcmp(verb, "merge") == 0 && rest <= 1)
        return chain_merge(rest == 1 ? argv[at] : "/in");
    if (strcmp(verb, "ledger") == 0 && rest <= 1)
        return ledger_check(rest == 1 ? argv[at] : "/in");
    return usage();
}
