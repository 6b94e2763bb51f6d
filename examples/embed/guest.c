// The guest of the embedding examples: pure computation (gcd), an endless loop (spin), and a function that works on the
// memory shared with its host (shout). Freestanding; its only import is env.log.
__attribute__((import_module("env"), import_name("log"))) void log_text(const char* at, unsigned size);

__attribute__((export_name("gcd"))) unsigned gcd(unsigned a, unsigned b) {
  while (b != 0) {
    unsigned rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

__attribute__((export_name("spin"))) void spin(void) {
  for (volatile unsigned i = 0;; ++i) {}
}

static char buffer[256];
__attribute__((export_name("buffer"))) char* buffer_address(void) { return buffer; }
__attribute__((export_name("buffer_size"))) unsigned buffer_size(void) { return sizeof buffer; }

// Converts the first `size` bytes of the buffer to capitals and logs them.
__attribute__((export_name("shout"))) void shout(unsigned size) {
  if (size > sizeof buffer) __builtin_trap();
  for (unsigned i = 0; i < size; ++i)
    if (buffer[i] >= 'a' && buffer[i] <= 'z') buffer[i] -= 'a' - 'A';
  log_text(buffer, size);
}
