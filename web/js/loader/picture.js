// The last conversation, as it was left: taken as a picture while the program draws it, for the next visit to paint
// (boot/past.js). A picture is text and a few attributes.
"use strict";
{
  const html = document.documentElement;
  const rows = 30; // the newest, and what else is seen, as far as there is room
  const room = 40_000; // characters of all of them

  const attributes = ["class", "dir", "start", "datetime", "data-part", "data-initials", "data-state", "data-message-id"];
  const take = (node) => {
    if (node instanceof Text) return node.data;
    if (!(node instanceof Element)) return "";
    const has = attributes.filter((name) => node.hasAttribute(name)).map((name) => [name, node.getAttribute(name)]);
    const tag = node.matches(".chip") ? "span" : node.localName; // nobody can give an emoji yet
    return [tag, Object.fromEntries(has), ...[...node.childNodes].map(take)];
  };

  // What the program stores (app/ui/picture.go): the newest rows as the reader sees them, "" if it sees others.
  globalThis.takePicture = (reader, at) => {
    const list = document.getElementById("messages");
    const drawn = [...list.querySelectorAll(".rows > *")];
    const away = !document.querySelector(".pill").hidden || list.querySelector("[data-action=newer]");
    if (list.dataset.reader !== reader || away || !drawn.length) return "";
    const picture = { reader, at, version: html.dataset.version, lang: html.lang, rows: [] };
    const { top } = list.getBoundingClientRect();
    for (let left = room, row; (row = drawn.pop()); ) {
      if (picture.rows.length >= rows && row.getBoundingClientRect().bottom < top) break;
      const taken = take(row);
      if ((left -= JSON.stringify(taken).length) < 0) break;
      picture.rows.unshift(taken);
    }
    return JSON.stringify(picture);
  };
}
