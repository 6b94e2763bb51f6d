// The streams of wasi:cli and wasi:filesystem.
#include <algorithm>

#include "wasi/host/directory.h"
#include "wasi/host/path.h"
#include "wasi/preview3/byte_copy.h"
#include "wasi/preview3/functions.h"

namespace ermine::wasi::preview3 {

using component::CopyResult;
using component::detail::Codec;
using component::detail::Cursor;
using component::detail::StreamCopy;
using component::detail::StreamEnd;
using host::HostError;
using host::Outcome;
using preview2::DescriptorFlags;
using preview2::OpenFile;

// ---- FileCopy

void FileCopy::start(Call& call, HostError error) {
  if (error != HostError::kNone) {
    fail(error);
    return finish();
  }
  end().on_drop([copy = weak_from_this()] {
    if (const std::shared_ptr<FileCopy> self = copy.lock()) Poller::give_up(*self);
  });
  if (Result<void> begun = next(); !begun) call.stop = std::move(begun).error();
}

Result<void> FileCopy::next() {
  then_ = Then::kContinue;
  through_host_ = false;
  if (busy()) return {};
  StreamCopy begun = copy();
  begun.done = [self = shared_from_this()](CopyResult result, uint32_t moved) { self->copied(result, moved); };
  Result<void> r = end().begin(std::move(begun));
  if (r) return r;
  finish();
  // kUsage: the other end was closed in the meantime.
  return r.error().kind() == ErrorKind::kUsage ? Result<void>() : std::move(r);
}

void FileCopy::copied(CopyResult result, uint32_t moved) {
  if (then_ == Then::kEnd || result != CopyResult::kCompleted) {
    if (!busy()) finish();
    return;
  }
  if (then_ == Then::kWait) return wait();
  if (!through_host_) {
    (void)next();
    return;
  }
  // No code of a component runs in between, so the loop must see interrupts and other tasks, and this pays for the
  // piece.
  component::EventLoop(store_).handle().post([self = shared_from_this(), moved] {
    if (self->store_.consume_fuel(moved / kBytesPerFuel)) return (void)self->next();
    self->fail(static_cast<HostError>(EDQUOT));
    self->finish();
  });
}

void FileCopy::wait() {
  Poller& poller = Poller::of(store_);
  if (awaited_ != nullptr) poller.wait_for(*awaited_, shared_from_this());
  else poller.wait_for(file_->descriptor.host_fd, events_, shared_from_this());
}

void FileCopy::end_soon(Poller& poller) {
  poller.post([self = shared_from_this()] {
    if (Poller::forget(*self)) self->finish();
    else self->end().cancel();
  });
}

void FileCopy::finish() {
  close();
  if (const Report report = std::exchange(report_, nullptr)) report(error_);
}

namespace {

using Where = ByteWriting::Where;

template <class Code>
FileCopy::Report reporter(component::FutureWriter<Expected<void, Code>> future, Code (*code_of)(HostError)) {
  return [future = std::move(future), code_of](HostError error) {
    Expected<void, Code> value;
    if (error != HostError::kNone) value = Unexpected(code_of(error));
    // The future is closed when the value has been read, or will not be.
    (void)future.write(std::move(value), [future](CopyResult) {});
  };
}

// ---- Directories

class DirectoryReading final : public FileCopy {
 public:
  DirectoryReading(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<OpenFile> directory,
                   Report report, component::StreamWriter<DirectoryEntry> writer)
      : FileCopy(std::move(counts), store, std::move(directory), std::move(report)), writer_(std::move(writer)) {}

 private:
  StreamCopy copy() override {
    StreamCopy copy = component::detail::new_copy<DirectoryEntry>(1024);
    copy.transfer = [this](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
      if (!std::exchange(begun_, true)) (void)entries_.seek(file_->descriptor, 0);
      for (moved = 0; moved < count; ++moved, at += Codec<DirectoryEntry>::size.of(c)) {
        const std::optional<DirectoryEntry> entry = read();
        if (!entry) break;
        if (!Codec<DirectoryEntry>::store(c, at, *entry)) return false;
      }
      return true;
    };
    return copy;
  }
  const StreamEnd& end() const override { return writer_.end(); }
  void close() override { writer_.close(); }

  std::optional<DirectoryEntry> read() {
    while (true) {
      host::DirEntry entry;
      const Outcome<bool> more = entries_.next(file_->descriptor, entry);
      if (!more || !*more) {
        fail(more ? skipped_ : more.error);
        return std::nullopt;
      }
      if (entry.name == "." || entry.name == "..") continue;
      if (host::is_utf8(entry.name))
        return DirectoryEntry{Newer<preview2::DescriptorType>::from(preview2::type_of(entry.type)),
                              std::string(entry.name)};
      // WIT has no strings that are not Unicode. All others are given, and the end is an error.
      skipped_ = HostError::kNotUtf8;
    }
  }

