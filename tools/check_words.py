#!/usr/bin/env python3
"""Checks the words of documents, comments, messages and names against tools/glossary.txt, and their spelling.

  check_words.py [PATH…]       finds words that the glossary replaces; prints file:line, the word, and the term to use
  check_words.py --spelling    finds misspelt words by codespell; exit code 77 if codespell is not installed
  check_words.py --self-test

Prose is the text of documents (code blocks and `code spans` excepted), comments, doc strings and messages: string literals
with a space in them. Names are identifiers and file names, compared part by part: `next_wall` and `NextWall` contain "wall".
"""
import argparse
import collections
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize

ROOT = pathlib.Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "tools/glossary.txt"
# Text of other projects, lists of words, and what is generated.
LEFT_OUT = re.compile(r"^(LICENSE|tools/glossary\.txt|tools/check_words\.py|src/cli/startup_order\.txt)$|^tests/(data|fuzz/seeds)/|\.svg$|\.wasm$")
C_LIKE = (".h", ".cc", ".c", ".def", ".S", ".inc", ".in", ".mjs", ".js", ".rs", ".go", ".rl")
HASH_LIKE = (".txt", ".cmake", ".sh", ".json")
C_TOKEN = re.compile(r'(?P<comment>//[^\n]*|/\*.*?\*/)|R"(?P<tag>\w*)\((?P<raw>.*?)\)(?P=tag)"|"(?P<string>(?:\\.|[^"\\\n])*)"'
                     r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
WAT_TOKEN = re.compile(r';;(?P<comment>[^\n]*)|"(?:\\.|[^"\\\n])*"')
HASH_COMMENT = re.compile(r'(?:^|\s)#(?P<comment>[^\n]*)|"(?P<string>(?:\\.|[^"\\\n])*)"', re.M)
IDENTIFIER = re.compile(r"[A-Za-z_]\w+")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

Rule = collections.namedtuple("Rule", "scope pattern use reason needs")


def needed(words):
    """Letters of which a text must contain one if it contains one of the words, for a quick look; empty: unknown."""
    needs = []
    for word in words:
        plain = re.sub(r"\(\?[^()]*(\([^()]*\))?[^()]*\)|\([^()]*\)[?*]?|\[[^\]]*\][?*+]?|\\.[?*+]?|.[?*]", "\0", word)
        letters = max(re.findall(r"[a-z]+", plain.lower()), key=len, default="")
        if not letters: return []
        needs.append(letters)
    return needs


def read_glossary(text):
    """The rules. A line: scope | words not to write | term to use | reason (may be left out)."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"): continue
        columns = [c.strip() for c in line.split(" | ")]
        if len(columns) not in (3, 4) or columns[0] not in ("prose", "names", "all", "types"):
            raise ValueError(f"glossary line {number}: expected “prose, names, all or types | words | term to use | reason”")
        words = [w.strip() for w in columns[1].split(",")]
        if columns[0] == "types":
            pattern = re.compile("|".join(re.escape(w) for w in words))
        else:
            pattern = re.compile("|".join(rf"(?<![\w-])(?:{w})(?![\w-])" for w in words), re.I)
        rules.append(Rule(columns[0], pattern, columns[2], columns[3] if len(columns) == 4 else "", needed(words)))
    return rules


class Text:
    """Prose of a file: pieces with the line of each character, so that a phrase is found across line ends."""

    def __init__(self):
        self.pieces = []  # (text, [line of each character])

    def add(self, text, line, join=False):
        """Adds a text that begins in a line, with its runs of white space as one space; `join`: to the last piece."""
        if not join or not self.pieces: self.pieces.append(["", []])
        piece = self.pieces[-1]
        for part in re.split(r"(\s+)", " " + text):
            shown = " " if part.isspace() else part
            if shown != " " or not piece[0].endswith(" "):
                piece[0] += shown
                piece[1] += [line] * len(shown)
            line += part.count("\n")


def markdown(source):
    text, lines, fence = Text(), source.split("\n"), False
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fence = not fence
        elif not fence:
            plain = re.sub(r"`[^`]*`|\]\([^)]*\)|<[^>]*>", " _ ", line)
            text.add(plain, number, join=bool(line.strip()) and number > 1 and not line.startswith(("|", "#")))
    return text, []


def by_tokens(source, token, names=True, messages=True):
    """Prose and [(name, line)] of a file whose comments and strings a pattern finds."""
    text, last_line, at, found = Text(), -1, 0, []

    def code(begin, end):
        if names:
            line = source.count("\n", 0, begin) + 1
            for m in IDENTIFIER.finditer(source, begin, end):
                found.append((m[0], line + source.count("\n", begin, m.start())))

    for m in token.finditer(source):
        code(at, m.start())
        at = m.end()
        line = source.count("\n", 0, m.start()) + 1
        groups = m.groupdict()
        if groups.get("comment") is not None:
            if m[0][:1] == "\n": line += 1
            body = re.sub(r"(?m)^\s*(//+|/?\*+/?|#+|;;+)|\*/", " ", groups["comment"])
            body = re.sub(r"`[^`]*`", " _ ", body)
            text.add(body, line, join=line == last_line + 1)
            last_line = line + body.count("\n")
        elif messages:
            for kind in ("string", "raw"):
                if groups.get(kind) and re.search(r"\s|\\n", groups[kind]):
                    text.add(groups[kind].replace("\\n", "  "), line, join=not source[source.rfind("\n", 0, m.start()) + 1:m.start()].strip())
    code(at, len(source))
    return text, found


def python(source):
    text, names, last = Text(), [], -1
    try:
        for t in tokenize.generate_tokens(io.StringIO(source).readline):
            if t.type == tokenize.COMMENT:
                text.add(re.sub(r"`[^`]*`", " _ ", t.string.lstrip("#")), t.start[0], join=t.start[0] == last + 1)
                last = t.end[0]
            elif t.type == tokenize.STRING and " " in t.string:
                string = re.sub(r"`[^`\n]*`|\{[^{}\n]*\}", " _ ", t.string.replace("\\n", "  "))
                text.add(string, t.start[0])
            elif t.type == tokenize.NAME:
                names.append((t.string, t.start[0]))
    except (tokenize.TokenError, IndentationError):
        pass
    return text, names


def parse(path, source):
    """(prose, [(name, line)]) of a file."""
    if path.suffix == ".md": return markdown(source)
    if path.suffix == ".py" or source.startswith("#!/usr/bin/env python3"): return python(source)
    if path.suffix in C_LIKE: return by_tokens(source, C_TOKEN)
    if path.suffix in (".wat", ".wast"): return by_tokens(source, WAT_TOKEN, names=False)
    if path.suffix in HASH_LIKE or source.startswith("#!") or path.name in ("Makefile", "run", ".clang-tidy"):
        return by_tokens(source, HASH_COMMENT, names=path.suffix in (".cmake", ".txt") and path.name == "CMakeLists.txt")
    return Text(), []


def parts(name):
    return " ".join(p.lower() for p in PART.findall(name))


class Names:
    """The rules that each name breaks; most names are in several files."""

    def __init__(self, rules):
        self.rules, self.known = [r for r in rules if r.scope != "prose"], {}

    def broken(self, name):
        if name not in self.known:
            words = parts(name)
            self.known[name] = [r for r in self.rules if (r.pattern.fullmatch(name) if r.scope == "types" else r.pattern.search(words))]
        return self.known[name]


def check_text(path, source, rules, known_names):
    """[(line, word, rule)] of a file."""
    text, names = parse(path, source)
    found = []
    body = "\0".join(piece[0] for piece in text.pieces)
    lines = [line for piece in text.pieces for line in [*piece[1], 0]]
    lower = body.lower()
    for rule in rules:
        if rule.scope in ("prose", "all") and (not rule.needs or any(n in lower for n in rule.needs)):
            found += [(lines[m.start()], m[0], rule) for m in rule.pattern.finditer(body)]
    seen = set()
    names = names + [(path.name, 0)]
    for name, line in names:
        if name in seen: continue
        seen.add(name)
        found += [(line, name, rule) for rule in known_names.broken(name)]
    return sorted(found, key=lambda f: f[0])


def files(root, only):
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True, capture_output=True,
                               text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(root)) for p in root.rglob("*") if "build" not in p.parts]
    for name in names:
        if not LEFT_OUT.search(name) and (root / name).is_file() and (not only or any(name.startswith(o.rstrip("/")) for o in only)):
            yield name


def check(root, rules, only=()):
    problems, count, known_names = [], 0, Names(rules)
    for name in files(root, only):
        source = (root / name).read_text(errors="replace")
        if "\0" in source: continue
        count += 1
        for line, word, rule in check_text(pathlib.Path(name), source, rules, known_names):
            problems.append(f"{name}:{line}: “{word}”: write {rule.use}{f' ({rule.reason})' if rule.reason else ''}")
    return problems, count


def spelling(root, only=()):
    if not shutil.which("codespell"):
        print("SKIPPED: codespell is not installed (Debian package codespell); the spelling is not checked")
        return 77
    names = [n for n in files(root, only) if pathlib.Path(n).suffix not in (".wat", ".wast")]
    done = subprocess.run(["codespell", "--ignore-words-list", ",".join(SPELT_RIGHT), "--builtin", "clear,rare", *names],
                          cwd=root, capture_output=True, text=True)
    print(done.stdout.strip() or f"{len(names)} files: no misspelt word", done.stderr.strip())
    return 1 if done.returncode or not names else 0


# Words that codespell takes for misspelt ones.
SPELT_RIGHT = ("acces", "ba", "crate", "hel", "kinf", "kown", "lcoal", "te", "wit")


def self_test():
    rules = read_glossary("# comment\nall | walls? | sandbox\nprose | whoever | the caller | code is not a person\n"
                          "prose | \\w+ a second, for good | per second\ntypes | Fill | HoleValues\n")
    cases = [
        ("a.md", "the wall\nwhoever\n", [(1, "wall"), (2, "whoever")]),
        ("a.md", "`wall` and [x](wall)\n```\nwhoever\n```\n", []),
        ("a.md", "it goes on for\ngood\n", [(1, "for good")]),
        ("a.cc", "// whoever\nint wallet, next_wall, NextWalls;\n", [(1, "whoever"), (2, "next_wall"), (2, "NextWalls")]),
        ("a.cc", 'auto s = "the wall";\nauto t = "wall";\nauto u = "whoever";\n', [(1, "wall")]),
        ("a.cc", "  // MB a\n  // second\n", [(1, "MB a second")]),
        ("a.cc", "struct Fill {};\nvoid fill();\nstruct Filler {};\n", [(1, "Fill")]),
        ("a.cc", 'auto r = R"(two\nwalls)";\n', [(2, "walls")]),
        ("a.py", '"""Doc of a wall."""\nx = 1  # whoever\nwall_count = 2\n', [(1, "wall"), (2, "whoever"), (3, "wall_count")]),
        ("CMakeLists.txt", "# the wall\nset(walls a)\n", [(1, "wall"), (2, "walls")]),
        ("run", "#!/bin/sh\n# whoever\necho 1\n", [(2, "whoever")]),
        ("a.wast", ";; whoever\n(module $wall)\n", [(1, "whoever")]),
        ("check_walls.py", "x = 1\n", [(0, "check_walls.py")]),
        ("a.cc", "// wall-clock time, the wallpaper\n", []),
    ]
    failures = []
    for name, source, expected in cases:
        got = [(line, word) for line, word, _ in check_text(pathlib.Path(name), source, rules, Names(rules))]
        if got != expected: failures.append(f"{name} {source!r}: expected {expected}, got {got}")
    for broken in ("walls | x\n", "some | walls | x\n"):
        try:
            read_glossary(broken)
            failures.append(f"accepted: {broken!r}")
        except ValueError:
            pass
    with tempfile.TemporaryDirectory() as tmp:
        root = pathlib.Path(tmp)
        (root / "a.md").write_text("a wall\n")
        problems, count = check(root, rules)
        if count != 1 or problems != ["a.md:1: “wall”: write sandbox"]: failures.append(f"check: {problems}")
        (root / "a.md").write_text("teh misspelt word\n")
        if shutil.which("codespell") and spelling(root) != 1: failures.append("codespell did not find “teh”")
    if not read_glossary(GLOSSARY.read_text()): failures.append("the glossary is empty")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--spelling", action="store_true")
    parser.add_argument("paths", nargs="*", metavar="PATH")
    args = parser.parse_args()
    if args.self_test:
        failures = self_test()
        print("\n".join(failures) or "the check catches what it should")
        return 1 if failures else 0
    if args.spelling: return spelling(ROOT, args.paths)
    problems, count = check(ROOT, read_glossary(GLOSSARY.read_text()), args.paths)
    print("\n".join([*problems, f"{count} files, {len(problems)} words to replace"]))
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main())
