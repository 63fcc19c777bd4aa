"use strict";
(() => {
  const root = document.documentElement;
  addEventListener("error", (event) => { root.dataset.error = event.message; });
  const data = JSON.parse(document.getElementById("data").textContent);
  const drawing = document.getElementById("drawing");
  const panel = document.getElementById("panel");
  const search = document.getElementById("search");
  const namespaceChoice = document.getElementById("namespace");
  const SVG = "http://www.w3.org/2000/svg";
  const SIGNS = { allowed: "\u2713", denied: "\u2715", unknown: "?", open: "\u25CB" };
  const MEANINGS = {
    allowed: "Works.", denied: "Is denied: this call will fail.", unknown: "Depends on something that the input does not say.",
    open: "Is open, and nobody declared it.",
  };
  const MOST_ROWS = 200;
  const shownStyles = new Set(["allowed", "denied", "unknown", "open"]);
  const edgesOf = data.nodes.map(() => []);
  data.edges.forEach((edge, index) => {
    edgesOf[edge.from].push(index);
    if (edge.to !== edge.from) edgesOf[edge.to].push(index);
  });
  const nodeElement = (index) => document.getElementById("n" + index);
  const edgeElement = (index) => document.getElementById("e" + index);
  const labelElement = (index) => document.getElementById("l" + index);
  let chosen = null;

  // Elements of the page. Text is only ever set as text.
  function make(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function add(parent, name, className, text) {
    return parent.appendChild(make(name, className, text));
  }
  // With one namespace, its name everywhere says nothing.
  function nodeName(index) {
    const { reference, namespace } = data.nodes[index];
    const prefix = namespace + "/";
    return data.namespaces.length === 1 && reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
  }

  // What is wanted: styles, a namespace, a text.
  function matches(node, query) {
    return (node.title + " " + node.detail).toLowerCase().includes(query);
  }
  function isShown(edge) {
    const namespace = namespaceChoice.value === "" ? null : data.namespaces[Number(namespaceChoice.value)];
    const [from, to] = [data.nodes[edge.from], data.nodes[edge.to]];
    const query = search.value.trim().toLowerCase();
    return shownStyles.has(edge.style) &&
      (namespace === null || from.namespace === namespace || to.namespace === namespace) &&
      (query === "" || matches(from, query) || matches(to, query));
  }
  function filter() {
    const namespace = namespaceChoice.value === "" ? null : data.namespaces[Number(namespaceChoice.value)];
    const query = search.value.trim().toLowerCase();
    const isLinked = data.nodes.map(() => false);
    data.edges.forEach((edge, index) => {
      const shown = isShown(edge);
      for (const element of [edgeElement(index), labelElement(index)]) {
        if (element) element.classList.toggle("gone", !shown);
      }
      if (shown) isLinked[edge.from] = isLinked[edge.to] = true;
    });
    data.nodes.forEach((node, index) => {
      const isMeant = (namespace === null || node.namespace === namespace) && (query === "" || matches(node, query));
      const isFiltered = namespace !== null || query !== "";
      nodeElement(index).classList.toggle("dim", isFiltered && !isMeant && !isLinked[index]);
    });
    if (chosen === null) showOverview();
  }

  // Neighbours of what the pointer is on, or of what is chosen.
  let near = [];
  function mark(element) {
    if (element) {
      element.classList.add("near");
      near.push(element);
    }
  }
  function focus(target) {
    for (const element of near) element.classList.remove("near");
    near = [];
    for (const element of [...drawing.querySelectorAll(".drawn-later")]) element.remove();
    drawing.classList.toggle("focus", target !== null);
    if (target === null) return;
    const edges = target.kind === "edge" ? [target.index] : edgesOf[target.index].filter((index) => isShown(data.edges[index]));
    if (target.kind === "node") mark(nodeElement(target.index));
    for (const index of edges) {
      const edge = data.edges[index];
      mark(edgeElement(index) || drawLater(index));
      mark(labelElement(index));
      mark(nodeElement(edge.from));
      mark(nodeElement(edge.to));
    }
  }
  // Where there are too many edges, those of the chosen node are drawn when it is chosen.
  function drawLater(index) {
    const edge = data.edges[index];
    const box = (node) => nodeElement(node).querySelector("rect");
    const at = (node, name) => Number(box(node).getAttribute(name));
    const isForward = at(edge.from, "x") <= at(edge.to, "x");
    const startX = at(edge.from, "x") + (isForward ? at(edge.from, "width") : 0);
    const endX = at(edge.to, "x") + (isForward ? 0 : at(edge.to, "width"));
    const startY = at(edge.from, "y") + at(edge.from, "height") / 2;
    const endY = at(edge.to, "y") + at(edge.to, "height") / 2;
    const middle = (startX + endX) / 2;
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", "edge drawn-later " + edge.style);
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", "line");
    path.setAttribute("d", `M${startX} ${startY} C${middle} ${startY} ${middle} ${endY} ${endX} ${endY}`);
    path.setAttribute("marker-end", `url(#head-${edge.style})`);
    group.append(path);
    return drawing.querySelector(".edges").appendChild(group);
  }

  // The panel.
  function snippet(parent, number, label) {
    if (number === null || number === undefined) return;
    const { file, text } = data.snippets[number];
    const fold = add(parent, "details");
    add(fold, "summary", "", label || (file === "generated" ? "show the generated policy" : "show the lines"));
    add(fold, "pre", "", text);
    return fold;
  }
  function row(list, index, text) {
    const edge = data.edges[index];
    const button = add(add(list, "li"), "button", "row");
    button.type = "button";
    add(button, "span", "sign " + edge.style, SIGNS[edge.style]).setAttribute("aria-label", edge.style);
    add(button, "span", "", text);
    if (edge.label) add(button, "span", "ports", edge.label);
    button.addEventListener("click", () => go("edge", index));
    button.addEventListener("pointerenter", () => focus({ kind: "edge", index }));
    button.addEventListener("pointerleave", () => focus(chosen));
  }
  function rows(title, indices, text) {
    add(panel, "h3", "", `${title} (${indices.length})`);
    const list = add(panel, "ul");
    for (const index of indices.slice(0, MOST_ROWS)) row(list, index, text(data.edges[index]));
    if (indices.length > MOST_ROWS) add(panel, "p", "soft", `${indices.length - MOST_ROWS} more: search, or choose a namespace`);
    if (indices.length === 0) add(panel, "p", "soft", "none");
  }
  function closeButton() {
    const button = add(panel, "button", "close", "\u00D7");
    button.type = "button";
    button.setAttribute("aria-label", "Close");
    button.addEventListener("click", () => go(null));
  }
  function showOverview() {
    panel.replaceChildren();
    const query = search.value.trim().toLowerCase();
    if (query !== "") {
      const found = data.nodes.map((node, index) => index).filter((index) => matches(data.nodes[index], query));
      add(panel, "h3", "", `Workloads (${found.length})`);
      const list = add(panel, "ul");
      for (const index of found.slice(0, MOST_ROWS)) {
        const button = add(add(list, "li"), "button", "row", nodeName(index));
        button.type = "button";
        button.addEventListener("click", () => go("node", index));
      }
    } else {
      add(panel, "h2", "", "Calls");
      add(panel, "p", "soft", "Choose a call or a workload to see which policy and rule decide, and where they stand.");
      if (data.nodes.some((node) => node.unprotected)) {
        add(panel, "p", "soft", "Workloads with a dashed frame are unprotected: no policy isolates their ingress, so every pod can call them.");
      }
      if (data.leftOut > 0) add(panel, "p", "soft", `${data.leftOut} undeclared connections are left out.`);
    }
    const text = (edge) => `${nodeName(edge.from)} \u2192 ${nodeName(edge.to)}`;
    for (const [style, title] of [["denied", "Denied"], ["unknown", "Unknown"], ["open", "Open, not declared"], ["allowed", "Allowed"]]) {
      const indices = data.edges.map((_, index) => index).filter((index) => data.edges[index].style === style && isShown(data.edges[index]));
      if (indices.length > 0) rows(title, indices, text);
    }
  }
  function showReasons(parent, title, decision, isOpen) {
    const line = add(parent, "h4", "", title + ": ");
    add(line, "span", "badge " + decision.verdict, decision.verdict);
    decision.reasons.forEach((number, position) => {
      const reason = data.reasons[number];
      const item = add(parent, "div", "reason", reason.text);
      const fold = snippet(item, reason.snippet);
      if (fold && isOpen && position === 0) fold.open = true;
    });
  }
  function showEdge(index) {
    const edge = data.edges[index];
    panel.replaceChildren();
    closeButton();
    add(panel, "h2", "", `${nodeName(edge.from)} \u2192 ${nodeName(edge.to)}`);
    const line = add(panel, "p");
    add(line, "span", "badge " + edge.style, edge.style);
    add(line, "span", "", " " + MEANINGS[edge.style]);
    if (edge.label) add(panel, "p", "", edge.label);
    if (edge.pairs > 1) add(panel, "p", "soft", `Stands for ${edge.pairs} connections; the rules are those of the first.`);
    for (const note of edge.notes) add(panel, "p", "soft", note);
    if (edge.declared.length > 0) {
      add(panel, "h3", "", edge.kind === "traffic" ? "Asked for" : "Declared");
      for (const declared of edge.declared) {
        if (declared.place) add(panel, "p", "", declared.place);
        for (const detail of declared.details) add(panel, "p", "soft", detail);
        snippet(panel, declared.snippet, "show the manifest");
      }
    }
    if (edge.segments.length > 0) add(panel, "h3", "", "Decided by");
    for (const segment of edge.segments) {
      const box = add(panel, "div", "segment");
      add(box, "div", "soft", segment.ports);
      showReasons(box, "Egress of " + nodeName(edge.from), segment.egress, false);
      showReasons(box, "Ingress of " + nodeName(edge.to), segment.ingress, true);
    }
    const ends = add(panel, "p");
    for (const end of edge.from === edge.to ? [edge.from] : [edge.from, edge.to]) {
      const button = add(ends, "button", "", nodeName(end));
      button.type = "button";
      button.addEventListener("click", () => go("node", end));
      ends.append(" ");
    }
  }
  function showNode(index) {
    const node = data.nodes[index];
    panel.replaceChildren();
    closeButton();
    add(panel, "h2", "", node.name);
    add(panel, "p", "soft", node.namespace === null ? node.detail : `${node.detail} in namespace ${node.namespace}`);
    if (node.place) add(panel, "p", "", node.place);
    snippet(panel, node.snippet, "show the manifest");
    if (node.ports && node.ports.length > 0) add(panel, "p", "soft", "Ports: " + node.ports.join(", "));
    for (const { direction, policies } of node.isolation || []) {
      add(panel, "h3", "", direction);
      if (policies.length === 0) {
        add(panel, "p", "", direction === "Ingress" ? "Unprotected: no policy isolates it, every pod can call it." : "No policy isolates it: it can call everything.");
      }
      for (const number of policies) {
        const item = add(panel, "div", "reason", data.reasons[number].text);
        snippet(item, data.reasons[number].snippet);
      }
    }
    const own = edgesOf[index];
    rows("Calls", own.filter((edge) => data.edges[edge].from === index), (edge) => nodeName(edge.to));
    rows("Called by", own.filter((edge) => data.edges[edge].to === index), (edge) => nodeName(edge.from));
  }

  // What is chosen stands in the address, so that it can be sent to somebody.
  function go(kind, index) {
    if (kind !== null) {
      location.hash = `${kind}-${index}`;
    } else {
      history.replaceState(null, "", location.pathname + location.search);
      choose();
    }
  }
  function choose() {
    const found = /^#(edge|node)-(\d+)$/.exec(location.hash);
    const list = found && (found[1] === "edge" ? data.edges : data.nodes);
    chosen = list && Number(found[2]) < list.length ? { kind: found[1], index: Number(found[2]) } : null;
    for (const element of [...drawing.querySelectorAll(".chosen")]) element.classList.remove("chosen");
    focus(chosen);
    if (chosen === null) return showOverview();
    const element = chosen.kind === "edge" ? edgeElement(chosen.index) : nodeElement(chosen.index);
    if (element) element.classList.add("chosen");
    (chosen.kind === "edge" ? showEdge : showNode)(chosen.index);
    panel.scrollTop = 0;
    approach();
  }
  // Goes near enough to read the names of what is chosen, where they are too small.
  function approach() {
    if (drawing.getScreenCTM().a >= 0.6) return;
    const boxes = near.filter((element) => element.classList.contains("node")).map((element) => element.getBBox());
    const left = Math.min(...boxes.map((box) => box.x));
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    const top = Math.min(...boxes.map((box) => box.y));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    const { width, height } = drawing.getBoundingClientRect();
    if (boxes.length === 0 || width === 0 || height === 0) return;
    const scale = Math.min(width / (right - left + 200), height / (bottom - top + 200), 1);
    if (scale <= drawing.getScreenCTM().a) return;
    view = [(left + right - width / scale) / 2, (top + bottom - height / scale) / 2, width / scale, height / scale];
    show();
  }

  // Part of the drawing under an event.
  function part(event) {
    const element = event.target instanceof Element ? event.target.closest(".node[id], .edge[id]") : null;
    if (!element) return null;
    return { kind: element.id[0] === "e" ? "edge" : "node", index: Number(element.id.slice(1)) };
  }

  // Moving and zooming.
  const whole = drawing.getAttribute("viewBox").split(" ").map(Number);
  let view = [...whole];
  function show() {
    drawing.setAttribute("viewBox", view.map((number) => number.toFixed(1)).join(" "));
  }
  function zoom(factor, x, y) {
    const width = Math.min(Math.max(view[2] * factor, whole[2] / 60), whole[2] * 3);
    const scale = width / view[2];
    view = [x - (x - view[0]) * scale, y - (y - view[1]) * scale, width, view[3] * scale];
    show();
  }
  function zoomMiddle(factor) {
    zoom(factor, view[0] + view[2] / 2, view[1] + view[3] / 2);
  }
  function fit() {
    view = [...whole];
    show();
  }
  function toDrawing(event) {
    const matrix = drawing.getScreenCTM().inverse();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
  }
  let grip = null;
  drawing.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x, y } = toDrawing(event);
    zoom(Math.exp(Math.max(-80, Math.min(80, event.deltaY)) * 0.004), x, y);
  }, { passive: false });
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button === 0) grip = { x: event.clientX, y: event.clientY, view: [...view], scale: drawing.getScreenCTM().a, hasMoved: false };
  });
  addEventListener("pointermove", (event) => {
    if (grip === null) return;
    const [x, y] = [event.clientX - grip.x, event.clientY - grip.y];
    grip.hasMoved = grip.hasMoved || Math.hypot(x, y) > 4;
    if (!grip.hasMoved) return;
    drawing.classList.add("moving");
    view = [grip.view[0] - x / grip.scale, grip.view[1] - y / grip.scale, grip.view[2], grip.view[3]];
    show();
  });
  addEventListener("pointerup", (event) => {
    const hasMoved = grip !== null && grip.hasMoved;
    const wasHere = grip !== null;
    grip = null;
    drawing.classList.remove("moving");
    if (!wasHere || hasMoved) return;
    const target = part(event);
    if (target) go(target.kind, target.index);
    else go(null);
  });
  drawing.addEventListener("pointerover", (event) => {
    const target = part(event);
    if (grip === null) focus(target || chosen);
  });
  drawing.addEventListener("pointerleave", () => focus(chosen));

  // Keys.
  data.nodes.forEach((node, index) => {
    const element = nodeElement(index);
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", node.title);
    element.addEventListener("focus", () => focus({ kind: "node", index }));
    element.addEventListener("blur", () => focus(chosen));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        go("node", index);
      }
    });
  });
  addEventListener("keydown", (event) => {
    const isTyping = event.target === search;
    if (event.key === "Escape") {
      search.value = "";
      go(null);
      filter();
    } else if (event.key === "/" && !isTyping) {
      event.preventDefault();
      search.focus();
    } else if (!isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "+") zoomMiddle(0.8);
      if (event.key === "-") zoomMiddle(1.25);
      if (event.key === "0") fit();
    }
  });
  search.addEventListener("input", () => {
    if (chosen !== null) go(null);
    filter();
  });
  search.addEventListener("keydown", (event) => {
    const query = search.value.trim().toLowerCase();
    const first = data.nodes.findIndex((node) => matches(node, query));
    if (event.key === "Enter" && query !== "" && first >= 0) go("node", first);
  });
  namespaceChoice.addEventListener("change", filter);
  for (const button of document.querySelectorAll("[data-style]")) {
    button.addEventListener("click", () => {
      const { style } = button.dataset;
      const isOn = !shownStyles.delete(style);
      if (isOn) shownStyles.add(style);
      button.setAttribute("aria-pressed", String(isOn));
      filter();
    });
  }
  document.getElementById("zoom-in").addEventListener("click", () => zoomMiddle(0.8));
  document.getElementById("zoom-out").addEventListener("click", () => zoomMiddle(1.25));
  document.getElementById("zoom-fit").addEventListener("click", fit);
  addEventListener("hashchange", choose);

  drawing.classList.toggle("many", data.nodes.length > 60);
  choose();
  root.dataset.ready = "yes";
})();
