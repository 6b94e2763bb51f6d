// A component with sockets, and helpers for its addresses.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/wasi/component_caller.h"
#include "wasi/net/address.h"
#include "wasi/net/socket.h"

namespace ermine::test {

// "127.0.0.1:80", "[::1]:80"
inline Value address(const std::string& text) {
  const size_t colon = text.rfind(':');
  const auto port = Value::integer(component::ValueKind::kU16, std::stoul(text.substr(colon + 1)));
  std::string host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const wasi::net::IpAddress ip = *wasi::net::parse_address(host);
  std::vector<Value> parts;
  for (unsigned i = 0; i < (ip.v6 ? 8u : 4u); ++i)
    parts.push_back(ip.v6 ? Value::integer(component::ValueKind::kU16, ip.bytes[2 * i] << 8 | ip.bytes[2 * i + 1])
                          : Value::integer(component::ValueKind::kU8, ip.bytes[i]));
  std::vector<component::NamedValue> fields;
  fields.push_back({"port", port.clone()});
  if (ip.v6) fields.push_back({"flow-info", Value::u32(0)});
  fields.push_back({"address", Value::tuple(std::move(parts))});
  if (ip.v6) fields.push_back({"scope-id", Value::u32(0)});
  return Value::variant(ip.v6 ? "ipv6" : "ipv4", Value::record(std::move(fields)));
}

// Of an ip-address, or of an ip-socket-address with its port.
inline std::string to_text(const Value& v) {
  const bool v6 = v.case_name() == "ipv6";
  const bool with_port = v.payload()->kind() == component::ValueKind::kRecord;
  const Value& parts = with_port ? *v.payload()->field("address") : *v.payload();
  wasi::net::IpAddress ip;
  ip.v6 = v6;
  for (unsigned i = 0; i < parts.elements().size(); ++i) {
    const uint64_t part = parts.elements()[i].as_unsigned();
    if (v6) {
      ip.bytes[2 * i] = static_cast<uint8_t>(part >> 8);
      ip.bytes[2 * i + 1] = static_cast<uint8_t>(part);
    } else {
      ip.bytes[i] = static_cast<uint8_t>(part);
    }
  }
  if (!with_port) return to_string(ip);
  return to_string(wasi::net::Endpoint{ip, static_cast<uint16_t>(v.payload()->field("port")->as_unsigned())});
}

struct Streams {
  Resource in, out;
};
struct Connection {
  Resource socket;
  Streams streams;
};

class NetworkGuest : public ComponentGuest {
 public:
  explicit NetworkGuest(WasiConfig config) : ComponentGuest(std::move(config)), network_(make("network")) {}
  // Of a component that has more besides the network.
  NetworkGuest(WasiConfig config, const std::string& component_text)
      : ComponentGuest(std::move(config), Config(), component_text), network_(make("network")) {}
  NetworkGuest(WasiConfig config, const Engine& engine, const Component& component)
      : ComponentGuest(std::move(config), engine, component), network_(make("network")) {}

