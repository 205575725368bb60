/* What is in the picture, and what a ray hits first. */
#ifndef SCENE_H
#define SCENE_H

#include "vec.h"

enum material { MATTE, METAL, GLASS, LIGHT };

struct surface {
    enum material material;
    vec colour;   /* reflected share, or the light given off */
    double rough; /* METAL: 0 is a mirror */
};

struct hit {
    double distance; /* along a unit direction; 0 when nothing was hit */
    vec point, normal;
    struct surface surface;
};

struct sphere {
    vec centre;
    double radius;
    struct surface surface;
};

enum { LAMPS = 2 };

/* The lamps come first, so that paths can aim at them. */
const struct sphere *scene_lamp(int index);

void scene_build(void);
struct hit scene_hit(vec from, vec direction);

/* True when nothing but lamps is nearer than `distance`. */
int scene_clear(vec from, vec direction, double distance);

vec scene_sky(vec direction);

#endif
