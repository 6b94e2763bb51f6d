#include "transcript.h"

#include <fmt/format.h>

#include <cmath>

namespace ermine::fuzz {

namespace {

constexpr unsigned kCalls = 3;  // of each function
constexpr uint64_t kFuel = 50'000'000;

// An argument: mostly small, sometimes at the ends of the range.
uint64_t argument_bits(ValType type, unsigned call, size_t param) {
  constexpr uint64_t kIntegers[] = {0, 1, 7, ~uint64_t{0}, 64, 0x80000000, 0x7FFFFFFFFFFFFFFF, 12};
  constexpr double kFloats[] = {0.0, 1.5, -3.25, 1e10, -0.0, 65536.0, 0.1, -1e30};
  size_t i = (call * 3 + param) % 8;
  switch (type.kind()) {
    case ValKind::kI32: return static_cast<uint32_t>(kIntegers[i]);
    case ValKind::kF32: return std::bit_cast<uint32_t>(static_cast<float>(kFloats[i]));
    case ValKind::kF64: return std::bit_cast<uint64_t>(kFloats[i]);
    default: return kIntegers[i];
  }
}

Val value_of(ValType type, uint64_t bits) {
  switch (type.kind()) {
    case ValKind::kI32: return Val(static_cast<uint32_t>(bits));
    case ValKind::kI64: return Val(bits);
    case ValKind::kF32: return Val::from_f32_bits(static_cast<uint32_t>(bits));
    default: return Val::from_f64_bits(bits);
  }
}

bool is_number(ValType type) { return !type.is_ref() && type != ValType::v128(); }

bool callable(const FuncType& type) {
  for (const auto* list : {&type.params, &type.results})
    for (ValType t : *list)
      if (!is_number(t)) return false;
  return true;
}

std::string show(const Val& v) {
  switch (v.kind()) {
    case ValKind::kI32: return fmt::format("i32:{:x}", static_cast<uint32_t>(v.i32()));
    case ValKind::kI64: return fmt::format("i64:{:x}", static_cast<uint64_t>(v.i64()));
    case ValKind::kF32: return fmt::format("f32:{}{:x}", std::isnan(v.f32()) ? "nan:" : "", v.f32_bits());
    case ValKind::kF64: return fmt::format("f64:{}{:x}", std::isnan(v.f64()) ? "nan:" : "", v.f64_bits());
    case ValKind::kV128: {
      std::string out = "v128:";
      for (uint8_t b : v.v128().bytes) out += fmt::format("{:02x}", b);
      return out;
    }
    default: return v.is_null() ? "null" : "ref";
  }
}

// The hash that the driver of another engine computes, too: FNV-1a, 32 bits.
uint32_t hash(std::span<const uint8_t> bytes) {
  uint32_t h = 0x811C9DC5;
  for (uint8_t b : bytes) h = (h ^ b) * 0x01000193;
  return h;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else out += c;
  }
  return out + '"';
}

std::string rows(std::span<const uint8_t> bytes) {
  std::string out;
  for (size_t row = 0; row < bytes.size(); row += 16) {
    std::string line;
    bool zero = true;
    for (size_t i = row; i < std::min(row + 16, bytes.size()); ++i) {
      line += fmt::format(" {:02x}", bytes[i]);
      zero = zero && bytes[i] == 0;
    }
    if (!zero) out += fmt::format("  {:06x}:{}\n", row, line);
  }
  return out;
}

bool is_limit(const Error& e) {
  if (e.kind() == ErrorKind::kLimit || e.kind() == ErrorKind::kUnsupported) return true;
  if (e.kind() != ErrorKind::kTrap) return false;
  switch (e.trap_code()) {
    case TrapCode::kCallStackExhausted:
    case TrapCode::kAllocationTooLarge:
    case TrapCode::kGcHeapExhausted:
    case TrapCode::kOutOfFuel:
    case TrapCode::kInterrupted: return true;
    default: return false;
  }
}

std::string show(const Error& e) {
  if (e.kind() == ErrorKind::kException) return "exception";
  if (e.kind() == ErrorKind::kTrap) return "trap: " + std::string(trap_message(e.trap_code()));
  return "error: " + std::string(e.message());
}

}  // namespace

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const TierName& tier : Config::tiers())
    for (bool fuel : {false, true})
      for (bool deterministic : {true, false})
        for (bool guarded : {true, false}) {
          // Checked memories need not be crossed with everything else.
          if (!guarded && (fuel || !deterministic)) continue;
          Variant v;
          v.name = fmt::format("{}{}{}{}", tier.name, fuel ? "+fuel" : "", deterministic ? "+deterministic" : "",
                               guarded ? "" : "+checked");
          v.config.tier = tier.tier;
          v.config.tier_up_calls = 2;  // so that short programs move, too
          v.config.tier_up_rounds = 20;
          v.config.consume_fuel = fuel;
          v.config.mask_speculation = !fuel;
          v.config.deterministic = deterministic;
          if (!guarded) v.config.memory_reservation = 0;
          v.config.parallelism = 1;
          v.config.max_gc_heap = 64 << 20;
          v.config.enable_all_features();
          all.push_back(std::move(v));
        }
  return all;
}

