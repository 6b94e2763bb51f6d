// An embedder's objects that come after the archive in the link. The engine is compiled without exceptions: were its
// copies of these functions of the C++ library taken for the program, an exception thrown in one would end the program,
// or leave what it should have released.
#include <ermine/ermine.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr size_t kTooMany = static_cast<size_t>(-1) / 16;
bool fail_next = false;

// Runs `f`, which must throw.
int throws(const char* what, const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception&) { return 1; }
  std::printf("%s: nothing was thrown\n", what);
  return 0;
}

template <class T>
int vector_throws(const char* what) {
  std::vector<T> v(1);
  int n = throws(what, [&] { v.reserve(kTooMany * 2); });
  n += throws(what, [&] { v.resize(kTooMany * 2); });
  n += throws(what, [&] { v.insert(v.begin(), kTooMany, T()); });
  for (int full = 0; full < 40; ++full) {  // one of these has to grow
    fail_next = v.size() == v.capacity();
    if (fail_next) return n + throws(what, [&] { v.push_back(T()); });
    v.push_back(T());
  }
  return n;
}

}  // namespace

void* operator new(size_t size) {
  if (fail_next || size > (size_t{1} << 40)) {
    fail_next = false;
    throw std::bad_alloc();
  }
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

int late_main() {
  int caught = vector_throws<unsigned char>("bytes") + vector_throws<unsigned>("numbers") +
               vector_throws<unsigned long>("long numbers") + vector_throws<std::string>("strings");
  std::string text = "text";
  caught += throws("append", [&] { text.append(kTooMany * 16, 'x'); });
  caught += throws("resize", [&] { text.resize(kTooMany * 16); });
  caught += throws("insert", [&] { text.insert(5, "x"); });
  // The same with values of the API, whose members can throw, too.
  ermine::Engine engine;
  auto module =
      ermine::Module::from_text(engine, "(module (func (export \"a name of more than fifteen bytes\")))", "m");
  if (!module) return 1;
  std::vector<ermine::ExportType> exports = module->exports();
  std::vector<ermine::ExportType> other;
  caught += throws("a copy", [&] {
    fail_next = true;
    other = exports;
  });
  caught += throws("a new element", [&] {
    fail_next = true;
    other.push_back(exports[0]);
  });
  std::printf("exceptions: %d caught\n", caught);
  return caught == 21 && other.empty() ? 0 : 1;
}
