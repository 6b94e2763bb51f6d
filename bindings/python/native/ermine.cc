// The extension module ermine._ermine: the C API (ermine.h) as Python objects. The package around it is in ermine/.
#include "component.h"

namespace ermine_python {
py::dict trap_codes();
}

PYBIND11_MODULE(_ermine, m) {
  using namespace ermine_python;
  define_signals(m);
  define_store(m);
  define_func(m);
  define_memory(m);
  define_items(m);
  define_module(m);
  define_execution(m);
  define_wasi(m);
  define_component(m);
  define_component_replies(m);
  define_component_streams(m);
  m.attr("version") = ermine_version();
  m.attr("_trap_codes") = trap_codes();
}
