// wasi:tls 0.2.
#include "wasi/preview2/tls.h"

#include <algorithm>
#include <cstring>

#include "ermine/printable.h"
#include "wasi/host/clocks.h"
#include "wasi/preview2/bind_function.h"

namespace ermine::wasi::preview2 {

using host::HostError;
using host::Outcome;

namespace {

std::string reason_of(HostError error) {
  const int code = static_cast<int>(error);
  return code > 0 ? ": " + std::string(std::strerror(code)) : std::string();
}

}  // namespace

// ---- The encrypted streams

Outcome<size_t> TlsConnection::receive(std::span<uint8_t> to) {
  InputStream& stream = *input_;
  if (stream.closed) return size_t{0};
  if (stream.source) return stream.source->read(to.data(), to.size());
  std::optional<uint64_t> offset = stream.has_offset ? std::optional(stream.offset) : std::nullopt;
  const Outcome<size_t> n = read_now(*stream.file, offset, to.data(), to.size(), context_.refusals);
  if (offset) stream.offset = *offset;
  return n;
}

Outcome<size_t> TlsConnection::send(std::span<const uint8_t> from) {
  OutputStream& stream = *output_;
  if (stream.closed) return HostError::kClosed;
  if (stream.sink) {
    const Outcome<size_t> room = stream.sink->room();
    if (!room) return room;
    if (*room == 0) return HostError::kAgain;
    const size_t n = std::min(*room, from.size());
    const HostError error = stream.sink->write(from.data(), n);
    return error == HostError::kNone ? Outcome<size_t>(n) : Outcome<size_t>(error);
  }
  Error stop;
  const Outcome<size_t> n =
      write_now(context_, *stream.file, stream.where, stream.offset, from.data(), from.size(), stop);
  // Not every caller can end the program, so the connection says that the limit of output is reached.
  return stop ? Outcome<size_t>(static_cast<HostError>(EDQUOT)) : n;
}

// What has come can still be read.
void TlsConnection::end_output(HostError error) {
  output_over_ = true;
  output_problem_ = "the encrypted output cannot be written" + reason_of(error);
  if (!session_.is_connected()) session_.fail(output_problem_);
}
void TlsConnection::end_input(HostError error) {
  input_over_ = true;
  session_.fail("the encrypted input cannot be read" + reason_of(error));
}

bool TlsConnection::pump() {
  bool moved = false;
  for (bool again = true; again;) {
    again = false;
    if (const std::span<const uint8_t> from = session_.pending(); !output_over_ && !from.empty()) {
      const Outcome<size_t> n = send(from);
      if (n) session_.sent(*n), again = true;
      else if (n.error != HostError::kAgain) end_output(n.error);
    }
    if (const std::span<uint8_t> to = session_.space(); !input_over_ && !to.empty()) {
      const Outcome<size_t> n = receive(to);
      if (n && *n > 0) session_.received(*n), again = true;
      else if (n) input_over_ = true, session_.received_all();
      else if (n.error != HostError::kAgain) end_input(n.error);
    }
    moved |= again;
  }
  return moved;
}

// What it waits for of both streams. Where that is more than a Wait can say, it is asked again after a while.
host::Awaited::Wait TlsConnection::wait() const {
  constexpr uint64_t kPause = 10'000'000;  // nanoseconds
  host::Awaited::Wait wait;
  const auto until = [&wait](const OpenFile& file) {
    if (file.tcp == nullptr || file.tcp->deadline() == net::Quota::Clock::time_point::max()) return;
    wait.until = std::min(wait.until, static_cast<uint64_t>(file.tcp->deadline().time_since_epoch().count()));
  };
  bool both = false;
  if (!input_over_ && input_->source) {
    wait = input_->source->wait();
  } else if (!input_over_) {
    wait.descriptor = &input_->file->descriptor;
    until(*input_->file);
  }
  if (!output_over_ && !session_.pending().empty()) {
    if (output_->sink) {
      const host::Awaited::Wait other = output_->sink->wait();
      both = (wait.descriptor != nullptr && other.descriptor != nullptr && wait.descriptor != other.descriptor) ||
             (wait.writable != nullptr && other.writable != nullptr && wait.writable != other.writable);
      if (wait.descriptor == nullptr) wait.descriptor = other.descriptor, wait.signal = other.signal;
      if (wait.writable == nullptr) wait.writable = other.writable;
      wait.until = std::min(wait.until, other.until);
    } else {
      both = wait.writable != nullptr;
      wait.writable = &output_->file->descriptor;
      until(*output_->file);
    }
  }
  if (both || (wait.descriptor == nullptr && wait.writable == nullptr))
    wait.until = std::min(wait.until, *host::clock_now(host::Clock::kMonotonic) + kPause);
  return wait;
}

// ---- The program's streams

namespace {

using Shared = std::shared_ptr<TlsConnection>;

host::Cause cause_of(const Shared& connection) { return {nullptr, connection->session().problem()}; }

class TlsSource final : public host::ByteSource {
 public:
  explicit TlsSource(Shared connection) : connection_(std::move(connection)) {}
  bool ready() override {
    do {
      if (connection_->session().can_read()) return true;
    } while (connection_->pump());
    return false;
  }
  Wait wait() const override { return connection_->wait(); }
  Outcome<size_t> read(uint8_t* to, size_t size) override {
    while (true) {
      const Outcome<size_t> n = connection_->session().read(to, size);
      if (n.error != HostError::kAgain || !connection_->pump()) return n;
    }
  }
  host::Cause cause() const override { return cause_of(connection_); }

