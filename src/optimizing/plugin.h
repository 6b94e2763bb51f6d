// The interface between the engine and the plug-in libermine-llvm.so, which holds all that touches LLVM (plugin/). The
// plug-in makes machine code of register code; the engine decides when, stores the code and runs it.
//
// Both sides are compiled from the same sources: they share the records of the register code and of modules, and the
// engine refuses a plug-in that was built from others (`build`).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ir/function_code.h"
#include "ir/op_forms.h"
#include "runtime/context.h"
#include "tiering/tier.h"
#include "wasm/module.h"

namespace ermine::optimizing {

inline constexpr const char* kPluginFile = "libermine-llvm.so";
inline constexpr const char* kPluginEntry = "ermine_llvm_plugin";

// The addresses that code calls. They live as long as the program.
struct Callees {
  const ir::HandlerTable* handlers = nullptr;
  const void* trap_handler = nullptr;  // as in tiering::Interpreter
  // gc::note_old_object(); null without garbage-collected objects.
  const void* note_old_object = nullptr;
};

struct Request {
  const tiering::Surroundings& in;
  const ir::FunctionCode& code;
  uint32_t func_index = 0;
  // 0: the code of the whole function, entered at its start. Otherwise the index of a loop's start in the register
  // code: what can run from there, up to the next round of a loop around it.
  uint32_t entry = 0;
  const std::function<const tiering::LoopCell*(uint32_t index)>& cell;  // NativeModule::Lookups::cell
  unsigned opt_level = 0;  // Config::opt_level
  bool wants_frames = false;  // Object::frames
};

// Machine code that can be executed at any address that is a multiple of kAlignment. It is entered at its start. Empty
// if the function cannot be compiled.
struct Object {
  static constexpr uint32_t kAlignment = 32;
  std::vector<uint8_t> bytes;  // code, then data
  uint32_t code_size = 0;
  // The offset of the entry for calls with arguments in registers; 0: there is none.
  uint32_t register_entry = 0;
  // See MachineCode: positions are ascending.
  using Position = tiering::MachineCode::Position;
  using Inlined = tiering::MachineCode::Inlined;
  std::vector<Position> positions;
  std::vector<Inlined> inlined;
  // Where the running function keeps its frame's address and, in the next 8 bytes, its context on the native stack:
  // relative to the register (its number in the processor's encoding). No register: the code does not access memories.
  static constexpr int kNoRegister = -1;
  int state_register = kNoRegister;
  int32_t state_offset = 0;
  std::vector<uint32_t> exits;  // MachineCode::exits
  std::vector<tiering::CodeFrames> frames;
  std::string problem;  // why it is empty
};

class Generator {
 public:
  virtual ~Generator() = default;
  // Thread-safe.
  virtual Object compile(const Request& request) = 0;
};

struct Plugin {
  const char* build;  // kBuild of the sources that it was compiled from
  const char* version;  // LLVM's, for instance "19.1.7"
  // Null: this processor is not supported. The caller owns the result.
  Generator* (*make)(const Callees& callees);
};
extern "C" typedef const Plugin* (*PluginEntry)();

// Of the files that both sides are compiled from, and of their options (CMakeLists.txt).
inline constexpr const char* kBuild = ERMINE_PLUGIN_BUILD;

}  // namespace ermine::optimizing
