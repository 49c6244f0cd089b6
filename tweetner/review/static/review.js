// The review page. One tweet at a time: words are buttons, entities are ranges of words.
"use strict";

const DOUBTFUL = 0.1;  // words outside entities whose probability of an entity is at least this
const RUN = 0.3;       // neighbouring words of at least this doubt become one new entity
const TYPES = Array.from(document.querySelectorAll("#types button"), (button) => button.dataset.type);
const element = (id) => document.getElementById(id);

let tweet = null;        // as the server gave it, with `entities` as ranges of words
let current = 0;         // index of the current word
let history = [];        // earlier states of the entities, for undo
let visited = new Set(); // doubtful words that `n` has been to
let keystrokes = 0;
let started = 0;
let typed = null;        // letters typed after `t`, null outside
let searching = false;    // whether `f` waits for a character
let dragStart = null;
let busy = false;

// --- the tweet ---

function show(answer) {
  element("progress").textContent = describeProgress(answer.progress);
  element("audit").textContent = answer.audit || "";
  element("audit").classList.toggle("warning", answer.warning);
  element("error").textContent = "";
  tweet = answer.tweet;
  history = [];
  visited = new Set();
  keystrokes = 0;
  typed = null;
  started = performance.now();
  if (tweet === null) {
    element("tweet").replaceChildren();
    element("reason").textContent = "Nothing is left to review.";
    element("selected").textContent = "";
    return;
  }
  tweet.characters = Array.from(tweet.text);  // offsets count code points
  tweet.entities = tweet.entities.map(wordsOf);
  const reasons = {audit: "Audit of what was accepted unread", trend: "Mention of a doubtful trend", doubt: "The model is in doubt"};
  element("reason").textContent = tweet.blind ? "Blind: no predictions are shown" : reasons[tweet.reason];
  current = tweet.entities.length ? tweet.entities[0].first : mostDoubtful();
  draw();
}

function describeProgress(progress) {
  const cost = progress.decided ? `, ${progress.seconds.toFixed(1)} s and ${progress.keystrokes.toFixed(1)} keystrokes a tweet` : "";
  return `${progress.decided} decided, ${progress.waiting} waiting${cost}`;
}

function wordsOf(entity) {
  const inside = tweet.words.map(([start, end], i) => (start < entity.end && end > entity.start ? i : -1)).filter((i) => i >= 0);
  return {type: entity.type, score: entity.score, first: inside[0], last: inside[inside.length - 1]};
}

function charactersOf(entity) {
  return {type: entity.type, start: tweet.words[entity.first][0], end: tweet.words[entity.last][1]};
}

function entityAt(word) {
  return tweet.entities.find((entity) => entity.first <= word && word <= entity.last);
}

// --- drawing: text goes in through textContent only ---

function draw() {
  let end = 0;
  const nodes = [];
  tweet.words.forEach(([from, to], i) => {
    nodes.push(document.createTextNode(tweet.characters.slice(end, from).join("")));
    nodes.push(drawWord(i, tweet.characters.slice(from, to).join("")));
    end = to;
  });
  nodes.push(document.createTextNode(tweet.characters.slice(end).join("")));
  const box = element("tweet");
  box.replaceChildren(...nodes);
  const button = box.querySelector(`[data-word="${current}"]`);
  if (button) button.focus();
  describeSelected();
}

function drawWord(i, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "word";
  button.dataset.word = i;
  button.tabIndex = i === current ? 0 : -1;
  button.textContent = text;
  const entity = entityAt(i);
  if (entity) {
    button.classList.add("inside", `c${TYPES.indexOf(entity.type) % 10}`, strength(entity.score));
    if (i === entity.first) button.classList.add("first");
    if (i === entity.last) button.classList.add("last");
    button.setAttribute("aria-label", `${text}, ${describeEntity(entity)}`);
    if (i === entity.first) {
      const label = document.createElement("span");
      label.className = "label";
      label.setAttribute("aria-hidden", "true");
      label.textContent = describeEntity(entity);
      button.append(label);
    }
  } else if (tweet.doubts[i] >= DOUBTFUL) {
    button.classList.add("doubtful");
    button.setAttribute("aria-label", `${text}, doubtful ${percent(tweet.doubts[i])}`);
  }
  if (i === current) button.classList.add("current");
  return button;
}

function describeEntity(entity) {
  return entity.score === null || entity.score === undefined ? entity.type : `${entity.type} ${percent(entity.score)}`;
}

