#include "extism/host_function.h"

#include <algorithm>
#include <array>

#include "ermine/printable.h"
#include "extism/plugin.h"

namespace ermine::extism {
namespace {

// The slots of a call and an ExtismVal have the same numbers in other places.
ExtismVal value_of(ExtismValType type, uint64_t slot) {
  ExtismVal value{type, {}};
  if (type == ExtismValType_I32 || type == ExtismValType_F32) value.v.i32 = static_cast<int32_t>(slot);
  else value.v.i64 = static_cast<int64_t>(slot);
  return value;
}

uint64_t slot_of(const ExtismVal& value) {
  if (value.t == ExtismValType_I32 || value.t == ExtismValType_F32) return static_cast<uint32_t>(value.v.i32);
  return static_cast<uint64_t>(value.v.i64);
}

// Storage for the values of a call, without an allocation if there are few.
class Values {
 public:
  explicit Values(size_t size) : size_(size) {
    if (size > few_.size()) many_.resize(size);
  }
  // Null if it is empty.
  ExtismVal* data() { return size_ == 0 ? nullptr : many_.empty() ? few_.data() : many_.data(); }

 private:
  const size_t size_;
  std::array<ExtismVal, 8> few_;
  std::vector<ExtismVal> many_;
};

bool call_function(void* context, RawCall& raw, uint64_t* slots) {
  const HostFunction& function = *static_cast<HostFunction*>(context);
  Caller caller(raw);
  Values inputs(function.params.size()), outputs(function.results.size());
  for (size_t i = 0; i < function.params.size(); ++i) inputs.data()[i] = value_of(function.params[i], slots[i]);
  for (size_t i = 0; i < function.results.size(); ++i) outputs.data()[i] = value_of(function.results[i], 0);
  function.call(caller.data_as<Plugin>().as_current(), inputs.data(), function.params.size(), outputs.data(),
                function.results.size(), function.user_data);
  for (size_t i = 0; i < function.results.size(); ++i) {
    if (outputs.data()[i].t != function.results[i])
      return caller.fail(Error(ErrorKind::kUsage, "the host function " + printable(function.name) +
                                                      " has changed the type of its result " + std::to_string(i) +
                                                      "; it must only set the value"));
    slots[i] = slot_of(outputs.data()[i]);
  }
  return true;
}

Result<std::vector<ValType>> numbers(const HostFunction& function, const std::vector<ExtismValType>& types) {
  static constexpr std::array kTypes = {ValType::i32(), ValType::i64(), ValType::f32(), ValType::f64()};
  std::vector<ValType> out;
  for (const ExtismValType type : types) {
    if (static_cast<size_t>(type) >= kTypes.size())
      return Error(ErrorKind::kUsage, "the host function " + printable(function.name) +
                                          " has a parameter or result of type " + std::to_string(type) +
                                          " (ExtismValType); the types that can be used are I32, I64, F32 and F64");
    out.push_back(kTypes[type]);
  }
  return out;
}

}  // namespace

Result<void> define(Linker& linker, std::shared_ptr<HostFunction> function) {
  FuncType type;
  ERMINE_ASSIGN(type.params, numbers(*function, function->params));
  ERMINE_ASSIGN(type.results, numbers(*function, function->results));
  const HostFunction& named = *function;
  return linker.func_raw(named.module, named.name, std::move(type), &call_function, std::move(function));
}

}  // namespace ermine::extism
