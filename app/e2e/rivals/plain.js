// The chat in plain JavaScript, on the markup of web/page.html as it stands: it fills in what changes.
import { Chat, inFrame, isSignedIn, look, newest } from "./directus.js";

const html = document.documentElement;
const id = (name) => document.getElementById(name);
const list = id("messages");
const status = document.querySelector("[role=status]");
const alert = id("login-alert");

// make builds an element; properties are attributes.
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  element.append(...children);
  return element;
};

const rows = make("div", { class: "rows" });

const makeRow = (message, before) => {
  const l = look(chat.names, message, before);
  const row = make("div", { class: "entry" },
    ...(l.day ? [make("h2", { class: "day" }, l.day)] : []),
    make("article", {
      class: l.style, tabindex: -1, "data-message-id": l.id, "data-state": l.state, "data-initials": l.initials,
    },
    make("div", { class: "byline" },
      make("bdi", { "data-part": "author", dir: "auto" }, l.name),
      make("time", { datetime: l.date, title: l.title }, l.time)),
    make("div", { "data-part": "text" }, make("p", { dir: "auto" }, l.text))));
  if (l.state === "sending") {
    const words = make("span", { class: "visually-hidden" }, "Sending…");
    row.lastChild.append(make("span", { class: "pending", title: "Sending…" }, words));
  }
  return row;
};

const made = new Map(); // by id: what is in the list, and of which objects it was made

// draw takes out what has gone, and puts in what is new or another object, in its place.
const draw = () => {
  const wanted = newest(chat);
  const ids = new Set(wanted.map(([message]) => message.id));
  for (const [id, { row }] of made) {
    if (ids.has(id)) continue;
    row.remove();
    made.delete(id);
  }
  let next = rows.firstChild;
  for (const [message, before] of wanted) {
    const known = made.get(message.id);
    if (known?.message === message && known.before === before) {
      next = known.row.nextSibling;
      continue;
    }
    const row = makeRow(message, before);
    if (known) known.row.replaceWith(row);
    else rows.insertBefore(row, next);
    made.set(message.id, { row, message, before });
    next = row.nextSibling;
  }
};

let atBottom = true;
list.addEventListener("scroll", () => {
  atBottom = list.scrollHeight - list.clientHeight - list.scrollTop <= 16;
});

const chat = new Chat(inFrame(() => {
  status.dataset.connection = chat.connection;
  status.firstChild.textContent = chat.connection;
  if (chat.connection === "connecting") return; // placeholders stand there
  if (!rows.isConnected) list.querySelector(".timeline").replaceChildren(rows);
  draw();
  document.querySelector(".me").textContent = chat.names.get(chat.me) ?? "";
  list.dataset.count = chat.messages.size;
  if (atBottom) list.scrollTop = list.scrollHeight;
}));

const show = (screen) => {
  html.dataset.screen = screen;
  id(screen === "room" ? "message" : "email").focus();
};

id("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  alert.textContent = "";
  event.target.dataset.busy = "";
  try {
    await chat.logIn(id("email").value, id("password").value);
    show("room");
  } catch {
    alert.textContent = "That did not work. Check e-mail and password.";
  }
  delete event.target.dataset.busy;
});

const send = () => {
  const text = id("message").value.trim();
  if (!text) return;
  id("message").value = "";
  chat.send(text);
};
id("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
id("message").addEventListener("keypress", (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  send();
});

show(isSignedIn() ? "room" : "login");
if (isSignedIn()) chat.resume().catch(() => show("login"));
html.dataset.app = "running";
