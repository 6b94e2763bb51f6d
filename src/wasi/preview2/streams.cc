// wasi:io/streams: reading and writing files, pipes, terminals and sockets.
#include <limits.h>
#include <poll.h>

#include <algorithm>

#include "wasi/host/io.h"
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

// What check-write permits: for what never waits, a number that makes calls cheap; otherwise what a pipe takes at once
// if it is ready.
constexpr uint64_t kPermittedFile = 1 << 20, kPermittedPipe = PIPE_BUF;
// What the functions that write and flush take (the definitions' number).
constexpr uint64_t kMostAtOnce = 4096;

host::Outcome<size_t> read_source(Call& call, InputStream& stream, uint8_t* to, size_t size, bool wait) {
  while (true) {
    const host::Outcome<size_t> n = stream.source->read(to, size);
    if (n.error != host::HostError::kAgain || !wait) return n;
    wait_for(call, stream.readiness());
    if (call.stop) return host::HostError::kAgain;
  }
}

// One read, which waits only if `wait`. 0: the end.
host::Outcome<size_t> read_once(Call& call, InputStream& stream, uint8_t* to, size_t size, bool wait) {
  if (stream.source) return read_source(call, stream, to, size, wait);
  if (!stream.file->descriptor.is_open()) return size_t{0};
  const iovec buffer{to, size};
  host::Descriptor d = stream.file->descriptor;
  if (stream.has_offset) {
    const host::Outcome<size_t> n = host::read_at(d, &buffer, 1, stream.offset);
    if (n) stream.offset += *n;
    return n;
  }
  if (!wait) d.status |= host::status::kNonblocking;
  else d.status &= static_cast<host::Status>(~host::status::kNonblocking);
  return call.waiting([&] { return host::read_some(d, &buffer, 1, call.interrupts()); });
}

// One read from a connection; 0: the end.
host::Outcome<size_t> read_connection(Call& call, const InputStream& stream, uint8_t* to, size_t size, bool wait) {
  while (true) {
    const host::Outcome<size_t> n = stream.file->tcp->receive(to, size, call.context.refusals);
    if (n.error != host::HostError::kAgain || !wait) return n;
    wait_for(call, stream.readiness());
    if (call.stop) return host::HostError::kInterrupted;
  }
}

// Bytes in the context's buffer; none: nothing can be read now.
StreamResult<Bytes> read_stream(Call& call, InputStream& stream, uint64_t length, bool wait) {
  if (stream.closed) return Unexpected(StreamError(std::monostate()));
  const size_t size = std::min<uint64_t>(length, Context::kMostRead);
  if (size == 0) {
    if (wait) wait_for(call, stream.readiness());
    return Bytes{};
  }
  uint8_t* const buffer = call.context.buffer();
  const bool connected = stream.file && stream.file->tcp != nullptr;
  const host::Outcome<size_t> n =
      connected ? read_connection(call, stream, buffer, size, wait) : read_once(call, stream, buffer, size, wait);
  if (n.error == host::HostError::kAgain || call.stop) return Bytes{};
  if (!n) {
    stream.closed = true;
    return Unexpected(failed(call, n.error, connected, stream.source ? stream.source->cause() : host::Cause()));
  }
  if (*n == 0) {
    stream.closed = true;
    return Unexpected(StreamError(std::monostate()));
  }
  call.moved += *n;
  return Bytes{buffer, *n};
}

StreamResult<uint64_t> skip_stream(Call& call, InputStream& stream, uint64_t length, bool wait) {
  StreamResult<Bytes> bytes = read_stream(call, stream, length, wait);
  if (!bytes) return Unexpected(std::move(bytes).error());
  return bytes->size;
}

// Writes at least a part to a connection.
host::Outcome<size_t> write_connection(Call& call, const OutputStream& stream, Contents contents) {
  host::OutputLimit& output = call.context.output;
  while (true) {
    iovec buffer{const_cast<uint8_t*>(contents.data()), contents.size()};
    if (output.active()) {
      const host::Outcome<uint64_t> gap = output.admit(stream.file->descriptor, std::nullopt, &buffer, 1, call.stop);
      if (!gap || call.stop) return gap.error;
    }
    const host::Outcome<size_t> n = stream.file->tcp->send(contents.data(), buffer.iov_len, call.context.refusals);
    if (n && output.active()) output.count(*n);
    if (n.error != host::HostError::kAgain) return n;
    wait_for(call, stream.readiness());
    if (call.stop) return host::HostError::kInterrupted;
  }
}

