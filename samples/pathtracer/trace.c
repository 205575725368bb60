#include "trace.h"

#include "scene.h"

enum { BOUNCES = 10 };

struct dice dice_for(uint32_t pixel, uint32_t sample)
{
    uint64_t x = ((uint64_t)pixel << 32 | sample) + 0x9E3779B97F4A7C15u; /* splitmix64 */
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return (struct dice){ (x ^ (x >> 31)) | 1 };
}

double roll(struct dice *dice)
{
    uint64_t x = dice->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    dice->state = x;
    return (double)((x * 0x2545F4914F6CDD1Du) >> 11) / 9007199254740992.0;
}

vec roll_disc(struct dice *dice)
{
    for (;;) {
        double x = 2 * roll(dice) - 1, y = 2 * roll(dice) - 1;
        double square = x * x + y * y;
        if (square <= 1 && square > 1e-12)
            return v(x, y, square);
    }
}

/* A direction around `axis`: `cosine` away from it, turned by the angle of a disc point. No trigonometry needed. */
static vec around(vec axis, double cosine, vec disc)
{
    vec side = unit(cross(axis.x > 0.9 || axis.x < -0.9 ? v(0, 1, 0) : v(1, 0, 0), axis));
    vec other = cross(axis, side);
    double sine = root(1 - cosine * cosine) / root(disc.z);
    return add(scale(axis, cosine), add(scale(side, disc.x * sine), scale(other, disc.y * sine)));
}

/* Light straight from one lamp onto a matte point: one direction out of the cone under which the lamp is seen. */
static vec from_lamp(const struct sphere *lamp, const struct hit *hit, struct dice *dice)
{
    vec towards = sub(lamp->centre, hit->point);
    double square = dot(towards, towards), radius = lamp->radius;
    double widest = root(1 - radius * radius / square);
    vec disc = roll_disc(dice);
    vec direction = around(scale(towards, 1 / root(square)), 1 - disc.z * (1 - widest), disc);
    double facing = dot(direction, hit->normal);
    if (facing <= 0 || !scene_clear(hit->point, direction, root(square) - radius))
        return v(0, 0, 0);
    return scale(lamp->surface.colour, facing * 2 * (1 - widest));
}

static vec bend(vec direction, vec normal, struct dice *dice)
{
    double facing = -dot(direction, normal), ratio = 1 / 1.5;
    if (facing < 0) {
        facing = -facing;
        normal = scale(normal, -1);
        ratio = 1.5;
    }
    double under = 1 - ratio * ratio * (1 - facing * facing);
    double grazing = 1 - (ratio > 1 ? root(under) : facing), squared = grazing * grazing;
    double mirrored = 0.04 + 0.96 * squared * squared * grazing; /* Schlick */
    if (under <= 0 || roll(dice) < mirrored)
        return reflect(direction, normal);
    return unit(add(scale(direction, ratio), scale(normal, ratio * facing - root(under))));
}

/* A lamp found by chance behind glass or metal: rare and bright, a white dot. Dimming it loses a little light and most of the noise. */
static vec calm(vec light, int scattered)
{
    double most = light.x > light.y ? light.x : light.y;
    most = most > light.z ? most : light.z;
    return scattered && most > 1.2 ? scale(light, 1.2 / most) : light;
}

vec trace(vec from, vec direction, struct dice *dice)
{
    vec light = v(0, 0, 0), share = v(1, 1, 1);
    int lamps_counted = 0; /* the last bounce already aimed at the lamps */
    int scattered = 0;     /* some bounce was matte */
    for (int bounce = 0; bounce < BOUNCES; bounce++) {
        struct hit hit = scene_hit(from, direction);
        if (hit.distance == 0)
            return add(light, mul(share, scene_sky(direction)));
        if (hit.surface.material == LIGHT)
            return lamps_counted ? light : add(light, calm(mul(share, hit.surface.colour), scattered));
        share = mul(share, hit.surface.colour);
        lamps_counted = hit.surface.material == MATTE;
        if (hit.surface.material == MATTE) {
            for (int i = 0; i < LAMPS; i++)
                light = add(light, mul(share, from_lamp(scene_lamp(i), &hit, dice)));
            scattered = 1;
            vec disc = roll_disc(dice);
            direction = around(hit.normal, root(1 - disc.z), disc);
        } else if (hit.surface.material == METAL) {
            vec mirror = reflect(direction, hit.normal), disc = roll_disc(dice);
            direction = unit(around(mirror, 1 - disc.z * hit.surface.rough * hit.surface.rough, disc));
            if (dot(direction, hit.normal) <= 0)
                return light;
        } else {
            direction = bend(direction, hit.normal, dice);
        }
        from = hit.point;
        double strongest = share.x > share.y ? share.x : share.y;
        strongest = strongest > share.z ? strongest : share.z;
        if (bounce >= 3) {
            if (roll(dice) >= strongest)
                return light;
            share = scale(share, 1 / strongest);
        }
    }
    return light;
}
