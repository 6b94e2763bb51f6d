// wasi:tls 0.3.
#include "wasi/preview3/tls.h"

#include <algorithm>
#include <cstring>

#include "wasi/preview3/bind_function.h"
#include "wasi/preview3/byte_copy.h"
#include "wasi/preview3/retry.h"

namespace ermine::wasi::preview3 {

using host::HostError;
using host::Outcome;

// ---- TlsTransformation

TlsTransformation::TlsTransformation(preview2::Context& context, StoreRef store)
    : counts_(context.counts()),
      count_(counts_),
      poller_(Poller::of(store).alive()),
      channel_(Poller::of(store).new_channel()) {}

TlsTransformation::State TlsTransformation::state() {
  return {session_.moves(),          session_.is_connected(),     session_.has_failed(),
          !session_.space().empty(), !session_.pending().empty(), session_.is_sent()};
}

void TlsTransformation::notify() {
  const std::shared_ptr<Poller> poller = poller_.lock();
  if (!poller) return;
  poller->notify(channel_);
  if (wants_more()) return;
  if (const std::shared_ptr<FileCopy> copy = std::exchange(receiving_, {}).lock()) copy->end_soon(*poller);
}

void TlsTransformation::fail(const char* why) {
  with_session([why](tls::Session& session) { return session.fail(why), 0; });
}

void TlsTransformation::read_no_more() {
  unread_ = true;
  with_session([](tls::Session&) { return 0; });
  // That it is not wanted any more is no change of the session.
  notify();
}

void TlsTransformation::discard() {
  uint8_t some[4096];
  while (true)
    if (const Outcome<size_t> n = session_.read(some, sizeof some); !n || *n == 0) return;
}

TlsOutcome TlsTransformation::outcome() const {
  if (!session_.has_failed()) return {};
  return Unexpected(std::make_unique<TlsError>(counts_, session_.problem()));
}

namespace {

using Shared = std::shared_ptr<TlsTransformation>;

// ---- The four streams. A sink lives as long as its copy.

// What the program sends.
class CleartextSink final : public host::ByteSink {
 public:
  explicit CleartextSink(Shared shared) : shared_(std::move(shared)) {}
  ~CleartextSink() {
    shared_->with_session([](tls::Session& session) { return session.finish(), 0; });
  }
  bool ready() override { return room().error != HostError::kNone || *room() > 0; }
  Wait wait() const override { return {.channel = shared_->channel()}; }
  Outcome<size_t> room() override { return shared_->session().room(); }
  HostError write(const uint8_t* from, size_t size) override {
    return shared_->with_session([&](tls::Session& session) { return session.write(from, size); });
  }
  host::Cause cause() const override { return {nullptr, shared_->session().problem()}; }

 private:
  const Shared shared_;
};

// The same, encrypted.
class CiphertextSource final : public host::ByteSource {
 public:
  explicit CiphertextSource(Shared shared) : shared_(std::move(shared)) {}
  bool ready() override { return !shared_->session().pending().empty() || shared_->session().is_sent(); }
  Wait wait() const override { return {.channel = shared_->channel()}; }
  // Also after a failure, of which the server may have to be told.
  Outcome<size_t> read(uint8_t* to, size_t size) override {
    const std::span<const uint8_t> from = shared_->session().pending();
    if (from.empty()) return shared_->session().is_sent() ? Outcome<size_t>(0) : Outcome<size_t>(HostError::kAgain);
    const size_t n = std::min(from.size(), size);
    std::memcpy(to, from.data(), n);
    return shared_->with_session([n](tls::Session& session) { return session.sent(n), n; });
  }
  host::Cause cause() const override { return {}; }

 private:
  const Shared shared_;
};

// What the server has sent, encrypted.
class CiphertextSink final : public host::ByteSink {
 public:
  explicit CiphertextSink(Shared shared) : shared_(std::move(shared)) {}
  ~CiphertextSink() {
    shared_->with_session([](tls::Session& session) { return session.received_all(), 0; });
    // Before the handshake there is no session that could say so.
    if (!shared_->session().is_open()) shared_->fail("the encrypted stream from the server has ended");
  }
  bool ready() override { return room().error != HostError::kNone || *room() > 0; }
  Wait wait() const override { return {.channel = shared_->channel()}; }
  Outcome<size_t> room() override {
    if (shared_->session().has_failed()) return HostError::kTls;
    if (!shared_->wants_more()) return HostError::kClosed;
    return shared_->with_session([](tls::Session& session) { return session.space().size(); });
  }
  HostError write(const uint8_t* from, size_t size) override {
    return shared_->with_session([&](tls::Session& session) {
      std::memcpy(session.space().data(), from, size);
      session.received(size);
      return HostError::kNone;
    });
  }
  host::Cause cause() const override { return {nullptr, shared_->session().problem()}; }

