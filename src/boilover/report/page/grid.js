// The table: filters, order and pages over rows that are data; only the page that is seen is in the document.
(() => {
  const box = document.querySelector("[data-grid]");
  if (!box) return;
  const { columns, rows, words, size } = JSON.parse(box.querySelector("script").textContent);
  const body = box.querySelector("tbody");
  const at = (kind) => columns.findIndex((column) => column[1] === kind);
  const [ID, FLAG, RISK, CHOICE, REASONS] = ["id", "flag", "risk", "choice", "reasons"].map(at);
  const WORDS_FIRST = new Set(["id", "count"]);
  const control = (name) => box.querySelector(`[data-${name}]`);
  const isOn = (name) => Boolean(control(name)?.checked);
  const state = { line: Infinity, column: -1, rising: true, page: 0, found: rows.map((_, place) => place) };

  const percent = (share) => {
    if (share === null) return "–";
    const value = 100 * share;
    const digits = value === 0 || value >= 9.95 ? 0 : value >= 0.995 ? 1 : 2;
    return `${value.toFixed(digits)} %`;
  };
  const ahead = (hours) => {
    if (hours === null) return "–";
    if (60 * hours < 59.5) return `${(60 * hours).toFixed(0)} min`;
    const [length, unit] = hours < 23.5 ? [hours, "h"] : [hours / 24, "d"];
    return `${Number(length.toFixed(length < 9.95 ? 1 : 0)).toLocaleString("en")} ${unit}`;
  };

  const make = (tag, kind, text) => {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const drawn = (tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  };
  const meter = (share) => {
    const svg = drawn("svg", { class: "meter", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" });
    svg.append(drawn("rect", { class: "track", width: 100, height: 4 }));
    svg.append(drawn("rect", { class: "level", width: (100 * Math.min(share, 1)).toFixed(1), height: 4 }));
    return svg;
  };
  const within = (tag, parts) => {
    const made = make(tag);
    made.append(...parts);
    return made;
  };
  const cells = {
    id: (value) => {
      const made = within("th", [make("bdi", "", value)]);
      made.scope = "row";
      return made;
    },
    flag: (value) => {
      const made = make("td", "flag");
      if (value) made.append(make("span", "", "flagged"));
      return made;
    },
    risk: (value) => {
      const made = make("td", "n risk", percent(value));
      made.append(meter(value ?? 0));
      return made;
    },
    share: (value) => make("td", "n", percent(value)),
    hours: (value) => make("td", "n", ahead(value)),
    choice: (value) => {
      const made = make("td", `choice choice-${value}`);
      made.append(make("span", "", words[value]));
      return made;
    },
    reasons: (value) => {
      const made = make("td", "reasons");
      if (value.length) {
        made.append(within("ul", value.map((place) => within("li", [make("bdi", "", words[place])]))));
      }
      return made;
    },
    count: (value) => make("td", "n", value),
    time: (value) => make("td", "time", value),
  };

  // Null is no risk, and not 0, as a comparison would have it.
  const isAbove = (values) => RISK >= 0 && values[RISK] !== null && values[RISK] >= state.line;

  const row = (values) => {
    const made = make("tr");
    if (isAbove(values)) made.classList.add("above");
    values.forEach((value, place) => {
      const [name, kind] = columns[place];
      const cell = cells[kind](value);
      if (["share", "hours", "count", "time"].includes(kind)) cell.dataset.name = name;
      made.append(cell);
    });
    return made;
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(state.found.length / size));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const first = state.page * size;
    const seen = state.found.slice(first, first + size);
    body.replaceChildren(...seen.map((place) => row(rows[place])));
    const total = state.found.length.toLocaleString("en");
    control("found").textContent = `${total} of ${rows.length.toLocaleString("en")} tickets`;
    control("place").textContent = seen.length ? `${first + 1} to ${first + seen.length} of ${total}` : "none";
    box.querySelectorAll("[data-page]").forEach((button) => {
      const isBack = ["first", "back"].includes(button.dataset.page);
      button.disabled = isBack ? state.page === 0 : state.page === pages - 1;
    });
    box.querySelector(".pager").hidden = pages === 1;
  };

  const key = (values) => {
    const value = values[state.column];
    const kind = columns[state.column][1];
    if (kind === "choice") return words[value];
    return kind === "reasons" ? value.map((place) => words[place]).join(" ") : value;
  };
  const { compare: inWords } = new Intl.Collator("en", { numeric: true });
  const compare = (a, b) => {
    const [left, right] = [key(rows[a]), key(rows[b])];
    if (left === right) return a - b;
    // What is not known comes last, whatever the order.
    if (left === null || left === "") return 1;
    if (right === null || right === "") return -1;
    const order = typeof left === "string" ? inWords(left, right) : left - right;
    return state.rising ? order || a - b : -order || a - b;
  };

  const choose = () => {
    const asked = control("find").value.trim().toLowerCase();
    const told = new Set(words.flatMap((word, place) => (word.toLowerCase().includes(asked) ? [place] : [])));
    const isFound = (values) =>
      !asked ||
      String(values[ID]).toLowerCase().includes(asked) ||
      (REASONS >= 0 && values[REASONS].some((place) => told.has(place))) ||
      (CHOICE >= 0 && told.has(values[CHOICE]));
    const wanted = control("choice")?.value ?? "";
    state.found = rows.flatMap((values, place) =>
      isFound(values) &&
      (!isOn("flagged") || values[FLAG]) &&
      (!isOn("above") || isAbove(values)) &&
      (wanted === "" || values[CHOICE] === Number(wanted))
        ? [place]
        : [],
    );
    if (state.column >= 0) state.found.sort(compare);
    show();
  };

  const heads = [...box.querySelectorAll("thead th")];
  heads.forEach((head, place) => {
    const button = make("button", "sort", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => {
      const again = state.column === place;
      state.rising = again ? !state.rising : WORDS_FIRST.has(columns[place][1]) || columns[place][1] === "reasons";
      state.column = place;
      state.page = 0;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", state.rising ? "ascending" : "descending");
      choose();
    });
    head.replaceChildren(button);
  });
  ["find", "choice", "flagged", "above"].forEach((name) =>
    control(name)?.addEventListener("input", () => {
      state.page = 0;
      choose();
    }),
  );
  const turns = { first: () => 0, back: (page) => page - 1, on: (page) => page + 1, last: () => Infinity };
  box.querySelectorAll("[data-page]").forEach((button) =>
    button.addEventListener("click", () => {
      state.page = turns[button.dataset.page](state.page);
      show();
    }),
  );
  document.addEventListener("line", (event) => {
    state.line = event.detail;
    const above = rows.filter(isAbove).length;
    document.dispatchEvent(new CustomEvent("above", { detail: above }));
    if (isOn("above")) choose();
    else show();
  });
  box.querySelector(".controls").hidden = false;
  control("rest")?.remove();
  choose();
})();
