// In a build without components there is no HTTP.
#include "extism/http.h"

namespace ermine::extism {

Result<HttpResponse> make_http_request(StoreRef, const Manifest&, const HttpRequest&, std::string_view) {
  return Error(ErrorKind::kUnsupported,
               "http_request: this build of the library has no HTTP (ERMINE_COMPONENT is off)");
}

}  // namespace ermine::extism
