// HTTP requests, made by the library's plug-in for HTTP (ermine/http.h). Those of plug-ins go to the hosts that the
// manifest allows, and nowhere else: redirections, which are followed, are checked as well. Those for modules are the
// embedder's, which the manifest's allowed_hosts says nothing about.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/store.h"
#include "extism/manifest.h"

namespace ermine::extism {

struct HttpResponse {
  uint16_t status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last value of each
  std::string body;
};

// Waits for the response, at most until the store is interrupted or its deadline is over. kUsage for a wrong request or
// a host that is not allowed, kUnsupported without the plug-in, kIo if the request fails, kLimit if the response is too
// large.
Result<HttpResponse> make_http_request(StoreRef store, const Manifest& manifest, const HttpRequest& request,
                                       std::string_view body);

// The body of the response for a module, of at most 1 GiB. kUsage for a wrong request, kUnsupported without the
// plug-in, kIo if the request fails, or the response has a status other than 2xx.
Result<std::vector<uint8_t>> fetch_module(const HttpRequest& request);

}  // namespace ermine::extism