bool is_closed(const OutputStream& stream) {
  return stream.closed || (stream.file && stream.file->tcp != nullptr && !stream.file->tcp->sending());
}

// What check-write permits; of a sink that takes nothing any more, why.
StreamResult<uint64_t> room_of(Call& call, OutputStream& stream) {
  const host::Outcome<size_t> room = stream.sink->room();
  if (room) return std::min<uint64_t>(*room, kPermittedFile);
  stream.closed = true;
  if (room.error == host::HostError::kClosed) return Unexpected(StreamError(std::monostate()));
  return Unexpected(failed(call, room.error, false, stream.sink->cause()));
}

// Everything, waiting for room.
StreamResult<void> write_sink(Call& call, OutputStream& stream, Contents contents) {
  while (!contents.empty() && !call.stop) {
    StreamResult<uint64_t> room = room_of(call, stream);
    if (!room) return Unexpected(std::move(room).error());
    const size_t size = std::min<uint64_t>(*room, contents.size());
    if (size > 0 && stream.sink->write(contents.data(), size) != host::HostError::kNone) continue;
    if (size == 0) wait_for(call, stream.readiness());
    call.moved += size;
    contents = contents.subspan(size);
  }
  return {};
}

// Writes everything.
StreamResult<void> write_bytes(Call& call, OutputStream& stream, Contents contents) {
  if (stream.sink) return write_sink(call, stream, contents);
  while (!contents.empty()) {
    iovec buffer{const_cast<uint8_t*>(contents.data()), contents.size()};
    const bool connected = stream.file->tcp != nullptr;
    const host::Outcome<size_t> n =
        connected ? write_connection(call, stream, contents)
                  : write_once(call, stream.file->descriptor, stream.where, stream.offset, &buffer, 1);
    if (call.stop) return {};
    if (!n) {
      stream.closed = true;
      // The other side reads no more.
      if (connected && static_cast<int>(n.error) == EPIPE) return Unexpected(StreamError(std::monostate()));
      return Unexpected(failed(call, n.error, connected));
    }
    if (stream.where == OutputStream::Where::kOffset) stream.offset += *n;
    call.moved += *n;
    contents = contents.subspan(*n);
  }
  return {};
}

StreamResult<void> write_zeros(Call& call, OutputStream& stream, uint64_t length) {
  static constexpr uint8_t kZeros[4096] = {};
  while (length > 0) {
    const uint64_t size = std::min<uint64_t>(length, sizeof kZeros);
    if (StreamResult<void> r = write_bytes(call, stream, {kZeros, size}); !r || call.stop) return r;
    length -= size;
  }
  return {};
}

StreamResult<void> wait_until_flushed(Call& call, OutputStream& stream) {
  if (!stream.sink || call.stop || stream.sink->is_flushed()) return {};
  wait_for(call, stream.readiness());
  return call.stop ? StreamResult<void>() : Functions::flush(call, stream);
}

// Whether this many bytes may be written now: a condition that the component must keep.
bool take_permission(Call& call, OutputStream& stream, uint64_t size) {
  if (size > stream.permitted) {
    call.trap("the component writes " + std::to_string(size) +
              " bytes to an output-stream whose check-write permitted " + std::to_string(stream.permitted));
    return false;
  }
  stream.permitted -= size;
  return true;
}
bool check_size(Call& call, uint64_t size) {
  if (size <= kMostAtOnce) return true;
  call.trap("the component writes " + std::to_string(size) +
            " bytes at once to an output-stream, and a function that writes and flushes takes at most 4096");
  return false;
}

