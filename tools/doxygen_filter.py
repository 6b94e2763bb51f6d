#!/usr/bin/env python3
"""Doxygen's filter (docs/Doxyfile): writes a header to standard output with its comments as Doxygen reads them, so that the
headers need no markup; or a page without links that it does not know.

  // or /* … */ before a declaration     documents it (a heading, "---- Types", begins a group)
  // or /* … */ after one on its line     documents what is before it
  the comment at the head of a file      is the file's page; if it begins with "Name: ", that of the class as well
  indented lines in a comment            are shown as they are
  "For the library's own code."          hides what follows, up to the next access specifier or the end of the class
  WASM_DECLARE_…(name) of wasm.h         is replaced by what it declares, each with a comment (DECLARED)
"""
import pathlib
import re
import sys

DOXYFILE = pathlib.Path(__file__).resolve().parent.parent / "docs/Doxyfile"
OWN = "For the library's own code."

# What the declarations of wasm.h's macros are, by the last part of their names; where it depends, by the macro.
DECLARED = [
    (r"typedef struct \w+_vec_t", "A vector."),
    (r"typedef struct", "Opaque."),
    (r"_vec_new_empty\(", "A vector without elements."),
    (r"_vec_new_uninitialized\(", "A vector with room for this many elements, which the caller fills."),
    (r"_vec_new\(", "A vector with a copy of the array; what that points to passes to it."),
    (r"_vec_copy\(", "Copies the elements as well."),
    (r"_vec_delete\(", "Deletes the elements as well."),
    (r"void wasm_\w+_delete\(", "Null may be deleted."),
    (r"_copy\(.*TYPE", "An independent copy."),
    (r"_copy\(", "Another reference to the same object."),
    (r"_same\(", "Whether both refer to the same object."),
    (r"_get_host_info\(", "The pointer of the host that the object carries; null if it carries none."),
    (r"_set_host_info\(", "Gives the object a pointer of the host, in place of the one before."),
    (r"_set_host_info_with_finalizer\(", "The finalizer is called with the pointer when it is replaced, or when the object ends: at the latest with the store."),
    (r"_as_(ref|extern|externtype)(_const)?\(", "The same object under its general type; not to be deleted."),
    (r"_(ref|extern|externtype)_as_", "The same object; null if it is of another kind. Not to be deleted."),
    (r"_share\(", "What stores on several threads may share."),
    (r"_obtain\(", "A reference in this store."),
]
MACROS = {}


def declared(name, argument, kind):
    """The lines of a macro with its arguments, each declaration with its comment."""
    parameters, body = MACROS[name]
    values = dict(zip(parameters, [a.strip() for a in argument.split(",")]))
    body = "".join(values.get(token, token) for token in re.split(r"(##|\W)", body) if token != "##")
    out = []
    for part in re.findall(r"WASM_DECLARE_\w+\([^)]*\)|\w[^;{]*\{[^}]*\}[^;]*;|\w[^;]+;", body):
        if inner := re.match(r"(WASM_DECLARE_\w+)\((.*)\)$", part):
            out += declared(inner[1], inner[2], kind)
            continue
        text = next(comment for pattern, comment in DECLARED if re.search(pattern, part + " " + kind))
        part = part.replace(" size;", " size; /**< Elements. */").replace(" data;", " data; /**< Where they are. */")
        out += [f"/** {text} */", part]
    return out