 private:
  const Shared connection_;
};

class TlsSink final : public host::ByteSink {
 public:
  explicit TlsSink(Shared connection) : connection_(std::move(connection)) {}
  bool ready() override { return is_flushed() || !room(); }
  Wait wait() const override { return connection_->wait(); }
  // What was written before goes first.
  Outcome<size_t> room() override {
    const bool flushed = is_flushed();
    if (!connection_->output_problem().empty()) return HostError::kTls;
    const Outcome<size_t> room = connection_->session().room();
    return room && !flushed ? size_t{0} : room;
  }
  HostError write(const uint8_t* from, size_t size) override {
    const HostError error = connection_->session().write(from, size);
    connection_->pump();
    return error;
  }
  bool is_flushed() override {
    connection_->pump();
    return !connection_->output_problem().empty() || connection_->session().pending().empty();
  }
  host::Cause cause() const override {
    const std::string& problem = connection_->output_problem();
    return problem.empty() ? cause_of(connection_) : host::Cause{nullptr, problem};
  }

 private:
  const Shared connection_;
};

class TlsHandshake final : public host::Awaited {
 public:
  explicit TlsHandshake(Shared connection) : connection_(std::move(connection)) {}
  bool ready() override { return is_over(*connection_); }
  Wait wait() const override { return connection_->wait(); }

  static bool is_over(TlsConnection& connection) {
    do {
      if (connection.session().handshake() != HostError::kAgain) return connection.pump(), true;
    } while (connection.pump());
    return false;
  }

 private:
  const Shared connection_;
};

}  // namespace

// ---- Functions

Own<ClientHandshake> TlsFunctions::new_handshake(Call& call, std::string server_name, Own<InputStream> input,
                                                 Own<OutputStream> output) {
  return call.make<ClientHandshake>(std::move(server_name), std::move(input), std::move(output));
}

Own<FutureClientStreams> TlsFunctions::finish_handshake(Call& call, Own<ClientHandshake> handshake) {
  const bool full = call.at_file_limit();
  auto connection =
      std::make_shared<TlsConnection>(call.context, std::move(handshake->input), std::move(handshake->output));
  if (full) connection->session().fail("the program has reached the limit of open files");
  else connection->session().open(call.context.tls(), handshake->server_name, call.context.refusals);
  (void)TlsHandshake::is_over(*connection);
  return call.make<FutureClientStreams>(std::move(connection));
}

void TlsFunctions::close_output(Call&, ClientConnection& connection) {
  connection.connection->session().finish();
  connection.connection->pump();
}

Own<Pollable> TlsFunctions::subscribe(Call& call, FutureClientStreams& future) {
  if (!future.connection) return call.make<Pollable>(Readiness());
  return call.make<Pollable>(Readiness::of(std::make_shared<TlsHandshake>(future.connection)));
}

std::optional<Attempt<Expected<TlsFunctions::Streams, Own<IoError>>>> TlsFunctions::get(Call& call,
                                                                                        FutureClientStreams& future) {
  using Made = Expected<Streams, Own<IoError>>;
  if (!future.connection) return Attempt<Made>(failed_attempt());
  if (!TlsHandshake::is_over(*future.connection)) return std::nullopt;
  const Shared connection = std::move(future.connection);
  if (connection->session().has_failed())
    return Made(Unexpected(call.make<IoError>(HostError::kTls, false, cause_of(connection))));
  return Made(Streams(call.make<ClientConnection>(connection),
                      call.make<InputStream>(std::make_shared<TlsSource>(connection)),
                      call.make<OutputStream>(std::make_shared<TlsSink>(connection))));
}

Result<void> define_tls(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source,
                        const Wanted& wanted) {
  constexpr const char* kInterface = "tls/types@0.2.0-draft";
  Definer definer(linker, source, wanted);
  definer.resource<ClientHandshake>(kInterface, "client-handshake");
  definer.resource<ClientConnection>(kInterface, "client-connection");
  definer.resource<FutureClientStreams>(kInterface, "future-client-streams");
#define FUNCTION(name, function)                                        \
  definer.add(kInterface, name, call_function<&TlsFunctions::function>, \
              Traits<decltype(&TlsFunctions::function)>::Host::shape);
  FUNCTION("[constructor]client-handshake", new_handshake)
  FUNCTION("[static]client-handshake.finish", finish_handshake)
  FUNCTION("[method]client-connection.close-output", close_output)
  FUNCTION("[method]future-client-streams.subscribe", subscribe)
  FUNCTION("[method]future-client-streams.get", get)
#undef FUNCTION
  return definer.finish();
}

}  // namespace ermine::wasi::preview2
