package ui

import (
	"slices"

	"directuschat/app/chat"
)

// fillGap reads what is missing above, a screen before the reader comes to it on the way up, as older pages are read at
// the beginning of the window. It asks once for the row behind a gap: its button is for when that comes to nothing.
func (l *MessageList) fillGap() {
	view := l.look()
	for i, s := range slices.Backward(view.slots) {
		row := s.shown.Row
		if row.Gap != chat.GapKnown {
			continue
		}
		if top := view.top(i); top > l.frame.screen { // the reader has passed it
			continue
		} else if top > -l.frame.screen && row.ID != l.filling {
			l.filling = row.ID
			l.Client.Do(chat.FillGap{Room: l.Room.ID, Before: row.ID})
		}
		return
	}
}
