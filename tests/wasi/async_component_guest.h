// The same as component_guest.h for WASI 0.3: besides a function for each imported one, the component has functions
// that use the streams and futures which those return.
#pragma once

#include "tests/wasi/component_guest.h"

namespace ermine::test {

inline constexpr ComponentInterface kAsyncInterfaces[] = {
    {"cli/environment", "", ""},
    {"cli/exit", "", ""},
    {"cli/types",
     R"((type $c (enum "io" "illegal-byte-sequence" "pipe")) (export "error-code" (type $cli-error (eq $c))))",
     "error-code:cli-error"},
    {"cli/stdin", R"((alias outer $all $cli-error (type $c)) (export "error-code" (type $cli-error (eq $c))))", ""},
    {"cli/stdout", R"((alias outer $all $cli-error (type $c)) (export "error-code" (type $cli-error (eq $c))))", ""},
    {"cli/terminal-input", "(export \"terminal-input\" (type $terminal-input (sub resource)))", "terminal-input"},
    {"cli/terminal-stdin",
     R"((alias outer $all $terminal-input (type $t)) (export "terminal-input" (type $terminal-input (eq $t))))", ""},
    {"clocks/system-clock", R"((type $i (record (field "seconds" s64) (field "nanoseconds" u32)))
      (export "instant" (type $instant (eq $i))))",
     "instant"},
    {"clocks/timezone", R"((alias outer $all $instant (type $i)) (export "instant" (type $instant (eq $i))))", ""},
    {"clocks/monotonic-clock", "", ""},
    {"random/random", "", ""},
    {"random/insecure-seed", "", ""},
    {"filesystem/types", R"(
      (alias outer $all $instant (type $time)) (export "instant" (type $instant (eq $time)))
      (type $c (variant (case "access") (case "already") (case "bad-descriptor") (case "busy") (case "deadlock")
        (case "quota") (case "exist") (case "file-too-large") (case "illegal-byte-sequence") (case "in-progress")
        (case "interrupted") (case "invalid") (case "io") (case "is-directory") (case "loop") (case "too-many-links")
        (case "message-size") (case "name-too-long") (case "no-device") (case "no-entry") (case "no-lock")
        (case "insufficient-memory") (case "insufficient-space") (case "not-directory") (case "not-empty")
        (case "not-recoverable") (case "unsupported") (case "no-tty") (case "no-such-device") (case "overflow")
        (case "not-permitted") (case "pipe") (case "read-only") (case "invalid-seek") (case "text-file-busy")
        (case "cross-device") (case "other" (option string))))
      (export "error-code" (type $error-code (eq $c)))
      (type $t (variant (case "block-device") (case "character-device") (case "directory") (case "fifo")
        (case "symbolic-link") (case "regular-file") (case "socket") (case "other" (option string))))
      (export "descriptor-type" (type $descriptor-type (eq $t)))
      (type $df (flags "read" "write" "file-integrity-sync" "data-integrity-sync" "requested-write-sync"
        "mutate-directory"))
      (export "descriptor-flags" (type $descriptor-flags (eq $df)))
      (type $pf (flags "symlink-follow")) (export "path-flags" (type $path-flags (eq $pf)))
      (type $of (flags "create" "directory" "exclusive" "truncate")) (export "open-flags" (type $open-flags (eq $of)))
      (type $ad (enum "normal" "sequential" "random" "will-need" "dont-need" "no-reuse"))
      (export "advice" (type $advice (eq $ad)))
      (type $st (record (field "type" $descriptor-type) (field "link-count" u64) (field "size" u64)
        (field "data-access-timestamp" (option $instant)) (field "data-modification-timestamp" (option $instant))
        (field "status-change-timestamp" (option $instant))))
      (export "descriptor-stat" (type $descriptor-stat (eq $st)))
      (type $nt (variant (case "no-change") (case "now") (case "timestamp" $instant)))
      (export "new-timestamp" (type $new-timestamp (eq $nt)))
      (type $de (record (field "type" $descriptor-type) (field "name" string)))
      (export "directory-entry" (type $directory-entry (eq $de)))
      (type $mh (record (field "lower" u64) (field "upper" u64)))
      (export "metadata-hash-value" (type $metadata-hash-value (eq $mh)))
      (export "descriptor" (type $descriptor (sub resource))))",
     "error-code descriptor-type descriptor-flags path-flags open-flags advice descriptor-stat new-timestamp "
     "directory-entry metadata-hash-value descriptor"},
    {"filesystem/preopens",
     R"((alias outer $all $descriptor (type $d)) (export "descriptor" (type $descriptor (eq $d))))", ""},
};

