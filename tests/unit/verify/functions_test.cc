// Functions from the compiler are accepted; with one error that a compiler could have made, in the code, the constants
// beside it, or its description, they are refused. On all processors.
#include <gtest/gtest.h>

#include <cstring>

#include "interp/tier.h"
#include "ir/encoding.h"
#include "specimen.h"
#include "verify/written_code.h"

namespace ermine::verify {
namespace {

constexpr std::string_view kModule = R"((module
  (type $t (func (param i32) (result i32)))
  (type $u (func (param i64) (result i64)))
  (import "h" "f" (func $h (param i32) (result i32)))
  (import "h" "k" (func $k (param i32 i32) (result i32)))
  (import "h" "g" (global $imported (mut i64)))
  (memory 1) (memory $second 1) (memory $third 1) (memory $wide i64 1)
  (table $first 10 funcref) (table $second 10 funcref)
  (global $own (mut i32) (i32.const 1))
  (func $a (export "a") (type $t) (local.get 0))
  (func $b (export "b") (type $t) (i32.add (local.get 0) (i32.const 1)))
  (func $loop (export "loop") (param $p i32) (param $n i32) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=0x1234 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $calls (export "calls") (param i32) (result i32)
    (i32.add (call $a (local.get 0)) (i32.mul (call $h (local.get 0)) (call $b (local.get 0)))))
  (func $table (export "table") (param i32) (result i32)
    (call_indirect $second (type $t) (local.get 0) (local.get 0)))
  (func $reference (export "reference") (param (ref $t)) (result i32) (call_ref $t (i32.const 1) (local.get 0)))
  (func $switch (export "switch") (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0))) (return (i32.const 1))) (return (i32.const 2)))
    (i32.const 3))
  (func $handler (export "handler") (param i32) (result i32)
    (memory.fill (local.get 0) (i32.const 1) (i32.const 100)) (memory.size))
  (func $divide (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $vectors (export "vectors") (param i32) (result v128) (local $v v128)
    (loop $again
      (local.set $v (i32x4.add (local.get $v) (v128.load (local.get 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 16)))))
    (local.get $v))
  ;; A value stays in the accumulator over branches and places where fuel is taken.
  (func $carried (export "carried") (param $x i32) (param $y i32) (result i32 i32)
    (i32.const 7)
    (select (local.get $x) (i32.const 9) (i32.const 0))
    (block (result i32) (local.get $y))
    (br_if 0)
    (local.set $x) (drop) (local.get $x) (local.get $y))
  ;; The second loop is behind one that never ends, and is entered from the interpreter only.
  (func $dead (export "dead") (param $p i32) (result i32)
    (loop $outer
      (loop $forever
        (local.set $p (i32.add (local.get $p) (i32.const 3)))
        (br_if $forever (i32.ge_u (local.get $p) (local.get $p))))
      (memory.fill (local.get $p) (i32.const 1) (i32.const 100))
      (loop $again
        (local.set $p (i32.add (local.get $p) (i32.load (local.get $p))))
        (local.set $p (i32.xor (local.get $p) (i32.load (local.get $p))))
        (br_if $again (local.get $p)))
      (br_if $outer (local.get $p)))
    (local.get $p))
  (func $two (type $pair) (local.get 0))
  (type $pair (func (param i32 i32) (result i32)))
  (type $three (func (param i32 i32 i32) (result i32)))
  (func $tail (export "tail") (param i32 i32) (result i32)
    (return_call $two (i32.const 2) (i32.add (local.get 0) (local.get 1))))
  (func $grows (export "grows") (type $t) (local i32 i32 i32)
    (return_call $two (local.get 0) (i32.const 3)))
  (func $shrinks (export "shrinks") (type $three) (return_call $two (local.get 2) (local.get 1)))
  (func $tail_table (export "tail_table") (param i32) (result i32)
    (return_call_indirect $second (type $t) (local.get 0) (local.get 0)))
  (func $tail_import (export "tail_import") (param i32) (result i32) (return_call $k (i32.const 1) (local.get 0)))
  ;; The memory that is accessed changes; a division traps in between.
  (func $memories (export "memories") (param $p i32) (param $n i32) (result i32)
    (loop $again
      (i32.store $third (local.get $p)
        (i32.div_u (i32.load $second (local.get $p)) (i32.load8_u $third offset=0x1234 (local.get $n))))
      (if (i32.load8_u $second (local.get $n)) (then (i32.store $second (local.get $p) (i32.load (local.get $p)))))
      (i64.store $wide (i64.extend_i32_u (local.get $p)) (i64.load $second (local.get $p)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (i32.load8_u $third (local.get $p)) (i32.load8_u (local.get $p))))
  (func $tail_reference (export "tail_reference") (param (ref $t)) (result i32)
    (return_call_ref $t (i32.const 1) (local.get 0)))
))";

class Functions : public testing::Test {
 protected:
  static Specimens& specimens() {
    static Specimens all(kModule);
    return all;
  }
  static Specimen function(std::string_view name) {
    for (uint32_t i = specimens().first(); i < specimens().end(); ++i)
      if (specimens().module().function_name(i) == name) {
        Specimen s(specimens(), i);
        EXPECT_EQ(s.verify(), "");
        return s;
      }
    std::abort();
  }
  static void refuses(Specimen s, std::string_view why) {
    const std::string said = s.verify();
    EXPECT_NE(said.find(why), std::string::npos) << "for '" << why << "': " << (said.empty() ? "accepted" : said);
  }
  template <class T>
  static T at(const Specimen& s, size_t offset) {
    T v;
    std::memcpy(&v, &s.bytes[offset], sizeof v);
    return v;
  }
  template <class T>
  static void put(Specimen& s, size_t offset, T v) {
    std::memcpy(&s.bytes[offset], &v, sizeof v);
  }
  // Calls f for each position of a word in the constants.
  template <class F>
  static size_t each_word(const Specimen& s, F&& f) {
    size_t n = 0;
    for (size_t i = s.data_start; i + 8 <= s.size; i += 8)
      if (f(at<uint64_t>(s, i), i)) ++n;
    return n;
  }
  static bool is_label(const Specimen& s, uint64_t address) {
    for (const Label& l : s.labels)
      if (Specimen::kExecute + l.offset == address) return true;
    return false;
  }
  static bool is_handler(uint64_t word) {
    for (unsigned i = 0; i < ir::kCodeCount; ++i)
      if (interp::handlers().has(i) && reinterpret_cast<uint64_t>(interp::handlers()[i]) == word) return true;
    return false;
  }
};

TEST_F(Functions, AreAccepted) {
  ir::TranslateOptions with_pairs = Specimens::kOptions, with_fuel = with_pairs, checked = with_pairs;
  with_pairs.pairs = true;
  with_fuel.consume_fuel = true;
  checked.guarded = false;
  for (const auto& options : {Specimens::kOptions, with_pairs, with_fuel, checked}) {
    Specimens all(kModule, options);
    for (uint32_t i = all.first(); i < all.end(); ++i) EXPECT_EQ(Specimen(all, i).verify(), "") << i;
  }
}

TEST_F(Functions, PiecesFollowEachOther) {
  const Specimen s = function("loop");
  Specimen t = s;
  t.pieces[0].offset = 1;
  refuses(t, "do not follow each other");
  t = s;
  std::swap(t.pieces[2], t.pieces[3]);
  refuses(t, "do not follow each other");
  t = s;
  t.pieces[2].offset = t.code_size + 1;
  refuses(t, "do not follow each other");
  t = s;
  t.pieces.clear();
  EXPECT_NE(t.verify(), "");
  t = s;
  t.pieces[2].at = static_cast<uint32_t>(t.function->code.size());
  refuses(t, "a piece belongs to no instruction");
  t = s;
  t.code_size -= 1;  // the last instruction is cut off
  EXPECT_NE(t.verify(), "");
  t = s;
  t.code_size = t.data_start + 16;
  refuses(t, "its parts overlap");
  t = s;
  t.size = t.data_start - 1;
  refuses(t, "its parts overlap");
}

TEST_F(Functions, LabelsAreWhereCodeArrives) {
  for (const char* name : {"loop", "switch", "vectors", "calls"}) {
    const Specimen s = function(name);
    size_t refused = 0;
    for (size_t i = 0; i < s.labels.size(); ++i) {
      Specimen t = s;
      t.labels.erase(t.labels.begin() + static_cast<std::ptrdiff_t>(i));
      refused += !t.verify().empty();
      t = s;
      t.labels[i].offset += 1;
      EXPECT_NE(t.verify(), "") << name << ", a label that is moved";
      t = s;
      t.labels[i].narrow = ~uint32_t{0};
      EXPECT_NE(t.verify(), "") << name << ", a label that claims too much";
    }
    EXPECT_GT(refused, s.labels.size() / 2) << name;
    Specimen t = s;
    t.labels.erase(t.labels.begin());
    refuses(t, "its beginning is not a label");
    t = s;
    t.labels.push_back({t.code_size + 4, 0, 0});
    EXPECT_NE(t.verify(), "");
    t = s;
    t.labels.push_back(t.labels.back());
    EXPECT_NE(t.verify(), "");
  }
}

TEST_F(Functions, EntriesAreLabels) {
  const Specimen s = function("loop");
  ASSERT_GE(s.entries.size(), 2u);
  for (size_t i = 0; i < s.entries.size(); ++i) {
    Specimen t = s;
    t.entries[i].unit = 0;
    refuses(t, "an entry lies outside its constants");
    t = s;
    t.entries[i].unit = t.size - 4;
    refuses(t, "an entry lies outside its constants");
    t = s;
    put<uint64_t>(t, t.entries[i].unit, at<uint64_t>(t, t.entries[i].unit) + 1);
    refuses(t, "an entry does not lead to a label");
    t = s;
    put<uint64_t>(t, t.entries[i].unit, 0x12345678);
    refuses(t, "an entry does not lead to a label");
  }
  Specimen t = s;
  put<uint64_t>(t, t.entries[0].unit, at<uint64_t>(t, t.entries[1].unit));
  refuses(t, "past the check of the frame");
}

TEST_F(Functions, TheFrameIsChecked) {
  Specimen s = function("loop");
  // The check compares with the size of the frame.
  s.function->frame_slots += 1;
  refuses(s, "a check of less than the frame");
  Specimen t = function("loop");
  for (Label& l : t.labels) l.checked = true;
  EXPECT_NE(t.verify(), "");
  t = function("loop");
  t.function->frame_slots = 2;
  EXPECT_NE(t.verify(), "");
}

TEST_F(Functions, MemoryIsGuarded) {
  for (const char* name : {"loop", "memories"}) {
    Specimen s = function(name);
    s.function->guarded = false;
    EXPECT_NE(s.verify(), "") << name;
  }
}

TEST_F(Functions, MemoryIsTheInstructions) {
  const Specimen s = function("memories");
  const ir::Code use = reinterpret_cast<ir::Code>(interp::handlers()[ir::code_of(ir::IrOp::use_memory)]);
  unsigned uses = 0;
  for (size_t i = 0; i < s.pieces.size(); ++i) {
    if (s.function->code[s.pieces[i].at] != use) continue;
    ++uses;
    // No change of the memory.
    Specimen t = s;
    t.blank(i);
    EXPECT_NE(t.verify(), "") << "piece " << i;
    // A change to another one, in the machine code or in the register code.
    const std::vector<ir::Code>& code = t.function->code;
    const auto offset = ir::field<uint32_t>(&code[s.pieces[i].at], 4);
    for (const int by : {-8, 8, 1}) {
      t = s;
      t.function = std::make_shared<ir::FunctionCode>(*s.function);
      ir::set_field<uint32_t>(&t.function->code[s.pieces[i].at], 4, offset + static_cast<uint32_t>(by));
      EXPECT_NE(t.verify(), "") << "piece " << i << " by " << by;
    }
    // The piece of another instruction.
    t = s;
    t.pieces[i].at = t.pieces[i - 1].at;
    EXPECT_NE(t.verify(), "") << "piece " << i;
  }
  EXPECT_GE(uses, 6u);
}

// The pc of a trap decides which handler catches it.
TEST_F(Functions, TrapsAreTheInstructions) {
  for (const char* name : {"divide", "calls"}) {
    const Specimen s = function(name);
    // Code out of line comes last.
    uint32_t last = 0;
    size_t first = 0;
    for (; first < s.pieces.size() && s.pieces[first].at >= last; ++first) last = s.pieces[first].at;
    unsigned traps = 0;
    for (size_t i = first; i < s.pieces.size(); ++i) {
      Specimen t = s;
      t.pieces[i].at = 0;
      traps += t.verify().find("leaves for the trap of another instruction") != std::string::npos;
    }
    EXPECT_GT(traps, 0u) << name;
  }
}

TEST_F(Functions, WrittenCodeIsWhatWasVerified) {
  const Specimen s = function("loop");
  std::vector<uint8_t> memory(s.bytes.begin(), s.bytes.begin() + s.size);
  const auto* const table = reinterpret_cast<const uint8_t*>(Specimen::kCallTable);
  const Code code{.bytes = {s.bytes.data(), s.size},
                  .execute = memory.data(),
                  .code_size = s.code_size,
                  .data_start = s.data_start,
                  .pieces = s.pieces,
                  .labels = s.labels,
                  .entries = s.entries,
                  .spills = s.spills};
  const Subject subject{
      .module = specimens().module(), .function = *s.function, .funcs = nullptr, .call_table = {table, 32}, .index = 3};
  tiering::MachineCode good;
  good.code = memory.data();
  good.code_size = s.code_size;
  good.total_size = s.size;
  for (const Code::Entry& e : s.entries)
    good.entries.push_back({e.index, reinterpret_cast<const runtime::Code*>(memory.data() + e.unit)});
  good.entry = good.entries.front().unit;
  good.table_entry = table + 24;
  ASSERT_GT(good.entries.size(), 1u);
  EXPECT_EQ(compare_written(code, subject, good), "");
  auto refuses = [&](auto change, std::string_view why) {
    tiering::MachineCode made = good;
    change(made);
    EXPECT_EQ(compare_written(code, subject, made), why);
  };
  refuses([](auto& m) { ++m.code; }, "it lies elsewhere");
  refuses([](auto& m) { ++m.code_size; }, "it lies elsewhere");
  refuses([](auto& m) { --m.total_size; }, "it lies elsewhere");
  refuses([](auto& m) { m.entries.pop_back(); }, "it has other entries");
  refuses([](auto& m) { ++m.entries.back().unit; }, "it has other entries");
  refuses([](auto& m) { ++m.entries.back().index; }, "it has other entries");
  refuses([](auto& m) { m.entry = m.entries.back().unit; }, "it begins at another entry");
  refuses([](auto& m) { m.table_entry += 8; }, "another function would be replaced");
  memory.back() ^= 1;
  refuses([](auto&) {}, "other bytes were written");
}

TEST_F(Functions, HandlersAreTheInstructions) {
  const Specimen s = function("handler");
  size_t handlers = each_word(s, [&](uint64_t word, size_t at) {
    if (!is_handler(word)) return false;
    Specimen t = s;
    put<uint64_t>(t, at, word + 1);
    refuses(t, "handler");
    t = s;
    put<uint64_t>(t, at, reinterpret_cast<uint64_t>(interp::handlers()[ir::code_of(ir::IrOp::poll)]));
    return true;
  });
  EXPECT_GE(handlers, 1u);
}

// Other threads run the register code in the meantime.
TEST_F(Functions, CountersRunOn) {
  Specimen s = function("loop");
  s.function->code[s.find("loop") + ir::kLoopCounter] += 1;
  s.function->code[s.find("enter_count") + ir::kEnterCounter] += 1;
  EXPECT_EQ(s.verify(), "");
}

// The register code of another function: the machine code does something else.
class Other : public Functions {
 protected:
  // The instruction's units, to be changed. Only in this function.
  static uint16_t* half_words(Specimen& s, std::string_view ir_name) {
    return reinterpret_cast<uint16_t*>(&s.function->code[s.find(ir_name)]) + 4;  // after the handler
  }
  static uint32_t* words(Specimen& s, std::string_view ir_name) {
    return reinterpret_cast<uint32_t*>(half_words(s, ir_name));
  }
};

TEST_F(Other, PlaceOfTheCode) {
  for (const char* name : {"calls", "divide", "reference"}) {
    Specimen s = function(name);
    s.function = std::make_shared<ir::FunctionCode>(*s.function);
    EXPECT_NE(s.verify(), "") << name;
  }
}

TEST_F(Other, Callee) {
  Specimen s = function("calls");
  s.function->code[s.find("call ") + 2] += sizeof(runtime::FuncCode);
  refuses(s, "another callee");
  s = function("calls");
  half_words(s, "call ")[0] += 1;
  refuses(s, "a slot that is not the instruction's");
  s = function("calls");
  half_words(s, "call ")[1] += 1;
  refuses(s, "a slot that is not the instruction's");
  s = function("calls");
  words(s, "call_import")[2] += 1;
  refuses(s, "another imported function");
}

TEST_F(Other, TableAndType) {
  Specimen s = function("table");
  words(s, "call_indirect")[1] += 1;
  refuses(s, "type is not shown");
  s = function("table");
  words(s, "call_indirect")[2] -= 1;
  refuses(s, "another table");
  s = function("reference");
  half_words(s, "call_ref")[4] += 1;
  refuses(s, "a slot that is not the instruction's");
}

TEST_F(Other, TailCallee) {
  Specimen s = function("tail");
  s.function->code[s.find("return_call ") + 2] += sizeof(runtime::FuncCode);
  refuses(s, "another callee");
  for (const char* name : {"tail", "grows", "shrinks"}) {
    for (unsigned field : {0u, 1u, 2u}) {  // the arguments, their number, the function's own parameters
      for (int by : {-1, 1}) {
        s = function(name);
        half_words(s, "return_call ")[field] = static_cast<uint16_t>(half_words(s, "return_call ")[field] + by);
        EXPECT_NE(s.verify(), "") << name << " " << field << " " << by;
      }
    }
  }
  s = function("tail_table");
  words(s, "return_call_indirect")[2] -= 1;
  refuses(s, "another table");
  s = function("tail_table");
  words(s, "return_call_indirect")[4] += 1;
  refuses(s, "type is not shown");
  s = function("tail_reference");
  half_words(s, "return_call_ref")[3] += 1;
  EXPECT_NE(s.verify(), "");
  s = function("tail_import");
  words(s, "return_call_import")[2] -= 1;
  refuses(s, "another imported function");
}

// Each move of a tail call is done, in order, and nothing comes between them.
TEST_F(Functions, TailCallsMoveTheirArguments) {
  for (const char* name : {"tail", "grows", "shrinks", "tail_table", "tail_reference", "tail_import"}) {
    const Specimen s = function(name);
    const uint32_t at = s.find("return_call");
    size_t moves = 0;
    for (size_t i = 0; i + 1 < s.pieces.size(); ++i) {
      if (s.pieces[i].at != at || s.pieces[i].offset == s.pieces[i + 1].offset) continue;
      Specimen t = s;
      t.blank(i);
      EXPECT_NE(t.verify(), "") << name << ", piece " << i;
      ++moves;
      // An interpreter's entry between two moves.
      t = s;
      if (i > 0 && s.pieces[i - 1].at == at) {
        t.labels.push_back({s.pieces[i].offset, 0});
        std::ranges::sort(t.labels, {}, &Label::offset);
        if (std::ranges::adjacent_find(t.labels, {}, &Label::offset) == t.labels.end() && moves > 2)
          refuses(t, "moved in part");
      }
    }
    EXPECT_GE(moves, 2u) << name;
  }
}

TEST_F(Other, Jumps) {
  Specimen s = function("switch");
  words(s, "br_table")[1] += 1;
  refuses(s, "another size");
  // A distance in the table, which is in the constants.
  const Specimen t = function("switch");
  auto leads = [&](uint32_t table, uint32_t entry) {
    return is_label(t, Specimen::kExecute + table + static_cast<uint64_t>(int64_t{at<int32_t>(t, table + 4 * entry)}));
  };
  size_t distances = 0;
  for (uint32_t table = t.data_start; table + 16 <= t.size; table += 4) {
    if (!leads(table, 0) || !leads(table, 1) || !leads(table, 2) || !leads(table, 3)) continue;
    for (uint32_t entry = 0; entry < 4; ++entry) {
      Specimen changed = t;
      put<int32_t>(changed, table + 4 * entry, at<int32_t>(t, table + 4 * entry) + 1);
      refuses(changed, "not a label");
      ++distances;
    }
  }
  EXPECT_GE(distances, 4u);
}

TEST_F(Other, Handler) {
  Specimen s = function("handler");
  const uint32_t at = s.find("builtin");
  s.function->code[at + 1] ^= 1;
  refuses(s, "handler of another instruction");
}

TEST_F(Other, Fuel) {
  ir::TranslateOptions options = Specimens::kOptions;
  options.consume_fuel = true;
  Specimens all(kModule, options);
  for (uint32_t i = all.first(); i < all.end(); ++i) {
    if (all.module().function_name(i) != "loop") continue;
    Specimen s(all, i);
    words(s, "fuel")[1] += 1;
    refuses(s, "takes another amount of fuel");
  }
}

// Code out of line jumps back behind the place where it was left: any earlier place would be a cycle without a poll.
TEST_F(Functions, NoCyclesWithinAnInstruction) {
  const Specimen s = function("loop");
  size_t cycles = 0;
  for (uint32_t at = s.data_start; at + 8 <= s.size; at += 8) {
    if (this->at<uint64_t>(s, at) - Specimen::kExecute >= s.code_size) continue;  // where a handler continues
    for (const Label& l : s.labels) {
      Specimen t = s;
      put<uint64_t>(t, at, Specimen::kExecute + l.offset);
      cycles += t.verify().find("has a cycle within an instruction") != std::string::npos;
    }
  }
  EXPECT_GE(cycles, 1u);
}

// Without the instruction that checks for interrupts, a backward jump is refused.
TEST_F(Other, Poll) {
  Specimens all(kModule);
  for (uint32_t i = all.first(); i < all.end(); ++i) {
    if (all.module().function_name(i) != "loop") continue;
    Specimen s(all, i);
    size_t refused = 0;
    for (size_t p = 0; p + 1 < s.pieces.size(); ++p) {
      Specimen t = s;
      t.blank(p);
      refused += t.verify().find("does not check for interrupts") != std::string::npos;
    }
    EXPECT_EQ(refused, 1u);
  }
}

}  // namespace
}  // namespace ermine::verify
