#include "scene.h"

#include <stdint.h>

enum { MOST = 96 };
static const double NEAR = 1e-6;

static struct sphere spheres[MOST];
static int count;

static void put(vec centre, double radius, enum material material, vec colour, double rough)
{
    if (count < MOST)
        spheres[count++] = (struct sphere){ centre, radius, { material, colour, rough } };
}

static double chance(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 16777216.0;
}

static int free_spot(vec centre, double radius)
{
    for (int i = LAMPS; i < count; i++) {
        vec apart = sub(centre, spheres[i].centre);
        double reach = radius + spheres[i].radius + 0.03;
        if (dot(apart, apart) < reach * reach)
            return 0;
    }
    return 1;
}

void scene_build(void)
{
    count = 0;
    put(v(-3.4, 5.2, 2.6), 1.1, LIGHT, v(17, 14.5, 11.5), 0);
    put(v(5.6, 3.6, 1.2), 0.7, LIGHT, v(5, 8, 15), 0);

    put(v(0, 1, 0), 1, GLASS, v(0.97, 0.99, 0.98), 0);
    put(v(-2.15, 1, -0.9), 1, MATTE, v(0.78, 0.27, 0.16), 0);
    put(v(2.15, 1, -0.7), 1, METAL, v(0.93, 0.82, 0.62), 0.03);
    put(v(0.95, 0.42, 1.55), 0.42, METAL, v(0.86, 0.88, 0.92), 0.18);
    put(v(-1.15, 0.36, 1.5), 0.36, GLASS, v(0.88, 0.97, 0.93), 0);

    static const vec paints[] = {
        { 0.90, 0.56, 0.12 }, { 0.14, 0.46, 0.62 }, { 0.72, 0.14, 0.28 },
        { 0.24, 0.58, 0.32 }, { 0.86, 0.82, 0.74 }, { 0.40, 0.24, 0.58 },
    };
    uint32_t seed = 20;
    for (int i = 0; i < 220 && count < 62; i++) {
        double radius = 0.12 + 0.13 * chance(&seed);
        vec centre = v(9 * chance(&seed) - 4.5, radius, 7.4 * chance(&seed) - 4.4);
        int paint = (int)(6 * chance(&seed));
        double kind = chance(&seed);
        if (!free_spot(centre, radius))
            continue;
        if (kind < 0.68)
            put(centre, radius, MATTE, paints[paint], 0);
        else if (kind < 0.88)
            put(centre, radius, METAL, add(scale(paints[paint], 0.4), v(0.5, 0.5, 0.5)), 0.1 * kind);
        else
            put(centre, radius, GLASS, v(0.96, 0.97, 0.98), 0);
    }
}

const struct sphere *scene_lamp(int index)
{
    return &spheres[index];
}

static double sphere_distance(const struct sphere *s, vec from, vec direction)
{
    vec away = sub(from, s->centre);
    double half = dot(away, direction);
    double under = half * half - (dot(away, away) - s->radius * s->radius);
    if (under <= 0)
        return 0;
    double half_chord = root(under);
    if (-half - half_chord > NEAR)
        return -half - half_chord;
    return -half + half_chord > NEAR ? -half + half_chord : 0;
}

static double floor_distance(vec from, vec direction)
{
    return direction.y < -1e-9 && from.y > NEAR ? -from.y / direction.y : 0;
}

/* The integer below; the cast alone rounds towards zero. */
static long below(double x)
{
    long whole = (long)x;
    return whole - (x < (double)whole);
}

/* Checkers that melt into their mean with the distance, where a pixel would cover many of them. */
static struct surface floor_surface(vec point, double distance)
{
    int dark = (int)((below(point.x * 1.1) + below(point.z * 1.1)) & 1);
    double far = distance * distance / (distance * distance + 350);
    vec colour = dark ? v(0.10, 0.11, 0.14) : v(0.74, 0.72, 0.68);
    return (struct surface){ MATTE, add(scale(colour, 1 - far), scale(v(0.42, 0.40, 0.40), far)), 0 };
}

struct hit scene_hit(vec from, vec direction)
{
    struct hit hit = { 0 };
    const struct sphere *nearest = 0;
    hit.distance = floor_distance(from, direction);
    if (hit.distance > 60)
        hit.distance = 0;
    for (int i = 0; i < count; i++) {
        double distance = sphere_distance(&spheres[i], from, direction);
        if (distance > 0 && (hit.distance == 0 || distance < hit.distance)) {
            hit.distance = distance;
            nearest = &spheres[i];
        }
    }
    if (hit.distance == 0)
        return hit;
    hit.point = add(from, scale(direction, hit.distance));
    if (nearest == 0) {
        hit.normal = v(0, 1, 0);
        hit.surface = floor_surface(hit.point, hit.distance);
    } else {
        hit.normal = scale(sub(hit.point, nearest->centre), 1 / nearest->radius);
        hit.surface = nearest->surface;
    }
    return hit;
}

int scene_clear(vec from, vec direction, double distance)
{
    for (int i = LAMPS; i < count; i++) {
        double at = sphere_distance(&spheres[i], from, direction);
        if (at > 0 && at < distance)
            return 0;
    }
    return 1;
}

vec scene_sky(vec direction)
{
    double up = direction.y < 0 ? 0 : direction.y;
    double glow = 1 - up;
    glow = glow * glow * glow;
    return add(scale(v(0.05, 0.09, 0.20), 1 - glow), scale(v(0.44, 0.30, 0.26), glow));
}
