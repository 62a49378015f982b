package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// groupedWithin is how soon after an author's message the next one is drawn without repeating the name.
const groupedWithin = 5 * time.Minute

// justNow is how long ago a message was sent, at most, that its writer is waiting to see.
const justNow = 5 * time.Second

// MessageList is the scrolling list of the drawn window. It stays at the bottom while the reader is there, whatever makes
// it grow or shrink: a message, the composer, a phone's keyboard. Elsewhere the message being read stays where it is.
type MessageList struct {
	app.Compo

	Client  Client
	Icon    string // URL of the mark
	Phase   chat.Phase
	Reader  chat.UserID
	Room    *chat.RoomView // another one with every snapshot
	Waiting bool           // the newest page is on its way: an empty room shows placeholders
	Looking bool           // somebody does
	Today   int64          // numbers the reader's day: a new one redraws the day lines

	newest   chat.MessageID // of the row drawn last
	later    int            // as last drawn
	away     bool           // the reader is not at the newest message, and is not to be taken there
	settled  bool           // the newest message is where it is to be seen
	focused  bool           // something in it has the focus
	returned bool           // the newest messages have been asked for; the reader goes there with them
	asked    bool           // another window has been asked for, and is not drawn yet
	filling  chat.MessageID // behind the gap that was asked for last on the way up

	listeners listeners
	scroller  node
	selection app.Value // the page's
	top       float64   // where the scroller was last seen
	moved     float64   // how far the reader has scrolled since it was last seen whether more is needed
	anchor    anchor
	frame     frame
	picture   picture
	stick     stick
	collector collector

	attended chat.Attend    // as last told
	seen     chat.MessageID // as last told
	behind   bool           // the line above what is unread is further up than what is seen
	reached  chat.MessageID // the message before the line that the reader has been at

	opened    int            // the Open that the reader was last taken to
	lit       chat.MessageID // the message it led to, to be lit up when it is drawn; "" for none
	dismissed int            // the Open of which the reader does not want to hear any more that it failed
}

// OnInit lets the first rendering have rows to show.
func (l *MessageList) OnInit() {
	l.picture.find()
	l.choose()
}

func (l *MessageList) OnMount(ctx app.Context) {
	l.scroller = node{l.JSValue().Get("firstElementChild")}
	l.selection = app.Window().Call("getSelection")
	l.picture.keepIn(l.JSValue())
	l.takeOver()
	l.listeners.add(l.scroller, "focusin", func(app.Event) { l.focused = true })
	l.listeners.add(l.scroller, "focusout", func(app.Event) { l.focused = false })

	l.listeners = append(l.listeners, l.stick.begin(l.scroller, func() {
		l.measure()
		l.settle()
		l.cover(ctx)
		l.stickToEnd()
	}, func() { l.scrolled(ctx) }))
	l.listeners = append(l.listeners, l.collector.begin())
	ctx.Defer(l.drawn)
}

func (l *MessageList) OnDismount() { l.listeners.release() }

// OnUpdate runs before the drawing: what is in the browser is what the reader sees.
func (l *MessageList) OnUpdate(ctx app.Context) {
	if l.scroller.Value == nil {
		l.choose()
		return
	}
	if l.frame.ring.shown() || l.picture.shown() { // else nothing has been scrolled, and to ask costs a layout
		l.locate() // the event of a scrolling that has just begun is still to come
	}
	if l.stick.on && l.frame.ring.shown() {
		l.frame.learn(false)
	}
	if l.away || l.Room.Later > 0 {
		l.anchor = l.look().anchor()
	}
	l.notice()
	l.takeOver()
	if len(l.Room.Rows) == 0 { // who was reading has left
		l.away = false
	}
	l.follow()
	l.asked = l.asked && l.Room.Reading
	l.frame.focused = l.focused
	l.choose()
	ctx.Defer(l.drawn)
}

// notice looks at what has come: own messages take the reader to the newest. Where the window has been moved there are
// later messages than its last.
func (l *MessageList) notice() {
	if len(l.Room.Rows) == 0 {
		return
	}
	last := l.Room.Rows[len(l.Room.Rows)-1]
	came, moved := last.ID != l.newest, l.Room.Later > 0 || l.later > 0
	own := came && last.Mine && (!moved || last.Delivery != chat.Stored && time.Since(last.Time) < justNow)
	switch {
	case own, l.returned && l.Room.Later == 0:
		l.away, l.returned = false, false
	case moved:
		l.away = true
	}
	l.newest, l.later = last.ID, l.Room.Later
}

// takeOver keeps the reader where they are in the picture.
func (l *MessageList) takeOver() {
	if a, left := l.picture.anchor(); left && len(l.Room.Rows) > 0 {
		l.away, l.anchor = true, a
	}
}

// scrolled runs for every scroll event, but for those of the list's sticking to its end. So it redraws only when the reader
// leaves the bottom or comes back to it, or nears the end of what is drawn.
func (l *MessageList) scrolled(ctx app.Context) {
	was := l.away
	if l.stick.on {
		l.measure() // nobody has, with what has come meanwhile
	}
	l.locate()
	l.stickToEnd()
	if l.away {
		l.anchor = l.look().anchor()
	}
	l.reach()
	l.cover(ctx)
	l.attend()
	l.findLine(ctx)
	if l.away != was {
		ctx.Update()
	}
}

