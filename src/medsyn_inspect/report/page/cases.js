(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list"), filter = document.getElementById("filter");
  const shown = document.getElementById("shown"), table = document.getElementById("case-table");
  if (!list) return;
  const viewer = "http://127.0.0.1:7575/#/logs/";
  const MOST = 500, pages = new Set(data.pages);
  let sorted = { column: 0, down: false };
  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text === null ? "" : String(text);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const unpacked = (packed) => packed.cases.map((number, row) => [data.ids[number], ...packed.columns.map((column) =>
    "same" in column ? column.same : column.words ? column.words[column.at[row]] : column.values[row])]);
  for (const one of Object.values(data.lists)) one.rows = unpacked(one.rows);
  for (const [key, one] of Object.entries(data.lists)) list.append(make("option", one.title, { value: key }));
  const cells = (row) => [row[0], ...(data.cases[row[0]] || ["", ""]), ...row.slice(3)];
  const missing = (value) => value === null || value === "";
  const compare = (a, b) => {
    if (a === b) return 0;
    if (missing(a) || missing(b)) return missing(a) ? 1 : -1;
    return (sorted.down ? -1 : 1) * (a < b ? -1 : 1);
  };
  const draw = () => {
    const one = data.lists[list.value];
    table.replaceChildren();
    if (!one) return;
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = one.rows.map((row) => ({ row, cells: cells(row) }))
      .filter(({ cells }) => { const text = cells.join(" ").toLowerCase(); return words.every((word) => text.includes(word)); })
      .sort((a, b) => compare(a.cells[sorted.column], b.cells[sorted.column]));
    const head = make("tr");
    ["Case", "Language", "Specialty group", ...one.columns, "Log"].forEach((title, column) => {
      const cell = make("th", undefined, { scope: "col" });
      if (one.rows.some((row) => typeof cells(row)[column] === "number")) cell.className = "number";
      if (column === sorted.column) cell.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      if (title === "Log") cell.textContent = title;
      else {
        const button = make("button", title, { type: "button" });
        button.addEventListener("click", () => { sorted = { column, down: sorted.column === column && !sorted.down }; draw(); table.querySelectorAll("th button")[column].focus(); });
        cell.append(button);
      }
      head.append(cell);
    });
    const top = make("thead"); top.append(head);
    const body = make("tbody");
    for (const { row, cells: values } of rows.slice(0, MOST)) {
      const line = make("tr");
      values.forEach((value) => line.append(make("td", value, typeof value === "number" ? { class: "number" } : {})));
      if (pages.has(row[0])) line.firstChild.replaceChildren(make("a", row[0], { href: "cases/" + encodeURIComponent(row[0]) + ".html" }));
      const place = make("td");
      if (row[1] >= 0) place.append(make("a", "open", { href: viewer + [data.logs[row[1]], "samples", "sample", row[0], row[2]].map(encodeURIComponent).join("/") + "/", rel: "noopener" }));
      line.append(place);
      body.append(line);
    }
    table.append(top, body);
    shown.textContent = rows.length + " of " + one.rows.length + " rows" + (rows.length > MOST ? ", the first " + MOST + " shown" : "");
  };
  const follow = () => {
    const [place, key, words] = location.hash.slice(1).split("/");
    if (place !== "cases" || !key || !data.lists[key]) return;
    list.value = key; filter.value = (words || "").replaceAll("+", " "); sorted = { column: 0, down: false }; draw();
    document.getElementById("cases").scrollIntoView();
  };
  list.addEventListener("change", draw);
  filter.addEventListener("input", draw);
  addEventListener("hashchange", follow);
  draw();
  follow();
})();
