// The service worker makes the chat open offline, deep links too. It never stands in front of Directus,
// nor of another chat or page of this origin: a worker at / is asked for all of them.
//
// A version's page and files are cached together or not at all. A new version waits until no window uses the old one,
// so a window never meets files that are not its own: online it is given the newest page, whose new files come from
// the network; offline it is given the installed one, with the files it was installed with.
"use strict";

const base = {{json .Base}};
const routes = new RegExp({{json .Routes}});
const files = {{.Precache}};
const prefix = `directus-chat ${base} `;
const version = {{json .Version}};
const name = prefix + version;
const patience = 4000; // Milliseconds a window waits for the network when it could have the installed page.

addEventListener("install", (event) => {
  // Hashed files may come from the browser's cache, where the page has just put them; the page and the manifest not.
  const fresh = (path) => new Request(path, { cache: path.startsWith(`${base}assets/`) ? "default" : "reload" });
  event.waitUntil(caches.open(name).then((cache) => cache.addAll(files.map(fresh))));
});

addEventListener("activate", (event) => {
  const clean = async () => {
    const old = (await caches.keys()).filter((key) => key.startsWith(prefix) && key !== name);
    await Promise.all(old.map((key) => caches.delete(key)));
    await registration.navigationPreload?.enable();
  };
  event.waitUntil(clean());
});

// A page asks whether the version that waits is another than its own: see loader.js.
addEventListener("message", ({ source }) => source.postMessage({ version }));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && routes.test(pathname)) event.respondWith(page(event));
  else if (files.includes(pathname)) event.respondWith(file(request));
});

// A pressed notification leads to its message, in a window that is open or in a new one.
addEventListener("notificationclick", (event) => {
  const { data: path } = event.notification;
  const open = async () => {
    const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
    const chat = windows.find((window) => routes.test(new URL(window.url).pathname));
    if (!chat) return clients.openWindow(path);
    chat.postMessage({ open: path });
    return chat.focus();
  };
  event.notification.close();
  event.waitUntil(open());
});

// The page varies by language, and a browser may ask for it in one now, without one at another time.
const installed = (path) => caches.match(path, { cacheName: name, ignoreVary: true });

async function file(request) {
  return (await installed(request.url)) ?? fetch(request);
}

// page answers a navigation: fresh from the network, or the installed one when there is no sound answer in time.
async function page(event) {
  const answer = Promise.resolve(event.preloadResponse).then((early) => early ?? fetch(event.request));
  const sound = answer.then((response) => {
    if (response.status >= 500) throw new Error(`status ${response.status}`);
    return response;
  });
  const late = new Promise((_, reject) => setTimeout(reject, patience, new Error("no answer in time")));
  try {
    return await Promise.race([sound, late]);
  } catch {
    return (await installed(base)) ?? answer;
  }
}
