package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("word ", 100)
	tests := map[string]struct{ text, sought, before, match, after string }{
		"all of it":    {"hello", "HELLO", "", "hello", ""},
		"in between":   {"Say Hello\nto all", "hello  to", "Say ", "Hello to", " all"},
		"other case":   {"Größe ÄRGER", "ärger", "Größe ", "ÄRGER", ""},
		"not there":    {"café", "cafe", "", "", "café"},
		"at the end":   {long + "here", "here", "…" + strings.Repeat("word ", 8), "here", ""},
		"in the front": {"here " + long, "here", "", "here", " " + strings.Repeat("word ", 31) + "word…"},
		"emoji":        {strings.Repeat("🎉", 60) + "x", "x", "…" + strings.Repeat("🎉", 10), "x", ""},
		"hostile":      {"<b>\u202e x", "<B>", "", "<b>", "\u202e x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before, match, after := excerpt(test.text, test.sought)
			assert.Equal(t, []string{test.before, test.match, test.after}, []string{before, match, after})
		})
	}
}