// reach asks for more a screen before the reader comes to the end of the window. The buttons there are for those who do
// not scroll, and for when it takes long.
func (l *MessageList) reach() {
	moved := l.moved
	l.moved = 0
	if moved < 0 {
		l.fillGap()
	}
	switch {
	case moved < 0 && l.top < l.frame.screen && l.Room.Earlier:
		l.showEarlier()
	case moved > 0 && l.scroller.Get("scrollHeight").Float()-l.top < 2*l.frame.screen && l.Room.Later > 0:
		l.showNewer()
	}
}

// jump goes to the newest message, as soon as it is there. The button that was pressed goes away, so the focus moves to
// the list.
func (l *MessageList) jump(app.Context, app.Event) {
	l.scroller.focus()
	if l.Room.Later > 0 {
		l.returned = true
		l.Client.Do(chat.ShowNewest{Room: l.Room.ID})
		return
	}
	l.away = false
	l.toBottom()
	l.attend()
}

func (l *MessageList) earlier(app.Context, app.Event) { l.showEarlier() }

func (l *MessageList) newer(app.Context, app.Event) { l.showNewer() }

// showEarlier asks once for each window: it moves by half of what is drawn, so twice would take away what is read.
func (l *MessageList) showEarlier() {
	if !l.asked && !l.Room.Reading {
		l.asked = true
		l.Client.Do(chat.ShowOlder{Room: l.Room.ID})
	}
}

func (l *MessageList) showNewer() {
	if !l.asked {
		l.asked = true
		l.Client.Do(chat.ShowNewer{Room: l.Room.ID})
	}
}

func (l *MessageList) Render() app.UI {
	if l.frame.due {
		l.locate()
		l.anchor = l.look().anchor()
		l.frame.focused = l.focused
		l.choose()
	}
	return app.Div().Class("stage").Body(
		l.messages(),
		l.pill(),
		l.unreadPill(),
		l.toast(),
		&Find{Client: l.Client, Room: l.Room.ID, Ready: l.Room.Loaded, View: l.search()},
	)
}

// The parts are functions of their own for the engine: it compiles what is drawn with every message once more, and a large
// function takes it far longer than several small ones.

func (l *MessageList) messages() app.UI {
	return app.Section().
		ID("messages").
		Aria("label", say(textMessages)).
		Aria("busy", l.Waiting).
		DataSet("count", l.Room.Count).
		DataSet("reader", string(l.Reader)).
		TabIndex(0).
		Body(app.Div().Class("timeline").Body(l.content()...))
}

func (l *MessageList) pill() app.UI {
	words, class := say(textNewest), "pill"
	if n := l.Room.Unread.Count; n > 0 {
		words, class = sayUnread(textNews, n), "pill news"
	}
	return app.Button().Class(class).Type("button").Hidden(!l.away).OnClick(l.jump).Text(words)
}

func (l *MessageList) unreadPill() app.UI {
	return app.Button().Class("unread-pill").Type("button").Hidden(!l.behind).OnClick(l.toUnread).Body(
		app.If(l.behind, func() app.UI { return app.Text(sayUnread(textUnread, l.Room.Unread.Since)) }),
	)
}

var noSearch chat.Search

func (l *MessageList) search() *chat.Search {
	if l.Room.Search.Text == "" {
		return &noSearch
	}
	return &l.Room.Search
}

// content has its parts always in the same places, so that go-app never takes one for another.
func (l *MessageList) content() []app.UI {
	switch {
	case len(l.Room.Rows) > 0:
		return []app.UI{
			app.Div().Class("more").Body(app.If(l.Room.Earlier, l.waysUp)),
			l.frame.ring.draw(),
			app.Div().Class("more").Body(app.If(l.Room.Later > 0, l.waysDown)),
		}
	case l.Waiting:
		return skeleton()
	case l.Room.Loaded:
		return nothing(l.Icon)
	default:
		return nil
	}
}

// skeleton stands where rows will.
func skeleton() []app.UI {
	return []app.UI{app.Div().Class("skeleton").Aria("hidden", true).Body(app.I(), app.I(), app.I(), app.I())}
}

// nothing is what an empty room says.
func nothing(icon string) []app.UI {
	return []app.UI{app.Div().Class("nothing").Body(
		mark(icon),
		app.H2().Text(say(textEmpty)),
		app.P().Text(say(textEmptyHint)),
	)}
}

// waysUp leads to the messages before the rows. A button is never disabled while it works: it would lose the focus.
func (l *MessageList) waysUp() app.UI {
	words := textEarlier
	if l.Room.Reading {
		words = textEarlierReading
	}
	return app.Button().Class("outlined").Type("button").DataSet("action", "earlier").
		Aria("busy", l.Room.Reading).OnClick(l.earlier).Text(say(words))
}

func (l *MessageList) waysDown() app.UI {
	words := sayCount(textLater, l.Room.Later)
	if l.Room.Torn {
		words = say(textNewer)
	}
	return app.Button().Class("outlined").Type("button").DataSet("action", "newer").OnClick(l.newer).Text(words)
}

// row is what is to be drawn of one of the window's rows.
func (l *MessageList) row(i int) *MessageRow {
	row := &l.Room.Rows[i]
	m := &MessageRow{Client: l.Client, Room: l.Room.ID, Row: row, First: true}
	switch {
	case i == 0 || reader().day(row.Time) != reader().day(l.Room.Rows[i-1].Time):
		if !row.Time.IsZero() {
			m.Day = reader().dayLabel(row.Time, time.Now())
		}
	default:
		m.First = row.Gap != chat.GapNone || !follows(&l.Room.Rows[i-1], row)
	}
	return m
}

// follows reports whether b continues what the author of a was saying.
func follows(a, b *chat.Row) bool {
	return a.Author == b.Author && a.Name == b.Name && b.Time.Sub(a.Time) < groupedWithin
}
