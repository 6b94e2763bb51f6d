// The steps of a program of WASI 0.3: see async_program.h.
#include "tests/wasi/churn/async_program.h"

namespace ermine::churn {

void AsyncProgram::step() {
  if (!ok()) return;
  if (random_.one_in(200)) target_ = 10 + random_.below(300);
  if (random_.one_in(30)) shared_.peers.connect(own_port_);
  if (random_.one_in(20) && udp_port_ != 0) shared_.peers.send_datagram(udp_port_, random_.size(2000));
  if (random_.one_in(8)) return tick();
  if (items_.empty() || (items_.size() < target_ && random_.one_in(3))) return open_something();
  const ItemPtr item = items_[random_.below(static_cast<uint32_t>(items_.size()))];
  act(item);
}

// ---- New things

void AsyncProgram::listen() {
  call("create-tcp", 0, Layout::kResult);
  if ((load(Layout::kResult) & 255) != 0) return;  // there are too many
  const ItemPtr socket = add(Kind::kTcp, load(Layout::kResult + 4));
  ++figures.sockets;
  call("bind", socket->handle, 0);
  call("tcp-listen", socket->handle, Layout::kResult);
  if ((load(Layout::kResult) & 255) != 0) return fail("it cannot listen");
  socket->state = State::kListening;
  (void)add(Kind::kListener, load(Layout::kResult + 4));
  ++figures.streams;
  call("tcp-local", socket->handle, Layout::kResult);
  own_port_ = load(Layout::kResult + 8) & 0xFFFF;
  if (!shared_.alone) shared_.outside.ports.add(own_port_);
}

void AsyncProgram::open_something() {
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  const uint32_t at = address(slot);
  switch (random_.below(24)) {
    case 0:
      begin_call(nullptr, Call::kTimer,
                 call("wait-for", 0, 0, 0, 0, uint64_t{random_.below(1000)} * random_.below(100'000)), slot);
      return;
    case 1: {
      ++figures.lookups;
      // "localhost"
      begin_call(nullptr, Call::kLookup, call("resolve", 2048, 9, at + 64), slot);
      return;
    }
    case 2: {
      const uint32_t name = random_.one_in(2) ? kFileName : kDataName;
      begin_call(nullptr, Call::kOpen, call("open-file", directory_, at, name), slot);
      return;
    }
    case 3:
    case 4: {
      call("create-udp", 0, at);
      if ((load(at) & 255) == 0) {
        const uint32_t udp = load(at + 4);
        (void)add(Kind::kUdp, udp);
        ++figures.sockets;
        call("bind-udp", udp);
        call("udp-local", udp, at);
        udp_port_ = load(at + 8) & 0xFFFF;
      }
      break;
    }
    case 5: {
      call("stdin", at);
      add_reader_and_end(at, Kind::kCliEnd, false);
      break;
    }
    case 6: {
      const uint64_t ends = call_wide("new-bytes");
      const uint32_t end = call("stdout", static_cast<uint32_t>(ends));
      (void)add(Kind::kCliEnd, end);
      (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
      ++figures.streams;
      break;
    }
    case 7: {
      // A stream whose ends the program has both.
      const uint64_t ends = call_wide("new-bytes");
      (void)add(Kind::kReader, static_cast<uint32_t>(ends));
      (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
      ++figures.streams;
      break;
    }
    case 8: {
      const auto listener = any(Kind::kListener, [](const Item&) { return true; });
      if (!listener) listen();
      break;
    }
    case 9:
    case 10:
    case 11: new_request(); break;
    case 12: new_connector(); break;
    default: {
      call("create-tcp", 0, at);
      if ((load(at) & 255) == 0) {
        (void)add(Kind::kTcp, load(at + 4));
        ++figures.sockets;
      }
    }
  }
  uint32_t given = slot;
  free_slot(given);
}

void AsyncProgram::add_reader_and_end(uint32_t at, Kind end, bool compared) {
  const uint32_t stream = load(at), future = load(at + 4);
  if (!ok()) return;
  add(Kind::kReader, stream)->compared = compared;
  (void)add(end, future);
  ++figures.streams;
}

// ---- Something is done to one

void AsyncProgram::act(const ItemPtr& item) {
  if (item->held) return;
  const bool is_waitable = names_of(item->kind).cancel != nullptr;
  if (is_waitable && random_.one_in(3)) {
    item->in_set = !item->in_set;
    call("join", item->handle, item->in_set ? set_ : 0);
  }
  if (item->busy) {
    if (random_.one_in(6)) cancel(item, random_.one_in(2));
    return;
  }
  if (item->done) {
    if (random_.one_in(2)) drop(item);
    return;
  }
  switch (item->kind) {
    case Kind::kTcp: return act_tcp(item);
    case Kind::kUdp: return act_udp(item);
    case Kind::kFile: return act_file(item);
    case Kind::kSubtask: return;
    case Kind::kRequest: return act_request(item);
    case Kind::kResponse: return act_response(item);
    case Kind::kFields:
    case Kind::kConnector:
    case Kind::kTlsError:
      if (random_.one_in(4)) drop(item);
      return;
    case Kind::kTrailersWriter:
    case Kind::kOutcomeWriter: return begin_copy(item);
    default: return act_stream(item);
  }
}

void AsyncProgram::act_stream(const ItemPtr& item) {
  const bool is_listener = item->kind == Kind::kListener;
  if (random_.one_in(is_listener ? 100 : 14)) return drop(item);
  if (item->kind == Kind::kReader && random_.one_in(5)) return relay(item);
  if (item->kind == Kind::kReader && !item->in_set && waiting_.size() < 8 && random_.one_in(30)) {
    // A task that waits for it alone.
    item->slot = take_slot();
    if (item->slot == kNone) return;
    auto call = functions_.at("read-now").call_async(item->handle, address(item->slot) + Layout::kSlotData, 1000, 0, 0);
    if (!call) return fail(call.error().to_string());
    item->held = true;
    waiting_.push_back({*std::move(call), item, kNone});
    return take_results();
  }
  if (waiting_.size() < 8 && random_.one_in(60)) {
    const uint32_t slot = take_slot();
    if (slot == kNone) return;
    auto call = functions_.at("wait-in-task").call_async(set_, address(slot), 0, 0, 0);
    if (!call) return fail(call.error().to_string());
    waiting_.push_back({*std::move(call), nullptr, slot});
    return take_results();
  }
  begin_copy(item);
}

// The stream is passed to the host's side of another one; no byte goes through the program. Only where the other end is
// none of the program's own, since what goes round in a circle never ends, and neither do two sockets that are both
// read.
void AsyncProgram::relay(const ItemPtr& reader) {
  if (reader->own && shared_.alone) return;
  if (reader->in_set) {
    call("join", reader->handle, 0);
    reader->in_set = false;
  }
  const uint32_t which = random_.below(4);
  uint32_t end = 0;
  Kind kind = Kind::kCliEnd;
  if (which < 2) {
    const ItemPtr to =
        any(Kind::kTcp, [](const Item& i) { return i.state == State::kConnected && i.to_peer && !i.sends; });
    if (!to || !reader->compared) return;
    to->sends = true;
    kind = Kind::kSocketEnd;
    end = call("tcp-send", to->handle, reader->handle);
  } else if (which == 2) {
    end = call("stdout", reader->handle);
  } else {
    // (Neither does what a file is appended to from itself.)
    const ItemPtr to = any(Kind::kFile, [](const Item& i) { return !i.compared; });
    if (!to || !reader->compared) return;
    kind = Kind::kFileEnd;
    end = call("write-via", to->handle, reader->handle, 0, 0, 1 << 20);
  }
  ++figures.relays;
  remove(reader);
  (void)add(kind, end);
}

void AsyncProgram::receive(const ItemPtr& socket) {
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  call("tcp-receive", socket->handle, address(slot));
  add_reader_and_end(address(slot), Kind::kSocketEnd, true);
  const auto reader = by_handle_.find(load(address(slot)));
  if (reader != by_handle_.end()) reader->second->own = !socket->to_peer && !socket->to_tls;
  socket->receives = true;
  uint32_t given = slot;
  free_slot(given);
}

void AsyncProgram::act_tcp(const ItemPtr& item) {
  if (random_.one_in(12)) call("tcp-local", item->handle, Layout::kResult);
  if (random_.one_in(item->state == State::kListening ? 100 : 10)) {
    if (may_drop(*item)) drop(item);
    return;
  }
  switch (item->state) {
    case State::kFresh: {
      const uint32_t slot = take_slot();
      if (slot == kNone) return;
      uint32_t port = own_port_;
      switch (random_.below(20)) {
        case 0: port = shared_.peers.closed_port(); break;
        case 1: port = shared_.peers.full_port(); break;
        case 2:
        case 3:
        case 4:
        case 5: port = own_port_; break;
        case 6:
        case 7: port = shared_.alone ? own_port_ : shared_.outside.ports.any(random_); break;
        case 8:
        case 9:
        case 10:
          if (shared_.outside.tls_port() != 0) {
            port = shared_.outside.tls_port();
            item->to_tls = true;
            break;
          }
          [[fallthrough]];
        default: port = shared_.peers.tcp_port(); item->to_peer = true;
      }
      item->state = State::kConnecting;
      return begin_call(item, Call::kConnect, call("connect", item->handle, port, address(slot)), slot);
    }
    case State::kConnected:
      if (item->to_tls && !item->receives && !item->sends) return wire_tls(item);
      // A second time it is a stream of nothing.
      if (!item->receives || random_.one_in(20)) return receive(item);
      if (!item->sends || random_.one_in(20)) {
        const uint64_t ends = call_wide("new-bytes");
        (void)add(Kind::kSocketEnd, call("tcp-send", item->handle, static_cast<uint32_t>(ends)));
        (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
        ++figures.streams;
        item->sends = true;
        return;
      }
      break;
    case State::kConnecting:
    case State::kListening: return;
    case State::kFailed: break;
  }
  if (may_drop(*item) && random_.one_in(3)) drop(item);
}

void AsyncProgram::act_udp(const ItemPtr& item) {
  if (random_.one_in(8)) {
    if (may_drop(*item)) drop(item);
    return;
  }
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  const uint32_t at = address(slot);
  if (random_.one_in(3)) {
    const uint32_t port = random_.one_in(2) && udp_port_ != 0 ? udp_port_ : shared_.peers.udp_port();
    return begin_call(item, Call::kSend, call("send-to", item->handle, port, at, random_.size(1500)), slot);
  }
  begin_call(item, Call::kReceive, call("udp-receive", item->handle, at + 64), slot);
}

void AsyncProgram::act_file(const ItemPtr& item) {
  if (random_.one_in(8)) {
    if (may_drop(*item)) drop(item);
    return;
  }
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  if (!item->compared && random_.one_in(3)) {
    const uint64_t ends = call_wide("new-bytes");
    (void)add(Kind::kFileEnd, call("write-via", item->handle, static_cast<uint32_t>(ends), 0, 0, 2 << 20));
    (void)add(Kind::kWriter, static_cast<uint32_t>(ends >> 32));
    ++figures.streams;
  } else {
    call("read-via", item->handle, address(slot), 0, 0, random_.below(1 << 20));
    add_reader_and_end(address(slot), Kind::kFileEnd, item->compared);
  }
  uint32_t given = slot;
  free_slot(given);
}

}  // namespace ermine::churn