  Resource tcp(const char* family = "ipv4") { return make("create-tcp", {Value::enumeration(family)}); }
  Resource udp(const char* family = "ipv4") { return make("create-udp", {Value::enumeration(family)}); }
  // "ok", or the error of one of the two steps.
  std::string bind(const Resource& socket, const std::string& to, const char* kind = "tcp") {
    return two_steps(socket, (std::string(kind) + "-start-bind").c_str(), (std::string(kind) + "-finish-bind").c_str(),
                     to);
  }
  std::string listen(const Resource& socket) {
    const std::string started = outcome("start-listen", {of(socket)});
    return started == "ok" ? outcome("finish-listen", {of(socket)}) : started;
  }
  std::string start_connect(const Resource& socket, const std::string& to) {
    return outcome("start-connect", {of(socket), of(network_), address(to)});
  }
  std::string local(const Resource& socket, const char* name = "tcp-local") { return address_of(socket, name); }
  std::string remote(const Resource& socket, const char* name = "tcp-remote") { return address_of(socket, name); }
  void wait(const Resource& socket, const char* subscribe = "subscribe-tcp") {
    const Resource pollable = make(subscribe, {of(socket)});
    (void)must(attempt("block", {of(pollable)}));
  }
  bool is_ready(const Resource& socket, const char* subscribe = "subscribe-tcp") {
    const Resource pollable = make(subscribe, {of(socket)});
    return call("ready", {of(pollable)}).as_bool();
  }
  // Waits; the result of finish-connect.
  std::string finish_connect(const Resource& socket, Streams* streams = nullptr) {
    wait(socket);
    const Value v = call("finish-connect", {of(socket)});
    if (!v.is_ok()) return v.payload()->case_name();
    Streams made{must(Resource::from_value(v.payload()->elements()[0])),
                 must(Resource::from_value(v.payload()->elements()[1]))};
    if (streams != nullptr) *streams = std::move(made);
    return "ok";
  }
  std::string connect(const Resource& socket, const std::string& to, Streams* streams = nullptr) {
    const std::string started = start_connect(socket, to);
    return started == "ok" ? finish_connect(socket, streams) : started;
  }
  // The outcome; does not wait.
  std::string accept(const Resource& listener, Connection* out = nullptr) {
    const Value v = call("accept", {of(listener)});
    if (!v.is_ok()) return v.payload()->case_name();
    const auto& parts = v.payload()->elements();
    Connection made{must(Resource::from_value(parts[0])),
                    {must(Resource::from_value(parts[1])), must(Resource::from_value(parts[2]))}};
    if (out != nullptr) *out = std::move(made);
    return "ok";
  }
  std::string write(const Resource& stream, std::string_view contents) {
    return outcome("write-flush", {of(stream), bytes(contents)});
  }
  // Waits until something is there.
  std::string receive_some(const Resource& stream) { return read(stream, 65'536, "blocking-read"); }
  std::string stream(const Resource& socket, const std::string& peer, Streams* out = nullptr) {
    const Value v = call("udp-stream", {of(socket), peer.empty() ? Value::none() : Value::some(address(peer))});
    if (!v.is_ok()) return v.payload()->case_name();
    Streams made{must(Resource::from_value(v.payload()->elements()[0])),
                 must(Resource::from_value(v.payload()->elements()[1]))};
    if (out != nullptr) *out = std::move(made);
    return "ok";
  }
  static Value datagram(std::string_view data, const std::string& to = {}) {
    std::vector<component::NamedValue> fields;
    fields.push_back({"data", bytes(data)});
    fields.push_back({"remote-address", to.empty() ? Value::none() : Value::some(address(to))});
    return Value::record(std::move(fields));
  }
  // check-send and send: the number sent, or an error.
  std::string send(const Resource& stream, std::vector<Value> datagrams) {
    if (const std::string permitted = outcome("check-send", {of(stream)}); permitted != "ok") return permitted;
    const Value v = call("send", {of(stream), Value::list(std::move(datagrams))});
    return v.is_ok() ? std::to_string(v.payload()->as_unsigned()) : v.payload()->case_name();
  }
  std::string send_one(const Resource& stream, std::string_view data, const std::string& to = {}) {
    std::vector<Value> list;
    list.push_back(datagram(data, to));
    return send(stream, std::move(list));
  }
  // "data from address" for each, or an error.
  std::vector<std::string> receive(const Resource& stream, uint64_t most = 10) {
    const Value v = call("receive", {of(stream), number(most)});
    if (!v.is_ok()) return {v.payload()->case_name()};
    std::vector<std::string> out;
    for (const Value& d : v.payload()->elements()) {
      const auto data = d.field("data")->numbers<uint8_t>();
      out.push_back(std::string(data.begin(), data.end()) + " from " + to_text(*d.field("remote-address")));
    }
    return out;
  }
  const Resource& network() const { return network_; }

 private:
  std::string two_steps(const Resource& socket, const char* start, const char* finish, const std::string& to) {
    const std::string started = outcome(start, {of(socket), of(network_), address(to)});
    return started == "ok" ? outcome(finish, {of(socket)}) : started;
  }
  std::string address_of(const Resource& socket, const char* name) {
    const Value v = call(name, {of(socket)});
    return v.is_ok() ? to_text(*v.payload()) : v.payload()->case_name();
  }
  Resource network_;
};

// A socket of the test itself.
class OwnSocket {
 public:
  OwnSocket(int type, const std::string& local = "127.0.0.1")
      : fd_(::socket(local.contains(':') ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0)) {
    const wasi::net::SystemAddress a(wasi::net::Endpoint{*wasi::net::parse_address(local), 0});
    EXPECT_EQ(::bind(fd_.get(), a.get(), a.size), 0);
  }
  explicit OwnSocket(wasi::host::UniqueFd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }
  void listen(int backlog = 16) { EXPECT_EQ(::listen(fd(), backlog), 0); }
  OwnSocket accept() { return OwnSocket(wasi::host::UniqueFd(::accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC))); }
  bool connect(const std::string& to) {
    const size_t colon = to.rfind(':');
    std::string host = to.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const wasi::net::SystemAddress a(
        wasi::net::Endpoint{*wasi::net::parse_address(host), static_cast<uint16_t>(std::stoul(to.substr(colon + 1)))});
    return ::connect(fd(), a.get(), a.size) == 0;
  }
  std::string name() const {
    wasi::net::SystemAddress a;
    EXPECT_EQ(getsockname(fd(), a.get(), &a.size), 0);
    return to_string(a.endpoint());
  }
  std::string port() const { return name().substr(name().rfind(':') + 1); }
  void write(std::string_view data) {
    EXPECT_EQ(::send(fd(), data.data(), data.size(), MSG_NOSIGNAL), ssize_t(data.size()));
  }
  std::string read() {
    char buffer[4096];
    ssize_t n = ::recv(fd(), buffer, sizeof buffer, 0);
    // An earlier datagram was not wanted.
    if (n < 0 && errno == ECONNREFUSED) n = ::recv(fd(), buffer, sizeof buffer, 0);
    return n < 0 ? "error" : std::string(buffer, static_cast<size_t>(n));
  }
  void close() { fd_.reset(); }

 private:
  wasi::host::UniqueFd fd_;
};

// Tests with addresses of both families: "ipv4", "ipv6".
class OfEachFamily : public testing::TestWithParam<const char*> {
 protected:
  bool v6() const { return std::string(GetParam()) == "ipv6"; }
  std::string host() const { return v6() ? "[::1]" : "127.0.0.1"; }
  std::string own() const { return v6() ? "::1" : "127.0.0.1"; }
};

// Descriptors of this process that are sockets.
inline int open_sockets() {
  int n = 0;
  struct stat st;
  for (int fd = 0; fd < 1024; ++fd) n += fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
  return n;
}

}  // namespace ermine::test
