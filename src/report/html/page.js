// Everything can be read without this: it finds, opens, copies and moves.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const made = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const steps = all(".step");
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const shown = () => steps.filter((step) => !step.hidden);
  const nameOf = (step) => step.querySelector("h3").textContent;
  all(".tools, .keys").forEach((tools) => { tools.hidden = false; });

  // Copies a command.
  const copyable = (command) => {
    const code = command.querySelector("code");
    const button = made("button", { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy the command of ${nameOf(command.closest(".step"))}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        // Pages opened from disk may not be allowed to copy: then it is ready for the keyboard.
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    command.append(button);
  };

  // Finds lines of a log.
  const searchable = (log) => {
    const step = log.closest(".step");
    const whole = log.textContent;
    const lines = whole.replace(/\n$/, "").split("\n");
    // What went wrong is told last.
    if (step.matches(".bad")) log.scrollTop = log.scrollHeight;
    if (lines.length < 4) return;
    const input = made("input", { type: "search", placeholder: "search in this log", autocomplete: "off", spellcheck: false });
    input.setAttribute("aria-label", `Search in the log of ${nameOf(step)}`);
    const status = made("span", { className: "dim" });
    status.setAttribute("role", "status");
    const tools = made("div", { className: "tools" });
    tools.append(input, status);
    log.before(tools);
    const marked = (line, word) => {
      const parts = [];
      const lower = line.toLowerCase();
      let from = 0;
      for (let at = lower.indexOf(word); at >= 0 && lower.length === line.length; at = lower.indexOf(word, from)) {
        parts.push(line.slice(from, at), made("mark", { textContent: line.slice(at, at + word.length) }));
        from = at + word.length;
      }
      return [...parts, line.slice(from)];
    };
    input.addEventListener("input", () => {
      const word = input.value.toLowerCase();
      if (!word) {
        log.textContent = whole;
        status.textContent = "";
        return;
      }
      const hits = lines.map((line, at) => [line, at]).filter(([line]) => line.toLowerCase().includes(word));
      const width = String(lines.length).length;
      log.replaceChildren(...hits.slice(0, 2000).flatMap(([line, at]) =>
        [made("b", { textContent: `${String(at + 1).padStart(width)}  ` }), ...marked(line, word), "\n"]));
      status.textContent = `${hits.length} of ${lines.length} lines`;
    });
  };

  // Of many steps, what is in them stays text until somebody looks.
  const ready = (step) => {
    const later = step.querySelector(":scope > noscript");
    if (step.dataset.ready) return;
    if (later) {
      later.insertAdjacentHTML("afterend", later.textContent);
      later.remove();
    }
    step.dataset.ready = "yes";
    all(".command", step).forEach(copyable);
    all(".log", step).forEach(searchable);
  };
  for (const step of steps) {
    if (step.open) ready(step);
    step.addEventListener("toggle", () => { if (step.open) ready(step); });
  }
  const open = (list) => {
    for (const step of list.splice(0, 40)) {
      ready(step);
      step.open = true;
    }
    if (list.length) setTimeout(open, 0, list);
  };
  document.getElementById("open-all").addEventListener("click", () => open(shown()));
  document.getElementById("close-all").addEventListener("click", () => shown().forEach((step) => { step.open = false; }));

  const signs = { "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&amp;": "&" };
  const textOf = (step) => {
    const text = step.textContent;
    const plain = step.dataset.ready ? text : text.replace(/<[^>]*>/g, " ").replace(/&[#\w]+;/g, (sign) => signs[sign] ?? sign);
    return plain.toLowerCase();
  };
  let texts;
  find.addEventListener("input", () => {
    texts ??= steps.map(textOf);
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    steps.forEach((step, at) => {
      const fits = words.every((word) => texts[at].includes(word));
      if (step.hidden === fits) step.hidden = !fits;
      count += fits;
    });
    found.textContent = words.length ? `${count} of ${steps.length} steps` : "";
  });

  // A group of the drawing shows the steps that it stands for, and only those, until something else is looked for.
  const everything = made("button", { type: "button", textContent: "Show all", hidden: true });
  found.after(everything);
  const only = (wanted, text) => {
    steps.forEach((step, at) => { step.hidden = wanted && !wanted.has(at); });
    found.textContent = text;
    everything.hidden = !wanted;
  };
  everything.addEventListener("click", () => { only(null, ""); find.focus(); });
  find.addEventListener("input", () => { everything.hidden = true; });
  for (const group of all("a[data-steps]")) {
    group.addEventListener("click", (event) => {
      event.preventDefault();
      const wanted = new Set(group.dataset.steps.split(" ").map(Number));
      find.value = "";
      only(wanted, `${wanted.size} of ${steps.length} steps`);
      document.getElementById("steps").scrollIntoView();
      const first = shown()[0];
      if (first) first.querySelector("summary").focus({ preventScroll: true });
    });
  }

  const reveal = () => {
    const step = document.getElementById(location.hash.slice(1));
    if (step && step.matches(".step")) {
      ready(step);
      step.hidden = false;
      step.open = true;
      step.scrollIntoView();
      step.querySelector("summary").focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, textarea");
    if (event.key === "Escape" && typing) {
      event.target.value = "";
      event.target.dispatchEvent(new Event("input"));
      event.target.blur();
    } else if (typing) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      find.focus();
    } else if (event.key === "j" || event.key === "k") {
      const list = shown();
      const here = list.findIndex((step) => step.contains(document.activeElement));
      const next = list[here < 0 ? 0 : Math.min(list.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
      if (next) next.querySelector("summary").focus();
    }
  });
})();
