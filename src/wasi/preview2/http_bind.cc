// Binds the functions of wasi:http (http_functions.def).
#include "wasi/preview2/bind_function.h"
#include "wasi/preview2/http_functions.h"

namespace ermine::wasi::preview2 {
namespace {

using component::detail::HostCallable;

}  // namespace

Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const ContextSource>& source,
                         const Wanted& wanted) {
  Definer definer(linker, source, wanted);
#define RESOURCE(interface, name, Class) definer.resource<Class>(interface, name);
#define FUNCTION(...)
#define ABSENT(...)
#include "wasi/preview2/http_functions.def"
#define RESOURCE(...)
#define FUNCTION(interface, name, function)                             \
  definer.add(interface, name, call_function<&HttpFunctions::function>, \
              Traits<decltype(&HttpFunctions::function)>::Host::shape);
#define ABSENT(interface, name, ...) definer.add(interface, name, call_absent, HostCallable<__VA_ARGS__>::shape);
#include "wasi/preview2/http_functions.def"
  return definer.finish();
}

}  // namespace ermine::wasi::preview2
