// The canonical ABI of functions of a Resolve (CanonicalABI.md, "Flattening"): the core signatures that a module must
// import or export, and what the functions need of it. With 32-bit memories.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "component/wit/resolve.h"
#include "wasm/types.h"

namespace ermine::component::wit {

enum class AbiSide : uint8_t {
  kLower,          // an imported function
  kLowerAsync,     // that may be called asynchronously
  kLift,           // an exported function
  kLiftCallback,   // asynchronous, with a callback
  kLiftStackful,   // asynchronous, without one
};
inline bool is_async(AbiSide side) { return side != AbiSide::kLower && side != AbiSide::kLift; }

struct CoreSignature {
  std::vector<wasm::ValType> params, results;
  bool operator==(const CoreSignature&) const = default;
  std::string to_string() const;  // "(i32, i64) -> f32"
};

// What a canonical definition needs of the module that it belongs to.
struct AbiNeeds {
  bool memory = false, realloc = false, encoding = false;
  void add(const AbiNeeds& other) {
    memory |= other.memory;
    realloc |= other.realloc;
    encoding |= other.encoding;
  }
};

struct FunctionAbi {
  CoreSignature signature;
  AbiNeeds needs;
};

class Abi {
 public:
  explicit Abi(const Resolve& resolve) : resolve_(resolve) {}

  FunctionAbi function(const Function& f, AbiSide side) const;
  // task.return of an asynchronous export.
  FunctionAbi task_return(const Function& f) const;
  // The post-return function of an export.
  CoreSignature post_return(const Function& f) const;
  // Reading or writing values of a stream or future of type `id`; none: without values.
  AbiNeeds transfer(TypeId id, bool is_read) const;
  // The streams and futures in a function's type, in the order in which the names of built-ins count them; no more than
  // kMaxNumbered.
  static constexpr size_t kMaxNumbered = 10'000;
  std::vector<TypeId> streams_and_futures(const Function& f) const;

 private:
  // What is known about a type with an id, computed once: a type can have another one as a part many times.
  struct Facts {
    bool fits = true;  // in kMaxFlatParams
    bool has_async = false;  // a stream or future
    AbiNeeds contents;
    std::vector<wasm::ValType> flat;  // if it fits
  };
  const Facts& facts(TypeId id) const;
  Facts facts(const TypeDef& type) const;
  // False if the types do not fit.
  bool flat(Type type, std::vector<wasm::ValType>& out) const;
  void find(Type type, std::vector<TypeId>& out) const;
  AbiNeeds lifted(Type type) const;
  AbiNeeds lowered(Type type) const;

  const Resolve& resolve_;
  mutable std::unordered_map<uint32_t, Facts> facts_;
};

}  // namespace ermine::component::wit