def escaped(text):
    """Prose whose characters mean nothing to Doxygen, except for `code`."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([\\@<>#%\"])", r"\\\1", p) for p in parts)


def prose(lines):
    """The lines of a comment, without its marks, with code in @verbatim."""
    out, code = [], []
    for line in [*lines, None]:
        if line is not None and (line.startswith("  ") or (code and not line.strip())):
            code.append(line)
            continue
        if code:
            blank = not code[-1].strip()
            out += ["@verbatim", *code[:len(code) - blank], "@endverbatim", *[""] * blank]
            code = []
        if line is not None: out.append(escaped(line))
    return out


class Filter:
    def __init__(self):
        self.out = []
        self.grouped = self.hidden = self.seen = False
        self.head = []  # the comment at the head of the file

    def comment(self, lines, indent):
        """A comment that stands alone; `lines` without marks."""
        head = lines[0].lstrip()
        is_file, self.seen = not self.seen, True
        if head.startswith("----"):
            name = re.sub(r"^-+ ?|[.:]? ?-*$", "", head.partition(". ")[0]).strip()
            if ": " in name: name = name.partition(": ")[0]
            if self.grouped: self.out.append("/** @} */")
            self.out += [f"/** @name {escaped(name)}", "@{", "*/"]
            self.grouped = True
        elif head == OWN:
            self.out.append("/** @cond */")
            self.hidden = True
        else:
            if is_file: self.head = lines
            self.out += [f"{indent}/**", *["@file"] * is_file, *[indent + line for line in prose(lines)], f"{indent}*/"]

    def code(self, line):
        if use := re.match(r"(WASM_DECLARE_\w+)\((.*)\)$", line):
            lines = declared(use[1], use[2], use[1])
            # A comment before it is that of what it declares first.
            self.out += lines[1:] if self.out and self.out[-1].strip().endswith("*/") and "@" not in self.out[-1] else lines
            return
        if self.hidden and re.match(r"\s*((private|protected|public):|};)", line):
            line, self.hidden = "/** @endcond */ " + line, False
        if self.grouped and re.match(r"#undef own|}  // namespace", line):
            self.out.append("/** @} */")
            self.grouped = False
        named = re.match(r"(?:class|struct) (?:\[\[\w+\]\] )?(\w+)[^;]*{", line)
        if named and self.head and re.match(rf"(\w+::)*{named[1]}(<T>)?: ", self.head[0]):
            at = len(self.out) - self.out[-1].startswith("template")
            if not self.out[at - 1].endswith("*/"): self.out[at:at] = ["/**", *prose(self.head), "*/"]
            self.head = []
        # Which is nothing to compilers stays in the signatures.
        if line == "#define own" or line == "#undef own": line = ""
        # A comment after code.
        if trailing := re.match(r"(.*\S)\s+/\* (.*) \*/$", line): line = f"{trailing[1]} /**< {escaped(trailing[2])} */"
        elif trailing := re.match(r"([^\"]*[;,{)]|[^\"/]*\w)\s+// (.*)$", line): line = f"{trailing[1]} /**< {escaped(trailing[2])} */"
        if line.strip(): self.seen = True
        self.out.append(line)

    def run(self, lines):
        for m in re.finditer(r"^#define (WASM_DECLARE_\w+)\(([^)]*)\)((?:.*\\\n)*.*)$", "\n".join(lines), re.M):
            MACROS[m[1]] = [p.strip() for p in m[2].split(",")], re.sub(r"\\\n|\s+", " ", m[3])
        at = 0
        while at < len(lines):
            line = lines[at]
            if block := re.match(r"(\s*)/\* ?(.*)$", line):
                found = [block[2]]
                while "*/" not in lines[at]:
                    at += 1
                    found.append(re.sub(r"^\s*\* ?|^   ", "", lines[at]))
                found[-1] = re.sub(r"\s*\*/.*$", "", found[-1])
                self.comment(found, block[1])
            elif re.match(r"\s*//", line):
                found, indent = [], re.match(r"\s*", line)[0]
                while at < len(lines) and re.match(r"\s*//", lines[at]):
                    found.append(re.sub(r"^\s*// ?", "", lines[at]))
                    at += 1
                at -= 1
                self.comment(found, indent)
            else:
                self.code(line)
            at += 1
        return [*self.out, *["/** @} */"] * self.grouped]


def page(text, path):
    """Links to other pages of the reference stay, without the place in the page."""
    inputs = re.search(r"^INPUT\s*=(.*)$", DOXYFILE.read_text(), re.M)[1].split()
    roots = [DOXYFILE.parent.parent / name for name in inputs]

    def link(m):
        target = (path.parent / m[2].partition("#")[0]).resolve()
        known = target.suffix == ".md" and any(target == root or root in target.parents for root in roots)
        return f"[{m[1]}]({m[2].partition('#')[0]})" if known and target != path else m[1]

    return re.sub(r"\[([^\]]+)\]\((?!\w+://)([^)]+)\)", link, text)


source = pathlib.Path(sys.argv[1]).resolve()
if source.suffix == ".md": print(page(source.read_text(), source))
else: print("\n".join(Filter().run(source.read_text().splitlines())))
