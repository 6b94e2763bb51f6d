// A component of WASI 0.3 that does nothing by itself: each of its functions is one imported function or one built-in,
// with handles and addresses as numbers, so that the test decides what happens in which order. All have one type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/wasi/async_component_guest.h"
#include "tests/wasi/async_http_guest.h"
#include "tests/wasi/async_tls_guest.h"

namespace ermine::churn {

// The guest's memory.
struct Layout {
  static constexpr uint32_t kResult = 1024;  // of functions that return at once
  static constexpr uint32_t kLocalhost = 2048, kLocalhostSize = 9;  // "localhost"
  static constexpr uint32_t kAuthority = 2112;  // of the server of HTTP
  static constexpr uint32_t kZeros = 2176;  // the value of futures: no error, no trailers
  static constexpr uint32_t kHeap = 1 << 20, kHeapEnd = 8 << 20;  // of realloc, which begins again at its end
  static constexpr uint32_t kPattern = 8 << 20, kPatternSize = 4 << 20;  // see pattern.h
  static constexpr uint32_t kSlots = 16 << 20;  // one for each operation in progress
  static constexpr uint32_t kSlotData = 256, kMostData = 65'536, kSlotSize = kMostData + kSlotData;
  static constexpr uint32_t kMostSlots = 1500;
};

enum class Lift : uint8_t { kSync, kWaits, kTask };

struct Trampoline {
  const char* name;
  const char* canon;  // a canonical definition; null: a function of kGuestCode
  const char* core;  // its parameters and result: i: i32, l: i64
  Lift lift = Lift::kSync;
};

#define MEMORY " (memory $m \"memory\")"
#define REALLOC MEMORY " (realloc (func $m \"realloc\"))"
#define LOWER(instance, name) "lower (func $" instance " \"" name "\")"
#define TCP(name) LOWER("sockets", "[method]tcp-socket." name)
#define UDP(name) LOWER("sockets", "[method]udp-socket." name)
#define FILE_OF(name) LOWER("files", "[method]descriptor." name)
inline constexpr Trampoline kTrampolines[] = {
    // Streams and futures
    {"new-bytes", "stream.new $bytes", ":l"},
    {"read", "stream.read $bytes async" MEMORY, "iii:i"},
    {"write", "stream.write $bytes async" MEMORY, "iii:i"},
    {"read-now", "stream.read $bytes" MEMORY, "iii:i", Lift::kTask},
    {"cancel-read", "stream.cancel-read $bytes", "i:i", Lift::kWaits},
    {"cancel-read-later", "stream.cancel-read $bytes async", "i:i"},
    {"cancel-write", "stream.cancel-write $bytes", "i:i", Lift::kWaits},
    {"cancel-write-later", "stream.cancel-write $bytes async", "i:i"},
    {"drop-reader", "stream.drop-readable $bytes", "i:"},
    {"drop-writer", "stream.drop-writable $bytes", "i:"},
    {"accept", "stream.read $connections async" MEMORY, "iii:i"},
    {"cancel-accept", "stream.cancel-read $connections", "i:i", Lift::kWaits},
    {"cancel-accept-later", "stream.cancel-read $connections async", "i:i"},
    {"drop-listener", "stream.drop-readable $connections", "i:"},
    {"socket-end", "future.read $socket-end async" REALLOC, "ii:i"},
    {"cancel-socket-end", "future.cancel-read $socket-end", "i:i", Lift::kWaits},
    {"cancel-socket-end-later", "future.cancel-read $socket-end async", "i:i"},
    {"drop-socket-end", "future.drop-readable $socket-end", "i:"},
    {"file-end", "future.read $file-end async" REALLOC, "ii:i"},
    {"cancel-file-end", "future.cancel-read $file-end", "i:i", Lift::kWaits},
    {"cancel-file-end-later", "future.cancel-read $file-end async", "i:i"},
    {"drop-file-end", "future.drop-readable $file-end", "i:"},
    {"cli-end", "future.read $cli-end async" REALLOC, "ii:i"},
    {"cancel-cli-end", "future.cancel-read $cli-end", "i:i", Lift::kWaits},
    {"cancel-cli-end-later", "future.cancel-read $cli-end async", "i:i"},
    {"drop-cli-end", "future.drop-readable $cli-end", "i:"},
    // Waiting
    {"new-set", "waitable-set.new", ":i"},
    {"wait", "waitable-set.wait" MEMORY, "ii:i", Lift::kWaits},
    {"wait-in-task", "waitable-set.wait cancellable" MEMORY, "ii:i", Lift::kTask},
    {"poll", "waitable-set.poll" MEMORY, "ii:i"},
    {"drop-set", "waitable-set.drop", "i:"},
    {"join", "waitable.join", "ii:"},
    {"cancel-subtask", "subtask.cancel", "i:i", Lift::kWaits},
    {"cancel-subtask-later", "subtask.cancel async", "i:i"},
    {"drop-subtask", "subtask.drop", "i:"},
    {"yield", "thread.yield", ":i", Lift::kWaits},
    {"wait-for", LOWER("clock", "wait-for") " async", "l:i"},
    // Sockets
    {"create-tcp", LOWER("sockets", "[static]tcp-socket.create") REALLOC, "ii:"},
    {"tcp-bind-any", TCP("bind") REALLOC, "iiiiiiiiiiiiii:"},
    {"tcp-connect", TCP("connect") " async" REALLOC, "ii:i"},
    {"tcp-listen", TCP("listen") REALLOC, "ii:"},
    {"tcp-send", TCP("send"), "ii:i"},
    {"tcp-receive", TCP("receive") MEMORY, "ii:"},
    {"tcp-local", TCP("get-local-address") REALLOC, "ii:"},
    {"drop-tcp", "resource.drop $tcp-socket", "i:"},
    {"create-udp", LOWER("sockets", "[static]udp-socket.create") REALLOC, "ii:"},
    {"udp-bind-any", UDP("bind") REALLOC, "iiiiiiiiiiiiii:"},
    {"udp-receive", UDP("receive") " async" REALLOC, "ii:i"},
    {"udp-send", UDP("send") " async" REALLOC, "ii:i"},
    {"udp-local", UDP("get-local-address") REALLOC, "ii:"},
    {"drop-udp", "resource.drop $udp-socket", "i:"},
    {"resolve", LOWER("names", "resolve-addresses") " async" REALLOC, "iii:i"},
    // Files and pipes
    {"directories", LOWER("preopens", "get-directories") REALLOC, "i:"},
    {"open", FILE_OF("open-at") " async" REALLOC, "ii:i"},
    {"read-via", FILE_OF("read-via-stream") MEMORY, "ili:"},
    {"write-via", FILE_OF("write-via-stream"), "iil:i"},
    {"drop-descriptor", "resource.drop $descriptor", "i:"},
    {"stdin", LOWER("stdin", "read-via-stream") MEMORY, "i:"},
    {"stdout", LOWER("stdout", "write-via-stream"), "i:i"},
    // HTTP
    {"new-fields", LOWER("http", "[constructor]fields"), ":i"},
    {"request-new", LOWER("http", "[static]request.new") MEMORY, "iiiiiii:"},
    {"set-method", LOWER("http", "[method]request.set-method") MEMORY, "iiii:i"},
    {"set-scheme", LOWER("http", "[method]request.set-scheme") MEMORY, "iiiii:i"},
    {"set-authority", LOWER("http", "[method]request.set-authority") MEMORY, "iiii:i"},
    {"http-send", LOWER("http-client", "send") " async" REALLOC, "ii:i"},
    {"http-status", LOWER("http", "[method]response.get-status-code"), "i:i"},
    {"consume", LOWER("http", "[static]response.consume-body") MEMORY, "iii:"},
    {"drop-fields", "resource.drop $fields", "i:"},
    {"drop-request", "resource.drop $request", "i:"},
    {"drop-response", "resource.drop $response", "i:"},
    {"new-trailers", "future.new $trailers", ":l"},
    {"trailers", "future.read $trailers async" REALLOC, "ii:i"},
    {"cancel-trailers", "future.cancel-read $trailers", "i:i", Lift::kWaits},
    {"cancel-trailers-later", "future.cancel-read $trailers async", "i:i"},
    {"drop-trailers", "future.drop-readable $trailers", "i:"},
    {"give-trailers", "future.write $trailers async" MEMORY, "ii:i"},
    {"cancel-give-trailers", "future.cancel-write $trailers", "i:i", Lift::kWaits},
    {"cancel-give-trailers-later", "future.cancel-write $trailers async", "i:i"},
    {"drop-trailers-writer", "future.drop-writable $trailers", "i:"},
    {"new-outcome", "future.new $http-end", ":l"},
    {"http-end", "future.read $http-end async" REALLOC, "ii:i"},
    {"cancel-http-end", "future.cancel-read $http-end", "i:i", Lift::kWaits},
    {"cancel-http-end-later", "future.cancel-read $http-end async", "i:i"},
    {"drop-http-end", "future.drop-readable $http-end", "i:"},
    {"give-outcome", "future.write $http-end async" MEMORY, "ii:i"},
    {"cancel-give-outcome", "future.cancel-write $http-end", "i:i", Lift::kWaits},
    {"cancel-give-outcome-later", "future.cancel-write $http-end async", "i:i"},
    {"drop-outcome-writer", "future.drop-writable $http-end", "i:"},
    // TLS
    {"new-connector", LOWER("tls", "[constructor]connector"), ":i"},
    {"tls-send", LOWER("tls", "[method]connector.send") MEMORY, "iii:"},
    {"tls-receive", LOWER("tls", "[method]connector.receive") MEMORY, "iii:"},
    {"tls-connect", LOWER("tls", "[static]connector.connect") " async" REALLOC, "iiii:i"},
    {"drop-connector", "resource.drop $connector", "i:"},
    {"drop-tls-error", "resource.drop $error", "i:"},
    {"tls-end", "future.read $tls-end async" REALLOC, "ii:i"},
    {"cancel-tls-end", "future.cancel-read $tls-end", "i:i", Lift::kWaits},
    {"cancel-tls-end-later", "future.cancel-read $tls-end async", "i:i"},
    {"drop-tls-end", "future.drop-readable $tls-end", "i:"},
    // kGuestCode
    {"load", nullptr, "i:i"},
    {"store", nullptr, "ii:"},
    {"make-request", nullptr, "iiii:"},
    {"to-server", nullptr, "ii:"},
    {"bind", nullptr, "ii:"},
    {"bind-udp", nullptr, "i:"},
    {"connect", nullptr, "iii:i"},
    {"send-to", nullptr, "iiii:i"},
    {"open-file", nullptr, "iii:i"},
};
#undef MEMORY
#undef REALLOC
#undef LOWER
#undef TCP
#undef UDP
#undef FILE_OF

inline constexpr std::string_view kGuestCode = R"(
    (func $load (param $at i32) (result i32) (i32.load (local.get $at)))
    (func $store (param $at i32) (param $value i32) (i32.store (local.get $at) (local.get $value)))
    ;; Without options. The body: -1 for none.
    (func $make-request (param $fields i32) (param $body i32) (param $trailers i32) (param $at i32)
      (call $request-new (local.get $fields) (i32.ne (local.get $body) (i32.const -1)) (local.get $body)
        (local.get $trailers) (i32.const 0) (i32.const 0) (local.get $at)))
    ;; By HTTP, to the server whose name is that long.
    (func $to-server (param $request i32) (param $n i32)
      (drop (call $set-scheme (local.get $request) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
      (drop (call $set-authority (local.get $request) (i32.const 1) (i32.const 2112) (local.get $n))))
    ;; To 127.0.0.1 and a port.
    (func $bind (param $s i32) (param $port i32)
      (call $tcp-bind-any (local.get $s) (i32.const 0) (local.get $port) (i32.const 127) (i32.const 0) (i32.const 0)
        (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024)))
    (func $bind-udp (param $s i32)
      (call $udp-bind-any (local.get $s) (i32.const 0) (i32.const 0) (i32.const 127) (i32.const 0) (i32.const 0)
        (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024)))
    ;; The arguments are at the begin of the slot, the result is 64 bytes after that.
    (func $connect (param $s i32) (param $port i32) (param $at i32) (result i32)
      (i32.store (local.get $at) (local.get $s))
      (i32.store offset=4 (local.get $at) (i32.const 0))
      (i32.store16 offset=8 (local.get $at) (local.get $port))
      (i32.store offset=10 (local.get $at) (i32.const 0x0100007f))
      (call $tcp-connect (local.get $at) (i32.add (local.get $at) (i32.const 64))))
    (func $send-to (param $s i32) (param $port i32) (param $at i32) (param $n i32) (result i32)
      (i32.store (local.get $at) (local.get $s))
      (i32.store offset=4 (local.get $at) (i32.const 0x800000))
      (i32.store offset=8 (local.get $at) (local.get $n))
      (i32.store offset=12 (local.get $at) (i32.const 1))
      (i32.store offset=16 (local.get $at) (i32.const 0))
      (i32.store16 offset=20 (local.get $at) (local.get $port))
      (i32.store offset=22 (local.get $at) (i32.const 0x0100007f))
      (call $udp-send (local.get $at) (i32.add (local.get $at) (i32.const 64))))
    ;; A name of four letters, which is made if it is not there, for both directions.
    (func $open-file (param $d i32) (param $at i32) (param $name i32) (result i32)
      (i32.store offset=48 (local.get $at) (local.get $name))
      (i32.store (local.get $at) (local.get $d))
      (i32.store offset=4 (local.get $at) (i32.const 0))
      (i32.store offset=8 (local.get $at) (i32.add (local.get $at) (i32.const 48)))
      (i32.store offset=12 (local.get $at) (i32.const 4))
      (i32.store16 offset=16 (local.get $at) (i32.const 0x301))
      (call $open (local.get $at) (i32.add (local.get $at) (i32.const 64))))
    (func $make-pattern (local $i i32)
      (loop $again
        (i32.store8 offset=0x800000 (local.get $i) (i32.rem_u (local.get $i) (i32.const 251)))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 0x400000)))))
    (start $make-pattern)
    (data (i32.const 2048) "localhost")
)";

