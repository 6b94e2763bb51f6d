// The verification of one function (verifier.h).
#pragma once

#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/decoded.h"
#include "verify/optimized/instructions.h"
#include "verify/optimized/state.h"
#include "verify/optimized/verifier.h"

namespace ermine::verify::optimized {

class Pass {
 public:
  Pass(const Code& code, const Subject& subject);
  std::string run();

 private:
  // Where an inner function, which LLVM has made a function of its own, is entered: it is analysed for each call. The
  // first two are the code's own entries.
  static constexpr uint32_t kInSlots = 0, kInRegisters = 1;
  struct Activation {
    uint32_t caller;
    uint32_t continues;  // at this offset
    unsigned depth;
  };
  struct Place {
    uint32_t activation, offset;
    bool operator<(const Place& o) const {
      return activation != o.activation ? activation < o.activation : offset < o.offset;
    }
    bool operator==(const Place&) const = default;
  };
  struct Known {
    State state;
    unsigned joins = 0;
    bool waits = true;  // in the queue
  };

  // The instance that runs the function, first; then those of imported functions that are inlined. The memories,
  // tables, globals, imports and functions of all have numbers: those of an instance begin at `memories`, and so on.
  struct Instance {
    const tiering::Surroundings* in;
    bool guarded;  // CodeOptions::guarded of its code
    uint32_t import = 0;  // the number of the import that has its context
    const runtime::FuncCode* func = nullptr;  // what the import was compared with
    uint32_t memories = 0, tables = 0, globals = 0, imports = 0, functions = 0;
  };

  // The register code of the function, or of one that is inlined (MachineCode::Inlined).
  struct Body {
    const ir::FunctionCode* code;
    uint32_t func_index;
    uint32_t instance = 0;
    uint32_t first = 0;
    int64_t frame = 0;  // bytes from the function's own frame
    const Body* caller = nullptr;
    const runtime::Code* call = nullptr;
    ir::DecodedFunction decoded;
    uint32_t end() const { return first + static_cast<uint32_t>(code->code.size()); }
    int64_t header() const { return frame + int64_t{8} * code->param_slots; }
  };

  // --- verifier.cc
  bool find_bodies();
  bool find_inlined(const tiering::MachineCode::Inlined& inlined);
  std::optional<uint32_t> instance_of_import(const Body& caller, const tiering::MachineCode::Inlined& inlined);
  const Instance& owner(uint32_t number, uint32_t Instance::* first) const;
  const wasm::GlobalType& global(uint32_t number) const;
  bool is_guarded(const Instance& instance, uint32_t memory) const;
  const wasm::Module& module_of(const Body& body) const { return instances_[body.instance].in->module; }
  const Body* body_of(uint64_t position) const;
  void find_names(const Body& body);
  void note_memory(uint32_t memory);
  State state_at_entry(bool by_registers) const;
  void follow(Place place, State state);
  void go_to(Place place, const State& state);
  bool refuse(std::string_view why);
  // A name for an operand of the current instruction: 2 and 3 are those of an address.
  static constexpr unsigned kNameOfResult = 4, kNamesOfInstruction = 5;
  uint32_t name(unsigned operand);

  // --- step.cc: instructions that compute; false: control does not continue there
  bool step(State& s, const Instruction& in);
  void compute(State& s, const Instruction& in);
  void move(State& s, const Instruction& in);
  void add(State& s, const Instruction& in);
  void compare_result(State& s, const Instruction& in, const Value& v, bool only_equality);
  void bitwise(State& s, const Instruction& in);
  void shift(State& s, const Instruction& in);
  void divide(State& s, const Instruction& in);
  void reduce(State& s, const Instruction& in);
  void compare(State& s, const Instruction& in);
  void select(State& s, const Instruction& in);
  Value read(State& s, const Instruction& in, unsigned operand);
  void write(State& s, const Instruction& in, unsigned operand, const Value& v);
  Value reg(State& s, unsigned r, unsigned bytes, unsigned operand);
  void set(State& s, unsigned r, unsigned bytes, const Value& v);
  Value address(State& s, const Instruction& in);

  // --- access.cc
  Value load(State& s, const Value& at, unsigned bytes, bool is_signed);
  void store(State& s, const Value& at, unsigned bytes, const Value& v);
  Value load_context(const Value& at, unsigned bytes, uint32_t instance);
  static bool is_known(const State& s, const Instance& instance);
  std::optional<uint32_t> instance_at(const State& s, const Value& context) const;
  bool is_context(const State& s, const Value& v, uint32_t instance) const;
  Value entries_at(const State& s, uint64_t address, uint32_t ref) const;
  Value load_exec(const Value& at, unsigned bytes);
  Value load_ref(State& s, const Value& at, unsigned bytes);
  Value load_entry(const Value& at, unsigned bytes);
  std::optional<Value> entry_at(uint64_t address) const;
  bool in_native_stack(const State& s, const Value& at, unsigned bytes);
  bool in_frame(const State& s, const Value& at, unsigned bytes);
  bool in_memory(State& s, const Value& at, unsigned bytes);
  bool is_reference(const Value& v) const;
  Value named(State& s, Value v);

  // --- control.cc
  bool branch(State& s, const Instruction& in);
  void note_guests(State& s) const;
  bool jump(State& s, const Instruction& in);
  bool jump_through_table(State& s, const Value& target);
  bool call(State& s, const Instruction& in);
  bool call_inner(State& s, uint32_t target);
  bool call_own(State& s);
  bool call_entry(State& s, const Value& entry);
  bool call_entry_by_registers(State& s, const Value& entry);
  bool call_import(State& s, const Value& entry);
  bool call_handler(State& s, uint64_t handler);
  bool leaves(State& s, const Value& target);
  bool returns(State& s);
  bool restores(const State& s, bool by_registers) const;
  bool has_state(const State& s, const Body& body) const;
  bool has_memory(const State& s, uint32_t instance) const;
  bool has_own_header(State& s) const;
  bool has_headers(State& s, const Body& body) const;
  bool has_native_state(State& s, const Body& body, uint32_t index) const;
  bool traps(State& s) const;
  const ir::IrInstr* callee_header(State& s, int64_t callee, const Body** body);
  bool calls(const State& s, const ir::IrInstr& instr, const Body& body, const Value& entry);
  const ir::IrInstr* instruction_of(const Value& record, const Body** body = nullptr);
  void after_call(State& s, uint32_t kept, bool returns_ref, int64_t frame, const Body& body);
  bool word_at(int64_t offset, uint64_t& word) const;

  const Code& code_;
  const Subject& subject_;
  Instructions instructions_;
  std::vector<Instance> instances_;
  std::vector<Body> bodies_;  // the function's own first
  int64_t params_end_ = 0;  // bytes of the parameters in the frame: where the header is
  // What the register code names, by number.
  std::set<uint32_t> imports_, memories_, tables_, written_tables_, globals_, written_globals_;
  uint32_t memory_set_ = 0;  // memories_ as in Kind::kMemory
  std::map<uint64_t, uint32_t> cells_;  // loops by the addresses of their cells

  std::vector<Activation> activations_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> inner_;  // activations by caller and offset
  std::map<Place, Known> known_;
  std::set<Place> waiting_;
  std::map<Place, uint32_t> names_;  // the first of an instruction
  std::map<std::pair<Place, int64_t>, uint32_t> join_names_;
  uint32_t last_name_ = 0;
  Place here_{};
  uint32_t next_ = 0;  // offset of the next instruction
  size_t steps_ = 0;
  std::string problem_;
};

}  // namespace ermine::verify::optimized
