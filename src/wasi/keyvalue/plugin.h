// The interface between the library and its plug-in libermine-keyvalue.so (plugin/), which has wasi:keyvalue and its
// stores. The plug-in is compiled from the same headers: its functions are bound by the library's templates, which read
// and write a component's memory, so that nothing of them is in the library. What those templates call is passed in a
// Library. A plug-in that was compiled from other headers is refused: kHeaders.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ermine/keyvalue.h"
#include "wasi/preview2/bind.h"

namespace ermine::wasi::keyvalue {

inline constexpr char kPluginFile[] = "libermine-keyvalue.so";
inline constexpr char kPluginEntry[] = "ermine_keyvalue_plugin";

// What the plug-in calls in the library: functions that the public headers and those of preview2/ declare.
struct Library {
  using Cursor = component::detail::Cursor;
  bool (Cursor::*allocate_list)(uint64_t, uint32_t, uint32_t, uint64_t&);
  bool (Cursor::*store_string)(std::string_view, uint64_t&, uint64_t&);
  bool (Cursor::*lower_own)(const void*, void*, uint32_t&);
  bool (Cursor::*load_string)(uint64_t, uint64_t, std::string&);
  bool (Cursor::*load_list)(uint64_t, uint64_t, uint32_t, uint32_t, uint64_t, const uint8_t*&);
  bool (Cursor::*place)(uint64_t, uint32_t, uint32_t, uint8_t*&);
  bool (Cursor::*lift_own)(const void*, uint32_t, void*&);
  bool (Cursor::*lift_borrow)(const void*, uint32_t, void*&);
  bool (Cursor::*bad_case)();
  bool (Cursor::*bad_value)(const char*);
  bool (Cursor::*fail)(Error);
  preview2::Context* (preview2::ContextSource::*context)(runtime::Store*) const;
  Result<void> (StoreRef::*consume_fuel)(uint64_t) const;
  Result<void> (StoreRef::*check_interrupt)() const;
  int (StoreRef::*interrupt_fd)() const;
  Error (*make_error)(ErrorKind, std::string);
  std::string (*printable)(std::string_view);
  bool (*is_utf8)(std::string_view);
};

// Where the plug-in defines its interfaces.
struct Definitions {
  void* context;
  void (*resource)(void* context, const char* interface, const char* name, const void* resource_class,
                   void (*destroy)(uint64_t));
  void (*function)(void* context, const char* interface, const char* name, decltype(preview2::Import::call) call,
                   component::detail::FuncShape (*shape)());
};

struct Plugin {
  uint64_t headers;  // the first member of every version
  Result<std::shared_ptr<void>> (*open)(const KeyValueGrants& grants);
  void (*define)(const Definitions& to);
};
// Keeps the library, which is valid for ever.
using PluginEntry = const Plugin* (*)(const Library& library);

// Differs if something that both sides use has another size, or by hand: the first number.
inline constexpr uint64_t kHeaders = [] {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint64_t part :
       {uint64_t{1}, sizeof(Library), sizeof(Plugin), sizeof(preview2::Context), sizeof(preview2::Import),
        sizeof(Error), sizeof(component::detail::Cursor), sizeof(component::detail::FuncShape),
        sizeof(component::detail::TypeShape), sizeof(KeyValueGrants), sizeof(KeyValueStore::Versioned),
        sizeof(WasiRefusals), sizeof(preview2::Counts)})
    hash = (hash ^ part) * 0x100000001b3;
  return hash;
}();

}  // namespace ermine::wasi::keyvalue
