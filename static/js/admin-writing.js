// The writing page: Ctrl+S saves, and a button adds a row. Without this file saving gives room for one more row.
const form = document.querySelector("#writing");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    const save = form?.querySelector("button[name=_save]");
    if (save) {
      event.preventDefault();
      save.click();
    }
  }
});

function addRow(prefix) {
  const rows = form.querySelector(`[data-rows="${prefix}"]`);
  const total = form.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const index = Number(total.value);
  const holder = document.createElement("template");
  holder.innerHTML = form
    .querySelector(`[data-template="${prefix}"]`)
    .innerHTML.replaceAll("__prefix__", String(index))
    .replaceAll("__number__", String(index + 1));
  const row = holder.content.firstElementChild;
  rows.append(row);
  total.value = String(index + 1);
  row.querySelector("textarea, input:not([type=hidden], [type=checkbox])").focus();
  return index + 1 < Number(rows.dataset.most);
}

for (const button of form?.querySelectorAll("[data-add]") ?? []) {
  const prefix = button.dataset.add;
  const rows = form.querySelector(`[data-rows="${prefix}"]`);
  button.hidden = rows.children.length >= Number(rows.dataset.most);
  button.addEventListener("click", () => {
    button.hidden = !addRow(prefix);
  });
}

// Leaving with unsaved text asks first.
let changed = false;
form?.addEventListener("input", () => {
  changed = true;
});
form?.addEventListener("submit", () => {
  changed = false;
});
window.addEventListener("beforeunload", (event) => {
  if (changed) {
    event.preventDefault();
  }
});
