// wasi:tls 0.3: a connector changes two streams of a program into two others.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "wasi/preview3/functions.h"
#include "wasi/tls/session.h"

namespace ermine::wasi::preview3 {

class FileCopy;
class Poller;

class TlsError : public preview2::Resource {
 public:
  TlsError(std::shared_ptr<preview2::Counts> counts, std::string text)
      : Resource(std::move(counts)), text(std::move(text)) {}
  const std::string text;
};
ERMINE_RESOURCE(TlsError, "error")

using TlsOutcome = Expected<void, Own<TlsError>>;
using TlsEnd = component::FutureReader<TlsOutcome>;

// What the handshake and the copies of a connector's four streams share. Each of them tells the others when it has
// changed something. On the store's thread.
class TlsTransformation {
 public:
  TlsTransformation(preview2::Context& context, StoreRef store);

  // Does something with the session, and wakes what waits if that has changed anything for it.
  template <class F>
  auto with_session(F&& work) {
    const State before = state();
    auto result = work(session_);
    if (unread_) discard();
    if (!(state() == before)) notify();
    return result;
  }
  const tls::Session& session() const { return session_; }
  // Breaks it off: one of the streams, or the connector, is gone.
  void fail(const char* why);
  // The program has dropped the stream of what the server sends. That is read and thrown away, so that the end is seen,
  // until nothing more will be sent.
  void read_no_more();
  bool wants_more() const {
    return !session_.has_failed() && !(unread_ && session_.is_connected() && session_.is_sent());
  }
  // From the server, which ends when no more is wanted.
  void set_receiving(std::weak_ptr<FileCopy> copy) { receiving_ = std::move(copy); }
  int channel() const { return channel_; }
  TlsOutcome outcome() const;

 private:
  struct State {
    uint64_t moves;
    bool connected, failed, space, pending, sent;
    bool operator==(const State&) const = default;
  };
  State state();
  void notify();
  void discard();

  tls::Session session_;
  bool unread_ = false;
  std::weak_ptr<FileCopy> receiving_;
  const std::shared_ptr<preview2::Counts> counts_;
  const preview2::FileCount count_;
  const std::weak_ptr<Poller> poller_;  // expired when the store has ended
  const int channel_;
};

class TlsConnector : public preview2::Resource {
 public:
  TlsConnector(std::shared_ptr<preview2::Counts> counts, std::shared_ptr<TlsTransformation> transformation)
      : Resource(std::move(counts)), transformation(std::move(transformation)) {}
  ~TlsConnector() {
    if (transformation) transformation->fail("the connector was dropped before it was connected");
  }
  std::shared_ptr<TlsTransformation> transformation;  // null once it connects
  bool sends = false, receives = false;
};
ERMINE_RESOURCE(TlsConnector, "connector")

struct TlsFunctions {
  static std::string error_to_debug_string(Call& call, TlsError& error);
  static Own<TlsConnector> new_connector(Call& call);
  static std::tuple<Bytes, TlsEnd> send(Call& call, TlsConnector& connector, Bytes cleartext);
  static std::tuple<Bytes, TlsEnd> receive(Call& call, TlsConnector& connector, Bytes ciphertext);
  static void connect(Call& call, component::Reply<TlsOutcome> reply, Own<TlsConnector> connector,
                      preview2::Text server_name);
};

}  // namespace ermine::wasi::preview3
