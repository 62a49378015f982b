//go:build !js

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"directuschat/app/npm"
)

// A contender is a page with a list.
type contender struct {
	name, path string
}

var contenders = []contender{{"chat", "/"}, {"Preact", "/preact.html"}}

// BenchmarkList prints what the list costs beside a windowed list in Preact: the same messages, markup, style and
// browser. Times are CPU time of the page's thread, less that of a look at the page when nothing has happened, and of
// programs that have run for a while.
func BenchmarkList(b *testing.B) {
	require.NoError(b, start())
	require.NoError(b, stagePreact())
	for range b.N {
		for _, held := range []int{100, 1_000, 20_000} {
			fmt.Printf("\n%d messages held%19s%12s%12s\n", held, "chat", "Preact", "ratio")
			var results [][]result
			for _, c := range contenders {
				results = append(results, c.measure(b, held))
			}
			for i, ours := range results[0] {
				theirs := results[1][i]
				ratio := fmt.Sprintf("%12.2f", ours.value/theirs.value)
				if theirs.value == 0 {
					ratio = ""
				}
				fmt.Printf("%-24s%12.2f%12.2f%s\n", ours.what, ours.value, theirs.value, ratio)
			}
		}
		fmt.Printf("\nfrom the newest of 20000 to the oldest, a screen every three frames%8s%12s\n", "chat", "Preact")
		ours, theirs := contenders[0].scroll(b, 20_000), contenders[1].scroll(b, 20_000)
		for i := range ours {
			fmt.Printf("%-60s%15.2f%12.2f\n", ours[i].what, ours[i].value, theirs[i].value)
		}
	}
}

// stagePreact puts the other list on a page that is like ours.
func stagePreact() error {
	library, err := npm.Read("preact", "preact/dist/preact.mjs")
	if err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join("preact", "list.js"))
	if err != nil {
		return err
	}
	page := regexp.MustCompile(`<script[^>]*></script>`).ReplaceAllString(string(stage.site.Localized["en"].Page), "")
	page = strings.Replace(page, "</body>", `<script type="module" src="preact.js"></script></body>`, 1)
	page = strings.Replace(page, "<html ", `<html data-screen="room" `, 1)
	stage.files["/preact.html"] = []byte(page)
	stage.files["/preact.js"] = list
	stage.files["/preact.mjs"] = []byte(library)
	return nil
}

// A result is one line of the table.
type result struct {
	what  string
	value float64
}

// tellMemory has a page tell the program's memory as window.memory.
const tellMemory = `(instantiate => { WebAssembly.instantiateStreaming = async (...all) => {
	const program = await instantiate.apply(WebAssembly, all);
	window.memory = program.instance.exports.mem;
	return program;
} })(WebAssembly.instantiateStreaming)`

