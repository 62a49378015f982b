// The last conversation, as it was left, painted with the first painting, before the program runs. A picture of it
// (loader/picture.js) is put together by createElement: nothing in it can run.
"use strict";
{
  const html = document.documentElement;
  const days = 7; // Directus's own limit of a session; an older picture is of one that has probably ended

  const paint = (taken) => {
    if (typeof taken === "string") return taken;
    const [tag, attributes, ...children] = taken;
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children.map(paint));
    return element;
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
  const show = (picture, stage) => {
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
    stage.append(shown);
  };

  const attempt = (f) => {
    try {
      return f();
    } catch (error) {
      console.warn(error); // a picture that cannot be read is none
    }
  };

  // A link leads to a message of its own. The room is not there yet. When it is, nothing of it has been painted, unless the
  // page came in pieces to a browser that does not know what to expect (page.html).
  const picture = attempt(() => location.pathname === html.dataset.base && find());
  const hang = (_, observer) => {
    if (!document.getElementById("composer")) return; // the next after the room
    observer.disconnect();
    attempt(() => show(picture, document.querySelector(".stage")));
  };
  if (picture) new MutationObserver(hang).observe(html, { childList: true, subtree: true });
}
