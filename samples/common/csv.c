#include "csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

static const char *given; /* read in place of a stream */
static FILE *stream;      /* standard input when NULL */

int csv_from(const char *path)
{
    stream = fopen(path, "r");
    return stream != NULL ? 0 : fail(NO_INPUT, "cannot open %s: %s", path, strerror(errno));
}

static int next_char(void)
{
    static int begun;
    if (given != NULL)
        return *given == 0 ? EOF : (unsigned char)*given++;
    FILE *from = stream == NULL ? stdin : stream;
    int c = getc(from);
    /* Spreadsheets put a byte order mark before the first name. */
    if (!begun && c == 0xEF && (c = getc(from)) == 0xBB && (c = getc(from)) == 0xBF)
        c = getc(from);
    begun = 1;
    return c;
}

static void put(struct row *row, size_t *length, char c)
{
    if (*length == row->room)
        row->text = grow(row->text, row->room = row->room == 0 ? 256 : row->room * 2);
    row->text[(*length)++] = c;
}

static void begin_field(struct row *row, size_t length)
{
    if (row->fields == FIELDS)
        exit(fail(BAD_DATA, "a row has more than %d fields", FIELDS));
    row->starts[row->fields++] = length;
}

int csv_read(struct row *row)
{
    size_t length = 0;
    int quoted = 0, any = 0, c;
    row->fields = 0;
    begin_field(row, 0);
    while ((c = next_char()) != EOF) {
        if (quoted) {
            if (c == '"' && (c = next_char()) != '"')
                quoted = 0;
            else {
                put(row, &length, (char)c);
                continue;
            }
            if (c == EOF)
                break;
        } else if (c == '"' && row->starts[row->fields - 1] == length) {
            quoted = any = 1;
            continue;
        }
        if (c == ',') {
            put(row, &length, 0);
            begin_field(row, length);
            any = 1;
        } else if (c == '\n') {
            if (any || length > 0)
                break;
        } else if (c != '\r') {
            put(row, &length, (char)c);
        }
    }
    put(row, &length, 0);
    if (quoted)
        exit(fail(BAD_DATA, "the input ends within quotes: a field with a line break must not be split by lines"));
    return any || length > 1;
}

void csv_split(struct row *row, const char *line)
{
    given = line;
    csv_read(row);
    given = NULL;
}

const char *csv_field(const struct row *row, int field)
{
    return row->text + row->starts[field];
}
