package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Notifications are shown through the service worker's registration, so that pressing one works when the page is gone.
// The user switches them on in the connection panel; the browser is never asked at any other moment.

// notificationTag lets a room's next notification take the place of the last one.
func notificationTag(room chat.RoomID) string { return "room/" + string(room) }

// Notify shows a notification. It may be called on any goroutine.
func Notify(n chat.Notify) {
	title := n.Name
	if title == "" {
		title = authorName(chat.Row{Author: n.Author})
	}
	body := n.Text
	if n.Count > 1 {
		title, body = sayUnread(textNews, n.Count), isolate(title)+": "+body
	}
	html := documentElement().Get("dataset")
	withRegistration(func(registration app.Value) {
		settled(registration.Call("showNotification", title, map[string]any{
			"body":     body,
			"tag":      notificationTag(n.Room),
			"renotify": true,
			"icon":     html.Get("icon").String(),
			"data":     messagePath(html.Get("base").String(), n.Message), // for worker.js
		}), func(bool) {}) // the permission may have been taken back
	})
}

// closeNotifications takes away what has been read meanwhile.
func closeNotifications() {
	withRegistration(func(registration app.Value) {
		fulfilled(registration.Call("getNotifications", map[string]any{"tag": notificationTag("")}), func(shown app.Value) {
			for i := range shown.Length() {
				shown.Index(i).Call("close")
			}
		})
	})
}

// withRegistration calls f with this chat's own worker, as soon as there is one. On plain http there never is. Until a first
// visit has installed it, the browser takes that of another page for it, whose paths begin ours.
func withRegistration(f func(registration app.Value)) {
	container := app.Window().Get("navigator").Get("serviceWorker")
	if !container.Truthy() {
		return
	}
	scope := app.Window().Get("location").Get("origin").String() + documentElement().Get("dataset").Get("base").String()
	ours := func(registration app.Value) bool {
		return registration.Truthy() && registration.Get("scope").String() == scope && registration.Get("active").Truthy()
	}
	fulfilled(container.Call("getRegistration"), func(registration app.Value) {
		if ours(registration) {
			f(registration)
			return
		}
		fulfilled(container.Get("ready"), func(registration app.Value) {
			if ours(registration) {
				f(registration)
			}
		})
	})
}

// fulfilled calls then with what a promise comes to, or never.
func fulfilled(promise app.Value, then func(app.Value)) {
	var kept, broken app.Func
	finish := func(then func(app.Value)) app.Func {
		return app.FuncOf(func(_ app.Value, args []app.Value) any {
			kept.Release()
			broken.Release()
			then(args[0])
			return nil
		})
	}
	kept, broken = finish(then), finish(func(app.Value) {})
	promise.Call("then", kept, broken)
}

// hearWorker goes to the message whose notification was pressed.
func (p *Page) hearWorker(ctx app.Context) {
	container := app.Window().Get("navigator").Get("serviceWorker")
	if !container.Truthy() {
		return
	}
	p.listeners.add(container, "message", func(e app.Event) {
		data := e.Get("data")
		if data.Type() != app.TypeObject {
			return
		}
		if id := linkedMessage(p.Base, data.Get("open").String()); id != "" {
			ctx.Dispatch(func(app.Context) { p.visit(id) })
		}
	})
}

// drawNotify is the line of the connection panel that switches notifications on and off.
func (s *Status) drawNotify(on bool) app.HTMLDd {
	state, action := textOff, textSwitchOn
	switch {
	case on:
		state, action = textOn, textSwitchOff
	case s.panel.forbidden:
		state = textNotifyForbidden
	}
	return app.Dd().DataSet("part", "notify").DataSet("on", on).Body(
		app.Span().Aria("live", "polite").Text(say(state)),
		app.Button().Class("link").Type("button").DataSet("action", "notify").OnClick(s.switchNotify).Text(say(action)),
	)
}

// switchNotify asks the browser first; it has asked the user long ago, or does so now.
func (s *Status) switchNotify(ctx app.Context, _ app.Event) {
	prefer := func(notify bool) {
		wanted := s.Client.Snapshot().Preferences
		wanted.Notify = notify
		s.Client.Do(chat.Prefer{Preferences: wanted})
	}
	if s.panel.snapshot.Preferences.Notify {
		prefer(false)
		return
	}
	answered := func(permission string) {
		ctx.Dispatch(func(app.Context) {
			if permission == "granted" {
				prefer(true)
			} else if s.panel != nil {
				s.panel.forbidden = true
			}
		})
	}
	notification := app.Window().Get("Notification")
	if !notification.Truthy() || !app.Window().Get("navigator").Get("serviceWorker").Truthy() {
		answered("")
		return
	}
	fulfilled(notification.Call("requestPermission"), func(permission app.Value) { answered(permission.String()) })
}