Transcript run_module(const Engine& engine, std::span<const uint8_t> bytes, bool memories) {
  Transcript out;
  auto module = Module::compile(engine, bytes);
  if (!module) {
    out.text = fmt::format("compile: {}\n", module.error().message());
    out.limited = is_limit(module.error());
    return out;
  }
  StoreLimits limits;
  limits.memory_bytes = 64 << 20;
  limits.table_elements = 1'000'000;
  Store store(engine, limits);
  const bool fuel = engine.config().consume_fuel;
  auto refuel = [&] {
    if (fuel) (void)store.set_fuel(kFuel);
  };
  auto failed = [&](const Error& e) {
    out.limited = out.limited || is_limit(e);
    out.text += show(e) + '\n';
  };
  uint64_t logged = 0;
  Linker linker(engine);
  (void)linker.func_wrap("env", "log", [&logged](uint64_t v) { logged = (logged ^ v) * 0x9E3779B97F4A7C15; });
  if (auto r = linker.define_unknown_imports_as_defaults(store, *module); !r) {
    failed(r.error());
    return out;
  }
  refuel();
  out.text += "instantiate: ";
  auto instance = linker.instantiate(store, *module);
  if (!instance) {
    failed(instance.error());
    return out;
  }
  out.text += "ok\n";
  // Exports go by their place: names may be anything.
  const auto exports = instance->exports();
  for (size_t e = 0; e < exports.size(); ++e) {
    std::optional<Func> func = exports[e].second.func();
    if (!func) continue;
    FuncType type = func->type();
    if (!callable(type)) continue;
    for (unsigned call = 0; call < kCalls; ++call) {
      std::vector<Val> arguments;
      for (size_t i = 0; i < type.params.size(); ++i)
        arguments.push_back(value_of(type.params[i], argument_bits(type.params[i], call, i)));
      refuel();
      out.text += fmt::format("e{}#{}:", e, call);
      auto results = func->call(std::span<const Val>(arguments));
      if (!results) {
        out.text += ' ';
        failed(results.error());
        if (results.error().kind() == ErrorKind::kException) (void)take_exception(store);
        continue;
      }
      for (const Val& v : *results) out.text += ' ' + show(v);
      out.text += '\n';
    }
  }
  for (size_t e = 0; e < exports.size(); ++e) {
    const Extern& item = exports[e].second;
    if (auto global = item.global(); global && is_number(global->type().type))
      out.text += fmt::format("e{} = {}\n", e, show(global->get()));
    if (auto memory = item.memory()) {
      out.text += fmt::format("e{}: {} bytes, {:x}\n", e, memory->byte_size(), hash(memory->span()));
      if (memories) out.text += rows(memory->span());
    }
  }
  out.text += fmt::format("log: {:x}\n", logged);
  return out;
}

std::string plan_of(const Engine& engine, std::span<const uint8_t> bytes) {
  auto module = Module::compile(engine, bytes);
  if (!module) return "";
  std::string calls, state;
  auto list = [](std::string& to, std::string item) { to += (to.empty() ? "" : ",") + item; };
  auto types = [&](const std::vector<ValType>& all) {
    std::string out;
    for (ValType t : all) list(out, fmt::format("\"{}\"", t.to_string()));
    return out;
  };
  std::vector<ExportType> exports = module->exports();
  for (size_t at = 0; at < exports.size(); ++at) {
    const ExportType& e = exports[at];
    std::string item = fmt::format("{{\"export\":{},\"name\":{}", at, quoted(e.name));
    if (e.type.kind == ExternKind::kFunc && callable(e.type.func)) {
      for (unsigned call = 0; call < kCalls; ++call) {
        std::string arguments;
        for (size_t i = 0; i < e.type.func.params.size(); ++i)
          list(arguments, fmt::format("\"{:x}\"", argument_bits(e.type.func.params[i], call, i)));
        list(calls, fmt::format("{},\"call\":{},\"params\":[{}],\"args\":[{}],\"results\":[{}]}}", item, call,
                                types(e.type.func.params), arguments, types(e.type.func.results)));
      }
    } else if (e.type.kind == ExternKind::kGlobal && is_number(e.type.global.type)) {
      list(state, fmt::format("{},\"global\":\"{}\"}}", item, e.type.global.type.to_string()));
    } else if (e.type.kind == ExternKind::kMemory) {
      list(state, item + ",\"memory\":true}");
    }
  }
  return fmt::format("{{\"calls\":[{}],\"state\":[{}]}}\n", calls, state);
}

}  // namespace ermine::fuzz
