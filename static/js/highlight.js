/* Highlight words of the stem. What is kept are places in its text, [start, end), in order and never touching.
 *
 * Words are selected first, by pointer or finger; where nothing is selected a list of the sentences opens, which also
 * serves those who cannot select. */

const known = new Map(); // address -> ranges, newer than what a fragment from before may say
const dialog = document.getElementById("sentences");
let selected = null;

const stem = () => document.getElementById("stem");
const address = () => document.getElementById("highlight-button").dataset.address;
const ranges = () => known.get(address()) ?? JSON.parse(stem().dataset.highlights);
const isIn = ([start, end]) => ranges().some(([from, to]) => from <= start && end <= to);

/* The selected part of the stem as places in its text, without the blanks around it; null where there is none. */
function selection() {
  const found = window.getSelection();
  if (!found.rangeCount || found.isCollapsed || !stem()) return null;
  const whole = document.createRange();
  whole.selectNodeContents(stem());
  const part = found.getRangeAt(0).cloneRange();
  if (part.compareBoundaryPoints(Range.START_TO_START, whole) < 0) part.setStart(whole.startContainer, whole.startOffset);
  if (part.compareBoundaryPoints(Range.END_TO_END, whole) > 0) part.setEnd(whole.endContainer, whole.endOffset);
  const before = whole.cloneRange();
  before.setEnd(part.startContainer, part.startOffset);
  return trimmed(before.toString().length, part.toString());
}

function trimmed(start, text) {
  const from = start + text.length - text.trimStart().length;
  return text.trim() ? [from, from + text.trim().length] : null;
}

function sentences() {
  const text = stem().textContent;
  if (!Intl.Segmenter) return [trimmed(0, text)];
  const parts = [...new Intl.Segmenter(document.documentElement.lang, { granularity: "sentence" }).segment(text)];
  return parts.map(({ index, segment }) => trimmed(index, segment)).filter(Boolean);
}

function add([start, end]) {
  const apart = ranges().filter(([from, to]) => to < start || from > end);
  const touching = ranges().filter(([from, to]) => to >= start && from <= end);
  const joined = [Math.min(start, ...touching.map(([from]) => from)), Math.max(end, ...touching.map(([, to]) => to))];
  store([...apart, joined].sort(([one], [other]) => one - other));
}

function takeOff([start, end]) {
  store(ranges().flatMap(([from, to]) => [[from, Math.min(to, start)], [Math.max(from, end), to]]).filter(([from, to]) => from < to));
}

function store(changed) {
  known.set(address(), changed);
  paint();
  const detail = { address: address(), ranges: JSON.stringify(changed) };
  document.dispatchEvent(new CustomEvent("room:highlighted", { detail }));
}

function paint() {
  stem().querySelectorAll("mark").forEach((mark) => mark.replaceWith(...mark.childNodes));
  stem().normalize();
  for (const [node, from, to] of pieces()) {
    const piece = node.splitText(from);
    piece.splitText(to - from);
    const mark = document.createElement("mark");
    piece.replaceWith(mark);
    mark.append(piece);
  }
}

/* Which parts of which text nodes are highlighted, from the end, so that splitting one leaves the places before it. */
function pieces() {
  const found = [];
  const walker = document.createTreeWalker(stem(), NodeFilter.SHOW_TEXT);
  for (let place = 0; walker.nextNode(); place += walker.currentNode.length) {
    const node = walker.currentNode;
    for (const [start, end] of ranges()) {
      const [from, to] = [Math.max(start - place, 0), Math.min(end - place, node.length)];
      if (from < to && node.data.slice(from, to).trim()) found.unshift([node, from, to]);
    }
  }
  return found;
}

function choose() {
  const text = stem().textContent;
  dialog.querySelector("ul").replaceChildren(...sentences().map((range) => {
    const line = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", checked: isIn(range) });
    box.addEventListener("change", () => (box.checked ? add(range) : takeOff(range)));
    label.append(box, ` ${text.slice(...range)}`);
    line.append(label);
    return line;
  }));
  dialog.showModal();
}

dialog.querySelector("[data-clear]").addEventListener("click", () => {
  dialog.querySelectorAll("input").forEach((box) => { box.checked = false; });
  store([]);
});

// A finger that presses the button ends the selection before the click arrives.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("#highlight-button")) selected = selection();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("#highlight-button")) return;
  const range = selection() ?? selected;
  selected = null;
  if (!range) {
    choose();
    return;
  }
  window.getSelection().removeAllRanges();
  if (isIn(range)) takeOff(range);
  else add(range);
});

function show() {
  if (stem()) paint();
}

document.addEventListener("room:mark-waits", ({ detail: { name, fields } }) => {
  if (!name.endsWith("/highlights/")) return;
  known.set(name, JSON.parse(Object.fromEntries(fields).ranges));
  show();
});
document.addEventListener("room:shown", show);
show();
