// Integer: SHA-256 of a 64 KiB buffer, chained; 32-bit rotates, adds and a rolling schedule.
#include <string.h>

#include "bench.h"

static uint32_t round_constants[64], initial[8];

// The constants are the fractional parts of roots of the first primes; integer Newton steps find them.
static uint32_t fraction_of_root(unsigned prime, int cube) {
  // floor(prime^(1/k) * 2^32) by bisection, in 128-bit arithmetic for the square, stepwise for the cube.
  uint64_t low = 0, high = (uint64_t)1 << 37;
  while (high - low > 1) {
    uint64_t mid = low + (high - low) / 2;
    unsigned __int128 power = (unsigned __int128)mid * mid;
    int above;
    if (cube) {
      above = (power >> 32) * mid > ((unsigned __int128)prime << 64);
    } else {
      above = power > ((unsigned __int128)prime << 64);
    }
    if (above) high = mid;
    else low = mid;
  }
  return (uint32_t)low;
}

static void make_constants(void) {
  int found = 0;
  for (unsigned n = 2; found < 64; ++n) {
    int prime = 1;
    for (unsigned d = 2; d * d <= n; ++d) prime &= n % d != 0;
    if (!prime) continue;
    if (found < 8) initial[found] = fraction_of_root(n, 0);
    round_constants[found++] = fraction_of_root(n, 1);
  }
}

static inline uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void block(uint32_t state[8], const uint8_t* p) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i, p += 4) w[i] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
  for (int i = 16; i < 64; ++i) {
    uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  uint32_t s[8];
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; ++i) {
    uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
    uint32_t t = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
    uint32_t a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
    uint32_t u = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int k = 7; k > 0; --k) s[k] = s[k - 1];
    s[4] += t;
    s[0] = t + u;
  }
  for (int i = 0; i < 8; ++i) state[i] += s[i];
}

static uint8_t buffer[1 << 16];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 1, sum = 0;
  if (work) {
    make_constants();
    for (unsigned i = 0; i < sizeof buffer; ++i) buffer[i] = (uint8_t)bench_random(&random);
  }
  uint32_t state[8];
  memcpy(state, initial, sizeof state);
  for (long n = 0; n < work; ++n) {
    for (unsigned i = 0; i < sizeof buffer; i += 64) block(state, buffer + i);
    buffer[0] ^= (uint8_t)state[0];
  }
  for (int i = 0; i < 8; ++i) sum = bench_mix(sum, state[i]);
  return bench_done(sum);
}
