package main

import (
	"context"
	"os"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat"
	"directuschat/app/client"
	"directuschat/app/directus"
	"directuschat/app/rehearsal"
	"directuschat/app/store"
	"directuschat/app/ui"
)

func main() {
	html := app.Window().Get("document").Get("documentElement")
	s, err := readSettings(app.Window().Get("location").Get("origin").String(), func(attribute string) string {
		if value := html.Call("getAttribute", attribute); !value.IsNull() {
			return value.String()
		}
		return ""
	})
	if err != nil {
		panic(err) // chatd and this program are one build: the page is broken
	}
	storage := store.Open(s.scope())
	c := client.New(client.Config{
		Mapping:   s.mapping,
		API:       directus.API{URL: s.directus, Transport: directus.NewTransport()},
		Store:     storage,
		Records:   storage.Records(),
		Notify:    ui.Notify,
		Picture:   ui.TakePicture,
		ReportURL: s.audit,
	})
	// In a task of its own: in the first one the page takes charge of the form, and reads nothing for it.
	app.Window().Call("setTimeout", app.FuncOf(func(app.Value, []app.Value) any {
		listen(c)
		go storage.Tab()               // which may take a second
		go c.Run(context.Background()) // as long as the page is open
		return nil
	}))

	os.Setenv("GOAPP_ROOT_PREFIX", s.prefix())
	os.Setenv("GOAPP_STATIC_RESOURCES_URL", "/web") // else go-app rewrites what lies below a base path of /web/
	rehearse := &play{s.mapping}
	// chatd answers with the page for its routes only (directuschat.Routes), so every path is one of them.
	app.RouteWithRegexp("", func() app.Composer {
		return &ui.Page{
			Client: c, Title: s.title, Icon: s.icon, Base: s.base, MaxLength: s.maxLength, Play: rehearse,
		}
	})
	app.RunWhenOnBrowser()
}

// A play is what the interface rehearses with.
type play struct{ mapping directuschat.Mapping }

func (p *play) Begin(ctx context.Context, moment func(context.Context)) ui.Client {
	return rehearsal.Begin(ctx, p.mapping, moment)
}

// listen tells the client what the browser knows: whether there may be a network, whether anybody is looking, and when
// it is worth trying again at once.
func listen(c *client.Client) {
	window := app.Window()
	document := window.Get("document")
	on := func(target app.Value, event string, f func()) {
		target.Call("addEventListener", event, app.FuncOf(func(app.Value, []app.Value) any {
			f()
			return nil
		}))
	}
	online := func() { c.SetOnline(window.Get("navigator").Get("onLine").Bool()) }
	visible := func() { c.SetVisible(document.Get("visibilityState").String() == "visible") }
	on(window, "online", online)
	on(window, "offline", online)
	on(document, "visibilitychange", visible)
	on(window, "focus", c.Wake)
	on(window, "pagehide", func() { c.SetVisible(false) }) // it may never be seen again
	on(window, "pageshow", func() {                        // out of the back/forward cache
		visible()
		c.Wake()
	})
	on(document, "resume", c.Wake) // out of a freeze
	online()
	visible()
}
