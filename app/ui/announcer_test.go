package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestAnnouncement(t *testing.T) {
	bob := chat.Row{Name: "Bob", Text: "Hello"}
	assert.Equal(t, "\u2068Bob\u2069: \u2068Hello\u2069", announcement(1, bob))
	assert.Equal(t, "5 new messages", announcement(5, bob))
	assert.Equal(t, "1 new message", announcement(1, chat.Row{}), "it is gone again")
	bob.Text = strings.Repeat("ä", 1000)
	assert.Equal(t, "\u2068Bob\u2069: \u2068"+strings.Repeat("ä", 300)+"…\u2069", announcement(1, bob))
}
