package ui

import (
	"slices"

	"directuschat/app/chat"
)

// commonEmoji are those at hand while none was given on this device.
var commonEmoji = []string{"👍", "❤️", "😂", "🎉", "😮", "🙏"}

// quickOf are the emoji that are one press away.
func quickOf(p chat.Preferences) []string {
	if slices.Contains(p.Emoji[:], "") {
		return commonEmoji
	}
	return p.Emoji[:]
}

// remember puts an emoji that was picked before the others. What is pressed in the toolbar stays where it is: the next
// press at the same place takes it back.
func (a *Actions) remember(emoji string) {
	wanted := a.Client.Snapshot().Preferences
	quick := []string{emoji}
	for _, other := range quickOf(wanted) {
		if other != emoji {
			quick = append(quick, other)
		}
	}
	copy(wanted.Emoji[:], quick)
	a.Client.Do(chat.Prefer{Preferences: wanted})
}
