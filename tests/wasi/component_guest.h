// A component that calls the functions of WASI 0.2 on request of its test: each is exported under a name of its own,
// and passes arguments and result on. Types and signatures are the definitions', deliberately written a second time.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/component.h"
#include "ermine/wasi.h"
#include "tests/api/wat.h"

namespace ermine::test {

struct ComponentFunction {
  const char* interface;
  const char* name;
  const char* exported;
  const char* type;    // in the component text format
  const char* core;    // i: i32, l: i64, p: a pointer or length; after ':' the result, m: in memory
  const char* borrows;  // the borrowed core parameters, each as its index and type: see resource_of()
};

struct ComponentInterface {
  const char* name;
  const char* types;    // declared within the instance
  const char* outside;  // the types that are used outside of it
};

inline constexpr ComponentInterface kInterfaces[] = {
    {"io/error", "(export \"error\" (type $error (sub resource)))", "error"},
    {"io/poll", "(export \"pollable\" (type $pollable (sub resource)))", "pollable"},
    {"io/streams", R"(
      (alias outer $all $error (type $outer-error)) (export "error" (type $error (eq $outer-error)))
      (alias outer $all $pollable (type $outer-pollable)) (export "pollable" (type $pollable (eq $outer-pollable)))
      (type $stream-error-is (variant (case "last-operation-failed" (own $error)) (case "closed")))
      (export "stream-error" (type $stream-error (eq $stream-error-is)))
      (export "input-stream" (type $input-stream (sub resource)))
      (export "output-stream" (type $output-stream (sub resource))))",
     "stream-error input-stream output-stream"},
    {"cli/environment", "", ""},
    {"cli/exit", "", ""},
    {"cli/stdin",
     R"((alias outer $all $input-stream (type $in)) (export "input-stream" (type $input-stream (eq $in))))", ""},
    {"cli/stdout",
     R"((alias outer $all $output-stream (type $out)) (export "output-stream" (type $output-stream (eq $out))))", ""},
    {"cli/terminal-input", "(export \"terminal-input\" (type $terminal-input (sub resource)))", "terminal-input"},
    {"cli/terminal-stdin",
     R"((alias outer $all $terminal-input (type $t)) (export "terminal-input" (type $terminal-input (eq $t))))", ""},
    {"cli/terminal-output", "(export \"terminal-output\" (type $terminal-output (sub resource)))", "terminal-output"},
    {"cli/terminal-stdout",
     R"((alias outer $all $terminal-output (type $t)) (export "terminal-output" (type $terminal-output (eq $t))))", ""},
    {"cli/terminal-stderr",
     R"((alias outer $all $terminal-output (type $t)) (export "terminal-output" (type $terminal-output (eq $t))))", ""},
    {"clocks/wall-clock", R"((type $datetime-is (record (field "seconds" u64) (field "nanoseconds" u32)))
      (export "datetime" (type $datetime (eq $datetime-is))))",
     "datetime"},
    {"clocks/monotonic-clock", R"((alias outer $all $pollable (type $p)) (export "pollable" (type $pollable (eq $p))))",
     ""},
    {"random/random", "", ""},
    {"filesystem/types", R"(
      (alias outer $all $error (type $outer-error)) (export "error" (type $error (eq $outer-error)))
      (alias outer $all $input-stream (type $in)) (export "input-stream" (type $input-stream (eq $in)))
      (alias outer $all $output-stream (type $out)) (export "output-stream" (type $output-stream (eq $out)))
      (alias outer $all $datetime (type $time)) (export "datetime" (type $datetime (eq $time)))
      (type $c (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist" "file-too-large"
        "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io" "is-directory" "loop" "too-many-links"
        "message-size" "name-too-long" "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space"
        "not-directory" "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow" "not-permitted"
        "pipe" "read-only" "invalid-seek" "text-file-busy" "cross-device"))
      (export "error-code" (type $error-code (eq $c)))
      (type $t (enum "unknown" "block-device" "character-device" "directory" "fifo" "symbolic-link" "regular-file"
        "socket"))
      (export "descriptor-type" (type $descriptor-type (eq $t)))
      (type $df (flags "read" "write" "file-integrity-sync" "data-integrity-sync" "requested-write-sync"
        "mutate-directory"))
      (export "descriptor-flags" (type $descriptor-flags (eq $df)))
      (type $pf (flags "symlink-follow")) (export "path-flags" (type $path-flags (eq $pf)))
      (type $of (flags "create" "directory" "exclusive" "truncate")) (export "open-flags" (type $open-flags (eq $of)))
      (type $ad (enum "normal" "sequential" "random" "will-need" "dont-need" "no-reuse"))
      (export "advice" (type $advice (eq $ad)))
      (type $st (record (field "type" $descriptor-type) (field "link-count" u64) (field "size" u64)
        (field "data-access-timestamp" (option $datetime)) (field "data-modification-timestamp" (option $datetime))
        (field "status-change-timestamp" (option $datetime))))
      (export "descriptor-stat" (type $descriptor-stat (eq $st)))
      (type $nt (variant (case "no-change") (case "now") (case "timestamp" $datetime)))
      (export "new-timestamp" (type $new-timestamp (eq $nt)))
      (type $de (record (field "type" $descriptor-type) (field "name" string)))
      (export "directory-entry" (type $directory-entry (eq $de)))
      (type $mh (record (field "lower" u64) (field "upper" u64)))
      (export "metadata-hash-value" (type $metadata-hash-value (eq $mh)))
      (export "descriptor" (type $descriptor (sub resource)))
      (export "directory-entry-stream" (type $directory-entry-stream (sub resource))))",
     "error-code descriptor-type descriptor-flags path-flags open-flags advice descriptor-stat new-timestamp "
     "directory-entry metadata-hash-value descriptor directory-entry-stream"},
    {"filesystem/preopens",
     R"((alias outer $all $descriptor (type $d)) (export "descriptor" (type $descriptor (eq $d))))", ""},
    {"sockets/network", R"(
      (alias outer $all $error (type $outer-error)) (export "error" (type $error (eq $outer-error)))
      (export "network" (type $network (sub resource)))
      (type $c (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
        "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable"
        "address-in-use" "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
        "datagram-too-large" "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
      (export "error-code" (type $network-error (eq $c)))
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
      (export "ip-socket-address" (type $socket-address (eq $s))))",
     "network error-code:network-error ip-address-family:family ip-address ip-socket-address:socket-address"},
    {"sockets/instance-network", R"((alias outer $all $network (type $n)) (export "network" (type $network (eq $n))))",
     ""},
    {"sockets/ip-name-lookup", R"((alias outer $all $network (type $n)) (export "network" (type $network (eq $n)))
      (alias outer $all $network-error (type $c)) (export "error-code" (type $network-error (eq $c)))
      (alias outer $all $ip-address (type $a)) (export "ip-address" (type $ip-address (eq $a)))
      (alias outer $all $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (export "resolve-address-stream" (type $resolve-address-stream (sub resource))))",
     "resolve-address-stream"},
    {"sockets/tcp", R"((alias outer $all $network (type $n)) (export "network" (type $network (eq $n)))
      (alias outer $all $network-error (type $c)) (export "error-code" (type $network-error (eq $c)))
      (alias outer $all $socket-address (type $a)) (export "ip-socket-address" (type $socket-address (eq $a)))
      (alias outer $all $family (type $f)) (export "ip-address-family" (type $family (eq $f)))
      (alias outer $all $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (alias outer $all $input-stream (type $in)) (export "input-stream" (type $input-stream (eq $in)))
      (alias outer $all $output-stream (type $out)) (export "output-stream" (type $output-stream (eq $out)))
      (type $sh (enum "receive" "send" "both")) (export "shutdown-type" (type $shutdown-type (eq $sh)))
      (export "tcp-socket" (type $tcp-socket (sub resource))))",
     "tcp-socket shutdown-type"},
    {"sockets/tcp-create-socket",
     R"((alias outer $all $tcp-socket (type $s)) (export "tcp-socket" (type $tcp-socket (eq $s)))
      (alias outer $all $network-error (type $c)) (export "error-code" (type $network-error (eq $c)))
      (alias outer $all $family (type $f)) (export "ip-address-family" (type $family (eq $f))))",
     ""},
    {"sockets/udp", R"((alias outer $all $network (type $n)) (export "network" (type $network (eq $n)))
      (alias outer $all $network-error (type $c)) (export "error-code" (type $network-error (eq $c)))
      (alias outer $all $socket-address (type $a)) (export "ip-socket-address" (type $socket-address (eq $a)))
      (alias outer $all $family (type $f)) (export "ip-address-family" (type $family (eq $f)))
      (alias outer $all $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (type $id (record (field "data" (list u8)) (field "remote-address" $socket-address)))
      (export "incoming-datagram" (type $incoming-datagram (eq $id)))
      (type $od (record (field "data" (list u8)) (field "remote-address" (option $socket-address))))
      (export "outgoing-datagram" (type $outgoing-datagram (eq $od)))
      (export "udp-socket" (type $udp-socket (sub resource)))
      (export "incoming-datagram-stream" (type $incoming-datagram-stream (sub resource)))
      (export "outgoing-datagram-stream" (type $outgoing-datagram-stream (sub resource))))",
     "udp-socket incoming-datagram outgoing-datagram incoming-datagram-stream outgoing-datagram-stream"},
    {"sockets/udp-create-socket",
     R"((alias outer $all $udp-socket (type $s)) (export "udp-socket" (type $udp-socket (eq $s)))
      (alias outer $all $network-error (type $c)) (export "error-code" (type $network-error (eq $c)))
      (alias outer $all $family (type $f)) (export "ip-address-family" (type $family (eq $f))))",
     ""},
};