function percent(share) { return `${Math.round(100 * share)}%`; }

function strength(score) {
  if (score === null || score === undefined) return "w3";
  return score < 0.5 ? "w1" : score < 0.8 ? "w2" : "w3";
}

function describeSelected() {
  const entity = entityAt(current);
  const word = tweet.words[current];
  if (!word) { element("selected").textContent = ""; return; }
  const text = tweet.characters.slice(word[0], word[1]).join("");
  const doubt = tweet.doubts[current] >= DOUBTFUL ? `doubtful, ${percent(tweet.doubts[current])}` : "no entity";
  const state = typed === null ? "" : ` — type ${typed}… of ${matching().join(", ")}`;
  element("selected").textContent = `${text}: ${entity ? describeEntity(entity) : doubt}${state}`;
}

// --- changes ---

function remember() { history.push(JSON.stringify([tweet.entities, current])); }

function setType(type) {
  remember();
  const entity = entityAt(current);
  if (entity) {
    entity.type = type;
    entity.score = null;
  } else if (tweet.words.length) {
    tweet.entities.push({type, score: null, ...doubtfulRun(current)});
    sortEntities();
  }
  draw();
}

// A new entity takes the neighbouring words that the model doubts as much, so that edges rarely need moving.
function doubtfulRun(word) {
  const joins = (i) => tweet.doubts[i] >= RUN && !entityAt(i);
  let first = word;
  let last = word;
  if (tweet.doubts[word] >= RUN) {
    while (first > 0 && joins(first - 1)) first -= 1;
    while (last < tweet.words.length - 1 && joins(last + 1)) last += 1;
  }
  return {first, last};
}

// Words from one to another become one entity, of the type of the entity that they begin or end in.
function mark(from, to) {
  const old = entityAt(from) || entityAt(to);
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  remember();
  tweet.entities = tweet.entities.filter((entity) => entity !== old && (entity.last < first || entity.first > last));
  tweet.entities.push({type: old ? old.type : TYPES[0], score: null, first, last});
  sortEntities();
  current = first;
  draw();
}

function sortEntities() { tweet.entities.sort((a, b) => a.first - b.first); }

function removeEntity() {
  const entity = entityAt(current);
  if (!entity) return;
  remember();
  const place = tweet.entities.indexOf(entity);
  tweet.entities.splice(place, 1);
  const next = tweet.entities[place] || tweet.entities[place - 1];
  if (next) current = next.first;
  draw();
}

function removeAll() {
  if (!tweet.entities.length) return;
  remember();
  tweet.entities = [];
  draw();
}

// Move an edge by a word. A neighbouring entity in the way gives up its word.
function moveEdge(side, step) {
  const entity = entityAt(current);
  if (!entity) return;
  const edge = side === "left" ? entity.first + step : entity.last + step;
  const inside = side === "left" ? edge <= entity.last : edge >= entity.first;
  if (edge < 0 || edge >= tweet.words.length || !inside) return;
  remember();
  const other = entityAt(edge);
  if (other && other !== entity) giveUp(other, edge);
  if (side === "left") entity.first = edge; else entity.last = edge;
  entity.score = null;
  current = Math.min(Math.max(current, entity.first), entity.last);
  draw();
}

function giveUp(entity, word) {
  if (word === entity.first) entity.first += 1; else entity.last -= 1;
  entity.score = null;
  if (entity.first > entity.last) tweet.entities.splice(tweet.entities.indexOf(entity), 1);
}

// --- moving ---

function moveTo(word) {
  if (word < 0 || word >= tweet.words.length) return;
  current = word;
  draw();
}

function moveToEntity(step) {
  const places = tweet.entities.map((entity) => entity.first);
  const next = step > 0 ? places.find((place) => place > current) : places.reverse().find((place) => place < current);
  if (next !== undefined) moveTo(next);
}

function mostDoubtful() {
  let best = 0;
  tweet.doubts.forEach((doubt, i) => { if (!entityAt(i) && (entityAt(best) || doubt > tweet.doubts[best])) best = i; });
  return best;
}

function moveToDoubtful() {
  const order = tweet.doubts.map((doubt, i) => [doubt, i]).filter(([doubt, i]) => !entityAt(i) && i !== current && !visited.has(i));
  order.sort((a, b) => b[0] - a[0]);
  if (!order.length) { visited.clear(); return; }
  visited.add(order[0][1]);
  moveTo(order[0][1]);
}

