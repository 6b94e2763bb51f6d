// A component with the sockets of WASI 0.3, whose streams and futures it keeps: the test names them by their handles.
// Functions that are those of 0.2 have the names that they have in component_guest.h.
#pragma once

#include "tests/wasi/async_component_guest.h"
#include "tests/wasi/network_guest.h"

namespace ermine::test {

inline constexpr ComponentInterface kAsyncNetworkInterfaces[] = {
    {"sockets/types", R"(
      (type $c (variant (case "access-denied") (case "not-supported") (case "invalid-argument") (case "out-of-memory")
        (case "timeout") (case "invalid-state") (case "address-not-bindable") (case "address-in-use")
        (case "remote-unreachable") (case "connection-refused") (case "connection-broken") (case "connection-reset")
        (case "connection-aborted") (case "datagram-too-large") (case "other" (option string))))
      (export "error-code" (type $error-code (eq $c)))
      (type $f (enum "ipv4" "ipv6")) (export "ip-address-family" (type $family (eq $f)))
      (type $a4 (tuple u8 u8 u8 u8)) (export "ipv4-address" (type $ipv4-address (eq $a4)))
      (type $a6 (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (export "ipv6-address" (type $ipv6-address (eq $a6)))
      (type $a (variant (case "ipv4" $ipv4-address) (case "ipv6" $ipv6-address)))
      (export "ip-address" (type $ip-address (eq $a)))
      (type $s4 (record (field "port" u16) (field "address" $ipv4-address)))
      (export "ipv4-socket-address" (type $ipv4-socket-address (eq $s4)))
      (type $s6 (record (field "port" u16) (field "flow-info" u32) (field "address" $ipv6-address)
        (field "scope-id" u32)))
      (export "ipv6-socket-address" (type $ipv6-socket-address (eq $s6)))
      (type $s (variant (case "ipv4" $ipv4-socket-address) (case "ipv6" $ipv6-socket-address)))
      (export "ip-socket-address" (type $socket-address (eq $s)))
      (export "tcp-socket" (type $tcp-socket (sub resource)))
      (export "udp-socket" (type $udp-socket (sub resource))))",
     "error-code ip-address-family:family ip-address ip-socket-address:socket-address tcp-socket udp-socket"},
    {"sockets/ip-name-lookup",
     R"((alias outer $all $ip-address (type $a)) (export "ip-address" (type $ip-address (eq $a)))
      (type $c (variant (case "access-denied") (case "invalid-argument") (case "name-unresolvable")
        (case "temporary-resolver-failure") (case "permanent-resolver-failure") (case "other" (option string))))
      (export "error-code" (type $lookup-error (eq $c))))",
     "error-code:lookup-error"},
};

#define TCP "(param \"self\" (borrow $tcp-socket)) "
#define UDP "(param \"self\" (borrow $udp-socket)) "
#define CODE(type) "(result (result " type " (error $error-code)))"
#define ADDRESS "$socket-address"
#define SET(type) "(param \"value\" " type ") " CODE("")
#define END "(future (result (error $error-code)))"
inline constexpr ComponentFunction kAsyncNetworkFunctions[] = {
    {"sockets/types", "[static]tcp-socket.create", "create-tcp",
     "(param \"address-family\" $family) " CODE("(own $tcp-socket)"), "i:m", ""},
    {"sockets/types", "[method]tcp-socket.bind", "tcp-bind", TCP "(param \"local-address\" " ADDRESS ") " CODE(""),
     "iiiiiiiiiiiii:m", "0t"},
    {"sockets/types", "[method]tcp-socket.connect", "tcp-connect",
     "async " TCP "(param \"remote-address\" " ADDRESS ") " CODE(""), "iiiiiiiiiiiii:m", "0t"},
    {"sockets/types", "[method]tcp-socket.listen", "tcp-listen", TCP CODE("(stream (own $tcp-socket))"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.send", "tcp-send", TCP "(param \"data\" (stream u8)) (result " END ")",
     "ii:i", "0t"},
    {"sockets/types", "[method]tcp-socket.receive", "tcp-receive", TCP "(result (tuple (stream u8) " END "))", "i:m",
     "0t"},
    {"sockets/types", "[method]tcp-socket.get-local-address", "tcp-local", TCP CODE(ADDRESS), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-remote-address", "tcp-remote", TCP CODE(ADDRESS), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-is-listening", "is-listening", TCP "(result bool)", "i:i", "0t"},
    {"sockets/types", "[method]tcp-socket.get-address-family", "tcp-family", TCP "(result $family)", "i:i", "0t"},
    {"sockets/types", "[method]tcp-socket.set-listen-backlog-size", "set-backlog", TCP SET("u64"), "il:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-keep-alive-enabled", "keep-alive", TCP CODE("bool"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-keep-alive-enabled", "set-keep-alive", TCP SET("bool"), "ii:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-keep-alive-idle-time", "idle-time", TCP CODE("u64"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-keep-alive-idle-time", "set-idle-time", TCP SET("u64"), "il:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-keep-alive-interval", "interval", TCP CODE("u64"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-keep-alive-interval", "set-interval", TCP SET("u64"), "il:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-keep-alive-count", "probes", TCP CODE("u32"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-keep-alive-count", "set-probes", TCP SET("u32"), "ii:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-hop-limit", "tcp-hops", TCP CODE("u8"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-hop-limit", "set-tcp-hops", TCP SET("u8"), "ii:m", "0t"},
    {"sockets/types", "[method]tcp-socket.get-receive-buffer-size", "tcp-receive-buffer", TCP CODE("u64"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-receive-buffer-size", "set-tcp-receive-buffer", TCP SET("u64"), "il:m",
     "0t"},
    {"sockets/types", "[method]tcp-socket.get-send-buffer-size", "tcp-send-buffer", TCP CODE("u64"), "i:m", "0t"},
    {"sockets/types", "[method]tcp-socket.set-send-buffer-size", "set-tcp-send-buffer", TCP SET("u64"), "il:m", "0t"},
    {"sockets/types", "[static]udp-socket.create", "create-udp",
     "(param \"address-family\" $family) " CODE("(own $udp-socket)"), "i:m", ""},
    {"sockets/types", "[method]udp-socket.bind", "udp-bind", UDP "(param \"local-address\" " ADDRESS ") " CODE(""),
     "iiiiiiiiiiiii:m", "0u"},
    {"sockets/types", "[method]udp-socket.connect", "udp-connect",
     UDP "(param \"remote-address\" " ADDRESS ") " CODE(""), "iiiiiiiiiiiii:m", "0u"},
    {"sockets/types", "[method]udp-socket.disconnect", "udp-disconnect", UDP CODE(""), "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.send", "udp-send",
     "async " UDP "(param \"data\" (list u8)) (param \"remote-address\" (option " ADDRESS ")) " CODE(""),
     "iiiiiiiiiiiiiiii:m", "0u"},
    {"sockets/types", "[method]udp-socket.receive", "udp-receive", "async " UDP CODE("(tuple (list u8) " ADDRESS ")"),
     "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.get-local-address", "udp-local", UDP CODE(ADDRESS), "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.get-remote-address", "udp-remote", UDP CODE(ADDRESS), "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.get-address-family", "udp-family", UDP "(result $family)", "i:i", "0u"},
    {"sockets/types", "[method]udp-socket.get-unicast-hop-limit", "udp-hops", UDP CODE("u8"), "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.set-unicast-hop-limit", "set-udp-hops", UDP SET("u8"), "ii:m", "0u"},
    {"sockets/types", "[method]udp-socket.get-receive-buffer-size", "udp-receive-buffer", UDP CODE("u64"), "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.set-receive-buffer-size", "set-udp-receive-buffer", UDP SET("u64"), "il:m",
     "0u"},
    {"sockets/types", "[method]udp-socket.get-send-buffer-size", "udp-send-buffer", UDP CODE("u64"), "i:m", "0u"},
    {"sockets/types", "[method]udp-socket.set-send-buffer-size", "set-udp-send-buffer", UDP SET("u64"), "il:m", "0u"},
    {"sockets/ip-name-lookup", "resolve-addresses", "resolve",
     "async (param \"name\" string) (result (result (list $ip-address) (error $lookup-error)))", "ii:m", ""},
};
#undef TCP
#undef UDP
#undef CODE
#undef ADDRESS
#undef SET
#undef END

inline ComponentExtra async_network_extra() {
  ComponentExtra extra;
  extra.built_ins = R"(
    (type $bytes (stream u8)) (type $connections (stream (own $tcp-socket)))
    (type $end (future (result (error $error-code)))))";
  constexpr std::string_view kCopy = "(param i32 i32 i32) (result i32)", kGet = "(param i32 i32) (result i32)";
  constexpr std::string_view kDrop = "(param i32)", kChange = "(param i32) (result i32)";
  const std::string memory = " (memory $m \"memory\")", realloc = memory + " (realloc (func $m \"realloc\"))";
  add_built_in(extra, "new-bytes", "stream.new $bytes", "(result i64)");
  add_built_in(extra, "read-bytes", "stream.read $bytes" + memory, kCopy);
  add_built_in(extra, "read-bytes-later", "stream.read $bytes async" + memory, kCopy);
  add_built_in(extra, "cancel-read", "stream.cancel-read $bytes", kChange);
  add_built_in(extra, "write-bytes", "stream.write $bytes" + memory, kCopy);
  add_built_in(extra, "write-bytes-later", "stream.write $bytes async" + memory, kCopy);
  add_built_in(extra, "cancel-write", "stream.cancel-write $bytes", kChange);
  add_built_in(extra, "drop-reader", "stream.drop-readable $bytes", kDrop);
  add_built_in(extra, "drop-writer", "stream.drop-writable $bytes", kDrop);
  add_built_in(extra, "read-connections", "stream.read $connections" + memory, kCopy);
  add_built_in(extra, "read-connections-later", "stream.read $connections async" + memory, kCopy);
  add_built_in(extra, "cancel-connections", "stream.cancel-read $connections", kChange);
  add_built_in(extra, "drop-connections", "stream.drop-readable $connections", kDrop);
  add_built_in(extra, "read-end", "future.read $end" + realloc, kGet);
  add_built_in(extra, "drop-end", "future.drop-readable $end", kDrop);
  add_built_in(extra, "cancel-subtask", "subtask.cancel", kChange);
  add_built_in(extra, "drop-subtask", "subtask.drop", kDrop);
  add_built_in(extra, "receive-later", "lower (func $i0 \"[method]udp-socket.receive\") async" + realloc, kGet);
  add_built_in(extra, "connect-later", "lower (func $i0 \"[method]tcp-socket.connect\") async" + realloc, kGet);
  extra.guest += R"(
    (func $list (param $at i32) (param $n i32) (result i32)
      (i32.store (i32.const 96) (local.get $at))
      (i32.store (i32.const 100) (local.get $n))
      (i32.const 96))
    ;; The handle of the stream, or 0x1000 and the error.
    (func (export "listen") (param $s i32) (result i32)
      (call $tcp-listen (local.get $s) (i32.const 64))
      (call $drop-tcp-socket (local.get $s))
      (if (result i32) (i32.load8_u (i32.const 64))
        (then (i32.or (i32.const 0x1000) (i32.load8_u (i32.const 68)))) (else (i32.load (i32.const 68)))))
    ;; Waits for some connections.
    (func (export "accept") (param $s i32) (param $most i32) (result i32)
      (call $list (i32.const 0x1000000)
        (i32.shr_u (call $read-connections (local.get $s) (i32.const 0x1000000) (local.get $most)) (i32.const 4))))
    ;; Begins a read of connections, and gives it up; the code of that.
    (func (export "accept-and-cancel") (param $s i32) (result i32)
      (if (result i32) (i32.eq (call $read-connections-later (local.get $s) (i32.const 0x1000000) (i32.const 1)) (i32.const -1))
        (then (call $cancel-connections (local.get $s))) (else (i32.const -2))))
    (func (export "drop-listener") (param $s i32) (call $drop-connections (local.get $s)))
    ;; The handles of the stream and its end.
    (func (export "receive") (param $s i32) (result i32)
      (call $tcp-receive (local.get $s) (i32.const 64))
      (call $drop-tcp-socket (local.get $s))
      (i32.const 64))
    (func (export "send") (param $s i32) (result i32)
      (local $ends i64)
      (local.set $ends (call $new-bytes))
      (i32.store (i32.const 68) (call $tcp-send (local.get $s) (i32.wrap_i64 (local.get $ends))))
      (call $drop-tcp-socket (local.get $s))
      (i32.store (i32.const 64) (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (i32.const 64))
    ;; Waits for some bytes; none at the end.
    (func (export "read") (param $s i32) (param $most i32) (result i32)
      (call $list (i32.const 0x1000000)
        (i32.shr_u (call $read-bytes (local.get $s) (i32.const 0x1000000) (local.get $most)) (i32.const 4))))
    (func (export "read-and-cancel") (param $s i32) (result i32)
      (if (result i32) (i32.eq (call $read-bytes-later (local.get $s) (i32.const 0x1000000) (i32.const 1)) (i32.const -1))
        (then (call $cancel-read (local.get $s))) (else (i32.const -2))))
    (func (export "drop-reader") (param $s i32) (call $drop-reader (local.get $s)))
    ;; Waits until some were written; the code.
    (func (export "write") (param $s i32) (param $at i32) (param $n i32) (result i32)
      (call $write-bytes (local.get $s) (local.get $at) (local.get $n)))
    ;; Writes until it would wait, gives that up, and says how much was written.
    (func (export "write-what-fits") (param $s i32) (result i32)
      (local $code i32) (local $n i32)
      (block $full
        (loop $again
          (local.set $code (call $write-bytes-later (local.get $s) (i32.const 0x1000000) (i32.const 65536)))
          (br_if $full (i32.eq (local.get $code) (i32.const -1)))
          (local.set $n (i32.add (local.get $n) (i32.shr_u (local.get $code) (i32.const 4))))
          (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15))))
          (return (local.get $n))))
      (i32.add (local.get $n) (i32.shr_u (call $cancel-write (local.get $s)) (i32.const 4))))
    (func (export "drop-writer") (param $s i32) (call $drop-writer (local.get $s)))
    ;; 0, or 1 + the number of the error.
    (func (export "end") (param $f i32) (result i32)
      (drop (call $read-end (local.get $f) (i32.const 32)))
      (call $drop-end (local.get $f))
      (if (result i32) (i32.load8_u (i32.const 32))
        (then (i32.add (i32.load8_u (i32.const 36)) (i32.const 1))) (else (i32.const 0))))
    ;; Give up what they began; the state of the subtask.
    (func $cancel (param $code i32) (result i32)
      (if (i32.eq (i32.and (local.get $code) (i32.const 15)) (i32.const 2)) (then (return (i32.const -2))))
      (local.set $code (i32.shr_u (local.get $code) (i32.const 4)))
      (call $cancel-subtask (local.get $code))
      (call $drop-subtask (local.get $code)))
    (func (export "udp-receive-and-cancel") (param $s i32) (result i32)
      (call $cancel (call $receive-later (local.get $s) (i32.const 64)))
      (call $drop-udp-socket (local.get $s)))
    ;; To 127.0.0.1.
    (func (export "connect-and-cancel") (param $s i32) (param $port i32) (result i32)
      (memory.fill (i32.const 128) (i32.const 0) (i32.const 48))
      (i32.store (i32.const 128) (local.get $s))
      (i32.store16 (i32.const 136) (local.get $port))
      (i32.store (i32.const 138) (i32.const 0x0100007f))
      (call $cancel (call $connect-later (i32.const 128) (i32.const 64)))
      (call $drop-tcp-socket (local.get $s)))
)";
  const std::string tcp = "(param \"self\" (borrow $tcp-socket))", handle = "(param \"handle\" u32)";
  const std::string bytes = " (result (list u8))", number = " (result u32)", pair = " (result (tuple u32 u32))";
  add_export(extra, "listen", tcp + number);
  add_export(extra, "accept", handle + " (param \"most\" u32) (result (list (own $tcp-socket)))");
  add_export(extra, "accept-and-cancel", handle + number);
  add_export(extra, "drop-listener", handle);
  add_export(extra, "receive", tcp + pair);
  add_export(extra, "send", tcp + pair);
  add_export(extra, "read", handle + " (param \"most\" u32)" + bytes);
  add_export(extra, "read-and-cancel", handle + number);
  add_export(extra, "drop-reader", handle);
  add_export(extra, "write", handle + " (param \"data\" (list u8))" + number);
  add_export(extra, "write-what-fits", handle + number);
  add_export(extra, "drop-writer", handle);
  add_export(extra, "end", handle + number);
  add_export(extra, "udp-receive-and-cancel", "(param \"self\" (borrow $udp-socket))" + number);
  add_export(extra, "connect-and-cancel", tcp + " (param \"port\" u32)" + number);
  return extra;
}

// A stream and the future of its end.
struct StreamHandles {
  uint32_t stream = 0, end = 0;
};

class AsyncNetworkGuest : public ComponentGuest {
 public:
  explicit AsyncNetworkGuest(WasiConfig config, const Config& engine = with_async())
      : ComponentGuest(
            std::move(config), engine,
            component_of("0.3.0", kAsyncNetworkInterfaces, kAsyncNetworkFunctions, "tu", async_network_extra())) {}
  // Of a component that has more besides the network.
  AsyncNetworkGuest(WasiConfig config, const std::string& component_text)
      : ComponentGuest(std::move(config), with_async(), component_text) {}
  static Config with_async() {
    Config config;
    config.enable_all_features();
    return config;
  }

  Resource tcp(const char* family = "ipv4") { return make("create-tcp", {Value::enumeration(family)}); }
  Resource udp(const char* family = "ipv4") { return make("create-udp", {Value::enumeration(family)}); }
  std::string bind(const Resource& socket, const std::string& to, const char* kind = "tcp") {
    return outcome((std::string(kind) + "-bind").c_str(), {of(socket), address(to)});
  }
  std::string connect(const Resource& socket, const std::string& to, const char* kind = "tcp") {
    return outcome((std::string(kind) + "-connect").c_str(), {of(socket), address(to)});
  }
  std::string local(const Resource& socket, const char* name = "tcp-local") { return address_of(socket, name); }
  std::string remote(const Resource& socket, const char* name = "tcp-remote") { return address_of(socket, name); }
  uint32_t value(const char* name, Values arguments) {
    return static_cast<uint32_t>(call(name, std::move(arguments)).as_unsigned());
  }
  static Value handle(uint32_t n) { return Value::u32(n); }

  // "ok" or the error; the stream's handle.
  std::string listen(const Resource& socket, uint32_t* stream = nullptr) {
    const uint32_t n = value("listen", {of(socket)});
    if (n >= 0x1000) return error_name(n - 0x1000);
    if (stream != nullptr) *stream = n;
    return "ok";
  }
  std::vector<Resource> accept(uint32_t stream, uint32_t most = 1) {
    std::vector<Resource> out;
    const Value list = call("accept", {handle(stream), Value::u32(most)});
    for (const Value& v : list.elements()) out.push_back(must(Resource::from_value(v)));
    return out;
  }
  StreamHandles receive(const Resource& socket) { return handles("receive", socket); }
  StreamHandles send(const Resource& socket) { return handles("send", socket); }
  // Waits for something; "" at the end.
  std::string read(uint32_t stream, uint32_t most = 4096) {
    const Value v = call("read", {handle(stream), Value::u32(most)});
    const auto span = v.numbers<uint8_t>();
    return {span.begin(), span.end()};
  }
  // All of it; false if the other side takes no more.
  bool write(uint32_t stream, std::string_view data) {
    while (!data.empty()) {
      const uint32_t code = value("write", {handle(stream), bytes(data)});
      data.remove_prefix(code >> 4);
      if ((code & 15) != 0) return false;
    }
    return true;
  }
  void drop(const char* what, uint32_t stream) { must(attempt(what, {handle(stream)})); }
  // How a stream has ended: "ok" or the error.
  std::string end(uint32_t future) {
    const uint32_t status = value("end", {handle(future)});
    return status == 0 ? "ok" : error_name(status - 1);
  }
  std::string send_to(const Resource& socket, std::string_view data, const std::string& to = {}) {
    return outcome("udp-send", {of(socket), bytes(data), to.empty() ? Value::none() : Value::some(address(to))});
  }
  // "data from address", or an error.
  std::string receive_from(const Resource& socket) {
    const Value v = call("udp-receive", {of(socket)});
    if (!v.is_ok()) return v.payload()->case_name();
    const auto data = v.payload()->elements()[0].numbers<uint8_t>();
    return std::string(data.begin(), data.end()) + " from " + to_text(v.payload()->elements()[1]);
  }
  static std::string error_name(uint32_t number) {
    static constexpr const char* kNames[] = {
        "access-denied",     "not-supported",        "invalid-argument",   "out-of-memory",      "timeout",
        "invalid-state",     "address-not-bindable", "address-in-use",     "remote-unreachable", "connection-refused",
        "connection-broken", "connection-reset",     "connection-aborted", "datagram-too-large", "other"};
    return number < std::size(kNames) ? kNames[number] : "?";
  }

 private:
  StreamHandles handles(const char* name, const Resource& socket) {
    const Value v = call(name, {of(socket)});
    return {static_cast<uint32_t>(v.elements()[0].as_unsigned()), static_cast<uint32_t>(v.elements()[1].as_unsigned())};
  }
  std::string address_of(const Resource& socket, const char* name) {
    const Value v = call(name, {of(socket)});
    return v.is_ok() ? to_text(*v.payload()) : v.payload()->case_name();
  }
};

}  // namespace ermine::test
