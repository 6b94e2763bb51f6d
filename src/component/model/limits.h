// Implementation limits of components, in addition to wasm/limits.h. They are those of wasm-tools (wasmparser,
// limits.rs), so that a component that other tools accept is accepted here, unless another source is named.
#pragma once
#include <cstdint>

namespace ermine::component {
inline constexpr uint32_t kMaxModuleTypeDeclarators = 100'000;
inline constexpr uint32_t kMaxTypeDeclarators = 1'000'000;  // of a component type or instance type
inline constexpr uint32_t kMaxRecordFields = 10'000;
inline constexpr uint32_t kMaxVariantCases = 10'000;
inline constexpr uint32_t kMaxTupleTypes = 10'000;
inline constexpr uint32_t kMaxFlags = 1'000;      // the validator allows 32 (Binary.md)
inline constexpr uint32_t kMaxEnumCases = 10'000;
inline constexpr uint32_t kMaxFixedLength = 1u << 30;
inline constexpr uint32_t kMaxFuncParams = 1'000;
inline constexpr uint32_t kMaxTypeDepth = 100;    // value types within value types
inline constexpr uint32_t kMaxInlineExports = 100'000;
inline constexpr uint32_t kMaxInstantiationArgs = 100'000;
inline constexpr uint32_t kMaxCanonOptions = 10;
inline constexpr uint32_t kMaxStartArgs = 1'000;
inline constexpr uint32_t kMaxStringSize = 100'000;
// Entries of index spaces.
inline constexpr uint32_t kMaxModules = 1'000;
inline constexpr uint32_t kMaxComponents = 1'000;
inline constexpr uint32_t kMaxInstances = 1'000;
inline constexpr uint32_t kMaxValues = 1'000;
inline constexpr uint32_t kMaxCoreItems = 1'000'000;
// The parts of which a type consists, those of types that it names included, and of all imports and exports of a
// component. It bounds the work of comparing and substituting types.
inline constexpr uint32_t kMaxTypeSize = 1'000'000;
// The same for a whole binary, each type as often as it is imported, exported, compared or given as an argument:
// wasm-tools has no such limits, and a small component could keep it busy for minutes. Tools make components with fewer
// than a million. The second limit is for types that are copied because instantiation changes them: it bounds the
// memory.
inline constexpr uint64_t kMaxTypeWork = 100'000'000;
inline constexpr uint64_t kMaxCopiedTypes = 2'000'000;
// Bytes of a value in memory (Binary.md, notes on type definitions): less than this.
inline constexpr uint64_t kMaxValueSize = uint64_t{1} << 28;
// Components within components, and types with declarators within each other: bounds the native stack. wasm-tools has
// no such limit for components, because it keeps a stack of its own; tools nest fewer than ten.
inline constexpr uint32_t kMaxNesting = 100;
// Instances of components that one component makes, those in nested components included, and the definitions in them:
// instances of nested components can multiply. Ours; tools make fewer than a hundred.
inline constexpr uint32_t kMaxInlinedInstances = 10'000;
inline constexpr uint32_t kMaxInlinedDefinitions = 1'000'000;
// Handles in the table of a component instance. The specification allows 2^28 - 1 (CanonicalABI.md, "Table State"),
// which would take gigabytes of the host's memory.
inline constexpr uint32_t kMaxHandles = 1'000'000;
// Handles that are no resources, each of which takes a few hundred bytes. Ours.
inline constexpr uint32_t kMaxWaitables = 100'000;
// The value stack of a thread, and how many are kept for the next ones. Ours; threads do not recurse deeply.
inline constexpr uint64_t kThreadStackBytes = uint64_t{1} << 20;
inline constexpr uint32_t kIdleStacks = 16;
// Of a store: tasks and threads of components, those that have a stack of their own at the same time, and the bytes of
// the message of an error context. Ours.
inline constexpr uint32_t kMaxThreads = 100'000;
inline constexpr uint32_t kMaxStacks = 1'000;
inline constexpr uint32_t kMaxErrorContextBytes = 1'024;
// Bytes of the host's memory for the values that one call passes between a component and the host. A list of a list in
// a guest's memory may refer to the same bytes again and again.
inline constexpr uint64_t kMaxHostValueBytes = uint64_t{1} << 28;
// The core values that a function passes directly (CanonicalABI.md, "Flattening").
inline constexpr uint32_t kMaxFlatParams = 16;
inline constexpr uint32_t kMaxFlatAsyncParams = 4;
inline constexpr uint32_t kMaxFlatResults = 1;
}  // namespace ermine::component
