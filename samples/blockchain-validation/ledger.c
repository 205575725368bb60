#include "ledger.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/files.h"
#include "sha256.h"

/* Leaf kinds and their bytes: docs/adr/0001-leaf-v1.md. */
enum { BUNDLE = 256, PATH = 4096, LEVELS = 64, EVENT = 1, HEADER_OF_BLOCK = 2, EVENT_BYTES = 146, TAG = 2, NUMBER = 34, BEFORE = 50 };

struct entity {
    uint8_t tag[HASH], last[HASH];
    uint64_t number, entry;
    int used;
};

struct ledger {
    char folder[PATH];
    uint64_t size, altered, broken, events, blocks, entities;
    uint8_t root[HASH];
    uint8_t frontier[LEVELS][HASH]; /* level i is in use when bit i of the entries so far is set */
    struct entity *table;
    size_t room;
};

static uint64_t big_endian(const uint8_t *from, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static int base64(const char *text, uint8_t *to, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int held = 0;
    size_t made = 0;
    for (; *text != 0 && *text != '\n' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        if (digit == NULL)
            return 1;
        bits = bits << 6 | (uint32_t)(digit - digits);
        held += 6;
        if (held >= 8) {
            held -= 8;
            if (made == length)
                return 1;
            to[made++] = (uint8_t)(bits >> held);
        }
    }
    return made != length;
}

static void print_base64(const uint8_t hash[HASH])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < HASH; i += 3) {
        uint32_t bits = (uint32_t)hash[i] << 16 | (i + 1 < HASH ? (uint32_t)hash[i + 1] << 8 : 0) | (i + 2 < HASH ? hash[i + 2] : 0);
        putchar(digits[bits >> 18]);
        putchar(digits[bits >> 12 & 63]);
        putchar(i + 1 < HASH ? digits[bits >> 6 & 63] : '=');
        putchar(i + 2 < HASH ? digits[bits & 63] : '=');
    }
}

/* The mirror's folder is the input's, or stands in it under its own name. */
static int find_checkpoint(const char *path, void *state)
{
    struct ledger *ledger = state;
    const char *name = strrchr(path, '/');
    if (ledger->folder[0] == 0 && name != NULL && strcmp(name, "/checkpoint") == 0)
        snprintf(ledger->folder, sizeof ledger->folder, "%.*s", (int)(name - path), path);
    return 0;
}

static int read_checkpoint(struct ledger *ledger)
{
    char path[PATH + 16];
    size_t length;
    snprintf(path, sizeof path, "%s/checkpoint", ledger->folder);
    char *text = read_all(path, &length);
    char *size = text == NULL ? NULL : strchr(text, '\n'), *root = size == NULL ? NULL : strchr(size + 1, '\n'), *end;
    if (root == NULL || (ledger->size = strtoull(size + 1, &end, 10), end != root) || base64(root + 1, ledger->root, HASH) != 0)
        return fail(BAD_DATA, "%s is not a checkpoint (origin, size, root)", path);
    printf("ledger     %.*s\n", (int)(size - text), text);
    free(text);
    return 0;
}

/* Below the folder: KIND/N in groups of three digits, all but the last behind an x; `.p/W` while it is not full. */
static char *read_tile(const struct ledger *ledger, const char *kind, uint64_t tile, uint64_t width, size_t *length)
{
    char number[40], path[PATH + 128];
    int used = 0;
    uint64_t power = 1;
    while (tile / power >= 1000)
        power *= 1000;
    for (; power > 0; power /= 1000)
        used += snprintf(number + used, sizeof number - (size_t)used, "%s%03" PRIu64 "%s", power > 1 ? "x" : "",
                         tile / power % 1000, power > 1 ? "/" : "");
    if (width < BUNDLE) {
        snprintf(path, sizeof path, "%s/%s/%s.p/%" PRIu64, ledger->folder, kind, number, width);
        char *partial = read_all(path, length);
        if (partial != NULL)
            return partial;
    }
    snprintf(path, sizeof path, "%s/%s/%s", ledger->folder, kind, number);
    return read_all(path, length);
}

static void node_hash(const uint8_t left[HASH], const uint8_t right[HASH], uint8_t hash[HASH])
{
    uint8_t bytes[1 + 2 * HASH] = { 1 };
    memcpy(bytes + 1, left, HASH);
    memcpy(bytes + 1 + HASH, right, HASH);
    sha256(bytes, sizeof bytes, hash);
}

static void append(struct ledger *ledger, uint64_t index, const uint8_t leaf[HASH])
{
    uint8_t hash[HASH];
    int level = 0;
    memcpy(hash, leaf, HASH);
    for (; index >> level & 1; level++)
        node_hash(ledger->frontier[level], hash, hash);
    memcpy(ledger->frontier[level], hash, HASH);
}

static void root_of(const struct ledger *ledger, uint8_t root[HASH])
{
    int any = 0;
    for (int level = 0; level < LEVELS; level++) {
        if ((ledger->size >> level & 1) == 0)
            continue;
        if (any++ == 0)
            memcpy(root, ledger->frontier[level], HASH);
        else
            node_hash(ledger->frontier[level], root, root);
    }
    if (any == 0)
        sha256("", 0, root);
}

static struct entity *slot_of(struct entity *table, size_t room, const uint8_t *tag)
{
    size_t at = (size_t)big_endian(tag, 8) & (room - 1);
    while (table[at].used && memcmp(table[at].tag, tag, HASH) != 0)
        at = (at + 1) & (room - 1);
    return &table[at];
}

