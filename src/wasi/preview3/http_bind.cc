// Binds the functions of wasi:http (http_functions.def).
#include "wasi/preview3/bind_function.h"
#include "wasi/preview3/http_functions.h"

namespace ermine::wasi::preview3 {
namespace {

constexpr size_t kHttpFunctions = 0
#define RESOURCE(...)
#define FUNCTION(...) +1
#define ASYNC(...) +1
#include "wasi/preview3/http_functions.def"
    ;

}  // namespace

Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source) {
#define RESOURCE(interface, name, Class) ERMINE_TRY(linker.resource<Class>(full_name(interface), name));
#define FUNCTION(...)
#define ASYNC(...)
#include "wasi/preview3/http_functions.def"
  Definer definer(linker, source, kHttpFunctions);
#define RESOURCE(...)
#define FUNCTION(interface, name, function) definer.add(interface, name, &function);
#define ASYNC(interface, name, function) definer.add_async(interface, name, &function);
#include "wasi/preview3/http_functions.def"
  return definer.finish();
}

}  // namespace ermine::wasi::preview3