// Those that only kGuestCode calls have more parameters.
inline bool is_lifted(const Trampoline& t) { return std::string_view(t.core).size() <= 6; }

inline std::string params_of(const char* core) {
  std::string params;
  for (; *core != ':'; ++core) params += *core == 'i' ? " (param i32)" : " (param i64)";
  return params;
}

// The function of the core module that is lifted: (param $a i32) (param $b i32) (param $c i32) (param $l i64), of which
// it uses as many as it needs, and a result of 64 bits.
inline std::string core_export(const Trampoline& t) {
  const std::string name(t.name);
  std::string call = "(call $" + name;
  unsigned words = 0;
  const char* c = t.core;
  for (; *c != ':'; ++c)
    call += *c == 'l' ? " (local.get $l)" : " (local.get $" + std::string(1, "abcd"[words++]) + ")";
  call += ")";
  if (c[1] == 'i') call = "(i64.extend_i32_u " + call + ")";
  else if (c[1] == '\0') call += " (i64.const 0)";
  std::string text =
      "(func (export \"" + name + "\") (param $a i32) (param $b i32) (param $c i32) (param $d i32) (param $l i64) ";
  if (t.lift != Lift::kTask) return text + "(result i64) " + call + ")\n";
  // What waits learns of its cancellation by an event.
  return text + "(local $r i64) (local.set $r " + call +
         ")\n  (if (i32.and (i64.eq (local.get $r) (i64.const 6)) (i32.const " + (name == "wait-in-task" ? "1" : "0") +
         "))\n    (then (call $task-cancel)) (else (call $task-return (local.get $r)))))\n";
}

