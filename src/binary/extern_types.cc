#include "binary/extern_types.h"

#include "base/format.h"

namespace ermine::binary {

using wasm::Feature;

namespace {

struct Flags {
  bool has_max, is64, shared, page_size;
};
Flags limits_flags(Reader& in, bool memory) {
  const uint32_t at = in.offset();
  const uint8_t flags = in.byte();
  if (flags & ~(memory ? 0x0F : 0x05)) {
    in.malformed(at, base::format("malformed limits flags 0x{:02x}", flags));
  } else {
    // Bits that a later extension of the format added; without its feature they are malformed.
    auto need = [&](uint8_t bit, Feature feature) {
      if ((flags & bit) && !in.features().has(feature) && in.ok())
        in.malformed(at, base::format("malformed limits flags 0x{:02x}: this requires the {} feature", flags,
                                      wasm::feature_name(feature)));
    };
    need(2, Feature::Threads);
    need(4, Feature::Memory64);
    need(8, Feature::CustomPageSizes);
  }
  return {(flags & 1) != 0, (flags & 4) != 0, (flags & 2) != 0, (flags & 8) != 0};
}
wasm::Limits limits(Reader& in, const Flags& flags) {
  wasm::Limits limits;
  limits.min = in.u64();
  if (flags.has_max) limits.max = in.u64();
  return limits;
}

}  // namespace

wasm::TableType read_table_type(Reader& in) {
  wasm::TableType type;
  type.element = in.ref_type();
  const Flags flags = limits_flags(in, false);
  type.is64 = flags.is64;
  type.limits = limits(in, flags);
  return type;
}

wasm::MemoryType read_memory_type(Reader& in) {
  wasm::MemoryType type;
  type.entry_offset = in.offset();
  const Flags flags = limits_flags(in, true);
  type.is64 = flags.is64;
  type.shared = flags.shared;
  type.limits = limits(in, flags);
  if (flags.page_size) {
    const uint32_t at = in.offset();
    const uint32_t log2 = in.u32();
    if (log2 >= 64) in.malformed(at, base::format("invalid custom page size 2^{}", log2));
    type.page_log2 = static_cast<uint8_t>(log2);
  }
  return type;
}

wasm::GlobalType read_global_type(Reader& in) {
  wasm::GlobalType type;
  type.type = in.val_type();
  const uint32_t at = in.offset();
  const uint8_t mutability = in.byte();
  if (mutability > 1 && in.ok()) in.malformed(at, base::format("malformed mutability 0x{:02x}", mutability));
  type.is_mutable = mutability == 1;
  return type;
}

}  // namespace ermine::binary
