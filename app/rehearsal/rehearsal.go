// Package rehearsal lets the program go through a log-in before somebody logs in. The engine compiles a function when it
// is called for the first time, and anew when it is called often; whoever presses the button is not to wait for that.
//
// It owns what is played: a Directus with a page of messages, which answers when the page has nothing else to do, and a
// browser's storage that is memory. What is rehearsed is the program's own: the Client and everything below it, but for
// what carries requests and frames and what keeps things. So nothing of it is told to a server, or stays. It must not
// know the interface, which plays the user: ui.Rehearsal.
package rehearsal

import (
	"context"
	"time"

	"directuschat"
	"directuschat/app/client"
	"directuschat/app/directus"
	"directuschat/app/store"
)

// Begin returns a Client in front of the play, in a project of this mapping. It runs until ctx ends. Every answer waits
// for a moment in which nothing else is to be done.
func Begin(ctx context.Context, mapping directuschat.Mapping, moment func(context.Context)) *client.Client {
	s := &stage{mapping: mapping, moment: moment, began: time.Now().UTC().Format("2006-01-02T15:04:05.000Z")}
	tab := new(store.Memory).Open("rehearsal")
	c := client.New(client.Config{
		Mapping: mapping,
		API:     directus.API{URL: "https://rehearsal.invalid", Transport: s},
		Dialer:  s,
		Store:   tab,
		Records: tab.Records(),
	})
	go c.Run(ctx)
	return c
}
