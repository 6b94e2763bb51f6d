// A component with wasi:tls of WASI 0.3, and with the network: a function for each imported one, which passes its
// arguments and results on.
#pragma once

#include <string>
#include <vector>

#include "tests/wasi/async_network_guest.h"

namespace ermine::test {

inline constexpr ComponentInterface kAsyncTlsInterfaces[] = {
    {"tls/types@0.3.0-draft", "(export \"error\" (type $error (sub resource)))", "error"},
    {"tls/client@0.3.0-draft", R"(
      (alias outer $all $error (type $e)) (export "error" (type $error (eq $e)))
      (export "connector" (type $connector (sub resource))))",
     "connector"},
};
#define STREAMS "(result (tuple (stream u8) (future (result (error (own $error))))))"
inline constexpr ComponentFunction kAsyncTlsFunctions[] = {
    {"tls/types@0.3.0-draft", "[method]error.to-debug-string", "debug",
     "(param \"self\" (borrow $error)) (result string)", "i:m", "0e"},
    {"tls/client@0.3.0-draft", "[constructor]connector", "connector", "(result (own $connector))", ":i", ""},
    {"tls/client@0.3.0-draft", "[method]connector.send", "tls-send",
     "(param \"self\" (borrow $connector)) (param \"cleartext\" (stream u8)) " STREAMS, "ii:m", "0m"},
    {"tls/client@0.3.0-draft", "[method]connector.receive", "tls-receive",
     "(param \"self\" (borrow $connector)) (param \"ciphertext\" (stream u8)) " STREAMS, "ii:m", "0m"},
    {"tls/client@0.3.0-draft", "[static]connector.connect", "tls-connect",
     "async (param \"this\" (own $connector)) (param \"server-name\" string) (result (result (error (own $error))))",
     "iii:m", ""},
};
#undef STREAMS

inline std::string async_tls_component() {
  std::vector<ComponentInterface> interfaces(std::begin(kAsyncNetworkInterfaces), std::end(kAsyncNetworkInterfaces));
  interfaces.insert(interfaces.end(), std::begin(kAsyncTlsInterfaces), std::end(kAsyncTlsInterfaces));
  std::vector<ComponentFunction> functions(std::begin(kAsyncNetworkFunctions), std::end(kAsyncNetworkFunctions));
  functions.insert(functions.end(), std::begin(kAsyncTlsFunctions), std::end(kAsyncTlsFunctions));
  return component_of("0.3.0", interfaces, functions, "emtu", async_network_extra());
}

}  // namespace ermine::test
