// WASI 0.2 in a library that was built without components.
#include "wasi/keyvalue/interfaces.h"
#include "wasi/state.h"

namespace ermine {

namespace {
Error no_components() { return Error(ErrorKind::kUnsupported, "this library was built without components"); }
}  // namespace

Result<void> Wasi::add_to_linker(ComponentLinker&) const { return no_components(); }
Result<void> Wasi::add_to_linker(ComponentLinker&, const Component&) const { return no_components(); }
Result<void> Wasi::add_to_linker(ComponentLinker&, ComponentFind, std::shared_ptr<void>) { return no_components(); }
Result<HttpPool> HttpPool::open(HttpPoolOptions) { return no_components(); }

Result<TlsClient> TlsClient::open(const TlsOptions&) { return no_components(); }

namespace wasi::keyvalue {
Result<std::shared_ptr<void>> open_stores(const KeyValueGrants&) { return no_components(); }
}  // namespace wasi::keyvalue

}  // namespace ermine
