package chat_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// A script plays inputs to a State, one second apart, and remembers what it asked for.
type script struct {
	t      *testing.T
	state  chat.State
	now    time.Time
	server time.Duration // its clock minus ours
	asked  []chat.Effect // by the last input
	load   uint64        // asked for last
	audit  chat.Due      // to come back when the next look of the audit is due

	stored map[chat.MessageID]chat.Item // what has been asked to be
	others bool                         // there are other tabs: the script says what comes of that
}

var begin = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

func newScript(t *testing.T) *script {
	return &script{t: t, now: begin, stored: map[chat.MessageID]chat.Item{}}
}

var own = chat.Project{CanWrite: true, OwnKeys: true, Dated: true}

// connected is the script of somebody who is signed in, connected and subscribed.
func connected(t *testing.T, project chat.Project) *script {
	s := newScript(t)
	s.play(
		chat.SignedIn{Me: chat.Person{ID: me, Name: "Me"}, Project: project},
		chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp},
		chat.Subscribed{Generation: 1},
	)
	return s
}

// live is the script of somebody who has caught up with a room of some messages.
func live(t *testing.T, project chat.Project, rows ...chat.Message) *script {
	s := connected(t, project)
	s.answer(rows...)
	require.Equal(t, chat.ConnectionLive, s.snap().Connection)
	return s
}

// play applies inputs and returns what the last one asked for. Without other tabs the outbox is given to this one
// whenever it asks for it, as if in the same moment.
func (s *script) play(inputs ...chat.Input) []chat.Effect {
	for _, in := range inputs {
		s.now = s.now.Add(time.Second)
		if loaded, ok := in.(chat.OutboxLoaded); ok {
			for _, item := range loaded.Items {
				s.stored[item.ID] = item
			}
		}
		s.asked = s.alone(s.state.Apply(s.now, in))
		if _, page := in.(chat.PageLoaded); page {
			s.asked = slices.DeleteFunc(s.asked, s.isAudit)
		}
	}
	return s.asked
}

// isAudit recognises what a page asks to be done later, and keeps it for those who want to see it.
func (s *script) isAudit(e chat.Effect) bool {
	after, ok := e.(chat.After)
	if ok {
		s.audit = after.Due
	}
	return ok
}

// alone carries out what concerns other tabs, and returns the rest of the effects.
func (s *script) alone(effects []chat.Effect) (rest []chat.Effect) {
	if s.others {
		return effects
	}
	for _, e := range effects {
		switch e := e.(type) {
		case chat.Save:
			s.stored[e.Item.ID] = e.Item
		case chat.Forget:
			delete(s.stored, e.ID)
		case chat.TakeOutbox:
			read := s.state.Apply(s.now, chat.OutboxTaken{Take: e.Take})[0].(chat.LoadOutbox)
			items := slices.Collect(maps.Values(s.stored))
			rest = append(rest, s.alone(s.state.Apply(s.now, chat.OutboxLoaded{User: read.User, Load: read.Load, Items: items}))...)
			continue
		case chat.ReleaseOutbox:
			continue
		}
		if load, ok := e.(chat.Load); ok {
			s.load = load.Load
		}
		rest = append(rest, e)
	}
	return rest
}

func (s *script) snap() chat.Snapshot { return s.state.Snapshot() }

// asked finds the effect of a type among those of the last input.
func asked[T chat.Effect](s *script) T {
	s.t.Helper()
	for _, e := range s.asked {
		if e, ok := e.(T); ok {
			return e
		}
	}
	var none T
	require.Fail(s.t, fmt.Sprintf("no %T was asked for", none), "%+v", s.asked)
	return none
}

// answer gives the page that was asked for last. It is full if it has as many rows as there may be.
func (s *script) answer(rows ...chat.Message) []chat.Effect {
	s.t.Helper()
	load := asked[chat.Load](s)
	return s.play(chat.PageLoaded{
		Load: load.Load, Messages: rows, More: len(rows) == load.Query.Limit, ServerTime: s.now.Add(time.Second + s.server),
	})
}

// at is a date some seconds before the script begins.
func at(seconds int) time.Time { return begin.Add(time.Duration(seconds-100) * time.Second) }

// msg is a message of somebody else, dated by its number.
func msg(n int) chat.Message {
	return chat.Message{ID: chat.MessageID(fmt.Sprintf("m%04d", n)), Author: other, Text: fmt.Sprint("text ", n), Created: at(n)}
}

func msgs(from, to int) []chat.Message {
	var all []chat.Message
	for n := from; n < to; n++ {
		all = append(all, msg(n))
	}
	return all
}

// backwards is a page as it comes when the newest are asked for.
func backwards(page []chat.Message) []chat.Message {
	var reversed []chat.Message
	for i := range page {
		reversed = append(reversed, page[len(page)-1-i])
	}
	return reversed
}

// drawn is what a snapshot shows, as text.
func (s *script) drawn() []string {
	shown := []string{}
	for _, row := range s.snap().Room.Rows {
		text := row.Text
		if row.Delivery != chat.Stored {
			text += " " + row.Delivery.String()
		}
		if row.Problem.Code != "" {
			text += " " + string(row.Problem.Code)
		}
		shown = append(shown, text)
	}
	return shown
}
