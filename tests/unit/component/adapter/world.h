// World: an adapter between two guests that the test plays. The memories are real; realloc, the callee and post-return
// are functions of the test, and so are the intrinsics, which use the transcoders of the project.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "component/adapter/adapter.h"
#include "component/model/valid_component.h"
#include "ermine/ermine.h"
#include "reference.h"

namespace ermine::component {

// The types of a component that consists of these definitions. A failure of the test, and null, if it is not valid.
std::shared_ptr<const ValidComponent> types_of(const std::string& definitions);
// The last function type that a component defines.
FuncId last_func(const ValidComponent& component);

struct Guest {
  reference::Encoding encoding = reference::Encoding::kUtf8;
  bool is64 = false;
  bool throws = false;  // as the callee; for functions without parameters and result

  struct Realloc {
    uint64_t old = 0, old_size = 0, alignment = 0, size = 0;
    bool operator==(const Realloc&) const = default;
  };
  std::vector<Realloc> reallocs;
  // Replaces the allocator, to misbehave.
  std::function<Result<uint64_t>(const Realloc&)> allocator;

  reference::Side side(std::mt19937_64* random) const;  // for a test that plays this guest
  uint64_t allocate(uint64_t alignment, uint64_t size);
  int32_t flags_now() const { return flags->get().i32(); }

  std::optional<Memory> memory;
  std::optional<Global> flags;
  uint64_t next = 64;
};

class World {
 public:
  using Callee = std::function<std::vector<uint64_t>(std::span<const uint64_t>)>;

  // `definitions`: of a component whose last function type is that of the call. Guest 0 is the caller. The adapter runs
  // in the given tier.
  World(const std::string& definitions, Guest caller, Guest callee, bool with_post_return = false,
        Tier tier = Tier::kAuto);
  // False if something failed, which is a failure of the test.
  bool ready() const { return adapter.has_value(); }

  // Calls the adapter with core values as bits.
  Result<std::vector<uint64_t>> call(const std::vector<uint64_t>& args);
  // The message of the trap, or "".
  std::string trap_of(const std::vector<uint64_t>& args);
  void put(uint32_t guest, uint64_t at, std::string_view bytes);
  std::string get(uint32_t guest, uint64_t at, uint64_t size);
  void set_flags(uint32_t guest, int32_t flags) { EXPECT_TRUE(guests[guest].flags->set(Val(flags))); }

  Store store;
  std::array<Guest, 2> guests;
  Callee callee;
  std::vector<std::vector<uint64_t>> post_returns;  // the arguments of each call
  std::vector<std::string> events;  // scopes and transfers
  std::function<Result<void>()> before_callee;
  std::optional<Func> adapter;
  AdapterModule::Finished module;

 private:
  ermine::Extern import(const AdapterImport& import);
  Func host(const wasm::FuncType& type, HostCallback callback);
  Func intrinsic(const AdapterImport& import);

  std::shared_ptr<const ValidComponent> types_;
};

Engine& engine(Tier tier = Tier::kAuto);

}  // namespace ermine::component
