// A store with a program of WASI 0.2, whose resources the test holds: sockets, streams, pollables, lookups and errors,
// dropped in any order.
#include <chrono>

#include "tests/wasi/churn/outside.h"
#include "tests/wasi/tls_guest.h"

namespace ermine::churn {
namespace {

using component::Resource;
using component::Value;
using test::must;
using test::number;

const Engine& sync_engine() {
  static const Engine engine;
  return engine;
}
const Component& sync_component() {
  static const Component component = must(Component::from_text(sync_engine(), test::tls_component()));
  return component;
}

class SyncChurn final : public Churn {
 public:
  SyncChurn(uint64_t seed, Outside& outside) : random_(seed), ports_(outside.ports), tls_port_(outside.tls_port()) {
    ++figures.stores;
    do_not_block(in_.write.get());
    do_not_block(out_.read.get());
    guest_.emplace(outside.grants(random_, in_, out_, peers_), sync_engine(), sync_component());
    leaks_.emplace(guest_->wasi());
    guest_->store().set_timeout(std::chrono::seconds(600));
    directory_ = guest_->directory();
    listen();
  }
  void step() override;
  std::string end(End how) override;

 private:
  enum class Kind : uint8_t {
    kTcp,
    kUdp,
    kIn,
    kOut,
    kIncoming,
    kOutgoing,
    kPollable,
    kLookup,
    kError,
    kFile,
    kHandshake,
    kTls,
  };
  enum class State : uint8_t { kFresh, kConnecting, kConnected, kListening, kFailed };
  struct Item {
    Kind kind;
    Resource resource;
    State state = State::kFresh;
    Sequence bytes;
    bool compared = true, spliced = false, closed = false;
    bool to_tls = false;  // its other end is the server of TLS
    std::shared_ptr<Item> source;  // of an output stream: what was spliced into it
  };
  using ItemPtr = std::shared_ptr<Item>;

  ItemPtr add(Kind kind, Resource resource) {
    auto item = std::make_shared<Item>();
    item->kind = kind;
    item->resource = std::move(resource);
    items_.push_back(item);
    return item;
  }
  ItemPtr any(Kind kind) {
    for (int i = 0; i < 30 && !items_.empty(); ++i)
      if (ItemPtr item = items_[random_.below(static_cast<uint32_t>(items_.size()))]; item->kind == kind) return item;
    return nullptr;
  }
  void drop(const ItemPtr& item) { std::erase(items_, item); }
  static Value of(const ItemPtr& item) { return test::ComponentGuest::of(item->resource); }
  // Null: the program has failed.
  std::optional<Value> call(const char* name, test::Values arguments) {
    if (!wrong_.empty()) return std::nullopt;
    note_call(name);
    Result<std::optional<Value>> r = guest_->attempt(name, std::move(arguments));
    if (r) return *std::move(r);
    fail(std::string(name) + ": " + r.error().to_string());
    return std::nullopt;
  }
  static Resource take(const Value& v) { return must(Resource::from_value(v)); }
  // Whether the result is ok; keeps the error that a stream gives.
  bool is_ok(const std::optional<Value>& v) {
    if (!v || v->is_ok()) return v.has_value();
    if (v->payload()->kind() == component::ValueKind::kVariant && v->payload()->case_name() == "last-operation-failed")
      (void)add(Kind::kError, take(*v->payload()->payload()));
    return false;
  }
  void add_streams(Resource in, Resource out) {
    (void)add(Kind::kIn, std::move(in));
    (void)add(Kind::kOut, std::move(out));
    figures.streams += 2;
  }
  void subscribe(const char* name, const ItemPtr& item) {
    if (const auto v = call(name, {of(item)})) (void)add(Kind::kPollable, take(*v));
  }
  void listen();
  void open_something();
  void act(const ItemPtr& item);
  void act_tcp(const ItemPtr& item);
  void begin_tls(Resource in, Resource out);
  void act_handshake(const ItemPtr& item);
  void act_in(const ItemPtr& item);
  void act_out(const ItemPtr& item);
  void act_udp(const ItemPtr& item);
  void poll(const ItemPtr& item);
  std::string must_fail();

