// The objects behind the C API (include/wasm.h, include/ermine.h): types are plain values, and a reference is what it
// refers to, with the store that it keeps alive.
//
// A wasm_func_t is a wasm_extern_t is a wasm_ref_t, so the functions of the API that convert between them only change a
// pointer's type.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ermine.h"
#include "ermine/ermine.h"

namespace ermine::capi {

// A pointer of the host that an object carries.
class HostInfo {
 public:
  HostInfo() = default;
  ~HostInfo() { set(nullptr, nullptr); }
  HostInfo(const HostInfo&) = delete;
  HostInfo& operator=(const HostInfo&) = delete;
  void* get() const { return info_; }
  // The one before ends.
  void set(void* info, void (*finalizer)(void*)) {
    void* const old = std::exchange(info_, info);
    if (auto* const f = std::exchange(finalizer_, finalizer)) f(old);
  }

 private:
  void* info_ = nullptr;
  void (*finalizer_)(void*) = nullptr;
};

// A store, and the host info of its objects, which end with it.
struct StoreState : std::enable_shared_from_this<StoreState> {
  // What the standard's API can delete one by one, a store has until it ends, so their number is not limited.
  explicit StoreState(const Engine& engine) : store(std::in_place, engine, limits()) { store->set_data(this); }
  static StoreLimits limits() {
    StoreLimits limits;
    limits.instances = limits.memories = limits.tables = StoreLimits::kUnlimited;
    return limits;
  }
  ~StoreState() { store.reset(); }
  // Null while it is being deleted.
  static std::shared_ptr<StoreState> of(StoreRef store) {
    return static_cast<StoreState*>(store.data())->weak_from_this().lock();
  }

  void* data = nullptr;  // the embedder's
  std::map<const void*, HostInfo> infos;  // by identity
  std::optional<Store> store;
};
using SharedStore = std::shared_ptr<StoreState>;

struct Foreign {
  HostInfo info;
};
// An error that ended a call. Immutable but for the host info.
struct Trap {
  Error error;
  ExnRef exception{};  // of kException
  HostInfo info;
};

struct Signature {
  static constexpr size_t kDirectSlots = 32;

  explicit Signature(FuncType of);
  FuncType type;
  std::vector<wasm_valkind_t> params, results;
  std::vector<uint32_t> narrow_params;  // the slots of parameters that have 32 bits
  size_t slots = 0;  // of the parameters, or of the results if they have more
  bool has_references = false;
  bool is_direct = false;  // all are numbers, one in each slot, and at most kDirectSlots
};

// What a reference refers to. In a store's heap it is the payload of an externref, without the store, which would keep
// itself alive.
using Target = std::variant<Func, Global, Table, Memory, Tag, Instance, Module, std::shared_ptr<Foreign>,
                            std::shared_ptr<Trap>, Ref>;
enum class TargetKind : uint8_t { kFunc, kGlobal, kTable, kMemory, kTag, kInstance, kModule, kForeign, kTrap, kOpaque };

// Records why a function returned null: ermine_last_error().
void set_last_error(const Error& error);

}  // namespace ermine::capi

// ---- Types

struct wasm_config_t {
  ermine::Config config;
};
struct wasm_engine_t {
  ermine::Engine engine;
};
struct wasm_store_t {
  ermine::capi::SharedStore state;
};

struct wasm_valtype_t {
  ermine::ValType type;
};

struct wasm_externtype_t {
  explicit wasm_externtype_t(wasm_externkind_t kind) : kind(kind) {}
  virtual ~wasm_externtype_t() = default;
  virtual wasm_externtype_t* copy() const = 0;
  const wasm_externkind_t kind;
};
struct wasm_functype_t final : wasm_externtype_t {
  // Takes both over.
  wasm_functype_t(wasm_valtype_vec_t params, wasm_valtype_vec_t results)
      : wasm_externtype_t(WASM_EXTERN_FUNC), params(params), results(results) {}
  explicit wasm_functype_t(const ermine::FuncType& type);
  ~wasm_functype_t() override {
    wasm_valtype_vec_delete(&params);
    wasm_valtype_vec_delete(&results);
  }
  wasm_externtype_t* copy() const override { return new wasm_functype_t(to_cxx()); }
  ermine::FuncType to_cxx() const;
  wasm_valtype_vec_t params, results;
};
struct wasm_globaltype_t final : wasm_externtype_t {
  explicit wasm_globaltype_t(const ermine::GlobalType& type)
      : wasm_externtype_t(WASM_EXTERN_GLOBAL), type(type), content{type.type} {}
  wasm_externtype_t* copy() const override { return new wasm_globaltype_t(type); }
  ermine::GlobalType type;
  wasm_valtype_t content;
};
// Limits in the form of the C API; of larger types they are cut off.
wasm_limits_t limits_of(uint64_t min, const std::optional<uint64_t>& max);
struct wasm_tabletype_t final : wasm_externtype_t {
  explicit wasm_tabletype_t(const ermine::TableType& type)
      : wasm_externtype_t(WASM_EXTERN_TABLE),
        type(type),
        element{type.element},
        limits(limits_of(type.min, type.max)) {}
  wasm_externtype_t* copy() const override { return new wasm_tabletype_t(type); }
  ermine::TableType type;
  wasm_valtype_t element;
  wasm_limits_t limits;
};
struct wasm_memorytype_t final : wasm_externtype_t {
  explicit wasm_memorytype_t(const ermine::MemoryType& type)
      : wasm_externtype_t(WASM_EXTERN_MEMORY), type(type), limits(limits_of(type.min, type.max)) {}
  wasm_externtype_t* copy() const override { return new wasm_memorytype_t(type); }
  ermine::MemoryType type;
  wasm_limits_t limits;
};
struct ermine_tagtype_t final : wasm_externtype_t {
  explicit ermine_tagtype_t(const ermine::TagType& type)
      : wasm_externtype_t(ERMINE_EXTERN_TAG), type(type), func(type.func) {}
  wasm_externtype_t* copy() const override { return new ermine_tagtype_t(type); }
  ermine::TagType type;
  wasm_functype_t func;
};

