// What the program is told of the list's scrolling.
"use strict";
{
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
}
