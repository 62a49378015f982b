// Starts the program, says so when it ends, and installs the worker once the program runs.
"use strict";
{
  const html = document.documentElement;

  const start = async () => {
    let reason = "load";
    try {
      const go = new Go();
      // The request is the one that the page's preload link has already made, streamed straight into the compiler.
      const { instance } = await WebAssembly.instantiateStreaming(fetch(document.getElementById("program").href), go.importObject);
      reason = "stopped";
      await go.run(instance); // A program that does its work does not return: this one has panicked.
    } catch (error) {
      console.error(error);
    }
    html.dataset.app = "failed";
    html.dataset.reason = reason;
  };

  // After the start, so that a first visit's downloads are not in its way.
  const install = () => {
    const url = new URL(`${html.dataset.base}worker.js`, location.origin).href;
    const createScriptURL = (asked) => {
      if (asked !== url) throw new TypeError(`not the worker: ${asked}`);
      return asked;
    };
    const policy = window.trustedTypes?.createPolicy("chat", { createScriptURL }) ?? { createScriptURL };
    navigator.serviceWorker.register(policy.createScriptURL(url), { scope: html.dataset.base }).catch(console.warn);
  };

  if (html.dataset.app === "loading") {
    new MutationObserver((_, observer) => {
      if (html.dataset.app !== "running") return;
      observer.disconnect();
      if (navigator.serviceWorker) install(); // Browsers have none on plain http.
    }).observe(html, { attributeFilter: ["data-app"] });
    start();
  }
}
