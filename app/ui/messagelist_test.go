package ui

import (
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

func TestRows(t *testing.T) {
	in(t, time.UTC)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	at := func(d time.Duration) time.Time { return today.Add(d) }
	rows := []struct {
		row   chat.Row
		first bool
		day   string
	}{
		{chat.Row{Author: "a", Time: at(-time.Minute)}, true, "Yesterday"},
		{chat.Row{Author: "a", Time: at(time.Minute)}, true, "Today"}, // two minutes later, but on another day
		{chat.Row{Author: "a", Time: at(5 * time.Minute)}, false, ""},
		{chat.Row{Author: "b", Time: at(6 * time.Minute)}, true, ""},
		{chat.Row{Author: "b", Time: at(12 * time.Minute)}, true, ""}, // too long after
		{chat.Row{Name: "Carol", Time: at(13 * time.Minute)}, true, ""},
		{chat.Row{Name: "Carol", Time: at(13 * time.Minute)}, false, ""},
		{chat.Row{Name: "Dora", Time: at(13 * time.Minute)}, true, ""}, // nobody's key, so the name decides
	}
	l := &MessageList{Room: &chat.RoomView{}}
	for _, r := range rows {
		l.Room.Rows = append(l.Room.Rows, r.row)
	}
	for i := range rows {
		drawn := l.row(i)
		assert.Equal(t, rows[i].first, drawn.First, i)
		assert.Equal(t, rows[i].day, drawn.Day, i)
	}
}

func TestRowWithoutDate(t *testing.T) {
	l := &MessageList{Room: &chat.RoomView{Rows: []chat.Row{{ID: "1"}}}}
	assert.Empty(t, l.row(0).Day)
	require.NoError(t, app.NewTestEngine().Load(l))
}

func TestNotice(t *testing.T) {
	l := &MessageList{Room: &chat.RoomView{}, away: true}
	come := func(r chat.Row) {
		l.Room.Rows = append(l.Room.Rows, r)
		l.notice()
	}
	l.notice()
	come(chat.Row{ID: "1"})
	assert.True(t, l.away)
	come(chat.Row{ID: "2", Mine: true})
	assert.False(t, l.away, "one's own message is always shown")
	come(chat.Row{ID: "3"})
	assert.False(t, l.away)
}

// TestNoticeInAMovedWindow: what is drawn last is not the newest there.
func TestNoticeInAMovedWindow(t *testing.T) {
	l := &MessageList{Room: &chat.RoomView{}}
	show := func(later int, last chat.Row) {
		l.Room.Rows, l.Room.Later = []chat.Row{last}, later
		l.notice()
	}
	show(0, chat.Row{ID: "9"})
	show(5, chat.Row{ID: "4"})
	assert.True(t, l.away)
	show(0, chat.Row{ID: "10", Mine: true, Delivery: chat.Failed, Time: time.Now().Add(-time.Hour)})
	assert.True(t, l.away, "who reads on to the end is not pulled there")
	show(7, chat.Row{ID: "4"})
	show(0, chat.Row{ID: "11", Mine: true, Delivery: chat.Queued, Time: time.Now()})
	assert.False(t, l.away, "who has just written is")
	show(7, chat.Row{ID: "4"})
	l.returned = true
	show(7, chat.Row{ID: "4"})
	assert.True(t, l.away, "not there yet")
	show(0, chat.Row{ID: "12"})
	assert.False(t, l.away || l.returned)
}

func TestNobodyContinuesAcrossAGap(t *testing.T) {
	l := &MessageList{Room: &chat.RoomView{Rows: []chat.Row{{ID: "1", Author: "a"}, {ID: "2", Author: "a"}, {ID: "3", Author: "a", Gap: chat.GapKnown}}}}
	assert.False(t, l.row(1).First)
	assert.True(t, l.row(2).First)
}
