package directus

import (
	"syscall/js"
	"testing"
	"time"
)

// parse decodes a text many times and reads what the program reads; the loop is in JavaScript, so that the way there
// is not measured. It returns milliseconds.
const parse = `(text, times) => {
	let sum = 0;
	const begin = performance.now();
	for (let i = 0; i < times; i++) {
		for (const row of JSON.parse(text).data) {
			sum += row.id.length + row.content.length + row.user_created.length + row.date_created.length;
			if (row.date_updated !== null) sum++;
			if (row.deleted_at !== null) sum++;
			if (row.reply_to !== null) sum++;
		}
	}
	const took = performance.now() - begin;
	if (sum === 0) throw new Error("nothing was read");
	return took;
}`

// compare reports how many times as long as JSON.parse a decoder takes: in turns of some milliseconds, and the best turn
// of each, because other programs take their time of the machine too.
func compare(b *testing.B, text []byte, decode func()) {
	f := js.Global().Call("eval", parse)
	bytes := string(text)
	times := 1 + (32<<10)/len(text)
	var theirs, ours float64 // nanoseconds for one text
	for range 300 {
		took := f.Invoke(bytes, times).Float() * 1e6 / float64(times)
		if theirs == 0 || took < theirs {
			theirs = took
		}
		begin := time.Now()
		for range times {
			decode()
		}
		took = float64(time.Since(begin).Nanoseconds()) / float64(times)
		if ours == 0 || took < ours {
			ours = took
		}
	}
	b.ReportMetric(ours, "ns/decode")
	b.ReportMetric(theirs, "ns/JSON.parse")
	b.ReportMetric(ours/theirs, "x-JSON.parse")
}
