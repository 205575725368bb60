/*
 * montecarlo: the price of an option as the mean over random paths.
 *
 *   montecarlo part PATHS SEED PART PARTS    sums over that part's share of the paths
 *   montecarlo merge [DIR]                   the estimate over all parts below DIR (/in), with its 95 % interval
 *
 * A payoff is rounded to 10^-9 before it is added, so that sums are whole numbers: any number of parts gives the same estimate,
 * to the last bit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/files.h"
#include "../common/real.h"
#include "option.h"

enum { UNIT = 1000000000, LINE = 4096 };

typedef __int128 wide;

static const struct market Market = { .spot = 100, .strike = 100, .rate = 0.05, .volatility = 0.2, .years = 1, .steps = 16 };
static const char *const Names[PAYOFFS] = { "european", "geometric", "arithmetic", "difference" };

/* A square's sum has up to 128 bits: high and low half, as the merge reads them. */
struct sums {
    int64_t sum;
    wide squares;
};

struct stretch {
    uint64_t from, to;
    char *path;
};

struct merged {
    uint64_t paths;
    uint32_t seed;
    struct stretch *parts;
    int count;
    struct sums sums[PAYOFFS];
};

static int part(uint64_t paths, uint32_t seed, uint64_t index, uint64_t parts)
{
    struct sums sums[PAYOFFS] = { 0 };
    uint64_t from = paths * index / parts, to = paths * (index + 1) / parts;
    for (uint64_t path = from; path < to; path++) {
        double pays[PAYOFFS];
        option_path(&Market, seed, path, pays);
        for (int i = 0; i < PAYOFFS; i++) {
            int64_t whole = real_round(pays[i] * UNIT);
            sums[i].sum += whole;
            sums[i].squares += (wide)whole * whole;
        }
    }
    printf("paths\t%" PRIu64 "\t%" PRIu32 "\t%" PRIu64 "\t%" PRIu64 "\n", paths, seed, from, to);
    for (int i = 0; i < PAYOFFS; i++)
        printf("%s\t%" PRId64 "\t%" PRIu64 "\t%" PRIu64 "\n", Names[i], sums[i].sum, (uint64_t)(sums[i].squares >> 64), (uint64_t)sums[i].squares);
    return flushed();
}

static int merge_file(const char *path, void *state)
{
    struct merged *merged = state;
    struct stretch stretch;
    uint64_t paths, high, low;
    uint32_t seed;
    size_t length;
    char *text = read_all(path, &length), name[16];
    int read = 0, more;
    if (text == NULL)
        return fail(NO_INPUT, "cannot read %s", path);
    if (sscanf(text, "paths\t%" SCNu64 "\t%" SCNu32 "\t%" SCNu64 "\t%" SCNu64 "%n", &paths, &seed, &stretch.from, &stretch.to, &read) != 4)
        return fail(BAD_DATA, "%s is not what `montecarlo part` writes", path);
    if (merged->count > 0 && (paths != merged->paths || seed != merged->seed))
        return fail(BAD_DATA, "%s is of another simulation than the files before it", path);
    merged->paths = paths, merged->seed = seed;
    for (int i = 0; i < PAYOFFS; i++, read += more) {
        int64_t sum;
        if (sscanf(text + read, " %15s\t%" SCNd64 "\t%" SCNu64 "\t%" SCNu64 "%n", name, &sum, &high, &low, &more) != 4 || strcmp(name, Names[i]) != 0)
            return fail(BAD_DATA, "%s is not what `montecarlo part` writes", path);
        merged->sums[i].sum += sum;
        merged->sums[i].squares += (wide)high << 64 | low;
    }
    stretch.path = strcpy(grow(NULL, strlen(path) + 1), path);
    merged->parts = grow(merged->parts, (size_t)(merged->count + 1) * sizeof *merged->parts);
    merged->parts[merged->count++] = stretch;
    free(text);
    return 0;
}

static int by_start(const void *left, const void *right)
{
    const struct stretch *a = left, *b = right;
    return a->from != b->from ? (a->from > b->from) - (a->from < b->from) : (a->to > b->to) - (a->to < b->to);
}

/* A part that is missing or was counted twice would spoil the estimate in silence. */
static int is_whole(struct merged *merged)
{
    uint64_t next = 0;
    qsort(merged->parts, (size_t)merged->count, sizeof *merged->parts, by_start);
    for (int i = 0; i < merged->count; next = merged->parts[i++].to)
        if (merged->parts[i].from != next)
            return fail(BAD_DATA, "%s begins with path %" PRIu64 ", the parts before it end with %" PRIu64, merged->parts[i].path, merged->parts[i].from, next), 0;
    if (next != merged->paths)
        return fail(BAD_DATA, "the parts end with path %" PRIu64 " of %" PRIu64, next, merged->paths), 0;
    return 1;
}

static void print_estimate(const char *name, const struct merged *merged, int payoff, double known, double exact)
{
    const struct sums *sums = &merged->sums[payoff];
    wide n = (wide)merged->paths, middle = sums->sum / n, rest = sums->sum % n;
    /* Squares about a whole number next to the mean, exactly; then nothing cancels. */
    wide about = sums->squares - n * middle * middle - 2 * middle * rest;
    double variance = ((double)about - (double)rest * (double)rest / (double)n) / (double)(n - 1) / UNIT / UNIT;
    double estimate = known + (double)sums->sum / (double)n / UNIT, error = real_sqrt(variance / (double)n), half = 1.959963984540054 * error;
    printf("%-28s %10.6f  %10.6f to %10.6f", name, estimate, estimate - half, estimate + half);
    if (exact > 0)
        printf("  %10.6f  %5.2f", exact, (estimate - exact) / error);
    putchar('\n');
}

static int merge(const char *folder)
{
    struct merged merged = { 0 };
    int result = walk(folder, merge_file, &merged);
    if (result != 0)
        return result;
    if (!is_whole(&merged) || merged.paths < 2)
        return BAD_DATA;
    double european = option_european(&Market), geometric = option_geometric(&Market);
    printf("%" PRIu64 " paths of %d steps in %d parts, seed %" PRIu32 "\n\n", merged.paths, Market.steps, merged.count, merged.seed);
    printf("%-28s %10s  %24s  %10s  %5s\n", "call on", "price", "95 % interval       ", "exact", "off");
    print_estimate("the price at the end", &merged, EUROPEAN, 0, european);
    print_estimate("the geometric mean", &merged, GEOMETRIC, 0, geometric);
    print_estimate("the arithmetic mean", &merged, ARITHMETIC, 0, 0);
    print_estimate("the same, by the difference", &merged, DIFFERENCE, geometric, 0);
    return flushed();
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "part") == 0) {
        long parts = number(argv[5], 1, 1000000);
        return part((uint64_t)number(argv[2], 2, 100000000), (uint32_t)number(argv[3], 0, 2147483647), (uint64_t)number(argv[4], 0, parts - 1), (uint64_t)parts);
    }
    if ((argc == 2 || argc == 3) && strcmp(argv[1], "merge") == 0)
        return merge(argc == 3 ? argv[2] : "/in");
    return fail(USAGE, "usage: montecarlo part PATHS SEED PART PARTS | montecarlo merge [DIR]");
}
