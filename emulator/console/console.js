"use strict";
// What comes from a function is text: it is set as textContent, never as markup.

const at = "/_bootzip/";
const $ = (id) => document.getElementById(id);
const maxShown = 200000; // characters of an event, an answer or a log
const maxNodes = 2000; // of a tree of JSON

let before = 0; // the page of the list; 0: the newest
let paused = false;
let version = -1;
let open = 0; // the event that is shown
let shown = ""; // its status when it was drawn
let fetching = false, again = false;

// visible replaces what would act on a terminal, or reorder text, by its code.
function visible(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

function make(tag, options = {}, ...children) {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (key === "class") e.className = value;
    else if (key === "on") e.addEventListener("click", value);
    else e.setAttribute(key, value);
  }
  for (const child of children) e.append(child instanceof Node ? child : visible(child));
  return e;
}

async function ask(path, options) {
  const r = await fetch(path, options);
  if (!r.ok) throw new Error(await r.text() || r.statusText);
  return r;
}

function problem(text) {
  $("problem").textContent = text ? visible(text) : "";
  $("problem").hidden = !text;
}

const number = (n, digits = 0) => n.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const ms = (n) => n ? number(n, n < 10 ? 2 : n < 100 ? 1 : 0) + " ms" : "";
const megabytes = (n) => n ? number(Math.ceil(n / 1048576)) + " MB" : "";
const size = (n) => n < 1000 ? n + " B" : n < 1e6 ? number(n / 1000, 1) + " kB" : number(n / 1e6, 1) + " MB";
const clock = (t) => { const d = new Date(t); return d.toLocaleTimeString("en-GB") + "." + String(d.getMilliseconds()).padStart(3, "0"); };

// Functions.

function options(select, names, first) {
  const value = select.value;
  if (JSON.stringify(names) === select.dataset.names) return;
  select.dataset.names = JSON.stringify(names);
  select.replaceChildren(...(first ? [make("option", { value: "" }, first)] : []), ...names.map((n) => make("option", { value: n }, n)));
  if (value === "" || names.includes(value)) select.value = value || (first ? "" : names[0] || "");
}

function drawFunctions(list) {
  $("functions").replaceChildren(...list.map((f) => {
    const state = !f.running ? "not served" : f.instances === 0 ? "no instance" : `${f.instances} instance${f.instances > 1 ? "s" : ""}, ${f.busy} busy`;
    const li = make("li", {}, make("strong", { class: "name" }, f.name), make("br"),
      make("span", { class: "soft" }, state + (f.running ? `, ${f.memoryMB} MB, ${f.timeout} s, ${size(f.codeBytes)}` : "")));
    if (f.error) li.append(make("p", { class: "error" }, "The last build failed" + (f.running ? "; the one before goes on:" : ":")), make("pre", { tabindex: "0" }, f.error));
    else if (f.built) li.append(make("br"), make("span", { class: "soft" }, "built " + clock(f.built)));
    return li;
  }));
  const names = list.filter((f) => f.running).map((f) => f.name);
  options($("send-function"), names);
  options($("filter-function"), names, "all");
}

// The list.

async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    const q = new URLSearchParams({ function: $("filter-function").value, status: $("filter-status").value, text: $("filter-text").value });
    if (before) q.set("before", before);
    const page = await (await ask(at + "invocations?" + q)).json();
    drawList(page);
    const summary = page.events.find((e) => e.id === open);
    if (summary && summary.status !== shown) await showDetail(open, false);
  } catch (e) {
    problem(e.message);
  } finally {
    fetching = false;
    if (again) { again = false; setTimeout(refresh, 300); }
  }
}

function drawList(page) {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.id : undefined;
  $("events").replaceChildren(...page.events.map((e) => {
    const button = make("button", { type: "button", "data-id": e.id, on: () => showDetail(e.id, true) }, clock(e.at));
    return make("tr", { class: e.id === open ? "open" : "" },
      make("td", {}, button), make("td", {}, make("span", { class: "name" }, e.function)),
      make("td", { class: e.status }, e.status + (e.error && e.error !== e.status ? " " + e.error : "")),
      make("td", { class: "number" }, ms(e.duration)), make("td", { class: "number" }, ms(e.init)), make("td", { class: "number" }, megabytes(e.memory)),
      make("td", {}, make("span", { class: "name" }, e.source + (e.client ? ", " + e.client : ""))));
  }));
  if (focused) {
    const b = $("events").querySelector(`button[data-id="${focused}"]`);
    if (b) b.focus();
  }
  $("older").hidden = !page.more;
  $("older").onclick = () => { before = page.events[page.events.length - 1].id; refresh(); };
  $("newer").hidden = before === 0;
}

// One event.

