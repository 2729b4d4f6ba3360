/* A newer window has the lease: say so, and let the student decide about each answer that was not saved here. */

const lease = document.getElementById("lease");
const list = lease.querySelector("ul");

/* An answer in the letters of its options: "B", "A, C" in their order, or one for each line to match. */
function describe({ fields }) {
  const letter = (number) => (Number(number) ? String.fromCharCode(64 + Number(number)) : "–");
  const named = (start) => fields.filter(([name]) => name.startsWith(start));
  const places = named("place-").filter(([, place]) => place).sort(([, one], [, other]) => one - other);
  const letters = [
    ...named("option").map(([, number]) => letter(number)),
    ...places.map(([name]) => letter(name.slice("place-".length))),
    ...named("prompt-").map(([, number]) => letter(number)),
  ];
  return letters.join(", ") || lease.dataset.nothing;
}

/**
 * Show what the window is, and what it holds.
 * @param {object} shown
 * @param {import("./store.js").Save[]} shown.saves what the server did not take
 * @param {boolean} shown.isElsewhere whether this window is read-only
 * @param {function(import("./store.js").Save): Promise<void>} shown.apply
 * @param {function(import("./store.js").Save): Promise<void>} shown.drop
 */
export function showLeaseOf(shown) {
  const { saves, isElsewhere } = shown;
  lease.hidden = !isElsewhere && saves.length === 0;
  lease.querySelector(".elsewhere").hidden = !isElsewhere;
  lease.querySelector(".held").hidden = saves.length === 0;
  lease.querySelector("[data-first]").hidden = !isElsewhere;
  lease.querySelector("[name=position]").value = document.getElementById("room").dataset.position;
  lease.querySelector("[data-all=apply]").disabled = isElsewhere;
  const decide = async (way, some) => {
    for (const save of some) await shown[way](save);
    showLeaseOf({ ...shown, saves: saves.filter((save) => !some.includes(save)) });
    document.getElementById("question").focus();
  };
  for (const button of lease.querySelectorAll("[data-all]")) button.onclick = () => decide(button.dataset.all, saves);
  list.replaceChildren(...saves.map((save) => row(save, isElsewhere, decide)));
}

function row(save, isElsewhere, decide) {
  const found = lease.querySelector("template").content.cloneNode(true).firstElementChild;
  const words = lease.dataset.answer.replace("%s", save.position).replace("%s", () => describe(save));
  found.querySelector(".what").textContent = words;
  for (const button of found.querySelectorAll("[data-one]")) {
    button.lastElementChild.textContent = ` ${words}`;
    button.disabled = isElsewhere && button.dataset.one === "apply";
    button.onclick = () => decide(button.dataset.one, [save]);
  }
  return found;
}
