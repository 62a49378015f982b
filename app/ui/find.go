package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Find searches the room: a box above the list, and below it what was found. Ctrl+F opens it; pressed in the box it is
// the browser's own search again, which finds what is drawn.
//
// Tests find it as #find, its results as #found li, the active one by aria-selected.
type Find struct {
	app.Compo

	Client Client
	Room   chat.RoomID
	Ready  bool         // there is a room to search
	View   *chat.Search // the same while nothing is searched for, and so nothing to compare

	open   bool
	active int       // of what was found
	typed  uint64    // counts, so that nothing is asked for while somebody types
	before app.Value // what had the focus

	listeners listeners
}

// findAction opens the search; the header has a button for it.
const findAction = "find"

// typingTime is how long nothing must be typed before it is searched for.
const typingTime = 300 * time.Millisecond

func (f *Find) OnMount(ctx app.Context) {
	ctx.Handle(findAction, func(ctx app.Context, _ app.Action) { f.show(ctx) })
	f.listeners.add(app.Window(), "keydown", func(e app.Event) {
		ours := e.Get("key").String() == "f" && (e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()) &&
			!e.Get("shiftKey").Bool() && !e.Get("altKey").Bool()
		if ours && f.Ready && !inDialog() && !(f.open && f.box().Equal(activeElement())) {
			e.PreventDefault()
			ctx.Dispatch(f.show)
		}
	})
}

func (f *Find) OnDismount() { f.listeners.release() }

func (f *Find) OnUpdate(app.Context) {
	if !f.Ready {
		f.open = false
	}
	f.active = min(f.active, max(0, len(f.View.Found)-1))
}

func inDialog() bool { return activeElement().Call("closest", "dialog").Truthy() }

func (f *Find) box() node { return nodeByID("find-text") }

func (f *Find) show(ctx app.Context) {
	if !f.Ready {
		return
	}
	if !f.open {
		f.open, f.before = true, activeElement()
	}
	ctx.Defer(func(app.Context) { // when it is drawn
		f.box().focus()
		f.box().Call("select")
	})
}

// close ends the search and gives the focus back to where it was.
func (f *Find) close(app.Context, app.Event) {
	f.open, f.active = false, 0
	f.typed++
	f.Client.Do(chat.Find{Room: f.Room})
	if f.before != nil && f.before.Get("isConnected").Bool() {
		node{f.before}.focus()
	}
}

func (f *Find) typing(ctx app.Context, _ app.Event) {
	f.typed++
	typed := f.typed
	ctx.After(typingTime, func(app.Context) {
		if typed == f.typed {
			f.ask()
		}
	})
}

func (f *Find) ask() {
	f.typed++
	if text := f.box().value(); strings.TrimSpace(text) != f.View.Text {
		f.active = 0
		f.Client.Do(chat.Find{Room: f.Room, Text: text})
	}
}