StreamResult<uint64_t> splice_streams(Call& call, OutputStream& stream, InputStream& source, uint64_t length,
                                      bool wait) {
  StreamResult<uint64_t> permitted = Functions::check_write(call, stream);
  if (!permitted) return permitted;
  StreamResult<Bytes> bytes = read_stream(call, source, std::min(length, *permitted), wait);
  if (!bytes) return Unexpected(std::move(bytes).error());
  if (call.stop) return uint64_t{0};
  StreamResult<void> written = write_bytes(call, stream, {bytes->data, bytes->size});
  if (!written) return Unexpected(std::move(written).error());
  return bytes->size;
}

}  // namespace

host::Outcome<size_t> write_once(Call& call, const host::Descriptor& descriptor, OutputStream::Where where,
                                 uint64_t offset, iovec* buffers, int count) {
  using Where = OutputStream::Where;
  host::Descriptor d = descriptor;
  d.status &= static_cast<host::Status>(~host::status::kNonblocking);
  if (where == Where::kEnd) d.status |= host::status::kAppend;  // it leaves no gap
  host::OutputLimit& output = call.context.output;
  host::Outcome<uint64_t> gap = uint64_t{0};
  if (output.active()) {
    gap = output.admit(d, where == Where::kOffset ? std::optional(offset) : std::nullopt, buffers, count, call.stop);
    if (!gap) return gap.error;
    if (call.stop) return size_t{0};
  }
  host::Outcome<size_t> n = size_t{0};
  switch (where) {
    case Where::kOffset: n = host::write_at(d, buffers, count, offset); break;
    case Where::kEnd: n = host::write_at_end(d, buffers, count); break;
    case Where::kPosition:
      n = call.waiting([&] { return host::write_some(d, buffers, count, call.interrupts()); });
      break;
  }
  if (n && *n > 0 && output.active()) output.count(*gap + *n);
  return n;
}

host::Outcome<size_t> read_now(const OpenFile& file, std::optional<uint64_t>& offset, uint8_t* to, size_t size,
                               WasiRefusals& refusals) {
  if (file.tcp != nullptr) return file.tcp->receive(to, size, refusals);
  host::Descriptor d = file.descriptor;
  if (!d.is_open()) return size_t{0};
  d.status |= host::status::kNonblocking;
  const iovec buffer{to, size};
  if (!offset) {
    const host::Outcome<size_t> n = host::read_some(d, &buffer, 1, host::Interrupts());
    pollfd state{d.host_fd, POLLIN, 0};
    if (n && *n == 0 && d.waiting == host::Waiting::kPipe && ::poll(&state, 1, 0) == 0) return host::HostError::kAgain;
    return n;
  }
  const host::Outcome<size_t> n = host::read_at(d, &buffer, 1, *offset);
  if (n) *offset += *n;
  return n;
}

host::Outcome<size_t> write_now(Context& context, const OpenFile& file, OutputStream::Where where, uint64_t& offset,
                                const uint8_t* from, size_t size, Error& stop) {
  using Where = OutputStream::Where;
  iovec buffer{const_cast<uint8_t*>(from), size};
  host::Descriptor d = file.descriptor;
  if (!d.is_open()) return host::HostError::kBadFd;
  d.status |= host::status::kNonblocking;
  if (where == Where::kEnd) d.status |= host::status::kAppend;  // it leaves no gap
  host::Outcome<uint64_t> gap = uint64_t{0};
  host::OutputLimit& output = context.output;
  if (output.active()) {
    gap = output.admit(d, where == Where::kOffset ? std::optional(offset) : std::nullopt, &buffer, 1, stop);
    if (!gap) return gap.error;
    if (stop) return size_t{0};
  }
  host::Outcome<size_t> n = size_t{0};
  if (file.tcp != nullptr) {
    n = file.tcp->send(from, buffer.iov_len, context.refusals);
  } else {
    switch (where) {
      case Where::kOffset: n = host::write_at(d, &buffer, 1, offset); break;
      case Where::kEnd: n = host::write_at_end(d, &buffer, 1); break;
      case Where::kPosition: n = host::write_some(d, &buffer, 1, host::Interrupts()); break;
    }
  }
  if (!n) return n;
  if (output.active()) output.count(*gap + *n);
  if (where == Where::kOffset) offset += *n;
  // A device that takes nothing, without an error.
  return *n == 0 ? host::Outcome<size_t>(static_cast<host::HostError>(EIO)) : n;
}