  Random random_;
  Ports& ports_;
  const uint32_t tls_port_;  // 0: there is none
  Peers peers_;
  OwnPipe in_, out_;
  std::optional<test::NetworkGuest> guest_;
  std::optional<Leaks> leaks_;
  Resource directory_;
  std::vector<ItemPtr> items_;
  uint32_t target_ = 50, own_port_ = 1;
};

void SyncChurn::listen() {
  const auto made = call("create-tcp", {Value::enumeration("ipv4")});
  if (!is_ok(made)) return;  // there are too many
  Resource listener = take(*made->payload());
  ++figures.sockets;
  if (guest_->bind(listener, "127.0.0.1:0") != "ok" || guest_->listen(listener) != "ok")
    return fail("it cannot listen");
  const std::string name = guest_->local(listener);
  own_port_ = static_cast<uint32_t>(std::stoul(name.substr(name.rfind(':') + 1)));
  ports_.add(own_port_);
  add(Kind::kTcp, std::move(listener))->state = State::kListening;
}

void SyncChurn::step() {
  if (!wrong_.empty()) return;
  ++figures.steps;
  if (random_.one_in(200)) target_ = 10 + random_.below(200);
  if (!peers_.step(random_)) return fail("a peer has received something else than was sent");
  if (random_.one_in(30)) peers_.connect(own_port_);
  if (random_.one_in(10)) (void)!::write(in_.write.get(), Pattern::from(0), random_.size(20'000));
  if (char sink[30'000]; random_.one_in(10)) (void)!::read(out_.read.get(), sink, random_.size(sizeof sink));
  if (items_.empty() || (items_.size() < target_ && random_.one_in(3))) return open_something();
  const ItemPtr item = items_[random_.below(static_cast<uint32_t>(items_.size()))];
  act(item);
}

void SyncChurn::open_something() {
  switch (random_.below(16)) {
    case 0:
      if (const auto v = call("after", {number(uint64_t{random_.below(1000)} * random_.below(100'000))}))
        (void)add(Kind::kPollable, take(*v));
      return;
    case 1: {
      ++figures.lookups;
      const auto v = call("resolve", {test::ComponentGuest::of(guest_->network()), test::text("localhost")});
      if (is_ok(v)) (void)add(Kind::kLookup, take(*v->payload()));
      return;
    }
    case 2: {
      const bool data = random_.one_in(2);
      const auto v =
          call("open", {test::ComponentGuest::of(directory_), test::follow(), test::text(data ? "data" : "file"),
                        test::flags({"create"}), test::flags({"read", "write"})});
      if (is_ok(v)) add(Kind::kFile, take(*v->payload()))->compared = data;
      return;
    }
    case 3:
      if (const auto v = call("stdin", {})) add(Kind::kIn, take(*v))->compared = false;
      ++figures.streams;
      return;
    case 4:
      if (const auto v = call("stdout", {})) (void)add(Kind::kOut, take(*v));
      ++figures.streams;
      return;
    case 5:
    case 6: {
      const auto v = call("create-udp", {Value::enumeration("ipv4")});
      if (!is_ok(v)) return;
      const ItemPtr udp = add(Kind::kUdp, take(*v->payload()));
      ++figures.sockets;
      if (guest_->bind(udp->resource, "127.0.0.1:0", "udp") != "ok") return fail("a UDP socket cannot be bound");
      return;
    }
    case 7:
      if (std::ranges::none_of(items_, [](const ItemPtr& i) { return i->state == State::kListening; })) listen();
      return;
    default: {
      const auto v = call("create-tcp", {Value::enumeration("ipv4")});
      if (!is_ok(v)) return;
      (void)add(Kind::kTcp, take(*v->payload()));
      ++figures.sockets;
    }
  }
}

void SyncChurn::act(const ItemPtr& item) {
  if (random_.one_in(item->state == State::kListening ? 100 : 9)) return drop(item);
  switch (item->kind) {
    case Kind::kTcp: return act_tcp(item);
    case Kind::kIn: return act_in(item);
    case Kind::kOut: return act_out(item);
    case Kind::kUdp:
    case Kind::kIncoming:
    case Kind::kOutgoing: return act_udp(item);
    case Kind::kPollable: return poll(item);
    case Kind::kLookup:
      if (random_.one_in(3)) return subscribe("subscribe-lookup", item);
      (void)call("next-address", {of(item)});
      return;
    case Kind::kError: (void)call("debug", {of(item)}); return;
    case Kind::kHandshake: return act_handshake(item);
    case Kind::kTls: (void)call("close-output", {of(item)}); return;
    case Kind::kFile: {
      const bool reads = item->compared || random_.one_in(2);
      const auto v = call(reads ? "read-via" : "write-via", {of(item), number(random_.below(1 << 20))});
      if (is_ok(v)) add(reads ? Kind::kIn : Kind::kOut, take(*v->payload()))->compared = item->compared;
      ++figures.streams;
    }
  }
}

void SyncChurn::act_tcp(const ItemPtr& item) {
  if (random_.one_in(5)) return subscribe("subscribe-tcp", item);
  switch (item->state) {
    case State::kFresh: {
      uint32_t port = own_port_;
      switch (random_.below(14)) {
        case 0: port = peers_.closed_port(); break;
        case 1: port = peers_.full_port(); break;
        case 2:
        case 3: port = ports_.any(random_); break;
        case 4:
        case 5: break;
        case 6:
        case 7:
          item->to_tls = tls_port_ != 0;
          port = item->to_tls ? tls_port_ : peers_.tcp_port();
          break;
        default: port = peers_.tcp_port();
      }
      const std::string started = guest_->start_connect(item->resource, "127.0.0.1:" + std::to_string(port));
      if (started != "ok") fail("a connection cannot be begun: " + started);
      item->state = State::kConnecting;
      return;
    }
    case State::kConnecting: {
      const auto v = call("finish-connect", {of(item)});
      if (!v) return;
      if (!v->is_ok()) {
        if (v->payload()->case_name() != "would-block") item->state = State::kFailed;
        return;
      }
      item->state = State::kConnected;
      ++figures.connections;
      if (item->to_tls) return begin_tls(take(v->payload()->elements()[0]), take(v->payload()->elements()[1]));
      add_streams(take(v->payload()->elements()[0]), take(v->payload()->elements()[1]));
      return;
    }
    case State::kConnected:
      if (random_.one_in(4)) {
        const char* what = random_.one_in(3) ? "both" : random_.one_in(2) ? "send" : "receive";
        (void)call("shutdown", {of(item), Value::enumeration(what)});
      }
      return;
    case State::kListening: {
      const auto v = call("accept", {of(item)});
      if (!v || !v->is_ok()) return;
      const auto& parts = v->payload()->elements();
      add(Kind::kTcp, take(parts[0]))->state = State::kConnected;
      ++figures.accepted;
      add_streams(take(parts[1]), take(parts[2]));
      return;
    }
    case State::kFailed: return drop(item);
  }
}

void SyncChurn::begin_tls(Resource in, Resource out) {
  const auto handshake =
      call("handshake", {test::text("localhost"), std::move(in).into_value(), std::move(out).into_value()});
  if (!handshake || random_.one_in(10)) return;
  if (const auto v = call("finish-handshake", {take(*handshake).into_value()})) (void)add(Kind::kHandshake, take(*v));
}

void SyncChurn::act_handshake(const ItemPtr& item) {
  if (random_.one_in(3)) return subscribe("subscribe-handshake", item);
  const auto v = call("client-streams", {of(item)});
  // Not yet, or it was asked before.
  if (!v || v->payload() == nullptr || !v->payload()->is_ok()) return;
  const Value& made = *v->payload()->payload();
  if (!made.is_ok()) return (void)add(Kind::kError, take(*made.payload()));
  ++figures.tls;
  (void)add(Kind::kTls, take(made.payload()->elements()[0]));
  add_streams(take(made.payload()->elements()[1]), take(made.payload()->elements()[2]));
}

void SyncChurn::act_in(const ItemPtr& item) {
  if (random_.one_in(5)) return subscribe("subscribe-in", item);
  if (item->spliced) return;
  const uint32_t size = random_.size(100'000);
  const auto v = call("read", {of(item), number(size)});
  if (!is_ok(v)) return;
  const auto got = v->payload()->numbers<uint8_t>();
  if (item->compared && !item->bytes.received(got.data(), got.size()))
    fail("an input stream has not continued with the bytes that follow");
}

void SyncChurn::act_out(const ItemPtr& item) {
  if (item->closed || random_.one_in(5)) return subscribe("subscribe-out", item);
  // Whether it writes the pattern itself, or what it takes from another one.
  if (!item->source && item->bytes.phase() == 0 && random_.one_in(3))
    if (const ItemPtr in = any(Kind::kIn); in && in->compared && !in->spliced) {
      item->source = in;
      in->spliced = true;
      ++figures.relays;
    }
  if (item->source) {
    (void)is_ok(call("splice", {of(item), of(item->source), number(random_.size(100'000))}));
    return;
  }
  const auto permitted = call("check-write", {of(item)});
  if (!is_ok(permitted)) return;
  const auto size =
      std::min<uint32_t>(random_.size(100'000), static_cast<uint32_t>(permitted->payload()->as_unsigned()));
  if (size == 0) return;
  const auto* data = reinterpret_cast<const char*>(Pattern::from(item->bytes.phase()));
  if (is_ok(call("write", {of(item), test::bytes({data, size})}))) item->bytes.advance(size);
  else item->closed = true;
}

void SyncChurn::act_udp(const ItemPtr& item) {
  const std::string peer = "127.0.0.1:" + std::to_string(peers_.udp_port());
  if (item->kind == Kind::kUdp) {
    if (random_.one_in(4)) return subscribe("subscribe-udp", item);
    test::Streams streams;
    const std::string made = guest_->stream(item->resource, random_.one_in(2) ? "" : peer, &streams);
    if (made != "ok") return fail("a stream of datagrams: " + made);
    (void)add(Kind::kIncoming, std::move(streams.in));
    (void)add(Kind::kOutgoing, std::move(streams.out));
    figures.streams += 2;
  } else if (item->kind == Kind::kIncoming) {
    if (random_.one_in(3)) return subscribe("subscribe-incoming", item);
    (void)call("receive", {of(item), number(random_.below(20))});
  } else {
    if (random_.one_in(3)) return subscribe("subscribe-outgoing", item);
    (void)guest_->send_one(item->resource, std::string(random_.size(1500), 'x'), random_.one_in(2) ? peer : "");
  }
}

void SyncChurn::poll(const ItemPtr& item) {
  if (random_.one_in(3)) {
    (void)call("ready", {of(item)});
    return;
  }
  // It always ends.
  const auto timer = call("after", {number(uint64_t{1000} * random_.below(800))});
  if (!timer) return;
  const Resource until = take(*timer);
  std::vector<Value> both;
  both.push_back(of(item));
  both.push_back(test::ComponentGuest::of(until));
  const auto v = call("poll-two", {Value::list(std::move(both))});
  if (v && v->numbers<uint32_t>().empty()) fail("a poll without a result");
}

std::string SyncChurn::must_fail() {
  ++figures.traps;
  const ItemPtr out = any(Kind::kOut);
  Result<std::optional<Value>> r = std::optional<Value>();
  if (out) r = guest_->attempt("write-flush", {of(out), test::bytes(std::string(5000, 'x'))});
  else r = guest_->attempt("poll-two", {Value::list({})});
  if (r) return "what is a trap was none";
  return r.error().kind() == ErrorKind::kTrap ? "" : "no trap, but " + r.error().to_string();
}

std::string SyncChurn::end(End how) {
  if (wrong_.empty()) switch (how) {
      case End::kDropped:
        while (!items_.empty()) {
          const ItemPtr item = items_[random_.below(static_cast<uint32_t>(items_.size()))];
          drop(item);
        }
        // The network and the directory remain.
        if (leaks_->counts->resources != 2 || leaks_->quota->sockets() != 0)
          fail("everything was dropped, and these are left: " + leaks_->text());
        break;
      case End::kClosed:
      case End::kOutOfFuel: break;
      case End::kTrapped: fail(must_fail()); break;
      case End::kInterrupted: {
        const auto timer = call("after", {number(3'600'000'000'000)});
        if (!timer) break;
        const Resource hour = take(*timer);
        guest_->store().set_timeout(std::chrono::milliseconds(2));
        const auto r = guest_->attempt("block", {test::ComponentGuest::of(hour)});
        if (r) fail("a timeout has ended nothing");
        else if (r.error().limit() != Limit::kDeadline) fail("no timeout, but " + r.error().to_string());
      }
    }
  const bool items_first = random_.one_in(2);
  if (items_first) items_.clear(), directory_ = {};
  guest_.reset();
  // Resources outlive the store.
  items_.clear();
  directory_ = {};
  leaks_->wait_for_sockets();
  if (wrong_.empty() && !leaks_->none()) fail("after the store was closed, these are left: " + leaks_->text());
  return wrong_;
}

}  // namespace

std::unique_ptr<Churn> sync_churn(uint64_t seed, Outside& outside) {
  return std::make_unique<SyncChurn>(seed, outside);
}

}  // namespace ermine::churn
