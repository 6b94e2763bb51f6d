// A component with wasi:tls of WASI 0.2 and all the rest: a function for each imported one.
#pragma once

#include <string>
#include <vector>

#include "tests/wasi/network_guest.h"

namespace ermine::test {

inline std::string tls_component() {
  std::vector<ComponentInterface> interfaces(std::begin(kInterfaces), std::end(kInterfaces));
  interfaces.push_back({"tls/types@0.2.0-draft", R"(
      (alias outer $all $input-stream (type $in)) (export "input-stream" (type $input-stream (eq $in)))
      (alias outer $all $output-stream (type $out)) (export "output-stream" (type $output-stream (eq $out)))
      (alias outer $all $pollable (type $p)) (export "pollable" (type $pollable (eq $p)))
      (alias outer $all $error (type $e)) (export "io-error" (type $error (eq $e)))
      (export "client-handshake" (type $client-handshake (sub resource)))
      (export "client-connection" (type $client-connection (sub resource)))
      (export "future-client-streams" (type $future-client-streams (sub resource))))",
                        "client-handshake client-connection future-client-streams"});
  std::vector<ComponentFunction> functions(std::begin(kComponentFunctions), std::end(kComponentFunctions));
  const char* const tls = "tls/types@0.2.0-draft";
  functions.push_back({tls, "[constructor]client-handshake", "handshake",
                       "(param \"server-name\" string) (param \"input\" (own $input-stream)) (param \"output\" (own "
                       "$output-stream)) (result (own $client-handshake))",
                       "iiii:i", ""});
  functions.push_back({tls, "[static]client-handshake.finish", "finish-handshake",
                       "(param \"this\" (own $client-handshake)) (result (own $future-client-streams))", "i:i", ""});
  functions.push_back({tls, "[method]client-connection.close-output", "close-output",
                       "(param \"self\" (borrow $client-connection))", "i:", "0k"});
  functions.push_back({tls, "[method]future-client-streams.subscribe", "subscribe-handshake",
                       "(param \"self\" (borrow $future-client-streams)) (result (own $pollable))", "i:i", "0g"});
  functions.push_back({tls, "[method]future-client-streams.get", "client-streams",
                       "(param \"self\" (borrow $future-client-streams)) (result (option (result (result (tuple (own "
                       "$client-connection) (own $input-stream) (own $output-stream)) (error (own $error))))))",
                       "i:m", "0g"});
  return component_of("0.2.6", interfaces, functions, "deginkoprstuxy");
}

}  // namespace ermine::test
