#include "png.h"

#include <string.h>

enum { BLOCK = 65535 }; /* most bytes of a stored block */

struct chunk {
    FILE *file;
    uint32_t crc;
};

static uint32_t crc_of(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static uint32_t table[256];
    if (table[1] == 0)
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t c = n;
            for (int bit = 0; bit < 8; bit++)
                c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
    for (size_t i = 0; i < length; i++)
        crc = table[(crc ^ bytes[i]) & 0xFF] ^ (crc >> 8);
    return crc;
}

static void put(struct chunk *chunk, const void *bytes, size_t length)
{
    chunk->crc = crc_of(chunk->crc, bytes, length);
    fwrite(bytes, 1, length, chunk->file);
}

static void put32(struct chunk *chunk, uint32_t value)
{
    put(chunk, (uint8_t[]){ value >> 24, value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF }, 4);
}

static struct chunk begin(FILE *file, const char *type, uint32_t length)
{
    struct chunk chunk = { file, 0 };
    put32(&chunk, length);
    chunk.crc = 0xFFFFFFFFu; /* the length is not covered, the type is */
    put(&chunk, type, 4);
    return chunk;
}

static void end(struct chunk *chunk)
{
    put32(chunk, chunk->crc ^ 0xFFFFFFFFu);
}

/* One row as PNG wants it: a filter byte (0, none), then the pixels. Read as one run of bytes over all rows. */
static void put_rows(struct chunk *chunk, const uint8_t *pixels, size_t stride, size_t from, size_t length, uint32_t *adler)
{
    uint32_t a = *adler & 0xFFFF, b = *adler >> 16;
    while (length > 0) {
        size_t row = from / (stride + 1), column = from % (stride + 1);
        static const uint8_t none = 0;
        const uint8_t *bytes = column == 0 ? &none : pixels + row * stride + column - 1;
        size_t run = column == 0 ? 1 : stride + 1 - column;
        run = run < length ? run : length;
        for (size_t i = 0; i < run; i++) {
            a = (a + bytes[i]) % 65521;
            b = (b + a) % 65521;
        }
        put(chunk, bytes, run);
        from += run;
        length -= run;
    }
    *adler = b << 16 | a;
}

int png_write(FILE *file, const uint8_t *pixels, uint32_t width, uint32_t height)
{
    size_t stride = (size_t)width * 3, total = (stride + 1) * height, blocks = (total + BLOCK - 1) / BLOCK;
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, file);

    struct chunk header = begin(file, "IHDR", 13);
    put32(&header, width);
    put32(&header, height);
    put(&header, (uint8_t[]){ 8, 2, 0, 0, 0 }, 5); /* 8 bits, RGB, deflate, filters, not interlaced */
    end(&header);

    struct chunk data = begin(file, "IDAT", (uint32_t)(2 + blocks * 5 + total + 4));
    put(&data, (uint8_t[]){ 0x78, 0x01 }, 2);
    uint32_t adler = 1;
    for (size_t at = 0; at < total; at += BLOCK) {
        uint32_t length = (uint32_t)(total - at < BLOCK ? total - at : BLOCK), other = ~length & 0xFFFF;
        put(&data, (uint8_t[]){ at + length == total, length & 0xFF, length >> 8, other & 0xFF, other >> 8 }, 5);
        put_rows(&data, pixels, stride, at, length, &adler);
    }
    put32(&data, adler);
    end(&data);

    struct chunk last = begin(file, "IEND", 0);
    end(&last);
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}
