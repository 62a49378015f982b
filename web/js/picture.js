// The last conversation, as it was left: taken as a picture while the program draws it, painted by the next visit before
// the program runs. A picture is text and a few attributes, put together by createElement: nothing in it can run.
"use strict";
{
  const html = document.documentElement;
  const rows = 30; // at most, the newest
  const room = 40_000; // characters of all of them
  const days = 7; // Directus's own limit of a session; an older picture is of one that has probably ended

  const attributes = ["class", "dir", "start", "datetime", "data-part", "data-initials", "data-state", "data-message-id"];
  const take = (node) => {
    if (node instanceof Text) return node.data;
    if (!(node instanceof Element)) return "";
    const has = attributes.filter((name) => node.hasAttribute(name)).map((name) => [name, node.getAttribute(name)]);
    const tag = node.matches(".chip") ? "span" : node.localName; // nobody can give an emoji yet
    return [tag, Object.fromEntries(has), ...[...node.childNodes].map(take)];
  };
  const paint = (taken) => {
    if (typeof taken === "string") return taken;
    const [tag, attributes, ...children] = taken;
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children.map(paint));
    return element;
  };

  // What the program stores (app/ui/picture.go): the newest rows as the reader sees them, "" if it sees others.
  globalThis.takePicture = (reader, at) => {
    const list = document.getElementById("messages");
    const drawn = [...list.querySelectorAll(".rows > *")];
    const away = !document.querySelector(".pill").hidden || list.querySelector("[data-action=newer]");
    if (list.dataset.reader !== reader || away || !drawn.length) return "";
    const picture = { reader, at, version: html.dataset.version, lang: html.lang, rows: [] };
    for (let left = room; drawn.length && picture.rows.length < rows; ) {
      const taken = take(drawn.pop());
      if ((left -= JSON.stringify(taken).length) < 0) break;
      picture.rows.unshift(taken);
    }
    return JSON.stringify(picture);
  };

  // While the list stays at its end it is scrolled with nearly every message, by itself. That does not wake the program,
  // which is to hear of the reader's scrolling: app/ui/stick.go.
  globalThis.watchScrolling = (list, scrolled) => {
    const seen = {
      stays: false,
      top: 0, // where the list was
      stayed() {
        const top = list.scrollTop;
        const left = top < seen.top && list.scrollHeight - list.clientHeight - top >= 1;
        if (!left) seen.top = top;
        return !left;
      },
    };
    list.addEventListener("scroll", () => (seen.stays && seen.stayed()) || scrolled());
    return seen;
  };

  // Of somebody who is signed in, and not on a shared computer. app/client stores it beside the session, whose record
  // says where; a test keeps these keys equal to the ones there.
  const find = () => {
    const stored = (key) => localStorage.getItem(`directus-chat/1/${html.dataset.base}:${key}`);
    if (!stored("token") || sessionStorage.getItem(`directus-chat/1/${html.dataset.base}:token`)) return;
    const { me, generation } = JSON.parse(stored("session")) ?? {};
    if (!me) return;
    const picture = JSON.parse(stored(`picture/${me.ID}/${generation}/`));
    const fits = picture?.version === html.dataset.version && picture.lang === html.lang && picture.reader === me.ID;
    if (fits && Date.now() - picture.at < days * 24 * 60 * 60 * 1000) return picture;
  };

  // Between the page's stage and its list, as the list will be; the program takes it away when it has drawn the same.
  const show = (picture) => {
    const at = new Date(picture.at);
    const today = at.toDateString() === new Date().toDateString();
    const time = at.toLocaleString(html.lang, today ? { timeStyle: "short" } : { dateStyle: "full", timeStyle: "short" });
    const timeline = paint(["div", { class: "timeline" }, ["div", { class: "rows" }, ...picture.rows]]);
    if (!today) { // "Today" was another day
      for (const day of timeline.querySelectorAll(".day")) {
        const date = new Date(day.parentElement.querySelector("time").dateTime);
        day.textContent = date.toLocaleDateString(html.lang, { weekday: "long", day: "numeric", month: "long" });
      }
    }
    const shown = paint(["div", { class: "picture", "data-reader": picture.reader }, ["div", { class: "past" }]]);
    shown.firstChild.append(timeline);
    shown.append(paint(["p", { class: "as-of" }, html.dataset.asOf.replace("%s", time)]));
    shown.id = "picture";
    document.querySelector(".stage").append(shown);
  };

  // A link leads to a message of its own.
  try {
    const picture = location.pathname === html.dataset.base && find();
    if (picture) show(picture);
  } catch (error) {
    console.warn(error); // a picture that cannot be read is none
  }
}
