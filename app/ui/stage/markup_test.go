//go:build !js

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestMarkup(t *testing.T) {
	tests := []struct{ text, html string }{
		{"plain\nand simple", "<p>plain\nand simple</p>"},
		{"**a** _b_ ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"},
		{"one\n\ntwo", "<p>one</p><p>two</p>"},
		{"> said\n- a\n- b\n\n3. c", `<blockquote><p>said</p></blockquote><ul><li><p>a</p></li><li><p>b</p></li></ul><ol start="3"><li><p>c</p></li></ol>`},
		{"```go\na  <b>\n```", "<pre><code>a  &lt;b&gt;</code></pre>"},
		{"https://example.com/?a=1&b", `<p><a href="https://example.com/?a=1&amp;b">https://example.com/?a=1&amp;b</a></p>`},
		{"http://аpple.com/аpple.com", `<p><a href="http://аpple.com/аpple.com">http://xn--pple-43d.com/аpple.com</a></p>`},
		{"https://müller.example:8080?ü", `<p><a href="https://müller.example:8080?ü">https://xn--mller-kva.example:8080?ü</a></p>`},
		{"https://example.com@evil.example/", `<p><a href="https://example.com@evil.example/">https://evil.example/</a></p>`},
		{"https://%D0%B0pple.com https://%E2%80%AE.example", `<p><a href="https://%D0%B0pple.com">https://xn--pple-43d.com</a> https://%E2%80%AE.example</p>`},
		{`<img src=x onerror="window.ran = 1">**<script>ran = 1</script>**`, `<p>&lt;img src=x onerror="window.ran = 1"&gt;<strong>&lt;script&gt;ran = 1&lt;/script&gt;</strong></p>`},
		{"javascript:alert(1) data:text/html,x", "<p>javascript:alert(1) data:text/html,x</p>"},
		{"👩‍👩‍👧 🇩🇪👍🏽", "emoji <p>👩‍👩‍👧 🇩🇪👍🏽</p>"},
		{"👍 ok", "<p>👍 ok</p>"},
		{"12#", "<p>12#</p>"},
	}
	var rows []chat.Row
	for i, test := range tests {
		rows = append(rows, row(i+1, bob, time.Now(), test.text))
	}
	v := newVisitor(t)
	v.open("/")
	v.show(room(rows...))
	drawn := eval[[]string](v, `[...document.querySelectorAll("[data-part=text]")].map(t => {
		const copy = t.cloneNode(true);
		for (const node of copy.querySelectorAll("*")) for (const name of ["dir", "tabindex", "target", "rel"]) node.removeAttribute(name);
		return (t.className ? t.className + " " : "") + copy.innerHTML;
	})`)
	for i, test := range tests {
		assert.Equal(t, test.html, drawn[i], test.text)
	}
	assert.Equal(t, `_blank noopener noreferrer nofollow auto`, eval[string](v, `(a => [a.target, a.rel, a.dir].join(" "))(document.querySelector("article a"))`))
	assert.True(t, eval[bool](v, `window.ran === undefined`))
	assert.Greater(t, eval[float64](v, `parseFloat(getComputedStyle(document.querySelector(".emoji")).fontSize)`), 30.0)
	v.requireNoTroubles()
}
