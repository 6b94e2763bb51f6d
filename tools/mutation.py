"""The common part of tools/mutate.py and tools/mutate_sources.py: compiles a changed copy of a file, links it in front of the
libraries of a build directory, watches what tests report about the program, and keeps results."""
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORT = "bug of the engine"
SKIPPED = 77
ENDLESS = "does not end"


def run(words, cwd=None):
    result = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{words[0]} failed: {result.stderr[-2000:]}")
    return result.stdout


class BuildDirectory:
    """The commands of a ninja build directory. An object may be made of several sources, which a file of the build directory
    includes (a unity build)."""

    def __init__(self, path):
        self.path = path.resolve()
        self.compile = {}  # commands by source; that of an object of several sources compiles all of them
        self.objects = {}  # (sources, command, file that is compiled) by object
        for command in json.loads((self.path / "compile_commands.json").read_text()):
            file, words = pathlib.Path(command["file"]), shlex.split(command["command"])
            together = "/Unity/unity_" in command["file"]
            files = re.findall(r'^#include "(.*)"', file.read_text(), re.M) if together else [file]
            sources = [os.path.relpath(f, ROOT) for f in files]
            for source in sources:
                self.compile.setdefault(source, words)
            self.objects[words[words.index("-o") + 1]] = sources, words, file
        self.links = {}

    def words(self, source, *more):
        """The command that compiles `source`, without the input and output."""
        return self.without_files(self.compile[source], *more)

    @staticmethod
    def without_output(words, *more):
        words = list(words)
        for option in ("-o", "-c"):
            at = words.index(option)
            del words[at:at + 2]
        return [*words, *more]

    @staticmethod
    def without_files(words, *more):
        words = BuildDirectory.without_output(words)
        # A precompiled header fits only the options that it was made with.
        for option in ("-include-pch", "-include"):
            while option in words:
                at = words.index(option)  # -Xclang OPTION -Xclang FILE
                del words[at - 1:at + 3]
        return [*words, *more]

    def link_words(self, target):
        if target not in self.links:
            commands = subprocess.run(["ninja", "-C", self.path, "-t", "commands", f"bin/{target}"], check=True,
                                      capture_output=True, text=True).stdout.splitlines()
            self.links[target] = shlex.split(commands[-1].removeprefix(": && ").removesuffix(" && :"))
        return list(self.links[target])

    def link(self, target, in_front, output, replaced=None):
        """Links with objects in front of all others, whose versions of the same functions they replace; `replaced` maps objects
        of the program itself to others."""
        words = [str((replaced or {}).get(w, w)) for w in self.link_words(target)]
        words = ["-Wl,--icf=none" if w == "-Wl,--icf=all" else w for w in words]  # smaller, but it takes longer
        words[words.index("-o") + 1] = str(output)
        # The other version is linked as well if it has further sources, or defines an inline function that the changed one,
        # compiled with other options, does not. Of two definitions the linker takes the first.
        run([words[0], *map(str, in_front), "-Wl,-z,muldefs", *words[1:]], self.path)


def watch(words, timeout, cpu_seconds, environment=None, cwd=None):
    """("report" | "tests" | None, detail): the result of a run of tests. The run ends when the engine reports a bug of its own."""
    # Processor time as well: on a busy machine, elapsed time says little.
    limited = ["prlimit", f"--cpu={cpu_seconds}", "--core=0", *words]
    process = subprocess.Popen(limited, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", env={**os.environ, **(environment or {})}, cwd=cwd, start_new_session=True)
    found, late = "", []

    def stop():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    timer = threading.Timer(timeout, lambda: (late.append(True), stop()))
    timer.start()
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if REPORT in line:
            found = line.strip()
            stop()
            break
    process.stdout.close()
    process.wait()
    timer.cancel()
    if found:
        return "report", found
    if late:
        return "tests", ENDLESS
    if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return "tests", ENDLESS
    if process.returncode < 0:
        return "tests", f"killed by signal {-process.returncode}"
    if process.returncode != 0 and process.returncode != SKIPPED:
        telling = [line for line in lines if "FAILED" in line or "expected" in line or re.search(r"\b[1-9]\d* failed", line)]
        return "tests", (telling or lines or ["fails"])[0][:200]
    return None, ""


class Results:
    """One line of JSON per tried fault, so that no fault is tried twice."""

    def __init__(self, path):
        self.path, self.known, self.lock = path, {}, threading.Lock()
        if path.exists():
            for line in path.read_text().splitlines():
                result = json.loads(line)
                self.known[result["name"]] = result

    def add(self, result):
        with self.lock, self.path.open("a") as out:
            self.known[result["name"]] = result
            out.write(json.dumps(result) + "\n")


def self_test():
    words = "clang -O2 -Xclang -include-pch -Xclang a.pch -Xclang -include -Xclang a.h -o a.o -c a.cc".split()
    assert BuildDirectory.without_files(words, "-O0") == ["clang", "-O2", "-O0"]
    assert BuildDirectory.without_output(words, "-O0") == [*words[:10], "-O0"]
    shell = lambda text, timeout=60, **more: watch(["sh", "-c", text], timeout, 20, **more)
    assert shell("exit 0") == (None, "") and shell(f"exit {SKIPPED}") == (None, "")
    assert shell("echo 1 failed; exit 1") == ("tests", "1 failed")
    assert shell("kill -SEGV $$")[1] == "killed by signal 11"
    assert shell(f"echo 'x: {REPORT}: y' >&2; sleep 60") == ("report", f"x: {REPORT}: y")
    assert shell("sleep 60", 0.2) == ("tests", ENDLESS)
    assert shell("test $A = b", environment={"A": "b"}) == (None, "")
