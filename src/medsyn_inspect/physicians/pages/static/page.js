"use strict";
// The page works without this script, except for zooming, drafts, keys and the time.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const began = performance.now();
  let hidden = 0, since = document.hidden ? began : null;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) since = performance.now();
    else if (since !== null) { hidden += performance.now() - since; since = null; }
  });
  const visibleSeconds = () => (performance.now() - began - hidden - (since === null ? 0 : performance.now() - since)) / 1000;
  const key = location.pathname.split("/")[1] + "|" + form.elements.position.value + "|" + form.getAttribute("action");
  const earlier = Number(sessionStorage.getItem(key) || 0);
  const count = () => { form.elements.seconds.value = (earlier + visibleSeconds()).toFixed(1); };
  addEventListener("pagehide", () => sessionStorage.setItem(key, earlier + visibleSeconds()));
  form.addEventListener("submit", count);
  let timer = 0;
  const save = () => fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 800); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("textarea, input:not([type]), select")) return;
    const wanted = event.key.toUpperCase();
    const found = [...form.querySelectorAll("input[type=radio]")].find((one) => one.value === wanted);
    if (found) { event.preventDefault(); found.focus(); found.click(); }
  });
}
for (const image of document.querySelectorAll("img[data-image]")) {
  const broken = () => {
    const caption = image.closest("figure").querySelector(".broken");
    if (!caption.hidden) return;
    caption.hidden = false;
    const form = document.querySelector("form[data-draft]");
    fetch("image_not_shown", { method: "POST", body: new URLSearchParams({ position: form.elements.position.value, image: image.dataset.image }) });
  };
  image.addEventListener("error", broken);
  if (image.complete && image.naturalWidth === 0) broken();
}
const viewer = document.getElementById("viewer");
if (viewer) {
  const pane = viewer.querySelector(".pane"), picture = pane.querySelector("img");
  let scale = 1;
  const fit = () => { scale = Math.min(pane.clientWidth / picture.naturalWidth, pane.clientHeight / picture.naturalHeight); show(); };
  const show = () => { picture.style.width = picture.naturalWidth * scale + "px"; };
  const zoom = (factor) => { if (factor === 0) fit(); else { scale = Math.min(20, Math.max(0.05, scale * factor)); show(); } };
  const full = () => { if (document.fullscreenElement) document.exitFullscreen(); else viewer.requestFullscreen(); };
  // Window and level as shares of the greys of an image: what lies within the window fills the whole range.
  const wide = document.getElementById("window"), level = document.getElementById("level");
  const grey = () => {
    for (const one of viewer.querySelectorAll("#grey feComponentTransfer > *")) {
      one.setAttribute("slope", 100 / wide.value);
      one.setAttribute("intercept", 0.5 - level.value / wide.value);
    }
  };
  const reset = () => { wide.value = 100; level.value = 50; grey(); };
  wide.addEventListener("input", grey);
  level.addEventListener("input", grey);
  for (const link of document.querySelectorAll("a.zoom")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const small = link.querySelector("img");
      picture.src = small.src;
      picture.alt = small.alt;
      reset();
      viewer.showModal();
      picture.decode().then(fit, fit);
      pane.focus();
    });
  }
  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.zoom !== undefined) zoom(Number(button.dataset.zoom));
    else if (button.dataset.full !== undefined) full();
    else if (button.dataset.grey !== undefined) reset();
    else viewer.close();
  });
  viewer.addEventListener("keydown", (event) => {
    const factor = { "+": 1.25, "=": 1.25, "-": 0.8, "0": 0 }[event.key];
    if (factor !== undefined) { event.preventDefault(); zoom(factor); }
    else if (event.key.toLowerCase() === "f") full();
    else if (event.key.toLowerCase() === "r") reset();
  });
  pane.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1); }, { passive: false });
  let from = null;
  pane.addEventListener("pointerdown", (event) => { from = [event.clientX + pane.scrollLeft, event.clientY + pane.scrollTop]; pane.setPointerCapture(event.pointerId); event.preventDefault(); });
  pane.addEventListener("pointermove", (event) => { if (from) { pane.scrollLeft = from[0] - event.clientX; pane.scrollTop = from[1] - event.clientY; } });
  pane.addEventListener("pointerup", () => { from = null; });
}