// `f` and a character: the next word that begins with it, from the start again after the end.
function moveToLetter(letter) {
  searching = false;
  const n = tweet.words.length;
  for (let step = 1; step <= n; step += 1) {
    const word = (current + step) % n;
    const start = tweet.characters[tweet.words[word][0]];
    if (start.toLowerCase() === letter.toLowerCase()) { moveTo(word); return; }
  }
}

// --- talking to the server ---

async function call(path, body) {
  if (busy) return;
  busy = true;
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) show(answer); else element("error").textContent = answer.detail;
    if (response.status === 409) { busy = false; await call("next", {}); }
  } catch (error) {
    element("error").textContent = "The server does not answer; nothing was lost. Try again.";
  } finally {
    busy = false;
  }
}

function decision(entities) {
  if (!tweet.key) tweet.key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()) + Date.now();
  return {id: tweet.id, key: tweet.key, entities, seconds: (performance.now() - started) / 1000, keystrokes};
}

const accept = () => tweet && call("decide", decision(tweet.entities.map(charactersOf)));
const skip = () => tweet && call("decide", decision(null));

function undo() {
  if (tweet && history.length) {
    [tweet.entities, current] = JSON.parse(history.pop());
    draw();
  } else {
    call("undo", {key: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()) + Date.now()});
  }
}

function toggleHelp() {
  const help = element("help");
  help.hidden = !help.hidden;
  element("help-button").setAttribute("aria-expanded", String(!help.hidden));
}

// --- keyboard ---

const matching = () => TYPES.filter((type) => type.toLowerCase().startsWith(typed));

function typeLetter(letter) {
  typed += letter.toLowerCase();
  if (matching().length <= 1) chooseType(); else describeSelected();
}

// Of several types that begin with the typed letters the shortest is taken.
function chooseType() {
  const [type] = matching().sort((a, b) => a.length - b.length);
  typed = null;
  if (type) setType(type); else describeSelected();
}

function onKey(event) {
  if (["Shift", "Alt", "Control", "Meta", "Tab"].includes(event.key) || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" && event.target.closest("#types, #actions")) return;  // the button's own click
  if (tweet === null && !["u", "?"].includes(event.key)) return;
  keystrokes += 1;
  const action = actionOf(event);
  if (action) {
    event.preventDefault();
    action();
  }
}

function actionOf(event) {
  const key = event.key;
  if (typed !== null && /^[\p{L}\p{N}_.-]$/u.test(key)) return () => typeLetter(key);
  if (typed && key === "Enter") return chooseType;
  if (searching && key.length === 1) return () => moveToLetter(key);
  if (key === "Escape") return () => { typed = null; searching = false; describeSelected(); };
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const step = key === "ArrowLeft" ? -1 : 1;
    if (event.shiftKey) return () => moveEdge("right", step);
    if (event.altKey) return () => moveEdge("left", step);
    return () => moveTo(current + step);
  }
  if (/^[0-9]$/.test(key)) {
    const type = TYPES[(Number(key) + 9) % 10];
    return type ? () => setType(type) : null;
  }
  return {
    Enter: accept, ArrowUp: () => moveToEntity(-1), ArrowDown: () => moveToEntity(1), n: moveToDoubtful,
    f: () => { searching = true; }, X: removeAll, x: removeEntity, Delete: removeEntity, Backspace: removeEntity, u: undo, s: skip, "?": toggleHelp,
    t: () => { typed = ""; describeSelected(); },
  }[key];
}

// --- mouse ---

function wordUnder(event) {
  const button = event.target.closest(".word");
  return button ? Number(button.dataset.word) : null;
}

function onMouseDown(event) { dragStart = wordUnder(event); }

function onMouseUp(event) {
  const word = wordUnder(event);
  if (word === null || dragStart === null) return;
  if (word === dragStart) moveTo(word);
  else mark(dragStart, word);
  dragStart = null;
}

document.addEventListener("keydown", onKey);
element("tweet").addEventListener("mousedown", onMouseDown);
element("tweet").addEventListener("mouseup", onMouseUp);
element("types").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && tweet) setType(button.dataset.type);
});
element("accept").addEventListener("click", accept);
element("skip").addEventListener("click", skip);
element("undo").addEventListener("click", undo);
element("delete").addEventListener("click", removeEntity);
element("shorter").addEventListener("click", () => moveEdge("right", -1));
element("longer").addEventListener("click", () => moveEdge("right", 1));
element("doubtful").addEventListener("click", moveToDoubtful);
element("help-button").addEventListener("click", toggleHelp);
call("next", {});