inline std::string async_guest() {
  const auto interface = [](std::string_view name) -> std::string {
    for (const auto& list : {std::span<const test::ComponentInterface>(test::kAsyncNetworkInterfaces),
                             std::span<const test::ComponentInterface>(test::kAsyncInterfaces),
                             std::span<const test::ComponentInterface>(test::kAsyncHttpInterfaces),
                             std::span<const test::ComponentInterface>(test::kAsyncTlsInterfaces)})
      for (const test::ComponentInterface& i : list)
        if (name == i.name) return i.types;
    ADD_FAILURE() << name;
    return {};
  };
  const auto functions = [](std::span<const test::ComponentFunction> all, std::string_view of) {
    std::string text;
    for (const test::ComponentFunction& f : all)
      if (of == f.interface) text += std::string("  (export \"") + f.name + "\" (func " + f.type + "))\n";
    return text;
  };
  std::string text = "(component $all\n";
  const auto import = [&](std::string_view name, std::string_view id, std::span<const test::ComponentFunction> of) {
    text += "(import \"wasi:" + std::string(name) + (name.contains('@') ? "" : "@0.3.0") + "\" (instance $" +
            std::string(id) + " " + interface(name) + "\n" + functions(of, name) + "))\n";
  };
  const auto alias = [&](std::string_view instance, std::string_view type, std::string_view id) {
    text +=
        "(alias export $" + std::string(instance) + " \"" + std::string(type) + "\" (type $" + std::string(id) + "))\n";
  };
  import("sockets/types", "sockets", test::kAsyncNetworkFunctions);
  for (const char* type : {"ip-address", "tcp-socket", "udp-socket"}) alias("sockets", type, type);
  alias("sockets", "error-code", "socket-error");
  import("sockets/ip-name-lookup", "names", test::kAsyncNetworkFunctions);
  import("clocks/monotonic-clock", "clock", test::kAsyncFunctions);
  import("clocks/system-clock", "system-clock", test::kAsyncFunctions);
  alias("system-clock", "instant", "instant");
  import("cli/types", "cli", test::kAsyncFunctions);
  alias("cli", "error-code", "cli-error");
  import("cli/stdin", "stdin", test::kAsyncFunctions);
  import("cli/stdout", "stdout", test::kAsyncFunctions);
  import("filesystem/types", "files", test::kAsyncFunctions);
  alias("files", "descriptor", "descriptor");
  alias("files", "error-code", "file-error");
  import("filesystem/preopens", "preopens", test::kAsyncFunctions);
  import("http/types", "http", test::kAsyncHttpFunctions);
  for (const char* type : {"fields", "request", "response", "error-code"}) alias("http", type, type);
  import("http/client", "http-client", test::kAsyncHttpFunctions);
  import("tls/types@0.3.0-draft", "tls-types", test::kAsyncTlsFunctions);
  alias("tls-types", "error", "error");
  import("tls/client@0.3.0-draft", "tls", test::kAsyncTlsFunctions);
  alias("tls", "connector", "connector");
  const auto number = [](uint32_t n) { return "(i32.const " + std::to_string(n) + ")"; };
  text += R"(
    (type $bytes (stream u8)) (type $connections (stream (own $tcp-socket)))
    (type $socket-end (future (result (error $socket-error)))) (type $file-end (future (result (error $file-error))))
    (type $cli-end (future (result (error $cli-error)))) (type $http-end (future (result (error $error-code))))
    (type $trailers (future (result (option (own $fields)) (error $error-code))))
    (type $tls-end (future (result (error (own $error)))))
    (core module $memory (memory (export "memory") 2048)
      (global $free (mut i32) )" +
          number(Layout::kHeap) + R"()
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.gt_u (i32.add (global.get $free) (local.get 3)) )" +
          number(Layout::kHeapEnd - 16) + R"()
          (then (global.set $free )" +
          number(Layout::kHeap) + R"()))
        (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get 3)))))
    (core instance $m (instantiate $memory))
    (core func $task-return (canon task.return (result u64)))
    (core func $task-cancel (canon task.cancel)))";
  std::string given, imports, exports, lifted;
  const auto give = [&](const std::string& name, const std::string& type) {
    given += "(export \"" + name + "\" (func $" + name + "))\n";
    imports += "(import \"\" \"" + name + "\" (func $" + name + type + "))\n";
  };
  give("task-return", " (param i64)");
  give("task-cancel", "");
  const std::string type =
      "(param \"a\" u32) (param \"b\" u32) (param \"c\" u32) (param \"d\" u32) (param \"l\" u64) (result u64)";
  for (const Trampoline& t : kTrampolines) {
    const std::string name(t.name);
    if (t.canon != nullptr) {
      text += "(core func $" + name + " (canon " + t.canon + "))\n";
      const char result = std::string_view(t.core).back();
      give(name, params_of(t.core) + (result == 'i' ? " (result i32)" : result == 'l' ? " (result i64)" : ""));
    }
    if (!is_lifted(t)) continue;
    exports += core_export(t);
    lifted += "(func (export \"" + name + "\") " + (t.lift == Lift::kSync ? "" : "async ") + type +
              " (canon lift (core func $g \"" + name + "\")" + (t.lift == Lift::kTask ? " async" : "") +
              " (memory $m \"memory\")))\n";
  }
  text += "(core module $guest (import \"\" \"memory\" (memory 0))\n" + imports + std::string(kGuestCode) + exports +
          // The bytes themselves, to compare.
          "(func (export \"bytes\") (param i32 i32) (result i32)\n  (i32.store (i32.const 1080) (local.get 0))"
          "(i32.store (i32.const 1084) (local.get 1)) (i32.const 1080))\n"
          "(func (export \"give\") (param i32) (result i32) (local.get 0))\n"
          "(func (export \"take\") (param i32) (result i64) (i64.extend_i32_u (local.get 0))))\n";
  text += "(core instance $g (instantiate $guest (with \"\" (instance (export \"memory\" (memory $m \"memory\"))\n" +
          given + "))))\n";
  text +=
      lifted +
      "(func (export \"bytes\") (param \"at\" u32) (param \"n\" u32) (result (list u8)) (canon lift (core func $g "
      "\"bytes\") (memory $m \"memory\")))\n"
      "(func (export \"give\") (param \"stream\" u32) (result (stream u8)) (canon lift (core func $g \"give\")))\n"
      "(func (export \"take\") (param \"stream\" (stream u8)) (result u64) (canon lift (core func $g \"take\")))\n)";
  return text;
}

}  // namespace ermine::churn
