package ui

import (
	"slices"

	"directuschat/app/chat"
)

// tellMoments has the clock of a message that somebody attends to say the whole date and time. To ask the browser for
// the words of every row would be a good part of what a row costs.
func (a *Actions) tellMoments() {
	var told []node
	for _, id := range []chat.MessageID{a.hovered, a.focused} {
		row, ok := a.find(id)
		message := messageNode(id)
		if !ok || row.Time.IsZero() || !message.Truthy() {
			continue
		}
		clock := node{message.Call("querySelector", "time")}
		if moment := reader().moment(row.Time); clock.Get("title").String() != moment { // a tip that is shown stays
			clock.setAttr("title", moment)
		}
		told = append(told, clock)
	}
	for _, clock := range a.told {
		if !slices.ContainsFunc(told, func(n node) bool { return n.Equal(clock.Value) }) {
			clock.setAttr("title", "")
		}
	}
	a.told = told
}
