// Fuzz target: whatever a server answers, ReplyReader reads replies within its limit or refuses, and reads the same if
// the bytes come in other pieces; and whatever text follows redis://, it is an address or an error. What a worker
// receives is read by WireReader, and what that accepts is written as the same bytes.
//
// The first byte chooses: a reply in pieces of that many bytes, an address (0), or a frame (255).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "wasi/keyvalue/plugin/redis_store.h"
#include "wasi/keyvalue/plugin/wire.h"

using namespace ermine::wasi::keyvalue;

namespace {

void check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class Pieces final : public ByteReader {
 public:
  Pieces(std::string_view all, size_t size) : left_(all), size_(size) {}
  bool read(std::string& to, size_t most) override {
    const std::string_view part = left_.substr(0, std::min(most, size_));
    left_.remove_prefix(part.size());
    to += part;
    return !part.empty();
  }

 private:
  std::string_view left_;
  const size_t size_;
};

uint64_t size_of(const Reply& reply) {
  uint64_t size = reply.text.size();
  for (const Reply& e : reply.list) size += 64 + size_of(e);
  return size;
}

constexpr uint64_t kMost = 10'000;

// All replies as text.
std::string read_all(std::string_view bytes, size_t piece) {
  Pieces source(bytes, piece);
  ReplyReader reader(source, kMost);
  std::string out;
  Reply reply;
  const auto show = [&](const auto& self, const Reply& r) -> void {
    out += static_cast<char>('a' + static_cast<int>(r.kind));
    out += std::to_string(r.number) + r.text + "(";
    for (const Reply& e : r.list) self(self, e);
    out += ")";
  };
  while (reader.next(reply)) {
    check(size_of(reply) <= kMost, "a reply is larger than allowed");
    show(show, reply);
  }
  check(reader.problem() != ReplyReader::Problem::kNone, "the reader has ended without a reason");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 0) {
    RedisAddress address;
    if (parse_redis(text, address).empty())
      check(!address.host.empty() && address.port != "0", "an address without host or port");
    return 0;
  }
  if (data[0] == 255) {
    WireReader in(text);
    std::vector<ermine::KeyValueStore::Pair> pairs;
    std::vector<std::optional<Bytes>> values;
    if (!in.get(pairs) || !in.get(values) || !in.done()) return 0;
    WireWriter out;
    out.put(pairs);
    out.put(values);
    check(std::move(out).frame().substr(4) == text, "a frame is written in another way than it was read");
    return 0;
  }
  check(read_all(text, data[0]) == read_all(text, 1 << 20), "pieces of other sizes are other replies");
  return 0;
}