 private:
  const Shared shared_;
};

// The same for the program, and what a handshake waits for.
class CleartextSource : public host::ByteSource {
 public:
  explicit CleartextSource(Shared shared) : shared_(std::move(shared)) {}
  bool ready() override {
    return shared_->with_session([](tls::Session& session) { return session.can_read(); });
  }
  Wait wait() const override { return {.channel = shared_->channel()}; }
  Outcome<size_t> read(uint8_t* to, size_t size) override {
    return shared_->with_session([&](tls::Session& session) { return session.read(to, size); });
  }
  host::Cause cause() const override { return {nullptr, shared_->session().problem()}; }

 protected:
  const Shared shared_;
};
class ProgramsSource final : public CleartextSource {
 public:
  using CleartextSource::CleartextSource;
  ~ProgramsSource() override { shared_->read_no_more(); }
};

// ---- Functions

// Begins both copies of a direction; the future is that of the stream that the program gets.
std::tuple<Bytes, TlsEnd> transform(Call& call, const Shared& shared, bool sends, bool& begun, Bytes from,
                                    std::shared_ptr<host::ByteSink> sink, std::shared_ptr<host::ByteSource> source) {
  auto stream = component::make_stream<uint8_t>(call.store);
  auto future = component::make_future<TlsOutcome>(call.store);
  std::tuple<Bytes, TlsEnd> result(std::move(stream.reader), std::move(future.reader));
  if (std::exchange(begun, true)) {
    call.trap("a connector of wasi:tls transforms one stream in each direction");
    return result;
  }
  const auto report = [shared, sends, future = std::move(future.writer)](HostError) {
    if (sends && !shared->session().is_sent()) shared->fail("the encrypted stream to the server was closed");
    // The future is closed when the value has been read, or will not be.
    (void)future.write(shared->outcome(), [future](component::CopyResult) {});
  };
  const std::shared_ptr<ByteWriting> writing =
      call.make<ByteWriting>(call.store, std::move(sink), nullptr, call.context, std::move(from));
  const std::shared_ptr<ByteReading> reading =
      writing ? call.make<ByteReading>(call.store, std::move(source), report, std::move(stream.writer)) : nullptr;
  if (!reading) return result;
  if (!sends) shared->set_receiving(writing);
  writing->start(call, HostError::kNone);
  if (!call.stop) reading->start(call, HostError::kNone);
  return result;
}

}  // namespace

std::string TlsFunctions::error_to_debug_string(Call&, TlsError& error) { return error.text; }

Own<TlsConnector> TlsFunctions::new_connector(Call& call) {
  const bool full = call.at_file_limit();
  auto transformation = std::make_shared<TlsTransformation>(call.context, call.store);
  if (full) transformation->fail("the program has reached the limit of open files");
  return call.make<TlsConnector>(std::move(transformation));
}

std::tuple<Bytes, TlsEnd> TlsFunctions::send(Call& call, TlsConnector& connector, Bytes cleartext) {
  const Shared& shared = connector.transformation;
  return transform(call, shared, true, connector.sends, std::move(cleartext), std::make_shared<CleartextSink>(shared),
                   std::make_shared<CiphertextSource>(shared));
}
std::tuple<Bytes, TlsEnd> TlsFunctions::receive(Call& call, TlsConnector& connector, Bytes ciphertext) {
  const Shared& shared = connector.transformation;
  return transform(call, shared, false, connector.receives, std::move(ciphertext),
                   std::make_shared<CiphertextSink>(shared), std::make_shared<ProgramsSource>(shared));
}

void TlsFunctions::connect(Call& call, component::Reply<TlsOutcome> reply, Own<TlsConnector> connector,
                           preview2::Text server_name) {
  const Shared shared = std::move(connector->transformation);
  if (!connector->sends || !connector->receives)
    return call.trap("connector.connect is called before send and receive, whose streams it needs");
  shared->with_session([&](tls::Session& session) {
    if (!session.has_failed()) session.open(call.context.tls(), std::string(server_name), call.context.refusals);
    return 0;
  });
  const auto attempt = [shared, reply] {
    const HostError error = shared->with_session([](tls::Session& session) { return session.handshake(); });
    if (error != HostError::kAgain) reply.complete(shared->outcome());
    return error != HostError::kAgain;
  };
  if (attempt()) return;
  Retry::start(call, reply,
               {.attempt = attempt,
                .abandon = [shared] { shared->fail("the handshake was cancelled"); },
                .awaited = std::make_shared<CleartextSource>(shared)});
}

Result<void> define_tls(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                        const preview2::Wanted& wanted) {
  constexpr const char *kTypes = "tls/types@0.3.0-draft", *kClient = "tls/client@0.3.0-draft";
  Definer definer(linker, source, wanted);
  definer.resource<TlsError>(kTypes, "error");
  definer.resource<TlsConnector>(kClient, "connector");
  definer.add(kTypes, "[method]error.to-debug-string", &TlsFunctions::error_to_debug_string);
  definer.add(kClient, "[constructor]connector", &TlsFunctions::new_connector);
  definer.add(kClient, "[method]connector.send", &TlsFunctions::send);
  definer.add(kClient, "[method]connector.receive", &TlsFunctions::receive);
  definer.add_async(kClient, "[static]connector.connect", &TlsFunctions::connect);
  return definer.finish();
}

}  // namespace ermine::wasi::preview3
