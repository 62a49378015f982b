package chat_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"directuschat/app/chat"
)

// A world is a server's table, a browser's storage, the tabs of one user in it, and everything that is on its way
// between them: what arrives, when and in which order, is up to a script.
type world struct {
	t       *rapid.T
	project chat.Project
	numbers bool // keys are the server's, and those of ours are told beside them if the project takes any

	// The server.
	now    time.Time
	table  map[chat.MessageID]chat.Message
	order  []chat.Message // the table in its order; nil when it has to be sorted
	ticks  time.Duration  // how fine the database's dates are
	serial int            // makes keys, and texts that differ
	late   []lateItem     // what is carried out after its sender has given up
	forged bool           // somebody has stored rows under past dates, which no catch-up can find

	// The browser.
	tabs    []*client
	stored  map[chat.MessageID]chat.Item // the outbox in storage
	cache   chat.Cache
	mark    chat.Mark                   // how far somebody has read
	sender  turn                        // whose turn it is to send
	waiting []turn                      // who has asked for it
	sent    map[string]bool             // texts that were durable: these are promised
	told    map[string]bool             // of these, the ones the user was told about
	texts   map[chat.MessageID][]string // what messages were to say
	deleted map[chat.MessageID]bool     // what was to be deleted
	undone  map[chat.MessageID]bool     // whose last text may be an earlier one
}

// A client is the program in a tab, and what is on its way from and to it.
type client struct {
	*world
	state *chat.State
	clock time.Duration // by which its clock is ahead of the server's

	generation uint64
	connected  bool
	events     []change      // of the open connection
	reads      []chat.Load   // asked, not served yet
	attempts   []chat.Effect // Transmit and LookUp, not arrived at the server yet
	answers    []chat.Event  // of the server, of storage and of other tabs
	saves      []chat.Save   // not stored yet
	timers     []chat.After
}

// A lateItem hangs in the network.
type lateItem struct {
	chat.Item
	left time.Time
}

// A turn to send was asked for by a tab.
type turn struct {
	tab  *client
	take uint64
}

// A change is an event of a subscription. Its row is read when the event is delivered or before.
type change struct {
	id      chat.MessageID
	row     chat.Message
	removed bool
}

const me, other = chat.UserID("me"), chat.UserID("other")

func newWorld(t *rapid.T, project chat.Project, numbers bool, tabs int) *world {
	w := &world{
		t:       t,
		now:     time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		table:   map[chat.MessageID]chat.Message{},
		ticks:   rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second}).Draw(t, "ticks"),
		stored:  map[chat.MessageID]chat.Item{},
		sent:    map[string]bool{},
		told:    map[string]bool{},
		texts:   map[chat.MessageID][]string{},
		deleted: map[chat.MessageID]bool{},
		undone:  map[chat.MessageID]bool{},
		project: project,
		numbers: numbers,
	}
	for i := range rapid.SampledFrom([]int{0, 3, 30, 120, 350}).Draw(t, "rows before") {
		author := other
		if project.CanEdit && i%2 == 0 {
			author = me
		}
		m := w.write(w.key(), author, w.text())
		if author == me {
			w.texts[m.ID] = []string{m.Text}
		}
		w.now = w.now.Add(300 * time.Millisecond)
	}
	for range tabs {
		w.tabs = append(w.tabs, &client{world: w, clock: rapid.SampledFrom([]time.Duration{0, time.Hour, -time.Hour}).Draw(t, "clock")})
	}
	for _, c := range w.tabs {
		c.start()
	}
	return w
}

func (w *world) key() chat.MessageID {
	w.serial++
	if w.numbers {
		return chat.MessageID(strconv.Itoa(w.serial))
	}
	// Of two keys made in the same millisecond the later need not be the greater.
	return chat.MessageID(fmt.Sprintf("%02x-%04d", w.serial*151%256, w.serial))
}

func (w *world) text() string {
	w.serial++
	return "text " + strconv.Itoa(w.serial)
}

// write stores a row, as Directus does: its date is the server's.
func (w *world) write(id chat.MessageID, author chat.UserID, text string) chat.Message {
	m := chat.Message{ID: id, Author: author, Text: text, Created: w.now.Truncate(w.ticks)}
	w.put(m)
	return m
}

