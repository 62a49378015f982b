package ui

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

func TestAuthorName(t *testing.T) {
	for want, row := range map[string]chat.Row{
		"Alice Example":  {Author: "1", Name: " Alice Example "},
		"Member 3f2a":    {Author: "3f2a7c10-77aa-4f11-9d0f-1a2b3c4d5e6f"},
		"Member 7":       {Author: "7", Name: "  "},
		"Member 8":       {Author: "8", Name: "\u200b\u202e"},
		"Unknown member": {},
	} {
		assert.Equal(t, want, authorName(row))
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Alice Example":         "AE",
		"bob":                   "B",
		"Ana María de la Cruz":  "AC",
		"  émile  ":             "É",
		"نور الهاشمي":           "نا",
		"<b>bold</b>":           "BB",
		"42 Towers":             "4T",
		"🎉 🎉":                   "?",
		"":                      "?",
		"\u202eevil \u2066name": "EN",
	} {
		assert.Equal(t, want, initials(name), name)
	}
}

func TestToneIsTheAuthors(t *testing.T) {
	assert.Equal(t, toneClass(chat.Row{Author: "1", Name: "Alice"}), toneClass(chat.Row{Author: "1", Name: "Alice Example"}), "a new name is the same author")
	assert.NotEqual(t, toneClass(chat.Row{Name: "Alice"}), toneClass(chat.Row{Name: "Bob"}), "without a key the name decides")
}

func TestTheStyleSheetHasEveryTone(t *testing.T) {
	css, err := os.ReadFile("../../web/css/app.css")
	require.NoError(t, err)
	for i := range tones {
		assert.Contains(t, string(css), fmt.Sprintf(".tone-%d {", i))
	}
	assert.NotContains(t, string(css), fmt.Sprintf(".tone-%d {", tones), "one that nobody gets")
}
