// Cursor: the side of a call between C++ and a component that values are lowered into and lifted from: a component's
// memory, and what the library does for it. The templates of values.h read and write the memory directly, at places
// that the library has checked; everything else that a guest says is checked here.
//
// All functions that return bool return false after an error, which the cursor keeps: then the call fails, and nothing
// more may be done with the cursor. A guest's code runs in the functions that allocate, and the memory may move there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ermine/component/detail/reply.h"
#include "ermine/component/detail/shape.h"
#include "ermine/error.h"

namespace ermine::runtime {
class Store;
}

namespace ermine::component::detail {

class StreamEnd;

class Cursor {
 public:
  uint8_t* memory = nullptr;
  uint64_t memory_size = 0;
  uint64_t budget = 0;  // bytes of the host's memory that the values of this call may still take
  // The most core values that parameters and a result are passed as, rather than in memory (CanonicalABI.md,
  // "Flattening"). Asynchronous calls have other numbers than these.
  uint16_t max_flat_params = 16, max_flat_results = 1;
  bool is64 = false;  // the memory has 64-bit addresses: pointers and lengths in it have eight bytes

  // ---- Lowering
  // Memory from the component's allocator; `at` is where it begins.
  bool allocate(uint32_t alignment, uint64_t bytes, uint64_t& at);
  // The same for the elements of a list.
  bool allocate_list(uint64_t length, uint32_t element_size, uint32_t alignment, uint64_t& at);
  // In the component's encoding. `text` must be UTF-8; if it is not, that is an error of kind kUsage.
  bool store_string(std::string_view text, uint64_t& at, uint64_t& units);
  // Takes over the object.
  bool lower_own(const void* resource_class, void* object, uint32_t& handle);
  bool lower_borrow(const void* resource_class, void* object, uint32_t& handle);
  // From a handle of the library (Resource); an own is taken out of it.
  bool lower_handle(const std::shared_ptr<const void>& handle, bool own, uint32_t& index);
  // Passes on the end that is read; `type` is the shape of the stream or future.
  bool lower_stream(const StreamEnd& end, const TypeShape* type, uint32_t& index);
  bool lower_error_context(const std::shared_ptr<const void>& context, uint32_t& index);

  // ---- Lifting
  bool load_string(uint64_t at, uint64_t units, std::string& out);
  // Valid as long as the call. Nothing is copied if the component's strings are UTF-8.
  bool view_string(uint64_t at, uint64_t units, std::string_view& out);
  // Checks the place of a list, and takes `host_bytes` for each element from the budget.
  bool load_list(uint64_t at, uint64_t length, uint32_t element_size, uint32_t alignment, uint64_t host_bytes,
                 const uint8_t*& begin);
  // A place outside of lists that the guest names: of the parameters or of the result.
  bool place(uint64_t at, uint32_t size, uint32_t alignment, uint8_t*& out);
  bool lift_own(const void* resource_class, uint32_t handle, void*& object);
  bool lift_borrow(const void* resource_class, uint32_t handle, void*& object);
  bool lift_handle(uint32_t index, bool own, std::shared_ptr<const void>& handle);
  bool lift_stream(uint32_t index, const TypeShape* type, StreamEnd& end);
  bool lift_error_context(uint32_t index, std::shared_ptr<const void>& context);

  // ---- Elements of a stream as dynamic values
  bool load_values(uint64_t at, uint32_t count, std::vector<Value>& out);
  bool store_values(uint64_t at, std::span<const Value> values);

  // ---- Errors; each returns false.
  bool bad_case();
  bool bad_char();
  bool bad_value(const char* what);  // kUsage
  bool fail(Error error);

 protected:
  Cursor() = default;
  ~Cursor() = default;
};

// A typed function of the host. Immutable; `env` is passed to the function. `slots` has the parameters, and receives
// the result if it is a single core value. Exactly one of `fn` and `start` is there.
struct HostFunc {
  bool (*fn)(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) = nullptr;
  std::shared_ptr<void> env;
  FuncShape shape;
  // Of an asynchronous function (shape.is_async): lifts the parameters and begins the call, which the reply ends.
  // `kept` is destroyed on the store's thread when the answer has been written: the parameters.
  bool (*start)(void* env, runtime::Store* store, Cursor& cursor, const uint64_t* slots, const CallReply& reply,
                std::shared_ptr<void>& kept) = nullptr;
};

}  // namespace ermine::component::detail
