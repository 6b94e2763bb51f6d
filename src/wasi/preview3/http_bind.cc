// Binds the functions of wasi:http (http_functions.def).
#include "wasi/preview3/bind_function.h"
#include "wasi/preview3/http_functions.h"

namespace ermine::wasi::preview3 {
Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                         const preview2::Wanted& wanted) {
  Definer definer(linker, source, wanted);
#define RESOURCE(interface, name, Class) definer.resource<Class>(interface, name);
#define FUNCTION(...)
#define ASYNC(...)
#include "wasi/preview3/http_functions.def"
#define RESOURCE(...)
#define FUNCTION(interface, name, function) definer.add(interface, name, &function);
#define ASYNC(interface, name, function) definer.add_async(interface, name, &function);
#include "wasi/preview3/http_functions.def"
  return definer.finish();
}

}  // namespace ermine::wasi::preview3
