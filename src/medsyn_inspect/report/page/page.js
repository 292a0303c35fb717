/* Tables that can be sorted, the switch of the leaderboard, and the place of definitions. */
(() => {
  for (const box of document.querySelectorAll("input[data-shows]")) {
    const table = document.getElementById(box.dataset.shows);
    const show = () => table.classList.toggle("all", box.checked);
    box.addEventListener("change", show);
    show();
  }

  const value = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    return cell.classList.contains("n") ? null : cell.textContent.trim() || null;
  };
  const sort = (table, column) => {
    const heads = [...table.tHead.rows[0].cells], head = heads[column], body = table.tBodies[0];
    const numeric = head.classList.contains("n");
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : numeric;
    const rows = [...body.rows].map((row) => ({ row, value: value(row, column) }));
    rows.sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
      const order = typeof a.value === "number" ? a.value - b.value : a.value.localeCompare(b.value);
      return down ? -order : order;
    });
    for (const { row } of rows) body.append(row);
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll(".leaderboard table")) {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const head = cell.querySelector(".head"), button = document.createElement("button");
      button.type = "button";
      button.className = "sorts";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, column));
    });
  }

  /* A definition opens under its button; without this script it opens at the lower edge of the window. */
  for (const tip of document.querySelectorAll(".tip")) {
    let opener = null;
    for (const button of document.querySelectorAll(`[popovertarget="${tip.id}"]`)) {
      button.addEventListener("click", () => { opener = button; });
    }
    tip.addEventListener("toggle", (event) => {
      if (event.newState !== "open" || !opener) return;
      const box = opener.getBoundingClientRect(), width = Math.min(416, innerWidth - 16);
      tip.style.inset = "auto";
      tip.style.width = `${width}px`;
      tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
      const below = box.bottom + 6;
      tip.style.top = `${below + tip.offsetHeight < innerHeight ? below : Math.max(8, box.top - tip.offsetHeight - 6)}px`;
    });
  }

  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
})();
