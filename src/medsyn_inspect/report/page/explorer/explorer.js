/* The grid of cases and readers, and what they answered to one case. */
(() => {
  const one = (id) => document.getElementById(id);
  const table = one("case-table");
  if (!table) return;
  const { data, value, casesOf, listOf, ALPHABET, MISSING } = packed;
  const picker = one("grid"), filter = one("filter"), shown = one("shown"), behind = one("behind");
  const dialog = one("case"), zoom = one("zoom");
  const MOST = 500, MANY = 6, SHORT = 87, PARTS = 100;
  const LETTERS = ALPHABET.slice(0, 26);
  const SIGNS = new Map(data.signs.map(([code, sign, words], place) => [code, { sign, words, place }]));
  const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  const content = data.content;

  // Elements. Texts become text nodes, so that nothing in them is markup.
  const make = (name, parts, attributes = {}) => {
    const element = document.createElement(name);
    for (const part of [parts].flat()) if (part !== null && part !== undefined && part !== "") element.append(part);
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== null) element.setAttribute(key, value);
    return element;
  };
  const button = (text, action, attributes = {}) => {
    const made = make("button", text, { type: "button", ...attributes });
    made.addEventListener("click", action);
    return made;
  };

  // Packed data: see `packing.py`.
  const number = (column, at) => column === undefined ? null
    : typeof column !== "string" ? column[at] : column[at] === MISSING ? null : parseInt(column[at], 36);
  const part = (object, name, at) => {
    if (object[name] === undefined) return MISSING;
    if (typeof object[name] === "string") object[name] = object[name].split(" ");
    return object[name][at];
  };
  const posterior = (text, at, count) => {
    if (text[at] === MISSING) return [null, at + 1];
    const values = [];
    let rest = PARTS;
    for (let option = 1; option < count; option += 1) {
      let share = ALPHABET.indexOf(text[at]);
      at += 1;
      if (share >= SHORT) { share = SHORT + (share - SHORT) * ALPHABET.length + ALPHABET.indexOf(text[at]); at += 1; }
      values.push(share / PARTS);
      rest -= share;
    }
    values.push(rest / PARTS);
    return [values, at];
  };
  const optionCount = (at) => number(data.cases.options, at) ?? 0;
  const correct = (at) => data.cases.correct[at];
  const answers = (column, at) => column.epochs.map((epoch, place) => {
    const code = epoch.outcome ? epoch.outcome[at] : MISSING;
    if (code === MISSING) return null;
    const letter = epoch.letter ? epoch.letter[at] : MISSING;
    const failure = epoch.failure && epoch.failure[at] !== MISSING ? column.failures[parseInt(epoch.failure[at], 36)] : "";
    return { code, letter: letter === MISSING ? "" : letter, failure, level: number(epoch.level, at), rank: number(epoch.rank, at),
      epoch: column.numbers[place], log: value(column.log, at), posterior: posterior(part(epoch, "posterior", at), 0, optionCount(at))[0],
      turns: turns(part(epoch, "turns", at), column.stages, optionCount(at)) };
  }).filter((answer) => answer !== null);
  const turns = (text, stages, count) => {
    const found = [];
    for (let at = 0; text !== MISSING && at < text.length;) {
      const stage = stages[parseInt(text[at], 36)], letter = text[at + 1];
      const [values, next] = posterior(text, at + 2, count);
      found.push({ stage, letter, posterior: values });
      at = next;
    }
    return found;
  };
  const arms = (reader, at) => {
    const found = data.arms.readers.find((entry) => entry.reader === reader);
    if (!found || part(found, "patterns", at) === MISSING) return [];
    const text = part(found, "posteriors", at);
    let place = 0;
    return data.arms.patterns[Number(part(found, "patterns", at))].map((name) => {
      const [values, next] = posterior(text, place, optionCount(at));
      place = next;
      const error = (found.errors || []).find((entry) => entry[0] === at && entry[1] === name);
      return { view: data.arms.names[name][0], words: data.arms.names[name][1], posterior: values, error: error ? error[2] : "" };
    });
  };

  // What is shown.
  const state = { grid: 0, list: null, sorted: { column: 0, down: false }, rows: [], reader: null, cursor: [0, 0] };
  const grid = () => data.grids[state.grid];
  const wordsOf = (answer) => SIGNS.get(answer.code).words;
  const listed = (answer) => {
    const outcome = answer.code === "u" ? `wrong: ${wordsOf(answer)}` : wordsOf(answer);
    return answer.failure ? `${outcome}${answer.code === "u" ? ", " : ": "}${answer.failure}` : outcome;
  };
  const scoreName = (of) => of.scale ? `Score ${of.scale}` : "Score";
  const rowsOf = () => {
    const list = state.list && listOf(state.list);
    if (list && list.rows) {
      return [list.columns, casesOf(list).map((at, row) => ({ at, values: list.rows.columns.map((column) => value(column, row, list.rows.columns)) }))];
    }
    const indices = [...data.ids.keys()];
    if (!list) return [[], indices.filter((at) => grid().columns.some((column) => answers(column, at).length)).map((at) => ({ at, values: [] }))];
    const column = grid().columns.find((entry) => entry.reader === list.reader);
    const judged = column.epochs.some((epoch) => epoch.level !== undefined);
    const rows = indices.map((at) => ({ at, given: answers(column, at) })).filter(({ given }) => given.length).map(({ at, given }) => {
      const levels = given.length === 1 ? given[0].level : given.map((answer) => answer.level ?? "-").join("; ");
      return { at, values: [given.map(listed).join("; "), ...(judged ? [levels] : [])] };
    });
    return [judged ? ["Outcome", scoreName(grid())] : ["Outcome"], rows];
  };
  const cellOf = (column, at) => {
    const given = answers(column, at);
    if (!given.length) return { text: "", words: "not asked", code: "", order: null };
    const codes = new Set(given.map((answer) => answer.code));
    const right = given.filter((answer) => answer.code === "r").length;
    if (codes.size > 1) return { text: `◐ ${right}/${given.length}`, words: `${right} of ${given.length} right`, code: "mixed", order: 1 - right / given.length, right: right / given.length };
    const [answer] = given, { sign, words, place } = SIGNS.get(answer.code);
    const detail = answer.letter || (answer.level !== null ? String(answer.level) : "");
    return { text: [sign, detail].filter(Boolean).join(" "), words: [words, detail].filter(Boolean).join(", "), code: answer.code, order: place, right: answer.code === "r" ? 1 : 0 };
  };
  const missing = (given) => given === null || given === undefined || given === "";
  const compare = (a, b) => {
    if (a === b) return 0;
    if (missing(a) || missing(b)) return missing(a) ? 1 : -1;
    return (state.sorted.down ? -1 : 1) * (a < b ? -1 : 1);
  };
  const headOf = (title, column, kind, numeric) => {
    const cell = make("th", button(title, () => {
      state.sorted = { column, down: state.sorted.column === column && !state.sorted.down };
      draw();
      table.querySelectorAll("thead button")[column].focus();
    }, kind.includes("reader") ? { title } : {}), { scope: "col", class: [kind, numeric ? "n" : ""].join(" ").trim() || undefined });
    if (column === state.sorted.column) cell.setAttribute("aria-sort", state.sorted.down ? "descending" : "ascending");
    return cell;
  };
  const draw = () => {
    const of = grid();
    const list = state.list && listOf(state.list);
    const [titles, found] = rowsOf();
    const readers = of.columns;
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = found.map(({ at, values }) => {
      const cells = readers.map((column) => cellOf(column, at));
      const asked = cells.filter((cell) => cell.code);
      const right = asked.filter((cell) => cell.code === "r").length;
      const facts = [data.ids[at], value(data.cases.languages, at), value(data.cases.specialties, at), ...values];
      const text = [...facts, ...(list ? [] : cells.map((cell) => cell.words))].join(" ").toLowerCase();
      return { at, facts, cells, text, right: asked.length ? `${right} of ${asked.length}` : "", order: [...facts, asked.length ? right / asked.length : null, ...cells.map((cell) => cell.order)] };
    });
    const kept = rows.filter((row) => words.every((word) => row.text.includes(word)))
      .sort((a, b) => compare(a.order[state.sorted.column], b.order[state.sorted.column]));
    const head = make("tr");
    const numeric = (column) => rows.some((row) => typeof row.facts[column] === "number");
    [["Case", ""], ["Language", "aside"], ["Specialty group", "aside"], ...titles.map((title) => [title, ""])]
      .forEach(([title, kind], column) => head.append(headOf(title, column, kind, numeric(column))));
    head.append(headOf("Readers right", 3 + titles.length, "", true));
    const marked = (column) => list && column.reader === list.reader ? " marked" : "";
    readers.forEach((column, place) => head.append(headOf(data.readers[column.reader], 4 + titles.length + place, `reader${marked(column)}`, false)));
    const body = make("tbody");
    for (const row of kept.slice(0, MOST)) {
      const line = make("tr", make("th", row.facts[0], { scope: "row", role: "rowheader", tabindex: -1, title: row.facts[0] }));
      row.facts.slice(1).forEach((fact, place) => {
        line.append(make("td", missing(fact) ? "" : String(fact), { role: "gridcell", class: place < 2 ? "aside" : typeof fact === "number" ? "n" : undefined }));
      });
      line.append(make("td", row.right, { role: "gridcell", class: "n" }));
      row.cells.forEach((cell, place) => line.append(make("td", cell.text, {
        role: "gridcell", tabindex: -1, class: `outcome ${cell.code}${marked(readers[place])}`.trim(),
        "aria-label": `${data.readers[readers[place].reader]}: ${cell.words}`, "data-reader": readers[place].reader })));
      body.append(line);
    }
    const scope = list ? list.title : of.title;
    table.replaceChildren(make("caption", `${of.title}${list ? ` (${list.title})` : ""}`), make("thead", head), body);
    table.classList.toggle("many", readers.length > MANY || matchMedia("(max-width: 46rem)").matches);
    state.rows = kept.map((row) => row.at);
    behind.hidden = !list;
    behind.firstElementChild.textContent = list ? `Only the cases behind: ${scope}` : "";
    shown.textContent = `${kept.length} of ${rows.length} cases${kept.length > MOST ? `, the first ${MOST} shown` : ""}`;
    const first = body.querySelector("[tabindex]");
    if (first) first.tabIndex = 0;
  };

  // Moving in the grid: one cell is in the tab order; arrows move, Enter and Space open.
  const stops = (line) => [...line.querySelectorAll("[tabindex]")];
  const moveTo = (cell) => {
    if (!cell) return;
    for (const old of table.querySelectorAll("tbody [tabindex='0']")) old.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
  };
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody [tabindex]");
    if (!cell) return;
    const line = cell.parentElement, cells = stops(line), place = cells.indexOf(cell);
    const target = { ArrowRight: () => cells[place + 1], ArrowLeft: () => cells[place - 1], Home: () => cells[0], End: () => cells.at(-1),
      ArrowDown: () => line.nextElementSibling && stops(line.nextElementSibling)[place],
      ArrowUp: () => line.previousElementSibling && stops(line.previousElementSibling)[place] }[event.key];
    if (target) { event.preventDefault(); moveTo(target()); }
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); cell.click(); }
  });
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody [tabindex]");
    if (!cell) return;
    moveTo(cell);
    const at = data.ids.indexOf(cell.parentElement.firstElementChild.textContent);
    open(at, cell.dataset.reader === undefined ? null : Number(cell.dataset.reader));
  });

  // One case.
  const signOf = (answer) => make("span", `${SIGNS.get(answer.code).sign} ${wordsOf(answer)}`, { class: `sign ${answer.code}` });
  const option = (at, letter) => {
    const text = content && content.cases[at] && LETTERS.indexOf(letter) >= 0 ? content.cases[at].options[LETTERS.indexOf(letter)] : "";
    return text ? `${letter}. ${text}` : letter;
  };
  const percent = (share) => share > 0 ? `${Math.round(share * 100)} %` : "<1 %";
  const bars = (values, at) => {
    const words = values.map((share, place) => `${LETTERS[place]} ${percent(share)}`).join(", ");
    const made = make("span", values.map((share, place) => {
      const bar = make("i");
      bar.style.height = `${Math.round(share * 26)}px`;
      return make("span", [bar, LETTERS[place]], { class: LETTERS[place] === correct(at) ? "correct" : undefined });
    }), { class: "bars", role: "img", "aria-label": words, title: words });
    return made;
  };
  const believed = (values, at) => {
    const place = LETTERS.indexOf(correct(at));
    return values && place >= 0 && place < values.length ? percent(values[place]) : "";
  };
  const tableOf = (heads, lines, name) => {
    const made = make("table", [make("thead", make("tr", heads.map((head) => make("th", head, { scope: "col" })))), make("tbody", lines)], { "aria-label": name });
    return make("div", made, { class: "wide", tabindex: 0, role: "region", "aria-label": name });
  };
  const place = (answer, at) => {
    const id = data.ids[at], log = data.logs[answer.log];
    if (data.viewer && location.protocol.startsWith("http")) {
      const way = [log, "samples", "sample", id, answer.epoch].map(encodeURIComponent).join("/");
      return make("p", make("a", "Open prompt, answer and scoring in Inspect's viewer", { href: `${data.viewer}/index.html#/logs/${way}/`, rel: "noopener" }));
    }
    return make("p", `Sample ${id}, epoch ${answer.epoch}, in the log ${log}`, { class: "quiet" });
  };
  const answerParts = (answer, at) => {
    const texts = content && own(content.answers, answer.log) ? content.answers[answer.log][`${at}/${answer.epoch}`] : null;
    if (!texts) return [];
    return [make("h5", "Answer"), make("blockquote", texts[0] || "(empty)", { tabindex: 0 }),
      ...(texts[1] ? [make("h5", "Why it was scored so"), make("blockquote", texts[1], { tabindex: 0 })] : [])];
  };
  const turnsOf = (answer, of, at, reader) => {
    if (!answer.turns.length) return [];
    const lettered = { "=": "the same diagnosis as the last", x: "another diagnosis than the last", [MISSING]: "no answer read" };
    const last = { letter: answer.letter || (["ddx", "open_fdx"].includes(of.question) ? "=" : MISSING), posterior: answer.posterior };
    const lines = answer.turns.map((turn) => turn.letter === "*" ? { ...turn, ...last } : turn).map((turn) => make("tr", [make("td", turn.stage), make("td", own(lettered, turn.letter) ? lettered[turn.letter] : option(at, turn.letter)),
      make("td", turn.posterior ? bars(turn.posterior, at) : ""), make("td", believed(turn.posterior, at), { class: "n" })]));
    return [make("h5", "Answer after each stage"), tableOf(["Stage", "Answer", "Probabilities", "p(correct)"], lines, `Answer after each stage: ${data.readers[reader]}, epoch ${answer.epoch}`)];
  };
  const armsOf = (reader, at) => {
    const found = arms(reader, at);
    if (!found.length) return [];
    const words = [...new Set(found.map((arm) => arm.words))];
    const cell = (arm) => !arm ? [make("td"), make("td")]
      : [make("td", arm.posterior ? bars(arm.posterior, at) : arm.error || "no posterior"), make("td", believed(arm.posterior, at), { class: "n" })];
    const lines = words.map((name) => make("tr", [make("td", name), ...["image", "finding"].flatMap((view) => cell(found.find((arm) => arm.words === name && arm.view === view)))]));
    const note = `Bars: the probability of each option; ${LETTERS.includes(correct(at)) ? `${correct(at)} is correct` : "the correct letter is not known"}.`;
    return [make("h5", "Probabilities when evidence is withheld"), make("p", note, { class: "quiet" }),
      tableOf(["Evidence shown", "Images", "p(correct)", "Findings", "p(correct)"], lines, `Probabilities when evidence is withheld: ${data.readers[reader]}`)];
  };
  const everywhere = (reader, at) => {
    const lines = data.grids.flatMap((of, number) => of.columns.filter((column) => column.reader === reader).flatMap((column) => answers(column, at).map((answer) =>
      make("tr", [make("td", number === state.grid ? of.title : button(of.title, () => { choose(number); open(at, reader); })), make("td", signOf(answer)),
        make("td", answer.letter ? option(at, answer.letter) : ""), make("td", answer.level === null ? "" : String(answer.level), { class: "n" }),
        make("td", answer.rank === null ? "" : String(answer.rank), { class: "n" })], { class: number === state.grid ? "current" : undefined }))));
    return [make("h5", "This case in every task and condition"), tableOf(["Task and condition", "Outcome", "Answer", "Level", "Rank"], lines, `This case in every task and condition: ${data.readers[reader]}`)];
  };
  const summaryOf = (column, given, at) => {
    const answer = given[0];
    const facts = given.length > 1 ? [`${given.filter((one) => one.code === "r").length} of ${given.length} epochs right`]
      : [answer.failure, answer.letter && option(at, answer.letter), answer.level !== null && `level ${answer.level}${grid().scale ? ` (${grid().scale})` : ""}`,
        answer.rank !== null && `rank ${answer.rank} in the list`].filter(Boolean);
    return make("summary", [signOf(answer), make("strong", data.readers[column.reader]), make("span", facts.join(" · "))]);
  };
  // Where a wrong answer comes from: the same question with the other view, and the evidence whose image adds least.
  const whyOf = (reader, at) => {
    const parts = [], { view, ...rest } = grid().shows, alike = JSON.stringify(rest);
    const other = data.grids.find(({ question, shows: { view: seen, ...others } }) => question === grid().question && seen !== view && JSON.stringify(others) === alike);
    const column = other && other.columns.find((one) => one.reader === reader), [answer] = column ? answers(column, at) : [];
    if (answer) parts.push(`With ${view === "image" ? "findings instead of images" : "images instead of findings"}: ${wordsOf(answer)}${answer.letter ? `, ${option(at, answer.letter)}` : ""}.`);
    const letter = correct(at), found = arms(reader, at);
    const p = (seen, words) => (found.find((arm) => arm.view === seen && arm.words === words)?.posterior || [])[LETTERS.indexOf(letter)];
    const gain = (seen, words) => 100 * (p(seen, "all evidence") - p(seen, words)), points = (value) => `${value < 0 ? "−" : "+"}${Math.abs(Math.round(value))}`;
    const [most] = [...new Set(found.map((arm) => arm.words))].filter((words) => words.startsWith("without ") && words !== "without visual evidence")
      .map((words) => ({ name: words.slice(8), finding: gain("finding", words), image: gain("image", words) }))
      .filter((one) => one.finding - one.image >= 1).sort((a, b) => b.finding - b.image - a.finding + a.image);
    if (most) parts.push(`${most.name[0].toUpperCase()}${most.name.slice(1)} loses most as an image: its finding changes the probability of ${letter} by ${points(most.finding)} points, its image by ${points(most.image)}.`);
    return parts.length ? make("p", parts.join(" ")) : "";
  };
  const readerOf = (column, at, opened) => {
    const given = answers(column, at);
    if (!given.length) return null;
    const made = make("details", summaryOf(column, given, at), { class: "given", "data-reader": column.reader });
    const fill = () => {
      if (made.childElementCount > 1) return;
      if (given.some((answer) => answer.code !== "r")) made.append(whyOf(column.reader, at));
      for (const answer of given) {
        if (given.length > 1) made.append(make("h5", `Epoch ${answer.epoch}: ${listed(answer)}`));
        made.append(...answerParts(answer, at), ...turnsOf(answer, grid(), at, column.reader));
        if (answer.posterior && !answer.turns.length) made.append(make("h5", "Probabilities at the answer"), make("p", [bars(answer.posterior, at), ` p(correct) ${believed(answer.posterior, at)}`]));
        made.append(place(answer, at));
      }
      made.append(...everywhere(column.reader, at), ...armsOf(column.reader, at));
    };
    made.addEventListener("toggle", fill);
    if (opened) { fill(); made.open = true; }
    return made;
  };
  const picture = ([number, obtained], name) => {
    const words = [name, obtained].filter(Boolean).join(", ");
    const image = make("img", null, { src: content.images[number], alt: words, loading: "lazy" });
    return make("figure", [button(image, () => enlarge(content.images[number], words), { "aria-label": `Enlarge: ${words}` }), make("figcaption", words)]);
  };
  const sectionOf = (title, parts, seen, why) => make("section", [make("h5", seen ? title : `${title} (${why})`), ...parts], { class: seen ? undefined : "unseen" });
  const caseOf = (at) => {
    const found = content && content.cases[at];
    if (!found) return [];
    const { view, text, withheld } = grid().shows, prose = (words) => make("div", words, { class: "prose", lang: found.language, dir: "auto" });
    const parts = [];
    for (const [name, words] of [["history", found.history], ["examination", found.examination]]) {
      if (!words) continue;
      const why = text === "random" ? "the reader saw random words instead" : "not shown to the reader";
      parts.push(sectionOf(name === "history" ? "History" : "Physical examination", [prose(words)], text === "keep" && !withheld.includes(name), why));
    }
    for (const piece of found.evidence) {
      const title = piece.words.charAt(0).toUpperCase() + piece.words.slice(1), hidden = withheld.includes(piece.type);
      const images = piece.images.length ? make("div", piece.images.map((image) => picture(image, title)), { class: "thumbs" }) : "";
      if (view !== "finding") parts.push(sectionOf(title, [images], !hidden, "not shown to the reader"));
      if (piece.finding && view === "finding") parts.push(sectionOf(`${title}: finding`, [prose(piece.finding)], !hidden, "not shown to the reader"));
      const rest = view === "finding" ? images : piece.finding ? prose(piece.finding) : "";
      if (rest) parts.push(make("details", [make("summary", view === "finding" ? `Images of ${piece.words} (the reader saw the finding)` : `Finding for ${piece.words} (the reader saw the images)`, { class: "quiet" }), rest], { class: "unseen" }));
    }
    const choosers = (letter) => grid().columns.filter((column) => answers(column, at).some((answer) => answer.letter === letter)).map((column) => data.readers[column.reader]);
    if (found.options.length) {
      const lines = found.options.map((words, number) => {
        const letter = LETTERS[number], by = choosers(letter);
        return make("li", [`${letter}. ${words}`, letter === correct(at) ? make("strong", " ✓ correct") : "", by.length ? make("span", ` chosen by ${by.join(", ")}`, { class: "quiet" }) : ""], { class: letter === correct(at) ? "correct" : undefined });
      });
      const seen = ["fdx", "sensitivity"].includes(grid().question);
      parts.push(sectionOf("Options", [make("ol", lines, { class: "options" })], seen, "not shown for this question"));
    }
    if (content.reduced) parts.push(make("p", `Images are reduced to at most ${content.reduced} pixels, so that the page can be mailed.`, { class: "quiet" }));
    return [make("div", [make("h4", `The case as the readers saw it: ${grid().condition}`), ...parts])];
  };
  const truthOf = (at) => {
    const found = content && content.cases[at];
    const letter = LETTERS.includes(correct(at)) ? correct(at) : "";
    if (!found) return letter ? make("p", `Correct letter: ${letter}`, { class: "truth" }) : "";
    const also = found.aliases.length ? make("details", [make("summary", "Also accepted", { class: "quiet" }), make("p", found.aliases.join("; "), { class: "quiet" })]) : "";
    return make("div", [make("p", [make("strong", "Final diagnosis: "), `${letter ? `${letter}. ` : ""}${found.diagnosis}`], { class: "truth" }), also]);
  };
  const open = (at, reader) => {
    if (at < 0 || at >= data.ids.length) return;
    const around = state.rows.indexOf(at), step = (by) => () => open(state.rows[around + by], state.reader);
    const lead = reader ?? (grid().columns.find((column) => answers(column, at).some((answer) => answer.code !== "r")) ?? grid().columns[0])?.reader;
    state.reader = reader;
    const ordered = [...grid().columns].sort((a, b) => (b.reader === lead) - (a.reader === lead));
    const language = value(data.cases.languages, at), group = value(data.cases.specialties, at);
    const bar = make("div", [make("h3", `Case ${data.ids[at]}`, { id: "case-title" }),
      around > 0 ? button("← Previous", step(-1)) : "", around >= 0 && around + 1 < state.rows.length ? button("Next →", step(1)) : "",
      button("Close", () => dialog.close(), { class: "close" })], { class: "strip" });
    const readers = make("div", [make("h4", `Answers: ${grid().title}`), ...ordered.map((column) => readerOf(column, at, column.reader === lead))]);
    dialog.replaceChildren(bar, make("p", [language, group].filter(Boolean).join(" · "), { class: "quiet" }), truthOf(at), make("div", [readers, ...caseOf(at)], { class: "sides" }));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    dialog.querySelector(".close").focus();
    history.replaceState(null, "", `#case/${encodeURIComponent(data.ids[at])}`);
  };
  dialog.addEventListener("close", () => history.replaceState(null, "", "#cases"));
  for (const box of [dialog, zoom]) box.addEventListener("click", (event) => { if (event.target === box) box.close(); });

  // One image: as large as the screen, or larger and scrolled.
  const enlarge = (source, words) => {
    let scale = 0;
    const image = make("img", null, { src: source, alt: words });
    const area = make("div", image, { class: "area", tabindex: 0, role: "region", "aria-label": words });
    const size = (next) => {
      const fits = Math.min(area.clientWidth / image.naturalWidth, area.clientHeight / image.naturalHeight);
      scale = next === 0 ? fits : Math.min(Math.max(8, fits * 8), Math.max(fits / 2, next));
      image.style.width = `${Math.round(image.naturalWidth * scale)}px`;
    };
    image.addEventListener("load", () => size(0));
    image.addEventListener("click", () => size(scale * 1.6));
    zoom.replaceChildren(make("div", [make("span", words), button("−", () => size(scale / 1.4), { "aria-label": "Smaller" }), button("+", () => size(scale * 1.4), { "aria-label": "Larger" }),
      button("Fit", () => size(0)), button("Close", () => zoom.close())], { class: "strip" }), area);
    zoom.onkeydown = (event) => { if (event.key === "+" || event.key === "=") size(scale * 1.4); else if (event.key === "-") size(scale / 1.4); else if (event.key === "0") size(0); };
    zoom.showModal();
    area.focus();
  };

  // Choosing.
  const choose = (number) => { state.grid = number; state.list = null; picker.value = String(number); state.sorted = { column: 0, down: false }; draw(); };
  const follow = () => {
    const [what, key, words] = location.hash.slice(1).split("/");
    if (what === "case" && key) {
      let id = key;
      try { id = decodeURIComponent(key); } catch { return; }
      const at = data.ids.indexOf(id);
      if (at < 0) return;
      if (!grid().columns.some((column) => answers(column, at).length)) choose(Math.max(0, data.grids.findIndex((of) => of.columns.some((column) => answers(column, at).length))));
      open(at, null);
    } else if (what === "cases" && key && own(data.lists, key)) {
      const list = listOf(key);
      if (dialog.open) dialog.close();
      choose(Math.max(0, list.grid));
      state.list = key;
      filter.value = (words || "").replaceAll("+", " ");
      draw();
      one("explorer").scrollIntoView();
    }
  };
  data.grids.forEach((of, number) => picker.append(make("option", of.title, { value: number })));
  one("signs").append(...data.signs.map(([code, sign, words]) => make("span", [make("b", sign, { class: code }), ` ${words}`])));
  picker.addEventListener("change", () => choose(Number(picker.value)));
  filter.addEventListener("input", draw);
  behind.querySelector("button").addEventListener("click", () => { filter.value = ""; choose(state.grid); history.replaceState(null, "", "#cases"); });
  addEventListener("hashchange", follow);
  if (data.grids.length) { draw(); follow(); }
})();
