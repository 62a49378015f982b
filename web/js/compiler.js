// Fetches and compiles the program in a thread of its own: boot.js has put its address into this worker's name, and says when
// to begin.
"use strict";
const program = fetch(name, { priority: "low" });
program.catch(() => {}); // it is said below
onmessage = () => WebAssembly.compileStreaming(program).then(postMessage).catch(() => postMessage(null));
