//go:build !js

package main

import (
	"sync"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"directuschat/app/npm"
)

// axe is the source of axe-core, which looks for what keeps people from using a page.
var axe = sync.OnceValues(func() (string, error) { return npm.Read("axe", "axe-core/axe.min.js") })

// barriers are what axe-core finds to complain about in what is shown. Of blocks of code it does not see that the keyboard
// gets to them by way of their message: TestTab sees that.
func (v *visitor) barriers() []string {
	v.tb.Helper()
	source, err := axe()
	require.NoError(v.tb, err)
	if !eval[bool](v, `Boolean(window.axe)`) {
		v.do(chromedp.Evaluate[chromedp.Void](source)) // as a debugger does: the page's policy forbids it to anybody else
	}
	return eval[[]string](v, `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], elementRef: true })
		.then(r => r.violations.flatMap(v => v.nodes
			.filter(n => !(v.id === "scrollable-region-focusable" && n.element?.matches("article pre")))
			.map(n => [v.id, n.target, n.failureSummary].join(" | "))))`)
}
