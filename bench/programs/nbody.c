// Floating point: five bodies under gravity; square roots, divisions and many live doubles.
#include <math.h>

#include "bench.h"

enum { kBodies = 5 };
typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;

static Body bodies[kBodies];

static void step(double dt) {
  for (int i = 0; i < kBodies; ++i) {
    Body* a = &bodies[i];
    for (int j = i + 1; j < kBodies; ++j) {
      Body* b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double pull = dt / (square * sqrt(square));
      a->vx -= dx * b->mass * pull;
      a->vy -= dy * b->mass * pull;
      a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull;
      b->vy += dy * a->mass * pull;
      b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < kBodies; ++i) {
    bodies[i].x += dt * bodies[i].vx;
    bodies[i].y += dt * bodies[i].vy;
    bodies[i].z += dt * bodies[i].vz;
  }
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (int i = 0; i < kBodies; ++i) {
    Body* b = &bodies[i];
    b->x = i * 1.5 - 2;
    b->y = (i * i) % 3 - 1;
    b->z = 0.25 * i;
    b->vx = 0.1 * (i % 2);
    b->vy = 0.3 - 0.1 * i;
    b->vz = 0.05;
    b->mass = i == 0 ? 40 : 0.5 + 0.1 * i;
  }
  for (long n = 0; n < work * 1000; ++n) step(0.001);
  for (int i = 0; i < kBodies; ++i) sum = bench_mix_double(bench_mix_double(sum, bodies[i].x), bodies[i].vz);
  return bench_done(sum);
}
