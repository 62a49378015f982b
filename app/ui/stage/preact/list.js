// What the benchmark of the list compares with: a windowed list in Preact, with the markup of app/ui/messagerow.go, on the
// same page with the same style. It draws what is seen and a screen each way, between spaces as high as rows are on
// average, and keeps the row that is read in its place.
import { Component, h, render } from "./preact.mjs";

const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });
const dayName = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });

// message is the same as in conversation_js.go.
const words = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua.";
const message = (n) => {
  const k = Math.abs(n);
  const who = Math.floor(k / 3) % 17;
  return {
    id: `0198c0de-0000-7000-8000-${String(1_000_000 + n).padStart(12, "0")}`,
    name: `Person ${who}`,
    initials: `P${String(who)[0]}`,
    tone: who % 12,
    at: new Date(Date.UTC(2026, 0, 2, 3) + n * 60_000),
    text: `${n} ${words.slice(0, 10 + (k * 7) % 110)}`,
  };
};

class Row extends Component {
  shouldComponentUpdate(next) {
    const now = this.props;
    return next.message !== now.message || next.first !== now.first || next.day !== now.day;
  }

  render({ message: m, first, day }) {
    return h("div", { class: "entry" },
      day && h("h2", { class: "day" }, day),
      h("article", {
        class: `message tone-${m.tone}${first ? " first" : ""}`,
        "data-message-id": m.id, "data-state": "stored", "data-initials": m.initials,
      },
      h("div", { class: "byline" },
        h("bdi", { "data-part": "author", dir: "auto" }, m.name),
        h("time", { dateTime: m.at.toISOString(), title: moment.format(m.at) }, clock.format(m.at))),
      h("div", { "data-part": "text" }, h("p", { dir: "auto" }, m.text))));
  }
}

const scroller = document.getElementById("messages");
const timeline = scroller.querySelector(".timeline");
timeline.replaceChildren();

let messages = [];
let from = 0, to = 0, average = 40, atBottom = true;

const rows = () => {
  const drawn = [];
  for (let i = from; i < to; i++) {
    const m = messages[i], before = messages[i - 1];
    const day = !before || before.at.toDateString() !== m.at.toDateString() ? dayName.format(m.at) : "";
    const first = Boolean(day) || before.name !== m.name || m.at - before.at >= 5 * 60_000;
    drawn.push(h(Row, { key: m.id, message: m, first, day }));
  }
  return h("div", { class: "rows", style: { padding: `${from * average}px 0 ${(messages.length - to) * average}px` } }, drawn);
};

const top = (id) => timeline.querySelector(`[data-message-id="${id}"]`)?.getBoundingClientRect().top;

// around draws what is around the row with an index, and keeps the place of the one that is read.
const around = (index, read) => {
  const screen = Math.ceil(scroller.clientHeight / average);
  from = Math.max(0, index - screen);
  to = Math.min(messages.length, index + 2 * screen);
  const before = read && top(read);
  render(rows(), timeline);
  if (atBottom) scroller.scrollTop = scroller.scrollHeight;
  else if (before !== undefined) scroller.scrollTop += top(read) - before;
  average = (timeline.firstChild.getBoundingClientRect().height - (messages.length - (to - from)) * average) / (to - from);
};

// reading is the index of the first row that is seen.
const reading = () => {
  const edge = scroller.getBoundingClientRect().top;
  const entries = timeline.firstChild.children;
  let low = 0, high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].getBoundingClientRect().bottom > edge) high = middle;
    else low = middle + 1;
  }
  return from + low;
};

const draw = () => {
  const index = atBottom ? messages.length - Math.ceil(scroller.clientHeight / average) : reading();
  around(index, messages[Math.min(index, to - 1)]?.id);
};

scroller.addEventListener("scroll", () => {
  const { scrollTop, clientHeight, scrollHeight } = scroller;
  atBottom = scrollHeight - clientHeight - scrollTop <= 16;
  const box = timeline.firstChild;
  const above = scrollTop - box.firstChild.offsetTop;
  const below = box.lastChild.offsetTop + box.lastChild.offsetHeight - scrollTop - clientHeight;
  if (from > 0 && above < clientHeight / 2 || to < messages.length && below < clientHeight / 2) {
    if (above < -clientHeight || below < -clientHeight) around(Math.floor(scrollTop / average)); // nothing is seen
    else draw();
  }
});

let oldest = 0;
const page = 100;
window.converse = (held) => {
  messages = Array.from({ length: held }, (_, n) => message(n));
  draw();
};
window.happen = (what) => {
  switch (what) {
    case "append":
      messages.push(message(messages.length + oldest));
      break;
    case "update": {
      const i = messages.length - 3;
      messages[i] = { ...messages[i], text: `${messages[i].text} more` };
      break;
    }
    case "prepend": {
      const read = reading();
      const id = messages[read].id;
      oldest -= page;
      messages = Array.from({ length: page }, (_, n) => message(oldest + n)).concat(messages);
      from += page, to += page;
      around(read + page, id);
      return;
    }
    default:
      return;
  }
  draw();
};
window.oldest = () => { scroller.scrollTop = 0; };
document.documentElement.dataset.app = "running";
