// The resources of WASI 0.2, as C++ objects. A component may drop them in any order, so they share what they need of
// each other: a pollable of a stream keeps the stream's file.
#pragma once

#include <memory>

#include "wasi/host/channel.h"
#include "wasi/host/directory.h"
#include "wasi/net/udp_socket.h"
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
  IoError(std::shared_ptr<Counts> counts, host::HostError error, bool of_network, host::Cause cause)
      : Resource(std::move(counts)), error(error), of_network(of_network), cause(std::move(cause)) {}
  const host::HostError error;
  const bool of_network;
  const host::Cause cause;
};
ERMINE_RESOURCE(IoError, "error")

// What can be waited for. What a socket waits for is found out at each wait: the operation in progress, the time at
// which a connection is given up.
struct Readiness {
  enum class Kind : uint8_t { kNow, kTime, kRead, kWrite, kSocket, kAwaited } kind = Kind::kNow;
  uint64_t time = 0;  // kTime: of the monotonic clock
  std::shared_ptr<OpenFile> file{};  // kRead, kWrite; kSocket: of a TCP socket
  std::shared_ptr<host::Awaited> awaited{};  // kAwaited

  static Readiness of(const std::shared_ptr<OpenFile>& file, Kind kind) {
    if (file->descriptor.host_fd < 0 || file->descriptor.waiting == host::Waiting::kNever) return {};
    return {kind, 0, file};
  }
  static Readiness of(std::shared_ptr<host::Awaited> awaited) { return {Kind::kAwaited, 0, {}, std::move(awaited)}; }
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
  // Of what is no file.
  InputStream(std::shared_ptr<Counts> counts, std::shared_ptr<host::ByteSource> source)
      : Resource(std::move(counts)), source(std::move(source)) {}
  Readiness readiness() const {
    if (closed) return {};
    return source ? Readiness::of(source) : Readiness::of(file, Readiness::Kind::kRead);
  }
  // Expires with the stream.
  std::weak_ptr<void> alive() { return alive_ = std::make_shared<char>(); }

  const std::shared_ptr<OpenFile> file;  // null if there is a source
  const std::shared_ptr<host::ByteSource> source;
  bool has_offset = false;  // otherwise it reads at the file's own position
  bool closed = false;
  uint64_t offset = 0;

 private:
  std::shared_ptr<void> alive_;
};
ERMINE_RESOURCE(InputStream, "input-stream")

// Nothing is buffered of files: check-write permits what is then written at once. Of what may wait, that is as much as
// a pipe that is ready takes; if it takes less after all, the write waits for the rest.
class OutputStream : public Resource {
 public:
  enum class Where : uint8_t { kPosition, kOffset, kEnd };
  OutputStream(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file, Where where = Where::kPosition,
               uint64_t offset = 0)
      : Resource(std::move(counts)), file(std::move(file)), where(where), offset(offset) {}
  // Of what is no file.
  OutputStream(std::shared_ptr<Counts> counts, std::shared_ptr<host::ByteSink> sink)
      : Resource(std::move(counts)), sink(std::move(sink)), where(Where::kPosition), offset(0) {}
  Readiness readiness() const {
    if (closed) return {};
    return sink ? Readiness::of(sink) : Readiness::of(file, Readiness::Kind::kWrite);
  }
  // Expires with the stream.
  std::weak_ptr<void> alive() { return alive_ = std::make_shared<char>(); }

  const std::shared_ptr<OpenFile> file;  // null if there is a sink
  const std::shared_ptr<host::ByteSink> sink;
  const Where where;
  bool closed = false;
  uint64_t offset;
  uint64_t permitted = 0;  // bytes that may be written before the next check-write

 private:
  std::shared_ptr<void> alive_;
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

// The network of the program (Context::network).
class Network : public Resource {
  using Resource::Resource;
};
ERMINE_RESOURCE(Network, "network")

class TcpSocket : public Resource {
 public:
  TcpSocket(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file)
      : Resource(std::move(counts)), file(std::move(file)) {}
  net::TcpSocket* operator->() const { return file->tcp; }
  const std::shared_ptr<OpenFile> file;
};
ERMINE_RESOURCE(TcpSocket, "tcp-socket")

class UdpSocket : public Resource {
 public:
  UdpSocket(std::shared_ptr<Counts> counts, std::shared_ptr<OpenFile> file, std::shared_ptr<net::UdpSocket> socket)
      : Resource(std::move(counts)), file(std::move(file)), socket(std::move(socket)) {}
  net::UdpSocket* operator->() const { return socket.get(); }
  const std::shared_ptr<OpenFile> file;
  const std::shared_ptr<net::UdpSocket> socket;
};
ERMINE_RESOURCE(UdpSocket, "udp-socket")

// The streams of one association of a socket; after the next one, they are closed.
class DatagramStream : public Resource {
 public:
  DatagramStream(std::shared_ptr<Counts> counts, const UdpSocket& of, uint32_t association)
      : Resource(std::move(counts)), file(of.file), socket(of.socket), association(association) {}
  bool closed() const { return socket->association() != association; }

  const std::shared_ptr<OpenFile> file;
  const std::shared_ptr<net::UdpSocket> socket;
  const uint32_t association;
};
class IncomingDatagramStream : public DatagramStream {
  using DatagramStream::DatagramStream;
};
ERMINE_RESOURCE(IncomingDatagramStream, "incoming-datagram-stream")
class OutgoingDatagramStream : public DatagramStream {
 public:
  using DatagramStream::DatagramStream;
  uint64_t permitted = 0;  // datagrams that may be sent before the next check-send
};
ERMINE_RESOURCE(OutgoingDatagramStream, "outgoing-datagram-stream")

class ResolveAddressStream : public Resource {
 public:
  ResolveAddressStream(std::shared_ptr<Counts> counts, std::shared_ptr<net::Lookup> lookup,
                       std::shared_ptr<OpenFile> file)
      : Resource(std::move(counts)), lookup(std::move(lookup)), file(std::move(file)) {}
  const std::shared_ptr<net::Lookup> lookup;
  const std::shared_ptr<OpenFile> file;  // readable once the lookup is done; null if it was done at once
  bool answered = false;
  net::NetError error = net::NetError::kNone;
  std::vector<net::IpAddress> addresses;
  size_t next = 0;
};
ERMINE_RESOURCE(ResolveAddressStream, "resolve-address-stream")

}  // namespace ermine::wasi::preview2
