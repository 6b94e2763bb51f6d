#include "wasi/keyvalue/interfaces.h"

#include <atomic>

#include "ermine/detail/library_file.h"
#include "ermine/printable.h"
#include "wasi/host/path.h"
#include "wasi/keyvalue/plugin.h"

namespace ermine::wasi::keyvalue {
namespace {

using component::Value;

// Made when the plug-in is opened: as a constant it would be relocated at each start of a program.
const Library& library() {
  using component::detail::Cursor;
  static const Library made{&Cursor::allocate_list,
                            &Cursor::store_string,
                            &Cursor::lower_own,
                            &Cursor::load_string,
                            &Cursor::load_list,
                            &Cursor::place,
                            &Cursor::lift_own,
                            &Cursor::lift_borrow,
                            &Cursor::bad_case,
                            &Cursor::bad_value,
                            &Cursor::fail,
                            &preview2::ContextSource::get,
                            &StoreRef::consume_fuel,
                            &StoreRef::check_interrupt,
                            &StoreRef::interrupt_fd,
                            [](ErrorKind kind, std::string message) { return Error(kind, std::move(message)); },
                            &printable,
                            &host::is_utf8};
  return made;
}

constexpr PluginFile kPluginOfStores{"stores of keys and values need", kPluginFile, kPluginEntry,
                                     "it is installed with ermine"};

// It stays open: its threads may run until the process ends. The first one serves all programs: a process that confines
// itself can open no other.
Result<const Plugin*> opened_plugin(const std::string& named) {
  static std::atomic<const Plugin*> opened = nullptr;
  if (const Plugin* plugin = opened.load(std::memory_order_acquire)) return plugin;
  ERMINE_ASSIGN(void* const entry, open_plugin(kPluginOfStores, named));
  const Plugin* const plugin = reinterpret_cast<PluginEntry>(entry)(library());
  if (plugin == nullptr || plugin->headers != kHeaders) return of_another_version(kPluginOfStores);
  opened.store(plugin, std::memory_order_release);
  return plugin;
}

struct Target {
  ComponentLinker& linker;
  const preview2::Wanted& wanted;
  preview2::Definer& definer;
  Result<void> result;
};

Result<void> define_plugin(const Plugin& plugin, ComponentLinker& linker,
                           const std::shared_ptr<const preview2::ContextSource>& source,
                           const preview2::Wanted& wanted) {
  preview2::Definer definer(linker, source, wanted);
  Target target{linker, wanted, definer, {}};
  plugin.define({&target,
                 [](void* context, const char* interface, const char* name, const void* resource_class,
                    void (*destroy)(uint64_t)) {
                   Target& to = *static_cast<Target*>(context);
                   if (to.result && to.wanted.has(interface, preview2::kVersion, name))
                     to.result = to.linker.define_class(preview2::full_name(interface), name, resource_class, destroy);
                 },
                 [](void* context, const char* interface, const char* name, decltype(preview2::Import::call) call,
                    component::detail::FuncShape (*shape)()) {
                   static_cast<Target*>(context)->definer.add(interface, name, call, shape);
                 }});
  ERMINE_TRY(std::move(target.result));
  return definer.finish();
}

// Of a program that is granted nothing: `open` fails, and without what it would return nothing else can be called. The
// types are those of the component. What an embedder has defined itself under such a name stays.
void define_refusals(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                     const preview2::Wanted& wanted) {
  const ComponentCallback refuse = [source](ComponentCaller& caller, std::span<const Value> arguments) {
    preview2::Context* const context = source->get(caller.store().impl());
    if (context != nullptr && !context->refusals.key_value_store)
      context->refusals.key_value_store = printable(arguments[0].as_string());
    return Result<std::optional<Value>>(Value::result(false, Value::variant("access-denied")));
  };
  const auto define = [&](const char* interface, const char* name, bool is_resource) {
    if (!wanted.has(interface, preview2::kVersion, name)) return;
    if (is_resource) (void)linker.define_class(preview2::full_name(interface), name, name, [](uint64_t) {});
    else (void)linker.func(preview2::full_name(interface), name, refuse);
  };
#define RESOURCE(interface, name, Class) define(interface, name, true);
#define FUNCTION(interface, name, function) define(interface, name, false);
#include "wasi/keyvalue/plugin/functions.def"
}

}  // namespace

Result<std::shared_ptr<void>> open_stores(const KeyValueGrants& grants) {
  ERMINE_ASSIGN(const Plugin* const plugin, opened_plugin(grants.plugin));
  return plugin->open(grants);
}

// A linker for many stores may be filled before it is known what their programs are granted.
Result<void> define_interfaces(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                               const preview2::Wanted& wanted) {
  if (!source->fixed || source->fixed->key_value_stores) {
    if (Result<const Plugin*> plugin = opened_plugin({})) return define_plugin(**plugin, linker, source, wanted);
  }
  define_refusals(linker, source, wanted);
  return {};
}

}  // namespace ermine::wasi::keyvalue
