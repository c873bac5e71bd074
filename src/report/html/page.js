// Everything can be read without this: it finds, opens, copies and moves.
(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const steps = all(".step");
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  const shown = () => steps.filter((step) => !step.hidden);
  all(".tools").forEach((tools) => { tools.hidden = false; });

  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const step of steps) {
      const text = step.dataset.find.toLowerCase();
      step.hidden = !words.every((word) => text.includes(word));
    }
    found.textContent = words.length ? `${shown().length} of ${steps.length} steps` : "";
  });
  document.getElementById("open-all").addEventListener("click", () => shown().forEach((step) => { step.open = true; }));
  document.getElementById("close-all").addEventListener("click", () => shown().forEach((step) => { step.open = false; }));

  for (const button of all(".copy")) {
    const code = button.parentElement.querySelector("code");
    button.hidden = false;
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
  }

  for (const log of all(".log")) {
    const pre = log.querySelector("pre");
    const whole = pre.textContent;
    const lines = whole.replace(/\n$/, "").split("\n");
    const input = log.querySelector("input");
    // What went wrong is told last.
    if (log.closest(".step.bad")) pre.scrollTop = pre.scrollHeight;
    const status = log.querySelector("[role=status]");
    const marked = (line, word) => {
      const parts = [];
      const lower = line.toLowerCase();
      let from = 0;
      for (let at = lower.indexOf(word); at >= 0 && lower.length === line.length; at = lower.indexOf(word, from)) {
        const mark = document.createElement("mark");
        mark.textContent = line.slice(at, at + word.length);
        parts.push(line.slice(from, at), mark);
        from = at + word.length;
      }
      return [...parts, line.slice(from)];
    };
    input.addEventListener("input", () => {
      const word = input.value.toLowerCase();
      if (!word) {
        pre.textContent = whole;
        status.textContent = "";
        return;
      }
      const hits = lines.map((line, at) => [line, at]).filter(([line]) => line.toLowerCase().includes(word));
      const width = String(lines.length).length;
      pre.replaceChildren(...hits.slice(0, 2000).flatMap(([line, at]) => {
        const number = document.createElement("b");
        number.textContent = `${String(at + 1).padStart(width)}  `;
        return [number, ...marked(line, word), "\n"];
      }));
      status.textContent = `${hits.length} of ${lines.length} lines`;
    });
  }

  const reveal = () => {
    const step = document.getElementById(location.hash.slice(1));
    if (step && step.matches(".step")) {
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
