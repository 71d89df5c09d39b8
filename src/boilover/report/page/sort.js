// Tables of figures that are written out: a click on a heading puts the rows in its order.
(() => {
  const HOURS = { min: 1 / 60, h: 1, d: 24 };
  const { compare: inWords } = new Intl.Collator("en", { numeric: true });
  // The figure of a cell comes first, what is said beside it follows; NaN where there is none.
  const figure = (text) => {
    const [, value, unit] = /^([+−]?[\d,.]+)\s*(\S*)/.exec(text) ?? [];
    return value === undefined ? NaN : Number(value.replace("−", "-").replaceAll(",", "")) * (HOURS[unit] ?? 1);
  };
  document.querySelectorAll("table[data-sorts]").forEach((table) => {
    const body = table.tBodies[0];
    const written = [...body.rows];
    const heads = [...table.tHead.querySelectorAll("th")];
    heads.forEach((head) => {
      const place = head.cellIndex;
      const isName = place === 0;
      const keys = new Map(written.map((row) => {
        const text = row.cells[place].firstChild?.textContent ?? "";
        return [row, isName ? text : figure(text)];
      }));
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = head.textContent;
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const rising = before ? before === "descending" : isName;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const sign = rising ? 1 : -1;
        const order = (a, b) => {
          const [left, right] = [keys.get(a), keys.get(b)];
          if (isName) return sign * inWords(left, right);
          // What has no figure comes last, whatever the order.
          return Number.isNaN(left) - Number.isNaN(right) || sign * (left - right) || 0;
        };
        body.append(...[...written].sort(order));
      });
      head.replaceChildren(button);
    });
  });
})();