StreamResult<Bytes> Functions::read(Call& call, InputStream& stream, uint64_t length) {
  return read_stream(call, stream, length, false);
}
StreamResult<Bytes> Functions::blocking_read(Call& call, InputStream& stream, uint64_t length) {
  return read_stream(call, stream, length, true);
}
StreamResult<uint64_t> Functions::skip(Call& call, InputStream& stream, uint64_t length) {
  return skip_stream(call, stream, length, false);
}
StreamResult<uint64_t> Functions::blocking_skip(Call& call, InputStream& stream, uint64_t length) {
  return skip_stream(call, stream, length, true);
}
Own<Pollable> Functions::subscribe_input(Call& call, InputStream& stream) {
  return call.make<Pollable>(stream.readiness());
}

StreamResult<uint64_t> Functions::check_write(Call& call, OutputStream& stream) {
  if (stream.sink && !stream.closed) {
    StreamResult<uint64_t> room = room_of(call, stream);
    if (room) stream.permitted = *room;
    return room;
  }
  if (stream.file && !stream.file->descriptor.is_open()) stream.closed = true;
  if (is_closed(stream)) return Unexpected(StreamError(std::monostate()));
  const Readiness readiness = stream.readiness();
  const uint64_t most = stream.file->tcp != nullptr ? stream.file->tcp->writable_at_once() : kPermittedPipe;
  if (readiness.kind == Readiness::Kind::kNow) stream.permitted = kPermittedFile;
  else stream.permitted = is_ready(call, readiness) ? most : 0;
  return stream.permitted;
}

StreamResult<void> Functions::write(Call& call, OutputStream& stream, Contents contents) {
  if (is_closed(stream)) return Unexpected(StreamError(std::monostate()));
  if (!take_permission(call, stream, contents.size())) return {};
  return write_bytes(call, stream, contents);
}
StreamResult<void> Functions::write_zeroes(Call& call, OutputStream& stream, uint64_t length) {
  if (is_closed(stream)) return Unexpected(StreamError(std::monostate()));
  if (!take_permission(call, stream, length)) return {};
  return write_zeros(call, stream, length);
}
StreamResult<void> Functions::blocking_write_and_flush(Call& call, OutputStream& stream, Contents contents) {
  if (!check_size(call, contents.size())) return {};
  if (StreamResult<void> r = flush(call, stream); !r) return r;
  if (StreamResult<void> r = write_bytes(call, stream, contents); !r) return r;
  return wait_until_flushed(call, stream);
}
StreamResult<void> Functions::blocking_write_zeroes_and_flush(Call& call, OutputStream& stream, uint64_t length) {
  if (!check_size(call, length)) return {};
  if (StreamResult<void> r = flush(call, stream); !r) return r;
  if (StreamResult<void> r = write_zeros(call, stream, length); !r) return r;
  return wait_until_flushed(call, stream);
}

// Whatever was written is with the system already, or with what sends it.
StreamResult<void> Functions::flush(Call& call, OutputStream& stream) {
  if (stream.sink && !stream.closed) {
    StreamResult<uint64_t> room = room_of(call, stream);
    return room ? StreamResult<void>() : StreamResult<void>(Unexpected(std::move(room).error()));
  }
  if (stream.file && !stream.file->descriptor.is_open()) stream.closed = true;
  if (is_closed(stream)) return Unexpected(StreamError(std::monostate()));
  return {};
}
StreamResult<void> Functions::blocking_flush(Call& call, OutputStream& stream) {
  if (StreamResult<void> r = flush(call, stream); !r) return r;
  return wait_until_flushed(call, stream);
}
Own<Pollable> Functions::subscribe_output(Call& call, OutputStream& stream) {
  return call.make<Pollable>(stream.readiness());
}

StreamResult<uint64_t> Functions::splice(Call& call, OutputStream& stream, InputStream& source, uint64_t length) {
  return splice_streams(call, stream, source, length, false);
}
StreamResult<uint64_t> Functions::blocking_splice(Call& call, OutputStream& stream, InputStream& source,
                                                  uint64_t length) {
  wait_for(call, stream.readiness());
  if (call.stop) return uint64_t{0};
  return splice_streams(call, stream, source, length, true);
}

}  // namespace ermine::wasi::preview2