function tree(value, name, budget, depth) {
  if (budget.left-- <= 0) return make("div", { class: "leaf soft" }, budget.left === -1 ? "more is not shown" : "");
  const label = name === undefined ? "" : name + ": ";
  if (value === null || typeof value !== "object") {
    const text = typeof value === "string" ? JSON.stringify(value.length > 5000 ? value.slice(0, 5000) + "…" : value) : String(value);
    return make("div", { class: "leaf" }, make("span", { class: "soft" }, label), text);
  }
  const entries = Array.isArray(value) ? value.map((v, i) => [String(i), v]) : Object.entries(value);
  const d = make("details", {}, make("summary", {}, make("span", { class: "soft" }, label), Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`));
  d.open = depth < 2;
  for (const [key, v] of entries) {
    if (budget.left <= -1) break;
    d.append(tree(v, key, budget, depth + 1));
  }
  return d;
}

function document_(title, text, id, part, body) {
  const nodes = [make("h3", {}, title)];
  if (!text) return [...nodes, make("p", { class: "soft" }, "nothing")];
  const links = make("p", {}, make("a", { href: `${at}invocations/${id}/${part}` }, "as a file"));
  let value;
  if (text.length <= maxShown) try { value = JSON.parse(text); } catch { /* it is shown as text */ }
  if (value !== undefined) nodes.push(make("div", { class: "tree", tabindex: "0", role: "region", "aria-label": title }, tree(value, undefined, { left: maxNodes }, 0)));
  else nodes.push(make("pre", { tabindex: "0" }, text.slice(0, maxShown)), ...(text.length > maxShown ? [make("p", { class: "soft" }, `the first ${number(maxShown)} of ${number(text.length)} characters`)] : []));
  if (body) {
    links.append(" ", make("a", { href: `${at}invocations/${id}/${part}-body` }, `its body, ${size(body.size)}${body.binary ? ", binary" : ""}`));
    if (body.text) nodes.push(make("details", {}, make("summary", {}, "body"), make("pre", { tabindex: "0" }, body.text.slice(0, maxShown))));
  }
  return [...nodes, links];
}

const levels = { TRACE: "soft", DEBUG: "soft", INFO: "", WARN: "warn", WARNING: "warn", ERROR: "error", FATAL: "error" };

// level is that of a line of a log: of JSON, or of one of the forms that runtimes write.
function level(line) {
  if (/^(START|END|REPORT|INIT_REPORT) /.test(line)) return "soft";
  if (line.startsWith("{")) {
    try { return levels[String(JSON.parse(line).level).toUpperCase()] || ""; } catch { return ""; }
  }
  const m = /^(?:\S+\t\S+\t|\S+ \S+ )?\[?(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b/.exec(line);
  return m ? levels[m[1]] : "";
}

function log(d) {
  const pre = make("pre", { tabindex: "0" });
  for (const line of d.log.slice(0, maxShown).split("\n")) pre.append(make("span", { class: ("line " + level(line)).trim() }, line || " "));
  const cut = d.lost || d.log.length > maxShown;
  return [make("h3", {}, "Log"), d.log ? pre : make("p", { class: "soft" }, "nothing"), ...(cut ? [make("p", { class: "soft" }, "more is not shown: the terminal has all of it")] : [])];
}

function timeline(d) {
  const end = Math.max(0.001, ...d.phases.map((p) => p.to), ...(d.chunks || []).map((c) => c.at));
  const list = make("div");
  const percent = (x) => 100 * Math.min(1, Math.max(0, x / end)) + "%";
  for (const p of d.phases) {
    if (!p.to) continue;
    const bar = make("div", { class: "bar " + p.name.split(" ")[0] });
    bar.style.left = percent(p.from);
    bar.style.width = percent(p.to - p.from);
    list.append(make("div", { class: "phase" }, make("span", {}, `${p.name}, ${ms(p.to - p.from) || "0 ms"}`), make("div", { class: "track", "aria-hidden": "true" }, bar)));
  }
  if (d.chunks) {
    const track = make("div", { class: "track", "aria-hidden": "true" });
    for (const c of d.chunks) {
      const mark = make("div", { class: "mark" });
      mark.style.left = percent(c.at);
      track.append(mark);
    }
    list.append(make("div", { class: "phase" }, make("span", {}, `${d.chunks.length} chunks, ${size(d.chunks.reduce((n, c) => n + c.size, 0))}`), track));
  }
  return [make("h3", {}, "Time"), list];
}

function failure(d) {
  if (d.status === "success") return [];
  let f;
  try { f = JSON.parse(d.answer); } catch { return []; }
  if (!f || !f.errorType) return [];
  const nodes = [make("h3", {}, "Error"), make("p", { class: "error" }, `${f.errorType}: ${f.errorMessage || ""}`)];
  if (Array.isArray(f.stackTrace) && f.stackTrace.length) {
    nodes.push(make("pre", { tabindex: "0" }, f.stackTrace.map((s) => typeof s === "string" ? s : `${s.label || ""}\n    ${s.path || ""}:${s.line || ""}`).join("\n")));
  }
  return nodes;
}

async function showDetail(id, focus) {
  const box = $("detail");
  try {
    const d = await (await ask(at + "invocations/" + id)).json();
    open = id;
    shown = d.status;
    const edit = () => { compose(d); $("send-event").focus(); };
    box.replaceChildren(
      make("h2", { id: "detail-title" }, `${d.function}, ${clock(d.at)}: `, make("span", { class: d.status }, d.status)),
      make("p", { class: "buttons" }, make("button", { type: "button", on: () => send(d.function, d.event) }, "Send again"), make("button", { type: "button", on: edit }, "Edit and send"),
        make("button", { type: "button", on: close }, "Close")),
      make("dl", {}, make("dt", {}, "request"), make("dd", {}, d.requestId), make("dt", {}, "source"), make("dd", {}, d.source + (d.client ? ", " + d.client : "")),
        make("dt", {}, "start"), make("dd", {}, d.init ? `cold, ${ms(d.init)}` : "warm"), make("dt", {}, "duration"), make("dd", {}, ms(d.duration) || "–"),
        make("dt", {}, "memory"), make("dd", {}, megabytes(d.memory) || "–"), make("dt", {}, "bytes"), make("dd", {}, `${size(d.in)} in, ${size(d.out)} out`)),
      ...failure(d), ...timeline(d), ...document_("Event", d.event, d.id, "event", d.eventBody), ...document_("Answer", d.answer, d.id, "answer", d.answerBody), ...log(d));
    box.hidden = false;
    for (const tr of $("events").children) tr.className = Number(tr.querySelector("button").dataset.id) === id ? "open" : "";
    if (focus) { box.focus({ preventScroll: true }); box.scrollIntoView({ block: "nearest" }); }
  } catch (e) {
    problem(e.message);
  }
}

function close() {
  const id = open;
  open = 0;
  $("detail").hidden = true;
  const b = $("events").querySelector(`button[data-id="${id}"]`);
  if (b) { b.closest("tr").className = ""; b.focus(); }
}

// Sending.

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function compose(d) {
  $("send-function").value = d.function;
  // Numbers may have more digits than JSON.parse keeps.
  $("send-event").value = /[0-9]{16}/.test(d.event) ? d.event : pretty(d.event);
}

async function send(name, event) {
  $("sent").textContent = "sending …";
  try {
    JSON.parse(event);
    const r = await fetch(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, { method: "POST", headers: { "Content-Type": "application/json" }, body: event });
    if (!r.ok) throw new Error(await r.text());
    $("sent").textContent = r.headers.get("X-Amz-Function-Error") ? "the function failed" : "answered";
    before = 0;
    const id = r.headers.get("X-Amzn-Requestid");
    const page = await (await ask(at + "invocations?" + new URLSearchParams({ text: id }))).json();
    if (page.events.length) await showDetail(page.events[0].id, true);
    if (!paused) refresh();
  } catch (e) {
    $("sent").textContent = visible(e.message);
  }
}

async function kinds() {
  try {
    const list = await (await ask(at + "events")).json();
    $("send-kind").replaceChildren(make("option", { value: "" }, "nothing"), ...list.map((k) => make("option", { value: k.name, ...(k.saved ? { "data-saved": "1" } : {}) }, `${k.name}: ${k.about}`)));
  } catch (e) {
    problem(e.message);
  }
}

$("send-kind").addEventListener("change", async () => {
  const o = $("send-kind").selectedOptions[0];
  if (!o.value) return;
  try {
    const name = o.value.split("/").pop();
    $("send-event").value = (await (await ask(at + "events/" + encodeURIComponent(name) + (o.dataset.saved ? "?saved=1" : ""))).json()).trimEnd();
  } catch (e) {
    $("sent").textContent = visible(e.message);
  }
});
$("send").addEventListener("submit", (e) => { e.preventDefault(); send($("send-function").value, $("send-event").value); });
$("save").addEventListener("click", async () => {
  try {
    const r = await ask(at + "save", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: $("save-name").value, event: $("send-event").value }) });
    const file = await r.json();
    $("sent").textContent = `saved: bootzip invoke ${$("send-function").value} ${file}`;
    kinds();
  } catch (e) {
    $("sent").textContent = visible(e.message);
  }
});
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  $("pause").textContent = paused ? "Go on" : "Stop";
  if (!paused) refresh();
});
$("clear").addEventListener("click", async () => {
  try { await ask(at + "invocations", { method: "DELETE" }); } catch (e) { problem(e.message); return; }
  before = 0;
  close();
  refresh();
});
$("newer").addEventListener("click", () => { before = 0; refresh(); });
for (const id of ["filter-function", "filter-status"]) $(id).addEventListener("change", () => { before = 0; refresh(); });
let typing = 0;
$("filter-text").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => { before = 0; refresh(); }, 200); });
document.addEventListener("keydown", (e) => { if (e.key === "Escape" && open) close(); });

// Changes.

function watch() {
  const source = new EventSource(at + "changes");
  source.onmessage = (m) => {
    const s = JSON.parse(m.data);
    problem(s.project);
    drawFunctions(s.functions);
    $("state").textContent = `${number(s.held)} of ${number(s.total)} events; the newest ${number(s.maxEvents)} are kept, and ${size(s.maxBytes)} of them at most`;
    if (s.version !== version) {
      version = s.version;
      if (!paused) refresh();
    }
  };
  source.onerror = async () => {
    $("state").textContent = "no connection";
    try { await ask(at + "events"); } catch (e) { problem(e.message); }
  };
}

kinds();
watch();
