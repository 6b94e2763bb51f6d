// HTTP and TLS in a program of WASI 0.3: see async_program.h.
#include "tests/wasi/churn/async_program.h"

namespace ermine::churn {

// A request with or without a body; its trailers are given later, in any case.
void AsyncProgram::new_request() {
  if (authority_size_ == 0) return;
  const uint32_t fields = call("new-fields");
  if (random_.one_in(20)) return (void)add(Kind::kFields, fields);
  const uint64_t trailers = call_wide("new-trailers");
  (void)add(Kind::kTrailersWriter, static_cast<uint32_t>(trailers >> 32));
  uint32_t body = kNone;
  if (random_.one_in(2)) {
    const uint64_t ends = call_wide("new-bytes");
    body = static_cast<uint32_t>(ends);
    (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
    ++figures.streams;
  }
  call("make-request", fields, body, static_cast<uint32_t>(trailers), Layout::kResult);
  const uint32_t request = load(Layout::kResult), end = load(Layout::kResult + 4);
  if (!ok()) return;
  (void)add(Kind::kRequest, request);
  (void)add(Kind::kHttpEnd, end);
  call("to-server", request, authority_size_);
  constexpr uint32_t kPost = 2;
  if (body != kNone) (void)call("set-method", request, kPost);
}

void AsyncProgram::act_request(const ItemPtr& item) {
  if (random_.one_in(6)) return drop(item);
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  remove(item);
  ++figures.requests;
  begin_call(nullptr, Call::kHttp, call("http-send", item->handle, address(slot) + 64), slot);
}

void AsyncProgram::act_response(const ItemPtr& item) {
  if (random_.one_in(4)) return drop(item);
  if (call("http-status", item->handle) != 200) return fail("a response has another status than that of the server");
  const uint64_t outcome = call_wide("new-outcome");
  (void)add(Kind::kOutcomeWriter, static_cast<uint32_t>(outcome >> 32));
  remove(item);
  call("consume", item->handle, static_cast<uint32_t>(outcome), Layout::kResult);
  add_reader_and_end(Layout::kResult, Kind::kTrailers, true);
}

// Nothing is connected to it.
void AsyncProgram::new_connector() {
  if (shared_.outside.tls_port() == 0) return;
  const uint32_t connector = call("new-connector");
  if (random_.one_in(2)) {
    const uint64_t ends = call_wide("new-bytes");
    (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
    call("tls-send", connector, static_cast<uint32_t>(ends), Layout::kResult);
    add_reader_and_end(Layout::kResult, Kind::kTlsEnd, false);
  }
  (void)add(Kind::kConnector, connector);
}

// A connector between two streams of the program and the socket, and a handshake, unless a part of it is left out. The
// server sends everything back.
void AsyncProgram::wire_tls(const ItemPtr& socket) {
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  const uint32_t at = address(slot), connector = call("new-connector");
  const uint64_t ends = call_wide("new-bytes");
  (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
  call("tls-send", connector, static_cast<uint32_t>(ends), at);
  const uint32_t encrypted = load(at), sent = load(at + 4);
  call("tcp-receive", socket->handle, at);
  const uint32_t received = load(at), receive_end = load(at + 4);
  if (!ok()) return;
  figures.streams += 2;
  (void)add(Kind::kTlsEnd, sent);
  (void)add(Kind::kSocketEnd, receive_end);
  if (random_.one_in(10)) {
    add(Kind::kReader, encrypted)->compared = false;
  } else {
    (void)add(Kind::kSocketEnd, call("tcp-send", socket->handle, encrypted));
    socket->sends = true;
  }
  socket->receives = true;
  const bool connects = !random_.one_in(8);
  if (!connects && random_.one_in(2)) {
    add(Kind::kReader, received)->compared = false;
  } else {
    call("tls-receive", connector, received, at);
    add_reader_and_end(at, Kind::kTlsEnd, true);
  }
  if (!connects) {
    (void)add(Kind::kConnector, connector);
    uint32_t given = slot;
    return free_slot(given);
  }
  begin_call(nullptr, Call::kTlsConnect,
             call("tls-connect", connector, Layout::kLocalhost, Layout::kLocalhostSize, at + 64), slot);
}

}  // namespace ermine::churn
