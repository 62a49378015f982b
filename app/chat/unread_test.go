package chat_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// reader is the script of somebody who has read a room up to a message, of some that are there.
func reader(t *testing.T, read chat.Mark, rows ...chat.Message) *script {
	s := connected(t, own)
	load := s.asked
	s.play(chat.MarkLoaded{User: me, Mark: read})
	s.asked = load
	s.answer(backwards(rows)...)
	return s
}

func markAt(n int) chat.Mark { return chat.Mark{Date: at(n), ID: msg(n).ID} }

func (s *script) told(rows ...chat.Message) {
	s.play(chat.RowsChanged{Generation: 1, Messages: rows})
}

// line is the message above which the line is drawn, "" for none.
func (s *script) line() string {
	line := ""
	for _, row := range s.snap().Room.Rows {
		if row.Unread {
			line += row.Text
		}
	}
	return line
}

func (s *script) unread() chat.Unread { return s.snap().Room.Unread }

// A reader who looks at the newest message, one who looks at others, one who does not look.
var (
	looks   = chat.Attend{Looking: true, Newest: true}
	scrolls = chat.Attend{Looking: true}
	absent  = chat.Attend{Newest: true}
)

// Ensure that what came while nobody was there is unread, that the line stays where it was while it is read, and is
// gone at the next visit.
func TestUnread(t *testing.T) {
	s := reader(t, markAt(3), msgs(0, 10)...)
	assert.Equal(t, chat.Unread{Count: 6, Since: 6, First: "m0004", Last: "m0003"}, s.unread())
	assert.Equal(t, "text 4", s.line())
	s.play(looks)
	assert.Equal(t, chat.SaveMark{User: me, Mark: markAt(9)}, asked[chat.SaveMark](s))
	assert.Equal(t, chat.Unread{Since: 6, First: "m0004", Last: "m0003"}, s.unread())
	s.told(msg(10))
	assert.Equal(t, chat.SaveMark{User: me, Mark: markAt(10)}, asked[chat.SaveMark](s))
	assert.Equal(t, "text 4", s.line(), "it stays while they read on")
	s.play(scrolls)
	s.told(msg(11), msg(12))
	assert.Equal(t, 2, s.unread().Count)
	assert.Equal(t, "text 4", s.line())
	s.play(chat.Seen{Message: "m0011"}, chat.Seen{Message: "m0005"}, chat.Seen{Message: "nothing"})
	assert.Equal(t, 1, s.unread().Count, "what was seen stays so")
	s.play(looks)
	assert.Zero(t, s.unread().Count)
	s.play(absent)
	assert.Empty(t, s.line())
	assert.Equal(t, chat.Unread{Last: "m0012"}, s.unread())

	s.told(msg(13))
	assert.Equal(t, "text 13", s.line())
	assert.Equal(t, 1, s.unread().Count)
	s.play(looks)
	assert.Equal(t, "text 13", s.line())
	assert.Zero(t, s.unread().Count)

	again := reader(t, markAt(13), msgs(0, 14)...)
	assert.Empty(t, again.line())
	assert.Zero(t, again.unread().Count)
}

// Ensure that what is seen as it comes is never called new, and that what was missed is.
func TestSeenAsItComes(t *testing.T) {
	s := reader(t, markAt(9), msgs(0, 10)...)
	s.play(looks)
	for n := range 5 {
		s.told(msg(10 + n))
		assert.Empty(t, s.line())
	}
	s.told(mine("m0015", "mine"))
	s.play(scrolls)
	s.told(mine("m0016", "mine, from another device"))
	s.play(looks)
	s.told(msg(500))
	assert.Empty(t, s.line(), "nobody else's was missed before it")

	s.play(chat.Missed{Generation: 1})
	s.answer(msgs(500, 503)...)
	assert.Equal(t, "text 501", s.line(), "the machine was asleep")
	assert.Zero(t, s.unread().Count)
}

