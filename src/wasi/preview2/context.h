// Context: the state of one program of WASI 0.2.
//
// The component's handles are resources (resources.h), which are C++ objects. They live in the store's tables of
// handles, which may be destroyed after the Context, so they share with it only the Counts. Files are shared by the
// descriptors and streams that use them, and closed when none is left.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "wasi/host/descriptor.h"
#include "wasi/host/program.h"
#include "wasi/net/network.h"
#include "wasi/net/tcp_socket.h"

namespace ermine::wasi::http {
class Client;
}

namespace ermine::wasi::preview2 {

// How many resources and open files the program has, and what its HTTP fields take.
struct Counts {
  uint32_t resources = 0, files = 0;
  uint64_t field_bytes = 0;
};

// What is no file and takes as much of the host counts as one, while this exists.
class FileCount {
 public:
  explicit FileCount(std::shared_ptr<Counts> counts) : counts_(std::move(counts)) { ++counts_->files; }
  ~FileCount() { --counts_->files; }
  FileCount(const FileCount&) = delete;
  FileCount& operator=(const FileCount&) = delete;

 private:
  const std::shared_ptr<Counts> counts_;
};

struct OpenFile {
  host::Descriptor descriptor;  // inspected; without a number if the process was started with the stream closed
  bool read_only = false;  // beneath a directory granted with ":ro"
  // Of the network: what owns the descriptor, which is borrowed here. `tcp` is the same, if it is a TCP socket.
  std::shared_ptr<void> owner;
  net::TcpSocket* tcp = nullptr;

  explicit OpenFile(std::shared_ptr<Counts> counts) : counts_(std::move(counts)) { ++counts_->files; }
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

 private:
  std::shared_ptr<Counts> counts_;
};

class Context : public host::Program {
 public:
  // Resources without files; the host needs up to some hundred bytes for each.
  static constexpr uint32_t kMostResources = 200'000;
  // The bytes that a read returns at most.
  static constexpr size_t kMostRead = 256 << 10;

  // `network`: null if nothing of it is granted.
  Context(host::Program&& program, std::shared_ptr<net::Network> network);

  struct Preopen {
    std::shared_ptr<OpenFile> directory;
    std::string guest_path;
  };
  const std::shared_ptr<OpenFile>& stream(unsigned number) const { return streams_[number]; }
  const std::vector<Preopen>& preopens() const { return preopens_; }
  const std::shared_ptr<Counts>& counts() const { return counts_; }
  const std::shared_ptr<net::Network>& shared_network() {
    if (!network_) network_ = std::make_shared<net::Network>();
    return network_;
  }
  net::Network& network() { return *shared_network(); }
  // What makes requests over HTTP; made at first use.
  const std::shared_ptr<http::Client>& http();
  // A buffer of kMostRead bytes, for one call.
  uint8_t* buffer() {
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<Buffer>();
    return buffer_->bytes;
  }

  // Of the insecure generator, once it was asked for: a program gets the same each time.
  std::optional<std::tuple<uint64_t, uint64_t>> seed;

 private:
  // Begins with a page, as what the kernel copies from does: between two places that are aligned differently it takes
  // three times as long.
  struct Buffer {
    alignas(4096) uint8_t bytes[kMostRead];
  };
  std::shared_ptr<OpenFile> adopt(host::Opened&& opened);

  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
  std::shared_ptr<OpenFile> streams_[3];
  std::vector<Preopen> preopens_;
  std::shared_ptr<net::Network> network_;
  std::unique_ptr<Buffer> buffer_;
  std::shared_ptr<http::Client> http_;
};

}  // namespace ermine::wasi::preview2
