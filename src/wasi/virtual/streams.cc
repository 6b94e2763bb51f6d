// Standard streams that are the embedder's: what a program has of a WasiInputStream or WasiOutputStream.
#include <algorithm>
#include <atomic>

#include "ermine/wasi.h"
#include "ermine/wasi_stream.h"
#include "wasi/host/virtual_file.h"

namespace ermine {
namespace wasi::host {
namespace {

// The number of bytes, between `least` and `most`, or the error: nothing of the embedder's can make a guest wait, loop
// or stop.
Outcome<size_t> checked(const WasiStreamResult& result, size_t least, size_t most) {
  constexpr auto kBroken = static_cast<HostError>(EIO);
  if (result) return *result < least || *result > most ? Outcome<size_t>(kBroken) : Outcome<size_t>(*result);
  const auto error = static_cast<HostError>(result.error());
  return error <= HostError::kNone || error == HostError::kAgain || error == HostError::kInterrupted ? kBroken : error;
}

// Programs compare the files behind descriptors.
std::atomic<uint64_t> g_number{0};

// A program sees a pipe.
class StreamFile : public VirtualFile {
 public:
  Outcome<FileStat> stat() override { return FileStat{.inode = number_, .type = FileType::kFifo, .links = 1}; }

 private:
  const uint64_t number_ = ++g_number;
};

class InputFile final : public StreamFile {
 public:
  explicit InputFile(std::shared_ptr<WasiInputStream> stream) : stream_(std::move(stream)) {}
  Outcome<size_t> read(const iovec* buffers, int count) override {
    size_t done = 0;
    for (int i = 0; i < count; ++i) {
      if (buffers[i].iov_len == 0) continue;
      const Outcome<size_t> n =
          checked(stream_->read(static_cast<uint8_t*>(buffers[i].iov_base), buffers[i].iov_len), 0, buffers[i].iov_len);
      if (!n) return done > 0 ? Outcome<size_t>(done) : n;
      done += *n;
      if (*n < buffers[i].iov_len) break;
    }
    return done;
  }

 private:
  const std::shared_ptr<WasiInputStream> stream_;
};

class OutputFile final : public StreamFile {
 public:
  explicit OutputFile(std::shared_ptr<WasiOutputStream> stream) : stream_(std::move(stream)) {}
  // One call for several buffers, so that lines that are written at once stay together.
  Outcome<size_t> write(const iovec* buffers, int count, bool) override {
    const iovec* one = std::find_if(buffers, buffers + count, [](const iovec& b) { return b.iov_len > 0; });
    if (one == buffers + count) return size_t{0};
    if (std::all_of(one + 1, buffers + count, [](const iovec& b) { return b.iov_len == 0; }))
      return take(static_cast<const uint8_t*>(one->iov_base), one->iov_len);
    constexpr size_t kMostJoined = 64 << 10;
    std::string joined;
    for (const iovec* b = one; b != buffers + count && joined.size() < kMostJoined; ++b)
      joined.append(static_cast<const char*>(b->iov_base), std::min(b->iov_len, kMostJoined - joined.size()));
    return take(reinterpret_cast<const uint8_t*>(joined.data()), joined.size());
  }

 private:
  Outcome<size_t> take(const uint8_t* from, size_t size) { return checked(stream_->write(from, size), 1, size); }

  const std::shared_ptr<WasiOutputStream> stream_;
};

template <class File, class Stream>
class StreamSource final : public VirtualFileSource {
 public:
  explicit StreamSource(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  void open(Descriptor& out) const override {
    out.virtual_file = new File(stream_);
    out.readable = std::is_same_v<File, InputFile>;
    out.writable = !out.readable;
    out.waiting = Waiting::kVirtual;
    out.type = FileType::kFifo;
  }

 private:
  const std::shared_ptr<Stream> stream_;
};

// Other copies of the grants keep theirs. A null stream gives the descriptor back.
template <class File, class Stream>
void grant(HostGrants& grants, unsigned number, std::shared_ptr<Stream> stream) {
  auto own = grants.streams ? std::make_shared<StreamGrants>(*grants.streams) : std::make_shared<StreamGrants>();
  (*own)[number] = stream ? std::make_shared<StreamSource<File, Stream>>(std::move(stream)) : nullptr;
  grants.streams = std::move(own);
}

}  // namespace
}  // namespace wasi::host

WasiConfig& WasiConfig::stdin_stream(std::shared_ptr<WasiInputStream> stream) {
  wasi::host::grant<wasi::host::InputFile>(grants_, 0, std::move(stream));
  return *this;
}
WasiConfig& WasiConfig::stdout_stream(std::shared_ptr<WasiOutputStream> stream) {
  wasi::host::grant<wasi::host::OutputFile>(grants_, 1, std::move(stream));
  return *this;
}
WasiConfig& WasiConfig::stderr_stream(std::shared_ptr<WasiOutputStream> stream) {
  wasi::host::grant<wasi::host::OutputFile>(grants_, 2, std::move(stream));
  return *this;
}

}  // namespace ermine
