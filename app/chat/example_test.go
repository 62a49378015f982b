package chat_test

import (
	"fmt"
	"time"

	"directuschat/app/chat"
)

// A session from log-in to the first message: every input in order, what it asks for, and what is drawn in the end.
func ExampleState() {
	var state chat.State
	now := time.Date(2026, 1, 2, 15, 4, 0, 0, time.UTC)
	for _, in := range []chat.Input{
		chat.LogIn{Email: "alice@example.com", Password: "secret"},
		chat.SignedIn{Me: chat.Person{ID: "u1", Name: "Alice"}, Project: chat.Project{CanWrite: true, OwnKeys: true, Dated: true}},
		chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp},
		chat.Subscribed{Generation: 1},
		chat.PageLoaded{Load: 1, Messages: []chat.Message{{ID: "m1", AuthorName: "Bob", Text: "Anybody here?", Created: now}}},
		chat.Send{ID: "m2", Text: "Yes!"},
		chat.ItemSaved{ID: "m2"},
		chat.OutboxTaken{Take: 6},
		chat.OutboxLoaded{User: "u1", Load: 8, Items: []chat.Item{{ID: "m2", Text: "Yes!"}}},
	} {
		now = now.Add(time.Second)
		fmt.Printf("%T:", in)
		for _, effect := range state.Apply(now, in) {
			fmt.Printf(" %T", effect)
		}
		fmt.Println()
	}
	snap := state.Snapshot()
	fmt.Println(snap.Connection)
	for _, row := range snap.Room.Rows {
		fmt.Printf("%s: %s (%s)\n", row.Name, row.Text, row.Delivery)
	}
	// Output:
	// chat.LogIn: chat.SignIn
	// chat.SignedIn: chat.LoadOutbox chat.LoadPreferences chat.LoadCache chat.LoadDraft chat.LoadMark
	// chat.ConnectionChanged:
	// chat.Subscribed: chat.Load
	// chat.PageLoaded: chat.After
	// chat.Send: chat.Save chat.TakeOutbox
	// chat.ItemSaved:
	// chat.OutboxTaken: chat.LoadOutbox
	// chat.OutboxLoaded: chat.Transmit
	// live
	// Bob: Anybody here? (stored)
	// Alice: Yes! (sending)
}

// The order is the server's: by date, then by key; the key of an integer by its value.
func ExampleMessage_Compare() {
	second := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC) // as fine as MySQL's dates are
	a := chat.Message{ID: "9", Created: second}
	b := chat.Message{ID: "10", Created: second}
	fmt.Println(a.Compare(b))
	// Output: -1
}

// A password or one-time code does not show itself.
func ExampleSecret() {
	intent := chat.LogIn{Email: "alice@example.com", Password: "hunter2"}
	fmt.Printf("%v %+v %#v\n", intent, intent, intent.Password)
	// Output: {alice@example.com [secret] [secret] false} {Email:alice@example.com Password:[secret] Code:[secret] Shared:false} [secret]
}
