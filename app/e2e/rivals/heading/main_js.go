// Command heading is one heading in go-app: the least that a program of ours can be. The benchmark starts it in our page,
// so that what of a start is ours shows.
package main

import "github.com/maxence-charriere/go-app/v10/pkg/app"

type heading struct{ app.Compo }

func (*heading) OnMount(ctx app.Context) {
	ctx.Dispatch(func(app.Context) {
		app.Window().Get("document").Get("documentElement").Get("dataset").Set("app", "running")
	})
}

func (*heading) Render() app.UI { return app.H1().Text("A heading") }

func main() {
	app.RouteWithRegexp("", func() app.Composer { return &heading{} })
	app.RunWhenOnBrowser()
}
