// wasi:tls 0.2: a connection between two streams that the program gives, and the two that it gets for them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "wasi/preview2/functions.h"
#include "wasi/preview2/http_types.h"
#include "wasi/tls/session.h"

namespace ermine::wasi::preview2 {

// A session, and the streams of its encrypted bytes. They travel whenever the program asks for something of the
// connection or waits for it.
class TlsConnection {
 public:
  TlsConnection(Context& context, Own<InputStream> input, Own<OutputStream> output)
      : context_(context), input_(std::move(input)), output_(std::move(output)), count_(context.counts()) {}

  tls::Session& session() { return session_; }
  // Moves what can be moved without waiting. False: nothing.
  bool pump();
  host::Awaited::Wait wait() const;
  // Why nothing can be written any more, if that is not the session's problem.
  const std::string& output_problem() const { return output_problem_; }

 private:
  host::Outcome<size_t> receive(std::span<uint8_t> to);
  host::Outcome<size_t> send(std::span<const uint8_t> from);
  void end_output(host::HostError error);
  void end_input(host::HostError error);

  Context& context_;
  const Own<InputStream> input_;
  const Own<OutputStream> output_;
  tls::Session session_;
  const FileCount count_;
  bool input_over_ = false, output_over_ = false;
  std::string output_problem_;
};

class ClientHandshake : public Resource {
 public:
  ClientHandshake(std::shared_ptr<Counts> counts, std::string server_name, Own<InputStream> input,
                  Own<OutputStream> output)
      : Resource(std::move(counts)),
        server_name(std::move(server_name)),
        input(std::move(input)),
        output(std::move(output)) {}
  std::string server_name;
  Own<InputStream> input;
  Own<OutputStream> output;
};
ERMINE_RESOURCE(ClientHandshake, "client-handshake")

class FutureClientStreams : public Resource {
 public:
  FutureClientStreams(std::shared_ptr<Counts> counts, std::shared_ptr<TlsConnection> connection)
      : Resource(std::move(counts)), connection(std::move(connection)) {}
  std::shared_ptr<TlsConnection> connection;  // null once it was taken
};
ERMINE_RESOURCE(FutureClientStreams, "future-client-streams")

class ClientConnection : public Resource {
 public:
  ClientConnection(std::shared_ptr<Counts> counts, std::shared_ptr<TlsConnection> connection)
      : Resource(std::move(counts)), connection(std::move(connection)) {}
  const std::shared_ptr<TlsConnection> connection;
};
ERMINE_RESOURCE(ClientConnection, "client-connection")

struct TlsFunctions {
  using Streams = std::tuple<Own<ClientConnection>, Own<InputStream>, Own<OutputStream>>;

  static Own<ClientHandshake> new_handshake(Call& call, std::string server_name, Own<InputStream> input,
                                            Own<OutputStream> output);
  static Own<FutureClientStreams> finish_handshake(Call& call, Own<ClientHandshake> handshake);
  static void close_output(Call& call, ClientConnection& connection);
  static Own<Pollable> subscribe(Call& call, FutureClientStreams& future);
  // Nothing until it is there; then an error if it was taken before.
  static std::optional<Attempt<Expected<Streams, Own<IoError>>>> get(Call& call, FutureClientStreams& future);
};

}  // namespace ermine::wasi::preview2