struct wasm_importtype_t {
  ~wasm_importtype_t() {
    wasm_name_delete(&module);
    wasm_name_delete(&name);
    delete type;
  }
  wasm_name_t module, name;
  wasm_externtype_t* type;
};
struct wasm_exporttype_t {
  ~wasm_exporttype_t() {
    wasm_name_delete(&name);
    delete type;
  }
  wasm_name_t name;
  wasm_externtype_t* type;
};

// ---- References

struct wasm_ref_t {
  wasm_ref_t(ermine::capi::SharedStore store, ermine::capi::Target target)
      : store(std::move(store)), target(std::move(target)) {}
  ermine::capi::TargetKind kind() const { return static_cast<ermine::capi::TargetKind>(target.index()); }
  template <class T>
  const T& get() const {
    return *std::get_if<T>(&target);
  }
  ermine::StoreRef store_ref() const { return *store->store; }

  // Of a function; kept, so that calls need not ask for it again.
  const ermine::capi::Signature& signature() const {
    if (!signature_) [[unlikely]]
      signature_ = std::make_shared<const ermine::capi::Signature>(get<ermine::Func>().type());
    return *signature_;
  }

  ermine::capi::SharedStore store;
  ermine::capi::Target target;
  bool is_exception = false;  // of an opaque reference: to which hierarchy it belongs

 private:
  mutable std::shared_ptr<const ermine::capi::Signature> signature_;
};
// Nothing is added to a reference, so that one may be used under all of its types.
struct wasm_extern_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_func_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
};
struct wasm_global_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
};
struct wasm_table_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
};
struct wasm_memory_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
};
struct ermine_tag_t : wasm_extern_t {
  using wasm_extern_t::wasm_extern_t;
};
struct wasm_instance_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_module_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_foreign_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_trap_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
};
struct wasm_shared_module_t {
  ermine::Module module;
};
struct wasm_frame_t {
  ermine::FrameInfo frame;
};
struct ermine_caller_t {
  ermine::Caller& caller;
};
struct ermine_wasi_t {
  ermine::Wasi wasi;
};

namespace ermine::capi {

wasm_externtype_t* new_externtype(const ExternType& type);
wasm_valkind_t kind_of(ValType type);
wasm_byte_vec_t bytes_of(std::string_view text);  // owned by the receiver
// False: the reason is the last error.
template <class T>
bool succeeded(const Result<T>& result) {
  if (!result) set_last_error(result.error());
  return result.has_value();
}
inline std::string_view view_of(const wasm_byte_vec_t& bytes) { return {bytes.data, bytes.size}; }

wasm_extern_t* new_extern(const SharedStore& store, const Extern& item);
Extern extern_of(const wasm_extern_t& item);
// An exception that was not caught becomes the trap's.
wasm_trap_t* new_trap(const SharedStore& store, Error error);
// What a function of the host returns for the trap that it got, which is deleted.
Error take_error(wasm_trap_t* trap);

// Values. to_val: of this type; kUsage if it does not fit.
Result<Val> to_val(const SharedStore& store, const wasm_val_t& value, ValType type);
wasm_val_t from_val(const SharedStore& store, const Val& value);
Result<Val> to_val(const SharedStore& store, const wasm_ref_t* ref, ValType type);
wasm_ref_t* from_ref(const SharedStore& store, const Val& value);  // null for null

// A pointer of the embedder, which ends by its finalizer, if it has one.
inline std::shared_ptr<void> with_finalizer(void* env, void (*finalizer)(void*)) {
  return std::shared_ptr<void>(env, [finalizer](void* e) {
    if (finalizer != nullptr) finalizer(e);
  });
}

// A function of the host, in one of three forms.
struct HostFunc {
  wasm_func_callback_t plain = nullptr;
  wasm_func_callback_with_env_t with_env = nullptr;
  ermine_func_callback_t with_caller = nullptr;
  std::shared_ptr<void> env = nullptr;
  wasm_trap_t* call(Caller& caller, wasm_val_vec_t args, wasm_val_vec_t results) const;
};
Func new_host_func(StoreRef store, const FuncType& type, HostFunc func);
Result<void> define_host_func(Linker& linker, std::string_view module, std::string_view name, const FuncType& type,
                              HostFunc func);

// Bytes of a number of a component; 0 for what is no number.
size_t number_size(ermine_component_valkind_t element);

constexpr size_t kFew = 16;  // values that need no memory of the heap

// Values of a call, with an array for few of them.
class Values {
 public:
  explicit Values(size_t size) : many_(size > kFew ? std::make_unique<wasm_val_t[]>(size) : nullptr) {
    vec_ = {size, many_ ? many_.get() : few_};
    for (size_t i = 0; i < size; ++i) vec_.data[i] = WASM_INIT_VAL;
  }
  ~Values() {
    for (size_t i = 0; i < vec_.size; ++i) wasm_val_delete(&vec_.data[i]);
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;
  wasm_val_vec_t* vec() { return &vec_; }
  wasm_val_t& operator[](size_t i) { return vec_.data[i]; }

 private:
  wasm_val_t few_[kFew];
  std::unique_ptr<wasm_val_t[]> many_;
  wasm_val_vec_t vec_;
};

}  // namespace ermine::capi
