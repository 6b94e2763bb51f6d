// In a build without components there is no HTTP.
#include "ermine/printable.h"
#include "extism/http.h"

namespace ermine::extism {

Result<HttpResponse> make_http_request(StoreRef, const Manifest&, const HttpRequest&, std::string_view) {
  return Error(ErrorKind::kUnsupported,
               "http_request: this build of the library has no HTTP (ERMINE_COMPONENT is off)");
}

Result<std::vector<uint8_t>> fetch_module(const HttpRequest& request) {
  return Error(ErrorKind::kUnsupported, "the module " + printable(request.url) +
                                            ": this build of the library has no HTTP (ERMINE_COMPONENT is off)");
}

}  // namespace ermine::extism
