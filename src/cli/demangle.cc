#include "cli/demangle.h"

#ifdef ERMINE_HAS_DEMANGLER
#define HAVE_DECL_BASENAME 1  // the C library's; the header's own declaration contradicts it
#include <libiberty/demangle.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#endif

namespace ermine::cli {

#ifdef ERMINE_HAS_DEMANGLER
namespace {

// A short name can stand for a very long one, so that the output must be stopped. The library cannot do that itself; it
// is C, whose frames a jump may leave. The object therefore has no destructor.
struct Output {
  char text[1000];
  size_t size = 0;
  std::jmp_buf full;
};

void append(const char* part, size_t size, void* to) {
  auto* out = static_cast<Output*>(to);
  const size_t fits = std::min(size, sizeof out->text - out->size);
  std::memcpy(out->text + out->size, part, fits);
  out->size += fits;
  if (fits < size) std::longjmp(out->full, 1);
}

}  // namespace

std::string demangled(const std::string& name) {
  if (!name.starts_with("_Z") && !name.starts_with("_R")) return name;
  static Output out;  // in static storage, so that its contents are defined after a jump
  out.size = 0;
  if (setjmp(out.full) != 0) return std::string(out.text, out.size) + "…";
  if (rust_demangle_callback(name.c_str(), DMGL_NO_OPTS, append, &out) == 0) {
    out.size = 0;
    if (cplus_demangle_v3_callback(name.c_str(), DMGL_PARAMS | DMGL_ANSI, append, &out) == 0) return name;
  }
  return std::string(out.text, out.size);
}

#else

std::string demangled(const std::string& name) { return name; }

#endif

}  // namespace ermine::cli
