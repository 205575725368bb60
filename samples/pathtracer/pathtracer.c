/*
 * pathtracer: draws one band of a picture, or joins bands into a PNG.
 *
 *   pathtracer band WIDTH HEIGHT SAMPLES BAND BANDS   raw RGB rows of that band to stdout
 *   pathtracer join WIDTH HEIGHT [FROM [TO]]          every band below FROM (/in) in name order becomes TO (/out/image.png)
 *
 * The same arguments give the same bytes on every machine, whatever the number of bands.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "png.h"
#include "scene.h"
#include "trace.h"

static int failed(const char *what, const char *path)
{
    fprintf(stderr, "pathtracer: %s %s: %s\n", what, path, strerror(errno));
    return 66;
}

static long number(const char *text, long least, long most)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == 0 || *end != 0 || value < least || value > most) {
        fprintf(stderr, "pathtracer: '%s' is not a number from %ld to %ld\n", text, least, most);
        exit(64);
    }
    return value;
}

/* Film curve (rational, after Narkowicz), then gamma 2: cheap, smooth, exact everywhere. */
static uint8_t shade(double light)
{
    double curve = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14);
    double value = root(curve > 1 ? 1 : curve) * 255 + 0.5;
    return (uint8_t)value;
}

static vec look(double x, double y, struct dice *dice)
{
    const vec eye = v(0.9, 2.1, 6.6), target = v(0, 0.82, 0);
    const double focus = 6.3, opening = 0.045, zoom = 0.335;
    vec ahead = unit(sub(target, eye)), right = unit(cross(ahead, v(0, 1, 0))), up = cross(right, ahead);
    vec towards = add(ahead, add(scale(right, x * zoom), scale(up, y * zoom)));
    vec lens = scale(roll_disc(dice), opening);
    vec from = add(eye, add(scale(right, lens.x), scale(up, lens.y)));
    return trace(from, unit(sub(add(eye, scale(towards, focus)), from)), dice);
}

static int band(long width, long height, long samples, long index, long bands)
{
    scene_build();
    uint8_t *row = malloc((size_t)width * 3);
    if (row == NULL)
        return failed("no memory for", "a row");
    for (long y = height * index / bands; y < height * (index + 1) / bands; y++) {
        for (long x = 0; x < width; x++) {
            vec sum = v(0, 0, 0);
            for (long s = 0; s < samples; s++) {
                struct dice dice = dice_for((uint32_t)(y * width + x), (uint32_t)s);
                double across = (2 * (x + roll(&dice)) - width) / height;
                double upwards = (height - 2 * (y + roll(&dice))) / height;
                sum = add(sum, look(across, upwards, &dice));
            }
            row[x * 3] = shade(sum.x / samples);
            row[x * 3 + 1] = shade(sum.y / samples);
            row[x * 3 + 2] = shade(sum.z / samples);
        }
        if (fwrite(row, 3, (size_t)width, stdout) != (size_t)width)
            return failed("cannot write", "stdout");
    }
    free(row);
    return fflush(stdout) == 0 ? 0 : failed("cannot write", "stdout");
}

static int by_name(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static int wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "stderr") != 0;
}

static int gather(const char *path, uint8_t *pixels, size_t room, size_t *used)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return failed("cannot look at", path);
    if (S_ISDIR(about.st_mode)) {
        struct dirent **entries;
        int n = scandir(path, &entries, wanted, by_name), result = 0;
        if (n < 0)
            return failed("cannot list", path);
        for (int i = 0; i < n && result == 0; i++) {
            char inner[4096];
            snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
            result = gather(inner, pixels, room, used);
        }
        return result;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return failed("cannot open", path);
    *used += fread(pixels + *used, 1, room - *used, file);
    int more = fgetc(file) != EOF;
    fclose(file);
    if (more) {
        fprintf(stderr, "pathtracer: %s has more rows than the picture\n", path);
        return 65;
    }
    return 0;
}

static int join(long width, long height, const char *from, const char *to)
{
    size_t room = (size_t)width * (size_t)height * 3, used = 0;
    uint8_t *pixels = malloc(room);
    if (pixels == NULL)
        return failed("no memory for", "the picture");
    int result = gather(from, pixels, room, &used);
    if (result != 0)
        return result;
    if (used != room) {
        fprintf(stderr, "pathtracer: the bands have %zu bytes, the picture needs %zu\n", used, room);
        return 65;
    }
    FILE *file = fopen(to, "wb");
    if (file == NULL)
        return failed("cannot create", to);
    if (png_write(file, pixels, (uint32_t)width, (uint32_t)height) != 0 || fclose(file) != 0)
        return failed("cannot write", to);
    printf("%s: %ld x %ld\n", to, width, height);
    return 0;
}

int main(int argc, char **argv)
{
    enum { SIDE = 8192 };
    if (argc == 7 && strcmp(argv[1], "band") == 0) {
        long bands = number(argv[6], 1, 100000);
        return band(number(argv[2], 1, SIDE), number(argv[3], 1, SIDE), number(argv[4], 1, 100000),
                    number(argv[5], 0, bands - 1), bands);
    }
    if (argc >= 4 && argc <= 6 && strcmp(argv[1], "join") == 0)
        return join(number(argv[2], 1, SIDE), number(argv[3], 1, SIDE), argc > 4 ? argv[4] : "/in",
                    argc > 5 ? argv[5] : "/out/image.png");
    fputs("usage: pathtracer band WIDTH HEIGHT SAMPLES BAND BANDS | pathtracer join WIDTH HEIGHT [FROM [TO]]\n", stderr);
    return 64;
}
