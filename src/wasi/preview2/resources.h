// The resources of WASI 0.2, as C++ objects. A component may drop them in any order, so they share what they need of
// each other: a pollable of a stream keeps the stream's file.
#pragma once

#include <memory>

#include "wasi/host/directory.h"
#include "wasi/preview2/context.h"
#include "wasi/preview2/types.h"

namespace ermine::wasi::preview2 {

// Counted while it exists.
class Resource {
 public:
  explicit Resource(std::shared_ptr<Counts> counts) : counts_(std::move(counts)) { ++counts_->resources; }
  ~Resource() { --counts_->resources; }
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;

 private:
  std::shared_ptr<Counts> counts_;
};

class IoError : public Resource {
 public:
  IoError(std::shared_ptr<Counts> counts, host::HostError error) : Resource(std::move(counts)), error(error) {}
  const host::HostError error;
};
ERMINE_RESOURCE(IoError, "error")

// What can be waited for.
struct Readiness {
  enum class Kind : uint8_t { kNow, kTime, kRead, kWrite } kind = Kind::kNow;
  uint64_t time = 0;  // kTime: of the monotonic clock
  std::shared_ptr<OpenFile> file{};  // kRead, kWrite

  static Readiness of(const std::shared_ptr<OpenFile>& file, Kind kind) {
    if (file->descriptor.host_fd < 0 || file->descriptor.waiting == host::Waiting::kNever) return {};
    return {kind, 0, file};
  }
};

class Pollable : public Resource {
 public:
  Pollable(std::shared_ptr<Counts> counts, Readiness readiness)
      : Resource(std::move(counts)), readiness(std::move(readiness)) {}
  const Readiness readiness;
};
ERMINE_RESOURCE(Pollable, "pollable")

class InputStream : public Resource {
 public:
  InputStream(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file)
      : Resource(std::move(counts)), file(std::move(file)) {}
  InputStream(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file, uint64_t offset)
      : InputStream(std::move(counts), std::move(file)) {
    has_offset = true;
    this->offset = offset;
  }
  Readiness readiness() const { return closed ? Readiness() : Readiness::of(file, Readiness::Kind::kRead); }

  const std::shared_ptr<OpenFile> file;
  bool has_offset = false;  // otherwise it reads at the file's own position
  bool closed = false;
  uint64_t offset = 0;
};
ERMINE_RESOURCE(InputStream, "input-stream")

// Nothing is buffered: check-write permits what is then written at once. Of what may wait, that is as much as a pipe
// that is ready takes; if it takes less after all, the write waits for the rest.
class OutputStream : public Resource {
 public:
  enum class Where : uint8_t { kPosition, kOffset, kEnd };
  OutputStream(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file, Where where = Where::kPosition,
               uint64_t offset = 0)
      : Resource(std::move(counts)), file(std::move(file)), where(where), offset(offset) {}
  Readiness readiness() const { return closed ? Readiness() : Readiness::of(file, Readiness::Kind::kWrite); }

  const std::shared_ptr<OpenFile> file;
  const Where where;
  bool closed = false;
  uint64_t offset;
  uint64_t permitted = 0;  // bytes that may be written before the next check-write
};
ERMINE_RESOURCE(OutputStream, "output-stream")

class TerminalInput : public Resource {
  using Resource::Resource;
};
ERMINE_RESOURCE(TerminalInput, "terminal-input")
class TerminalOutput : public Resource {
  using Resource::Resource;
};
ERMINE_RESOURCE(TerminalOutput, "terminal-output")

class FileDescriptor : public Resource {
 public:
  FileDescriptor(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file, DescriptorFlags flags)
      : Resource(std::move(counts)), file(std::move(file)), flags(flags) {}
  const host::Descriptor& host() const { return file->descriptor; }
  int fd() const { return file->descriptor.host_fd; }

  const std::shared_ptr<OpenFile> file;
  const DescriptorFlags flags;
};
ERMINE_RESOURCE(FileDescriptor, "descriptor")

class DirectoryEntryStream : public Resource {
 public:
  DirectoryEntryStream(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> directory)
      : Resource(std::move(counts)), directory(std::move(directory)) {}
  const std::shared_ptr<OpenFile> directory;  // of this stream alone
  host::DirStream entries;
};
ERMINE_RESOURCE(DirectoryEntryStream, "directory-entry-stream")

// The network, from which nothing is granted.
class Network : public Resource {
  using Resource::Resource;
};
ERMINE_RESOURCE(Network, "network")

// None of these exists, since nothing makes one.
class TcpSocket {};
ERMINE_RESOURCE(TcpSocket, "tcp-socket")
class UdpSocket {};
ERMINE_RESOURCE(UdpSocket, "udp-socket")
class IncomingDatagramStream {};
ERMINE_RESOURCE(IncomingDatagramStream, "incoming-datagram-stream")
class OutgoingDatagramStream {};
ERMINE_RESOURCE(OutgoingDatagramStream, "outgoing-datagram-stream")
class ResolveAddressStream {};
ERMINE_RESOURCE(ResolveAddressStream, "resolve-address-stream")

}  // namespace ermine::wasi::preview2
