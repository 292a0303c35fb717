/* The data of the page, and how its columns are unpacked (see `packing.py`). */
const packed = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_!#$%'()*+,/:;=?@[]^`{|}~", MISSING = ".";
  const pair = (text, at) => text[2 * at] === MISSING ? null : ALPHABET.indexOf(text[2 * at]) * ALPHABET.length + ALPHABET.indexOf(text[2 * at + 1]);
  const thousandth = (number) => number === null ? null : number / 1000;
  /* One value of a column; `columns` are the columns of its list, of which it can be a difference. */
  const value = (column, at, columns) => {
    if ("same" in column) return column.same;
    if (column.words) return column.words[typeof column.at === "string" ? parseInt(column.at[at], 36) : column.at[at]];
    if ("pairs" in column) return thousandth(pair(column.pairs, at));
    if (column.thousandths) return thousandth(column.thousandths[at]);
    if (!column.minus) return column.values[at];
    const [from, less] = column.minus.map((place) => value(columns[place], at));
    return from === null || less === null ? null : Math.round(1000 * (from - less)) / 1000;
  };
  /* The places of the cases of a list. */
  const casesOf = (list) => {
    const cases = list.rows.cases;
    if (typeof cases === "number") return [...Array(cases).keys()];
    if (typeof cases === "string") return [...Array(cases.length / 2).keys()].map((at) => pair(cases, at));
    return cases.as ? casesOf(data.lists[cases.as]) : cases;
  };
  /* A list with what all lists of its kind share: its title without the reader, its grid and its headings. */
  const listOf = (key) => {
    const list = data.lists[key], { title: [before, after], ...shared } = data.kinds[list.kind];
    return { ...shared, ...list, title: `${before}: ${data.readers[list.reader]}${after && `, ${after}`}` };
  };
  return { data, value, casesOf, listOf, ALPHABET, MISSING };
})();
