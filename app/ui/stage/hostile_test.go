//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// hostile is what somebody may write, or call themselves, to do others harm. Every "ran" would leave a trace.
func hostile() []string {
	all := []string{
		// Markup and handlers.
		`<script>window.ran=1</script>`, `<img src=x onerror="window.ran=1">`, `<svg onload=window.ran=1>`, `<svg><script>window.ran=1</script></svg>`,
		`"><script>window.ran=1</script>`, `' onmouseover='window.ran=1`, `<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
		`<a href="javascript:window.ran=1">x</a>`, `<form action=javascript:window.ran=1><button>`, `<math><mi xlink:href="javascript:window.ran=1">`,
		`<style>*{display:none}</style>`, `<link rel=stylesheet href=//evil.example/x.css>`, `<base href=//evil.example/>`, `<meta http-equiv=refresh content="0;url=//evil.example/">`,
		`<object data="javascript:window.ran=1">`, `<embed src="javascript:window.ran=1">`, `<template><script>window.ran=1</script></template>`,
		`</article></section></main><script>window.ran=1</script>`, `<!--<img src="--><img src=x onerror=window.ran=1>`, `<body onload=window.ran=1>`,
		`<details open ontoggle=window.ran=1>`, `<input autofocus onfocus=window.ran=1>`, `<video><source onerror=window.ran=1>`, `<xmp><img src=x onerror=window.ran=1></xmp>`,
		`&lt;script&gt;window.ran=1&lt;/script&gt;`, `&#x3c;img src=x onerror=window.ran=1&#x3e;`, `<<script>script>window.ran=1<</script>/script>`,
		// Addresses of every kind but the harmless ones, as such and in Markdown's clothes.
		`javascript:window.ran=1`, `JaVaScRiPt:window.ran=1`, "java\tscript:window.ran=1", "java\nscript:window.ran=1", "\x01javascript:window.ran=1", `javascript&colon;window.ran=1`,
		`[x](javascript:window.ran=1)`, `[x](JAVASCRIPT:window.ran=1)`, "[x](java\tscript:window.ran=1)", `<javascript:window.ran=1>`, `![x](javascript:window.ran=1)`, `![x](https://evil.example/pixel.gif)`,
		`data:text/html,<script>window.ran=1</script>`, `data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`, `vbscript:window.ran=1`, `file:///etc/passwd`, `blob:https://evil.example/x`,
		`view-source:https://example.com`, `https://user:password@evil.example/`, `https://example.com/"onmouseover="window.ran=1`, `https://example.com/<script>window.ran=1</script>`,
		`https://examp` + "\u202e" + `moc.elgoog/`, `http://аpple.com/`, `mailto:x@example.com?subject=<script>window.ran=1</script>`, `//evil.example/x`,
		// Templates, formats, prototypes.
		`{{constructor.constructor('window.ran=1')()}}`, `${window.ran=1}`, `#{window.ran=1}`, `<%= window.ran=1 %>`, `%s%n%x%d`, `__proto__`, `constructor`, `[object Object]`,
		// What turns around, hides, joins or does not belong.
		"\u202egnp.exe", "\u2066\u2067\u2068 isolates that never end", "\u202a\u202b\u202d\u202e", "a\u200bb\u200cc\u200dd\ufeffe", "\u0000before and after NUL\u0000", "\ufffd broken \ufffd",
		"z\u0335\u0321\u034c" + strings.Repeat("\u0335\u0321\u034c\u0489", 300), "👩‍👩‍👧‍👦🏳️‍🌈🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪🇦", strings.Repeat("👩‍", 200), "\u061c\u200e\u200f", "שלום <b>עולם</b> (1)!", "ﷺ﷽",
		strings.Repeat("\n", 2000), strings.Repeat("> ", 500) + "deep", strings.Repeat("- ", 500) + "deep", strings.Repeat("*_~`", 1000), strings.Repeat("`", 3000), strings.Repeat("[", 3000),
		strings.Repeat("w", 100_000), strings.Repeat("あ", 30_000), "https://example.com/" + strings.Repeat("long/", 4000), "```\n" + strings.Repeat("w", 20_000) + "\n```",
	}
	return all
}

// Ensure that whatever people write, or call themselves, is text: nothing runs, nothing is fetched, no link leads
// anywhere but to http, https or mailto, nothing makes the page wider, and the program goes on.
func TestHostileContents(t *testing.T) {
	contents := hostile()
	assert.GreaterOrEqual(t, len(contents), 60)
	v := newVisitor(t)
	v.view(390, 844, nil)
	v.first(`new MutationObserver(changes => { for (const c of changes) for (const n of c.addedNodes)
		if (n.nodeType === 1 && n.closest("#room") && (n.matches("script,style,iframe,object,embed,form,base,meta,link,template,video")
			|| [...n.attributes].some(a => a.name.startsWith("on"))))
			window.ran = n.outerHTML }).observe(document, {subtree: true, childList: true})`)
	v.open("/")
	for i, content := range contents {
		label := fmt.Sprintf("%d: %.60q", i, content)
		hostile := chat.Row{
			ID: chat.MessageID(fmt.Sprintf("%d", i+1)), Author: "evil", Name: content, Text: content, Time: time.Now(), Delivery: chat.Stored,
			Reply:     chat.Quote{ID: "0", Author: "evil", Name: content, Text: content, Known: true},
			Reactions: []chat.Reaction{{Emoji: content, People: []chat.Person{{ID: "evil", Name: content}}}},
			Can:       chat.Can{Reply: true, Edit: true, Delete: true, React: true},
		}
		v.show(room(row(1000, bob, time.Now(), "before"), hostile, row(1001, bob, time.Now(), "after")))
		found := eval[[]string](v, `(() => {
			const found = [], m = document.getElementById("messages"), wide = document.documentElement;
			if (window.ran !== undefined) found.push("ran: " + window.ran);
			if (wide.scrollWidth > wide.clientWidth) found.push("the page is wider by " + (wide.scrollWidth - wide.clientWidth));
			if (m.scrollWidth > m.clientWidth) found.push("the list is wider by " + (m.scrollWidth - m.clientWidth));
			for (const a of document.querySelectorAll("main a[href]")) {
				if (!["http:", "https:", "mailto:"].includes(a.protocol)) found.push("a link to " + a.href);
				if (a.origin !== location.origin && a.rel !== "noopener noreferrer nofollow") found.push("a link with rel " + a.rel);
			}
			for (const e of document.querySelectorAll("#messages img, #messages [src], #messages [style*=url]")) found.push("fetches: " + e.outerHTML);
			if (![...document.querySelectorAll("article")].some(a => a.innerText.includes("after"))) found.push("what follows is not drawn");
			if (getComputedStyle(document.querySelector("article:last-of-type")).display === "none") found.push("hidden");
			if (document.documentElement.dataset.app !== "running") found.push("stopped");
			return found;
		})()`)
		assert.Empty(t, found, label)
	}
	v.requireNoTroubles()
}
