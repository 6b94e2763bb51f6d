#!/usr/bin/env python3
"""Checks that every handler of the interpreter leaves by a jump.
Handlers are chained by guaranteed tail calls. A handler that returns or calls the next one would use more native stack with
every instruction of the guest. Clang reports a `musttail` call that it cannot make, but not a missing `musttail`. So this
script reads the machine code: for each function in the section `ermine_interp` whose name begins with `handler`
  - no instruction returns (except in handlers of return instructions, --may-return: a call of the guest is a native call),
  - no instruction calls a handler,
  - the last instruction is an unconditional jump, a trap or the call of a function that never returns, --no-return,
    and some jump leaves the function.
usage: check_tail_calls.py FILE…   (objects, archives or programs)
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SECTION = "ermine_interp"
FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S.*)$")
RELOCATION = re.compile(r"^\s*[0-9a-f]+:\s+R_\S+\s+(\S+)")
PADDING = re.compile(r"^(nop|int3|xchg\w*\s+%ax, %ax|data16|cs\s+nop|udf)")
RETURN = re.compile(r"^(rep\s+)?ret[qlw]?\b|^iret")
TRAP = re.compile(r"^(ud2|brk|hlt)\b")
JUMP = re.compile(r"^(notrack\s+)?(jmp[qlw]?|br|b)\s+(.*)$")
BRANCH = re.compile(r"^(j[a-z]+|b\.\w+|cbn?z|tbn?z)\s+(.*)$")
CALL = re.compile(r"^(call[qlw]?|blr?)\s+(.*)$")
HANDLER = re.compile(r"(^|::)handler\w*(<|\(|$|[+-]0x)")


def disassemble(path, objdump):
    """Yields (name, [(address, instruction, relocation target)]) of the functions in the handlers' section."""
    out = subprocess.run([objdump, "-d", "-r", "--demangle", "--no-show-raw-insn", f"--section={SECTION}", str(path)],
                         check=True, capture_output=True, text=True).stdout
    name, body = None, []
    for line in out.splitlines():
        if m := FUNCTION.match(line):
            if name: yield name, body
            name, body = m.group(2), []
        elif m := RELOCATION.match(line):
            if body: body[-1][2] = m.group(1)
        elif (m := INSTRUCTION.match(line)) and name:
            body.append([int(m.group(1), 16), re.sub(r"\s+", " ", m.group(2)).strip(), ""])
    if name: yield name, body


def leaves(target, relocation, first, last):
    """Whether a jump with this operand leaves the function. Indirect jumps do."""
    if relocation: return True
    m = re.match(r"(?:0x)?([0-9a-f]+)\b", target)
    return not m or not first <= int(m.group(1), 16) <= last


def faults(body, may_return, no_return):
    body = [i for i in body if not PADDING.match(i[1])]
    if not body: return ["is empty"]
    found, ways_out = [], 0
    first, last = body[0][0], body[-1][0]
    for address, text, relocation in body:
        if RETURN.match(text):
            if not may_return: found.append(f"returns at {address:#x}")
            ways_out += 1
        elif TRAP.match(text): ways_out += 1
        elif (m := CALL.match(text)) and address == last and no_return and re.search(no_return, relocation or text): ways_out += 1
        elif m:
            callee = relocation or (re.search(r"<([^+]+)>$", m.group(2)) or [""])[0]
            if HANDLER.search(callee): found.append(f"calls a handler at {address:#x}: {text} {relocation}")
        elif (m := JUMP.match(text)) and leaves(m.group(3), relocation, first, last): ways_out += 1
        elif (m := BRANCH.match(text)) and leaves(m.group(2).split(",")[-1].strip(), relocation, first, last): ways_out += 1
    end = body[-1][1]
    if not (JUMP.match(end) or (CALL.match(end) and no_return and re.search(no_return, body[-1][2] or end)) or TRAP.match(end) or (may_return and RETURN.match(end))):
        found.append(f"ends in '{end}'")
    if not ways_out: found.append("no jump leaves it")
    return found


def check(paths, objdump, may_return, no_return, at_least):
    handlers, problems = 0, []
    for path in paths:
        for name, body in disassemble(path, objdump):
            if not HANDLER.search(name): continue
            handlers += 1
            for fault in faults(body, bool(may_return and re.search(may_return, name)), no_return):
                problems.append(f"{name}: {fault}")
    if handlers < at_least: problems.append(f"only {handlers} handlers found in section {SECTION}, at least {at_least} expected")
    return handlers, problems


