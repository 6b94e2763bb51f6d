// Indirect calls: virtual calls on objects of six classes in random order, so call sites are megamorphic.
#include <memory>
#include <vector>

#include "bench.h"

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual uint32_t area() const = 0;
  virtual void grow(uint32_t by) = 0;
};

template <int kKind>
struct Kind final : Shape {
  explicit Kind(uint32_t side) : side_(side) {}
  uint32_t area() const override { return side_ * side_ * (kKind + 1) + kKind; }
  void grow(uint32_t by) override { side_ = (side_ + by * (kKind + 3)) & 0xfff; }
  uint32_t side_;
};

std::unique_ptr<Shape> make(unsigned kind, uint32_t side) {
  switch (kind % 6) {
    case 0: return std::make_unique<Kind<0>>(side);
    case 1: return std::make_unique<Kind<1>>(side);
    case 2: return std::make_unique<Kind<2>>(side);
    case 3: return std::make_unique<Kind<3>>(side);
    case 4: return std::make_unique<Kind<4>>(side);
    default: return std::make_unique<Kind<5>>(side);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long work = bench_work(argc, argv);
  uint64_t random = 13, sum = 0;
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 0; work && i < 1000; ++i) {
    const uint64_t draw = bench_random(&random);
    shapes.push_back(make(static_cast<unsigned>(draw >> 33), static_cast<uint32_t>(draw & 0xff)));
  }
  for (long n = 0; n < work * 20; ++n) {
    for (auto& shape : shapes) {
      shape->grow(static_cast<uint32_t>(n));
      sum += shape->area();
    }
  }
  return bench_done(bench_mix(0, sum));
}
