// What the page does by itself, from before its first paint on: it picks the screen, keeps forms from being sent
// anywhere, and notes what was pressed before the program runs. It never reads what is typed.
"use strict";
{
  const html = document.documentElement;
  const is = (state) => html.dataset.app === state;

  // See also loader.js, and the sentences in page.html.
  const fail = (reason) => {
    html.dataset.app = "failed";
    html.dataset.reason = reason;
  };
  if (typeof WebAssembly !== "object" || !WebAssembly.instantiateStreaming) fail("webassembly");
  addEventListener("error", ({ target, filename }) => {
    if (target instanceof HTMLScriptElement || (is("loading") && /loader[^/]*$/.test(filename))) fail("load");
  }, true);

  // The program would take the processors from the first painting, and with it from who wants to type, so it waits for it:
  // when a second frame begins, the first has been handed over. Nothing is painted in a tab that is not seen.
  const firstPainting = new Promise((go) => {
    requestAnimationFrame(() => requestAnimationFrame(go));
    setTimeout(go, document.hidden ? 0 : 500);
  });

  // Somebody is signed in if app/store holds a refresh token, on a shared computer for this tab only; a test keeps this
  // key equal to the one there.
  try {
    const kept = localStorage.getItem(`directus-chat/1/${html.dataset.base}:token`);
    const shared = sessionStorage.getItem(`directus-chat/1/${html.dataset.base}:token`);
    if (kept || shared) html.dataset.screen = "room";
  } catch {
    fail("storage");
  }

  // The program is asked for here, since what <link rel="preload"> asks for, Chromium first gathers in the page's thread, all
  // its megabytes.
  //
  // A line is only as fast as somebody reads what comes, and to read a program is to check and compile it. Where the line
  // takes its time, as both the page and this script have shown, a worker does both, as fast as it comes. Otherwise, and on a
  // return visit, for which nothing but the page comes over the line, to start a thread would only delay the first painting,
  // and the page does it, behind what is painted first. Where a file came in no time, as the page or this script has shown,
  // megabytes of the program would as well, and need the processors for it: there it is asked for after the first painting.
  const slowLine = 30, noLine = 5; // milliseconds for a file
  const took = ([file]) => (file?.transferSize ? (file.responseEnd || performance.now()) - file.requestStart : 0);
  const compileBeside = (url, compiler) => new Promise((resolve, reject) => {
    const createScriptURL = (asked) => {
      if (asked !== compiler) throw new TypeError(`not the compiler: ${asked}`);
      return asked;
    };
    const policy = window.trustedTypes?.createPolicy("compiler", { createScriptURL }) ?? { createScriptURL };
    const worker = new Worker(policy.createScriptURL(compiler), { name: url });
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      worker.terminate();
      data ? resolve(data) : reject();
    };
    firstPainting.then(() => worker.postMessage(null));
  });
  if (is("loading")) {
    const { src, dataset: { program: url, compiler } } = document.currentScript;
    const times = [performance.getEntriesByType("navigation"), performance.getEntriesByName(src)].map(took);
    const plainly = async () => {
      if (times.some((time) => time && time < noLine)) await firstPainting;
      const [answer] = await Promise.all([fetch(url, { priority: "low" }), firstPainting]);
      return answer;
    };
    globalThis.program = times.every((time) => time >= slowLine) ? compileBeside(url, compiler).catch(plainly) : plainly();
    program.catch(() => {}); // loader.js says so
  }

  // The project's colours, on a light and on a dark ground. A style attribute in the page would need a laxer policy.
  const { accentLight, accentDark } = html.dataset;
  if (accentLight) html.style.setProperty("--brand-light", accentLight);
  if (accentDark) html.style.setProperty("--brand-dark", accentDark);

  // Nothing is ever submitted: a password must not get into a URL, however early Enter is pressed. A form that was
  // submitted before the program runs is marked; the program looks for the mark when it takes the form over.
  addEventListener("submit", (event) => {
    event.preventDefault();
    if (is("loading")) event.target.dataset.pressed = "";
  }, true);

  // Enter sends, Shift+Enter starts a new line, and an input method's Enter (229: Safari's) is the input method's.
  // Before the program runs the line break stays as well, so that what is typed next is not glued to it.
  const sends = ({ target, key, keyCode, shiftKey, isComposing, defaultPrevented }) =>
    target.id === "message" && key === "Enter" && !shiftKey && !isComposing && keyCode !== 229 && !defaultPrevented;
  const keep = (event) => is("loading") || event.preventDefault();
  addEventListener("keydown", (event) => {
    if (!sends(event)) return;
    keep(event);
    event.target.form.requestSubmit();
  });
  // What types for people (dictation, remote control) may send the character whatever became of the key.
  addEventListener("keypress", (event) => sends(event) && keep(event));

  // While an input method is at work the program must not touch the text, and may have come in the middle of it. Caught on
  // the way down, so that whoever listens to the box knows.
  addEventListener("compositionstart", ({ target }) => (target.dataset.composing = ""), true);
  addEventListener("compositionend", ({ target }) => delete target.dataset.composing, true);

  // Who types on has not finished; who has a password manager fill the log-in in, once more or late, has not typed: what
  // fills is a script, or a browser that does not call it typing. A box grows with its text where CSS cannot do it.
  const typed = ({ isTrusted, inputType }) => isTrusted && inputType && inputType !== "insertReplacementText";
  const grows = CSS.supports("field-sizing", "content");
  addEventListener("input", (event) => {
    const { target, inputType } = event;
    const goesOn = target.id === "message" ? inputType !== "insertLineBreak" : typed(event);
    if (target.form && goesOn) delete target.form.dataset.pressed;
    if (target.id !== "message" || grows) return;
    target.style.height = "auto";
    target.style.height = `${target.scrollHeight}px`;
  });

  // Some phones lay their keyboard over the page, and only tell how much is still seen: there the page ends, so that the
  // composer stands on the keyboard. A page that somebody has zoomed into is seen in part as well, and stays as it is.
  const seen = window.visualViewport;
  seen?.addEventListener("resize", () => {
    const covered = Math.max(0, Math.round(innerHeight - seen.height * seen.scale));
    html.style.setProperty("--covered", `${covered}px`);
    if (covered) scrollTo(0, 0);
  });

  addEventListener("click", ({ target }) => {
    if (target.id !== "reveal") return;
    const password = document.getElementById("password");
    const shown = password.type === "password";
    password.type = shown ? "text" : "password";
    target.setAttribute("aria-pressed", shown);
  });
}
