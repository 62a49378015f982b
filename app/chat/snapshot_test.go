package chat_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// Ensure that a snapshot holds the window only, that a new one leaves it as it is, and that rows which have not changed
// compare equal.
func TestSnapshot(t *testing.T) {
	s := live(t, own)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(0, 300)}, chat.Send{ID: "k", Text: "mine"})
	before := s.snap()
	assert.Equal(t, 300, before.Room.Count)
	require.Len(t, before.Room.Rows, 201)
	assert.Equal(t, "text 100", before.Room.Rows[0].Text)
	assert.Equal(t, "mine", before.Room.Rows[200].Text)
	assert.Equal(t, before, s.snap())
	assert.Same(t, &before.Room.Rows[0], &s.snap().Room.Rows[0], "nothing has changed")

	edited := msg(150)
	edited.Text, edited.Updated = "edited", at(90)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{edited}})
	after := s.snap()
	assert.Greater(t, after.Version, before.Version)
	require.Len(t, after.Room.Rows, 201)
	for i, row := range after.Room.Rows {
		assert.Equal(t, i != 50, reflect.DeepEqual(row, before.Room.Rows[i]))
	}
	assert.Equal(t, "text 150", before.Room.Rows[50].Text, "a snapshot never changes")
	assert.Equal(t, "edited", after.Room.Rows[50].Text)
	assert.True(t, after.Room.Rows[50].Edited)
}

// Ensure that a message of one's own, which comes as an answer and as everybody else's do, is drawn once as stored.
func TestOneDrawingIsEnough(t *testing.T) {
	for name, eventFirst := range map[string]bool{"the event comes first": true, "the answer comes first": false} {
		t.Run(name, func(t *testing.T) {
			s := live(t, changeable, msgs(0, 100)...)
			s.play(chat.OutboxLoaded{User: me, Load: 1}, chat.DraftLoaded{User: me})
			before := s.snap()
			s.play(chat.Send{ID: "a", Text: "a"})
			attempt := asked[chat.Transmit](s).Attempt
			sent := s.snap()
			assert.Greater(t, sent.Version, before.Version)
			assert.Equal(t, "a", sent.Room.Rows[len(sent.Room.Rows)-1].Text)

			event := chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("a", "a")}}
			answer := chat.Answered{ID: "a", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("a", "a")}
			both := []chat.Input{answer, event}
			if eventFirst {
				both = []chat.Input{event, answer}
			}
			s.play(both[0])
			stored := s.snap()
			assert.Greater(t, stored.Version, sent.Version)
			s.play(both[1], chat.ItemSaved{ID: "a"}, event)
			assert.Equal(t, stored.Version, s.snap().Version)
			assert.Equal(t, s.state.Redrawn(), s.snap())
		})
	}
}

func TestRows(t *testing.T) {
	deleted, ownRow, bare := msg(1), mine("m0002", "own"), chat.Message{ID: "m0003"}
	deleted.Deleted, deleted.Updated = true, at(50)
	s := live(t, own, bare, deleted, ownRow)
	assert.Equal(t, []chat.Row{
		{ID: "m0003", Delivery: chat.Stored},
		{ID: "m0001", Author: other, Time: at(1), Delivery: chat.Stored, Deleted: true},
		{ID: "m0002", Author: me, Text: "own", Time: at(90), Delivery: chat.Stored, Mine: true},
	}, s.snap().Room.Rows)
}

// Ensure that of several problems the one that keeps the room from working is told.
func TestProblems(t *testing.T) {
	s := live(t, own)
	problem := func(code chat.ProblemCode) chat.Problem { return chat.Problem{Code: code} }
	s.play(chat.Send{ID: "k", Text: "x"}, chat.ItemSaved{ID: "k", Problem: problem(chat.ProblemStorageFailing)})
	assert.Equal(t, problem(chat.ProblemStorageFailing), s.snap().Problem)
	assert.Equal(t, problem(chat.ProblemStorageFailing), s.snap().Storage)
	s.play(chat.Missed{Generation: 1})
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, Problem: problem(chat.ProblemServerFailing)})
	assert.Equal(t, problem(chat.ProblemServerFailing), s.snap().Problem)
	assert.Equal(t, problem(chat.ProblemStorageFailing), s.snap().Storage, "whatever else is wrong")
	s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionWaiting, Problem: problem(chat.ProblemRealtimeDisabled)})
	assert.Equal(t, problem(chat.ProblemRealtimeDisabled), s.snap().Problem)
	readOnly := chat.Project{Problem: problem(chat.ProblemWriteForbidden)}
	s.play(chat.Discovered{Me: chat.Person{ID: me, Name: "New"}, Project: readOnly})
	assert.Equal(t, problem(chat.ProblemWriteForbidden), s.snap().Problem)
	assert.False(t, s.snap().CanWrite)
	assert.Equal(t, "New", s.snap().Me.Name)
}

func TestWords(t *testing.T) {
	for c, want := range []string{"signed-out", "connecting", "catching-up", "live", "waiting", "offline"} {
		assert.Equal(t, want, chat.Connection(c).String())
	}
	for d, want := range []string{"queued", "sending", "stored", "failed"} {
		assert.Equal(t, want, chat.Delivery(d).String())
	}
}

// TestRowsEqual: a row that differs in anything is another.
func TestRowsEqual(t *testing.T) {
	pairs := differing(reflect.TypeFor[chat.Row]())
	assert.Greater(t, len(pairs), reflect.TypeFor[chat.Row]().NumField())
	for _, pair := range pairs {
		a, b := pair[0].Interface().(chat.Row), pair[1].Interface().(chat.Row)
		assert.False(t, a.Equal(&b), "%+v and %+v", a, b)
		assert.True(t, a.Equal(&a) && b.Equal(&b))
	}
}

// differing are pairs of values of a type, each of which differs in one place.
func differing(of reflect.Type) (pairs [][2]reflect.Value) {
	a, b := reflect.New(of).Elem(), reflect.New(of).Elem()
	switch {
	case of == reflect.TypeFor[time.Time]():
		b.Set(reflect.ValueOf(time.Unix(1, 0)))
	case of.Kind() == reflect.Struct:
		for i := range of.NumField() {
			for _, pair := range differing(of.Field(i).Type) {
				a, b := reflect.New(of).Elem(), reflect.New(of).Elem()
				a.Field(i).Set(pair[0])
				b.Field(i).Set(pair[1])
				pairs = append(pairs, [2]reflect.Value{a, b})
			}
		}
		return pairs
	case of.Kind() == reflect.Slice:
		for _, pair := range differing(of.Elem()) {
			pairs = append(pairs, [2]reflect.Value{reflect.Append(a, pair[0]), reflect.Append(a, pair[1])})
		}
		b.Set(reflect.MakeSlice(of, 1, 1))
	case of.Kind() == reflect.String:
		b.SetString("x")
	case of.Kind() == reflect.Bool:
		b.SetBool(true)
	case b.CanUint():
		b.SetUint(1)
	default:
		panic("no value for " + of.String())
	}
	return append(pairs, [2]reflect.Value{a, b})
}
