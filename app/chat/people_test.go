package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func names(s *script) (shown []string) {
	for _, row := range s.snap().Room.Rows {
		shown = append(shown, row.Name)
	}
	return shown
}

// by is a message of somebody.
func by(n int, author chat.UserID) chat.Message {
	m := msg(n)
	m.Author = author
	return m
}

func project(d chat.Directory) chat.Project {
	p := own
	p.Directory = d
	return p
}

func TestListedNames(t *testing.T) {
	s := connected(t, project(chat.DirectoryListed))
	asked[chat.LoadPeople](s)
	s.answer(by(2, "bob"), by(1, "ann"))
	assert.Equal(t, []string{"", ""}, names(s))
	s.play(chat.PeopleLoaded{People: []chat.Person{{ID: "ann", Name: "Ann"}, {ID: me, Name: "Myself"}}})
	assert.Equal(t, []string{"Ann", ""}, names(s))
	assert.Equal(t, "Myself", s.snap().Me.Name)
	assert.Empty(t, s.asked, "whoever is not in the list has no name")

	s.play(chat.PeopleChanged{People: []chat.Person{{ID: "ann", Name: "Anna"}}})
	assert.Equal(t, []string{"Anna", ""}, names(s))

	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(3, "new")}})
	assert.Empty(t, s.asked, "the list has just been read")
	s.play(chat.PeopleLoaded{People: []chat.Person{{ID: "ann", Name: "Anna"}}})
	s.now = s.now.Add(2 * time.Minute)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(3, "ann")}})
	assert.Empty(t, s.asked, "whoever is not in it is not looked for again and again")
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(4, "new")}})
	asked[chat.LoadPeople](s)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(5, "newer")}})
	assert.Empty(t, s.asked, "it is being read")
	s.play(chat.PeopleLoaded{})
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(6, "newer")}})
	asked[chat.LoadPeople](s)

	s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 2})
	asked[chat.LoadPeople](s)
}

func TestNamesByRow(t *testing.T) {
	s := connected(t, project(chat.DirectoryByRow))
	var page []chat.Message
	for n := range 60 {
		page = append(page, by(n, chat.UserID(fmt.Sprintf("u%02d", n))))
	}
	s.answer(append(page, by(61, "u00"))...)
	first := asked[chat.LoadNames](s).Messages
	assert.Len(t, first, 50, "as many as fit into a URL")
	assert.Equal(t, chat.MessageID("m0049"), first["u49"])

	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(62, "u55")}})
	assert.Empty(t, s.asked, "one question at a time")

	var people []chat.Person
	for id := range first {
		people = append(people, chat.Person{ID: id, Name: "Name " + string(id)})
	}
	s.play(chat.PeopleLoaded{People: people})
	assert.Len(t, asked[chat.LoadNames](s).Messages, 10, "and then the others")
	assert.Equal(t, "Name u00", names(s)[0])

	s.play(chat.PeopleLoaded{}) // failed
	assert.Empty(t, s.asked)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{by(70, "u01")}})
	assert.Len(t, asked[chat.LoadNames](s).Messages, 10, "the next message asks again")
}

// Ensure that a name which comes with the row needs no directory, and that nobody has none.
func TestNamesWithRows(t *testing.T) {
	s := connected(t, project(chat.DirectoryByRow))
	named, nobody := by(1, "ann"), by(2, "")
	named.AuthorName = "Ann"
	s.answer(named, nobody)
	assert.Empty(t, s.asked)
	assert.Equal(t, []string{"Ann", ""}, names(s))

	s = connected(t, project(chat.DirectoryNone))
	s.answer(by(1, "ann"))
	assert.Empty(t, s.asked)
}
