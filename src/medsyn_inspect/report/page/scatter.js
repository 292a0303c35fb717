/* The plot of Evidence Sensitivity: one point for each case of a reader and an evidence type. */
(() => {
  const data = packed.data.scatter;
  if (!data) return;
  const readers = document.getElementById("scatter-reader"), types = document.getElementById("scatter-type");
  const plot = document.getElementById("scatter-plot"), reading = document.getElementById("scatter-reading");
  const SPACE = "http://www.w3.org/2000/svg", EDGE = 54, MARGIN = 10;
  const make = (name, attributes, text) => {
    const element = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const option = (text, value) => { const one = document.createElement("option"); one.textContent = text; one.value = value; return one; };
  data.readers.forEach((name, place) => readers.append(option(name, place)));
  types.append(option("all types", -1));
  data.types.forEach((name, place) => types.append(option(name, place)));

  const chosen = () => {
    const of = data.lists[readers.value], kinds = types.value < 0 ? of.keys() : [Number(types.value)];
    const points = [], sides = [0, 0];
    for (const kind of kinds) {
      const list = packed.data.lists[of[kind]];
      if (!list) continue;
      packed.casesOf(list).forEach((at, row) => {
        const [finding, image] = [0, 1].map((column) => packed.value(list.rows.columns[column], row));
        if (finding === null || image === null) return;
        points.push({ id: packed.data.ids[at], kind: data.types[kind], finding, image });
      });
      data.sides[readers.value][kind].forEach((count, side) => { sides[side] += count; });
    }
    return [points, sides];
  };
  const draw = () => {
    const [points, [below, above]] = chosen(), width = Math.max(280, Math.min(544, plot.clientWidth || 544)), size = width - EDGE - MARGIN;
    const values = points.flatMap((point) => [point.finding, point.image]);
    const least = Math.min(0, ...values), most = Math.max(0.1, ...values) * 1.03;
    const at = (value) => (value - least) / (most - least) * size;
    const svg = make("svg", { viewBox: `0 0 ${width} ${width}`, width, height: width, "aria-hidden": "true" });
    const x = (value) => EDGE + at(value), y = (value) => MARGIN + size - at(value);
    const step = [0.02, 0.05, 0.1, 0.2, 0.5, 1].find((one) => (most - least) / one <= 5) || 1;
    for (let tick = Math.ceil(least / step) * step; tick <= most; tick += step) {
      const text = String(Math.round(tick * 100) / 100);
      svg.append(make("line", { class: "grid", x1: x(tick), x2: x(tick), y1: MARGIN, y2: MARGIN + size }));
      svg.append(make("line", { class: "grid", y1: y(tick), y2: y(tick), x1: EDGE, x2: EDGE + size }));
      svg.append(make("text", { x: x(tick), y: MARGIN + size + 16, "text-anchor": "middle" }, text));
      svg.append(make("text", { x: EDGE - 5, y: y(tick) + 4, "text-anchor": "end" }, text));
    }
    svg.append(make("line", { class: "axis", x1: x(least), y1: y(least), x2: x(most), y2: y(most) }));
    svg.append(make("text", { x: EDGE + size / 2, y: width - 4, "text-anchor": "middle" }, "S with findings, bits"));
    const side = make("text", { x: 12, y: MARGIN + size / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${MARGIN + size / 2})` }, "S with images, bits");
    svg.append(side);
    for (const point of points) {
      const mark = make("circle", { class: "point", cx: x(point.finding), cy: y(point.image), r: points.length > 300 ? 2 : 4 });
      mark.append(make("title", {}, `${point.id}, ${point.kind}: finding ${point.finding}, image ${point.image} bits`));
      svg.append(mark);
    }
    plot.replaceChildren(svg);
    const kind = types.value < 0 ? "all types" : data.types[types.value];
    const text = `${data.readers[readers.value]}, ${kind}: the image moves the answer less in ${below} of ${points.length} points, more in ${above}.`;
    reading.textContent = text;
    plot.setAttribute("aria-label", `Scatter plot of Evidence Sensitivity with findings and with images. ${text}`);
  };
  plot.previousElementSibling.hidden = false;
  readers.addEventListener("change", draw);
  types.addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
  draw();
})();
