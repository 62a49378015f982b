// What the benchmark measures with, in every page before the page's own scripts: the same for ours and for its rivals.
// All times are of the page's own clock, so that nothing of the way to the one who asks is in them.
"use strict";
globalThis.probe = (() => {
  // What is asked after every frame, in the first task after it: what is in the page then has been painted.
  let waiting = [], frames = 0;
  const look = () => {
    frames++;
    const now = performance.now();
    waiting = waiting.filter(({ holds, done }) => !holds() || done(now));
  };
  const tick = () => {
    scheduler.postTask(look, { priority: "user-blocking" });
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  const until = (holds) => new Promise((resolve) => waiting.push({ holds, done: (now) => void resolve(now) }));

  const id = (name) => document.getElementById(name);
  const lastText = () => [...document.querySelectorAll(".stage [data-part=text]")].at(-1)?.textContent;
  const count = () => Number(id("messages")?.dataset.count);
  const painted = (text) => until(() => lastText() === text);
  const wall = (at) => performance.timeOrigin + at;
  const type = (field, text) => {
    field.focus();
    field.select();
    document.execCommand("insertText", false, text);
  };

  // The program is in charge: what is pressed is answered by it.
  const running = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (document.documentElement?.dataset.app !== "running") return;
      observer.disconnect();
      resolve(performance.now());
    }).observe(document, { subtree: true, attributeFilter: ["data-app"] });
  });
  const firstPaint = () => new Promise((resolve) => {
    new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") resolve(startTime);
    }).observe({ type: "paint", buffered: true });
  });

  // How long a key that was pressed has waited for the page.
  let waits = [];
  addEventListener("keydown", (event) => event.isTrusted && waits.push(performance.now() - event.timeStamp), true);

  return {
    painted,

    // A visit of somebody who is not signed in, and types as soon as there is something to type into. What is typed must
    // still be there when the program has taken over.
    async visit() {
      const paint = firstPaint();
      const key = await until(() => {
        const field = id("email");
        if (!field?.checkVisibility()) return false;
        if (!field.value) type(field, "k");
        return field.value === "k";
      });
      const charge = await running;
      await until(() => true);
      if (id("email").value !== "k") throw new Error("what was typed is gone");
      return { paint: await paint, key: Math.max(key, await paint), charge };
    },

    // A visit of somebody who is signed in.
    async comeBack(text) {
      const [paint, seen, charge] = await Promise.all([firstPaint(), painted(text), running]);
      return { paint, seen, charge };
    },

    // A log-in, pressed so many milliseconds after the program is in charge, or at once if that is past.
    async logIn(email, password, text, held, after) {
      const charge = await running;
      await new Promise((resolve) => setTimeout(resolve, charge + after - performance.now()));
      type(id("email"), email);
      type(id("password"), password);
      const pressed = performance.now();
      document.querySelector("#login-form [type=submit]").click();
      const shown = await until(() => count() === held && lastText() === text);
      return { shown: shown - pressed };
    },

    // Returns when it was sent, by the wall, and how long it took to be painted here. Nobody presses in step with the
    // frames, as whoever asks would, who has waited for one: then it would be luck whether a message just catches the next.
    async send(text) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
      type(id("message"), text);
      const from = frames, pressed = performance.now();
      id("composer").requestSubmit();
      const shown = await painted(text);
      return { sent: wall(pressed), own: shown - pressed, frames: frames - from };
    },

    // Returns when this is painted, by the wall.
    arrival: async (text) => wall(await painted(text)),

    async burst(text) {
      waits = [];
      const shown = await painted(text);
      return { shown: wall(shown), count: count(), starved: Math.max(0, ...waits), keys: waits.length, typed: id("message").value.length };
    },
  };
})();
