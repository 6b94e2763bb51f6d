// The parts of the page that are the same for every module: style and markup before the data, the script after it. The
// script makes elements and sets their text; data reaches the page in no other way.
#pragma once

#include <string_view>

namespace ermine::explore {

inline constexpr std::string_view kPageHead = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Ermine</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<style>
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
*{box-sizing:border-box}
body{margin:0;height:100vh;display:grid;grid-template:auto minmax(0,1fr)/18rem minmax(0,1fr);font:14px/1.4 system-ui,sans-serif}
header{grid-column:1/3;display:flex;gap:1rem;align-items:baseline;padding:.4rem .8rem;border-bottom:1px solid var(--line)}
header b{font-size:1.1em}#what{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}#problem{opacity:.7;margin-left:auto}
nav{display:flex;flex-direction:column;border-right:1px solid var(--line);min-height:0}
nav input{margin:.5rem;padding:.3rem .5rem;font:inherit}
#list{overflow:auto;flex:1}
#list a{display:flex;gap:.5rem;padding:.1rem .6rem;color:inherit;text-decoration:none;white-space:nowrap}
#list a span:first-child{overflow:hidden;text-overflow:ellipsis;flex:1}
#list a span+span{opacity:.6;font-size:.85em}
#list a:hover{background:var(--soft)}#list a.on{background:#48f4}#list a.out{opacity:.45}#list p{margin:.5rem .6rem;opacity:.7}
main{display:grid;grid-template:auto minmax(0,1fr)/repeat(3,minmax(0,1fr));min-height:0}
main.four{grid-template-columns:repeat(4,minmax(0,1fr))}main:not(.four) .fourth{display:none}
h2{margin:0;padding:.3rem .6rem;font-size:1em;border-bottom:1px solid var(--line)}
.col{overflow:auto;border-right:1px solid var(--line);font:12px/1.5 ui-monospace,monospace;padding-bottom:50vh}
.col div{content-visibility:auto;contain-intrinsic-size:auto 20rem auto 3600px;width:max-content;min-width:100%}
.col i{display:block;font-style:normal;white-space:pre;padding:0 .6rem}
.col i.at{background:#fc06}.col i.pin{background:#48f5}
.col u{text-decoration:none}
.col .o{opacity:.5}.col .k{color:#1450b4}.col .n{color:#8a3ab9}.col .d{color:#0a7a3c}.col .s{color:#a34a00}.col .c{opacity:.65}
@media (prefers-color-scheme:dark){.col .k{color:#8ab4f8}.col .n{color:#d7aefb}.col .d{color:#81c995}.col .s{color:#fcad70}}
h2 small{font-weight:normal;opacity:.7;font-size:.8em;margin-left:.6em}
#legend{margin:0 .6rem .3rem;opacity:.7;font-size:.85em}
.col p{font-family:system-ui,sans-serif;padding:.6rem;margin:0;opacity:.8}
</style></head><body>
<header><b id="title"></b><span id="what"></span><span id="problem"></span></header>
<nav><input id="search" type="search" placeholder="name or number" aria-label="search functions"><p id="legend">Functions, each with the bytes of its body.</p><div id="list"></div></nav>
<main><h2>WebAssembly<small>offset in the module, instruction</small></h2>
<h2>register code<small>index of the first unit of 8 bytes, operation; %n: slot n of the frame; acc: accumulator</small></h2>
<h2>machine code<small>offset in the function, instruction, its bytes</small></h2>
<h2 class="fourth">optimised code<small>of the same function, by LLVM</small></h2>
<div class="col" id="w"></div><div class="col" id="r"></div><div class="col" id="m"></div><div class="col fourth" id="o"></div></main>
<noscript>This page shows its functions by a script.</noscript>
)html";

inline constexpr std::string_view kPageTail = R"html(<script>
"use strict";
const $ = id => document.getElementById(id), make = (tag, text, cls) => {
  const e = document.createElement(tag);
  e.textContent = text;
  if (cls) e.className = cls;
  return e;
};
const all = JSON.parse($("data").textContent), columns = [$("w"), $("r"), $("m"), $("o")];
const label = f => f[1] || "func[" + f[0] + "]";
const MOST = 500;
let current = -1, pinned = -1;
document.title = all.title + " - Ermine";
$("title").textContent = all.title;
$("problem").textContent = all.problem;
if (all.four) document.querySelector("main").className = "four";

function showList() {
  const word = $("search").value.toLowerCase();
  const found = all.functions.filter(f => String(f[0]) === word || f[1].toLowerCase().includes(word) || !word);
  const rows = found.slice(0, MOST).map(f => {
    const a = make("a", "", (f[0] === current ? "on" : "") + (f[3] < 0 ? " out" : ""));
    a.href = "#" + f[0];
    a.title = label(f) + ": " + f[2] + " bytes of WebAssembly" + (f[3] < 0 ? ", not in this page" : ", " + f[3] + " of machine code");
    a.append(make("span", label(f)), make("span", f[2] + " B"));
    return a;
  });
  if (found.length > MOST) rows.push(make("p", "and " + (found.length - MOST) + " more: search"));
  if (!found.length) rows.push(make("p", "none"));
  $("list").replaceChildren(...rows);
}

// The kinds of words: comments, strings, names and registers, numbers, instructions.
const WORD = /(;;.*|\(;.*?;\)|<[^>]*>)|("(?:[^"\\]|\\.)*")|([$%][^\s(),;]+|\b(?:acc|[re]?[abcd][xlh]|[re]?(?:sp|bp|si|di|ip)l?|r\d+[dwb]?|[xyz]mm\d+|[xwvqds]\d+)\b)|(-?\b(?:0x[\da-fA-F]|\d)[\w.+-]*|[+-]?\b(?:inf|nan)\b[:\w]*)|([a-z_][\w.]*)/g;
const CLASSES = ["c", "s", "n", "d", "k"];

// A line: its number, and the bytes at its end, are pale.
function colour(row, line) {
  const parts = /^(\s*[\da-f]+)(.*?)(\s{2,}(?:[\da-f]{2})+)?$/.exec(line);
  if (!parts) return row.append(line);
  row.append(make("u", parts[1], "o"));
  let at = 0;
  for (const m of parts[2].matchAll(WORD)) {
    row.append(parts[2].slice(at, m.index), make("u", m[0], CLASSES[m.slice(1).findIndex(x => x !== undefined)]));
    at = m.index + m[0].length;
  }
  row.append(parts[2].slice(at));
  if (parts[3]) row.append(make("u", parts[3], "o"));
}

function fill(column, lines) {
  const blocks = [];
  if (lines) lines.split("\n").forEach((line, i) => {
    if (i % 200 === 0) blocks.push(document.createElement("div"));
    const space = line.indexOf(" "), row = make("i", "");
    colour(row, line.slice(space + 1));
    row.dataset.g = line.slice(0, space);
    blocks[blocks.length - 1].append(row);
  });
  column.replaceChildren(...blocks);
  column.scrollTop = 0;
}

function show(index) {
  const f = all.functions.find(f => f[0] === index);
  if (!f) return;
  current = index;
  pinned = -1;
  $("what").textContent = label(f) + ", function " + index;
  const data = $("f" + index), parsed = data ? JSON.parse(data.textContent) : {};
  ["w", "r", "m", "o"].forEach(k => fill($(k), parsed[k]));
  const why = data ? parsed.n : "Not in this page. " + all.others.replace("{}", index);
  if (why) (data ? $("m") : $("w")).append(make("p", why));
  const why_not = data && ("o" in parsed ? parsed.no : "Not in this page. " + all.others.replace("{}", index));
  if (why_not) $("o").append(make("p", why_not));
  showList();
}

// Lines of a group, wherever they are; `scroll`: in all columns but this one.
function mark(group, cls, scroll) {
  for (const e of document.querySelectorAll("." + cls)) e.classList.remove(cls);
  if (group < 0) return;
  for (const column of columns) {
    const rows = column.querySelectorAll('[data-g="' + group + '"]');
    for (const e of rows) e.classList.add(cls);
    if (rows.length && scroll && scroll !== column) rows[0].scrollIntoView({block: "center", inline: "nearest"});
  }
}
const group = e => e.target.closest("i")?.dataset.g ?? -1;
for (const column of columns) {
  column.addEventListener("mouseover", e => mark(group(e), "at"));
  column.addEventListener("mouseleave", () => mark(-1, "at"));
  column.addEventListener("click", e => {
    pinned = group(e) === pinned ? -1 : group(e);
    mark(pinned, "pin", column);
  });
}
$("search").addEventListener("input", showList);
const follow = () => {
  const shown = all.functions.find(f => f[3] >= 0) ?? all.functions[0];
  const asked = /^#\d+$/.test(location.hash) ? Number(location.hash.slice(1)) : shown ? shown[0] : -1;
  showList();
  show(asked);
};
addEventListener("hashchange", follow);
follow();
</script></body></html>
)html";

}  // namespace ermine::explore
