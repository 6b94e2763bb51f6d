// Branches: a small stack machine runs a bytecode program; one big switch with an unpredictable target.
#include "bench.h"

enum { kPush, kAdd, kSub, kMul, kXor, kLoad, kStore, kJumpIfLess, kJump, kDup, kDrop, kShift, kHalt };

// for (i = 0; i < limit; i++) { a = a * 31 + i; b ^= a >> 3; if (b < a) c += i; else c -= 1; }
static const int32_t program[] = {
    kPush, 0, kStore, 0,                                                  // 0: i = 0
    kLoad, 1, kPush,  31,    kMul,        kLoad,  0,      kAdd,  kDup,  kStore, 1,           // 4: a = a * 31 + i
    kPush, 3, kShift, kLoad, 2,           kXor,   kStore, 2,                          // 15: b ^= a >> 3
    kLoad, 2, kLoad,  1,     kJumpIfLess, 38,                                  // 23: if (b < a) go to 38
    kLoad, 3, kPush,  1,     kSub,        kStore, 3,      kJump, 45,                       // 29: c -= 1
    kLoad, 3, kLoad,  0,     kAdd,        kStore, 3,                                  // 38: c += i
    kLoad, 0, kPush,  1,     kAdd,        kDup,   kStore, 0,     kLoad, 4,      kJumpIfLess,
    4,  // 45: i++ and repeat
    kHalt,
};

static int32_t execute(int32_t limit) {
  int32_t stack[16], variables[5] = {0, 7, 9, 0, limit};
  int32_t* top = stack;
  for (const int32_t* at = program;;) {
    switch (*at++) {
      case kPush: *top++ = *at++; break;
      case kAdd:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] + (uint32_t)top[0]);
        break;
      case kSub:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] - (uint32_t)top[0]);
        break;
      case kMul:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] * (uint32_t)top[0]);
        break;
      case kXor:
        --top;
        top[-1] ^= top[0];
        break;
      case kShift:
        --top;
        top[-1] = (int32_t)((uint32_t)top[-1] >> top[0]);
        break;
      case kLoad: *top++ = variables[*at++]; break;
      case kStore: variables[*at++] = *--top; break;
      case kDup:
        *top = top[-1];
        ++top;
        break;
      case kDrop: --top; break;
      case kJump: at = program + *at; break;
      case kJumpIfLess:
        top -= 2;
        at = top[0] < top[1] ? program + *at : at + 1;
        break;
      case kHalt: return variables[1] ^ variables[2] ^ variables[3];
    }
  }
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) sum = bench_mix(sum, (uint32_t)execute(10000 + (int32_t)(n & 15)));
  return bench_done(sum);
}