// open shows a page that holds a number of messages.
func (c contender) open(b *testing.B, held int, ends bool) *visitor {
	v := newVisitor(b)
	v.first(tellMemory)
	v.view(1180, 820, nil)
	v.open(c.path)
	_, err := call(v, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	require.NoError(b, err)
	eval[any](v, fmt.Sprintf(`void converse(%d, %t)`, held, ends))
	v.await(`document.querySelector("article")`)
	v.frames(30)
	return v
}

const repeats = 21

func (c contender) measure(b *testing.B, held int) []result {
	v := c.open(b, held, false)
	var results []result
	for range repeats { // the engine compiles what runs often once more, and better
		eval[any](v, `void (happen("append"), happen("update"))`)
		v.frames(4)
	}
	nothing := v.cost("nothing", func() {})
	add := func(what string, prepare func()) {
		cost := v.cost(what, prepare)
		results = append(results,
			result{what + ", script (ms)", cost.script - nothing.script},
			result{what + ", all (ms)", cost.all - nothing.all})
	}
	add("append", func() {})
	add("update", func() {})
	_, err := call(v, heapprofiler.CollectGarbage, cdp.Empty{})
	require.NoError(b, err)
	memory := []result{
		{"program memory (MB)", eval[float64](v, `(window.memory?.buffer.byteLength ?? 0) / 1e6`)},
		{"JavaScript memory (MB)", v.metrics()["JSHeapUsedSize"] / 1e6},
	}
	add("prepend", func() {
		eval[any](v, `void oldest()`)
		v.frames(10)
		eval[any](v, `void (`+list+`.scrollTop = 0)`)
		v.frames(20)
	})
	nodes := eval[float64](v, `(w => { let n = 1; while (w.nextNode()) n++; return n })(document.createTreeWalker(`+list+`))`)
	return append(append(results, result{"nodes of the list", nodes}), memory...)
}

// A cost is CPU time in milliseconds: of scripts, without the styles and layouts that they ask for, and of everything.
type cost struct{ script, all float64 }

// cost is what it costs when something happens, in the middle of many times.
func (v *visitor) cost(what string, prepare func()) cost {
	var script, all []float64
	for range repeats {
		prepare()
		before := v.metrics()
		eval[any](v, `void setTimeout(happen, 0, `+quote(what)+`)`)
		v.frames(6)
		after := v.metrics()
		spent := func(on string) float64 { return 1000 * (after[on] - before[on]) }
		script = append(script, spent("ScriptDuration"))
		all = append(all, spent("TaskDuration"))
	}
	slices.Sort(script)
	slices.Sort(all)
	return cost{script[repeats/2], all[repeats/2]}
}

// scroll goes through all that is held, and counts the frames that came late, and those in which some of the view was empty.
func (c contender) scroll(b *testing.B, held int) []result {
	v := c.open(b, held, true)
	before := v.metrics()
	counts := v.scrollToOldest(true)
	after := v.metrics()
	return []result{
		{"frames", counts[0]},
		{"frames dropped", counts[1]},
		{"dropped, of 100", 100 * counts[1] / (counts[0] + counts[1])},
		{"frames with an empty place", counts[2]},
		{"CPU time of a frame (ms)", 1000 * (after["TaskDuration"] - before["TaskDuration"]) / counts[0]},
	}
}

// scrollToOldest goes up a third of a screen in each frame, to the oldest message. It returns how many frames there were, how
// many were dropped, and, where it is to look at them, how many had an empty place.
func (v *visitor) scrollToOldest(look bool) []float64 {
	v.tb.Helper()
	return eval[[]float64](v, `(async (list, look) => {
		const step = list.clientHeight / 3;
		const isOldest = () => list.scrollTop === 0 && document.querySelector("article [data-part=text]").textContent.startsWith("0 ");
		let frames = 0, late = 0, empty = 0, last = await new Promise(requestAnimationFrame);
		while (!isOldest()) {
			list.scrollTop -= step;
			const now = await new Promise(requestAnimationFrame);
			frames++;
			late += Math.max(0, Math.round((now - last) / (1000 / 60)) - 1);
			last = now;
			const { left, right, top, bottom } = list.getBoundingClientRect();
			empty += look && [top + 60, (top + bottom) / 2, bottom - 60].some(y => !document.elementFromPoint((left + right) / 2, y)?.closest(".entry, .more"));
		}
		return [frames, late, empty];
	})(`+list+fmt.Sprintf(", %t)", look))
}

func (v *visitor) metrics() map[string]float64 {
	v.tb.Helper()
	answer, err := call(v, performance.GetMetrics, cdp.Empty{})
	require.NoError(v.tb, err)
	metrics := map[string]float64{}
	for _, m := range answer.Metrics {
		metrics[m.Name] = m.Value
	}
	return metrics
}

// call calls a command of the browser's.
func call[P, R any](v *visitor, command cdp.Command[P, R], params P) (R, error) {
	return chromedp.Run(v.ctx, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, command, params) })
}