func (w *world) put(m chat.Message) {
	w.table[m.ID], w.order = m, nil
	w.emit(change{id: m.ID, row: m})
}

func (w *world) emit(e change) {
	for _, c := range w.tabs {
		if c.connected {
			c.events = append(c.events, e)
		}
	}
}

// sorted is the table in its order.
func (w *world) sorted() []chat.Message {
	if w.order == nil {
		w.order = slices.SortedFunc(maps.Values(w.table), chat.Message.Compare)
	}
	return w.order
}

// store carries out an item.
func (w *world) store(item chat.Item) (chat.Answer, chat.Message) {
	if item.Op != chat.OpSend {
		return w.change(item)
	}
	m := w.rowOf(item)
	if _, taken := sentAs(w.table, item.ID); taken && w.project.OwnKeys {
		return chat.AnswerDisputed, chat.Message{}
	}
	if m.ID == "" {
		m.ID = w.key()
	}
	m.Created = w.now.Truncate(w.ticks)
	w.put(m)
	return chat.AnswerStored, m
}

// sentAs finds the row that an item has become.
func sentAs(table map[chat.MessageID]chat.Message, item chat.MessageID) (m chat.Message, there bool) {
	if m, there = table[item]; there {
		return m, true
	}
	for _, m := range table {
		if m.SentAs == item {
			return m, true
		}
	}
	return chat.Message{}, false
}

// change carries out an edit or a deletion. What is deleted stays as it is.
func (w *world) change(item chat.Item) (chat.Answer, chat.Message) {
	m, there := w.table[item.Message]
	if !there || m.Deleted {
		return chat.AnswerDisputed, chat.Message{}
	}
	w.now = w.now.Add(w.ticks)
	m.Text, m.Deleted, m.Updated = item.Text, item.Op == chat.OpDelete, w.now.Truncate(w.ticks)
	w.put(m)
	return chat.AnswerStored, m
}

// selectRows does what Directus does with a query. It is asked in milliseconds.
func selectRows(table []chat.Message, q chat.Query) []chat.Message {
	q.From, q.ChangedSince = q.From.Truncate(time.Millisecond), q.ChangedSince.Truncate(time.Millisecond)
	edge := q.From
	if q.Newest {
		edge = q.To
		table = slices.Clone(table)
		slices.Reverse(table)
	}
	var page []chat.Message
	skip := q.Skip
	for _, m := range table {
		switch {
		case q.ID != "" && m.ID != q.ID:
		case !q.ChangedSince.IsZero() && m.Created.Before(q.ChangedSince) && m.Updated.Before(q.ChangedSince):
		case !q.From.IsZero() && m.Created.Before(q.From):
		case !q.To.IsZero() && m.Created.After(q.To):
		case m.Created.Equal(edge) && slices.Contains(q.Except, m.ID):
		case skip > 0:
			skip--
		case q.Detail == chat.DetailKeyAndDate:
			page = append(page, chat.Message{ID: m.ID, Created: m.Created})
		default:
			page = append(page, m)
		}
		if len(page) == q.Limit {
			break
		}
	}
	return page
}

func (w *world) rowOf(item chat.Item) chat.Message {
	m := chat.Message{Author: me, Text: item.Text}
	switch {
	case !w.numbers:
		m.ID = item.ID
	case w.project.OwnKeys:
		m.SentAs = item.ID
	}
	return m
}

// take gives the turn to send to the next tab that waits for it, unless another has it.
func (w *world) take() {
	if w.sender.tab == nil && len(w.waiting) > 0 {
		w.sender, w.waiting = w.waiting[0], w.waiting[1:]
		w.sender.tab.answer(chat.OutboxTaken{Take: w.sender.take})
	}
}

// steal takes the turn from a tab that keeps the others waiting. It hears of it later.
func (w *world) steal() {
	if w.sender.tab != nil && len(w.waiting) > 0 {
		w.sender.tab.answer(chat.OutboxLost{Take: w.sender.take})
		w.sender = turn{}
		w.take()
	}
}

func (w *world) release(c *client) {
	if w.sender.tab == c {
		w.sender = turn{}
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(t turn) bool { return t.tab == c })
	w.take()
}
