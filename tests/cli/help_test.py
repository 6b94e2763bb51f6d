#!/usr/bin/env python3
"""Every example of every help page runs, and the completions of shells complete what the help lists.
    help_test.py --ermine COMMAND --completions DIRECTORY
An example is run up to its first "|", in a folder with the files that the examples name."""
import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

APP = """(module (memory (export "memory") 1)
  (func $main (export "main") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "_start") (drop (call $main (i32.const 8)))))"""
ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
SCRIPT = '(module (func (export "f") (result i32) (i32.const 7)))\n(assert_return (invoke "f") (i32.const 7))\n'
WIT = """package demo:shop;
interface prices { of: func(item: string) -> u64; }
interface log { write: func(text: string); }
world plugin { import prices; import log; }
"""
CORE = """(module
  (import "demo:shop/prices" "of" (func $of (param i32 i32) (result i64)))
  (import "demo:shop/log" "write" (func $write (param i32 i32)))
  (memory (export "memory") 1))"""


def provider(interface, function, result):
    """A component that exports an interface with one function of a string."""
    core, value, lifted = ("(result i64)", "(i64.const 5)", f"(result {result})") if result else ("", "", "")
    parameter = "item" if result else "text"
    return f"""(component
      (core module $m (memory (export "memory") 1) (func (export "f") (param i32 i32) {core} {value})
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
      (core instance $i (instantiate $m))
      (func $f (param "{parameter}" string) {lifted}
        (canon lift (core func $i "f") (memory $i "memory") (realloc (func $i "realloc"))))
      (instance $made (export "{function}" (func $f)))
      (export "demo:shop/{interface}" (instance $made)))"""


class Test:
    def __init__(self, options, folder):
        self.words = [*shlex.split(options.emulator), str(options.ermine.resolve())]
        self.completions = options.completions.resolve()
        self.folder, self.failures, self.checks = folder, [], 0
        tools = folder / "tools"
        tools.mkdir()
        (tools / "ermine").write_text(f'#!/bin/sh\nexec {shlex.join(self.words)} "$@"\n')
        (tools / "ermine").chmod(0o755)
        self.environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", NO_COLOR="1", LC_ALL="C.UTF-8")
        self.work = folder / "work"
        (self.work / "data").mkdir(parents=True)
        (self.work / "scripts").mkdir()
        (self.work / "app.wat").write_text(APP)
        (self.work / "add.wat").write_text(ADD)
        (self.work / "scripts/one.wast").write_text(SCRIPT)
        (self.work / "wit").mkdir()
        (self.work / "wit/shop.wit").write_text(WIT)
        for source, name in (("app", "app"), ("app", "server"), ("app", "untrusted"), ("add", "add")):
            self.run(f"ermine parse {source}.wat -o {name}.wasm")
        # For the operations of `ermine component`.
        (self.work / "plain.wat").write_text(CORE)
        self.run("ermine parse plain.wat -o plain.wasm && ermine component embed wit/ plain.wasm -o core.wasm && cp core.wasm adapter.wasm")
        for name, interface, function, result in (("log", "log", "write", ""), ("store", "prices", "of", "u64")):
            (self.work / f"{name}.wat").write_text(provider(interface, function, result))
            self.run(f"ermine parse {name}.wat -o {name}.wasm")

    def run(self, command):
        return subprocess.run(["bash", "-c", command], cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)

    def expect(self, condition, message):
        self.checks += 1
        if not condition:
            self.failures.append(message)
            print(message)

    def help_of(self, command):
        return self.run(f"ermine {command} --help".replace("  ", " ")).stdout

    def examples(self, commands):
        for command in ["", *commands]:
            text = self.help_of(command).partition("\nExample")[2].split("\n")[1:]
            lines = [line.strip() for line in text if line.startswith("  ermine ")]
            self.expect(lines, f"ermine {command} --help has no example")
            for line in lines:
                shown = re.split(r"\s{2,}|\|", line)[0]
                done = self.run(shown)
                self.expect(done.returncode == 0, f"{shown}: exit code {done.returncode}: {done.stderr}")

    def bash(self, *words):
        """What bash offers for the last word."""
        line = shlex.join(words)
        done = self.run(f"source {shlex.quote(str(self.completions / 'ermine.bash'))}; COMP_WORDS=({line}); "
                        f"COMP_CWORD={len(words) - 1}; _ermine; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        self.expect(not done.stderr, f"bash: {line}: {done.stderr}")
        return [word for word in done.stdout.split("\n") if word]

    def shells(self, commands):
        offered = self.bash("ermine", "")
        self.expect({command.split()[0] for command in commands} <= set(offered) and "app.wasm" in offered and "app.wat" in offered, f"commands: {offered}")
        self.expect(self.bash("ermine", "val") == ["validate"], "ermine val")
        for command in commands:
            listed = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", self.help_of(command), re.M))
            offered = set(self.bash("ermine", *command.split(), "--"))
            self.expect(listed and listed <= offered, f"{command}: {sorted(listed - offered)} are not completed")
        self.expect(self.bash("ermine", "run", "--tier", "in") == ["interp"], "run --tier in")
        self.expect(self.bash("ermine", "run", "--tier", "=", "in") == ["interp"], "run --tier=in")
        self.expect(self.bash("ermine", "--timeo") == ["--timeout"], "ermine --timeo")
        self.expect("fuel=" in self.bash("ermine", "run", "-W", "fu"), "run -W fu")
        self.expect(self.bash("ermine", "run", "-W", "simd,max-memory-s") == ["simd,max-memory-size="], "the second member")
        self.expect(self.bash("ermine", "run", "--dir", "--") == [], "a value is not an option")
        for shell, file in (("zsh", "_ermine"), ("fish", "ermine.fish")):
            text = (self.completions / file).read_text()
            for command in commands: self.expect(command.split()[-1] in text, f"{file}: {command} is missing")
            if not shutil.which(shell):
                print(f"SKIPPED: {shell} is not installed; the syntax of {file} is not checked")
                continue
            done = self.run(f"{shell} -n {shlex.quote(str(self.completions / file))}")
            self.expect(done.returncode == 0, f"{file}: {done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ermine", required=True, type=pathlib.Path)
    parser.add_argument("--completions", required=True, type=pathlib.Path)
    parser.add_argument("--emulator", default="")
    with tempfile.TemporaryDirectory(prefix="ermine-help-") as folder:
        test = Test(parser.parse_args(), pathlib.Path(folder))
        commands = re.findall(r"^  (\w+)  +[A-Z]", test.help_of(""), re.M)
        test.expect(len(commands) >= 4, f"commands: {commands}")
        # A command whose help lists operations is explained by the help of these.
        for command in list(commands):
            operations = re.findall(r"^  (\w+)  +[A-Z]", test.help_of(command).partition("\nOperations:")[2], re.M)
            if operations:
                commands.remove(command)
                commands += [f"{command} {operation}" for operation in operations]
        test.examples(commands)
        test.shells(commands)
    print(f"{test.checks} checks, {len(test.failures)} failed")
    sys.exit(1 if test.failures else 0)


if __name__ == "__main__":
    main()
