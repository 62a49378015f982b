// Starts the program, says so when it ends, installs the worker once the program runs, and offers what is newer.
"use strict";
{
  const html = document.documentElement;

  const start = async () => {
    let reason = "load";
    try {
      const go = new Go();
      const come = await program; // compiled, or an answer that is still to be
      const instance = come instanceof WebAssembly.Module
        ? await WebAssembly.instantiate(come, go.importObject)
        : (await WebAssembly.instantiateStreaming(come, go.importObject)).instance;
      reason = "stopped";
      await go.run(instance); // A program that does its work does not return: this one has panicked.
    } catch (error) {
      console.error(error);
    }
    html.dataset.app = "failed";
    html.dataset.reason = reason;
  };

  // A while after the start: the worker fetches all files, which is not to be in the way of a first visit's downloads, nor
  // of what somebody waits for who logs in at once, or comes back.
  const calm = 2000; // milliseconds
  const install = () => {
    const url = new URL(`${html.dataset.base}worker.js`, location.origin).href;
    const createScriptURL = (asked) => {
      if (asked !== url) throw new TypeError(`not the worker: ${asked}`);
      return asked;
    };
    const policy = window.trustedTypes?.createPolicy("chat", { createScriptURL }) ?? { createScriptURL };
    navigator.serviceWorker.register(policy.createScriptURL(url), { scope: html.dataset.base }).then(watch).catch(console.warn);
  };

  // A new version is fetched behind this one's back: its worker installs all of it, and waits. It is offered and never
  // forced, because somebody may be writing. Reloading is enough, since online a page is always the newest.
  const patience = 10 * 60 * 1000; // milliseconds between two looks, for a page that nobody comes back to
  const watch = (registration) => {
    const offer = document.getElementById("update");
    document.getElementById("update-reload").addEventListener("click", () => location.reload());
    document.getElementById("update-later").addEventListener("click", () => (offer.hidden = true));
    navigator.serviceWorker.addEventListener("message", ({ data: { version } }) => {
      if (version) offer.hidden = version === html.dataset.version; // the worker says other things, too
    });
    const ask = () => registration.waiting?.postMessage("version");
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing.addEventListener("statechange", () => installing.state === "installed" && ask());
    });
    ask();
    const look = () => registration.update().catch(() => {}); // without a network there is nothing newer
    addEventListener("focus", look);
    setInterval(look, patience);
  };

  if (html.dataset.app === "loading") {
    new MutationObserver((_, observer) => {
      if (html.dataset.app !== "running") return;
      observer.disconnect();
      if (navigator.serviceWorker) setTimeout(install, calm); // Browsers have none on plain http.
    }).observe(html, { attributeFilter: ["data-app"] });
    start();
  }
}
