// Compiles the program in a thread of its own, as it arrives: boot.js has put its address into this worker's name.
"use strict";
WebAssembly.compileStreaming(fetch(name, { priority: "low" })).then(postMessage).catch(() => postMessage(null));
