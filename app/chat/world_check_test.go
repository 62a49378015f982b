package chat_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"directuschat/app/chat"
)

// Ensure that whatever happens on the way, in the end everybody sees the table: every message once, in one order, and
// that every message that was durable when the program crashed is stored once.
func TestWhateverHappensTheTableIsShown(t *testing.T) {
	projects := map[string]struct {
		chat.Project
		numbers bool
	}{
		"own keys, dated":          {chat.Project{CanWrite: true, OwnKeys: true, Dated: true}, false},
		"with changes":             {chat.Project{CanWrite: true, OwnKeys: true, Dated: true, CanEdit: true, CanDelete: true}, false},
		"own keys, undated":        {chat.Project{CanWrite: true, OwnKeys: true}, false},
		"ours beside the server's": {chat.Project{CanWrite: true, OwnKeys: true, Dated: true, CanEdit: true, CanDelete: true}, true},
		"likewise, undated":        {chat.Project{CanWrite: true, OwnKeys: true}, true},
		"server's keys, undated":   {chat.Project{CanWrite: true}, true},
		"server's keys and dates":  {chat.Project{CanWrite: true, Dated: true}, true},
	}
	for name, project := range projects {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := newWorld(t, project.Project, project.numbers, rapid.IntRange(1, 2).Draw(t, "tabs"))
				t.Repeat(w.actions())
				w.settle(t)
				for _, c := range w.tabs {
					c.check()
				}
				w.checkSent()
			})
		})
	}
}

// settle ends all faults and lets everything come to rest, on a new connection or on the one that stands.
func (w *world) settle(t *rapid.T) {
	for _, c := range w.tabs {
		if !c.connected || rapid.Bool().Draw(t, "a new connection at the end") {
			c.connect()
		}
	}
	for len(w.late) > 0 {
		w.writeLate(0)
	}
	for _, c := range w.tabs {
		if w.project.Dated && len(c.events) < 20 {
			c.events = rapid.Permutation(c.events).Draw(t, "the order of the last events")
		}
	}
	w.rest()
}

// rest carries out whatever is under way, until nothing is.
func (w *world) rest() {
	for range 100_000 {
		moved := false
		for _, c := range w.tabs {
			moved = c.move() || moved
		}
		if !moved {
			return
		}
	}
	require.Fail(w.t, "the tabs never come to rest")
}

// move carries out one thing that is under way.
func (c *client) move() bool {
	switch {
	case len(c.saves) > 0:
		c.apply(c.save(0))
	case len(c.events) > 0:
		c.deliver(0, !c.project.Dated)
	case len(c.attempts) > 0:
		c.attempt(0, "answered")
	case len(c.reads) > 0:
		c.serve(0)
	case len(c.answers) > 0:
		c.arrive(0)
	case slices.ContainsFunc(c.timers, soon):
		c.now = c.now.Add(time.Second)
		c.ring(slices.IndexFunc(c.timers, soon))
	default:
		return false
	}
	return true
}

// soon reports whether something is still to happen; an audit every few minutes is rest.
func soon(timer chat.After) bool { return timer.Delay < 5*time.Minute }

// checkAlways looks for what must never be seen, whatever is under way: a row twice, out of order, or as it was.
func (w *world) checkAlways() {
	for _, c := range w.tabs {
		require.Equal(w.t, c.state.Redrawn(), c.state.Snapshot())
		stored := storedRows(c.state.Snapshot())
		for i := range max(0, len(stored)-1) {
			require.Negative(w.t, placed(stored[i]).Compare(placed(stored[i+1])), "the order of %v and %v", stored[i], stored[i+1])
		}
		for _, row := range c.state.Snapshot().Room.Rows[len(stored):] {
			has := slices.ContainsFunc(stored, func(s chat.Row) bool { return s.Text == row.Text })
			require.False(w.t, has && w.project.OwnKeys, "%q is shown twice", row.Text)
		}
	}
}

func placed(row chat.Row) chat.Message { return chat.Message{ID: row.ID, Created: row.Time} }

func storedRows(snap chat.Snapshot) []chat.Row {
	end := slices.IndexFunc(snap.Room.Rows, func(row chat.Row) bool { return row.Delivery != chat.Stored })
	if end < 0 {
		end = len(snap.Room.Rows)
	}
	return snap.Room.Rows[:end]
}

// check compares all that a tab can show with the table.
func (c *client) check() {
	require.False(c.t, c.state.Snapshot().Room.Target.Opening, "a link leads nowhere")
	if !c.forged {
		c.checkUnread()
	}
	if table := c.sorted(); len(table) > 0 && !c.forged {
		c.checkLink(table[rapid.IntRange(0, len(table)-1).Draw(c.t, "linked")].ID)
	}
	c.apply(chat.ShowNewest{})
	c.rest()
	snap := c.state.Snapshot()
	require.Equal(c.t, chat.ConnectionLive, snap.Connection)
	require.Zero(c.t, snap.Room.Later)
	require.NotZero(c.t, snap.Audit.At)
	if !c.forged {
		require.Zero(c.t, snap.Audit.Missing+snap.Audit.Doubled)
		require.Equal(c.t, snap.Audit.Stored, snap.Audit.Held)
		c.checkWindow(snap)
	}
	for _, row := range snap.Room.Rows[len(storedRows(snap)):] {
		require.Equal(c.t, chat.ProblemUnsure, row.Problem.Code, "an item is left: %+v", row)
		require.False(c.t, c.project.OwnKeys)
		c.told[row.Text] = true
	}
	c.fillAll()
	if c.forged { // nothing but an audit can find them
		c.now = c.now.Add(time.Minute)
		for _, c := range c.tabs { // their cursors follow what is told
			c.now = c.now.Add(time.Minute)
		}
		c.write(c.key(), other, c.text())
		c.rest()
		c.apply(chat.Audit{})
		c.rest()
		c.fillAll()
	}
	c.scroll()
}

