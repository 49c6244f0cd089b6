// The page of the service: paste a tweet, see its entities. Text goes in through textContent only.
"use strict";

const element = (id) => document.getElementById(id);
let types = [];

async function loadModel() {
  const health = await (await fetch("health")).json();
  types = health.types;
  element("model").textContent = `${health.model}, decoder ${health.decoder}`;
}

async function findEntities() {
  element("error").textContent = "";
  const text = element("text").value;
  try {
    const response = await fetch("tag", {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({tweets: [{text}]}),
    });
    const answer = await response.json();
    const tweet = response.ok ? answer.tweets[0] : {error: answer.detail};
    if (tweet.error) element("error").textContent = tweet.error;
    else show(Array.from(text), tweet.entities);
  } catch (error) {
    element("error").textContent = "The service does not answer.";
  }
}

function show(characters, entities) {
  const nodes = [];
  let end = 0;
  for (const entity of entities) {
    nodes.push(document.createTextNode(characters.slice(end, entity.start).join("")));
    nodes.push(mark(entity));
    end = entity.end;
  }
  nodes.push(document.createTextNode(characters.slice(end).join("")));
  element("tweet").replaceChildren(...nodes);
  element("found").textContent = entities.length === 1 ? "1 entity" : `${entities.length} entities`;
}

function mark(entity) {
  const span = document.createElement("mark");
  const label = document.createElement("span");
  span.className = `word first last c${types.indexOf(entity.type) % 10}`;
  span.textContent = entity.text;
  label.className = "label";
  label.textContent = `${entity.type} ${Math.round(100 * entity.score)}%`;
  span.append(label);
  return span;
}

element("tag").addEventListener("click", findEntities);
element("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) findEntities();
});
loadModel().then(findEntities);
