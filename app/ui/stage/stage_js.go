package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/ui"
)

// A prompter is a ui.Client that shows what the test tells it to, and tells the test what the user wants.
type prompter struct {
	mu          sync.Mutex
	snapshot    chat.Snapshot
	talk        *conversation // instead of the snapshot, nil for none
	diagnostics chat.Diagnostics
	tick        chan struct{}
	urgent      chan bool
}

var _ ui.Client = (*prompter)(nil)

func (p *prompter) Snapshot() chat.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.talk != nil {
		return p.talk.state.Snapshot()
	}
	return p.snapshot
}

func (p *prompter) Changed() (tick <-chan struct{}, urgent <-chan bool, stop func()) {
	return p.tick, p.urgent, func() {}
}

// Diagnostics counts in window.lookups how often it is asked.
func (p *prompter) Diagnostics() chat.Diagnostics {
	p.mu.Lock()
	defer p.mu.Unlock()
	app.Window().Set("lookups", app.Window().Get("lookups").Int()+1)
	return p.diagnostics
}

// Do appends the intent to window.intents, as "LogIn {…}". Drafts go to window.drafts, as texts, what they answer to
// window.answered, and what is looked at to window.attention.
func (p *prompter) Do(in chat.Intent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.talk != nil {
		p.talk.apply(in)
		if _, sent := in.(chat.Send); sent {
			select {
			case p.urgent <- true:
			default:
			}
		}
		p.changed()
		return
	}
	if draft, ok := in.(chat.Draft); ok {
		app.Window().Get("drafts").Call("push", draft.Text)
		app.Window().Get("answered").Call("push", string(draft.ReplyTo))
		return
	}
	switch in.(type) {
	case chat.Attend, chat.Seen:
		app.Window().Get("attention").Call("push", fmt.Sprintf("%+v", in))
		return
	}
	fields, err := json.Marshal(in)
	if err != nil {
		panic(err) // intents are plain values
	}
	app.Window().Get("intents").Call("push", fmt.Sprintf("%T %s", in, fields)[len("chat."):])
}

// show draws a chat.Snapshot given as JSON.
func (p *prompter) show(_ app.Value, args []app.Value) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	version := p.snapshot.Version
	p.snapshot = chat.Snapshot{}
	if err := json.Unmarshal([]byte(args[0].String()), &p.snapshot); err != nil {
		panic(err)
	}
	p.snapshot.Version = version + 1
	p.changed()
	return nil
}

func (p *prompter) changed() {
	select {
	case p.tick <- struct{}{}:
	default:
	}
}

// diagnose sets the chat.Diagnostics, given as JSON.
func (p *prompter) diagnose(_ app.Value, args []app.Value) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.diagnostics = chat.Diagnostics{}
	if err := json.Unmarshal([]byte(args[0].String()), &p.diagnostics); err != nil {
		panic(err)
	}
	return nil
}

// notify shows a notification, given as a chat.Notify in JSON.
func notify(_ app.Value, args []app.Value) any {
	var n chat.Notify
	if err := json.Unmarshal([]byte(args[0].String()), &n); err != nil {
		panic(err)
	}
	ui.Notify(n)
	return nil
}

// collected() says how often garbage was collected because somebody asked for it.
func collected(app.Value, []app.Value) any {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int(memory.NumForcedGC)
}

func main() {
	p := &prompter{tick: make(chan struct{}, 1), urgent: make(chan bool, 1)}
	app.Window().Set("show", app.FuncOf(p.show))
	app.Window().Set("notify", app.FuncOf(notify))
	app.Window().Set("diagnose", app.FuncOf(p.diagnose))
	app.Window().Set("converse", app.FuncOf(p.converse))
	app.Window().Set("happen", app.FuncOf(p.happen))
	app.Window().Set("oldest", app.FuncOf(p.oldest))
	app.Window().Set("collected", app.FuncOf(collected))
	html := app.Window().Get("document").Get("documentElement").Get("dataset")
	app.RouteWithRegexp("", func() app.Composer {
		return &ui.Page{
			Client:    p,
			Title:     html.Get("title").String(),
			Icon:      html.Get("icon").String(),
			Base:      html.Get("base").String(),
			MaxLength: directuschat.MaxLength,
		}
	})
	app.RunWhenOnBrowser()
}