// checkUnread compares what is called unread with the table.
func (c *client) checkUnread() {
	unread := c.state.Snapshot().Room.Unread
	behind := 0
	for _, m := range c.sorted() {
		if m.Author != me && !m.Deleted && (chat.Mark{Date: m.Created, ID: m.ID}).After(c.mark) {
			behind++
		}
	}
	require.GreaterOrEqual(c.t, unread.Since, unread.Count)
	if unread.More {
		require.LessOrEqual(c.t, unread.Count, behind)
	} else {
		require.Equal(c.t, min(behind, chat.MaxUnread), unread.Count)
	}
	for _, row := range c.state.Snapshot().Room.Rows {
		require.False(c.t, row.Unread && row.Mine, "one's own message is never new")
	}
}

// checkLink opens a message, and compares what is drawn around it with the table.
func (c *client) checkLink(id chat.MessageID) {
	before := c.state.Snapshot().Room.Target.Opened
	c.apply(chat.Open{Message: id})
	c.rest()
	snap := c.state.Snapshot()
	require.Equal(c.t, chat.Target{ID: id, Opened: before + 1}, snap.Room.Target)
	require.True(c.t, slices.ContainsFunc(snap.Room.Rows, func(row chat.Row) bool { return row.ID == id }))
	c.checkWindow(snap)
}

// checkWindow compares what is drawn with the table: between two rows without a gap there is nothing.
func (c *client) checkWindow(snap chat.Snapshot) {
	table, drawn := c.sorted(), storedRows(snap)
	i := len(table)
	for n := len(drawn) - 1; n >= 0; n-- {
		row := drawn[n]
		if n == len(drawn)-1 && snap.Room.Later == 0 || n < len(drawn)-1 && drawn[n+1].Gap == chat.GapNone {
			i--
		} else {
			i, _ = slices.BinarySearchFunc(table, placed(row), chat.Message.Compare)
		}
		require.GreaterOrEqual(c.t, i, 0, "%v is not in the table", row)
		require.Equal(c.t, table[i].ID, row.ID, "a hole after it, or not in the table")
		require.Equal(c.t, table[i].Text, row.Text)
	}
	if !snap.Room.Earlier {
		require.Zero(c.t, i, "the beginning is missing")
	}
}

// fillAll goes back to the room's beginning and fills all gaps on the way.
func (c *client) fillAll() {
	for range 1000 {
		room := c.state.Snapshot().Room
		gap := slices.IndexFunc(room.Rows, func(row chat.Row) bool { return row.Gap != chat.GapNone })
		switch {
		case gap >= 0:
			c.apply(chat.FillGap{Before: room.Rows[gap].ID})
		case room.Earlier:
			c.apply(chat.ShowOlder{})
		default:
			return
		}
		c.rest()
	}
	require.Fail(c.t, "the past has no end")
}

// scroll goes from the beginning to the newest message and compares all of it with the table.
func (c *client) scroll() {
	table := c.sorted()
	for at := 0; ; {
		room := c.state.Snapshot().Room
		require.Equal(c.t, len(table), room.Count)
		stored := storedRows(c.state.Snapshot())
		for i, row := range stored {
			require.Equal(c.t, chat.GapNone, row.Gap)
			require.Equal(c.t, table[at+i].ID, row.ID)
			require.Equal(c.t, table[at+i].Text, row.Text)
		}
		if room.Later == 0 {
			require.Equal(c.t, len(table), at+len(stored))
			return
		}
		c.apply(chat.ShowNewer{})
		c.rest()
		at = max(0, len(table)-c.state.Snapshot().Room.Later-200)
		if later := c.state.Snapshot().Room.Later; later > 0 {
			at = len(table) - (later - c.unsent()) - 200
		}
	}
}

// unsent counts what waits in a tab, which is drawn behind the newest message only.
func (c *client) unsent() int { return len(c.state.Outbox()) }

// checkSent looks for what was promised.
func (w *world) checkSent() {
	stored := map[string]int{}
	for _, m := range w.table {
		stored[m.Text]++
	}
	for text := range w.sent {
		if !w.project.OwnKeys {
			require.LessOrEqual(w.t, stored[text], 1, "%q must not be stored twice", text)
			require.True(w.t, stored[text] == 1 || w.told[text], "%q is lost and nobody was told", text)
		}
	}
	if w.project.OwnKeys {
		w.checkChanges()
	}
}

// byNumber compares texts by when they were made up.
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// checkChanges looks for what was promised where keys are the client's: every message is there, and says what it was last
// to say, as far as anybody can tell the last.
func (w *world) checkChanges() {
	for sent, texts := range w.texts {
		m, there := sentAs(w.table, sent)
		require.True(w.t, there, "%q was promised", texts)
		if m.Deleted {
			require.True(w.t, w.deleted[m.ID], "nobody has deleted %q", texts)
		} else if len(w.tabs) == 1 && !w.undone[m.ID] {
			require.Equal(w.t, slices.MaxFunc(texts, byNumber), m.Text)
		} else {
			require.Contains(w.t, texts, m.Text)
		}
	}
	for _, item := range w.stored {
		require.Equal(w.t, chat.ProblemGone, item.Problem.Code, "left in storage: %+v", item)
	}
}
