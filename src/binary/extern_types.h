// Reads the types of tables, memories and globals (specification 3.0, section 5.3). On failure `in` is in its failed
// state.
#pragma once

#include "binary/reader.h"

namespace ermine::binary {

wasm::TableType read_table_type(Reader& in);
wasm::MemoryType read_memory_type(Reader& in);
wasm::GlobalType read_global_type(Reader& in);

}  // namespace ermine::binary