#define SELF(type) "(param \"self\" (borrow $" type "))"
#define CODE(type) "(result (result " type " (error $error-code)))"
#define SOCKET(type) "(result (result " type " (error $network-error)))"
#define PATH "(param \"path-flags\" $path-flags) (param \"path\" string)"
#define TIMES "(param \"data-access-timestamp\" $new-timestamp) (param \"data-modification-timestamp\" $new-timestamp)"
inline constexpr ComponentFunction kComponentFunctions[] = {
    {"io/error", "[method]error.to-debug-string", "debug", SELF("error") " (result string)", "i:m", "0e"},
    {"io/poll", "[method]pollable.ready", "ready", SELF("pollable") " (result bool)", "i:i", "0p"},
    {"io/poll", "[method]pollable.block", "block", SELF("pollable"), "i:", "0p"},
    {"io/poll", "poll", "poll-two", "(param \"in\" (list (borrow $pollable))) (result (list u32))", "pp:m", "*p"},
    {"io/streams", "[method]input-stream.read", "read",
     SELF("input-stream") " (param \"len\" u64) (result (result (list u8) (error $stream-error)))", "il:m", "0i"},
    {"io/streams", "[method]input-stream.blocking-read", "blocking-read",
     SELF("input-stream") " (param \"len\" u64) (result (result (list u8) (error $stream-error)))", "il:m", "0i"},
    {"io/streams", "[method]input-stream.skip", "skip",
     SELF("input-stream") " (param \"len\" u64) (result (result u64 (error $stream-error)))", "il:m", "0i"},
    {"io/streams", "[method]input-stream.subscribe", "subscribe-in", SELF("input-stream") " (result (own $pollable))",
     "i:i", "0i"},
    {"io/streams", "[method]output-stream.check-write", "check-write",
     SELF("output-stream") " (result (result u64 (error $stream-error)))", "i:m", "0o"},
    {"io/streams", "[method]output-stream.write", "write",
     SELF("output-stream") " (param \"contents\" (list u8)) (result (result (error $stream-error)))", "ipp:m", "0o"},
    {"io/streams", "[method]output-stream.blocking-write-and-flush", "write-flush",
     SELF("output-stream") " (param \"contents\" (list u8)) (result (result (error $stream-error)))", "ipp:m", "0o"},
    {"io/streams", "[method]output-stream.blocking-flush", "flush",
     SELF("output-stream") " (result (result (error $stream-error)))", "i:m", "0o"},
    {"io/streams", "[method]output-stream.write-zeroes", "zeroes",
     SELF("output-stream") " (param \"len\" u64) (result (result (error $stream-error)))", "il:m", "0o"},
    {"io/streams", "[method]output-stream.splice", "splice",
     SELF("output-stream") " (param \"src\" (borrow $input-stream)) (param \"len\" u64) (result (result u64 (error "
                           "$stream-error)))",
     "iil:m", "0o1i"},
    {"io/streams", "[method]output-stream.blocking-splice", "blocking-splice",
     SELF("output-stream") " (param \"src\" (borrow $input-stream)) (param \"len\" u64) (result (result u64 (error "
                           "$stream-error)))",
     "iil:m", "0o1i"},
    {"io/streams", "[method]output-stream.subscribe", "subscribe-out",
     SELF("output-stream") " (result (own $pollable))", "i:i", "0o"},
    {"cli/environment", "get-environment", "environment", "(result (list (tuple string string)))", ":m", ""},
    {"cli/environment", "get-arguments", "arguments", "(result (list string))", ":m", ""},
    {"cli/environment", "initial-cwd", "cwd", "(result (option string))", ":m", ""},
    {"cli/exit", "exit-with-code", "exit-with-code", "(param \"status-code\" u8)", "i:", ""},
    {"cli/exit", "exit", "exit", "(param \"status\" (result))", "i:", ""},
    {"cli/stdin", "get-stdin", "stdin", "(result (own $input-stream))", ":i", ""},
    {"cli/stdout", "get-stdout", "stdout", "(result (own $output-stream))", ":i", ""},
    {"cli/terminal-stdin", "get-terminal-stdin", "terminal-stdin", "(result (option (own $terminal-input)))", ":m", ""},
    {"cli/terminal-stdout", "get-terminal-stdout", "terminal-stdout", "(result (option (own $terminal-output)))", ":m",
     ""},
    {"cli/terminal-stderr", "get-terminal-stderr", "terminal-stderr", "(result (option (own $terminal-output)))", ":m",
     ""},
    {"clocks/wall-clock", "now", "wall-now", "(result $datetime)", ":m", ""},
    {"clocks/monotonic-clock", "now", "now", "(result u64)", ":l", ""},
    {"clocks/monotonic-clock", "subscribe-duration", "after", "(param \"when\" u64) (result (own $pollable))", "l:i",
     ""},
    {"clocks/monotonic-clock", "subscribe-instant", "at", "(param \"when\" u64) (result (own $pollable))", "l:i", ""},
    {"random/random", "get-random-bytes", "random-bytes", "(param \"len\" u64) (result (list u8))", "l:m", ""},
    {"random/random", "get-random-u64", "random", "(result u64)", ":l", ""},
    {"filesystem/preopens", "get-directories", "directories", "(result (list (tuple (own $descriptor) string)))", ":m",
     ""},
    {"filesystem/types", "[method]descriptor.read-via-stream", "read-via",
     SELF("descriptor") " (param \"offset\" u64) " CODE("(own $input-stream)"), "il:m", "0d"},
    {"filesystem/types", "[method]descriptor.write-via-stream", "write-via",
     SELF("descriptor") " (param \"offset\" u64) " CODE("(own $output-stream)"), "il:m", "0d"},
    {"filesystem/types", "[method]descriptor.append-via-stream", "append-via",
     SELF("descriptor") " " CODE("(own $output-stream)"), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.advise", "advise",
     SELF("descriptor") " (param \"offset\" u64) (param \"length\" u64) (param \"advice\" $advice) " CODE(""), "illi:m",
     "0d"},
    {"filesystem/types", "[method]descriptor.sync-data", "sync-data", SELF("descriptor") " " CODE(""), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.sync", "sync", SELF("descriptor") " " CODE(""), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.get-flags", "get-flags", SELF("descriptor") " " CODE("$descriptor-flags"),
     "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.get-type", "get-type", SELF("descriptor") " " CODE("$descriptor-type"),
     "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.set-size", "set-size",
     SELF("descriptor") " (param \"size\" u64) " CODE(""), "il:m", "0d"},
    {"filesystem/types", "[method]descriptor.set-times", "set-times", SELF("descriptor") " " TIMES " " CODE(""),
     "iiliili:m", "0d"},
    {"filesystem/types", "[method]descriptor.read", "read-file",
     SELF("descriptor") " (param \"length\" u64) (param \"offset\" u64) " CODE("(tuple (list u8) bool)"), "ill:m",
     "0d"},
    {"filesystem/types", "[method]descriptor.write", "write-file",
     SELF("descriptor") " (param \"buffer\" (list u8)) (param \"offset\" u64) " CODE("u64"), "ippl:m", "0d"},
    {"filesystem/types", "[method]descriptor.read-directory", "read-directory",
     SELF("descriptor") " " CODE("(own $directory-entry-stream)"), "i:m", "0d"},
    {"filesystem/types", "[method]directory-entry-stream.read-directory-entry", "next-entry",
     SELF("directory-entry-stream") " " CODE("(option $directory-entry)"), "i:m", "0s"},
    {"filesystem/types", "[method]descriptor.create-directory-at", "create-directory",
     SELF("descriptor") " (param \"path\" string) " CODE(""), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.stat", "stat", SELF("descriptor") " " CODE("$descriptor-stat"), "i:m",
     "0d"},
    {"filesystem/types", "[method]descriptor.stat-at", "stat-at",
     SELF("descriptor") " " PATH " " CODE("$descriptor-stat"), "iipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.set-times-at", "set-times-at",
     SELF("descriptor") " " PATH " " TIMES " " CODE(""), "iippiliili:m", "0d"},
    {"filesystem/types", "[method]descriptor.link-at", "link",
     SELF("descriptor") " (param \"old-path-flags\" $path-flags) (param \"old-path\" string) (param \"new-descriptor\" "
                        "(borrow $descriptor)) (param \"new-path\" string) " CODE(""),
     "iippipp:m", "0d4d"},
    {"filesystem/types", "[method]descriptor.open-at", "open",
     SELF("descriptor") " " PATH " (param \"open-flags\" $open-flags) (param \"flags\" $descriptor-flags) " CODE(
         "(own $descriptor)"),
     "iippii:m", "0d"},
    {"filesystem/types", "[method]descriptor.readlink-at", "readlink",
     SELF("descriptor") " (param \"path\" string) " CODE("string"), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.remove-directory-at", "remove-directory",
     SELF("descriptor") " (param \"path\" string) " CODE(""), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.rename-at", "rename",
     SELF("descriptor") " (param \"old-path\" string) (param \"new-descriptor\" (borrow $descriptor)) (param "
                        "\"new-path\" string) " CODE(""),
     "ippipp:m", "0d3d"},
    {"filesystem/types", "[method]descriptor.symlink-at", "symlink",
     SELF("descriptor") " (param \"old-path\" string) (param \"new-path\" string) " CODE(""), "ipppp:m", "0d"},
    {"filesystem/types", "[method]descriptor.unlink-file-at", "unlink",
     SELF("descriptor") " (param \"path\" string) " CODE(""), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.is-same-object", "is-same",
     SELF("descriptor") " (param \"other\" (borrow $descriptor)) (result bool)", "ii:i", "0d1d"},
    {"filesystem/types", "[method]descriptor.metadata-hash", "hash",
     SELF("descriptor") " " CODE("$metadata-hash-value"), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.metadata-hash-at", "hash-at",
     SELF("descriptor") " " PATH " " CODE("$metadata-hash-value"), "iipp:m", "0d"},
    {"filesystem/types", "filesystem-error-code", "error-code",
     "(param \"err\" (borrow $error)) (result (option $error-code))", "i:m", "0e"},
    {"sockets/instance-network", "instance-network", "network", "(result (own $network))", ":i", ""},
    {"sockets/ip-name-lookup", "resolve-addresses", "resolve",
     "(param \"network\" (borrow $network)) (param \"name\" string) (result (result (own $resolve-address-stream) "
     "(error $network-error)))",
     "ipp:m", "0n"},
    {"sockets/network", "network-error-code", "network-error-of",
     "(param \"err\" (borrow $error)) (result (option $network-error))", "i:m", "0e"},
    {"sockets/ip-name-lookup", "[method]resolve-address-stream.resolve-next-address", "next-address",
     SELF("resolve-address-stream") " " SOCKET("(option $ip-address)"), "i:m", "0r"},
    {"sockets/ip-name-lookup", "[method]resolve-address-stream.subscribe", "subscribe-lookup",
     SELF("resolve-address-stream") " (result (own $pollable))", "i:i", "0r"},
    {"sockets/tcp-create-socket", "create-tcp-socket", "create-tcp",
     "(param \"address-family\" $family) " SOCKET("(own $tcp-socket)"), "i:m", ""},
    {"sockets/udp-create-socket", "create-udp-socket", "create-udp",
     "(param \"address-family\" $family) " SOCKET("(own $udp-socket)"), "i:m", ""},
    {"sockets/tcp", "[method]tcp-socket.start-bind", "tcp-start-bind",
     SELF("tcp-socket") " (param \"network\" (borrow $network)) (param \"local-address\" $socket-address)"
                        " " SOCKET(""),
     "iiiiiiiiiiiiii:m", "0t1n"},
    {"sockets/tcp", "[method]tcp-socket.finish-bind", "tcp-finish-bind", SELF("tcp-socket") " " SOCKET(""), "i:m",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.start-connect", "start-connect",
     SELF("tcp-socket") " (param \"network\" (borrow $network)) (param \"remote-address\" $socket-address)"
                        " " SOCKET(""),
     "iiiiiiiiiiiiii:m", "0t1n"},
    {"sockets/tcp", "[method]tcp-socket.finish-connect", "finish-connect",
     SELF("tcp-socket") " " SOCKET("(tuple (own $input-stream) (own $output-stream))"), "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.start-listen", "start-listen", SELF("tcp-socket") " " SOCKET(""), "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.finish-listen", "finish-listen", SELF("tcp-socket") " " SOCKET(""), "i:m",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.accept", "accept",
     SELF("tcp-socket") " " SOCKET("(tuple (own $tcp-socket) (own $input-stream) (own $output-stream))"), "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.local-address", "tcp-local", SELF("tcp-socket") " " SOCKET("$socket-address"),
     "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.remote-address", "tcp-remote", SELF("tcp-socket") " " SOCKET("$socket-address"),
     "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.address-family", "tcp-family", SELF("tcp-socket") " (result $family)", "i:i",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.is-listening", "is-listening", SELF("tcp-socket") " (result bool)", "i:i",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-listen-backlog-size", "set-backlog",
     SELF("tcp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.keep-alive-enabled", "keep-alive", SELF("tcp-socket") " " SOCKET("bool"), "i:m",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-keep-alive-enabled", "set-keep-alive",
     SELF("tcp-socket") " (param \"value\" bool)"
                        " " SOCKET(""),
     "ii:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.keep-alive-idle-time", "idle-time", SELF("tcp-socket") " " SOCKET("u64"), "i:m",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-keep-alive-idle-time", "set-idle-time",
     SELF("tcp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.keep-alive-interval", "interval", SELF("tcp-socket") " " SOCKET("u64"), "i:m",
     "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-keep-alive-interval", "set-interval",
     SELF("tcp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.receive-buffer-size", "tcp-receive-buffer",
     SELF("tcp-socket") " " SOCKET("u64"), "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-receive-buffer-size", "set-tcp-receive-buffer",
     SELF("tcp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.send-buffer-size", "tcp-send-buffer", SELF("tcp-socket") " " SOCKET("u64"),
     "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-send-buffer-size", "set-tcp-send-buffer",
     SELF("tcp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.keep-alive-count", "probes", SELF("tcp-socket") " " SOCKET("u32"), "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-keep-alive-count", "set-probes",
     SELF("tcp-socket") " (param \"value\" u32)"
                        " " SOCKET(""),
     "ii:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.hop-limit", "tcp-hops", SELF("tcp-socket") " " SOCKET("u8"), "i:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.set-hop-limit", "set-tcp-hops",
     SELF("tcp-socket") " (param \"value\" u8)"
                        " " SOCKET(""),
     "ii:m", "0t"},
    {"sockets/tcp", "[method]tcp-socket.subscribe", "subscribe-tcp", SELF("tcp-socket") " (result (own $pollable))",
     "i:i", "0t"},
    {"sockets/tcp", "[method]tcp-socket.shutdown", "shutdown",
     SELF("tcp-socket") " (param \"shutdown-type\" $shutdown-type)"
                        " " SOCKET(""),
     "ii:m", "0t"},
    {"sockets/udp", "[method]udp-socket.start-bind", "udp-start-bind",
     SELF("udp-socket") " (param \"network\" (borrow $network)) (param \"local-address\" $socket-address)"
                        " " SOCKET(""),
     "iiiiiiiiiiiiii:m", "0u1n"},
    {"sockets/udp", "[method]udp-socket.finish-bind", "udp-finish-bind", SELF("udp-socket") " " SOCKET(""), "i:m",
     "0u"},
    {"sockets/udp", "[method]udp-socket.stream", "udp-stream",
     SELF("udp-socket") " (param \"remote-address\" (option $socket-address))"
                        " " SOCKET("(tuple (own $incoming-datagram-stream) (own $outgoing-datagram-stream))"),
     "iiiiiiiiiiiiii:m", "0u"},
    {"sockets/udp", "[method]udp-socket.local-address", "udp-local", SELF("udp-socket") " " SOCKET("$socket-address"),
     "i:m", "0u"},
    {"sockets/udp", "[method]udp-socket.remote-address", "udp-remote", SELF("udp-socket") " " SOCKET("$socket-address"),
     "i:m", "0u"},
    {"sockets/udp", "[method]udp-socket.address-family", "udp-family", SELF("udp-socket") " (result $family)", "i:i",
     "0u"},
    {"sockets/udp", "[method]udp-socket.unicast-hop-limit", "udp-hops", SELF("udp-socket") " " SOCKET("u8"), "i:m",
     "0u"},
    {"sockets/udp", "[method]udp-socket.set-unicast-hop-limit", "set-udp-hops",
     SELF("udp-socket") " (param \"value\" u8)"
                        " " SOCKET(""),
     "ii:m", "0u"},
    {"sockets/udp", "[method]udp-socket.receive-buffer-size", "udp-receive-buffer",
     SELF("udp-socket") " " SOCKET("u64"), "i:m", "0u"},
    {"sockets/udp", "[method]udp-socket.set-receive-buffer-size", "set-udp-receive-buffer",
     SELF("udp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0u"},
    {"sockets/udp", "[method]udp-socket.send-buffer-size", "udp-send-buffer", SELF("udp-socket") " " SOCKET("u64"),
     "i:m", "0u"},
    {"sockets/udp", "[method]udp-socket.set-send-buffer-size", "set-udp-send-buffer",
     SELF("udp-socket") " (param \"value\" u64)"
                        " " SOCKET(""),
     "il:m", "0u"},
    {"sockets/udp", "[method]udp-socket.subscribe", "subscribe-udp", SELF("udp-socket") " (result (own $pollable))",
     "i:i", "0u"},
    {"sockets/udp", "[method]incoming-datagram-stream.receive", "receive",
     SELF("incoming-datagram-stream") " (param \"max-results\" u64)"
                                      " " SOCKET("(list $incoming-datagram)"),
     "il:m", "0x"},
    {"sockets/udp", "[method]incoming-datagram-stream.subscribe", "subscribe-incoming",
     SELF("incoming-datagram-stream") " (result (own $pollable))", "i:i", "0x"},
    {"sockets/udp", "[method]outgoing-datagram-stream.check-send", "check-send",
     SELF("outgoing-datagram-stream") " " SOCKET("u64"), "i:m", "0y"},
    {"sockets/udp", "[method]outgoing-datagram-stream.send", "send",
     SELF("outgoing-datagram-stream") " (param \"datagrams\" (list $outgoing-datagram))"
                                      " " SOCKET("u64"),
     "ipp:m", "0y"},
    {"sockets/udp", "[method]outgoing-datagram-stream.subscribe", "subscribe-outgoing",
     SELF("outgoing-datagram-stream") " (result (own $pollable))", "i:i", "0y"},
};
#undef SELF
#undef CODE
#undef SOCKET
#undef PATH
#undef TIMES

inline const char* resource_of(char letter) {
  switch (letter) {
    case 'b': return "bucket";
    case 'c': return "cas";
    case 'd': return "descriptor";
    case 'e': return "error";
    case 'f': return "fields";
    case 'g': return "future-client-streams";
    case 'h': return "request-options";
    case 'i': return "input-stream";
    case 'k': return "client-connection";
    case 'l': return "response";
    case 'm': return "connector";
    case 'n': return "network";
    case 'o': return "output-stream";
    case 'p': return "pollable";
    case 'q': return "request";
    case 'r': return "resolve-address-stream";
    case 't': return "tcp-socket";
    case 'u': return "udp-socket";
    case 'x': return "incoming-datagram-stream";
    case 'y': return "outgoing-datagram-stream";
    default: return "directory-entry-stream";
  }
}

// What a component has besides a function for each imported one, in text.
struct ComponentExtra {
  std::string built_ins;  // core functions, after all imports
  std::string given;      // exports of the instance that the core module imports
  std::string guest;      // imports and functions of the core module
  std::string lifted;     // exports of the component
};

// `pointer`: i32 or i64, as the memory's addresses.
inline std::string memory_module(const std::string& pointer) {
  std::string text = R"((core module $memory (memory (export "memory") P 512)
    (global $free (mut P) (P.const 4096))
    ;; Begins again where it would end: what it gave long ago is not used any more.
    (func (export "realloc") (param P P P P) (result P)
      (if (P.gt_u (P.add (global.get $free) (local.get 3)) (P.const 0x1fffff0)) (then (global.set $free (P.const 4096))))
      (global.set $free (P.and (P.add (global.get $free) (P.const 7)) (P.const -8)))
      (global.get $free)
      (global.set $free (P.add (global.get $free) (local.get 3)))))
    (core instance $m (instantiate $memory)))";
  for (size_t at = 0; (at = text.find('P', at)) != text.npos;) text.replace(at, 1, pointer);
  return text;
}

// `version`: of the imported interfaces whose names have none. `dropped`: the resources that are dropped, see
// resource_of().
inline std::string component_of(const std::string& version, std::span<const ComponentInterface> interfaces,
                                std::span<const ComponentFunction> functions, std::string_view dropped,
                                const ComponentExtra& extra = {}, bool is64 = false) {
  const std::string pointer = is64 ? "i64" : "i32";
  const auto is_of = [](const ComponentFunction& f, const char* interface) {
    return std::string_view(f.interface) == interface;
  };
  std::string text = "(component $all\n", lowered,
              guest = "(core module $guest (import \"\" \"memory\" (memory " + pointer + " 0))\n";
  std::string bodies, given = "(with \"\" (instance (export \"memory\" (memory $m \"memory\"))\n", lifted;
  for (size_t i = 0; i < interfaces.size(); ++i) {
    const ComponentInterface& interface = interfaces[i];
    const std::string instance = "$i" + std::to_string(i);
    const bool versioned = std::string_view(interface.name).contains('@');
    text += std::string("(import \"wasi:") + interface.name + (versioned ? "" : "@" + version) + "\" (instance " +
            instance + " " + interface.types + "\n";
    for (const ComponentFunction& f : functions)
      if (is_of(f, interface.name)) text += std::string("  (export \"") + f.name + "\" (func " + f.type + "))\n";
    text += "))\n";
    // "name" or "name:identifier"
    std::string_view names = interface.outside;
    while (!names.empty()) {
      const std::string_view one = names.substr(0, names.find(' '));
      names.remove_prefix(std::min(names.size(), one.size() + 1));
      const size_t colon = one.find(':');
      const std::string_view id = colon == one.npos ? one : one.substr(colon + 1);
      text += "(alias export " + instance + " \"" + std::string(one.substr(0, colon)) + "\" (type $" + std::string(id) +
              "))\n";
    }
    for (const ComponentFunction& f : functions) {
      if (!is_of(f, interface.name)) continue;
      const std::string id = std::string("$") + f.exported, name = std::string("\"") + f.exported + "\"";
      const std::string options = " (memory $m \"memory\") (realloc (func $m \"realloc\"))))\n";
      lowered += "(core func " + id + " (canon lower (func " + instance + " \"" + f.name + "\")" + options;
      given += "(export " + name + " (func " + id + "))\n";
      std::string params, arguments;
      const char* c = f.core;
      for (size_t n = 0; *c != ':'; ++c, ++n) {
        params += *c == 'p' ? " (param " + pointer + ")" : *c == 'i' ? " (param i32)" : " (param i64)";
        arguments += " (local.get " + std::to_string(n) + ")";
      }
      const char result = *++c;
      const std::string returns = result == '\0'  ? ""
                                  : result == 'm' ? " (result " + pointer + ")"
                                  : result == 'l' ? " (result i64)"
                                                  : " (result i32)";
      guest += "(import \"\" " + name + " (func " + id + params +
               (result == 'm' ? " (param " + pointer + "))" : returns + ")") + ")\n";
      bodies += "(func (export " + name + ")" + params + returns + " (call " + id + arguments +
                (result == 'm' ? " (" + pointer + ".const 64))" : ")");
      for (const char* b = f.borrows; *b != '\0'; b += 2) {
        const std::string drop = std::string("(call $drop-") + resource_of(b[1]) + " ";
        if (*b == '*') bodies += drop + "(i32.load (local.get 0)))" + drop + "(i32.load offset=4 (local.get 0)))";
        else bodies += drop + "(local.get " + *b + "))";
      }
      bodies += (result == 'm' ? " (" + pointer + ".const 64)" : "") + ")\n";
      lifted += "(func (export " + name + ") " + f.type + " (canon lift (core func $g " + name + ")" + options;
    }
  }
  for (const char c : dropped) {
    const std::string name = resource_of(c);
    lowered += "(core func $drop-" + name + " (canon resource.drop $" + name + "))\n";
    given += "(export \"drop-" + name + "\" (func $drop-" + name + "))\n";
    guest += "(import \"\" \"drop-" + name + "\" (func $drop-" + name + " (param i32)))\n";
  }
  text += memory_module(pointer);
  guest += extra.guest + bodies + ")\n(core instance $g (instantiate $guest " + given + extra.given + "))))\n";
  return text + "\n" + lowered + extra.built_ins + guest + lifted + extra.lifted + ")";
}

inline std::string component_of_all(const std::string& version, bool is64 = false) {
  return component_of(version, kInterfaces, kComponentFunctions, "deinoprstuxy", {}, is64);
}

}  // namespace ermine::test
