package chat_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestDraft(t *testing.T) {
	s := newScript(t)
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own})
	assert.Equal(t, chat.LoadDraft{User: me}, asked[chat.LoadDraft](s))
	s.play(chat.DraftLoaded{User: other, Text: "another's"})
	assert.Empty(t, s.snap().Room.Draft)
	s.play(chat.DraftLoaded{User: me, Text: "as it was"})
	assert.Equal(t, "as it was", s.snap().Room.Draft)

	s.play(chat.Draft{Text: "as it is"})
	assert.Equal(t, []chat.Effect{chat.SaveDraft{User: me, Text: "as it is"}}, s.asked)
	assert.Empty(t, s.play(chat.Draft{Text: "as it is"}), "once is enough")
	s.play(chat.DraftLoaded{User: me, Text: "as it was"}, chat.CancelLogOut{})
	assert.Equal(t, "as it is", s.snap().Room.Draft, "what was typed is newer")
	assert.Empty(t, s.play(chat.Draft{Room: "of no room", Text: "x"}))

	s.play(chat.SignedOut{}, chat.SignedIn{Me: chat.Person{ID: other}, Project: own})
	assert.Empty(t, s.snap().Room.Draft)
}

// Ensure that what Send was pressed for is part of what is kept until storage has answered for it, and the text is not:
// found at the next start, it would be sent once more.
func TestDraftBecomesMessage(t *testing.T) {
	s := live(t, own)
	s.play(chat.DraftLoaded{User: me}, chat.Draft{Text: " hello\n"}, chat.Send{ID: "k", Text: "hello"})
	hello := asked[chat.Save](s).Item
	assert.Equal(t, []chat.Item{hello}, asked[chat.SaveDraft](s).Pending)
	s.play(chat.Draft{})
	assert.Equal(t, []chat.Effect{chat.SaveDraft{User: me, Pending: []chat.Item{hello}}}, s.asked)
	s.play(chat.Draft{Text: "and more"}, chat.ItemSaved{ID: "k"})
	assert.Equal(t, chat.SaveDraft{User: me, Text: "and more"}, asked[chat.SaveDraft](s))
}

// Ensure that what Send was pressed for right before the program ended is handed in again, once it is known that it is
// not there already, in its order and under its key.
func TestPendingIsHandedIn(t *testing.T) {
	item := func(n int, id chat.MessageID) chat.Item {
		return chat.Item{ID: id, Text: string(id), Pressed: at(n)}
	}
	pending := []chat.Item{item(1, "stored"), item(2, "durable"), item(3, "lost"), item(4, "lost too")}
	row := chat.Message{ID: "stored", Author: me, Text: "stored", Created: at(1)}
	draft := chat.DraftLoaded{User: me, Pending: pending, Text: "rest"}
	outbox := chat.OutboxLoaded{User: me, Load: 1, Items: []chat.Item{item(2, "durable"), item(5, "later")}}
	for name, inputs := range map[string][]chat.Input{
		"the draft first":  {draft, outbox},
		"the outbox first": {outbox, draft},
	} {
		for _, project := range []chat.Project{own, {CanWrite: true, Dated: true}} {
			t.Run(name, func(t *testing.T) {
				s := newScript(t)
				s.others = true
				s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: project})
				s.play(chat.CacheLoaded{User: me, Cache: chat.Cache{Cursor: at(1), Messages: []chat.Message{row}}})
				s.play(inputs[0])
				assert.Empty(t, s.asked, "half of it says nothing")
				s.play(inputs[1])
				var saved []chat.MessageID
				for _, e := range s.asked {
					if e, ok := e.(chat.Save); ok {
						saved = append(saved, e.Item.ID)
					}
				}
				assert.Equal(t, []chat.MessageID{"lost", "lost too"}, saved)
				assert.Equal(t, "rest", s.snap().Room.Draft)
				assert.Len(t, asked[chat.SaveDraft](s).Pending, 2)
				if project.OwnKeys {
					assert.Equal(t, []string{"stored", "durable queued", "lost queued", "lost too queued", "later queued"}, s.drawn())
				} else { // another tab may have sent them
					assert.Equal(t, []string{"stored", "durable queued", "lost failed unsure", "lost too failed unsure", "later queued"}, s.drawn())
				}
			})
		}
	}
}

// Ensure that nothing is stored over what is stored, before that is known.
func TestNothingOverAnUnknownDraft(t *testing.T) {
	s := newScript(t)
	s.others = true
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own}, chat.OutboxLoaded{User: me, Load: 1})
	s.play(chat.Draft{Text: "typed early"})
	assert.Empty(t, s.asked)
	s.play(chat.Send{ID: "k", Text: "sent early"})
	assert.Len(t, s.asked, 1)
	early := asked[chat.Save](s).Item
	old := chat.Item{ID: "old", Text: "old", Pressed: at(0)}
	s.play(chat.DraftLoaded{User: me, Pending: []chat.Item{old}, Text: "older"})
	assert.Equal(t, chat.SaveDraft{User: me, Pending: []chat.Item{old, early}, Text: "typed early"}, s.asked[len(s.asked)-1])
}