  component::StreamWriter<DirectoryEntry> writer_;
  host::DirStream entries_;
  bool begun_ = false;
  HostError skipped_ = HostError::kNone;
};

// A new stream that the copy writes, and the future of its end. `error`: why there is nothing to read.
template <class Copy, class Element, class Code, class... A>
std::tuple<component::StreamReader<Element>, EndFuture<Code>> reading(Call& call, Code (*code_of)(HostError),
                                                                      HostError error, std::shared_ptr<OpenFile> file,
                                                                      A&&... arguments) {
  auto stream = component::make_stream<Element>(call.store);
  auto future = component::make_future<Expected<void, Code>>(call.store);
  std::shared_ptr<Copy> copy = call.make<Copy>(call.store, std::move(file), reporter(std::move(future.writer), code_of),
                                               std::move(stream.writer), std::forward<A>(arguments)...);
  if (copy) copy->start(call, error);
  return {std::move(stream.reader), std::move(future.reader)};
}

template <class Code>
EndFuture<Code> writing(Call& call, Code (*code_of)(HostError), HostError error, std::shared_ptr<OpenFile> file,
                        Bytes data, Where where, uint64_t offset) {
  auto future = component::make_future<Expected<void, Code>>(call.store);
  std::shared_ptr<ByteWriting> copy =
      call.make<ByteWriting>(call.store, std::move(file), reporter(std::move(future.writer), code_of), call.context,
                             std::move(data), where, offset);
  if (copy) copy->start(call, error);
  return std::move(future.reader);
}

constexpr auto kNotConnected = static_cast<HostError>(ENOTCONN);

// A file, opened for these.
HostError check_file(const FileDescriptor& d, DescriptorFlags needed) {
  if (d.host().type == host::FileType::kDirectory) return HostError::kIsDirectory;
  return preview2::has(d.flags, needed) ? HostError::kNone : HostError::kBadFd;
}

}  // namespace

std::tuple<Bytes, EndFuture<CliError>> Functions::read_stdin(Call& call) {
  return reading<ByteReading, uint8_t, CliError>(call, cli_error_of, HostError::kNone, call.context.stream(0),
                                                 std::optional<uint64_t>(), call.context.refusals);
}
EndFuture<CliError> Functions::write_stdout(Call& call, Bytes data) {
  return writing(call, cli_error_of, HostError::kNone, call.context.stream(1), std::move(data), Where::kPosition, 0);
}
EndFuture<CliError> Functions::write_stderr(Call& call, Bytes data) {
  return writing(call, cli_error_of, HostError::kNone, call.context.stream(2), std::move(data), Where::kPosition, 0);
}

std::tuple<Bytes, EndFuture<ErrorCode>> Functions::read_via_stream(Call& call, FileDescriptor& d, uint64_t offset) {
  return reading<ByteReading, uint8_t, ErrorCode>(call, error_code_of, check_file(d, DescriptorFlags::kRead), d.file,
                                                  d.host().has_position() ? std::optional(offset) : std::nullopt,
                                                  call.context.refusals);
}
EndFuture<ErrorCode> Functions::write_via_stream(Call& call, FileDescriptor& d, Bytes data, uint64_t offset) {
  return writing(call, error_code_of, check_file(d, DescriptorFlags::kWrite), d.file, std::move(data),
                 d.host().has_position() ? Where::kOffset : Where::kPosition, offset);
}
EndFuture<ErrorCode> Functions::append_via_stream(Call& call, FileDescriptor& d, Bytes data) {
  return writing(call, error_code_of, check_file(d, DescriptorFlags::kWrite), d.file, std::move(data),
                 d.host().has_position() ? Where::kEnd : Where::kPosition, 0);
}

std::tuple<component::StreamReader<DirectoryEntry>, EndFuture<ErrorCode>> Functions::read_directory(Call& call,
                                                                                                    FileDescriptor& d) {
  HostError error = HostError::kNone;
  std::shared_ptr<OpenFile> directory = preview2::reopen(call, d, error);
  return reading<DirectoryReading, DirectoryEntry, ErrorCode>(call, error_code_of, error, std::move(directory));
}

// Without a connection, or for the second time: a stream of nothing.
std::tuple<Bytes, EndFuture<SocketError>> Functions::tcp_receive(Call& call, TcpSocket& socket) {
  const bool taken = socket.file->tcp->take_receiving();
  return reading<ByteReading, uint8_t, SocketError>(call, socket_error_of, taken ? HostError::kNone : kNotConnected,
                                                    taken ? socket.file : nullptr, std::optional<uint64_t>(),
                                                    call.context.refusals);
}
EndFuture<SocketError> Functions::tcp_send(Call& call, TcpSocket& socket, Bytes data) {
  const bool taken = socket.file->tcp->take_sending();
  return writing<SocketError>(call, socket_error_of, taken ? HostError::kNone : kNotConnected,
                              taken ? socket.file : nullptr, std::move(data), Where::kPosition, 0);
}

}  // namespace ermine::wasi::preview3