#define SELF "(param \"self\" (borrow $descriptor))"
#define CODE(type) "(result (result " type " (error $error-code)))"
#define PATH "(param \"path-flags\" $path-flags) (param \"path\" string)"
#define TIMES "(param \"data-access-timestamp\" $new-timestamp) (param \"data-modification-timestamp\" $new-timestamp)"
#define FILE_END "(future (result (error $error-code)))"
#define CLI_END "(future (result (error $cli-error)))"
inline constexpr ComponentFunction kAsyncFunctions[] = {
    {"cli/environment", "get-environment", "environment", "(result (list (tuple string string)))", ":m", ""},
    {"cli/environment", "get-arguments", "arguments", "(result (list string))", ":m", ""},
    {"cli/environment", "get-initial-cwd", "cwd", "(result (option string))", ":m", ""},
    {"cli/exit", "exit-with-code", "exit-with-code", "(param \"status-code\" u8)", "i:", ""},
    {"cli/exit", "exit", "exit", "(param \"status\" (result))", "i:", ""},
    {"cli/stdin", "read-via-stream", "stdin", "(result (tuple (stream u8) " CLI_END "))", ":m", ""},
    {"cli/stdout", "write-via-stream", "stdout", "(param \"data\" (stream u8)) (result " CLI_END ")", "i:i", ""},
    {"cli/terminal-stdin", "get-terminal-stdin", "terminal", "(result (option (own $terminal-input)))", ":m", ""},
    {"clocks/system-clock", "now", "system-now", "(result $instant)", ":m", ""},
    {"clocks/system-clock", "get-resolution", "system-resolution", "(result u64)", ":l", ""},
    {"clocks/timezone", "iana-id", "iana-id", "(result (option string))", ":m", ""},
    {"clocks/timezone", "utc-offset", "utc-offset", "(param \"when\" $instant) (result (option s64))", "li:m", ""},
    {"clocks/timezone", "to-debug-string", "zone-text", "(result string)", ":m", ""},
    {"clocks/monotonic-clock", "now", "now", "(result u64)", ":l", ""},
    {"clocks/monotonic-clock", "get-resolution", "resolution", "(result u64)", ":l", ""},
    {"clocks/monotonic-clock", "wait-until", "wait-until", "async (param \"when\" u64)", "l:", ""},
    {"clocks/monotonic-clock", "wait-for", "wait-for", "async (param \"how-long\" u64)", "l:", ""},
    {"random/random", "get-random-bytes", "random-bytes", "(param \"max-len\" u64) (result (list u8))", "l:m", ""},
    {"random/random", "get-random-u64", "random", "(result u64)", ":l", ""},
    {"random/insecure-seed", "get-insecure-seed", "seed", "(result (tuple u64 u64))", ":m", ""},
    {"filesystem/preopens", "get-directories", "directories", "(result (list (tuple (own $descriptor) string)))", ":m",
     ""},
    {"filesystem/types", "[method]descriptor.read-via-stream", "read-via",
     SELF " (param \"offset\" u64) (result (tuple (stream u8) " FILE_END "))", "il:m", "0d"},
    {"filesystem/types", "[method]descriptor.write-via-stream", "write-via",
     SELF " (param \"data\" (stream u8)) (param \"offset\" u64) (result " FILE_END ")", "iil:i", "0d"},
    {"filesystem/types", "[method]descriptor.append-via-stream", "append-via",
     SELF " (param \"data\" (stream u8)) (result " FILE_END ")", "ii:i", "0d"},
    {"filesystem/types", "[method]descriptor.advise", "advise",
     "async " SELF " (param \"offset\" u64) (param \"length\" u64) (param \"advice\" $advice) " CODE(""), "illi:m",
     "0d"},
    {"filesystem/types", "[method]descriptor.sync-data", "sync-data", "async " SELF " " CODE(""), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.sync", "sync", "async " SELF " " CODE(""), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.get-flags", "get-flags", "async " SELF " " CODE("$descriptor-flags"),
     "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.get-type", "get-type", "async " SELF " " CODE("$descriptor-type"), "i:m",
     "0d"},
    {"filesystem/types", "[method]descriptor.set-size", "set-size", "async " SELF " (param \"size\" u64) " CODE(""),
     "il:m", "0d"},
    {"filesystem/types", "[method]descriptor.set-times", "set-times", "async " SELF " " TIMES " " CODE(""), "iiliili:m",
     "0d"},
    {"filesystem/types", "[method]descriptor.read-directory", "read-directory",
     SELF " (result (tuple (stream $directory-entry) " FILE_END "))", "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.create-directory-at", "create-directory",
     "async " SELF " (param \"path\" string) " CODE(""), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.stat", "stat", "async " SELF " " CODE("$descriptor-stat"), "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.stat-at", "stat-at", "async " SELF " " PATH " " CODE("$descriptor-stat"),
     "iipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.set-times-at", "set-times-at",
     "async " SELF " " PATH " " TIMES " " CODE(""), "iippiliili:m", "0d"},
    {"filesystem/types", "[method]descriptor.link-at", "link",
     "async " SELF " (param \"old-path-flags\" $path-flags) (param \"old-path\" string) (param \"new-descriptor\" "
     "(borrow $descriptor)) (param \"new-path\" string) " CODE(""),
     "iippipp:m", "0d4d"},
    {"filesystem/types", "[method]descriptor.open-at", "open",
     "async " SELF " " PATH
     " (param \"open-flags\" $open-flags) (param \"flags\" $descriptor-flags) " CODE("(own $descriptor)"),
     "iippii:m", "0d"},
    {"filesystem/types", "[method]descriptor.readlink-at", "readlink",
     "async " SELF " (param \"path\" string) " CODE("string"), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.remove-directory-at", "remove-directory",
     "async " SELF " (param \"path\" string) " CODE(""), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.rename-at", "rename",
     "async " SELF " (param \"old-path\" string) (param \"new-descriptor\" (borrow $descriptor)) (param "
     "\"new-path\" string) " CODE(""),
     "ippipp:m", "0d3d"},
    {"filesystem/types", "[method]descriptor.symlink-at", "symlink",
     "async " SELF " (param \"old-path\" string) (param \"new-path\" string) " CODE(""), "ipppp:m", "0d"},
    {"filesystem/types", "[method]descriptor.unlink-file-at", "unlink",
     "async " SELF " (param \"path\" string) " CODE(""), "ipp:m", "0d"},
    {"filesystem/types", "[method]descriptor.is-same-object", "is-same",
     "async " SELF " (param \"other\" (borrow $descriptor)) (result bool)", "ii:i", "0d1d"},
    {"filesystem/types", "[method]descriptor.metadata-hash", "hash", "async " SELF " " CODE("$metadata-hash-value"),
     "i:m", "0d"},
    {"filesystem/types", "[method]descriptor.metadata-hash-at", "hash-at",
     "async " SELF " " PATH " " CODE("$metadata-hash-value"), "iipp:m", "0d"},
};
#undef SELF
#undef CODE
#undef PATH
#undef TIMES
#undef FILE_END
#undef CLI_END