static struct entity *entity_of(struct ledger *ledger, const uint8_t *tag)
{
    if (ledger->entities * 2 >= ledger->room) {
        size_t room = ledger->room == 0 ? 1024 : ledger->room * 2;
        struct entity *table = grow(NULL, room * sizeof *table);
        memset(table, 0, room * sizeof *table);
        for (size_t i = 0; i < ledger->room; i++)
            if (ledger->table[i].used)
                *slot_of(table, room, ledger->table[i].tag) = ledger->table[i];
        free(ledger->table);
        ledger->table = table;
        ledger->room = room;
    }
    return slot_of(ledger->table, ledger->room, tag);
}

/* A destroyed key's entity goes on under another tag, behind the same leaf. */
static int goes_on_from_another(const struct ledger *ledger, const uint8_t *before)
{
    for (size_t i = 0; i < ledger->room; i++)
        if (ledger->table[i].used && memcmp(ledger->table[i].last, before, HASH) == 0)
            return 1;
    return 0;
}

/* Each event names the leaf of the same entity's event before it, and counts on from it. */
static void follow_entity(struct ledger *ledger, uint64_t index, const uint8_t *entry, const uint8_t leaf[HASH])
{
    static const uint8_t none[HASH];
    struct entity *entity = entity_of(ledger, entry + TAG);
    const uint8_t *before = entry + BEFORE;
    uint64_t number = big_endian(entry + NUMBER, 8);
    if (!entity->used) {
        if (memcmp(before, none, HASH) != 0 && !goes_on_from_another(ledger, before)) {
            ledger->broken++;
            printf("broken     entry %" PRIu64 " goes on from an entry that is not there\n", index);
        }
        entity->used = 1;
        memcpy(entity->tag, entry + TAG, HASH);
        ledger->entities++;
    } else if (memcmp(before, entity->last, HASH) != 0 || number != entity->number + 1) {
        ledger->broken++;
        printf("broken     entry %" PRIu64 " does not go on from entry %" PRIu64 " of the same entity\n", index, entity->entry);
    }
    memcpy(entity->last, leaf, HASH);
    entity->number = number;
    entity->entry = index;
}

static void check_entry(struct ledger *ledger, uint64_t index, const uint8_t *entry, size_t length, const uint8_t *said)
{
    struct sha256 sha;
    uint8_t leaf[HASH];
    sha256_begin(&sha);
    sha256_add(&sha, "", 1);
    sha256_add(&sha, entry, length);
    sha256_end(&sha, leaf);
    append(ledger, index, leaf);
    if (said != NULL && memcmp(leaf, said, HASH) != 0) {
        ledger->altered++;
        printf("altered    entry %" PRIu64 " does not have the hash of its tile\n", index);
    }
    if (length == EVENT_BYTES && entry[0] == 1 && entry[1] == EVENT) {
        ledger->events++;
        follow_entity(ledger, index, entry, leaf);
    }
    ledger->blocks += length >= 2 && entry[0] == 1 && entry[1] == HEADER_OF_BLOCK;
}

static int check_bundle(struct ledger *ledger, uint64_t bundle)
{
    uint64_t first = bundle * BUNDLE, width = ledger->size - first < BUNDLE ? ledger->size - first : BUNDLE;
    size_t length, tile_length = 0, at = 0;
    uint8_t *bytes = (uint8_t *)read_tile(ledger, "tile/entries", bundle, width, &length);
    if (bytes == NULL)
        return fail(NO_INPUT, "the entries from %" PRIu64 " on are missing below %s", first, ledger->folder);
    uint8_t *tile = (uint8_t *)read_tile(ledger, "tile/0", bundle, width, &tile_length);
    for (uint64_t i = 0; i < width; i++) {
        size_t entry = length - at < 2 ? length : (size_t)big_endian(bytes + at, 2);
        if (length - at < 2 || length - at - 2 < entry) {
            printf("altered    entry %" PRIu64 " cannot be read: its bundle ends before it does\n", first + i);
            ledger->altered++;
            free(bytes);
            free(tile);
            return BAD_DATA;
        }
        check_entry(ledger, first + i, bytes + at + 2, entry, tile_length >= (i + 1) * HASH ? tile + i * HASH : NULL);
        at += 2 + entry;
    }
    free(bytes);
    free(tile);
    return 0;
}

int ledger_check(const char *folder)
{
    struct ledger ledger = { 0 };
    uint8_t root[HASH] = { 0 };
    int result = walk(folder, find_checkpoint, &ledger);
    if (result == 0 && ledger.folder[0] == 0)
        result = fail(NO_INPUT, "there is no checkpoint below %s: give the folder that `rxelon mirror` wrote", folder);
    if (result == 0)
        result = read_checkpoint(&ledger);
    if (result != 0)
        return result;
    for (uint64_t bundle = 0; bundle * BUNDLE < ledger.size && result == 0; bundle++)
        result = check_bundle(&ledger, bundle);
    if (result != 0 && result != BAD_DATA)
        return result;
    int same = 0;
    if (result == 0) {
        root_of(&ledger, root);
        same = memcmp(root, ledger.root, HASH) == 0;
    }
    printf("entries    %" PRIu64 ": %" PRIu64 " events of %" PRIu64 " entities, %" PRIu64 " block headers\nsaid       ", ledger.size,
           ledger.events, ledger.entities, ledger.blocks);
    print_base64(ledger.root);
    if (result == 0) {
        printf("\ncomputed   ");
        print_base64(root);
    }
    printf("\nverdict    %s\n", same && ledger.altered + ledger.broken == 0 ? "valid: the entries are those of the checkpoint"
           : same && ledger.broken == 0 ? "NOT valid: the entries are those of the checkpoint, the tiles are not"
           : same ? "NOT valid: the entries are those of the checkpoint, but their links are broken"
                  : "NOT valid: the entries are not those of the checkpoint");
    free(ledger.table);
    return flushed();
}
