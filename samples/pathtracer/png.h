/* Writes a PNG file (ISO/IEC 15948) with zlib's stored blocks (RFC 1950, RFC 1951): no compression, no library. */
#ifndef PNG_H
#define PNG_H

#include <stdint.h>
#include <stdio.h>

/* Eight-bit RGB, top row first. Returns 0, or -1 with errno set. */
int png_write(FILE *file, const uint8_t *pixels, uint32_t width, uint32_t height);

#endif