// A built-in, `canon` in the component text format, that the core module imports with this type.
inline void add_built_in(ComponentExtra& extra, std::string_view name, std::string_view canon, std::string_view type) {
  const std::string n(name);
  extra.built_ins += "\n(core func $" + n + " (canon " + std::string(canon) + "))";
  extra.given += "(export \"" + n + "\" (func $" + n + "))\n";
  extra.guest += "(import \"\" \"" + n + "\" (func $" + n + " " + std::string(type) + "))\n";
}
// A function of the core module that the component exports; it may wait.
inline void add_export(ComponentExtra& extra, const std::string& name, const std::string& type) {
  extra.lifted += "(func (export \"" + name + "\") async " + type + " (canon lift (core func $g \"" + name +
                  "\") (memory $m \"memory\") (realloc (func $m \"realloc\"))))\n";
}

// Functions whose name ends in -all use a whole stream. Their status: 0, or 1 + the number of the error code.
inline ComponentExtra async_extra() {
  ComponentExtra extra;
  extra.built_ins = R"(
    (type $bytes (stream u8)) (type $entries (stream $directory-entry))
    (type $file-end (future (result (error $error-code)))) (type $cli-end (future (result (error $cli-error)))))";
  const auto built_in = [&](std::string_view name, std::string_view canon, std::string_view type) {
    add_built_in(extra, name, canon, type);
  };
  constexpr std::string_view kCopy = "(param i32 i32 i32) (result i32)", kGet = "(param i32 i32) (result i32)";
  constexpr std::string_view kDrop = "(param i32)", kChange = "(param i32) (result i32)", kMake = "(result i64)";
  built_in("new-bytes", "stream.new $bytes", kMake);
  built_in("read-bytes", "stream.read $bytes (memory $m \"memory\")", kCopy);
  built_in("read-bytes-later", "stream.read $bytes async (memory $m \"memory\")", kCopy);
  built_in("cancel-read", "stream.cancel-read $bytes", kChange);
  built_in("write-bytes", "stream.write $bytes (memory $m \"memory\")", kCopy);
  built_in("drop-reader", "stream.drop-readable $bytes", kDrop);
  built_in("drop-writer", "stream.drop-writable $bytes", kDrop);
  built_in("read-entries", "stream.read $entries (memory $m \"memory\") (realloc (func $m \"realloc\"))", kCopy);
  built_in("drop-entries", "stream.drop-readable $entries", kDrop);
  built_in("file-end", "future.read $file-end (memory $m \"memory\") (realloc (func $m \"realloc\"))", kGet);
  built_in("drop-file-end", "future.drop-readable $file-end", kDrop);
  built_in("cli-end", "future.read $cli-end (memory $m \"memory\")", kGet);
  built_in("drop-cli-end", "future.drop-readable $cli-end", kDrop);
  built_in("new-set", "waitable-set.new", "(result i32)");
  built_in("wait-set", "waitable-set.wait (memory $m \"memory\")", kGet);
  built_in("poll-set", "waitable-set.poll (memory $m \"memory\")", kGet);
  built_in("drop-set", "waitable-set.drop", kDrop);
  built_in("join", "waitable.join", "(param i32 i32)");
  built_in("cancel-subtask", "subtask.cancel", kChange);
  built_in("drop-subtask", "subtask.drop", kDrop);
  built_in("yield", "thread.yield", "(result i32)");
  built_in(
      "open-later",
      "lower (func $i12 \"[method]descriptor.open-at\") async (memory $m \"memory\") (realloc (func $m \"realloc\"))",
      kGet);
  built_in("wait-later", "lower (func $i9 \"wait-for\") async", "(param i64) (result i32)");
  extra.guest += R"(
    ;; All of a stream from 16 MiB on; the number of bytes.
    (func $drain (param $s i32) (result i32)
      (local $code i32) (local $n i32)
      (loop $again
        (local.set $code (call $read-bytes (local.get $s) (i32.add (i32.const 0x1000000) (local.get $n)) (i32.const 70000)))
        (local.set $n (i32.add (local.get $n) (i32.shr_u (local.get $code) (i32.const 4))))
        (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15)))))
      (call $drop-reader (local.get $s))
      (local.get $n))
    (func $file-status (param $f i32) (result i32)
      (drop (call $file-end (local.get $f) (i32.const 32)))
      (call $drop-file-end (local.get $f))
      (if (result i32) (i32.load8_u (i32.const 32))
        (then (i32.add (i32.load8_u (i32.const 36)) (i32.const 1))) (else (i32.const 0))))
    (func $cli-status (param $f i32) (result i32)
      (drop (call $cli-end (local.get $f) (i32.const 32)))
      (call $drop-cli-end (local.get $f))
      (if (result i32) (i32.load8_u (i32.const 32))
        (then (i32.add (i32.load8_u (i32.const 33)) (i32.const 1))) (else (i32.const 0))))
    (func $result (param $n i32) (param $status i32) (result i32)
      (i32.store (i32.const 96) (i32.const 0x1000000))
      (i32.store (i32.const 100) (local.get $n))
      (i32.store (i32.const 104) (local.get $status))
      (i32.const 96))
    (func (export "read-all") (param $d i32) (param $at i64) (result i32)
      (local $f i32)
      (call $read-via (local.get $d) (local.get $at) (i32.const 64))
      (call $drop-descriptor (local.get $d))
      (local.set $f (i32.load (i32.const 68)))
      (call $result (call $drain (i32.load (i32.const 64))) (call $file-status (local.get $f))))
    (func (export "stdin-all") (result i32)
      (local $f i32)
      (call $stdin (i32.const 64))
      (local.set $f (i32.load (i32.const 68)))
      (call $result (call $drain (i32.load (i32.const 64))) (call $cli-status (local.get $f))))
    ;; Writes into the new stream, whose ends are both given, and closes it.
    (func $fill (param $ends i64) (param $at i32) (param $n i32)
      (local $end i32) (local $code i32) (local $done i32)
      (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (block $over
        (loop $again
          (br_if $over (i32.eq (local.get $n) (i32.const 0)))
          (local.set $code (call $write-bytes (local.get $end) (local.get $at) (local.get $n)))
          (local.set $done (i32.shr_u (local.get $code) (i32.const 4)))
          (local.set $at (i32.add (local.get $at) (local.get $done)))
          (local.set $n (i32.sub (local.get $n) (local.get $done)))
          (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15))))))
      (call $drop-writer (local.get $end)))
    (func (export "write-all") (param $d i32) (param $at i64) (param $data i32) (param $n i32) (result i32)
      (local $ends i64) (local $f i32)
      (local.set $ends (call $new-bytes))
      (local.set $f (call $write-via (local.get $d) (i32.wrap_i64 (local.get $ends)) (local.get $at)))
      (call $drop-descriptor (local.get $d))
      (call $fill (local.get $ends) (local.get $data) (local.get $n))
      (call $file-status (local.get $f)))
    (func (export "append-all") (param $d i32) (param $data i32) (param $n i32) (result i32)
      (local $ends i64) (local $f i32)
      (local.set $ends (call $new-bytes))
      (local.set $f (call $append-via (local.get $d) (i32.wrap_i64 (local.get $ends))))
      (call $drop-descriptor (local.get $d))
      (call $fill (local.get $ends) (local.get $data) (local.get $n))
      (call $file-status (local.get $f)))
    (func (export "stdout-all") (param $data i32) (param $n i32) (result i32)
      (local $ends i64) (local $f i32)
      (local.set $ends (call $new-bytes))
      (local.set $f (call $stdout (i32.wrap_i64 (local.get $ends))))
      (call $fill (local.get $ends) (local.get $data) (local.get $n))
      (call $cli-status (local.get $f)))
    ;; The stream of a file is passed on to another one: no byte goes through this component.
    (func (export "copy-all") (param $from i32) (param $to i32) (result i32)
      (local $f i32)
      (call $read-via (local.get $from) (i64.const 0) (i32.const 64))
      (local.set $f (call $write-via (local.get $to) (i32.load (i32.const 64)) (i64.const 0)))
      (call $drop-descriptor (local.get $from))
      (call $drop-descriptor (local.get $to))
      (i32.or (call $file-status (i32.load (i32.const 68))) (call $file-status (local.get $f))))
    (func (export "list-all") (param $d i32) (result i32)
      (local $code i32) (local $n i32) (local $s i32) (local $f i32)
      (call $read-directory (local.get $d) (i32.const 64))
      (call $drop-descriptor (local.get $d))
      (local.set $s (i32.load (i32.const 64)))
      (local.set $f (i32.load (i32.const 68)))
      (loop $again
        (local.set $code (call $read-entries (local.get $s)
          (i32.add (i32.const 0x1000000) (i32.mul (local.get $n) (i32.const 24))) (i32.const 7)))
        (local.set $n (i32.add (local.get $n) (i32.shr_u (local.get $code) (i32.const 4))))
        (br_if $again (i32.eqz (i32.and (local.get $code) (i32.const 15)))))
      (call $drop-entries (local.get $s))
      (call $result (local.get $n) (call $file-status (local.get $f))))
    ;; All wait at once.
    (func (export "timers") (param $n i32) (param $time i64)
      (local $set i32) (local $i i32) (local $code i32)
      (local.set $set (call $new-set))
      (local.set $i (local.get $n))
      (loop $start
        (local.set $code (call $wait-later (local.get $time)))
        (call $join (i32.shr_u (local.get $code) (i32.const 4)) (local.get $set))
        (br_if $start (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (loop $again
        (drop (call $wait-set (local.get $set) (i32.const 64)))
        (call $drop-subtask (i32.load (i32.const 64)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $drop-set (local.get $set)))
    ;; The state of a timer of an hour after its cancellation.
    (func (export "cancel-timer") (result i32)
      (local $subtask i32) (local $state i32)
      (local.set $subtask (i32.shr_u (call $wait-later (i64.const 3600000000000)) (i32.const 4)))
      (local.set $state (call $cancel-subtask (local.get $subtask)))
      (call $drop-subtask (local.get $subtask))
      (local.get $state))
    ;; Reads standard input, and gives up when the timer is over. The kind of the first event, and the status.
    (func (export "read-or-timeout") (param $time i64) (result i32)
      (local $set i32) (local $s i32) (local $f i32) (local $timer i32) (local $event i32)
      (local.set $set (call $new-set))
      (call $stdin (i32.const 64))
      (local.set $s (i32.load (i32.const 64)))
      (local.set $f (i32.load (i32.const 68)))
      (local.set $timer (i32.shr_u (call $wait-later (local.get $time)) (i32.const 4)))
      (call $join (local.get $timer) (local.get $set))
      ;; What is there comes at once.
      (if (i32.eq (call $read-bytes-later (local.get $s) (i32.const 0x1000000) (i32.const 10)) (i32.const -1))
        (then
          (call $join (local.get $s) (local.get $set))
          (local.set $event (call $wait-set (local.get $set) (i32.const 64)))
          (call $join (local.get $s) (i32.const 0)))
        (else (local.set $event (i32.const 2))))
      (call $join (local.get $timer) (i32.const 0))
      (if (i32.eq (local.get $event) (i32.const 1))
        (then (call $drop-subtask (local.get $timer)) (drop (call $cancel-read (local.get $s))))
        (else (drop (call $cancel-subtask (local.get $timer))) (call $drop-subtask (local.get $timer))))
      (call $drop-reader (local.get $s))
      (call $drop-set (local.get $set))
      (i32.or (i32.shl (call $cli-status (local.get $f)) (i32.const 8)) (local.get $event)))
    ;; Opens a name for writing, and gives that up when the timer is over: 1.
    (func (export "open-or-timeout") (param $d i32) (param $name i32) (param $n i32) (param $time i64) (result i32)
      (local $set i32) (local $opening i32) (local $timer i32) (local $late i32)
      (i32.store (i32.const 128) (local.get $d))
      (i32.store8 (i32.const 132) (i32.const 1))
      (i32.store (i32.const 136) (local.get $name))
      (i32.store (i32.const 140) (local.get $n))
      (i32.store16 (i32.const 144) (i32.const 0x200))
      (local.set $opening (call $open-later (i32.const 128) (i32.const 64)))
      (if (i32.ne (i32.and (local.get $opening) (i32.const 15)) (i32.const 2))
        (then
          (local.set $opening (i32.shr_u (local.get $opening) (i32.const 4)))
          (local.set $timer (i32.shr_u (call $wait-later (local.get $time)) (i32.const 4)))
          (local.set $set (call $new-set))
          (call $join (local.get $opening) (local.get $set))
          (call $join (local.get $timer) (local.get $set))
          (drop (call $wait-set (local.get $set) (i32.const 160)))
          (local.set $late (i32.eq (i32.load (i32.const 160)) (local.get $timer)))
          (call $join (local.get $opening) (i32.const 0))
          (call $join (local.get $timer) (i32.const 0))
          (drop (call $cancel-subtask (select (local.get $opening) (local.get $timer) (local.get $late))))
          (call $drop-subtask (local.get $opening))
          (call $drop-subtask (local.get $timer))
          (call $drop-set (local.get $set))))
      (if (i32.eqz (local.get $late)) (then (call $drop-descriptor (i32.load (i32.const 68)))))
      (call $drop-descriptor (local.get $d))
      (local.get $late))
    ;; Waits for a timer without blocking; how often it yielded is not said.
    (func (export "spin") (param $time i64)
      (local $set i32) (local $timer i32)
      (local.set $timer (i32.shr_u (call $wait-later (local.get $time)) (i32.const 4)))
      (local.set $set (call $new-set))
      (call $join (local.get $timer) (local.get $set))
      (loop $again
        (drop (call $yield))
        (br_if $again (i32.eqz (call $poll-set (local.get $set) (i32.const 64)))))
      (call $drop-subtask (local.get $timer))
      (call $drop-set (local.get $set)))
)";
  const auto exported = [&](const char* name, const char* type) { add_export(extra, name, type); };
  constexpr const char* kSelf = "(param \"self\" (borrow $descriptor))";
  const auto with_self = [&](const char* rest) { return std::string(kSelf) + rest; };
  exported("read-all", with_self(" (param \"at\" u64) (result (tuple (list u8) u32))").c_str());
  exported("stdin-all", "(result (tuple (list u8) u32))");
  exported("write-all", with_self(" (param \"at\" u64) (param \"data\" (list u8)) (result u32)").c_str());
  exported("append-all", with_self(" (param \"data\" (list u8)) (result u32)").c_str());
  exported("stdout-all", "(param \"data\" (list u8)) (result u32)");
  exported("copy-all", with_self(" (param \"to\" (borrow $descriptor)) (result u32)").c_str());
  exported("list-all", with_self(" (result (tuple (list $directory-entry) u32))").c_str());
  exported("timers", "(param \"n\" u32) (param \"time\" u64)");
  exported("cancel-timer", "(result u32)");
  exported("read-or-timeout", "(param \"time\" u64) (result u32)");
  exported("open-or-timeout", with_self(" (param \"name\" string) (param \"time\" u64) (result u32)").c_str());
  exported("spin", "(param \"time\" u64)");
  return extra;
}

inline std::string async_component(const std::string& version) {
  return component_of(version, kAsyncInterfaces, kAsyncFunctions, "d", async_extra());
}

}  // namespace ermine::test
