package directus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Ensure that whatever is told is delivered, once and in its order, and that only changes of one kind become one.
func TestGatherer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var delivered []Event
		g := gatherer{deliver: func(e Event) { delivered = append(delivered, e) }}
		var told, got []string
		n := 0
		for range rapid.IntRange(1, 50).Draw(t, "frames") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				g.tell(Gap{Generation: 1})
				told = append(told, "gap")
			case 1:
				g.flush()
			case 2:
				g.changed(Changed{Generation: 1, UID: "messages", Kind: Delete, Data: fmt.Appendf(nil, `["%d"]`, n)})
				told = append(told, fmt.Sprintf(`delete "%d"`, n))
				n++
			default:
				c := Changed{
					Generation: 1,
					UID:        rapid.SampledFrom([]string{"messages", "people"}).Draw(t, "uid"),
					Kind:       rapid.SampledFrom([]Kind{Create, Update}).Draw(t, "kind"),
				}
				var rows []string
				for range rapid.IntRange(0, 2).Draw(t, "rows") {
					row := fmt.Sprintf(`{"id":"%d"}`, n)
					rows = append(rows, row)
					told = append(told, fmt.Sprint(c.UID, " ", c.Kind, " ", row))
					n++
				}
				frame := []byte("[" + strings.Join(rows, ",") + "],\"uid\":\"the next frame\"")
				end := slices.Index(frame, ']') + 1
				c.Data = frame[:end]
				before := string(frame)
				defer func() { assert.Equal(t, before, string(frame), "what is not ours") }()
				g.changed(c)
			}
		}
		g.flush()
		for _, e := range delivered {
			c, ok := e.(Changed)
			if !ok {
				got = append(got, "gap")
				continue
			}
			var rows []json.RawMessage
			require.NoError(t, json.Unmarshal(c.Data, &rows))
			for _, row := range rows {
				switch c.Kind {
				case Delete:
					got = append(got, "delete "+string(row))
				default:
					got = append(got, fmt.Sprint(c.UID, " ", c.Kind, " ", string(row)))
				}
			}
		}
		assert.Equal(t, told, got)
	})
}

// Ensure that many frames are one change, but none that is too long, and that what is no array of rows stays as it is.
func TestGathererGathers(t *testing.T) {
	var delivered []Changed
	g := gatherer{deliver: func(e Event) { delivered = append(delivered, e.(Changed)) }}
	change := func(data string) {
		g.changed(Changed{Generation: 1, UID: "messages", Kind: Create, Data: []byte(data)})
	}
	for range 100 {
		change(`[{"id":1}]`)
	}
	g.flush()
	require.Len(t, delivered, 1)
	assert.Equal(t, 100, strings.Count(string(delivered[0].Data), "id"))

	delivered = nil
	long := `[{"id":"` + strings.Repeat("a", mostTogether/2) + `"}]`
	for range 3 {
		change(long)
	}
	g.flush()
	assert.Len(t, delivered, 3)

	delivered = nil
	for _, data := range []string{"", "[]", "null", "{}", `[{"id":1}]`} {
		change(data)
	}
	g.flush()
	assert.Len(t, delivered, 5)
}
