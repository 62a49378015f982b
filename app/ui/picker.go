package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// columns of the picker's grid; the style sheet has as many.
const columns = 8

// picker shows one group of emoji at a time, or what was found: all of them would be thousands of nodes.
func (a *Actions) picker() app.UI {
	return app.Div().Class("sheet").TabIndex(-1).Body(
		app.Input().Type("search").ID("emoji-search").DataSet("first", true).
			Aria("label", say(textSearchEmoji)).Placeholder(say(textSearchEmoji)).AutoComplete(false).OnInput(a.searchEmoji),
		app.If(a.open.search == "" && len(a.emoji.groups) > 0, a.groups),
		a.grid(),
	)
}

func (a *Actions) groups() app.UI {
	buttons := make([]app.UI, len(a.emoji.groups))
	for i, g := range a.emoji.groups {
		name := sayAny(emojiText(g.key), g.key)
		buttons[i] = app.Button().Type("button").DataSet("group", i).Title(name).Aria("label", name).
			Aria("pressed", i == a.open.group).OnClick(a.showGroup).Text(g.emoji[0].char)
	}
	return app.Div().Class("groups").Role("group").Aria("label", say(textEmojiGroups)).Body(buttons...)
}

func (a *Actions) grid() app.UI {
	shown := a.emoji.find(a.open.search)
	if a.open.search == "" && len(a.emoji.groups) > 0 {
		shown = a.emoji.groups[a.open.group].emoji
	}
	words := ""
	switch {
	case a.emoji.failed:
		words = say(textEmojiFailed)
	case len(a.emoji.groups) == 0:
		words = say(textEmojiLoading)
	case len(shown) == 0:
		words = say(textEmojiNone)
	}
	return app.Div().Class("found").Body(
		app.P().Role("status").Class("hint").Text(words),
		app.Div().Class("grid").Role("group").Aria("label", say(textEmoji)).OnClick(a.give).Body(choices(shown)...),
	)
}

// choices are one stop of the Tab key; the arrows go on from there.
func choices(shown []emoji) []app.UI {
	buttons, stop := make([]app.UI, len(shown)), 0
	for i, e := range shown {
		buttons[i] = app.Button().Type("button").TabIndex(stop).DataSet("emoji", e.char).Title(e.name).Aria("label", e.name).Text(e.char)
		stop = inRow
	}
	return buttons
}

func (a *Actions) searchEmoji(ctx app.Context, _ app.Event) {
	a.open.search = ctx.JSSrc().Get("value").String()
}

func (a *Actions) showGroup(ctx app.Context, _ app.Event) {
	for i := range a.emoji.groups {
		if ctx.JSSrc().Get("dataset").Get("group").String() == app.FormatString("%d", i) {
			a.open.group = i
		}
	}
	a.ctx.Defer(func(app.Context) { a.dialogNode().Call("querySelector", ".found").Set("scrollTop", 0) })
}

// pickerKey goes from the search into the grid, through it and back; Enter in the search takes the first that was found.
func (a *Actions) pickerKey(e app.Event) {
	d := a.dialogNode()
	grid := node{d.Call("querySelector", ".grid")}
	target, key := e.Get("target"), e.Get("key").String()
	inSearch := target.Get("id").String() == "emoji-search"
	first := grid.Get("firstElementChild")
	switch {
	case e.Get("isComposing").Bool():
	case inSearch && key == "Enter" && a.open.search != "" && first.Truthy():
		e.PreventDefault()
		first.Call("click")
	case inSearch && key == "ArrowDown":
		focusOn(e, first)
	case key == "ArrowUp" && indexOf(grid.Call("querySelectorAll", "button"), node{target}) < columns && grid.Call("contains", target).Bool():
		focusOn(e, d.Call("querySelector", "#emoji-search"))
	case grid.Call("contains", target).Bool():
		stepThrough(e, grid, "button", columns)
	case !inSearch:
		stepThrough(e, node{d.Call("querySelector", ".groups")}, "button", 1)
	}
}
