/* Three doubles. Only + - * / and sqrt are used anywhere, which IEEE 754 rounds the same way on every machine. */
#ifndef VEC_H
#define VEC_H

typedef struct { double x, y, z; } vec;

static inline vec v(double x, double y, double z) { return (vec){ x, y, z }; }
static inline vec add(vec a, vec b) { return v(a.x + b.x, a.y + b.y, a.z + b.z); }
static inline vec sub(vec a, vec b) { return v(a.x - b.x, a.y - b.y, a.z - b.z); }
static inline vec mul(vec a, vec b) { return v(a.x * b.x, a.y * b.y, a.z * b.z); }
static inline vec scale(vec a, double s) { return v(a.x * s, a.y * s, a.z * s); }
static inline double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline vec cross(vec a, vec b)
{
    return v(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}
static inline double root(double x) { return x <= 0 ? 0 : __builtin_sqrt(x); }
static inline vec unit(vec a) { return scale(a, 1 / root(dot(a, a))); }
static inline vec reflect(vec d, vec n) { return sub(d, scale(n, 2 * dot(d, n))); }

#endif
