// The slider: all figures of each position are in the page; this puts those of the chosen one in their places.
(() => {
  const box = document.querySelector("[data-dial]");
  if (!box) return;
  const lines = JSON.parse(box.querySelector("script").textContent);
  const input = box.querySelector("input");
  const marker = box.querySelector("[data-marker]");
  const guide = box.querySelector("[data-guide]");
  // Where nothing escalated there is no curve to move along.
  const [, foot, , left] = guide?.getAttribute("d").match(/M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)/).slice(1) ?? [];
  const say = (name, text) => {
    const place = box.querySelector(`[data-say="${name}"]`);
    if (place) place.textContent = text;
  };
  const show = () => {
    const [threshold, risk, flags, recall, chance, precision, vain, x, y] = lines[Number(input.value)];
    Object.entries({ risk, flags, recall, chance, precision, vain }).forEach(([name, text]) => say(name, text));
    marker?.setAttribute("cx", x);
    marker?.setAttribute("cy", y);
    guide?.setAttribute("d", `M${x} ${foot}V${y}H${left}`);
    input.setAttribute(
      "aria-valuetext",
      `Risk of ${risk}: ${flags} flags a night, ${recall} of escalating tickets caught, ${chance} if drawn at random, ${precision} of flags right`,
    );
    document.dispatchEvent(new CustomEvent("line", { detail: threshold }));
  };
  document.addEventListener("above", (event) => say("tonight", event.detail.toLocaleString("en")));
  input.addEventListener("input", show);
  box.querySelector(".slider").hidden = false;
  addEventListener("DOMContentLoaded", show);
})();
