#include "world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "component/adapter/transcode.h"
#include "component/text/text.h"
#include "component/validation/validator.h"

namespace ermine::component {

namespace {

constexpr uint32_t kCalleeNumber = 0, kPostReturnNumber = 1, kReallocNumber = 10;  // the latter plus the guest's

ermine::ValType api_type(wasm::ValType type) {
  switch (type.kind()) {
    case wasm::ValKind::kI64: return ermine::ValType::i64();
    case wasm::ValKind::kF32: return ermine::ValType::f32();
    case wasm::ValKind::kF64: return ermine::ValType::f64();
    default: return ermine::ValType::i32();
  }
}

uint64_t bits_of(const Val& value) {
  uint64_t slots[2] = {};
  value.to_slots(slots);
  const bool is_32 = value.kind() == ermine::ValKind::kI32 || value.kind() == ermine::ValKind::kF32;
  return is_32 ? static_cast<uint32_t>(slots[0]) : slots[0];
}

Val value_of(ermine::ValType type, uint64_t bits) {
  switch (type.kind()) {
    case ermine::ValKind::kI64: return Val(bits);
    case ermine::ValKind::kF32: return Val::from_f32_bits(static_cast<uint32_t>(bits));
    case ermine::ValKind::kF64: return Val::from_f64_bits(bits);
    default: return Val(static_cast<uint32_t>(bits));
  }
}

Error trap(AdapterTrap code) { return Error(ErrorKind::kTrap, std::string(adapter_trap_message(code))); }

}  // namespace

Engine& engine(Tier tier) {
  static std::map<Tier, Engine> engines;
  if (const auto at = engines.find(tier); at != engines.end()) return at->second;
  Config config;
  config.tier = tier;
#if !defined(__x86_64__)
  if (tier == Tier::kOptimized) config.verify_code = false;  // it can only be verified there
#endif
  return engines.emplace(tier, Engine(config)).first->second;
}

std::shared_ptr<const ValidComponent> types_of(const std::string& definitions) {
  auto bytes = parse_text(fmt::format("(component {})", definitions));
  if (!bytes) {
    ADD_FAILURE() << bytes.error().message();
    return nullptr;
  }
  auto owner = std::make_shared<std::vector<uint8_t>>(*std::move(bytes));
  ValidateOptions options;
  options.features = FeatureSet::all();
  auto component = validate(*owner, owner, options);
  if (!component) {
    ADD_FAILURE() << component.error().message() << "\n" << definitions;
    return nullptr;
  }
  return *component;
}

FuncId last_func(const ValidComponent& component) {
  const std::vector<AnyType>& types = component.body.spaces.types;
  for (size_t i = types.size(); i-- > 0;)
    if (types[i].kind == AnyKind::Func) return types[i].id;
  ADD_FAILURE() << "no function type";
  return 0;
}

reference::Side Guest::side(std::mt19937_64* random) const {
  reference::Side side;
  side.encoding = encoding;
  side.is64 = is64;
  side.memory = [memory = *memory] { return memory.span(); };
  side.allocate = [this](uint64_t alignment, uint64_t size) {
    return const_cast<Guest*>(this)->allocate(alignment, size);
  };
  side.random = random;
  return side;
}

uint64_t Guest::allocate(uint64_t alignment, uint64_t size) {
  next = (next + alignment - 1) / alignment * alignment;
  const uint64_t at = next;
  next += size;
  while (memory->byte_size() < next) {
    if (!memory->grow(1)) return ~uint64_t{0};
  }
  return at;
}

World::World(const std::string& definitions, Guest caller, Guest callee_guest, bool with_post_return, Tier tier)
    : store(engine(tier)), guests{std::move(caller), std::move(callee_guest)}, types_(types_of(definitions)) {
  if (!types_) return;
  AdapterRequest request;
  request.name = "test#f";
  AdapterSide* sides[] = {&request.lower, &request.lift};
  for (uint32_t i = 0; i < 2; ++i) {
    Guest& guest = guests[i];
    MemoryType type;
    type.min = 1;
    type.is64 = guest.is64;
    guest.memory = *Memory::create(store, type);
    guest.flags = *Global::create(store, {ermine::ValType::i32(), true}, Val(i == 0 ? kInstanceRuns : kInstanceIdle));
    sides[i]->types = &types_->types;
    sides[i]->type = last_func(*types_);
    sides[i]->instance = i;
    sides[i]->encoding = static_cast<StringEncoding>(guest.encoding);
    sides[i]->memory = AdapterMemory{i, guest.is64, 16};
    sides[i]->realloc = kReallocNumber + i;
  }
  if (with_post_return) request.lift.post_return = kPostReturnNumber;
  request.callee = kCalleeNumber;
  request.entered = {1};
  request.may_throw = guests[1].throws;
  AdapterModule adapters;
  if (auto added = adapters.add(request); !added) {
    ADD_FAILURE() << added.error().message();
    return;
  }
  module = adapters.finish();
  auto compiled = Module::compile(store.engine(), module.bytes);
  if (!compiled) {
    ADD_FAILURE() << compiled.error().to_string() << "\n" << definitions;
    return;
  }
  std::vector<ermine::Extern> imports;
  for (const AdapterImport& entry : module.imports) imports.push_back(import(entry));
  auto instance = ermine::Instance::create(store, *compiled, imports);
  if (!instance) {
    ADD_FAILURE() << instance.error().to_string();
    return;
  }
  adapter = instance->get_func("0");
}

Func World::host(const wasm::FuncType& type, HostCallback callback) {
  ermine::FuncType converted;
  for (const wasm::ValType t : type.params) converted.params.push_back(api_type(t));
  for (const wasm::ValType t : type.results) converted.results.push_back(api_type(t));
  return Func::create(store, converted, std::move(callback));
}

ermine::Extern World::import(const AdapterImport& entry) {
  switch (entry.kind) {
    case AdapterImport::Kind::kMemory: return *guests[entry.number].memory;
    case AdapterImport::Kind::kFlags: return *guests[entry.number].flags;
    case AdapterImport::Kind::kIntrinsic: return intrinsic(entry);
    default: break;
  }
  if (entry.number >= kReallocNumber) {
    Guest& guest = guests[entry.number - kReallocNumber];
    return host(entry.type, [&guest](Caller&, std::span<const Val> args, std::span<Val> results) -> Result<void> {
      EXPECT_EQ(guest.flags_now(), kInstanceMayNotLeave);
      const Guest::Realloc call{bits_of(args[0]), bits_of(args[1]), bits_of(args[2]), bits_of(args[3])};
      guest.reallocs.push_back(call);
      uint64_t at = 0;
      if (guest.allocator) {
        ERMINE_ASSIGN(at, guest.allocator(call));
      } else {
        at = guest.allocate(call.alignment, call.size);
        std::memmove(guest.memory->data() + at, guest.memory->data() + call.old, std::min(call.old_size, call.size));
      }
      results[0] = value_of(results[0].type(), at);
      return {};
    });
  }
  if (entry.number == kPostReturnNumber)
    return host(entry.type, [this](Caller&, std::span<const Val> args, std::span<Val>) -> Result<void> {
      EXPECT_EQ(guests[1].flags_now(), kInstanceMayNotLeave);
      std::vector<uint64_t>& call = post_returns.emplace_back();
      for (const Val& arg : args) call.push_back(bits_of(arg));
      return {};
    });
  if (guests[1].throws) {
    const auto compiled = Module::from_text(store.engine(), "(module (tag $t) (func (export \"f\") (throw $t)))");
    return *ermine::Instance::create(store, *compiled, {})->get_func("f");
  }
  return host(entry.type, [this](Caller&, std::span<const Val> args, std::span<Val> results) -> Result<void> {
    EXPECT_EQ(guests[0].flags_now(), kInstanceRuns);
    EXPECT_EQ(guests[1].flags_now(), kInstanceRuns);
    if (before_callee) ERMINE_TRY(before_callee());
    std::vector<uint64_t> bits;
    for (const Val& arg : args) bits.push_back(bits_of(arg));
    const std::vector<uint64_t> returned = callee ? callee(bits) : std::vector<uint64_t>(results.size());
    EXPECT_EQ(returned.size(), results.size());
    for (size_t i = 0; i < results.size(); ++i) results[i] = value_of(results[i].type(), returned[i]);
    return {};
  });
}

Func World::intrinsic(const AdapterImport& entry) {
  const Intrinsic kind = entry.intrinsic;
  if (kind >= Intrinsic::TransferOwn && kind <= Intrinsic::TransferErrorContext)
    return host(entry.type, [this, entry](Caller&, std::span<const Val> args, std::span<Val> results) -> Result<void> {
      events.push_back(fmt::format("{} {} from {} to {}", intrinsic_name(entry.intrinsic), args[0].i32(),
                                   entry.from_instance, entry.to_instance));
      results[0] = Val(args[0].i32() + 1000);
      return {};
    });
  if (kind == Intrinsic::EnterCall || kind == Intrinsic::ExitCall)
    return host(entry.type, [this, kind](Caller&, std::span<const Val>, std::span<Val>) -> Result<void> {
      events.emplace_back(intrinsic_name(kind));
      return {};
    });
  if (kind == Intrinsic::Trap)
    return host(entry.type, [](Caller&, std::span<const Val> args, std::span<Val>) -> Result<void> {
      return trap(static_cast<AdapterTrap>(args[0].i32()));
    });
  Guest& source = guests[entry.from.number];
  Guest& target = guests[entry.to.number];
  return host(entry.type,
              [&source, &target, kind](Caller&, std::span<const Val> args, std::span<Val> results) -> Result<void> {
                const std::span<uint8_t> to = target.memory->span();
                if (kind == Intrinsic::WidenLatin1) {
                  const uint64_t at = bits_of(args[0]), length = bits_of(args[1]);
                  EXPECT_LE(at + 2 * length, to.size());
                  widen_latin1(to.data() + at, static_cast<uint32_t>(length));
                  return {};
                }
                const uint64_t at = bits_of(args[0]), length = bits_of(args[1]), out = bits_of(args[2]);
                const bool is_utf16 = kind == Intrinsic::Utf16ToUtf16 || kind == Intrinsic::Utf16ToUtf8 ||
                                      kind == Intrinsic::Utf16ToLatin1 || kind == Intrinsic::Utf16ToCompact;
                const std::span<const uint8_t> from =
                    std::span<const uint8_t>(source.memory->span()).subspan(at, length * (is_utf16 ? 2 : 1));
                EXPECT_LE(out, to.size());
    // The rooms that intrinsics.def states.
                const bool doubles = kind == Intrinsic::Latin1ToUtf16 || kind == Intrinsic::Utf8ToUtf16 ||
                                     kind == Intrinsic::Utf16ToUtf16 || kind == Intrinsic::Utf16ToCompact;
                const uint64_t room = args.size() == 4 ? bits_of(args[3]) : length * (doubles ? 2 : 1);
                EXPECT_LE(out + room, to.size());
                uint8_t* const p = to.data() + out;
                const Error invalid = trap(is_utf16 ? AdapterTrap::InvalidUtf16 : AdapterTrap::InvalidUtf8);
                const auto progress = [&](std::optional<Progress> made) -> Result<void> {
                  if (!made) return invalid.clone();
                  results[0] = Val(made->packed());
                  return {};
                };
                switch (kind) {
                  case Intrinsic::Utf8ToUtf8:
                    if (!copy_utf8(from, p)) return invalid.clone();
                    return {};
                  case Intrinsic::Utf16ToUtf16:
                    if (!copy_utf16(from, p)) return invalid.clone();
                    return {};
                  case Intrinsic::Latin1ToUtf16: latin1_to_utf16(from, p); return {};
                  case Intrinsic::Utf8ToUtf16: {
                    const auto units = utf8_to_utf16(from, p);
                    if (!units) return invalid.clone();
                    results[0] = Val(*units);
                    return {};
                  }
                  case Intrinsic::Utf16ToUtf8: return progress(utf16_to_utf8(from, {p, room}));
                  case Intrinsic::Latin1ToUtf8: return progress(latin1_to_utf8(from, {p, room}));
                  case Intrinsic::Utf8ToLatin1: return progress(utf8_to_latin1(from, p));
                  case Intrinsic::Utf16ToLatin1: return progress(utf16_to_latin1(from, p));
                  case Intrinsic::Utf16ToCompact: {
                    const auto latin1 = utf16_to_compact(from, p);
                    if (!latin1) return invalid.clone();
                    results[0] = Val(*latin1 ? 1 : 0);
                    return {};
                  }
                  default: return Error(ErrorKind::kUnsupported, "an intrinsic that the test does not know");
                }
              });
}

Result<std::vector<uint64_t>> World::call(const std::vector<uint64_t>& args) {
  std::vector<Val> values;
  const ermine::FuncType type = adapter->type();
  EXPECT_EQ(args.size(), type.params.size());
  for (size_t i = 0; i < args.size(); ++i) values.push_back(value_of(type.params[i], args[i]));
  ERMINE_ASSIGN(std::vector<Val> results, adapter->call(values));
  std::vector<uint64_t> bits;
  for (const Val& value : results) bits.push_back(bits_of(value));
  EXPECT_EQ(guests[0].flags_now(), kInstanceRuns);
  EXPECT_EQ(guests[1].flags_now(), kInstanceIdle);
  return bits;
}

std::string World::trap_of(const std::vector<uint64_t>& args) {
  const auto result = call(args);
  return result ? "" : result.error().message();
}

void World::put(uint32_t guest, uint64_t at, std::string_view bytes) {
  EXPECT_TRUE(guests[guest].memory->write(at, bytes.data(), bytes.size()));
}

std::string World::get(uint32_t guest, uint64_t at, uint64_t size) {
  std::string bytes(size, '\0');
  EXPECT_TRUE(guests[guest].memory->read(at, bytes.data(), size)) << at << " " << size;
  return bytes;
}

}  // namespace ermine::component