func (f *Find) pressed(ctx app.Context, e app.Event) {
	step := 0
	switch key := e.Get("key").String(); {
	case e.Get("isComposing").Bool():
		return
	case key == "Escape":
		f.close(ctx, e)
	case key == "Enter" && strings.TrimSpace(f.box().value()) != f.View.Text:
		f.ask()
	case key == "Enter" && len(f.View.Found) > 0:
		f.jump(f.active)
	case key == "ArrowDown":
		step = 1
	case key == "ArrowUp":
		step = -1
	default:
		return
	}
	e.PreventDefault()
	e.Call("stopPropagation")
	if step == 0 || len(f.View.Found) == 0 {
		return
	}
	if f.active+step == len(f.View.Found) && f.View.More {
		f.more(ctx, e)
	}
	f.active = max(0, min(f.active+step, len(f.View.Found)-1))
	ctx.Defer(func(app.Context) {
		if item := nodeByID(foundID(f.active)); item.Truthy() {
			item.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}

// jump opens what was found. Where the box covers the list it goes.
func (f *Find) jump(i int) {
	f.active = i
	f.Client.Do(chat.Open{Room: f.Room, Message: f.View.Found[i].ID})
	if app.Window().Call("matchMedia", "(max-width: 40rem)").Get("matches").Bool() {
		f.before = nodeByID("messages")
		f.close(app.Context{}, app.Event{})
	}
}

// chosen hears of a press on the list of results.
func (f *Find) chosen(_ app.Context, e app.Event) {
	item := e.Get("target").Call("closest", "li")
	if !item.Truthy() {
		return
	}
	id := chat.MessageID(item.Get("dataset").Get("found").String())
	if i := slices.IndexFunc(f.View.Found, func(r chat.Row) bool { return r.ID == id }); i >= 0 {
		f.jump(i)
	}
}

// holdFocus keeps the focus in the box, whose keys go on working.
func (f *Find) holdFocus(_ app.Context, e app.Event) { e.PreventDefault() }

func (f *Find) more(app.Context, app.Event) { f.Client.Do(chat.FindMore{Room: f.Room}) }

func (f *Find) Render() app.UI {
	return app.Div().Class("finding").Body(app.If(f.open, f.draw))
}

func (f *Find) draw() app.UI {
	active := ""
	if len(f.View.Found) > 0 {
		active = foundID(f.active)
	}
	return app.Section().ID("find").Class("find").Aria("label", say(textFind)).OnKeyDown(f.pressed).Body(
		app.Div().Class("joined").Body(
			app.Input().ID("find-text").Type("search").AutoComplete(false).MaxLength(200).Spellcheck(false).
				Role("combobox").Aria("expanded", len(f.View.Found) > 0).Aria("controls", "found").
				Aria("activedescendant", active).Aria("label", say(textFindHint)).
				Placeholder(say(textFindHint)).OnInput(f.typing),
			app.Button().Class("quiet").Type("button").DataSet("action", "close").OnClick(f.close).Text(say(textClose)),
		),
		app.P().Class("hint").Role("status").Text(f.said()),
		app.Ul().ID("found").Role("listbox").Aria("label", say(textFound)).OnMouseDown(f.holdFocus).OnClick(f.chosen).Body(f.results()...),
		app.If(f.View.More || f.View.Problem != (chat.Problem{}), func() app.UI {
			label := textFindMore
			if f.View.Problem != (chat.Problem{}) {
				label = textRetry
			}
			return app.Button().Class("outlined").Type("button").DataSet("action", "more").OnClick(f.more).Text(say(label))
		}),
	)
}

// said is how the search stands.
func (f *Find) said() string {
	switch n := len(f.View.Found); {
	case f.View.Text == "":
		return ""
	case f.View.Problem != (chat.Problem{}):
		return sentence(f.View.Problem)
	case f.View.Running && n == 0:
		return say(textFinding)
	case n == 0 && !f.View.More:
		return say(textFoundNothing)
	case f.View.More:
		return say(textFoundSome, reader().number(n))
	default:
		return sayCount(textFoundAll, n)
	}
}

func foundID(i int) string { return "found-" + strconv.Itoa(i) }

func (f *Find) results() []app.UI {
	now := time.Now()
	items := make([]app.UI, len(f.View.Found))
	for i, row := range f.View.Found {
		before, match, after := excerpt(row.Text, f.View.Text)
		items[i] = app.Li().ID(foundID(i)).Role("option").Aria("selected", i == f.active).DataSet("found", string(row.ID)).Body(
			app.Div().Class("byline").Body(
				app.Bdi().DataSet("part", "author").Dir("auto").Text(authorName(row)),
				app.Time().DateTime(row.Time.UTC().Format(time.RFC3339Nano)).Title(reader().moment(row.Time)).Text(reader().when(row.Time, now)),
			),
			app.P().Dir("auto").Body(app.Text(before), app.Mark().Text(match), app.Text(after)),
		)
	}
	return items
}

// excerpt cuts out of a text what stands around the first place where another one is, in whatever case. Where a database
// has found it by other rules, such as é for e, nothing is marked.
func excerpt(text, sought string) (before, match, after string) {
	const ahead, behind = 40, 160 // bytes, about
	text = strings.Join(strings.Fields(text), " ")
	start, end := indexFold(text, strings.Join(strings.Fields(sought), " "))
	before, match, after = text[:start], text[start:end], text[end:]
	if cut := len(before) - ahead; cut > 0 {
		for cut < len(before) && !utf8.RuneStart(before[cut]) {
			cut++
		}
		before = "…" + before[cut:]
	}
	if cut := behind; cut < len(after) {
		for !utf8.RuneStart(after[cut]) {
			cut--
		}
		after = after[:cut] + "…"
	}
	return before, match, after
}

// indexFold finds a text in another, whatever the case of both; an empty place at the beginning if it is not there.
func indexFold(text, sought string) (start, end int) {
	n := utf8.RuneCountInString(sought)
	for start := range text {
		end := start
		for i := 0; i < n && end < len(text); i++ {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
		}
		if strings.EqualFold(text[start:end], sought) {
			return start, end
		}
	}
	return 0, 0
}