GOOD = r"""
#define HANDLER __attribute__((section("ermine_interp"), preserve_none, used, noinline))
typedef unsigned long u64;
struct Frame;
typedef void (__attribute__((preserve_none)) *Handler)(const u64*, u64*, u64);
extern "C" u64 slow_path(u64);
extern "C" [[noreturn]] void ermine_resume(u64);
extern "C" u64 find_handler(u64);
#define NEXT [[clang::musttail]] return reinterpret_cast<Handler>(pc[0])(pc, fp, acc)
extern "C" {
HANDLER void handler_good_add(const u64* pc, u64* fp, u64 acc) { fp[pc[1]] += fp[pc[2]]; pc += 3; NEXT; }
HANDLER void handler_good_loop(const u64* pc, u64* fp, u64 acc) { for (u64 i = 0; i < pc[1]; ++i) fp[i] *= 3; ++pc; NEXT; }
HANDLER void handler_good_call(const u64* pc, u64* fp, u64 acc) { acc = slow_path(acc); ++pc; NEXT; }
HANDLER void handler_good_branch(const u64* pc, u64* fp, u64 acc) { if (fp[0]) { pc += pc[1]; NEXT; } ++pc; NEXT; }
HANDLER void handler_good_chain(const u64* pc, u64* fp, u64 acc) { fp[0] = 1; [[clang::musttail]] return handler_good_add(pc, fp, acc); }
HANDLER void handler_good_trap(const u64* pc, u64* fp, u64 acc) { if (!acc) __builtin_trap(); ++pc; NEXT; }
HANDLER void handler_good_resume(const u64*, u64*, u64 acc) { ermine_resume(find_handler(acc)); }
HANDLER void handler_ret_copy(const u64*, u64* fp, u64 acc) { fp[0] = acc; }
HANDLER void other_function(u64* fp) { fp[0] = 2; }
}
"""
BAD = GOOD.replace("handler_good_trap", "handler_still_good") + r"""
extern "C" {
HANDLER void handler_bad_returns(const u64* pc, u64* fp, u64 acc) { fp[0] = 1; }
HANDLER void handler_bad_sometimes(const u64* pc, u64* fp, u64 acc) { if (fp[0]) return; ++pc; NEXT; }
HANDLER void handler_bad_calls(const u64* pc, u64* fp, u64 acc) { handler_good_add(pc, fp, acc); ++pc; NEXT; }
HANDLER void handler_bad_forgot(const u64* pc, u64* fp, u64 acc) { reinterpret_cast<Handler>(pc[0])(pc, fp, acc); fp[1] = 2; }
HANDLER void handler_bad_end(const u64*, u64*, u64 acc) { slow_path(acc); __builtin_unreachable(); }
HANDLER void handler_bad_stuck(const u64* pc, u64* fp, u64 acc) { for (;;) *(volatile u64*)fp = acc; }
}
"""


def self_test(compiler, objdump, may_return, no_return):
    failures = []
    with tempfile.TemporaryDirectory() as tmp:
        for label, source, level in (("good", GOOD, "-O2"), ("bad", BAD, "-O2"), ("good0", GOOD, "-O0"), ("bad0", BAD, "-O0")):
            obj = pathlib.Path(tmp) / f"{label}.o"
            subprocess.run([compiler, "-std=c++20", level, "-Wno-everything", "-xc++", "-", "-c", "-o", str(obj)], input=source, text=True, check=True)
            handlers, problems = check([obj], objdump, may_return, no_return, 1)
            if handlers != GOOD.count("HANDLER void handler") + (source.count("handler_bad_") if "bad" in label else 0):
                failures.append(f"{label}: {handlers} handlers seen")
            bad = set(re.findall(r"HANDLER void (handler_bad_\w+)", source))
            named = {p.split("(")[0].split(":")[0] for p in problems}
            failures += [f"{label}: {b} was not caught" for b in bad - named]
            failures += [f"{label}: false alarm: {p}" for p in problems if not p.startswith("handler_bad_")]
            if "bad" not in label and check([obj], objdump, may_return, no_return, 1000)[1] == []: failures.append("too few handlers were not reported")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--objdump", default=shutil.which("llvm-objdump-19") or "llvm-objdump")
    parser.add_argument("--may-return", default=r"handler_ret(_|\b)|handler_return_call_any",
                        help="pattern of the return instructions' handlers; a tail call of a host function is one, too")
    parser.add_argument("--no-return", default=r"\bermine_resume\b|upper_half_is_not_zero", help="pattern of functions that never return")
    parser.add_argument("--at-least", type=int, default=100, help="fail if there are fewer handlers than this")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--compiler", default="clang++-19")
    args = parser.parse_args()
    if args.self_test:
        failures = self_test(args.compiler, args.objdump, args.may_return, args.no_return)
        print("\n".join(failures) or "the check catches what it should")
        return 1 if failures else 0
    if not args.files: parser.error("no files")
    handlers, problems = check(args.files, args.objdump, args.may_return, args.no_return, args.at_least)
    print("\n".join(problems) or f"{handlers} handlers, all of which leave by a jump")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