// Ensure that nothing of one's own is ever unread, nor what was deleted.
func TestOwnIsNeverUnread(t *testing.T) {
	s := reader(t, markAt(3), msgs(0, 4)...)
	gone := msg(5)
	gone.Deleted = true
	own := mine("m0004", "mine")
	own.Created = at(4)
	s.told(own, gone)
	s.play(chat.Send{ID: "k", Text: "mine, too"})
	assert.Equal(t, chat.Unread{Last: "m0003"}, s.unread())
	assert.Empty(t, s.line())
	s.told(msg(6))
	assert.Equal(t, "text 6", s.line())
	assert.Equal(t, 1, s.unread().Count)
}

// Ensure that the first visit of a device calls nothing new that was written before it.
func TestFirstVisit(t *testing.T) {
	s := reader(t, chat.Mark{}, msgs(0, 10)...)
	assert.Equal(t, chat.Unread{Last: "m0009"}, s.unread())
	s.told(msg(10))
	assert.Equal(t, 1, s.unread().Count)

	empty := reader(t, chat.Mark{})
	empty.told(msg(0))
	assert.Equal(t, 1, empty.unread().Count)
}

// Ensure that many are counted as many, and that the first one is not named where it is not held.
func TestManyUnread(t *testing.T) {
	s := reader(t, markAt(3), msgs(500, 600)...)
	assert.Equal(t, chat.Unread{Count: 100, Since: 100, More: true, Last: "m0003"}, s.unread())
	assert.Equal(t, "text 500", s.line())
	s.play(chat.Open{Message: s.unread().Last})
	s.answer(msg(3))
	s.answer(backwards(msgs(0, 4))...)
	s.answer(msgs(4, 104)...)
	assert.Equal(t, chat.MessageID("m0004"), s.unread().First)
	assert.Equal(t, "text 4", s.line())
}

// Ensure that all windows of a browser know what was read in one of them.
func TestReadInAnotherTab(t *testing.T) {
	s := reader(t, markAt(3), msgs(0, 10)...)
	s.play(chat.MarkLoaded{User: me, Mark: markAt(7)}, chat.MarkLoaded{User: me, Mark: markAt(5)}, chat.MarkLoaded{User: other, Mark: markAt(9)})
	assert.Equal(t, chat.Unread{Count: 2, Since: 2, First: "m0008", Last: "m0007"}, s.unread())
	s.play(scrolls, chat.MarkLoaded{User: me, Mark: markAt(8)})
	assert.Equal(t, chat.Unread{Count: 1, Since: 2, First: "m0008", Last: "m0007"}, s.unread(), "the line stays while somebody looks")
}

// Ensure that a notification is asked for what comes while nobody looks, if they want it: once, and not of one's own.
func TestNotify(t *testing.T) {
	notified := func(s *script) (texts []string) {
		for _, e := range s.asked {
			if n, ok := e.(chat.Notify); ok {
				texts = append(texts, fmt.Sprint(n.Text, " ", n.Count))
			}
		}
		return texts
	}
	s := reader(t, markAt(3), msgs(0, 10)...)
	s.told(msg(10))
	assert.Empty(t, notified(s), "nobody wants it")
	s.play(chat.Prefer{Preferences: chat.Preferences{Notify: true}})
	assert.Equal(t, chat.SavePreferences{User: me, Preferences: chat.Preferences{Notify: true}}, asked[chat.SavePreferences](s))
	assert.True(t, s.snap().Preferences.Notify)
	assert.Empty(t, notified(s))
	s.told(msg(11))
	assert.Equal(t, []string{"text 11 8"}, notified(s))
	assert.Equal(t, chat.Notify{Message: "m0011", Mark: markAt(11), Author: other, Text: "text 11", Count: 8}, asked[chat.Notify](s))
	s.told(msg(11))
	assert.Empty(t, notified(s))
	s.told(mine("m0012", "mine"))
	assert.Empty(t, notified(s))
	for _, a := range []chat.Attend{looks, scrolls} {
		s.play(a)
		s.told(msg(500))
		assert.Empty(t, notified(s), "somebody looks at the room")
	}
	s.play(looks, absent, chat.Missed{Generation: 1})
	s.answer(msgs(500, 520)...)
	assert.Empty(t, notified(s), "it may be gone again")
	s.answer(append(msgs(0, 12), msgs(500, 520)...)...)
	assert.Equal(t, []string{"text 519 19"}, notified(s), "one of all that was missed")
}
