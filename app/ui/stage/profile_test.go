//go:build !js

package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/profiler"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// profiles is where BenchmarkProfile writes, "" for nowhere. With it the program is linked with the names of its functions.
var profiles = flag.String("profile", "", "write CPU profiles of the page's thread into this folder")

// BenchmarkProfile writes CPU profiles that DevTools can show, and prints the functions in which the time was spent.
func BenchmarkProfile(b *testing.B) {
	if *profiles == "" {
		b.Skip("it needs a folder: make profile names one")
	}
	require.NoError(b, start())
	for range b.N {
		v := newVisitor(b)
		v.open("/")
		v.profile("start", func() {
			v.do(chromedp.Reload())
			v.await(`document.documentElement.dataset.app === "running"`)
		})
		v = contenders[0].open(b, 1_000, false)
		v.profile("burst", func() { // each message in a task of its own, as from a socket
			eval[any](v, `(async () => {
				const { port1, port2 } = new MessageChannel();
				for (let n = 0; n < 2000; n++) {
					await new Promise(task => { port1.onmessage = task; port2.postMessage(null) });
					happen("append");
				}
			})()`)
			v.frames(10)
		})
		v = contenders[0].open(b, 1_000, false)
		v.profile("append", func() { // one now and then, as people write
			for range 200 {
				eval[any](v, `void setTimeout(happen, 0, "append")`)
				v.frames(6)
			}
		})
		v = contenders[0].open(b, 5_000, true)
		v.profile("scroll", func() { v.scrollToOldest(false) })
	}
}

// interval is how often the browser looks at what the page's thread is doing, in microseconds.
const interval = 200

// profile has it look.
func (v *visitor) profile(name string, do func()) {
	v.tb.Helper()
	must := func(err error) { v.tb.Helper(); require.NoError(v.tb, err) }
	_, err := call(v, profiler.Enable, cdp.Empty{})
	must(err)
	_, err = call(v, profiler.SetSamplingInterval, profiler.SetSamplingIntervalParams{Interval: interval})
	must(err)
	_, err = call(v, profiler.Start, cdp.Empty{})
	must(err)
	do()
	stopped, err := call(v, profiler.Stop, cdp.Empty{})
	must(err)
	text, err := json.Marshal(stopped.Profile)
	must(err)
	file := filepath.Join(*profiles, name+".cpuprofile")
	must(os.WriteFile(file, text, 0o644))
	fmt.Printf("\n%s\n", file)
	printSelfTimes(stopped.Profile)
}

// printSelfTimes prints where the time of a profile was spent, but for that in which there was nothing to do. What it calls
// "(program)" is the browser's own work: to parse, to compile, to lay out, to paint.
func printSelfTimes(p *profiler.Profile) {
	const top = 25
	names := map[int64]string{}
	for _, node := range p.Nodes {
		f := node.CallFrame
		names[node.ID] = cmp.Or(f.FunctionName, "(anonymous)")
		if file := path.Base(f.URL); path.Ext(file) == ".js" {
			names[node.ID] += " in " + file
		}
	}
	spent, total := map[string]int64{}, int64(0)
	for i, id := range p.Samples[:len(p.Samples)-1] { // a sample lasts until the next one, unless the thread had to wait for others
		if name, lasts := names[id], min(p.TimeDeltas[i+1], 2*interval); name != "(idle)" {
			spent[name] += lasts
			total += lasts
		}
	}
	functions := slices.SortedFunc(maps.Keys(spent), func(a, b string) int {
		return cmp.Or(cmp.Compare(spent[b], spent[a]), cmp.Compare(a, b))
	})
	fmt.Printf("%9.1f ms in %d functions\n", float64(total)/1000, len(functions))
	for _, name := range functions[:min(top, len(functions))] {
		fmt.Printf("%9.1f ms %5.1f %%  %s\n", float64(spent[name])/1000, 100*float64(spent[name])/float64(total), name)
	}
}
