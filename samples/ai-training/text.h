/* Models and gradients as text: a line for each list of numbers, the same for equal ones. */
#ifndef TEXT_H
#define TEXT_H

#include <stdio.h>

#include "model.h"

void model_write(FILE *to, const struct model *model);
void gradient_write(FILE *to, const struct model *model, const struct gradient *gradient);

/* Reads from `*at` and moves it behind. 0, or 1 when the text is something else. */
int model_read(char **at, struct model *model);
int gradient_read(char **at, const struct model *model, struct gradient *gradient);

#endif
